/**
 * A page of a shard: the records from a position on, whole, within bounds of count and bytes, at least one if there is
 * one. Records stay in their batches; a page names stretches of them.
 *
 * Positions behind the horizon move to it: what retention removed, and what is older than it and not removed yet.
 * Stretches whose bytes are damaged are stepped over and counted. A page ends the shard when the shard is closed and
 * nothing follows. Cost: that of the store's read, and a walk over the records of the batch in which a bound falls.
 */
import type { RecordBatch, Store, StreamInfo } from '@millrace/store'

export interface PageSlice {
  readonly batch: RecordBatch
  /** Indexes in the batch: [from, to). */
  readonly from: number
  readonly to: number
}

export interface RecordPage {
  readonly shard: number
  readonly slices: readonly PageSlice[]
  readonly records: number
  /** Of data and keys. */
  readonly bytes: number
  /** Where the next page begins. */
  readonly position: number
  readonly millisBehindLatest: number
  /** Arrival time of the last record, undefined if there is none. */
  readonly lastArrivalTime: number | undefined
  /** The shard is closed, and this page is its last. */
  readonly isEnd: boolean
  /** Records lost in damaged stretches of this page. */
  readonly corrupt: number
}

export interface PageBounds {
  readonly maxRecords: number
  readonly maxBytes: number
}

/** `info` as of this turn of the event loop. */
export function readPage(
  store: Store,
  info: StreamInfo,
  at: { readonly shard: number; readonly position: number; readonly nowMs: number },
  bounds: PageBounds,
): RecordPage {
  const { shard, nowMs } = at
  const { next, closedAt } = info.shardInfos[shard]!
  const horizonMs = nowMs - info.retentionMs
  const slices: PageSlice[] = []
  let { position } = at
  let records = 0
  let bytes = 0
  let corrupt = 0
  let isCaughtUp = false
  while (records === 0 && !isCaughtUp) {
    const { batches, atHead } = store.read(info.name, shard, position, bounds)
    let isAllTaken = true
    // Nothing is stored from the position on: retention may have removed all that was.
    if (batches.length === 0) position = Math.max(position, next)
    for (const batch of batches) {
      if ('reason' in batch) {
        corrupt += batch.nextSequence - Math.max(batch.firstSequence, position)
        position = batch.nextSequence
        continue
      }
      const end = batch.firstSequence + batch.count
      if (batch.arrivalTime < horizonMs) {
        // There may be many such batches before the first one that counts.
        position = Math.max(end, store.sequenceAtTime(info.name, shard, horizonMs))
        isAllTaken = false
        break
      }
      const from = Math.max(0, position - batch.firstSequence)
      const to = cut(batch, from, bounds, { records, bytes })
      if (to > from) {
        slices.push({ batch, from, to })
        records += to - from
        bytes += sliceBytes(batch, from, to)
        position = batch.firstSequence + to
      }
      if (to < batch.count) {
        isAllTaken = false
        break
      }
    }
    isCaughtUp = atHead && isAllTaken
  }
  const lastArrivalTime = slices.at(-1)?.batch.arrivalTime
  return {
    shard,
    slices,
    records,
    bytes,
    position,
    millisBehindLatest:
      isCaughtUp || lastArrivalTime === undefined ? 0 : Math.max(0, Math.floor(nowMs - lastArrivalTime)),
    lastArrivalTime,
    isEnd: closedAt !== undefined && position >= next,
    corrupt,
  }
}

/** End of the stretch from `from` on that still fits into the page, which gets one record whatever its size. */
function cut(
  batch: RecordBatch,
  from: number,
  bounds: PageBounds,
  page: { readonly records: number; readonly bytes: number },
): number {
  const most = Math.min(batch.count, from + bounds.maxRecords - page.records)
  const bytesLeft = bounds.maxBytes - page.bytes
  if (most <= from || sliceBytes(batch, from, most) <= bytesLeft) return Math.max(most, from)
  let to = from
  while (to < most && sliceBytes(batch, from, to + 1) <= bytesLeft) to++
  return to === from && page.records === 0 ? from + 1 : to
}

function sliceBytes({ keyStart, dataStart }: RecordBatch, from: number, to: number): number {
  return keyStart[to]! - keyStart[from]! + dataStart[to]! - dataStart[from]!
}
