/**
 * One subscription of a consumer to a shard: an event stream that is pulled by the listener and fed by the shard. It is
 * idle until the hub wakes it: for records, for a heartbeat, or for its end.
 *
 * Events carry the records from the position on, up to a mebibyte each; an event without records goes out where 5 s would
 * pass in silence. Each has a continuation number, AFTER which a client may subscribe again: that of its last record, or
 * of the position. At the end of a closed shard the last event has the child shards in its place. The stream ends without
 * a word 5 minutes after it began, when its caller goes away or the gateway closes; with an exception when the consumer
 * subscribed again elsewhere, or was removed, or the stream was deleted.
 */
import type { ShardInfo, Store, StreamInfo } from '@millrace/store'
import { type Clock, continuationSequenceNumber } from '@millrace/values'
import type { TokenBucket } from '../../limits/token-bucket.ts'
import { encodeCbor } from '../../wire/cbor-encode.ts'
import type { WireEncoding, WireEvent } from '../../wire/wire-service.ts'
import { type FanOutHub, SLOT_MS, type Wakeable } from './fan-out-hub.ts'
import { type PageBounds, type RecordPage, readPage, withoutRecords } from './record-page.ts'
import { childShards } from './record-values.ts'
import { encodeRecordsCbor } from './records-cbor.ts'
import { encodeRecordsJson } from './records-json.ts'

export const SUBSCRIPTION_MS = 300_000
export const SILENCE_MS_MAX = 5_000
const EVENT_BOUNDS: PageBounds = { maxRecords: 10_000, maxBytes: 1024 * 1024 }
const ONE_RECORD: PageBounds = { maxRecords: 1, maxBytes: 1 }

export interface SubscriptionParts {
  readonly store: Store
  readonly clock: Clock
  readonly hub: FanOutHub
}

export interface SubscriptionOptions {
  readonly info: StreamInfo
  readonly shard: number
  readonly position: number
  readonly encoding: WireEncoding
  /** What the consumer may read of the shard; shared with its earlier subscriptions. */
  readonly rate: TokenBucket
  /** Time before which records have expired, and how records are marked. Undefined: the stream is gone. */
  settings(
    nowMs: number,
  ): { readonly horizonMs: number; readonly encryptionType: 'KMS' | undefined } | undefined
  onEvent(page: RecordPage): void
  /** So many records were damaged and stepped over. */
  onCorrupt(records: number): void
  /** It ends with an exception. */
  onFailure(): void
  /** Called once, however it ends. */
  onEnd(): void
}

export interface SubscriptionFailure {
  readonly type: string
  readonly message: string
}

export class Subscription implements AsyncIterableIterator<WireEvent>, Wakeable {
  readonly #parts: SubscriptionParts
  readonly #options: SubscriptionOptions
  readonly #endsAt: number
  #info: StreamInfo
  #position: number
  #lastEventAt: number
  #mayHaveRecords = true
  #failure: SubscriptionFailure | undefined
  #isOver = false
  /** Set while `next` waits. */
  #resume: (() => void) | undefined

  constructor(parts: SubscriptionParts, options: SubscriptionOptions) {
    const now = parts.clock.now()
    this.#parts = parts
    this.#options = options
    this.#info = options.info
    this.#position = options.position
    this.#lastEventAt = now
    this.#endsAt = now + SUBSCRIPTION_MS
    parts.hub.watch(options.info.name, options.info.shardInfos[options.shard]!, this)
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  get isOver(): boolean {
    return this.#isOver
  }

  async next(): Promise<IteratorResult<WireEvent>> {
    const { clock, hub } = this.#parts
    while (!this.#isOver) {
      if (this.#failure !== undefined) {
        const error = this.#failure
        this.#options.onFailure()
        this.end()
        return { done: false, value: { kind: 'exception', error } }
      }
      const now = clock.now()
      if (now >= this.#endsAt) break
      const event = this.#event(now)
      if (event !== undefined) {
        this.#lastEventAt = now
        return { done: false, value: event }
      }
      if (this.#failure !== undefined) continue
      const { rate } = this.#options
      const isHeld = this.#mayHaveRecords
      const silentUntil = this.#lastEventAt + SILENCE_MS_MAX
      hub.wakeBy(Math.min(silentUntil, isHeld ? now + rate.opensInMs(now) : this.#endsAt, this.#endsAt), this)
      await new Promise<void>((resolve) => {
        this.#resume = resolve
      })
      this.#resume = undefined
    }
    this.end()
    return { done: true, value: undefined }
  }

  async return(): Promise<IteratorResult<WireEvent>> {
    this.end()
    return { done: true, value: undefined }
  }

  wake(): void {
    this.#mayHaveRecords = true
    this.#resume?.()
  }

  /** Ends with an exception. */
  fail(failure: SubscriptionFailure): void {
    this.#failure ??= failure
    this.#resume?.()
  }

  /** Ends without a word. */
  end(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#parts.hub.leave(this.#info.name, this.#options.shard, this)
    this.#resume?.()
    this.#options.onEnd()
  }

  /** The event that is due now, if one is. */
  #event(now: number): WireEvent | undefined {
    const isSilent = now + SLOT_MS > this.#lastEventAt + SILENCE_MS_MAX
    const mayRead = this.#mayHaveRecords && this.#options.rate.isOpen(now)
    if (!mayRead && !isSilent) return undefined
    const settings = this.#options.settings(now)
    const info = this.#shardInfo()
    if (settings === undefined || info === undefined) {
      this.#failure = {
        type: 'ResourceNotFoundException',
        message: `Stream ${this.#info.name} was deleted.`,
      }
      return undefined
    }
    const { store } = this.#parts
    const place = {
      stream: this.#info.name,
      info,
      position: this.#position,
      nowMs: now,
      horizonMs: settings.horizonMs,
    }
    let page = readPage(store, place, mayRead ? EVENT_BOUNDS : ONE_RECORD)
    if (mayRead) this.#mayHaveRecords = !page.isCaughtUp
    // Held by the rate: an event without records says that the stream lives, and how far behind it is.
    else if (page.records > 0) page = withoutRecords(page, this.#position, now)
    this.#position = page.position
    if (page.corrupt > 0) this.#options.onCorrupt(page.corrupt)
    if (page.records === 0 && !page.isEnd && !isSilent) return undefined
    if (page.bytes > 0) this.#options.rate.spend(page.bytes, now)
    if (page.isEnd) {
      this.#refreshInfo()
      this.end()
    }
    this.#options.onEvent(page)
    return this.#encode(page, now, settings.encryptionType)
  }

  #encode(page: RecordPage, now: number, encryptionType: 'KMS' | undefined): WireEvent {
    const { encoding, shard } = this.#options
    const info = this.#info
    const rest = {
      ContinuationSequenceNumber: page.isEnd
        ? undefined
        : continuationSequenceNumber(info, shard, page.position, {
            lastMs: page.lastArrivalTime,
            nowMs: now,
          }),
      MillisBehindLatest: page.millisBehindLatest,
      ChildShards: page.isEnd ? childShards(info, shard) : undefined,
    }
    const options = { info, encryptionType }
    const bytes =
      encoding === 'json'
        ? encodeRecordsJson(page, options, `,${JSON.stringify(rest).slice(1)}`)
        : // The map's head is one byte; its members follow those of the records.
          encodeRecordsCbor(page, options, { members: 2, tail: encodeCbor(rest).subarray(1) })
    return { kind: 'encoded-event', type: 'SubscribeToShardEvent', bytes }
  }

  /** The shard as it is now; undefined if its stream is gone, whatever bears its name now. */
  #shardInfo(): ShardInfo | undefined {
    const { shard } = this.#options
    try {
      const info = this.#parts.store.shard(this.#info.name, shard)
      return info.createdAt === this.#info.shardInfos[shard]!.createdAt ? info : undefined
    } catch {
      return undefined
    }
  }

  /** The children of the shard are not in the description that the subscription began with. */
  #refreshInfo(): void {
    this.#info = this.#parts.store.stream(this.#info.name) ?? this.#info
  }
}
