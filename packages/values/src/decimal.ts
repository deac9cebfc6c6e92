/**
 * Exact decimals: an integer scaled by 10^scale, as a number while it fits in 53 bits and as a bigint beyond. One form
 * for each value: |x| <= 2^53 - 1 is always a number, so two equal decimals of one scale are `===`.
 *
 * Number texts are read once into sign, digits and exponent, never through binary fractions, so no digit is lost.
 * Cost: number texts up to 15 digits are read without allocation.
 */
export type Scaled = number | bigint

/** Why a text gives no decimal of the wanted scale. */
export type DecimalFailure = 'malformed' | 'inexact' | 'out of range'

/** 10^k for k in 0..22: exactly the powers of ten that binary64 holds. */
export const powersOfTen: readonly number[] = Array.from({ length: 23 }, (_, k) => Number(`1e${k}`))

// More digits than any SQL type holds: exponents beyond are refused before a bigint of that size is built.
const digitsMax = 76

/** The canonical form of an integer. */
export function narrow(value: bigint): Scaled {
  return value <= 9007199254740991n && value >= -9007199254740991n ? Number(value) : value
}

/** Largest unscaled value of a precision, as number or bigint. */
export function decimalLimit(precision: number): Scaled {
  return narrow(10n ** BigInt(precision) - 1n)
}

export function fitsPrecision(value: Scaled, precision: number): boolean {
  if (typeof value === 'number' && precision <= 15) {
    const limit = powersOfTen[precision]!
    return value < limit && value > -limit
  }
  const limit = 10n ** BigInt(precision)
  return value < limit && value > -limit
}

/** Changes the scale; dropping digits rounds half away from zero (SQL's HALF_UP). */
export function rescale(value: Scaled, fromScale: number, toScale: number): Scaled {
  if (toScale === fromScale) return value
  if (toScale > fromScale) {
    const shift = toScale - fromScale
    if (typeof value === 'number' && shift <= 22) {
      const scaled = value * powersOfTen[shift]!
      if (Math.abs(scaled) <= Number.MAX_SAFE_INTEGER) return scaled
    }
    return narrow(BigInt(value) * 10n ** BigInt(shift))
  }
  return divideHalfUp(BigInt(value), 10n ** BigInt(fromScale - toScale))
}

export function divideHalfUp(dividend: bigint, divisor: bigint): Scaled {
  const negative = dividend < 0n !== divisor < 0n
  const a = dividend < 0n ? -dividend : dividend
  const b = divisor < 0n ? -divisor : divisor
  const rounded = (2n * a + b) / (2n * b)
  return narrow(negative ? -rounded : rounded)
}

/** The value with all its scale digits: formatDecimal(-1250, 2) is '-12.50'. */
export function formatDecimal(value: Scaled, scale: number): string {
  if (scale === 0) return String(value)
  const negative = value < 0
  const digits = (negative ? String(value).slice(1) : String(value)).padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${negative ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

/**
 * Reads a number text (sign, digits, fraction, exponent) as a decimal of `scale`. With `exact`, digits beyond the scale
 * must be zero; otherwise they are rounded half up. Precision is the caller's to check (`fitsPrecision`).
 */
export function parseDecimal(text: string, scale: number, exact = false): Scaled | DecimalFailure {
  const bytes = Buffer.from(text, 'utf8')
  return parseDecimalBytes(bytes, 0, bytes.length, scale, exact)
}

export function parseDecimalBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  scale: number,
  exact: boolean,
): Scaled | DecimalFailure {
  let at = start
  let negative = false
  let c = at < end ? bytes[at]! : 0
  if (c === 45 || c === 43) {
    negative = c === 45
    at++
  }
  // The digits without the point, as a number while there are at most 15 that count; `fraction` of them follow the point.
  let mantissa = 0
  let counted = 0
  let digits = 0
  let fraction = 0
  let inFraction = false
  const digitsStart = at
  for (; at < end; at++) {
    c = bytes[at]!
    if (c >= 48 && c <= 57) {
      digits++
      if (inFraction) fraction++
      if (counted > 0 || c !== 48) counted++
      mantissa = mantissa * 10 + (c - 48)
    } else if (c === 46 && !inFraction) inFraction = true
    else break
  }
  if (digits === 0) return 'malformed'
  const digitsEnd = at
  let exponent = 0
  if (at < end) {
    if ((bytes[at]! | 32) !== 101) return 'malformed'
    at++
    let down = false
    c = at < end ? bytes[at]! : 0
    if (c === 45 || c === 43) {
      down = c === 45
      at++
    }
    if (at >= end) return 'malformed'
    for (; at < end; at++) {
      c = bytes[at]!
      if (c < 48 || c > 57) return 'malformed'
      if (exponent < 1e6) exponent = exponent * 10 + (c - 48)
    }
    if (down) exponent = -exponent
  }
  if (counted === 0) return 0
  const shift = scale + exponent - fraction
  if (counted <= 15) {
    if (shift === 0) return negative ? -mantissa : mantissa
    if (shift > 0 && shift + counted <= 15) {
      const value = mantissa * powersOfTen[shift]!
      return negative ? -value : value
    }
    if (shift < 0 && shift >= -15) {
      const divisor = powersOfTen[-shift]!
      const rest = mantissa % divisor
      if (rest !== 0 && exact) return 'inexact'
      const whole = (mantissa - rest) / divisor + (rest * 2 >= divisor ? 1 : 0)
      return negative && whole !== 0 ? -whole : whole
    }
  }
  return parseLong(bytes, digitsStart, digitsEnd, shift, counted, negative, exact)
}

/** The rare part: more than 15 digits, or an exponent that moves the point far. */
function parseLong(
  bytes: Uint8Array,
  start: number,
  end: number,
  shift: number,
  counted: number,
  negative: boolean,
  exact: boolean,
): Scaled | DecimalFailure {
  if (shift + counted > digitsMax) return 'out of range'
  if (shift + counted < 0) return exact ? 'inexact' : 0
  let text = ''
  for (let at = start; at < end; at++) if (bytes[at] !== 46) text += String.fromCharCode(bytes[at]!)
  const magnitude = BigInt(text)
  if (shift >= 0) return narrow((negative ? -magnitude : magnitude) * 10n ** BigInt(shift))
  const divisor = 10n ** BigInt(-shift)
  if (exact && magnitude % divisor !== 0n) return 'inexact'
  return divideHalfUp(negative ? -magnitude : magnitude, divisor)
}

/**
 * The binary64 nearest to a number text of JSON's grammar, from bytes; NaN if the text is no number. Up to 15 digits
 * with a small exponent need one exact operation, which rounds once and therefore rightly.
 */
export function parseDoubleBytes(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  const negative = bytes[at] === 45
  if (negative) at++
  let mantissa = 0
  let digits = 0
  let fraction = 0
  let seenPoint = false
  for (; at < end; at++) {
    const c = bytes[at]!
    if (c >= 48 && c <= 57) {
      mantissa = mantissa * 10 + (c - 48)
      digits++
      if (seenPoint) fraction++
    } else if (c === 46 && !seenPoint) seenPoint = true
    else break
  }
  if (at === end && digits > 0 && digits <= 15) {
    const value = fraction === 0 ? mantissa : mantissa / powersOfTen[fraction]!
    return negative ? -value : value
  }
  let text = ''
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]!)
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : Number.NaN
}
