/**
 * Record batch: the stored form of records that one commit appended to one shard. Written once, never changed.
 *
 * Value, little-endian; every offset counts from the start of the value, so a reader copies the value once and uses
 * views on it without any work per record:
 *    0 u32  magic 'MRB1' (layout version in the last character)
 *    4 u32  crc32 of the log key (stream id, shard, first sequence) followed by the bytes [8, end): a batch that was
 *           changed, cut or put under another key fails
 *    8 u32  flags: bit 0 = origin ages are present
 *   12 u32  count of records, at least 1
 *   16 f64  commit number
 *   24 f64  arrival time, ms, whole
 *   32 u32  size of the value in bytes
 *   36 u32  zero
 *   40 u32 x (count + 1)  key starts: key i is [start i, start i + 1)
 *      u32 x (count + 1)  data starts: data i is [start i, start i + 1)
 *      u32 x count        origin ages, microseconds before the arrival time, saturating; only with flag bit 0
 *      key bytes, then data bytes
 * A batch counts if its size, magic and checksum fit; then all of it is believed.
 * Cost: encoding copies the bytes once and runs one crc32 over them; decoding is one crc32.
 */
import { crc32 } from 'node:zlib'
import type { RecordBatch } from './port.ts'

export const BATCH_MAGIC = 0x3142_524d // "MRB1" read as little-endian
export const BATCH_HEADER_BYTES = 40
const FLAG_AGES = 1
const AGE_MAX = 0xffff_ffff

/** What a batch is made of: slices of a builder's arenas, records [from, to). */
export interface BatchSource {
  readonly keys: Uint8Array
  readonly data: Uint8Array
  /** End of each record's key in `keys`; the start is the end before it. */
  readonly keyEnd: Uint32Array
  readonly dataEnd: Uint32Array
  /** Origin time of each record, ms; 0 = the arrival time. */
  readonly origin: Float64Array
}

export interface BatchStamp {
  readonly commit: number
  readonly arrivalTime: number
}

/** Encoded size of records [from, to), with room for ages. */
export function batchBytes(source: BatchSource, from: number, to: number): number {
  const keyStart = from === 0 ? 0 : source.keyEnd[from - 1]!
  const dataStart = from === 0 ? 0 : source.dataEnd[from - 1]!
  const bytes = source.keyEnd[to - 1]! - keyStart + source.dataEnd[to - 1]! - dataStart
  return BATCH_HEADER_BYTES + 8 * (to - from + 1) + 4 * (to - from) + bytes
}

/** Writes the batch into `target` (at offset 0 of its own buffer, so that word views are aligned); returns its size. */
export function encodeBatch(
  target: Uint8Array,
  key: Uint8Array,
  source: BatchSource,
  range: { readonly from: number; readonly to: number },
  stamp: BatchStamp,
): number {
  const { from, to } = range
  const count = to - from
  const words = new Uint32Array(target.buffer, target.byteOffset, target.byteLength >>> 2)
  const hasAges = anyOrigin(source.origin, from, to)
  const keyWords = BATCH_HEADER_BYTES >>> 2
  const dataWords = keyWords + count + 1
  const ageWords = dataWords + count + 1
  const keyFrom = from === 0 ? 0 : source.keyEnd[from - 1]!
  const keyTo = source.keyEnd[to - 1]!
  const dataFrom = from === 0 ? 0 : source.dataEnd[from - 1]!
  const dataTo = source.dataEnd[to - 1]!
  const keyBase = (ageWords + (hasAges ? count : 0)) << 2
  const dataBase = keyBase + keyTo - keyFrom
  const size = dataBase + dataTo - dataFrom

  words[keyWords] = keyBase
  words[dataWords] = dataBase
  for (let i = 0; i < count; i++) {
    words[keyWords + 1 + i] = source.keyEnd[from + i]! - keyFrom + keyBase
    words[dataWords + 1 + i] = source.dataEnd[from + i]! - dataFrom + dataBase
  }
  if (hasAges) {
    for (let i = 0; i < count; i++) {
      const origin = source.origin[from + i]!
      words[ageWords + i] = origin === 0 ? 0 : ageMicros(stamp.arrivalTime - origin)
    }
  }
  target.set(source.keys.subarray(keyFrom, keyTo), keyBase)
  target.set(source.data.subarray(dataFrom, dataTo), dataBase)

  const floats = new Float64Array(target.buffer, target.byteOffset, BATCH_HEADER_BYTES >>> 3)
  words[0] = BATCH_MAGIC
  words[2] = hasAges ? FLAG_AGES : 0
  words[3] = count
  floats[2] = stamp.commit
  floats[3] = stamp.arrivalTime
  words[8] = size
  words[9] = 0
  words[1] = checksum(key, target, size)
  return size
}

/** Why a stored value is not a valid batch, or undefined if it is. */
export function batchFault(key: Uint8Array, value: Uint8Array): string | undefined {
  if (value.byteLength < BATCH_HEADER_BYTES) return `only ${value.byteLength} bytes, less than a header`
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const magic = view.getUint32(0, true)
  if (magic !== BATCH_MAGIC) return `magic is 0x${magic.toString(16)}, not 0x${BATCH_MAGIC.toString(16)}`
  const size = view.getUint32(32, true)
  if (size !== value.byteLength) return `header says ${size} bytes, stored are ${value.byteLength}`
  const stored = view.getUint32(4, true)
  const actual = checksum(key, value, size)
  if (stored !== actual) return `checksum is 0x${actual.toString(16)}, stored 0x${stored.toString(16)}`
  return undefined
}

/** Header fields of a value whose checksum was found right. */
export function batchHeader(value: Uint8Array): { count: number; commit: number; arrivalTime: number } {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  return {
    count: view.getUint32(12, true),
    commit: view.getFloat64(16, true),
    arrivalTime: view.getFloat64(24, true),
  }
}

/** A batch over a value that the caller owns, is valid, and starts at a multiple of 8 in its buffer. */
export class StoredBatch implements RecordBatch {
  readonly stream: string
  readonly shard: number
  readonly commit: number
  readonly firstSequence: number
  readonly count: number
  readonly arrivalTime: number
  readonly bytes: Uint8Array
  readonly keyStart: Uint32Array
  readonly dataStart: Uint32Array
  readonly #ages: Uint32Array | undefined

  constructor(stream: string, shard: number, firstSequence: number, value: Uint8Array) {
    const { count, commit, arrivalTime } = batchHeader(value)
    const offsets = value.byteOffset + BATCH_HEADER_BYTES
    this.stream = stream
    this.shard = shard
    this.commit = commit
    this.firstSequence = firstSequence
    this.count = count
    this.arrivalTime = arrivalTime
    this.bytes = value
    this.keyStart = new Uint32Array(value.buffer, offsets, count + 1)
    this.dataStart = new Uint32Array(value.buffer, offsets + 4 * (count + 1), count + 1)
    this.#ages =
      value[8]! & FLAG_AGES ? new Uint32Array(value.buffer, offsets + 8 * (count + 1), count) : undefined
  }

  originTime(index: number): number {
    const ages = this.#ages
    return ages === undefined ? this.arrivalTime : this.arrivalTime - ages[index]! / 1000
  }
}

function checksum(key: Uint8Array, value: Uint8Array, size: number): number {
  return crc32(value.subarray(8, size), crc32(key))
}

function anyOrigin(origin: Float64Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (origin[i]! !== 0) return true
  return false
}

/** A source time in the future counts as now: an age is never negative. */
function ageMicros(ageMs: number): number {
  const micros = Math.round(ageMs * 1000)
  return Math.max(0, Math.min(micros, AGE_MAX))
}
