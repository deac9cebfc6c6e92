/**
 * Plain data as bytes: what operators keep (numbers, strings, bigints, null, booleans, arrays, Maps, bytes, typed arrays,
 * undefined; anything else that structured cloning keeps goes through V8's own form). One value is a tag and what follows
 * it:
 *
 *   0 null; 1 false; 2 true; 3 varint of a zigzag int (up to 32 bits); 4 f64; 5 bigint as text; 6 text in Latin-1;
 *   7 text in UTF-8; 8 bytes; 9 array; 10 Map; 11 undefined; 12 typed array (kind, bytes); 13 V8; 14 text in UTF-16
 *   16..255: small integers from -16 up
 *
 * Lengths and counts are varints. A writer is used again after `clear`; its buffer stays.
 */
import { serialize } from 'node:v8'

export const tag = {
  null: 0,
  false: 1,
  true: 2,
  int: 3,
  double: 4,
  bigint: 5,
  latin1: 6,
  utf8: 7,
  bytes: 8,
  array: 9,
  map: 10,
  undefined: 11,
  typed: 12,
  v8: 13,
  utf16: 14,
} as const
export const smallFirst = 16
export const smallLeast = -16
export const smallMost = 255 - smallFirst + smallLeast

export const typedKinds = [
  Int8Array,
  Int16Array,
  Int32Array,
  Uint16Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
] as const

const bits = new DataView(new ArrayBuffer(8))

export class ByteWriter {
  bytes: Buffer
  at = 0

  constructor(size = 1024) {
    this.bytes = Buffer.allocUnsafeSlow(size)
  }

  clear(): void {
    this.at = 0
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return new Uint8Array(this.bytes.subarray(0, this.at))
  }

  byte(value: number): void {
    if (this.at === this.bytes.length) this.#grow(1)
    this.bytes[this.at++] = value
  }

  varint(value: number): void {
    if (this.at + 10 > this.bytes.length) this.#grow(10)
    let rest = value
    while (rest > 0x7f) {
      this.bytes[this.at++] = (rest % 0x80) | 0x80
      rest = rest > 0x7fffffff ? Math.floor(rest / 0x80) : rest >>> 7
    }
    this.bytes[this.at++] = rest
  }

  value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.#number(value)
        return
      case 'string':
        this.#text(value)
        return
      case 'boolean':
        this.byte(value ? tag.true : tag.false)
        return
      case 'bigint': {
        const text = value.toString()
        this.byte(tag.bigint)
        this.varint(text.length)
        this.#room(text.length)
        this.at += this.bytes.write(text, this.at, 'latin1')
        return
      }
      case 'undefined':
        this.byte(tag.undefined)
        return
    }
    if (value === null) this.byte(tag.null)
    else if (Array.isArray(value)) {
      this.byte(tag.array)
      this.varint(value.length)
      for (let i = 0; i < value.length; i++) this.value(value[i])
    } else if (value instanceof Map) {
      this.byte(tag.map)
      this.varint(value.size)
      for (const [key, element] of value) {
        this.value(key)
        this.value(element)
      }
    } else this.#object(value as object) // Neither null nor any primitive is left.
  }

  /** Bytes that another writer made. */
  raw(source: Buffer, start: number, length: number): void {
    this.#room(length)
    source.copy(this.bytes, this.at, start, start + length)
    this.at += length
  }

  #number(value: number): void {
    if (this.at + 10 > this.bytes.length) this.#grow(10)
    // `| 0` keeps every 32-bit integer; -0 is told from 0 by its sign.
    if ((value | 0) === value && (value !== 0 || 1 / value > 0)) {
      if (value >= smallLeast && value <= smallMost) {
        this.bytes[this.at++] = value - smallLeast + smallFirst
        return
      }
      this.bytes[this.at++] = tag.int
      let rest = ((value << 1) ^ (value >> 31)) >>> 0
      while (rest > 0x7f) {
        this.bytes[this.at++] = (rest & 0x7f) | 0x80
        rest >>>= 7
      }
      this.bytes[this.at++] = rest
      return
    }
    this.bytes[this.at++] = tag.double
    bits.setFloat64(0, value, true)
    for (let i = 0; i < 8; i++) this.bytes[this.at++] = bits.getUint8(i)
  }

  #text(value: string): void {
    const { length } = value
    this.#room(length + 11)
    const start = this.at
    this.bytes[this.at++] = tag.latin1
    this.varint(length)
    if (length < 48) {
      let at = this.at
      for (let i = 0; i < length; i++) {
        const unit = value.charCodeAt(i)
        if (unit > 0xff) {
          this.at = start
          this.#wideText(value)
          return
        }
        this.bytes[at++] = unit
      }
      this.at = at
      return
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the question is whether one byte holds each unit
    if (/^[\x00-\xff]*$/.test(value)) this.at += this.bytes.write(value, this.at, 'latin1')
    else {
      this.at = start
      this.#wideText(value)
    }
  }

  /** UTF-8 loses lone surrogates, so those go as they are. */
  #wideText(value: string): void {
    const whole = !/\p{Cs}/u.test(value)
    const length = Buffer.byteLength(value, whole ? 'utf8' : 'utf16le')
    this.byte(whole ? tag.utf8 : tag.utf16)
    this.varint(length)
    this.#room(length)
    this.at += whole ? this.bytes.write(value, this.at, 'utf8') : this.bytes.write(value, this.at, 'utf16le')
  }

  #object(value: object): void {
    if (value instanceof Uint8Array) {
      this.byte(tag.bytes)
      this.#counted(value)
      return
    }
    const kind = typedKinds.findIndex((type) => value instanceof type)
    if (kind < 0) {
      this.byte(tag.v8)
      this.#counted(serialize(value))
      return
    }
    const typed = value as Int8Array // One of the typed arrays: `kind` was found; all have these members.
    this.byte(tag.typed)
    this.byte(kind)
    this.#counted(new Uint8Array(typed.buffer, typed.byteOffset, typed.byteLength))
  }

  #counted(value: Uint8Array): void {
    this.varint(value.length)
    this.#room(value.length)
    this.bytes.set(value, this.at)
    this.at += value.length
  }

  #room(count: number): void {
    if (this.at + count > this.bytes.length) this.#grow(count)
  }

  #grow(count: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.at + count))
    this.bytes.copy(larger, 0, 0, this.at)
    this.bytes = larger
  }
}
