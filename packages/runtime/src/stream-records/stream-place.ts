/**
 * Places in a stream as people write them, and where in each shard they are:
 *
 *   earliest, trim-horizon        the oldest record that is kept
 *   latest                        after the newest one
 *   latest - 20                   the newest 20 records of all shards together
 *   2026-01-31T12:00:00Z, 1763700000000 (ms), 5 minutes ago
 *   a sequence number             that record, and what was committed after it
 *
 * Positions are of one moment: the caller looks for them inside of a snapshot of the store, or they may be of different commits.
 * Cost: `latest - n` looks for times, and reads the batches that share the one it finds; a sequence number reads those that share its
 * time.
 */
import type { RecordBatch, Store, StreamInfo } from '@millrace/store'
import { parseSequenceNumber } from '@millrace/values'
import { RuntimeError, shown } from '../errors.ts'
import { MergedInput } from '../merged-input.ts'

export type StreamPlace =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'newest'; readonly records: number }
  | { readonly kind: 'time'; readonly timeMs: number }
  | { readonly kind: 'number'; readonly text: string }

/** Records that `latest - n` may ask for. */
export const newestRecordsMax = 10_000

const newest = /^latest\s*-\s*(\d{1,9})$/
const ago = /^(\d{1,9})\s*(s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)\s+ago$/
const milliseconds = /^\d{10,15}(?:\.\d+)?$/
const isoDate = /^\d{4}-\d\d-\d\d(?:[T ]|$)/
const sequenceNumber = /^\d{40,129}$/
const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
const look = { maxRecords: 1_000, maxBytes: 1024 * 1024 }

/** Error: STREAM_PLACE_INVALID. */
export function parseStreamPlace(text: string, nowMs: number): StreamPlace {
  const trimmed = text.trim()
  if (trimmed === 'earliest' || trimmed === 'trim-horizon') return { kind: 'earliest' }
  if (trimmed === 'latest') return { kind: 'latest' }
  const records = Number(newest.exec(trimmed)?.[1] ?? Number.NaN)
  if (records >= 1 && records <= newestRecordsMax) return { kind: 'newest', records }
  const [, amount, unit] = ago.exec(trimmed) ?? []
  const unitSize = unitMs[unit?.[0] ?? '']
  if (unitSize !== undefined) return { kind: 'time', timeMs: nowMs - Number(amount) * unitSize }
  if (milliseconds.test(trimmed)) return { kind: 'time', timeMs: Number(trimmed) }
  if (sequenceNumber.test(trimmed)) return { kind: 'number', text: trimmed }
  // Date.parse alone finds a time in almost anything.
  const timeMs = isoDate.test(trimmed) ? Date.parse(trimmed) : Number.NaN
  if (Number.isFinite(timeMs)) return { kind: 'time', timeMs }
  throw placeInvalid(text, 'it names no place in a stream')
}

/** The next sequence to read of each shard, by number. Error: STREAM_PLACE_INVALID, for a number of another stream. */
export function positionsAt(store: Store, info: StreamInfo, place: StreamPlace): number[] {
  switch (place.kind) {
    case 'earliest':
      return info.shardInfos.map(({ oldest }) => oldest)
    case 'latest':
      return info.shardInfos.map(({ next }) => next)
    case 'newest':
      return newestPositions(store, info, place.records)
    case 'time':
      return info.shardInfos.map(({ shard }) => store.sequenceAtTime(info.name, shard, place.timeMs))
    case 'number':
      return positionsAtNumber(store, info, place.text)
  }
}

/**
 * Looked for by time, since times have the order of commits, and of many shards each would else be read: only what arrived in the last
 * millisecond in question is read one by one.
 */
function newestPositions(store: Store, { name, shardInfos }: StreamInfo, records: number): number[] {
  // What is not among the newest of its own shard is not among those of all.
  const bounds = shardInfos.map(({ oldest, next }) => Math.max(oldest, next - records))
  const count = (positions: readonly number[]) =>
    shardInfos.reduce((sum, { shard, next }) => sum + next - positions[shard]!, 0)
  const end = newestTime(store, name, shardInfos)
  if (count(bounds) <= records || end === undefined) return bounds
  const since = (timeMs: number) =>
    bounds.map((bound, shard) => Math.max(bound, store.sequenceAtTime(name, shard, timeMs)))
  // Too few from `high` on, and enough from `low` on, which comes to an end: there are enough in all.
  let high = Math.floor(end) + 1
  let low = high - 1
  while (count(since(low)) < records) [high, low] = [low, low - 2 * (high - low)]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (count(since(middle)) < records) high = middle
    else low = middle
  }
  const positions = since(low)
  const input = new MergedInput(store, [{ stream: name, positions }])
  for (let left = count(positions) - records; left > 0; ) {
    const taken = input.take(Math.min(left, look.maxRecords), look.maxBytes)
    if (taken.records === 0) break
    left -= taken.records
  }
  return input.cursors.map(({ position }) => position)
}

function newestTime(store: Store, stream: string, shards: StreamInfo['shardInfos']): number | undefined {
  const times = shards.flatMap(({ shard, oldest, next }) =>
    next === oldest ? [] : (batchAt(store, stream, shard, next - 1)?.arrivalTime ?? []),
  )
  return times.length === 0 ? undefined : Math.max(...times)
}

function positionsAtNumber(store: Store, info: StreamInfo, text: string): number[] {
  const place = parseSequenceNumber(text, info)
  if (place.kind !== 'place') {
    const why =
      place.kind === 'future' ? 'it lies behind the newest record' : 'it is no number of this stream'
    throw placeInvalid(text, `${why} (stream "${info.name}")`)
  }
  const { shard } = place
  const { next, oldest } = info.shardInfos[shard]!
  const position = Math.min(next, Math.max(oldest, place.isRecord ? place.counter - 1 : place.counter))
  const batch = batchAt(store, info.name, shard, position)
  return info.shardInfos.map((other) => {
    if (other.shard === shard) return position
    if (batch === undefined) return position >= next ? other.next : other.oldest
    return firstAfter(store, info.name, other.shard, { batch, shard })
  })
}

/** The first record of a shard that comes after a batch of another one in the order of (commit, shard). */
function firstAfter(
  store: Store,
  stream: string,
  shard: number,
  than: { readonly batch: RecordBatch; readonly shard: number },
): number {
  const { batch: after } = than
  for (let position = store.sequenceAtTime(stream, shard, after.arrivalTime); ; ) {
    const { batches, atHead } = store.read(stream, shard, position, look)
    for (const batch of batches) {
      if ('reason' in batch) {
        position = batch.nextSequence
        continue
      }
      const isAfter = batch.commit > after.commit || (batch.commit === after.commit && shard > than.shard)
      if (isAfter) return Math.max(position, batch.firstSequence)
      position = batch.firstSequence + batch.count
    }
    if (atHead) return position
  }
}

function batchAt(store: Store, stream: string, shard: number, position: number): RecordBatch | undefined {
  const { batches } = store.read(stream, shard, position, { maxRecords: 1, maxBytes: 1 })
  for (const batch of batches) if (!('reason' in batch)) return batch
  return undefined
}

function placeInvalid(text: string, what: string): RuntimeError {
  return new RuntimeError('STREAM_PLACE_INVALID', {
    place: `place ${shown(text, 140)}`,
    what,
    allowed: `earliest, latest, latest - 20 (to ${newestRecordsMax}), a time like 2026-01-31T12:00:00Z or ms since 1970, 5 minutes ago, a sequence number`,
  })
}
