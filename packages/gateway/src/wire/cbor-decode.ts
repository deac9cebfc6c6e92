/**
 * CBOR (RFC 8949) from clients that are not trusted: one whole item, nothing after it.
 *
 * An item is a head byte (major type in the upper 3 bits, argument or its width in the lower 5), the argument, and for
 * strings, arrays and maps the content; argument 31 means pieces or items up to a break (0xff). Accepted are definite and
 * indefinite lengths, floats of 16, 32 and 64 bits, and tags: 1 = timestamp in epoch *milliseconds* -> Date (the AWS
 * reading of it), 2 and 3 = big integers -> number, others stand for the value that they carry. undefined reads as null.
 * Byte strings are slices of the input.
 *
 * Refused, each as a SerializationException: truncated or reserved heads, lengths beyond the input, names that are no
 * text, bad UTF-8, nesting beyond 64, more than a million items (an empty map is one byte here and some 50 in memory),
 * times out of Date's range, and bytes after the item. The library codec at hand has no such bounds: it allocates arrays
 * by their declared length, recurses without limit and takes tag 1 for seconds.
 */
import { isUtf8 } from 'node:buffer'
import { serializationError } from './serialization-error.ts'

const depthMax = 64
const itemsMax = 1_000_000
/** A big integer has no use beyond this; Number() of a longer one would only burn time. */
const bigIntegerBytesMax = 128
const breakByte = 0xff
const shortTextMax = 64
/** Texts seen last, by hash: the names of members come again with every record. */
const seenTexts: string[] = new Array<string>(1024).fill('')
const dateMsMax = 8.64e15

/** The tree of a CBOR body. Throws SerializationException. */
export function decodeCbor(bytes: Uint8Array): unknown {
  return new CborReader(bytes).whole()
}

class CborReader {
  readonly #bytes: Buffer
  #at = 0
  #items = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  whole(): unknown {
    const value = this.#value(0)
    if (this.#at !== this.#bytes.length) throw this.#refusal('there are bytes after its end')
    return value
  }

  #value(depth: number): unknown {
    if (++this.#items > itemsMax) throw this.#refusal(`it has more than ${itemsMax} values`)
    const head = this.#byte()
    const info = head & 31
    switch (head >> 5) {
      case 0:
        return this.#argument(info)
      case 1:
        return -1 - this.#argument(info)
      case 2:
        return this.#byteString(info)
      case 3:
        return this.#text(info)
      case 4:
        return this.#array(info, this.#deeper(depth))
      case 5:
        return this.#map(info, this.#deeper(depth))
      case 6:
        return this.#tagged(this.#argument(info), this.#deeper(depth))
      default:
        return this.#simple(info)
    }
  }

  #array(info: number, depth: number): unknown[] {
    const items: unknown[] = []
    if (info === 31) {
      while (!this.#atBreak()) items.push(this.#value(depth))
      return items
    }
    const count = this.#length(info)
    for (let i = 0; i < count; i++) items.push(this.#value(depth))
    return items
  }

  #map(info: number, depth: number): Record<string, unknown> {
    const record: Record<string, unknown> = {}
    if (info === 31) {
      while (!this.#atBreak()) this.#member(record, depth)
      return record
    }
    const count = this.#length(info)
    for (let i = 0; i < count; i++) this.#member(record, depth)
    return record
  }

  #member(record: Record<string, unknown>, depth: number): void {
    const head = this.#byte()
    if (head >> 5 !== 3) throw this.#refusal('the name of a member has to be text')
    const name = this.#text(head & 31)
    const value = this.#value(depth)
    // A plain assignment of this one name would set the prototype.
    if (name === '__proto__') {
      Object.defineProperty(record, name, { value, enumerable: true, configurable: true, writable: true })
    } else record[name] = value
  }

  #byteString(info: number): Uint8Array {
    if (info !== 31) return this.#take(this.#length(info))
    const pieces: Uint8Array[] = []
    while (!this.#atBreak()) pieces.push(this.#piece(2))
    return Buffer.concat(pieces)
  }

  #text(info: number): string {
    if (info !== 31) return this.#definiteText(this.#length(info))
    let text = ''
    // Each piece has to be whole characters (RFC 8949, 3.2.3), so decoding them one by one is right.
    while (!this.#atBreak()) text += this.#utf8(this.#piece(3))
    return text
  }

  /** Nearly all text is short and ASCII: names, keys, numbers in digits. It is read without a slice of the input. */
  #definiteText(length: number): string {
    const from = this.#at
    if (length > shortTextMax) return this.#utf8(this.#take(length))
    const bytes = this.#bytes
    const end = from + length
    let hash = length
    for (let i = from; i < end; i++) {
      const byte = bytes[i]!
      if (byte >= 0x80) return this.#utf8(this.#take(length))
      hash = (Math.imul(hash, 31) + byte) | 0
    }
    this.#at = end
    const slot = hash & (seenTexts.length - 1)
    const seen = seenTexts[slot]!
    if (isText(seen, bytes, from, end)) return seen
    const text = bytes.toString('latin1', from, end)
    seenTexts[slot] = text
    return text
  }

  /** A piece of an indefinite string: a definite string of the same major type. */
  #piece(major: number): Buffer {
    if (++this.#items > itemsMax) throw this.#refusal(`it has more than ${itemsMax} values`)
    const head = this.#byte()
    if (head >> 5 !== major || (head & 31) === 31) throw this.#refusal('a string has a piece of another type')
    return this.#take(this.#length(head & 31))
  }

  #utf8(bytes: Buffer): string {
    if (!isUtf8(bytes)) throw this.#refusal('text is not UTF-8')
    return bytes.toString('utf8')
  }

  #tagged(tag: number, depth: number): unknown {
    const value = this.#value(depth)
    if (tag === 1) return this.#time(value)
    if (tag === 2) return this.#bigInteger(value)
    if (tag === 3) return -1 - this.#bigInteger(value)
    return value
  }

  #time(value: unknown): Date {
    if (typeof value !== 'number' || !(Math.abs(value) <= dateMsMax)) {
      throw this.#refusal('a timestamp (tag 1) has to be a number of milliseconds')
    }
    return new Date(value)
  }

  #bigInteger(value: unknown): number {
    if (!(value instanceof Uint8Array) || value.length > bigIntegerBytesMax) {
      throw this.#refusal(`a big integer has to be a byte string of at most ${bigIntegerBytesMax} bytes`)
    }
    let number = 0
    for (const byte of value) number = number * 256 + byte
    return number
  }

  #simple(info: number): boolean | null | number {
    switch (info) {
      case 20:
        return false
      case 21:
        return true
      case 22: // null
      case 23: // undefined
        return null
      case 25:
        return halfFloat(this.#unsigned(2))
      case 26:
        return this.#take(4).readFloatBE(0)
      case 27:
        return this.#take(8).readDoubleBE(0)
      case 31:
        throw this.#refusal('a break stands where a value should be')
      default:
        throw this.#refusal(`simple value ${info} has no meaning`)
    }
  }

  /** The length that follows a head; every item and byte takes at least one byte of what is left. */
  #length(info: number): number {
    const length = this.#argument(info)
    if (length > this.#bytes.length - this.#at) throw this.#refusal('a length goes beyond its end')
    return length
  }

  /** 64-bit values beyond 2^53 are rounded, as JSON.parse rounds them. */
  #argument(info: number): number {
    if (info < 24) return info
    if (info === 24) return this.#unsigned(1)
    if (info === 25) return this.#unsigned(2)
    if (info === 26) return this.#unsigned(4)
    if (info === 27) return this.#unsigned(4) * 0x1_0000_0000 + this.#unsigned(4)
    throw this.#refusal(`byte 0x${this.#bytes[this.#at - 1]!.toString(16)} is not the head of a value`)
  }

  #unsigned(width: 1 | 2 | 4): number {
    this.#need(width)
    const value = this.#bytes.readUIntBE(this.#at, width)
    this.#at += width
    return value
  }

  #take(length: number): Buffer {
    this.#need(length)
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  #byte(): number {
    this.#need(1)
    return this.#bytes[this.#at++]!
  }

  /** Steps over a break, if one is next. */
  #atBreak(): boolean {
    this.#need(1)
    if (this.#bytes[this.#at] !== breakByte) return false
    this.#at++
    return true
  }

  #need(length: number): void {
    if (length > this.#bytes.length - this.#at) throw this.#refusal('it ends in the middle of a value')
  }

  #deeper(depth: number): number {
    if (depth >= depthMax) throw this.#refusal(`values are nested deeper than ${depthMax}`)
    return depth + 1
  }

  #refusal(reason: string): Error {
    return serializationError(`The body is not CBOR: ${reason}, at byte ${this.#at}.`)
  }
}

function isText(text: string, bytes: Buffer, from: number, end: number): boolean {
  if (text.length !== end - from) return false
  for (let i = from; i < end; i++) if (text.charCodeAt(i - from) !== bytes[i]) return false
  return true
}

/** IEEE 754 binary16: sign 1, exponent 5, fraction 10 bits. */
function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
