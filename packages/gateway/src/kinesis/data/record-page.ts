/**
 * A page of a shard: the records from a position on, whole, within bounds of count and bytes, at least one if there is
 * one. Records stay in their batches; a page names stretches of them.
 *
 * Positions behind the horizon move to it: what retention removed, and what is older than it and not removed yet.
 * Stretches whose bytes are damaged are stepped over and counted. A page ends the shard when the shard is closed and
 * nothing follows. Cost: that of the store's read, and a walk over the records of the batch in which a bound falls.
 */
import type { RecordBatch, ShardInfo, Store } from '@millrace/store'

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
  /** Nothing more was there to be read. */
  readonly isCaughtUp: boolean
  /** Records lost in damaged stretches of this page. */
  readonly corrupt: number
}

export interface PageBounds {
  readonly maxRecords: number
  readonly maxBytes: number
}

export interface PagePlace {
  readonly stream: string
  /** As of this turn of the event loop. */
  readonly info: ShardInfo
  /** The next sequence to read. */
  readonly position: number
  readonly nowMs: number
  /** Records that arrived before it have expired. */
  readonly horizonMs: number
}

export function readPage(store: Store, place: PagePlace, bounds: PageBounds): RecordPage {
  const { stream, nowMs, horizonMs } = place
  const { shard, next, closedAt } = place.info
  const slices: PageSlice[] = []
  let { position } = place
  let records = 0
  let bytes = 0
  let corrupt = 0
  let isCaughtUp = false
  while (records === 0 && !isCaughtUp) {
    const { batches, atHead } = store.read(stream, shard, position, bounds)
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
        position = Math.max(end, store.sequenceAtTime(stream, shard, horizonMs))
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
    isCaughtUp,
    corrupt,
  }
}

/** The page as one that was looked at and not taken: without records, and how old the next one is. */
export function withoutRecords(page: RecordPage, position: number, nowMs: number): RecordPage {
  const { lastArrivalTime } = page
  return {
    ...page,
    slices: [],
    records: 0,
    bytes: 0,
    position,
    millisBehindLatest: lastArrivalTime === undefined ? 0 : Math.max(0, Math.floor(nowMs - lastArrivalTime)),
    lastArrivalTime: undefined,
    isEnd: false,
    isCaughtUp: false,
    corrupt: 0,
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
