/** How far a replay is, for whoever shows it. */
import type { TimeSlice } from './time-slices.ts'

export class ReplayProgress {
  records = 0
  /** Of data and partition keys. */
  bytes = 0
  /** Aggregates that were thrown away because a record of them belonged to another shard. */
  foreignAggregates = 0
  phase: 'starting' | 'backfill' | 'live' = 'starting'
  #slices: readonly TimeSlice[] = []
  #shards = 1
  /** For each slice: ms covered, added up over its shards. */
  #covered = new Float64Array(0)

  begin(slices: readonly TimeSlice[], shards: number): void {
    this.#slices = slices
    this.#shards = Math.max(1, shards)
    this.#covered = new Float64Array(slices.length)
    this.phase = 'backfill'
  }

  cover(slice: number, ms: number): void {
    this.#covered[slice] = (this.#covered[slice] ?? 0) + ms
  }

  /** Share of the range of time that is done, over all shards: 0 to 1. */
  get fraction(): number {
    let done = 0
    let total = 0
    for (const [i, { fromMs, toMs }] of this.#slices.entries()) {
      total += (toMs - fromMs) * this.#shards
      done += this.#covered[i] ?? 0
    }
    return total === 0 ? (this.phase === 'starting' ? 0 : 1) : Math.min(1, done / total)
  }
}
