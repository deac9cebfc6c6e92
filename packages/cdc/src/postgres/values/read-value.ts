/**
 * Readers of single values: from the text that Postgres writes (in the log and in results alike, under the settings of
 * `sessionSettings`) to a `ColumnValue`. They work on bytes, so that no string is made of what becomes a number, and check the
 * form, so that broken bytes do not become a wrong value. Cost: O(bytes), no allocation beside the result.
 */
import { isUtf8 } from 'node:buffer'
import type { ColumnValue } from '../../model/column-value.ts'
import { ValueProblem } from './value-problem.ts'

/** Reads bytes[start, end). */
export type ReadValue = (bytes: Buffer, start: number, end: number) => ColumnValue

/** What every Buffer of Node has below `toString`, without its look at the encoding: a fifth of the time of a row. */
type SlicedBuffer = Buffer & {
  latin1Slice(start: number, end: number): string
  utf8Slice(start: number, end: number): string
}

// The cast: see SlicedBuffer.
const latin1 = (bytes: Buffer, start: number, end: number): string =>
  (bytes as SlicedBuffer).latin1Slice(start, end)

const zero = 0x30
const nine = 0x39
const minus = 0x2d
const point = 0x2e

/** As many digits as every number below 2^53 may have. */
const safeDigits = 15

export function readInteger(bytes: Buffer, start: number, end: number): ColumnValue {
  const first = bytes[start] === minus ? start + 1 : start
  if (first >= end) throw new ValueProblem('no integer', bytes, start, end)
  let value = 0
  for (let at = first; at < end; at++) {
    const digit = bytes[at]! - zero
    if (digit < 0 || digit > 9) throw new ValueProblem('no integer', bytes, start, end)
    value = value * 10 + digit
  }
  if (end - first > safeDigits) {
    const exact = BigInt(latin1(bytes, start, end))
    if (exact < -0x8000_0000_0000_0000n || exact > 0xffff_ffff_ffff_ffffn) {
      throw new ValueProblem('no integer of 64 bits', bytes, start, end)
    }
    const number = Number(exact)
    return Number.isSafeInteger(number) ? number : exact
  }
  return first === start ? value : value === 0 ? 0 : -value
}

export function readBoolean(bytes: Buffer, start: number, end: number): ColumnValue {
  if (end - start === 1) {
    if (bytes[start] === 0x74) return true
    if (bytes[start] === 0x66) return false
  }
  throw new ValueProblem('neither t nor f', bytes, start, end)
}

export function readDecimal(bytes: Buffer, start: number, end: number): ColumnValue {
  let digits = 0
  let points = 0
  for (let at = bytes[start] === minus ? start + 1 : start; at < end; at++) {
    const byte = bytes[at]!
    if (byte >= zero && byte <= nine) digits++
    else if (byte === point && digits > 0 && points === 0 && at + 1 < end) points++
    else return readNotFinite(bytes, start, end)
  }
  if (digits === 0) throw new ValueProblem('no decimal', bytes, start, end)
  return latin1(bytes, start, end)
}

function readNotFinite(bytes: Buffer, start: number, end: number): string {
  const text = end - start <= 9 ? latin1(bytes, start, end) : ''
  if (text !== 'NaN' && text !== 'Infinity' && text !== '-Infinity') {
    throw new ValueProblem('no number', bytes, start, end)
  }
  return text
}

export function readFloat(bytes: Buffer, start: number, end: number): ColumnValue {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    const isPart =
      (byte >= zero && byte <= nine) ||
      byte === point ||
      byte === minus ||
      byte === 0x2b /* + */ ||
      byte === 0x65 /* e */
    if (!isPart) return Number(readNotFinite(bytes, start, end))
  }
  const number = Number(latin1(bytes, start, end))
  if (start === end || Number.isNaN(number)) throw new ValueProblem('no number', bytes, start, end)
  return number
}

export function readText(bytes: Buffer, start: number, end: number): ColumnValue {
  const text = (bytes as SlicedBuffer).utf8Slice(start, end)
  // What is no UTF-8 becomes U+FFFD, which a text may also hold by itself. Looking for it in a text of one-byte characters is free.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) {
    throw new ValueProblem('no UTF-8', bytes, start, end)
  }
  return text
}

/** Texts that are ASCII by their type. */
function readAscii(bytes: Buffer, start: number, end: number): string {
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte < 0x20 || byte > 0x7e) throw new ValueProblem('no text of its type', bytes, start, end)
  }
  return latin1(bytes, start, end)
}

const hexDigits = new Int8Array(256).fill(-1)
for (let digit = 0; digit < 16; digit++) {
  hexDigits[digit.toString(16).charCodeAt(0)] = digit
  hexDigits[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}

function readHex(bytes: Buffer, start: number, end: number): Uint8Array {
  const length = end - start
  if (length % 2 === 1) throw new ValueProblem('an odd number of hexadecimal digits', bytes, start, end)
  const out = new Uint8Array(length / 2)
  for (let at = start, i = 0; at < end; at += 2, i++) {
    const value = (hexDigits[bytes[at]!]! << 4) | hexDigits[bytes[at + 1]!]!
    if (value < 0) throw new ValueProblem('no hexadecimal text', bytes, start, end)
    out[i] = value
  }
  return out
}

/** `\x1234`: bytea_output is hex. */
export function readBytes(bytes: Buffer, start: number, end: number): ColumnValue {
  if (end - start < 2 || bytes[start] !== 0x5c || bytes[start + 1] !== 0x78) {
    throw new ValueProblem('no bytea in hexadecimal form', bytes, start, end)
  }
  return readHex(bytes, start + 2, end)
}

/** PostGIS' geometry and geography: their EWKB in hexadecimal digits. */
export function readGeometry(bytes: Buffer, start: number, end: number): ColumnValue {
  return readHex(bytes, start, end)
}

export function readBits(bytes: Buffer, start: number, end: number): ColumnValue {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== zero && bytes[at] !== zero + 1) throw new ValueProblem('no bits', bytes, start, end)
  }
  return latin1(bytes, start, end)
}

/** Dates, times and timestamps without a zone in the style ISO: taken as they are. */
export function readTime(bytes: Buffer, start: number, end: number): ColumnValue {
  const text = readAscii(bytes, start, end)
  const first = text.charCodeAt(0)
  if ((first >= zero && first <= nine) || text === 'infinity' || text === '-infinity') return text
  throw new ValueProblem('no date or time', bytes, start, end)
}

/** A timestamp with time zone of a session in UTC: `2024-01-02 03:04:05.6+00`, `0044-03-15 00:00:00+00 BC`, `infinity`. */
export function readInstant(bytes: Buffer, start: number, end: number): ColumnValue {
  if (end - start > 3 && bytes[end - 3] === 0x2b && bytes[end - 2] === zero && bytes[end - 1] === zero) {
    return readTime(bytes, start, end - 3)
  }
  const text = readAscii(bytes, start, end)
  if (text === 'infinity' || text === '-infinity') return text
  if (text.endsWith('+00 BC')) return `${text.slice(0, -6)} BC`
  throw new ValueProblem('no timestamp in UTC', bytes, start, end)
}

export function readUuid(bytes: Buffer, start: number, end: number): ColumnValue {
  const text = readAscii(bytes, start, end)
  if (text.length !== 36) throw new ValueProblem('no uuid', bytes, start, end)
  return text
}
