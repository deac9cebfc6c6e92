/** Reads a shard behind an endpoint with GetRecords. Throttles are waited for, an expired iterator is made anew. */
import type { OpenReplayReader, ReplayPosition, ReplayRead, ReplayReader } from '@millrace/connect'
import type { Clock } from '@millrace/values'
import { EndpointRefusal, type KinesisClient } from './kinesis-client.ts'
import type { Patience } from './patience.ts'
import { childrenOf, nothing, recordsOf } from './reader-values.ts'
import { mustText, numberMember, textMember } from './reply-fields.ts'

const recordsMax = 10_000
/** Two of five reads that a shard allows in a second, so that others get theirs. */
const pollMs = 400

export class PollingReader implements ReplayReader {
  readonly #client: KinesisClient
  readonly #stream: string
  readonly #patience: Patience
  readonly #clock: Clock
  readonly #shardId: string
  readonly #signal: AbortSignal
  #position: ReplayPosition
  #iterator: string | undefined

  constructor(
    client: KinesisClient,
    stream: string,
    { patience, clock }: { readonly patience: Patience; readonly clock: Clock },
    { shardId, position, signal }: OpenReplayReader,
  ) {
    this.#client = client
    this.#stream = stream
    this.#patience = patience
    this.#clock = clock
    this.#shardId = shardId
    this.#position = position
    this.#signal = signal
  }

  async read(): Promise<ReplayRead> {
    let reply: unknown
    try {
      reply = await this.#patience.call(() => this.#get(), this.#signal, undefined)
    } catch (error) {
      // The shard's last record is older than the retention: nothing of it is left.
      if (isGone(error)) return { records: [], isCaughtUp: true, children: [] }
      throw error
    }
    if (reply === undefined) return nothing
    const records = recordsOf(reply)
    const last = records.at(-1)
    if (last !== undefined) this.#position = { type: 'after', sequenceNumber: last.sequenceNumber }
    this.#iterator = textMember(reply, 'NextShardIterator')
    const isEnded = this.#iterator === undefined
    const isCaughtUp = isEnded || numberMember(reply, 'MillisBehindLatest') === 0
    return { records, isCaughtUp, children: isEnded ? childrenOf(reply) : undefined }
  }

  waitForNews(): Promise<void> {
    return this.#clock.sleep(pollMs, this.#signal)
  }

  async close(): Promise<void> {}

  async #get(): Promise<unknown> {
    this.#iterator ??= await this.#open()
    const input = { ShardIterator: this.#iterator, Limit: recordsMax }
    try {
      return await this.#client.call('GetRecords', input, this.#signal)
    } catch (error) {
      if (!(error instanceof EndpointRefusal && error.type === 'ExpiredIteratorException')) throw error
      this.#iterator = await this.#open()
      return await this.#client.call('GetRecords', { ...input, ShardIterator: this.#iterator }, this.#signal)
    }
  }

  async #open(): Promise<string> {
    const input = { StreamName: this.#stream, ShardId: this.#shardId, ...iteratorOf(this.#position) }
    return mustText(await this.#client.call('GetShardIterator', input, this.#signal), 'ShardIterator')
  }
}

function iteratorOf(position: ReplayPosition): object {
  switch (position.type) {
    case 'oldest':
      return { ShardIteratorType: 'TRIM_HORIZON' }
    case 'time':
      return { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: position.timeMs / 1000 }
    case 'after':
      return { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: position.sequenceNumber }
  }
}

export function isGone(error: unknown): boolean {
  return (
    error instanceof EndpointRefusal &&
    error.type === 'ResourceNotFoundException' &&
    /\bshard/i.test(error.said)
  )
}
