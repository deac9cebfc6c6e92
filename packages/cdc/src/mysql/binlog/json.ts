/**
 * MySQL's binary JSON to the text that the server itself would show: members in stored order, `, ` and `: ` between them, doubles with
 * their shortest digits, decimals and 64-bit integers with all of theirs. What it escapes in strings is what JSON.stringify does.
 *
 *   document = type u8 | value
 *   object, array = count | bytes in all | per key: offset, length u16 | per value: type u8, value or its offset | keys | values
 *     (counts, sizes and offsets are u16 in small ones, u32 in large ones; offsets count from the start of the object)
 *   a string is its length, 7 bits a byte, low ones first, and UTF-8; opaque is a type of column, such a length, and its bytes
 *
 * Parts of a document never overlap, so no more than its own bytes are read in all; damaged offsets that point in circles run out of that
 * allowance, and deep ones out of depth, before they cost anything.
 */
import { decimalBytes, decimalReader } from './decimal.ts'
import { LogBytes, logInvalid } from './log-bytes.ts'
import { columnCode } from './logged-table.ts'
import { packedTimeText } from './temporal.ts'

// MySQL takes 100.
const depthMax = 110

const kind = {
  smallObject: 0,
  largeObject: 1,
  smallArray: 2,
  largeArray: 3,
  literal: 4,
  int16: 5,
  uint16: 6,
  int32: 7,
  uint32: 8,
  int64: 9,
  uint64: 10,
  double: 11,
  string: 12,
  opaque: 15,
} as const

/** Text of the document in `count` bytes at the cursor, which is moved behind it. No bytes are JSON's null. */
export function readJson(bytes: LogBytes, count: number): string {
  const start = bytes.take(count)
  return count === 0 ? 'null' : new JsonDocument(bytes.buffer, start, start + count).text()
}

class JsonDocument {
  readonly #bytes: LogBytes
  #allowance: number

  constructor(buffer: Buffer, start: number, end: number) {
    this.#bytes = new LogBytes(buffer, start, end)
    this.#allowance = end - start
  }

  text(): string {
    return this.#value(this.#bytes.u8(), 0)
  }

  /** The value at the cursor. */
  #value(type: number, depth: number): string {
    const bytes = this.#bytes
    switch (type) {
      case kind.smallObject:
        return this.#container(true, 2, depth)
      case kind.largeObject:
        return this.#container(true, 4, depth)
      case kind.smallArray:
        return this.#container(false, 2, depth)
      case kind.largeArray:
        return this.#container(false, 4, depth)
      case kind.literal:
        return literal(bytes.u8())
      case kind.int16:
        return String(bytes.buffer.readInt16LE(this.#spend(2)))
      case kind.uint16:
        return String(bytes.buffer.readUInt16LE(this.#spend(2)))
      case kind.int32:
        return String(bytes.buffer.readInt32LE(this.#spend(4)))
      case kind.uint32:
        return String(bytes.buffer.readUInt32LE(this.#spend(4)))
      case kind.int64:
        return String(bytes.buffer.readBigInt64LE(this.#spend(8)))
      case kind.uint64:
        return String(bytes.buffer.readBigUInt64LE(this.#spend(8)))
      case kind.double:
        return doubleText(bytes.buffer.readDoubleLE(this.#spend(8)))
      case kind.string:
        return JSON.stringify(this.#string(this.#length()))
      case kind.opaque:
        return this.#opaque()
      default:
        throw logInvalid(`a JSON document has a value of type ${type}`)
    }
  }

  #container(isObject: boolean, width: 2 | 4, depth: number): string {
    if (depth > depthMax) throw logInvalid(`a JSON document is more than ${depthMax} levels deep`)
    const bytes = this.#bytes
    const start = bytes.at
    const documentEnd = bytes.end
    const count = bytes.uint(width)
    const size = bytes.uint(width)
    if (size > documentEnd - start)
      throw logInvalid(`a JSON ${isObject ? 'object' : 'array'} says it has ${size} bytes`)
    bytes.end = start + size
    const valueEntries = start + 2 * width + (isObject ? count * (width + 2) : 0)
    this.#pay(valueEntries + count * (width + 1) - start)
    let text = isObject ? '{' : '['
    for (let i = 0; i < count; i++) {
      if (i > 0) text += ', '
      if (isObject) {
        bytes.at = start + 2 * width + i * (width + 2)
        const keyAt = start + bytes.uint(width)
        const keyBytes = bytes.u16()
        bytes.at = keyAt
        text += `${JSON.stringify(this.#string(keyBytes))}: `
      }
      bytes.at = valueEntries + i * (width + 1)
      const type = bytes.u8()
      if (!isInline(type, width)) bytes.at = start + bytes.uint(width)
      // Inline values were paid for with their entries.
      else this.#allowance += inlineBytes(type)
      text += this.#value(type, depth + 1)
    }
    bytes.end = documentEnd
    return text + (isObject ? '}' : ']')
  }

  #opaque(): string {
    const type = this.#bytes.u8()
    const size = this.#length()
    const at = this.#spend(size)
    const { buffer } = this.#bytes
    switch (type) {
      case columnCode.decimal: {
        if (size < 3) throw logInvalid('a decimal in JSON has no digits')
        const [precision, scale] = [buffer[at]!, buffer[at + 1]!]
        const read = decimalReader(precision, scale)
        if (decimalBytes(precision, scale) !== size - 2)
          throw logInvalid('a decimal in JSON has other bytes than digits')
        return read(new LogBytes(buffer, at + 2, at + size))
      }
      case columnCode.date:
      case columnCode.newDate:
      case columnCode.time:
      case columnCode.datetime:
      case columnCode.timestamp: {
        if (size !== 8) throw logInvalid(`a time in JSON has ${size} bytes`)
        const form =
          type === columnCode.time
            ? 'time'
            : type === columnCode.date || type === columnCode.newDate
              ? 'date'
              : 'datetime'
        return `"${packedTimeText(buffer.readBigInt64LE(at), form)}"`
      }
      default:
        return `"base64:type${type}:${buffer.toString('base64', at, at + size)}"`
    }
  }

  #string(count: number): string {
    const at = this.#spend(count)
    return this.#bytes.buffer.toString('utf8', at, at + count)
  }

  #length(): number {
    let length = 0
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes.u8()
      length += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) return length
    }
    throw logInvalid('a length in JSON has more than five bytes')
  }

  #spend(count: number): number {
    this.#pay(count)
    return this.#bytes.take(count)
  }

  #pay(count: number): void {
    this.#allowance -= count
    if (this.#allowance < 0) throw logInvalid('parts of a JSON document lie over each other')
  }
}

/** Values that stand in their entry instead of an offset. */
function isInline(type: number, width: 2 | 4): boolean {
  return (
    type === kind.literal ||
    type === kind.int16 ||
    type === kind.uint16 ||
    (width === 4 && (type === kind.int32 || type === kind.uint32))
  )
}

function inlineBytes(type: number): number {
  return type === kind.literal ? 0 : type === kind.int16 || type === kind.uint16 ? 2 : 4
}

function literal(value: number): string {
  if (value > 2) throw logInvalid(`a literal in JSON is ${value}`)
  return value === 0 ? 'null' : value === 1 ? 'true' : 'false'
}

/**
 * The shortest digits that give the number again, as the server writes them: plain unless an integer has more than 15 digits or
 * zeros, or more than 14 zeros stand behind the point; with `.0` where nothing else says that it is a double.
 */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) throw logInvalid(`a number in JSON is ${value}`)
  if (Object.is(value, -0)) return '-0.0'
  const size = Math.abs(value)
  if (value === 0 || (size >= 1e-6 && (size < 1e15 || !Number.isInteger(value)))) {
    // JavaScript writes these alike.
    return Number.isInteger(value) ? `${value}.0` : String(value)
  }
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  // How many digits stand before the point.
  const whole = Number(exponent) + 1
  if (whole > 15 || whole < -14) return `${mantissa}e${Number(exponent)}`
  const digits = mantissa.replace('-', '').replace('.', '')
  return `${value < 0 ? '-' : ''}0.${'0'.repeat(-whole)}${digits}`
}
