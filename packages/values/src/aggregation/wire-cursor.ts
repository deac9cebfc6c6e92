/**
 * A cursor over the fields of one protobuf message, as far as aggregated records need it.
 *
 *   message = field*      field = tag value      tag = varint: field number << 3 | wire type
 *   wire type 0 varint | 1 eight bytes | 2 length varint, bytes | 3 group start | 4 group end | 5 four bytes
 *
 * It reads bytes in place and never throws: `next` says whether a field was read, the message has ended, or is damaged.
 * Fields of any number and type are stepped over whole, so that messages of later versions stay readable. Cost: O(bytes).
 */
export type WireStep = 'field' | 'end' | 'damaged'

/** Deeper groups than any writer makes; bounds the recursion. */
const groupDepthMax = 32

const varintWire = 0
const bytesWire = 2

export class WireCursor {
  /** Number of the field read last. */
  field = 0
  wire = 0
  /** Value of a varint. Above 2^53 it is no longer exact, which is enough to know that it is no index of a table. */
  varint = 0
  /** Range of the content of a length-delimited field. */
  start = 0
  end = 0
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0
  #limit = 0

  /** Begins with the message in bytes[start, end). */
  open(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes
    this.#at = start
    this.#limit = end
  }

  next(): WireStep {
    if (this.#at >= this.#limit) return 'end'
    return this.#readField(0) ? 'field' : 'damaged'
  }

  isVarint(field: number): boolean {
    return this.field === field && this.wire === varintWire
  }

  isBytes(field: number): boolean {
    return this.field === field && this.wire === bytesWire
  }

  #readField(depth: number): boolean {
    if (!this.#readVarint() || this.varint > 0xffff_ffff) return false
    this.wire = this.varint % 8
    this.field = (this.varint - this.wire) / 8
    if (this.field === 0) return false
    switch (this.wire) {
      case varintWire:
        return this.#readVarint()
      case 1:
        return this.#skip(8)
      case bytesWire:
        if (!this.#readVarint()) return false
        this.start = this.#at
        this.end = this.#at + this.varint
        return this.#skip(this.varint)
      case 3:
        return this.#skipGroup(depth)
      case 5:
        return this.#skip(4)
      default:
        // 4 ends a group that was never begun; 6 and 7 are not assigned.
        return false
    }
  }

  #skipGroup(depth: number): boolean {
    if (depth === groupDepthMax) return false
    const field = this.field
    while (this.#at < this.#limit) {
      const before = this.#at
      if (!this.#readVarint()) return false
      if (this.varint === field * 8 + 4) {
        this.field = field
        this.wire = 3
        return true
      }
      this.#at = before
      if (!this.#readField(depth + 1)) return false
    }
    return false
  }

  #skip(size: number): boolean {
    if (size > this.#limit - this.#at) return false
    this.#at += size
    return true
  }

  #readVarint(): boolean {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      if (this.#at >= this.#limit) return false
      const byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        this.varint = value
        return true
      }
      scale *= 128
    }
    return false
  }
}

/** Bytes that a value takes as a varint. Integers from 0 up to 2^53 - 1. */
export function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

/** Writes a varint and returns the offset after it. */
export function writeVarint(bytes: Uint8Array, at: number, value: number): number {
  let rest = value
  let to = at
  while (rest >= 128) {
    bytes[to++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  bytes[to++] = rest
  return to
}
