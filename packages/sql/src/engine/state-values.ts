/**
 * Plain values as bytes, for the state of operators that keep values rather than columns: SqlValues and lists of them,
 * nested. Version 1, the first byte; then one value. A value is a tag and what follows it, little-endian:
 *
 *   0 NULL; 1 FALSE; 2 TRUE; 3 i32; 4 f64; 5 bigint as text; 6 text; 7 bytes; 8 list
 *   text and bytes: u32 bytes, the bytes; list: u32 count, the values
 *
 * Cost: one pass, no object per value when writing.
 */
import type { SqlValue } from '../plan.ts'

export type StateValue = SqlValue | readonly StateValue[]

const version = 1
const tag = { null: 0, false: 1, true: 2, i32: 3, f64: 4, bigint: 5, text: 6, bytes: 7, list: 8 } as const
/** Deeper nesting is not written, so reading it is a sign of other bytes. */
const depthMax = 16

export function encodeValues(value: StateValue): Uint8Array {
  const writer = new ValueWriter()
  writer.byte(version)
  writer.value(value)
  return writer.finish()
}

export function decodeValues(blob: Uint8Array): StateValue {
  if (blob[0] !== version)
    throw new Error(`engine: a state blob has version ${blob[0]}; this build reads version ${version}`)
  return new ValueReader(blob).value(0)
}

class ValueWriter {
  #bytes = Buffer.allocUnsafe(1024)
  #at = 0

  byte(value: number): void {
    this.#room(1)
    this.#bytes[this.#at++] = value
  }

  value(value: StateValue): void {
    if (value === null) this.byte(tag.null)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'string') this.#text(tag.text, value)
    else if (typeof value === 'bigint') this.#text(tag.bigint, value.toString())
    else if (typeof value === 'boolean') this.byte(value ? tag.true : tag.false)
    else if (value instanceof Uint8Array) {
      this.#counted(tag.bytes, value.length)
      this.#room(value.length)
      this.#bytes.set(value, this.#at)
      this.#at += value.length
    } else {
      const list = value as readonly StateValue[] // Nested values of the Flink dialect do not come here.
      this.#counted(tag.list, list.length)
      for (const each of list) this.value(each)
    }
  }

  finish(): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, 0, this.#at)
  }

  #number(value: number): void {
    // -0 is not an i32: it must come back as it was.
    const small = (value | 0) === value && !Object.is(value, -0)
    this.byte(small ? tag.i32 : tag.f64)
    this.#room(8)
    this.#at = small ? this.#bytes.writeInt32LE(value, this.#at) : this.#bytes.writeDoubleLE(value, this.#at)
  }

  #text(kind: number, text: string): void {
    this.byte(kind)
    this.#room(4 + text.length * 3)
    const written = this.#bytes.write(text, this.#at + 4, 'utf8')
    this.#bytes.writeUInt32LE(written, this.#at)
    this.#at += 4 + written
  }

  #counted(kind: number, count: number): void {
    this.byte(kind)
    this.#room(4)
    this.#at = this.#bytes.writeUInt32LE(count, this.#at)
  }

  #room(bytes: number): void {
    if (this.#at + bytes <= this.#bytes.length) return
    const grown = Buffer.allocUnsafe(Math.max(this.#at + bytes, this.#bytes.length * 2))
    this.#bytes.copy(grown, 0, 0, this.#at)
    this.#bytes = grown
  }
}

/** An end before its time throws a RangeError. */
class ValueReader {
  readonly #bytes: Buffer
  #at = 1

  constructor(blob: Uint8Array) {
    this.#bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength)
  }

  value(depth: number): StateValue {
    switch (this.#bytes.readUInt8(this.#at++)) {
      case tag.null:
        return null
      case tag.false:
        return false
      case tag.true:
        return true
      case tag.i32:
        this.#at += 4
        return this.#bytes.readInt32LE(this.#at - 4)
      case tag.f64:
        this.#at += 8
        return this.#bytes.readDoubleLE(this.#at - 8)
      case tag.bigint:
        return BigInt(this.#raw().toString('utf8'))
      case tag.text:
        return this.#raw().toString('utf8')
      case tag.bytes:
        return new Uint8Array(this.#raw())
      case tag.list:
        return this.#list(depth)
      default:
        throw new Error(`engine: a state blob has an unknown tag at byte ${this.#at - 1}`)
    }
  }

  #list(depth: number): StateValue[] {
    if (depth >= depthMax) throw new Error('engine: a state blob is nested too deeply')
    const count = this.#bytes.readUInt32LE(this.#at)
    this.#at += 4
    const values: StateValue[] = []
    for (let i = 0; i < count; i++) values.push(this.value(depth + 1))
    return values
  }

  #raw(): Buffer {
    const length = this.#bytes.readUInt32LE(this.#at)
    this.#at += 4
    if (this.#at + length > this.#bytes.length) throw new RangeError('engine: a state blob ends early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }
}
