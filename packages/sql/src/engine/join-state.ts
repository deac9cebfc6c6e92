/**
 * State of a window join as bytes, version 1. A change holds the rows appended since the last one; a snapshot is the same
 * with the live rows, in pieces. Rows are copied as stretches of the store's columns, text as stretches of its pages, so a
 * change costs little more than its bytes. Little-endian, without padding:
 *
 *   u32 magic 'MRJ1'; f64 time of the join; then for the left and the right side:
 *   u32 rows; f64 row time of each; u8 matched of each
 *   for each column   numbers: f64 value of each; u8 null of each; u32 wide values: (u32 row, u32 bytes, decimal digits)
 *                     text: u32 address of each; u32 length word of each (row-store.ts)
 *   u32 text pieces: (u32 slot, u32 offset, u32 bytes, the bytes); addresses point into them
 *   u32 marks: u32 each, the row that many rows before the first one of this blob has found a partner since
 *
 * Row ids are not written: a restored store numbers its rows anew, and rows count back from the newest.
 * Checksums are the business of the store that keeps the blobs.
 */
import { type NumberColumn, RowBatch, TextColumn } from '@millrace/values'
import { makeColumn } from './column-values.ts'
import {
  cleanBit,
  lengthMask,
  nullBit,
  pageBits,
  pageMask,
  type RowStore,
  type TextPlace,
} from './row-store.ts'

const magic = 0x314a524d

export interface JoinRange {
  readonly from: number
  readonly to: number
  readonly textFrom: TextPlace
  readonly marks: readonly number[]
}

export function writeJoinState(
  time: number,
  stores: readonly RowStore[],
  ranges: readonly JoinRange[],
): Uint8Array {
  const writer = new BlobWriter()
  writer.u32(magic)
  writer.f64(time)
  stores.forEach((store, s) => {
    writeSide(writer, store, ranges[s]!)
  })
  return writer.finish()
}

function writeSide(writer: BlobWriter, store: RowStore, { from, to, textFrom, marks }: JoinRange): void {
  const count = Math.max(0, (to - from) | 0)
  writer.u32(count)
  store.eachStretch(from, to, (chunk, at, rows) => writer.array(chunk.rowtime, at, rows))
  store.eachStretch(from, to, (chunk, at, rows) => writer.array(chunk.matched, at, rows))
  let hasText = false
  store.types.forEach((_, c) => {
    if (store.isText(c)) {
      hasText = true
      store.eachStretch(from, to, (chunk, at, rows) => writer.array(chunk.starts[c]!, at, rows))
      store.eachStretch(from, to, (chunk, at, rows) => writer.array(chunk.lengths[c]!, at, rows))
      return
    }
    store.eachStretch(from, to, (chunk, at, rows) => writer.array(chunk.values[c]!, at, rows))
    store.eachStretch(from, to, (chunk, at, rows) => writer.array(chunk.nulls[c]!, at, rows))
    const wide = [...(store.wide[c] ?? [])].filter(([id]) => (id - from) >>> 0 < count)
    writer.u32(wide.length)
    for (const [id, value] of wide) {
      writer.u32((id - from) >>> 0)
      writer.bytes(Buffer.from(value.toString(), 'latin1'))
    }
  })
  const pieces = hasText && count > 0 ? store.textPieces(textFrom, store.textEnd) : []
  writer.u32(pieces.length)
  for (const { slot, offset, bytes } of pieces) {
    writer.u32(slot)
    writer.u32(offset)
    writer.bytes(bytes)
  }
  writer.u32(marks.length)
  for (const mark of marks) writer.u32(mark)
}

/** Of a join side, what its state is read into. */
interface StoredSide {
  readonly store: RowStore
}

export interface RestoredRows {
  readonly batch: RowBatch
  readonly matched: Uint8Array
  readonly matchedBack: readonly number[]
}

export function readJoinState(
  blob: Uint8Array,
  sides: readonly StoredSide[],
): { time: number; rows: RestoredRows[] } {
  const reader = new BlobReader(blob)
  if (reader.u32() !== magic)
    throw new Error('engine: a state blob is not one of a window join, or of another version')
  const time = reader.f64()
  return { time, rows: sides.map((side) => readSide(reader, side)) }
}

function readSide(reader: BlobReader, { store }: StoredSide): RestoredRows {
  const count = reader.u32()
  const batch = new RowBatch(store.types.map(makeColumn))
  batch.reserve(count)
  batch.length = count
  reader.doubles(batch.rowtime, count)
  const matched = reader.raw(count)
  const texts: { column: TextColumn; addresses: Uint32Array; words: Uint32Array }[] = []
  for (const column of batch.columns) {
    if (column instanceof TextColumn)
      texts.push({ column, addresses: reader.words(count), words: reader.words(count) })
    else readNumbers(reader, column, count)
  }
  const pages: Uint8Array[] = []
  const bySlot = new Map<number, { index: number; offset: number }>()
  for (let piece = reader.u32(); piece > 0; piece--) {
    const slot = reader.u32()
    const offset = reader.u32()
    bySlot.set(slot, { index: pages.length, offset })
    pages.push(reader.raw(reader.u32()))
  }
  for (const { column, addresses, words } of texts) {
    column.pages = pages
    for (let i = 0; i < count; i++) {
      const word = words[i]!
      const length = word & lengthMask
      column.nulls[i] = word >= nullBit ? 1 : 0
      column.clean[i] = word >= nullBit || (word & cleanBit) !== 0 ? 1 : 0
      if (word >= nullBit || length === 0) {
        // Empty text may stand where no byte was written; any page will do.
        if (pages.length === 0) pages.push(new Uint8Array(0))
        column.page[i] = 0
        column.start[i] = 0
        column.end[i] = 0
        continue
      }
      const piece = bySlot.get(addresses[i]! >>> pageBits)
      if (piece === undefined)
        throw new Error('engine: the state of a window join refers to text that it does not hold')
      column.page[i] = piece.index
      column.start[i] = (addresses[i]! & pageMask) - piece.offset
      column.end[i] = column.start[i]! + length
    }
  }
  const matchedBack: number[] = []
  for (let marks = reader.u32(); marks > 0; marks--) matchedBack.push(reader.u32())
  return { batch, matched, matchedBack }
}

function readNumbers(reader: BlobReader, column: NumberColumn, count: number): void {
  reader.doubles(column.values, count)
  column.nulls.set(reader.raw(count))
  for (let wide = reader.u32(); wide > 0; wide--) {
    const row = reader.u32()
    const digits = Buffer.from(reader.raw(reader.u32())).toString('latin1')
    column.wide ??= new Map()
    column.wide.set(row, BigInt(digits))
  }
}

/** Collects pieces and lays them end to end at last, so that each byte is copied once. */
export class BlobWriter {
  readonly #pieces: Uint8Array[] = []
  #size = 0

  u32(value: number): void {
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeUInt32LE(value >>> 0)
    this.#push(bytes)
  }

  f64(value: number): void {
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeDoubleLE(value)
    this.#push(bytes)
  }

  bytes(bytes: Uint8Array): void {
    this.u32(bytes.length)
    this.#push(bytes)
  }

  array(values: Float64Array | Uint32Array | Uint8Array, at: number, count: number): void {
    const size = values.BYTES_PER_ELEMENT
    this.#push(new Uint8Array(values.buffer, values.byteOffset + at * size, count * size))
  }

  #push(bytes: Uint8Array): void {
    this.#pieces.push(bytes)
    this.#size += bytes.length
  }

  finish(): Uint8Array {
    const blob = new Uint8Array(this.#size)
    let at = 0
    for (const piece of this.#pieces) {
      blob.set(piece, at)
      at += piece.length
    }
    return blob
  }
}

/** Reads in the order of writing; an end before its time throws a RangeError. */
export class BlobReader {
  readonly #blob: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(blob: Uint8Array) {
    this.#blob = blob
    this.#view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  }

  u32(): number {
    this.#at += 4
    return this.#view.getUint32(this.#at - 4, true)
  }

  f64(): number {
    this.#at += 8
    return this.#view.getFloat64(this.#at - 8, true)
  }

  raw(length: number): Uint8Array {
    if (this.#at + length > this.#blob.length) throw new RangeError('engine: a state blob ends early')
    this.#at += length
    // Copied, since the blob may lie in memory that the store uses again.
    return this.#blob.slice(this.#at - length, this.#at)
  }

  doubles(into: Float64Array, count: number): void {
    for (let i = 0; i < count; i++) into[i] = this.f64()
  }

  words(count: number): Uint32Array {
    const words = new Uint32Array(count)
    for (let i = 0; i < count; i++) words[i] = this.u32()
    return words
  }
}
