/**
 * Reads what one shard has within one slice of time: the records that arrived in [fromMs, toMs), or in the last slice of a
 * snapshot that knows its end exactly, all up to that sequence number. Arrival times never decrease along a shard, so
 * neighbouring slices share no record and leave none out, also where several records have the time of the border.
 * No slice goes beyond the snapshot's sequence number, where there is one.
 *
 * Where only the time tells the end, the last slice also ends where the shard has nothing more: what is committed later,
 * even with an earlier time, comes after `taken` and is the live reader's.
 */
import type { ReplayPosition, ReplayRecord, ReplaySource } from './replay-source.ts'

export interface ShardSlice {
  readonly shardId: string
  readonly slice: number
  readonly position: ReplayPosition
  /** Infinity where `last` is the end. */
  readonly toMs: number
  readonly last: string | undefined
  /** Closed when the snapshot was made: reaching `last` is reaching the end of the shard. */
  readonly isClosed: boolean
}

export interface ShardSliceEnd {
  /** Sequence number of the last record taken. */
  readonly taken: string | undefined
  /** The shard is closed and nothing of it is left after this slice. */
  readonly isEnded: boolean
}

export async function readShardSlice(
  source: ReplaySource,
  range: ShardSlice,
  write: (records: readonly ReplayRecord[]) => Promise<void>,
  signal: AbortSignal,
): Promise<ShardSliceEnd> {
  const last = range.last === undefined ? undefined : BigInt(range.last)
  const { shardId, position, slice } = range
  const reader = source.open({ shardId, position, slice, signal })
  let taken: string | undefined
  try {
    while (!signal.aborted) {
      const { records, isCaughtUp, children } = await reader.read()
      const count = countWithin(records, range.toMs, last)
      if (count > 0) {
        taken = records[count - 1]?.sequenceNumber
        await write(count === records.length ? records : records.slice(0, count))
      }
      const isAtLast = taken !== undefined && taken === range.last
      // A shard that was closed after the snapshot has children that the snapshot does not know: not ended for it.
      if (children !== undefined && count === records.length) return { taken, isEnded: range.isClosed }
      if (count < records.length || isAtLast) return { taken, isEnded: isAtLast && range.isClosed }
      if (isCaughtUp) return { taken, isEnded: false }
    }
    return { taken, isEnded: false }
  } finally {
    await reader.close()
  }
}

/** How many of the records are before the slice's end. */
function countWithin(records: readonly ReplayRecord[], toMs: number, last: bigint | undefined): number {
  const end = records.at(-1)
  if (end === undefined) return 0
  const isWithin = (record: ReplayRecord) =>
    record.arrivalTimeMs < toMs && (last === undefined || BigInt(record.sequenceNumber) <= last)
  // Both only grow: mostly all of them are within, else the border is searched for.
  if (isWithin(end)) return records.length
  let low = 0
  let high = records.length - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    // In bounds: middle < records.length.
    if (isWithin(records[middle] as ReplayRecord)) low = middle + 1
    else high = middle
  }
  return low
}
