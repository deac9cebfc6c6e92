/**
 * Times as microseconds since 1970, from texts and numbers of JSON. A microsecond count passes 2^53 in the year 2255, so a reader
 * returns a number while it is exact, and NaN with `wideMicros()` set beyond; NaN without it: it is no time.
 * Digits of a second beyond six are dropped, toward the past.
 */
import { dateMax, dateMin, dayMs, parseDecimalBytes, parseTimestampBytes } from '@millrace/values'

/** A whole number of at least this many is milliseconds, below it is seconds: 3 March 1973 in ms, the year 5138 in s. */
export const epochMsFrom = 1e11

const msMin = dateMin * dayMs
const msMax = dateMax * dayMs + dayMs - 1
/** |ms| below which microseconds are exact as a number. */
const narrowMs = 9_007_199_254_740

let wide: bigint | null = null

/** Of the last reader that returned NaN. */
export function wideMicros(): bigint | null {
  return wide
}

/** Milliseconds and the microseconds of the last one. */
export function joinMicros(ms: number, micros: number): number {
  wide = null
  if (!(ms >= msMin && ms <= msMax)) return Number.NaN
  if (ms > -narrowMs && ms < narrowMs) return ms * 1000 + micros
  wide = BigInt(ms) * 1000n + BigInt(micros)
  return Number.NaN
}

/** `yyyy-[M]M-[d]d`, then 'T' or a space and `HH:mm:ss[.fraction]`, then 'Z', an offset or nothing (UTC). */
export function microsOfText(b: Uint8Array, start: number, end: number): number {
  const ms = parseTimestampBytes(b, start, end)
  if (!Number.isNaN(ms)) return joinMicros(ms, microsOfFraction(b, start + 19, end))
  const padded = padDate(b, start, end)
  if (padded === undefined) {
    wide = null
    return Number.NaN
  }
  return joinMicros(
    parseTimestampBytes(padded, 0, padded.length),
    microsOfFraction(padded, 19, padded.length),
  )
}

/** The text of a number: seconds since 1970, with a fraction, or milliseconds. */
export function microsOfNumber(b: Uint8Array, start: number, end: number): number {
  wide = null
  const digits = end - start
  if (digits <= 14) {
    let value = 0
    const from = b[start] === 45 ? start + 1 : start
    let p = from
    for (; p < end; p++) {
      const digit = b[p]! - 48
      if (digit < 0 || digit > 9) break
      value = value * 10 + digit
    }
    if (p === end && p > from) {
      const whole = b[start] === 45 ? -value : value
      return joinMicros(Math.abs(whole) < epochMsFrom ? whole * 1000 : whole, 0)
    }
  }
  const nanos = parseDecimalBytes(b, start, end, 9, false)
  if (typeof nanos === 'string') return Number.NaN
  const big = BigInt(nanos)
  const size = big < 0n ? -big : big
  // Digits that stand for seconds are scaled by 10^9, those for milliseconds by 10^12 over the same unit.
  const inMicros = floorDivide(big, size < BigInt(epochMsFrom) * 1_000_000_000n ? 1000n : 1_000_000n)
  const ms = floorDivide(inMicros, 1000n)
  return joinMicros(Number(ms), Number(inMicros - ms * 1000n))
}

/** Digits 4 to 6 of a fraction that begins with '.' at `at`. */
function microsOfFraction(b: Uint8Array, at: number, end: number): number {
  if (at + 4 >= end || b[at] !== 46) return 0
  let micros = 0
  let i = at + 4
  for (let factor = 100; factor >= 1 && i < end; factor /= 10, i++) {
    const digit = b[i]! - 48
    // A fraction of fewer digits; the three before are digits, or it would not have been a time.
    if (digit < 0 || digit > 9 || b[i - 1]! < 48 || b[i - 1]! > 57) break
    micros += digit * factor
  }
  return isDigits(b, at + 1, Math.min(at + 4, end)) ? micros : 0
}

function isDigits(b: Uint8Array, start: number, end: number): boolean {
  for (let p = start; p < end; p++) if (b[p]! < 48 || b[p]! > 57) return false
  return true
}

/** `2026-1-2 ...` as `2026-01-02 ...`; undefined if it has not that form. */
export function padDate(b: Uint8Array, start: number, end: number): Uint8Array | undefined {
  if (end - start > 64) return undefined
  const text = Buffer.from(b.buffer, b.byteOffset + start, end - start).toString('latin1')
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})((?:[T ].*)?)$/.exec(text)
  if (match === null) return undefined
  const [, year = '', month = '', day = '', rest = ''] = match
  return Buffer.from(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}${rest}`, 'latin1')
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a < 0n && quotient * b !== a ? quotient - 1n : quotient
}
