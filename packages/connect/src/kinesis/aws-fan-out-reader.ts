/**
 * Reads a shard with SubscribeToShard: events come by themselves, and the next one is taken only when it is asked for, so
 * that a slow caller holds the connection back instead of filling memory. A subscription lasts five minutes; then, or
 * when it breaks or falls silent, the next one goes on after the last event.
 */
import type { SubscribeToShardEventStream } from '@aws-sdk/client-kinesis'
import type { AwsKinesis } from './aws-kinesis.ts'
import { awsErrorName, isPassing } from './aws-sdk.ts'
import { recordOf, shardsOf, subscriptionStart } from './aws-shapes.ts'
import type { Backoff } from './backoff.ts'
import {
  type OpenReader,
  type ShardPosition,
  type ShardRead,
  type ShardReader,
  shardGone,
} from './kinesis-stream-port.ts'

/** The service says something at least every five seconds. */
const silenceMaxMs = 30_000
const nothing: ShardRead = { records: [], millisBehindLatest: 0, ended: undefined }

export class AwsFanOutReader implements ShardReader {
  readonly #kinesis: AwsKinesis
  readonly #consumerArn: () => Promise<string | undefined>
  readonly #options: OpenReader
  readonly #backoff: Backoff
  #position: ShardPosition
  #events: AsyncIterator<SubscribeToShardEventStream> | undefined
  #subscription: AbortController | undefined

  /** `consumerArn`: of the registered consumer, once it is active. */
  constructor(kinesis: AwsKinesis, consumerArn: () => Promise<string | undefined>, options: OpenReader) {
    this.#kinesis = kinesis
    this.#consumerArn = consumerArn
    this.#options = options
    this.#position = options.position
    this.#backoff = kinesis.backoff()
  }

  async read(): Promise<ShardRead> {
    const { signal, shardId } = this.#options
    while (!signal.aborted) {
      try {
        this.#events ??= await this.#subscribe()
        const event = await this.#nextEvent(this.#events)
        if (event === undefined) {
          this.#unsubscribe()
          continue
        }
        this.#backoff.succeeded()
        return event
      } catch (error) {
        this.#unsubscribe()
        if (signal.aborted) break
        const name = awsErrorName(error)
        if (name === 'ResourceNotFoundException') throw shardGone(this.#kinesis.name, shardId)
        // In use: by the subscription before this one, or by another worker, which then loses its lease.
        if (name !== 'ResourceInUseException' && name !== 'AbortError' && !isPassing(error)) {
          throw this.#kinesis.failure(`subscribing to ${shardId}`, error)
        }
        await this.#backoff.wait(signal)
      }
    }
    return nothing
  }

  async close(): Promise<void> {
    this.#unsubscribe()
  }

  async #subscribe(): Promise<AsyncIterator<SubscribeToShardEventStream>> {
    const { signal, shardId } = this.#options
    const ConsumerARN = await this.#consumerArn()
    const subscription = new AbortController()
    this.#subscription = subscription
    signal.addEventListener('abort', () => subscription.abort(), { once: true, signal: subscription.signal })
    const { EventStream } = await this.#kinesis.once((sdk, client) =>
      client.send(
        new sdk.SubscribeToShardCommand({
          ConsumerARN,
          ShardId: shardId,
          StartingPosition: subscriptionStart(this.#position),
        }),
        { abortSignal: subscription.signal },
      ),
    )
    return (EventStream ?? empty())[Symbol.asyncIterator]()
  }

  /** The next event as a read; undefined when the subscription has ended or fallen silent. */
  async #nextEvent(events: AsyncIterator<SubscribeToShardEventStream>): Promise<ShardRead | undefined> {
    const waiting = new AbortController()
    const stop = () => waiting.abort()
    this.#options.signal.addEventListener('abort', stop, { once: true })
    const pending = events.next()
    // A subscription that is given up may fail later, when nobody listens any more.
    pending.catch(() => undefined)
    const silence = this.#kinesis.clock.sleep(silenceMaxMs, waiting.signal).then(() => undefined)
    const result = await Promise.race([pending, silence]).finally(() => {
      waiting.abort()
      this.#options.signal.removeEventListener('abort', stop)
    })
    if (result === undefined || result.done === true) return undefined
    const event = result.value.SubscribeToShardEvent
    // An error in the place of an event.
    if (event === undefined) throw firstMember(result.value)
    const { ContinuationSequenceNumber, ChildShards } = event
    if (ContinuationSequenceNumber) {
      this.#position = { type: 'AFTER_SEQUENCE_NUMBER', sequenceNumber: ContinuationSequenceNumber }
    }
    return {
      records: (event.Records ?? []).map(recordOf),
      millisBehindLatest: event.MillisBehindLatest ?? 0,
      ended: ContinuationSequenceNumber ? undefined : { children: shardsOf(ChildShards) ?? [] },
    }
  }

  #unsubscribe(): void {
    this.#subscription?.abort()
    this.#subscription = undefined
    this.#events = undefined
  }
}

function firstMember(event: object): unknown {
  return Object.values(event)[0]
}

async function* empty(): AsyncGenerator<never> {}
