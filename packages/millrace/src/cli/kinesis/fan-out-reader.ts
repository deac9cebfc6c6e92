/**
 * Reads a shard behind an endpoint with SubscribeToShard, as one registered consumer. A subscription ends after five
 * minutes, or with its connection, and is followed by the next one, which goes on where it was.
 */
import {
  type OpenReplayReader,
  PassingFailure,
  type ReplayPosition,
  type ReplayRead,
  type ReplayReader,
} from '@millrace/connect'
import { type EventFrame, EventFrames } from './event-frames.ts'
import { EndpointRefusal, type KinesisClient } from './kinesis-client.ts'
import type { Patience } from './patience.ts'
import { isGone } from './polling-reader.ts'
import { childrenOf, nothing, recordsOf } from './reader-values.ts'
import { listMember, numberMember, textMember } from './reply-fields.ts'

type Chunks = ReadableStreamDefaultReader<Uint8Array>

export class FanOutReader implements ReplayReader {
  readonly #client: KinesisClient
  readonly #patience: Patience
  readonly #consumerArn: string
  readonly #shardId: string
  readonly #signal: AbortSignal
  #position: ReplayPosition
  #chunks: Chunks | undefined
  #frames = new EventFrames()
  #waiting: EventFrame[] = []

  constructor(
    client: KinesisClient,
    patience: Patience,
    consumerArn: string,
    { shardId, position, signal }: OpenReplayReader,
  ) {
    this.#client = client
    this.#patience = patience
    this.#consumerArn = consumerArn
    this.#shardId = shardId
    this.#position = position
    this.#signal = signal
  }

  async read(): Promise<ReplayRead> {
    let event: unknown
    try {
      event = await this.#patience.call(() => this.#event(), this.#signal, mayPass)
    } catch (error) {
      if (isGone(error)) return { records: [], isCaughtUp: true, children: [] }
      throw error
    }
    if (event === undefined) return nothing
    const sequenceNumber = textMember(event, 'ContinuationSequenceNumber')
    if (sequenceNumber !== undefined) this.#position = { type: 'after', sequenceNumber }
    const isEnded = sequenceNumber === undefined && listMember(event, 'ChildShards').length > 0
    return {
      records: recordsOf(event),
      isCaughtUp: isEnded || numberMember(event, 'MillisBehindLatest') === 0,
      children: isEnded ? childrenOf(event) : undefined,
    }
  }

  /** A read waits by itself. */
  async waitForNews(): Promise<void> {}

  async close(): Promise<void> {
    await this.#drop()
  }

  /** The next event; makes a subscription where there is none. */
  async #event(): Promise<unknown> {
    for (;;) {
      const frame = this.#waiting.shift()
      if (frame !== undefined) {
        const event = await this.#open(frame)
        if (event !== undefined) return event
        continue
      }
      this.#chunks ??= await this.#subscribe()
      let chunk: Awaited<ReturnType<Chunks['read']>>
      try {
        chunk = await this.#chunks.read()
      } catch (error) {
        await this.#drop()
        throw new PassingFailure('the subscription broke off.', { isThrottle: false, cause: error })
      }
      if (chunk.done) await this.#drop()
      else this.#waiting.push(...this.#frames.push(chunk.value))
    }
  }

  /** The event in a frame, undefined for the first frame, which only says that the subscription is there. */
  async #open({ headers, payload }: EventFrame): Promise<unknown> {
    const type = headers.get(':exception-type')
    if (type !== undefined) {
      await this.#drop()
      const said = textMember(JSON.parse(payload.toString('utf8') || '{}'), 'message') ?? ''
      if (type === 'InternalFailureException')
        throw new PassingFailure(`SubscribeToShard: ${type}: ${said}`, { isThrottle: false })
      throw new EndpointRefusal('SubscribeToShard', type, said)
    }
    if (headers.get(':event-type') !== 'SubscribeToShardEvent') return undefined
    return JSON.parse(payload.toString('utf8'))
  }

  async #subscribe(): Promise<Chunks> {
    const response = await this.#client.open(
      'SubscribeToShard',
      {
        ConsumerARN: this.#consumerArn,
        ShardId: this.#shardId,
        StartingPosition: startOf(this.#position),
      },
      this.#signal,
    )
    if (response.body === null) throw new PassingFailure('the subscription is empty.', { isThrottle: false })
    this.#frames = new EventFrames()
    return response.body.getReader()
  }

  async #drop(): Promise<void> {
    const chunks = this.#chunks
    this.#chunks = undefined
    this.#waiting = []
    // A connection that is gone cannot be ended; that is what was wanted.
    await chunks?.cancel().catch(() => {})
  }
}

/** A subscription of the same consumer and shard that has not ended yet is waited for. */
function mayPass(error: unknown): boolean {
  return (
    error instanceof PassingFailure ||
    (error instanceof EndpointRefusal && error.type === 'ResourceInUseException')
  )
}

function startOf(position: ReplayPosition): object {
  switch (position.type) {
    case 'oldest':
      return { Type: 'TRIM_HORIZON' }
    case 'time':
      return { Type: 'AT_TIMESTAMP', Timestamp: position.timeMs / 1000 }
    case 'after':
      return { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: position.sequenceNumber }
  }
}
