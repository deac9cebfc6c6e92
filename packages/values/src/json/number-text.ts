/**
 * Numbers and times as ASCII digits in a byte array: each function writes at `at` and returns the offset after what it
 * wrote. The array has room. No strings are made but for binary floats and values out of the usual range.
 */
import { powersOfTen } from '../decimal.ts'
import { civilFromDays, dateMax, dateMin, dayMs, formatDate } from '../time.ts'

/** Two digits of 0..99 at [2n, 2n + 1]. */
const pairs = Uint8Array.from(
  { length: 200 },
  (_, i) => 48 + (i % 2 === 0 ? Math.floor(i / 20) : (i >> 1) % 10),
)

/** An integer of at most 53 bits. */
export function writeInteger(value: number, o: Uint8Array, at: number): number {
  let p = at
  let rest = value
  if (rest < 0) {
    o[p++] = 45
    rest = -rest
  }
  if (rest < 10) {
    o[p] = 48 + rest
    return p + 1
  }
  if (rest > 999_999_999) {
    // The high digits first, then nine with their zeros.
    const high = Math.floor(rest / 1e9)
    p = writeInteger(high, o, p)
    writePadded(rest - high * 1e9, 9, o, p)
    return p + 9
  }
  const size =
    rest < 100
      ? 2
      : rest < 1e3
        ? 3
        : rest < 1e4
          ? 4
          : rest < 1e5
            ? 5
            : rest < 1e6
              ? 6
              : rest < 1e7
                ? 7
                : rest < 1e8
                  ? 8
                  : 9
  writePadded(rest, size, o, p)
  return p + size
}

/** Exactly `size` digits of an integer below 2^31. */
function writePadded(value: number, size: number, o: Uint8Array, at: number): void {
  let rest = value | 0
  let p = at + size
  while (p - at >= 2) {
    const quotient = (rest / 100) | 0
    const pair = (rest - quotient * 100) * 2
    o[--p] = pairs[pair + 1]!
    o[--p] = pairs[pair]!
    rest = quotient
  }
  if (p > at) o[at] = 48 + rest
}

/** An unscaled decimal of at most 53 bits, with all digits of its scale. */
export function writeDecimal(value: number, scale: number, o: Uint8Array, at: number): number {
  if (scale === 0) return writeInteger(value, o, at)
  let p = at
  let rest = value
  if (rest < 0) {
    o[p++] = 45
    rest = -rest
  }
  if (scale > 22) {
    o[p++] = 48
    o[p++] = 46
    return writeFraction(rest, scale, o, p)
  }
  const one = powersOfTen[scale]!
  let whole = Math.floor(rest / one)
  // The quotient was rounded: just below an integer it may have become that integer.
  if (whole * one > rest) whole--
  p = writeInteger(whole, o, p)
  o[p++] = 46
  return writeFraction(rest - whole * one, scale, o, p)
}

/** Exactly `size` digits of an integer of at most 53 bits. */
function writeFraction(value: number, size: number, o: Uint8Array, at: number): number {
  if (size <= 9) writePadded(value, size, o, at)
  else {
    let rest = value
    for (let p = at + size - 1; p >= at; p--) {
      const quotient = Math.floor(rest / 10)
      o[p] = 48 + (rest - quotient * 10)
      rest = quotient
    }
  }
  return at + size
}

/** A binary float in JavaScript's shortest form; null for NaN and infinities. */
export function writeNumberText(value: number, o: Uint8Array, at: number): number {
  if (Number.isInteger(value) && value <= Number.MAX_SAFE_INTEGER && value >= -Number.MAX_SAFE_INTEGER) {
    return writeInteger(value, o, at)
  }
  return writeAscii(Number.isFinite(value) ? String(value) : 'null', o, at)
}

/** `"yyyy-MM-dd HH:mm:ss.SSS"` with quotes. */
export function writeTimestamp(value: number, o: Uint8Array, at: number): number {
  const ms = Math.floor(value)
  const days = Math.floor(ms / dayMs)
  o[at] = 34
  let p = writeDay(days, o, at + 1)
  o[p++] = 32
  p = writeClock(ms - days * dayMs, o, p)
  o[p] = 34
  return p + 1
}

/** `"yyyy-MM-dd"` with quotes. */
export function writeDate(days: number, o: Uint8Array, at: number): number {
  o[at] = 34
  const p = writeDay(days, o, at + 1)
  o[p] = 34
  return p + 1
}

/** `"HH:mm:ss.SSS"` with quotes. */
export function writeTime(ms: number, o: Uint8Array, at: number): number {
  o[at] = 34
  const p = writeClock(Math.floor(ms), o, at + 1)
  o[p] = 34
  return p + 1
}

// Rows of one time share their day: its ten bytes are kept.
let keptDay = Number.NaN
const keptBytes = new Uint8Array(10)

function writeDay(days: number, o: Uint8Array, at: number): number {
  if (!(days >= dateMin && days <= dateMax)) return writeAscii(formatDate(days), o, at)
  if (days !== keptDay) {
    const { year, month, day } = civilFromDays(days)
    writePadded(year, 4, keptBytes, 0)
    keptBytes[4] = keptBytes[7] = 45
    writePadded(month, 2, keptBytes, 5)
    writePadded(day, 2, keptBytes, 8)
    keptDay = days
  }
  for (let i = 0; i < 10; i++) o[at + i] = keptBytes[i]!
  return at + 10
}

function writeClock(ms: number, o: Uint8Array, at: number): number {
  const seconds = (ms / 1000) | 0
  const minutes = (seconds / 60) | 0
  const hours = (minutes / 60) | 0
  const hour = hours * 2
  const minute = (minutes - hours * 60) * 2
  const second = (seconds - minutes * 60) * 2
  o[at] = pairs[hour]!
  o[at + 1] = pairs[hour + 1]!
  o[at + 2] = 58
  o[at + 3] = pairs[minute]!
  o[at + 4] = pairs[minute + 1]!
  o[at + 5] = 58
  o[at + 6] = pairs[second]!
  o[at + 7] = pairs[second + 1]!
  o[at + 8] = 46
  writePadded(ms - seconds * 1000, 3, o, at + 9)
  return at + 12
}

function writeAscii(text: string, o: Uint8Array, at: number): number {
  for (let i = 0; i < text.length; i++) o[at + i] = text.charCodeAt(i)
  return at + text.length
}
