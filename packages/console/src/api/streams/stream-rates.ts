/**
 * How fast shards grow, seen from the log itself, whoever writes: stages, sources, clients. Two looks at the heads of a stream some
 * seconds apart give a rate; for the first look the log is asked what arrived in the last seconds.
 *
 * Kept: a few looks of each stream that somebody watches. Cost: nothing beside the look that the caller has taken.
 */
import type { ShardInfo, Store, StreamInfo } from '@millrace/store'
import type { Clock } from '@millrace/values'

export interface ShardRate {
  readonly recordsPerSecond: number
  readonly bytesPerSecond: number
}

interface Look {
  readonly time: number
  readonly shards: readonly Pick<ShardInfo, 'oldest' | 'next' | 'bytes'>[]
}

/** A rate is that of about this long. */
const windowMs = 10_000
const windowMinMs = 3_000
const noRate: ShardRate = { recordsPerSecond: 0, bytesPerSecond: 0 }

export class StreamRates {
  readonly #store: Store
  readonly #clock: Clock
  /** By stream; oldest first. */
  readonly #looks = new Map<string, Look[]>()

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** By shard. */
  of(info: StreamInfo): ShardRate[] {
    const now = this.#clock.now()
    const looks = (this.#looks.get(info.uid) ?? []).filter(({ time }) => now - time <= windowMs)
    const before = looks[0]
    const last = looks.at(-1)
    if (last === undefined || now - last.time >= 1_000) looks.push({ time: now, shards: info.shardInfos })
    this.#looks.delete(info.uid)
    this.#looks.set(info.uid, looks)
    this.#forget(now)
    if (before !== undefined && now - before.time >= windowMinMs)
      return info.shardInfos.map((shard) => rateBetween(before, shard, now))
    return info.shardInfos.map((shard) => this.#rateFromLog(info, shard, now))
  }

  #rateFromLog({ name, createdAt }: StreamInfo, shard: ShardInfo, now: number): ShardRate {
    if (shard.oldest === shard.next) return noRate
    if (shard.closedAt !== undefined && shard.closedAt < now - windowMs) return noRate
    const from = this.#store.sequenceAtTime(name, shard.shard, now - windowMs)
    const spanMs = Math.min(windowMs, Math.max(now - createdAt, 1_000))
    return rateOf(shard.next - from, meanBytes(shard), spanMs)
  }

  /** The map is in order of use. */
  #forget(now: number): void {
    for (const [uid, looks] of this.#looks) {
      if (now - (looks.at(-1)?.time ?? 0) <= windowMs) return
      this.#looks.delete(uid)
    }
  }
}

function rateBetween(before: Look, shard: ShardInfo, now: number): ShardRate {
  const then = before.shards[shard.shard] ?? { oldest: 0, next: 0, bytes: 0 }
  const records = shard.next - then.next
  // Retention takes bytes away; then what is kept says how large a record is.
  const mean = then.oldest === shard.oldest ? (shard.bytes - then.bytes) / records : meanBytes(shard)
  return rateOf(records, mean, now - before.time)
}

function rateOf(records: number, mean: number, spanMs: number): ShardRate {
  if (records <= 0) return noRate
  const recordsPerSecond = (records * 1_000) / spanMs
  return { recordsPerSecond, bytesPerSecond: recordsPerSecond * mean }
}

function meanBytes({ oldest, next, bytes }: ShardInfo): number {
  return next === oldest ? 0 : bytes / (next - oldest)
}
