/**
 * The rates of shards, as the limits profile sets them: what may be written to a shard, read from it by all pollers
 * together, and how often iterators of it may be asked for. One set of buckets per shard, made when first needed and
 * dropped with the stream. Rates that are infinite have no bucket, so the profile without rates costs a comparison.
 *
 * Writing: bytes (data and key) and records, each with a second's capacity; a record that either bucket refuses takes
 * from neither. A record above a second's bytes needs a full bucket and leaves it owing, so the average stays. Shards of
 * on-demand streams have 10 MiB of burst. Reading: see TokenBucket.spend.
 */
import type { StreamInfo } from '@millrace/store'
import type { KinesisLimits } from '../kinesis/kinesis-limits.ts'
import { TokenBucket } from './token-bucket.ts'

export const ON_DEMAND_BURST_BYTES = 10 * 1024 * 1024
/** Above this many streams, those that are gone are looked for. */
const STREAMS_BEFORE_CLEANING = 1024

export class ShardLimits {
  readonly #limits: KinesisLimits
  readonly #streams = new Map<string, { createdAt: number; shards: ShardRates[] }>()

  constructor(limits: KinesisLimits) {
    this.#limits = limits
  }

  /** The rates of one shard. `exists` is asked about other streams now and then, to forget those that are gone. */
  of(info: StreamInfo, shard: number, exists: (stream: string) => boolean): ShardRates {
    let entry = this.#streams.get(info.name)
    if (entry === undefined || entry.createdAt !== info.createdAt) {
      if (this.#streams.size >= STREAMS_BEFORE_CLEANING) this.#clean(exists)
      entry = { createdAt: info.createdAt, shards: [] }
      this.#streams.set(info.name, entry)
    }
    let rates = entry.shards[shard]
    if (rates === undefined) {
      rates = new ShardRates(this.#limits)
      entry.shards[shard] = rates
    }
    return rates
  }

  #clean(exists: (stream: string) => boolean): void {
    for (const name of [...this.#streams.keys()]) if (!exists(name)) this.#streams.delete(name)
  }
}

export class ShardRates {
  readonly #limits: KinesisLimits
  #bytes: TokenBucket | undefined
  #records: TokenBucket | undefined
  #readBytes: TokenBucket | undefined
  #readCalls: TokenBucket | undefined
  #iterators: TokenBucket | undefined

  constructor(limits: KinesisLimits) {
    this.#limits = limits
  }

  /** Whether a record of so many bytes, data and key, may be written now; if so it is counted. */
  takeWrite(bytes: number, options: { isOnDemand: boolean }, nowMs: number): boolean {
    const { shardWriteBytesPerSecond, shardWriteRecordsPerSecond } = this.#limits
    if (shardWriteBytesPerSecond === Infinity && shardWriteRecordsPerSecond === Infinity) return true
    const burst = Math.max(shardWriteBytesPerSecond, options.isOnDemand ? ON_DEMAND_BURST_BYTES : 0)
    if (this.#bytes?.capacity !== burst) {
      this.#bytes = new TokenBucket({ capacity: burst, perSecond: shardWriteBytesPerSecond, nowMs })
    }
    this.#records ??= oneSecond(shardWriteRecordsPerSecond, nowMs)
    if (!this.#bytes.has(bytes, nowMs) || !this.#records.take(1, nowMs)) return false
    return this.#bytes.take(bytes, nowMs)
  }

  /** Whether a GetRecords call may be served now; if so it is counted. Its bytes follow by `spendRead`. */
  takeRead(nowMs: number): boolean {
    const { shardReadBytesPerSecond, shardReadCallsPerSecond } = this.#limits
    this.#readBytes ??= oneSecond(shardReadBytesPerSecond, nowMs)
    this.#readCalls ??= oneSecond(shardReadCallsPerSecond, nowMs)
    return this.#readBytes.isOpen(nowMs) && this.#readCalls.take(1, nowMs)
  }

  spendRead(bytes: number, nowMs: number): void {
    if (this.#limits.shardReadBytesPerSecond !== Infinity) this.#readBytes?.spend(bytes, nowMs)
  }

  takeIterator(nowMs: number): boolean {
    this.#iterators ??= oneSecond(this.#limits.iteratorCallsPerSecond, nowMs)
    return this.#iterators.take(1, nowMs)
  }
}

function oneSecond(perSecond: number, nowMs: number): TokenBucket {
  return new TokenBucket({ capacity: perSecond, perSecond, nowMs })
}
