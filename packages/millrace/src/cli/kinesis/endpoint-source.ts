/**
 * A stream behind an endpoint to replay: by polling, or with one registered consumer for each slice, whose throughput is its
 * own. The API does not say where a shard ends now, so only the time tells what is in a snapshot.
 */
import type { OpenReplayReader, ReplayReader, ReplaySource } from '@millrace/connect'
import type { Clock, Random } from '@millrace/values'
import { FanOutReader } from './fan-out-reader.ts'
import { EndpointRefusal, type KinesisClient } from './kinesis-client.ts'
import { Patience } from './patience.ts'
import { PollingReader } from './polling-reader.ts'
import { member, mustText, textMember } from './reply-fields.ts'
import { listShards, parentsOf, rangeOf } from './shard-list.ts'

export interface EndpointSourceOptions {
  readonly client: KinesisClient
  readonly stream: string
  readonly clock: Clock
  readonly random: Random
  readonly fanOut: boolean
}

const lookEveryMs = 100
/** Consumers that may be on their way at a time. */
const creatingMax = 5
const never = new AbortController().signal

export function endpointSource(options: EndpointSourceOptions): ReplaySource {
  const { client, stream, clock, random } = options
  const patience = new Patience(clock, random)
  const consumers = new Consumers(client, stream, patience, clock, random)
  return {
    name: stream,
    async snapshot() {
      const before = Math.floor(clock.now())
      const shards = (await patience.call(() => listShards(client, stream), never)) ?? []
      // Our clock may be ahead of the server's, which is what stamps records; its Date has whole seconds.
      const timeMs = Math.min(before, (client.serverTimeMs ?? before) + 1000)
      return {
        timeMs,
        shards: shards.map((shard) => {
          const range = member(shard, 'SequenceNumberRange')
          return {
            shardId: mustText(shard, 'ShardId'),
            parents: parentsOf(shard),
            range: rangeOf(shard),
            before: mustText(range, 'StartingSequenceNumber'),
            last: undefined,
            isClosed: textMember(range, 'EndingSequenceNumber') !== undefined,
          }
        }),
      }
    },
    async prepare(slices, signal) {
      if (options.fanOut) await consumers.register(slices, signal)
    },
    open(open: OpenReplayReader): ReplayReader {
      const arn = open.slice === undefined ? undefined : consumers.arns[open.slice]
      return arn === undefined
        ? new PollingReader(client, stream, { patience, clock }, open)
        : new FanOutReader(client, patience, arn, open)
    },
    close: () => consumers.deregister(),
  }
}

/** Consumers that are registered for one replay and removed after it. */
class Consumers {
  readonly arns: (string | undefined)[] = []
  readonly #client: KinesisClient
  readonly #stream: string
  readonly #patience: Patience
  readonly #clock: Clock
  readonly #random: Random

  constructor(client: KinesisClient, stream: string, patience: Patience, clock: Clock, random: Random) {
    this.#client = client
    this.#stream = stream
    this.#patience = patience
    this.#clock = clock
    this.#random = random
  }

  async register(count: number, signal: AbortSignal): Promise<void> {
    const call = (operation: string, input: object) =>
      this.#patience.call(() => this.#client.call(operation, input), signal)
    const summary = await call('DescribeStreamSummary', { StreamName: this.#stream })
    if (summary === undefined) return
    const StreamARN = mustText(member(summary, 'StreamDescriptionSummary'), 'StreamARN')
    const name = `millrace-replay-${this.#random.below(2 ** 32).toString(36)}`
    const register = async (i: number): Promise<void> => {
      const reply = await call('RegisterStreamConsumer', { StreamARN, ConsumerName: `${name}-${i}` })
      if (reply === undefined) return
      const arn = mustText(member(reply, 'Consumer'), 'ConsumerARN')
      this.arns[i] = arn
      while (!signal.aborted) {
        const description = await call('DescribeStreamConsumer', { ConsumerARN: arn })
        const status = textMember(member(description, 'ConsumerDescription'), 'ConsumerStatus')
        if (status !== 'CREATING') break
        await this.#clock.sleep(lookEveryMs, signal)
      }
    }
    for (let i = 0; i < count; i += creatingMax) {
      const some = Array.from({ length: Math.min(creatingMax, count - i) }, (_, j) => register(i + j))
      // All of them have ended before a failure is told, so that `deregister` knows each.
      const settled = await Promise.allSettled(some)
      const failed = settled.find((each) => each.status === 'rejected')
      if (failed !== undefined) throw failed.reason
    }
  }

  async deregister(): Promise<void> {
    for (const ConsumerARN of this.arns.splice(0)) {
      // A place that was never filled.
      if (ConsumerARN === undefined) continue
      await this.#patience.call(
        () => this.#client.call('DeregisterStreamConsumer', { ConsumerARN }).catch(ignoreGone),
        never,
      )
    }
  }
}

function ignoreGone(error: unknown): void {
  const isGone = error instanceof EndpointRefusal && error.type === 'ResourceNotFoundException'
  if (!isGone) throw error
}
