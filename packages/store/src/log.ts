/**
 * Reading the log of one shard, and cutting its front.
 *
 * The tree holds batches under (stream, shard, first sequence). A read takes the batch that contains its start and goes
 * on to the head. What does not check out becomes a CorruptBatch that reaches to the next stored batch: values whose
 * checksum fails, and stretches for which nothing is stored although the head says that they were.
 * Retention takes whole batches off the front; the log keeps a corrupt one until its time has come, as evidence.
 * Cost: a read is one descent of the tree and a copy and checksum of each batch; a search by time is a descent and a
 * batch read for each halving.
 */
import type { DeletedStream, StreamEntry } from './catalog.ts'
import { type Environment, plainBytes } from './environment.ts'
import { type Head, readHead, writeHead } from './heads.ts'
import { deletedKey, headKey, isShardLogKey, logKey, quarantineKey, sequenceOfLogKey } from './layout.ts'
import { RETENTION_BATCHES_MAX } from './limits.ts'
import type { CorruptBatch, ReadOptions, ReadResult, RecordBatch } from './port.ts'
import { batchFault, batchHeader, StoredBatch } from './record-batch.ts'

const SEQUENCE_MAX = Number.MAX_SAFE_INTEGER

export function readLog(
  environment: Environment,
  stream: StreamEntry,
  shard: number,
  fromSequence: number,
  options: ReadOptions,
): ReadResult {
  environment.refresh()
  const head = readHead(environment.meta, stream.id, shard)
  const from = Math.max(fromSequence, head.oldest)
  if (from >= head.next) return { batches: [], atHead: true }
  const batches: (RecordBatch | CorruptBatch)[] = []
  let expected = batchStart(environment, stream.id, shard, from) ?? from
  let fault: { firstSequence: number; reason: string } | undefined
  let records = 0
  let bytes = 0
  const range = environment.log.getRange({
    start: logKey(stream.id, shard, expected),
    end: logKey(stream.id, shard, head.next),
  })
  for (const { key, value } of range) {
    const sequence = sequenceOfLogKey(key)
    if (fault === undefined && sequence > expected)
      fault = { firstSequence: expected, reason: 'nothing is stored' }
    if (fault !== undefined) {
      batches.push(corrupt(stream.name, shard, fault, sequence))
      records += sequence - fault.firstSequence
      fault = undefined
    }
    if (records >= options.maxRecords || bytes >= options.maxBytes) return { batches, atHead: false }
    const reason = batchFault(key, value)
    if (reason !== undefined) {
      fault = { firstSequence: sequence, reason }
      continue
    }
    const batch = new StoredBatch(stream.name, shard, sequence, plainBytes(value))
    expected = sequence + batch.count
    // Only if what follows it is missing can the first batch found end before the position.
    if (expected <= from) continue
    batches.push(batch)
    // The first batch may begin before the position: only what is from there on counts for the caller.
    records += expected - Math.max(sequence, from)
    bytes += value.byteLength
  }
  if (fault === undefined && expected < head.next)
    fault = { firstSequence: expected, reason: 'nothing is stored' }
  if (fault !== undefined) batches.push(corrupt(stream.name, shard, fault, head.next))
  return { batches, atHead: true }
}

/** First sequence that arrived at `time` or later. Batches that cannot be read count as arriving with the next one that can. */
export function sequenceAtTime(
  environment: Environment,
  stream: StreamEntry,
  shard: number,
  time: number,
): number {
  environment.refresh()
  const head = readHead(environment.meta, stream.id, shard)
  let low = head.oldest
  let high = head.next
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2)
    const start = Math.max(batchStart(environment, stream.id, shard, middle) ?? low, low)
    const readable = firstReadable(environment, stream.id, shard, start)
    if (readable === undefined || readable.arrivalTime >= time) {
      high = start
      // `start` may be the whole of what is left of the middle; then the answer is at or before it.
    } else {
      low = Math.min(readable.end, high)
    }
  }
  return low
}

/** Removes whole batches that arrived before `time`; `write` runs each bounded transaction. Returns the records removed. */
export function removeBefore(
  environment: Environment,
  stream: StreamEntry,
  shard: number,
  time: number,
): number {
  const target = sequenceAtTime(environment, stream, shard, time)
  let removed = 0
  for (;;) {
    environment.refresh()
    if (readHead(environment.meta, stream.id, shard).oldest >= target) return removed
    environment.write(() => {
      removed += removeSome(environment, stream.id, shard, target)
    })
  }
}

/** Removes what is left of a deleted stream, in bounded transactions; the last one forgets it. */
export function removeDeleted(environment: Environment, stream: DeletedStream): void {
  const { log, meta } = environment
  const start = logKey(stream.id, 0, 0)
  const end = logKey(stream.id + 1, 0, 0)
  for (let left = true; left; ) {
    environment.write(() => {
      const keys = [...log.getKeys({ start, end, limit: RETENTION_BATCHES_MAX })]
      for (const key of keys) log.removeSync(key)
      left = keys.length === RETENTION_BATCHES_MAX
      if (left) return
      for (let shard = 0; shard < stream.shards; shard++) meta.removeSync(headKey(stream.id, shard))
      const stretches = { start: quarantineKey(stream.id, 0, 0), end: quarantineKey(stream.id + 1, 0, 0) }
      for (const key of [...meta.getKeys(stretches)]) meta.removeSync(key)
      meta.removeSync(deletedKey(stream.id))
    })
  }
}

function removeSome(environment: Environment, streamId: number, shard: number, target: number): number {
  const { log, meta } = environment
  const head: Head = readHead(meta, streamId, shard)
  const oldest = head.oldest
  // The batch that begins before `oldest` does not exist: the front moves by whole batches.
  const keys = [
    ...log.getKeys({
      start: logKey(streamId, shard, 0),
      end: logKey(streamId, shard, target),
      limit: RETENTION_BATCHES_MAX + 1,
    }),
  ]
  const more = keys.length > RETENTION_BATCHES_MAX
  const newOldest = more ? sequenceOfLogKey(keys.pop()!) : target
  for (const key of keys) {
    const value = log.getBinaryFast(key)
    if (value !== undefined) head.bytes -= payloadBytes(value)
    log.removeSync(key)
  }
  head.oldest = newOldest
  // A corrupt batch cannot tell its size, so the count may be off while it is there; an empty shard sets it right.
  head.bytes = head.oldest === head.next ? 0 : Math.max(0, head.bytes)
  writeHead(meta, streamId, shard, head)
  return newOldest - oldest
}

/** First sequence of the stored batch at or before `sequence`. */
function batchStart(
  environment: Environment,
  streamId: number,
  shard: number,
  sequence: number,
): number | undefined {
  const { log } = environment
  const key = logKey(streamId, shard, sequence)
  if (log.doesExist(key)) return sequence
  for (const found of log.getKeys({ start: key, reverse: true, limit: 1 })) {
    return isShardLogKey(found, streamId, shard) ? sequenceOfLogKey(found) : undefined
  }
  return undefined
}

function firstReadable(
  environment: Environment,
  streamId: number,
  shard: number,
  start: number,
): { arrivalTime: number; end: number } | undefined {
  const range = environment.log.getRange({
    start: logKey(streamId, shard, start),
    end: logKey(streamId, shard, SEQUENCE_MAX),
  })
  for (const { key, value } of range) {
    if (batchFault(key, value) !== undefined) continue
    const { arrivalTime, count } = batchHeader(value)
    return { arrivalTime, end: sequenceOfLogKey(key) + count }
  }
  return undefined
}

/** Key and data bytes of a batch, from its offsets; 0 where they make no sense. */
export function payloadBytes(value: Uint8Array): number {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  if (value.byteLength < 44) return 0
  const bytes = view.getUint32(32, true) - view.getUint32(40, true)
  return bytes >= 0 && bytes <= value.byteLength ? bytes : 0
}

function corrupt(
  stream: string,
  shard: number,
  fault: { firstSequence: number; reason: string },
  nextSequence: number,
): CorruptBatch {
  return { stream, shard, firstSequence: fault.firstSequence, nextSequence, reason: fault.reason }
}
