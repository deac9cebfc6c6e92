/**
 * Rows of a join side in order of arrival, in columns outside the JavaScript heap: appended at the end, let go of from the
 * front. A row has an id, a 32-bit integer that counts on and wraps; live ids are `first` to `next` - 1.
 *
 * Chunks of 4096 rows hold, in one buffer each: row time f64, hash i32, link i32 (the next older row of the same key),
 * matched u8 and
 * for each column either value f64 + null u8, or start u32 + length u32 of a text. Text bytes lie in pages of 256 KiB
 * (a longer value has pages of its own); start is (page << 18 | offset), so that a text needs no object. The top bits of
 * length say NULL and clean. Pages are handed to output columns as they are, so text is copied once, on the way in.
 *
 * Rows dropped by `dropBefore` are not to be met again, but their memory stays until `release`, because rows matched
 * earlier in the same micro-batch may lie in it. Chunks and pages are used again. Cost: about 8 bytes per number or text,
 * 16 per row, the bytes of the text; no object per row.
 */
import { type NumberColumn, type RowBatch, type SqlType, TextColumn } from '@millrace/values'
import { isTextType } from './column-values.ts'

const chunkBits = 12
export const chunkRows = 1 << chunkBits
const chunkMask = chunkRows - 1
export const pageBits = 18
export const pageBytes = 1 << pageBits
export const pageMask = pageBytes - 1
/** Text addresses are 32 bits, so one store holds less than 2^14 pages = 4 GiB of text. */
const pageSlots = 1 << (32 - pageBits)

/** Of a text's length word: NULL, clean, and the length itself. */
export const nullBit = 0x80000000
export const cleanBit = 0x40000000
export const lengthMask = 0x3fffffff

const emptyPage = new Uint8Array(0)

export interface Chunk {
  readonly rowtime: Float64Array
  readonly hash: Int32Array
  readonly link: Int32Array
  /** 1: the row met a partner. */
  readonly matched: Uint8Array
  /** By column; the arrays of the other kind are empty. */
  readonly values: readonly Float64Array[]
  readonly nulls: readonly Uint8Array[]
  readonly starts: readonly Uint32Array[]
  readonly lengths: readonly Uint32Array[]
  /** Number of pages begun when the chunk was begun: pages before the last of them hold no text of it. */
  pagesBefore: number
}

export interface TextPlace {
  readonly page: number
  readonly offset: number
}

export class RowStore {
  readonly types: readonly SqlType[]
  /** Id of the oldest live row. */
  first: number
  /** Id that the next row gets. */
  next: number
  /** Bytes of text and columns now allocated. */
  bytes = 0
  /** Exact values beyond 53 bits, by column and row id. */
  readonly wide: (Map<number, bigint> | undefined)[]

  #chunks: (Chunk | undefined)[] = new Array<Chunk | undefined>(4).fill(undefined)
  #chunkSlots = 3
  /** Id of the first row whose chunk is still held. */
  #held: number
  #freeChunks: Chunk[] = []
  readonly #pages: Uint8Array[] = []
  #freePages: Uint8Array[] = []
  /** Pages begun and given back so far; the current page has the number #pagesBegun - 1. */
  #pagesBegun = 0
  #pagesFreed = 0
  #page: Uint8Array = emptyPage
  #offset = pageBytes

  /** Ids begin at `firstId`, a multiple of 4096. */
  constructor(types: readonly SqlType[], firstId = 0) {
    this.types = types
    this.first = firstId
    this.next = firstId
    this.#held = firstId
    this.wide = types.map(() => undefined)
  }

  isText(c: number): boolean {
    return isTextType(this.types[c]!)
  }

  get count(): number {
    return (this.next - this.first) | 0
  }

  isLive(id: number): boolean {
    return (id - this.first) >>> 0 < (this.next - this.first) >>> 0
  }

  chunkOf(id: number): Chunk {
    return this.#chunks[(id >>> chunkBits) & this.#chunkSlots]!
  }

  rowtimeOf(id: number): number {
    return this.chunkOf(id).rowtime[id & chunkMask]!
  }

  hashOf(id: number): number {
    return this.chunkOf(id).hash[id & chunkMask]!
  }

  linkOf(id: number): number {
    return this.chunkOf(id).link[id & chunkMask]!
  }

  setLink(id: number, link: number): void {
    this.chunkOf(id).link[id & chunkMask] = link
  }

  isMatched(id: number): boolean {
    return this.chunkOf(id).matched[id & chunkMask] !== 0
  }

  setMatched(id: number): void {
    this.chunkOf(id).matched[id & chunkMask] = 1
  }

  /** Appends the rows of a batch whose first columns are this store's. Returns the id of the first. */
  append(batch: RowBatch, hashes: Int32Array): number {
    const firstId = this.next
    let from = 0
    while (from < batch.length) {
      const at = this.next & chunkMask
      if (at === 0 || this.#chunks[(this.next >>> chunkBits) & this.#chunkSlots] === undefined)
        this.#beginChunk()
      const count = Math.min(batch.length - from, chunkRows - at)
      this.#appendTo(this.chunkOf(this.next), at, batch, from, count, hashes)
      this.next = (this.next + count) | 0
      from += count
    }
    return firstId
  }

  /** Rows before `id` are no longer live. */
  dropBefore(id: number): void {
    this.first = id
  }

  /** Gives back the memory of rows that are no longer live. Columns that refer to their text must be done with. */
  release(): void {
    const keepFrom = this.first & ~chunkMask
    while (this.#held !== keepFrom && ((keepFrom - this.#held) | 0) > 0) {
      const slot = (this.#held >>> chunkBits) & this.#chunkSlots
      const chunk = this.#chunks[slot]
      if (chunk !== undefined) {
        this.#chunks[slot] = undefined
        if (this.#freeChunks.length < 4) this.#freeChunks.push(chunk)
        this.bytes -= this.#chunkBytes()
      }
      this.#held = (this.#held + chunkRows) | 0
    }
    const oldest = this.#chunks[(keepFrom >>> chunkBits) & this.#chunkSlots]
    this.#freePagesBefore(oldest === undefined ? this.#pagesBegun - 1 : oldest.pagesBefore - 1)
    for (const map of this.wide) {
      if (map !== undefined) for (const id of map.keys()) if (!this.isLive(id)) map.delete(id)
    }
  }

  /** Column `c` of rows `ids[0..count)` into a column of a batch; rows with `absent[i]` = 1 become NULL. */
  gather(
    c: number,
    ids: Int32Array,
    absent: Uint8Array | undefined,
    count: number,
    to: NumberColumn | TextColumn,
  ): void {
    to.reserve(count)
    if (to.kind === 'number') this.#gatherNumbers(c, ids, absent, count, to)
    else this.#gatherText(c, ids, absent, count, to)
  }

  #gatherNumbers(
    c: number,
    ids: Int32Array,
    absent: Uint8Array | undefined,
    count: number,
    to: NumberColumn,
  ): void {
    const chunks = this.#chunks
    const slots = this.#chunkSlots
    const { values, nulls } = to
    for (let i = 0; i < count; i++) {
      if (absent !== undefined && absent[i] !== 0) {
        values[i] = 0
        nulls[i] = 1
        continue
      }
      const id = ids[i]!
      const chunk = chunks[(id >>> chunkBits) & slots]!
      values[i] = chunk.values[c]![id & chunkMask]!
      nulls[i] = chunk.nulls[c]![id & chunkMask]!
    }
    to.wide = null
    const wide = this.wide[c]
    if (wide === undefined || wide.size === 0) return
    for (let i = 0; i < count; i++) {
      const value = absent !== undefined && absent[i] !== 0 ? undefined : wide.get(ids[i]!)
      if (value === undefined) continue
      to.wide ??= new Map()
      to.wide.set(i, value)
    }
  }

  #gatherText(
    c: number,
    ids: Int32Array,
    absent: Uint8Array | undefined,
    count: number,
    to: TextColumn,
  ): void {
    const chunks = this.#chunks
    const slots = this.#chunkSlots
    to.pages = this.#pages
    const { page, start, end, nulls, clean } = to
    for (let i = 0; i < count; i++) {
      const id = ids[i]!
      const present = absent === undefined || absent[i] === 0
      const chunk = present ? chunks[(id >>> chunkBits) & slots]! : undefined
      const word = chunk === undefined ? nullBit : chunk.lengths[c]![id & chunkMask]!
      if (chunk === undefined || word >= nullBit) {
        page[i] = 0
        start[i] = 0
        end[i] = 0
        nulls[i] = 1
        clean[i] = 1
        continue
      }
      const address = chunk.starts[c]![id & chunkMask]!
      page[i] = address >>> pageBits
      start[i] = address & pageMask
      end[i] = (address & pageMask) + (word & lengthMask)
      nulls[i] = 0
      clean[i] = (word & cleanBit) >>> 30
    }
  }

  /** Calls `visit` for each stretch of rows [from, to) that lies in one chunk. */
  eachStretch(from: number, to: number, visit: (chunk: Chunk, at: number, count: number) => void): void {
    for (let id = from; ((to - id) | 0) > 0; ) {
      const at = id & chunkMask
      const count = Math.min(chunkRows - at, (to - id) | 0)
      visit(this.chunkOf(id), at, count)
      id = (id + count) | 0
    }
  }

  /** The place that the next text gets, as number of a page and offset in it. */
  get textEnd(): TextPlace {
    return { page: this.#pagesBegun - 1, offset: this.#offset }
  }

  /** A place at or before all text of a row and of the later ones. */
  textBefore(id: number): TextPlace {
    const chunk = ((this.next - id) | 0) > 0 ? this.chunkOf(id) : undefined
    return chunk === undefined ? this.textEnd : { page: chunk.pagesBefore - 1, offset: 0 }
  }

  /** The bytes between two places, page by page; `slot` is the upper part of the addresses that point into the page. */
  textPieces(from: TextPlace, to: TextPlace): { slot: number; offset: number; bytes: Uint8Array }[] {
    const pieces: { slot: number; offset: number; bytes: Uint8Array }[] = []
    for (let number = Math.max(from.page, this.#pagesFreed, 0); number <= to.page; number++) {
      const slot = number % pageSlots
      const page = this.#pages[slot]!
      const offset = number === from.page ? Math.min(from.offset, page.length) : 0
      const end =
        number === to.page && page.length === pageBytes ? Math.min(to.offset, page.length) : page.length
      if (end > offset) pieces.push({ slot, offset, bytes: page.subarray(offset, end) })
    }
    return pieces
  }

  /** Equality of a column of two rows, of which neither is NULL; `trimmed`: trailing blanks do not count. */
  static sameValue(
    a: RowStore,
    ac: number,
    aId: number,
    b: RowStore,
    bc: number,
    bId: number,
    trimmed: boolean,
  ): boolean {
    const x = a.chunkOf(aId)
    const y = b.chunkOf(bId)
    const i = aId & chunkMask
    const j = bId & chunkMask
    const xs = x.starts[ac]!
    if (xs.length === 0) {
      const value = x.values[ac]![i]!
      if (value === y.values[bc]![j]) return true
      return (
        Number.isNaN(value) &&
        a.wide[ac]?.get(aId) === b.wide[bc]?.get(bId) &&
        a.wide[ac]?.get(aId) !== undefined
      )
    }
    let xLength = x.lengths[ac]![i]! & lengthMask
    let yLength = y.lengths[bc]![j]! & lengthMask
    if (!trimmed && xLength !== yLength) return false
    const xAddress = xs[i]!
    const yAddress = y.starts[bc]![j]!
    const xPage = a.#pages[xAddress >>> pageBits]!
    const yPage = b.#pages[yAddress >>> pageBits]!
    const xStart = xAddress & pageMask
    const yStart = yAddress & pageMask
    if (trimmed) {
      while (xLength > 0 && xPage[xStart + xLength - 1] === 0x20) xLength--
      while (yLength > 0 && yPage[yStart + yLength - 1] === 0x20) yLength--
      if (xLength !== yLength) return false
    }
    for (let k = 0; k < xLength; k++) if (xPage[xStart + k] !== yPage[yStart + k]) return false
    return true
  }

  #appendTo(
    chunk: Chunk,
    at: number,
    batch: RowBatch,
    from: number,
    count: number,
    hashes: Int32Array,
  ): void {
    chunk.rowtime.set(batch.rowtime.subarray(from, from + count), at)
    chunk.hash.set(hashes.subarray(from, from + count), at)
    chunk.matched.fill(0, at, at + count)
    for (let c = 0; c < this.types.length; c++) {
      const column = batch.columns[c]!
      if (column instanceof TextColumn)
        this.#appendText(chunk.starts[c]!, chunk.lengths[c]!, at, column, from, count)
      else {
        chunk.values[c]!.set(column.values.subarray(from, from + count), at)
        chunk.nulls[c]!.set(column.nulls.subarray(from, from + count), at)
        if (column.wide !== null) this.#appendWide(c, column.wide, from, count)
      }
    }
  }

  #appendWide(c: number, wide: ReadonlyMap<number, bigint>, from: number, count: number): void {
    for (const [row, value] of wide) {
      if (row < from || row >= from + count) continue
      this.wide[c] ??= new Map()
      this.wide[c].set((this.next + row - from) | 0, value)
    }
  }

  #appendText(
    starts: Uint32Array,
    lengths: Uint32Array,
    at: number,
    column: TextColumn,
    from: number,
    count: number,
  ): void {
    const { pages, page, start, end, nulls, clean } = column
    let target = this.#page
    let offset = this.#offset
    let base = ((this.#pagesBegun - 1) % pageSlots) * pageBytes
    for (let i = from, to = at; i < from + count; i++, to++) {
      if (nulls[i] !== 0) {
        starts[to] = 0
        lengths[to] = nullBit
        continue
      }
      const begin = start[i]!
      const length = end[i]! - begin
      if (offset + length > pageBytes || offset === pageBytes) {
        this.#beginPage(length)
        target = this.#page
        offset = 0
        base = ((this.#pagesBegun - this.#span(length)) % pageSlots) * pageBytes
      }
      const source = pages[page[i]!]!
      // A view costs more than copying a short text byte by byte.
      if (length > 48) target.set(source.subarray(begin, begin + length), offset)
      else for (let k = 0; k < length; k++) target[offset + k] = source[begin + k]!
      starts[to] = base + offset
      lengths[to] = clean[i] === 1 ? length | cleanBit : length
      offset += length
      // What follows a value with pages of its own begins a new page.
      if (length > pageBytes) offset = pageBytes
    }
    this.#offset = offset
  }

  #span(length: number): number {
    return Math.max(1, Math.ceil(length / pageBytes))
  }

  #beginPage(length: number): void {
    const span = this.#span(length)
    // The pages of a long value lie side by side and do not wrap.
    const room = pageSlots - (this.#pagesBegun % pageSlots)
    if (span > room) for (let i = 0; i < room; i++) this.#place(emptyPage)
    if (this.#pagesBegun - this.#pagesFreed + span >= pageSlots) {
      throw new Error(
        'a join window holds more than 4 GiB of text on one side; shorten the window or store fewer columns',
      )
    }
    this.#page =
      span === 1 ? (this.#freePages.pop() ?? new Uint8Array(pageBytes)) : new Uint8Array(span * pageBytes)
    this.bytes += this.#page.length
    this.#place(this.#page)
    for (let i = 1; i < span; i++) this.#place(emptyPage)
  }

  #place(page: Uint8Array): void {
    this.#pages[this.#pagesBegun % pageSlots] = page
    this.#pagesBegun++
  }

  #freePagesBefore(number: number): void {
    for (; this.#pagesFreed < number; this.#pagesFreed++) {
      const slot = this.#pagesFreed % pageSlots
      const page = this.#pages[slot]!
      this.#pages[slot] = emptyPage
      this.bytes -= page.length
      if (page.length === pageBytes && this.#freePages.length < 16) this.#freePages.push(page)
    }
  }

  #beginChunk(): void {
    const live = ((this.next - this.#held) >>> 0) >>> chunkBits
    if (live > this.#chunkSlots) this.#growChunks()
    const chunk = this.#freeChunks.pop() ?? makeChunk(this.types)
    chunk.pagesBefore = this.#pagesBegun
    this.bytes += this.#chunkBytes()
    this.#chunks[(this.next >>> chunkBits) & this.#chunkSlots] = chunk
  }

  /** The ring of chunks doubles; this moves references to chunks, one for 4096 rows. */
  #growChunks(): void {
    const slots = this.#chunks.length * 2 - 1
    const chunks = new Array<Chunk | undefined>(slots + 1).fill(undefined)
    for (let id = this.#held; ((this.next - id) | 0) > 0; id = (id + chunkRows) | 0) {
      chunks[(id >>> chunkBits) & slots] = this.#chunks[(id >>> chunkBits) & this.#chunkSlots]
    }
    this.#chunks = chunks
    this.#chunkSlots = slots
  }

  #chunkBytes(): number {
    return chunkBytesOf(this.types)
  }
}

function chunkBytesOf(types: readonly SqlType[]): number {
  // Eight-byte arrays first, then four, then one, so that all are aligned.
  return chunkRows * (8 + 4 + 4 + 1 + types.reduce((sum, type) => sum + (isTextType(type) ? 8 : 9), 0))
}

function makeChunk(types: readonly SqlType[]): Chunk {
  const buffer = new ArrayBuffer(chunkBytesOf(types))
  let offset = 0
  /** The next stretch of the buffer, for one value of so many bytes per row. */
  const take = (width: number) => {
    offset += chunkRows * width
    return offset - chunkRows * width
  }
  const f64 = () => new Float64Array(buffer, take(8), chunkRows)
  const i32 = () => new Int32Array(buffer, take(4), chunkRows)
  const u32 = () => new Uint32Array(buffer, take(4), chunkRows)
  const u8 = () => new Uint8Array(buffer, take(1), chunkRows)
  const rowtime = f64()
  const values = types.map((type) => (isTextType(type) ? noF64 : f64()))
  const hash = i32()
  const link = i32()
  const starts = types.map((type) => (isTextType(type) ? u32() : noU32))
  const lengths = types.map((type) => (isTextType(type) ? u32() : noU32))
  const matched = u8()
  const nulls = types.map((type) => (isTextType(type) ? noU8 : u8()))
  return { rowtime, hash, link, matched, values, nulls, starts, lengths, pagesBefore: 0 }
}

const noF64 = new Float64Array(0)
const noU32 = new Uint32Array(0)
const noU8 = new Uint8Array(0)
