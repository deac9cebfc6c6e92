/**
 * Reads a shard with GetRecords. A shard answers five calls a second and 2 MiB a second to all its readers together, so
 * this one keeps a distance between its calls, and a longer one after an empty answer; what is throttled all the same is
 * asked again. An iterator that expired (five minutes without a call) is replaced by one after the last record.
 */

import type { AwsKinesis } from './aws-kinesis.ts'
import { awsErrorName, isPassing } from './aws-sdk.ts'
import { iteratorRequest, recordOf, shardsOf } from './aws-shapes.ts'
import type { Backoff } from './backoff.ts'
import {
  type KinesisShard,
  type OpenReader,
  type ShardPosition,
  type ShardRead,
  type ShardReader,
  shardGone,
} from './kinesis-stream-port.ts'

export interface PollingPace {
  /** Between two calls. Default 200 ms, what one reader of a shard is allowed. */
  readonly betweenReadsMs: number
  /** After an answer without records. */
  readonly emptyReadMs: number
}

const nothing: ShardRead = { records: [], millisBehindLatest: 0, ended: undefined }
const limitMax = 10_000

export class AwsPollingReader implements ShardReader {
  readonly #kinesis: AwsKinesis
  readonly #options: OpenReader
  readonly #pace: PollingPace
  readonly #childrenOf: (shardId: string) => Promise<readonly KinesisShard[]>
  readonly #backoff: Backoff
  #position: ShardPosition
  #iterator: string | undefined
  #dueAt = 0

  constructor(
    kinesis: AwsKinesis,
    options: OpenReader,
    pace: PollingPace,
    childrenOf: (shardId: string) => Promise<readonly KinesisShard[]>,
  ) {
    this.#kinesis = kinesis
    this.#options = options
    this.#pace = pace
    this.#childrenOf = childrenOf
    this.#position = options.position
    this.#backoff = kinesis.backoff()
  }

  async read(): Promise<ShardRead> {
    const { signal } = this.#options
    const { clock } = this.#kinesis
    while (!signal.aborted) {
      const wait = this.#dueAt - clock.now()
      if (wait > 0) await clock.sleep(wait, signal)
      if (signal.aborted) break
      try {
        const read = await this.#attempt()
        this.#backoff.succeeded()
        return read
      } catch (error) {
        if (signal.aborted) break
        const name = awsErrorName(error)
        if (name === 'ExpiredIteratorException') this.#iterator = undefined
        else if (name === 'ResourceNotFoundException') {
          throw shardGone(this.#kinesis.name, this.#options.shardId)
        } else if (isPassing(error)) await this.#backoff.wait(signal)
        else throw this.#kinesis.failure(`reading ${this.#options.shardId}`, error)
      }
    }
    return nothing
  }

  async close(): Promise<void> {}

  async #attempt(): Promise<ShardRead> {
    const { shardId, recordsMax, signal } = this.#options
    const { clock, reference } = this.#kinesis
    const abortSignal = signal
    const startedAt = clock.now()
    this.#dueAt = startedAt + this.#pace.betweenReadsMs
    if (this.#iterator === undefined) {
      const answer = await this.#kinesis.once((sdk, client) =>
        client.send(
          new sdk.GetShardIteratorCommand({
            ...reference,
            ShardId: shardId,
            ...iteratorRequest(this.#position),
          }),
          { abortSignal },
        ),
      )
      this.#iterator = answer.ShardIterator
    }
    const answer = await this.#kinesis.once((sdk, client) =>
      client.send(
        new sdk.GetRecordsCommand({
          ShardIterator: this.#iterator,
          Limit: Math.min(recordsMax, limitMax),
          ...('StreamARN' in reference ? reference : {}),
        }),
        { abortSignal },
      ),
    )
    const records = (answer.Records ?? []).map(recordOf)
    const last = records.at(-1)
    if (last !== undefined) {
      this.#position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: last.sequenceNumber }
    } else {
      this.#dueAt = startedAt + this.#pace.emptyReadMs
      // Another LATEST later would leave out what came since this one.
      if (this.#position.type === 'LATEST') this.#position = { type: 'AT_TIMESTAMP', timeMs: startedAt }
    }
    this.#iterator = answer.NextShardIterator ?? undefined
    const isEnd = this.#iterator === undefined
    return {
      records,
      millisBehindLatest: answer.MillisBehindLatest ?? 0,
      ended: isEnd
        ? { children: shardsOf(answer.ChildShards) ?? (await this.#childrenOf(shardId)) }
        : undefined,
    }
  }
}
