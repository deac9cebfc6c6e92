/**
 * Columns in the very form in which DuckDB's vectors hold them, grown value by value on our side, so that a vector is filled with one
 * copy and no call for each value. Layout (little-endian, C API of DuckDB, duckdb.h):
 *
 *   boolean u8 | int, date i32 | long, time, timestamps i64 | float f32 | double f64
 *   decimal(p,s): scaled integer, i16 to 4 digits, i32 to 9, i64 to 18, i128 to 38
 *   text and binary, 16 bytes: length u32, then up to 12 bytes themselves, or their first 4 and a pointer
 *   list and map, 16 bytes: offset u64, length u64 into the child's vector; a map is a list of structs (key, value)
 *   struct: one vector for each field
 *   validity: one bit for each row, 1 is a value
 *
 * Until the vector is filled (fill-vector.ts), the pointer of a longer text is an offset into `text`.
 *
 * Invariant: after each row all columns of a block have the same length; `truncate` undoes a row that was begun. 64-bit values are
 * split into two words, since a BigInt64Array would make a bigint of each. Cost: no allocation per value; arrays double from 16 rows.
 */

import { takeMemory } from './block-memory.ts'

const firstCapacity = 16
/** Columns that were this long begin their next block with the same room. */
const keptCapacity = 1024
/** Bytes of text that stand in the cell itself. */
export const inlineTextBytes = 12

export type ColumnBuilder = FixedColumn | TextColumn | ListColumn | StructColumn
export type FixedColumn =
  | BooleanColumn
  | Int16Column
  | Int32Column
  | Int64Column
  | Int128Column
  | FloatColumn
  | DoubleColumn

/** A block of a column that grows no more. The arrays may be longer than what counts. */
export type SealedColumn =
  | {
      readonly kind: 'fixed'
      readonly length: number
      readonly validity: Uint8Array | null
      readonly values: ArrayBufferView
      readonly width: number
    }
  | {
      readonly kind: 'text'
      readonly length: number
      readonly validity: Uint8Array | null
      readonly values: Int32Array
      /** Without what is not in use. */
      readonly text: Uint8Array
    }
  | {
      readonly kind: 'list'
      readonly length: number
      readonly validity: Uint8Array | null
      readonly values: Int32Array
      readonly child: SealedColumn
    }
  | {
      readonly kind: 'struct'
      readonly length: number
      readonly validity: Uint8Array | null
      readonly fields: readonly SealedColumn[]
    }

abstract class BaseColumn {
  length = 0
  /** Null while every row has a value. */
  validity: Uint8Array | null = null

  abstract addNull(): void
  abstract truncate(length: number): void
  /** Hands the rows over and begins anew. */
  abstract seal(): SealedColumn
  /** Memory held, about. */
  abstract get bytes(): number

  protected markNull(row: number): void {
    let validity = this.validity
    if (validity === null || row >= validity.length * 8) {
      // Whole 64-bit words, as DuckDB reads them.
      const grown = new Uint8Array(Math.max(Math.ceil((row + 1) / 64) * 8, (validity?.length ?? 0) * 2)).fill(
        255,
      )
      if (validity !== null) grown.set(validity)
      validity = grown
      this.validity = grown
    }
    // The index was made to fit above.
    validity[row >> 3]! &= ~(1 << (row & 7))
  }

  protected markValid(from: number, to: number): void {
    const validity = this.validity
    if (validity === null) return
    for (let row = from; row < to && row < validity.length * 8; row++) validity[row >> 3]! |= 1 << (row & 7)
  }
}

abstract class ArrayColumn<
  T extends Uint8Array | Int16Array | Int32Array | Float32Array | Float64Array,
> extends BaseColumn {
  abstract values: T
  /** Elements of `values` that make one row. */
  abstract readonly words: number
  abstract readonly width: number

  get bytes(): number {
    return this.values.byteLength + (this.validity?.length ?? 0)
  }

  addNull(): void {
    this.ensure()
    const at = this.length * this.words
    for (let i = 0; i < this.words; i++) this.values[at + i] = 0
    this.markNull(this.length++)
  }

  truncate(length: number): void {
    this.markValid(length, this.length)
    this.length = length
  }

  seal(): SealedColumn {
    const { values, width } = this
    return { kind: 'fixed', values, width, ...this.renew() }
  }

  /** What every sealed column has; the arrays are the taker's now. */
  protected renew(): { readonly length: number; readonly validity: Uint8Array | null } {
    const { length, validity } = this
    // After a full block another one is likely.
    this.values = this.make(length >= keptCapacity ? this.values.length : 0)
    this.length = 0
    this.validity = null
    return { length, validity }
  }

  protected ensure(): void {
    if ((this.length + 1) * this.words > this.values.length) this.grow()
  }

  protected abstract make(length: number): T

  protected grow(): void {
    const grown = this.make(Math.max(firstCapacity * this.words, this.values.length * 2))
    // Both are of the class that `make` gives.
    ;(grown as Int32Array).set(this.values as Int32Array)
    this.values = grown
  }
}

export class BooleanColumn extends ArrayColumn<Uint8Array> {
  values: Uint8Array = new Uint8Array(0)
  readonly words = 1
  readonly width = 1
  protected make(length: number): Uint8Array {
    return new Uint8Array(length)
  }

  add(value: boolean): void {
    this.ensure()
    this.values[this.length++] = value ? 1 : 0
  }
}

export class Int16Column extends ArrayColumn<Int16Array> {
  values: Int16Array = new Int16Array(0)
  readonly words = 1
  readonly width = 2
  protected make(length: number): Int16Array {
    return new Int16Array(takeMemory(length * 2))
  }

  addNumber(value: number): void {
    this.ensure()
    this.values[this.length++] = value
  }
}

export class Int32Column extends ArrayColumn<Int32Array> {
  values: Int32Array = new Int32Array(0)
  readonly words = 1
  readonly width = 4
  protected make(length: number): Int32Array {
    return new Int32Array(takeMemory(length * 4))
  }

  addNumber(value: number): void {
    this.ensure()
    this.values[this.length++] = value
  }
}

export class Int64Column extends ArrayColumn<Int32Array> {
  values: Int32Array = new Int32Array(0)
  readonly words = 2
  readonly width = 8
  protected make(length: number): Int32Array {
    return new Int32Array(takeMemory(length * 4))
  }

  /** A whole number within 2^53. */
  addNumber(value: number): void {
    this.ensure()
    const at = this.length++ * 2
    this.values[at] = value
    this.values[at + 1] = Math.floor(value / 0x1_0000_0000)
  }

  addBig(value: bigint): void {
    this.ensure()
    const at = this.length++ * 2
    this.values[at] = Number(value & 0xffffffffn)
    this.values[at + 1] = Number(value >> 32n)
  }
}

export class Int128Column extends ArrayColumn<Int32Array> {
  values: Int32Array = new Int32Array(0)
  readonly words = 4
  readonly width = 16
  protected make(length: number): Int32Array {
    return new Int32Array(takeMemory(length * 4))
  }

  addNumber(value: number): void {
    this.ensure()
    const at = this.length++ * 4
    const sign = value < 0 ? -1 : 0
    this.values[at] = value
    this.values[at + 1] = Math.floor(value / 0x1_0000_0000)
    this.values[at + 2] = sign
    this.values[at + 3] = sign
  }

  addBig(value: bigint): void {
    this.ensure()
    const at = this.length++ * 4
    for (let word = 0; word < 4; word++)
      this.values[at + word] = Number((value >> BigInt(word * 32)) & 0xffffffffn)
  }
}

export class FloatColumn extends ArrayColumn<Float32Array> {
  values: Float32Array = new Float32Array(0)
  readonly words = 1
  readonly width = 4
  protected make(length: number): Float32Array {
    return new Float32Array(takeMemory(length * 4))
  }

  addNumber(value: number): void {
    this.ensure()
    this.values[this.length++] = value
  }
}

export class DoubleColumn extends ArrayColumn<Float64Array> {
  values: Float64Array = new Float64Array(0)
  readonly words = 1
  readonly width = 8
  protected make(length: number): Float64Array {
    return new Float64Array(takeMemory(length * 8))
  }

  addNumber(value: number): void {
    this.ensure()
    this.values[this.length++] = value
  }
}

export class TextColumn extends ArrayColumn<Int32Array> {
  values: Int32Array = new Int32Array(0)
  readonly words = 4
  readonly width = 16
  /** Texts of more than 12 bytes, one after the other. */
  text: Uint8Array = new Uint8Array(0)
  textUsed = 0
  #cells: Uint8Array = new Uint8Array(0)

  protected make(length: number): Int32Array {
    return new Int32Array(takeMemory(length * 4))
  }

  override get bytes(): number {
    return super.bytes + this.text.length
  }

  /** The bytes are copied. Of a text they have to be UTF-8. */
  addBytes(from: Uint8Array, start: number, end: number): void {
    this.ensure()
    const size = end - start
    const at = this.length++ * 4
    const values = this.values
    values[at] = size
    if (size <= inlineTextBytes) {
      values[at + 1] = 0
      values[at + 2] = 0
      values[at + 3] = 0
      const cells = this.#cells
      let to = at * 4 + 4
      for (let i = start; i < end; i++) cells[to++] = from[i]!
      return
    }
    const to = this.#room(size)
    const text = this.text
    if (size > 64) text.set(from.subarray(start, end), to)
    else for (let i = 0; i < size; i++) text[to + i] = from[start + i]!
    this.#long(at, to, size)
  }

  /** Half of a surrogate pair becomes U+FFFD. */
  addString(value: string): void {
    this.ensure()
    const to = this.#room(value.length * 3)
    const size = utf8.encodeInto(value, this.text.subarray(to)).written
    const text = this.text
    const at = this.length++ * 4
    const values = this.values
    values[at] = size
    if (size > inlineTextBytes) {
      this.#long(at, to, size)
      return
    }
    this.textUsed = to
    values[at + 1] = 0
    values[at + 2] = 0
    values[at + 3] = 0
    for (let i = 0; i < size; i++) this.#cells[at * 4 + 4 + i] = text[to + i]!
  }

  override truncate(length: number): void {
    for (let row = length; row < this.length; row++) {
      if (this.values[row * 4]! > inlineTextBytes) {
        this.textUsed = this.values[row * 4 + 2]!
        break
      }
    }
    super.truncate(length)
  }

  protected override grow(): void {
    super.grow()
    this.#cells = new Uint8Array(this.values.buffer)
  }

  override seal(): SealedColumn {
    const { values, text, textUsed } = this
    const sealed = this.renew()
    this.#cells = new Uint8Array(this.values.buffer)
    this.text = new Uint8Array(takeMemory(sealed.length >= keptCapacity ? text.length : 0))
    this.textUsed = 0
    return { kind: 'text', values, text: text.subarray(0, textUsed), ...sealed }
  }

  #room(size: number): number {
    const to = this.textUsed
    if (to + size > this.text.length) {
      const grown = new Uint8Array(takeMemory(2 ** Math.ceil(Math.log2(Math.max(256, to + size)))))
      grown.set(this.text.subarray(0, to))
      this.text = grown
    }
    return to
  }

  #long(at: number, to: number, size: number): void {
    const { values, text } = this
    values[at + 1] = text[to]! | (text[to + 1]! << 8) | (text[to + 2]! << 16) | (text[to + 3]! << 24)
    values[at + 2] = to
    values[at + 3] = 0
    this.textUsed = to + size
  }
}

export class ListColumn extends ArrayColumn<Int32Array> {
  values: Int32Array = new Int32Array(0)
  readonly words = 4
  readonly width = 16
  readonly child: ColumnBuilder

  constructor(child: ColumnBuilder) {
    super()
    this.child = child
  }

  protected make(length: number): Int32Array {
    return new Int32Array(takeMemory(length * 4))
  }

  override get bytes(): number {
    return super.bytes + this.child.bytes
  }

  /** A list of the child's rows from `offset` to its end: the elements are added to the child first. */
  addFrom(offset: number): void {
    this.ensure()
    const at = this.length++ * 4
    this.values[at] = offset
    this.values[at + 1] = 0
    this.values[at + 2] = this.child.length - offset
    this.values[at + 3] = 0
  }

  override addNull(): void {
    this.addFrom(this.child.length)
    this.markNull(this.length - 1)
  }

  override seal(): SealedColumn {
    const { values } = this
    return { kind: 'list', values, child: this.child.seal(), ...this.renew() }
  }

  override truncate(length: number): void {
    // Elements of a list that was begun and not finished are behind those of all finished ones.
    const last = (length - 1) * 4
    this.child.truncate(length === 0 ? 0 : this.values[last]! + this.values[last + 2]!)
    super.truncate(length)
  }
}

export class StructColumn extends BaseColumn {
  readonly fields: readonly ColumnBuilder[]

  constructor(fields: readonly ColumnBuilder[]) {
    super()
    this.fields = fields
  }

  get bytes(): number {
    let sum = this.validity?.length ?? 0
    for (const field of this.fields) sum += field.bytes
    return sum
  }

  seal(): SealedColumn {
    const { length, validity } = this
    this.length = 0
    this.validity = null
    return { kind: 'struct', length, validity, fields: this.fields.map((field) => field.seal()) }
  }

  /** Counts a row whose fields were added. */
  addRow(): void {
    this.length++
  }

  addNull(): void {
    for (const field of this.fields) field.addNull()
    this.markNull(this.length++)
  }

  truncate(length: number): void {
    for (const field of this.fields) field.truncate(length)
    this.markValid(length, this.length)
    this.length = length
  }
}

const utf8 = new TextEncoder()
