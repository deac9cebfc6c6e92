/** Reads what byte-writer.ts wrote. Bytes that cannot have come from there stop with an error, they are never guessed at. */
import { deserialize } from 'node:v8'
import { smallFirst, smallLeast, tag, typedKinds } from './byte-writer.ts'

/** Deeper nesting is not written, so reading it is a sign of other bytes. */
const depthMax = 200

/** What every Buffer has, though its declared type leaves it out: `toString` without the look at the encoding's name. */
interface SlicingBuffer extends Buffer {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

export class ByteReader {
  #bytes: SlicingBuffer
  at: number
  #end: number

  constructor(bytes: Uint8Array) {
    this.#bytes = slicing(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    this.at = 0
    this.#end = bytes.length
  }

  /** Goes on in other bytes. */
  reset(bytes: Buffer, at: number): void {
    this.#bytes = slicing(bytes)
    this.at = at
    this.#end = bytes.length
  }

  get done(): boolean {
    return this.at >= this.#end
  }

  byte(): number {
    if (this.at >= this.#end) throw cut()
    return this.#bytes[this.at++]!
  }

  varint(): number {
    let result = 0
    let factor = 1
    for (;;) {
      const part = this.byte()
      result += (part & 0x7f) * factor
      if (part < 0x80) return result
      factor *= 0x80
    }
  }

  value(depth = 0): unknown {
    const first = this.byte()
    if (first >= smallFirst) return first - smallFirst + smallLeast
    switch (first) {
      case tag.null:
        return null
      case tag.false:
        return false
      case tag.true:
        return true
      case tag.undefined:
        return undefined
      case tag.int: {
        const zigzag = this.varint()
        return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
      }
      case tag.double: {
        const at = this.#take(8)
        return this.#bytes.readDoubleLE(at)
      }
      case tag.latin1:
        return this.#latin1()
      case tag.utf8: {
        const length = this.varint()
        const at = this.#take(length)
        return this.#bytes.utf8Slice(at, at + length)
      }
      case tag.utf16: {
        const length = this.varint()
        const at = this.#take(length)
        return this.#bytes.toString('utf16le', at, at + length)
      }
      case tag.bigint:
        return BigInt(this.#latin1())
      case tag.bytes:
        return this.#raw()
      case tag.array: {
        const count = this.#count(depth)
        const array: unknown[] = new Array(count)
        for (let i = 0; i < count; i++) array[i] = this.value(depth + 1)
        return array
      }
      case tag.map: {
        const count = this.#count(depth)
        const map = new Map<unknown, unknown>()
        for (let i = 0; i < count; i++) {
          const key = this.value(depth + 1)
          map.set(key, this.value(depth + 1))
        }
        return map
      }
      case tag.typed: {
        const kind = typedKinds[this.byte()]
        if (kind === undefined) throw cut()
        const raw = this.#raw()
        return new kind(raw.buffer, 0, raw.length / kind.BYTES_PER_ELEMENT)
      }
      case tag.v8:
        return deserialize(this.#raw())
    }
    throw cut()
  }

  #latin1(): string {
    const length = this.varint()
    const at = this.#take(length)
    return this.#bytes.latin1Slice(at, at + length)
  }

  /** A copy with a buffer of its own. */
  #raw(): Uint8Array<ArrayBuffer> {
    const length = this.varint()
    const at = this.#take(length)
    const copy = new Uint8Array(length)
    copy.set(this.#bytes.subarray(at, at + length))
    return copy
  }

  #take(length: number): number {
    const at = this.at
    if (at + length > this.#end) throw cut()
    this.at = at + length
    return at
  }

  /** Each element has at least one byte, so that a false count cannot ask for memory. */
  #count(depth: number): number {
    const count = this.varint()
    if (count > this.#end - this.at || depth > depthMax) throw cut()
    return count
  }
}

function slicing(bytes: Buffer): SlicingBuffer {
  return bytes as SlicingBuffer // As said there.
}

function cut(): Error {
  return new Error('state: a blob is cut or was not written by this build')
}
