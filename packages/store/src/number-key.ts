/**
 * Order-preserving bytes for decimal numbers of up to 38 significant digits: comparing the bytes compares the values.
 *
 * A number other than zero is +-0.d1 d2 d3 ... x 10^e with d1 > 0 and no trailing zeros. Its bytes:
 *   sign      0x20 negative, 0x40 zero, 0x60 positive
 *   exponent  e + 32768, u16 big-endian
 *   digits    two to a byte as (10 * d1 + d2) + 1, the last padded with a zero digit: bytes 1 to 100
 *   end       0x00, below every digit byte, so that a number sorts before one that continues it
 * Negative numbers have every byte after the sign inverted, which turns the order round. Zero is the sign byte alone.
 * Worked example: 1200 = 0.12 x 10^4 -> 60 80 04 0d 00.
 *
 * Safe integers take a path without strings. A number that is not an integer stands for the shortest decimal that reads
 * back as it (what `String` prints), so 0.1 is one tenth. Cost: O(digits), no allocation for safe integers.
 */
import { StoreError } from './errors.ts'

const NEGATIVE = 0x20
const ZERO = 0x40
const POSITIVE = 0x60
const EXPONENT_BIAS = 32_768
const DIGITS_MAX = 38
/** sign, exponent, 19 pairs, end. */
export const NUMBER_KEY_BYTES_MAX = 1 + 2 + DIGITS_MAX / 2 + 1

const scratchDigits = new Uint8Array(40)

/** Writes the number at `at`; the target has room for NUMBER_KEY_BYTES_MAX. Returns the end. */
export function writeNumberKey(target: Uint8Array, at: number, value: number | bigint | string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return writeSafeInteger(target, at, value)
  return writeDecimalText(target, at, typeof value === 'string' ? value.trim() : String(value))
}

/**
 * Reads a number written at `at`. Gives a number where that is exact, a bigint for larger integers and decimal text for
 * what neither can hold. Returns the end as well.
 */
export function readNumberKey(
  source: Uint8Array,
  at: number,
): { value: number | bigint | string; end: number } {
  const sign = source[at]!
  if (sign === ZERO) return { value: 0, end: at + 1 }
  const flip = sign === NEGATIVE ? 0xff : 0
  const exponent = (((source[at + 1]! ^ flip) << 8) | (source[at + 2]! ^ flip)) - EXPONENT_BIAS
  let digits = ''
  let i = at + 3
  for (; (source[i]! ^ flip) !== 0; i++) {
    const pair = (source[i]! ^ flip) - 1
    digits += pair < 10 ? `0${pair}` : String(pair)
  }
  if (digits.endsWith('0')) digits = digits.slice(0, -1)
  return { value: decimalValue(sign === NEGATIVE, digits, exponent), end: i + 1 }
}

function writeSafeInteger(target: Uint8Array, at: number, value: number): number {
  if (value === 0) {
    target[at] = ZERO
    return at + 1
  }
  let rest = value < 0 ? -value : value
  let length = 0
  // Digits from the last to the first; 16 at most.
  for (; rest > 0; length++) {
    const next = Math.floor(rest / 10)
    scratchDigits[15 - length] = rest - next * 10
    rest = next
  }
  return writeDigits(target, at, value < 0, length, scratchDigits, 16 - length, 16)
}

function writeDecimalText(target: Uint8Array, at: number, text: string): number {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/.exec(text)
  const whole = match?.[2] ?? ''
  const fraction = match?.[3] ?? ''
  if (match === null || whole.length + fraction.length === 0) {
    throw numberInvalid(text, 'is not a decimal number')
  }
  const all = whole + fraction
  let from = 0
  while (from < all.length && all[from] === '0') from++
  let to = all.length
  while (to > from && all[to - 1] === '0') to--
  if (from === to) {
    target[at] = ZERO
    return at + 1
  }
  if (to - from > DIGITS_MAX) throw numberInvalid(text, `has ${to - from} significant digits`)
  const exponent = whole.length - from + Number(match[4] ?? 0)
  if (exponent < -EXPONENT_BIAS || exponent >= EXPONENT_BIAS)
    throw numberInvalid(text, 'has too large an exponent')
  for (let i = from; i < to; i++) scratchDigits[i - from] = all.charCodeAt(i) - 48
  return writeDigits(target, at, match[1] === '-', exponent, scratchDigits, 0, to - from)
}

function writeDigits(
  target: Uint8Array,
  at: number,
  negative: boolean,
  exponent: number,
  digits: Uint8Array,
  from: number,
  end: number,
): number {
  let to = end
  while (digits[to - 1] === 0) to--
  const flip = negative ? 0xff : 0
  const biased = exponent + EXPONENT_BIAS
  target[at++] = negative ? NEGATIVE : POSITIVE
  target[at++] = (biased >>> 8) ^ flip
  target[at++] = (biased & 0xff) ^ flip
  for (let i = from; i < to; i += 2) {
    const second = i + 1 < to ? digits[i + 1]! : 0
    target[at++] = (digits[i]! * 10 + second + 1) ^ flip
  }
  target[at++] = flip
  return at
}

function decimalValue(negative: boolean, digits: string, exponent: number): number | bigint | string {
  const sign = negative ? '-' : ''
  if (exponent >= digits.length && exponent <= DIGITS_MAX + 1) {
    const text = sign + digits + '0'.repeat(exponent - digits.length)
    const value = Number(text)
    return Number.isSafeInteger(value) ? value : BigInt(text)
  }
  const value = Number(`${sign}0.${digits}e${exponent}`)
  // A float64 stands for its shortest decimal; if that is this decimal, the number is exact in the sense of the writer.
  const bytes = new Uint8Array(NUMBER_KEY_BYTES_MAX)
  if (Number.isFinite(value) && value !== 0) {
    writeNumberKey(bytes, 0, value)
    const check = new Uint8Array(NUMBER_KEY_BYTES_MAX)
    writeDecimalText(check, 0, `${sign}0.${digits}e${exponent}`)
    if (bytes.every((byte, i) => byte === check[i])) return value
  }
  return `${sign}0.${digits}e${exponent}`
}

function numberInvalid(text: string, why: string): StoreError {
  return new StoreError(
    'STORE_KEY_INVALID',
    `number key ${JSON.stringify(text.slice(0, 80))} ${why}: allowed are finite decimals of up to ${DIGITS_MAX} significant digits. ` +
      'Use a string key for other values.',
  )
}
