/**
 * CBOR (RFC 8949) as the AWS protocols write it: definite lengths, shortest integers, 64-bit floats for everything else,
 * byte strings for blobs, and timestamps as tag 1 over an integer of epoch *milliseconds* (the RFC has seconds).
 * Members that are undefined are left out. Cost: one pass into a buffer that doubles.
 */
const initialBytes = 1024

/** Writes one tree; see the port for what it may hold. */
export function encodeCbor(value: unknown): Buffer {
  const writer = new CborWriter()
  writer.value(value)
  return writer.bytes()
}

class CborWriter {
  #buffer = Buffer.allocUnsafe(initialBytes)
  #at = 0

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#at)
  }

  value(value: unknown): void {
    if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'boolean') this.#byte(value ? 0xf5 : 0xf4)
    else if (value === null) this.#byte(0xf6)
    else if (typeof value === 'object') this.#object(value)
    else throw new Error(`gateway invariant: a ${typeof value} has no place in a reply`)
  }

  #object(value: object): void {
    if (Array.isArray(value)) {
      this.#head(4, value.length)
      for (let i = 0; i < value.length; i++) this.value(value[i])
    } else if (value instanceof Uint8Array) {
      this.#head(2, value.length)
      this.#room(value.length)
      this.#buffer.set(value, this.#at)
      this.#at += value.length
    } else if (value instanceof Date) {
      this.#byte(0xc1)
      this.#number(Math.round(value.getTime()))
    } else {
      // Everything else of type object is a plain record by the port's contract.
      this.#record(value as Readonly<Record<string, unknown>>)
    }
  }

  #record(record: Readonly<Record<string, unknown>>): void {
    const names = Object.keys(record)
    let count = 0
    for (const name of names) if (record[name] !== undefined) count++
    this.#head(5, count)
    for (const name of names) {
      const member = record[name]
      if (member === undefined) continue
      this.#text(name)
      this.value(member)
    }
  }

  #text(text: string): void {
    const length = Buffer.byteLength(text)
    this.#head(3, length)
    this.#room(length)
    this.#buffer.write(text, this.#at)
    this.#at += length
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      if (value >= 0) this.#head(0, value)
      else this.#head(1, -1 - value)
      return
    }
    if (!Number.isFinite(value)) throw new Error(`gateway invariant: ${value} has no place in a reply`)
    this.#room(9)
    this.#buffer[this.#at] = 0xfb
    this.#buffer.writeDoubleBE(value, this.#at + 1)
    this.#at += 9
  }

  /** Major type and argument, in the shortest form. */
  #head(major: number, argument: number): void {
    this.#room(9)
    const first = major << 5
    const buffer = this.#buffer
    const at = this.#at
    if (argument < 24) {
      buffer[at] = first | argument
      this.#at = at + 1
    } else if (argument < 0x100) {
      buffer[at] = first | 24
      buffer[at + 1] = argument
      this.#at = at + 2
    } else if (argument < 0x1_0000) {
      buffer[at] = first | 25
      buffer.writeUInt16BE(argument, at + 1)
      this.#at = at + 3
    } else if (argument < 0x1_0000_0000) {
      buffer[at] = first | 26
      buffer.writeUInt32BE(argument, at + 1)
      this.#at = at + 5
    } else {
      buffer[at] = first | 27
      buffer.writeUInt32BE(Math.floor(argument / 0x1_0000_0000), at + 1)
      buffer.writeUInt32BE(argument % 0x1_0000_0000, at + 5)
      this.#at = at + 9
    }
  }

  #byte(byte: number): void {
    this.#room(1)
    this.#buffer[this.#at++] = byte
  }

  #room(bytes: number): void {
    const needed = this.#at + bytes
    if (needed <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, this.#at))
    this.#buffer = larger
  }
}
