/**
 * DynamoDB's numbers as decimal text: up to 38 significant digits, magnitudes from 1E-130 to 9.99...E+125, exact.
 *
 * Canonical text has one form for each value: plain notation, no sign on zero or on positive numbers, no zeros in front of
 * the integer part or behind the fraction ("0.5", "-12", "1000"). So equal numbers are equal texts, and order follows from
 * the characters. Texts of up to 15 digits are numbers of binary64 in disguise and take the fast ways.
 * Not here: keys as sortable bytes (the store's), and numbers of JavaScript (marshal.ts).
 */
import { invalidValue } from './request-error.ts'

const digitsMax = 38
const exponentMax = 125
const exponentMin = -130
/** Texts of this length hold so few digits that binary64 keeps them apart and in order. */
const shortText = 15

const canonicalInteger = /^(?:0|-?[1-9][0-9]{0,37})$/
const canonicalFraction = /^-?(?:0|[1-9][0-9]*)\.[0-9]*[1-9]$/
const anyNumber = /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/

const overflow = 'Number overflow. Attempting to store a number with magnitude larger than supported range'
const underflow = 'Number underflow. Attempting to store a number with magnitude smaller than supported range'

/** The canonical text of any way to write a number. Throws what DynamoDB says to one that it does not hold. */
export function canonicalNumber(text: string): string {
  if (isCanonical(text)) return text
  if (text === '') throw invalidValue('The parameter cannot be converted to a numeric value')
  const match = anyNumber.exec(text)
  const whole = match?.[2] ?? ''
  const fraction = match?.[3] ?? ''
  if (match === null || whole.length + fraction.length === 0) {
    throw invalidValue(`The parameter cannot be converted to a numeric value: ${text}`)
  }
  return numberOf(match[1] === '-', whole + fraction, whole.length + Number(match[4] ?? 0))
}

/** Whether the text is the one that canonicalNumber gives for it; some canonical texts of over 38 characters are missed. */
function isCanonical(text: string): boolean {
  return canonicalInteger.test(text) || (text.length <= digitsMax && canonicalFraction.test(text))
}

/** The number 0.DIGITS * 10^point, checked. */
function numberOf(isNegative: boolean, digits: string, point: number): string {
  let start = 0
  while (start < digits.length && digits.charCodeAt(start) === 0x30) start++
  if (start === digits.length) return '0'
  let end = digits.length
  while (digits.charCodeAt(end - 1) === 0x30) end--
  const exponent = point - start - 1
  if (exponent > exponentMax) throw invalidValue(overflow)
  if (exponent < exponentMin) throw invalidValue(underflow)
  if (end - start > digitsMax) {
    throw invalidValue('Attempting to store more than 38 significant digits in a Number')
  }
  return plainText(isNegative, digits.slice(start, end), exponent)
}

function plainText(isNegative: boolean, digits: string, exponent: number): string {
  const sign = isNegative ? '-' : ''
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  const whole = exponent + 1
  if (digits.length <= whole) return sign + digits + '0'.repeat(whole - digits.length)
  return `${sign}${digits.slice(0, whole)}.${digits.slice(whole)}`
}

/** Order of two canonical numbers: negative, zero or positive. */
export function compareNumbers(a: string, b: string): number {
  if (a === b) return 0
  if (a.length <= shortText && b.length <= shortText) return Number(a) - Number(b)
  const isNegative = a.charCodeAt(0) === 0x2d
  if (isNegative !== (b.charCodeAt(0) === 0x2d)) return isNegative ? -1 : 1
  return isNegative ? compareMagnitudes(b, a, 1) : compareMagnitudes(a, b, 0)
}

/** More integer digits mean more; of equally many, the characters decide, since the point stands at one place in both. */
function compareMagnitudes(a: string, b: string, start: number): number {
  const wholeA = wholeEnd(a)
  const wholeB = wholeEnd(b)
  if (wholeA !== wholeB) return wholeA - wholeB
  const end = Math.min(a.length, b.length)
  for (let i = start; i < end; i++) {
    const difference = a.charCodeAt(i) - b.charCodeAt(i)
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

function wholeEnd(text: string): number {
  const point = text.indexOf('.')
  return point < 0 ? text.length : point
}

export function addNumbers(a: string, b: string): string {
  if (a.length <= shortText && b.length <= shortText && isWhole(a) && isWhole(b)) {
    return String(Number(a) + Number(b))
  }
  return sum(a, b, 1n)
}

export function subtractNumbers(a: string, b: string): string {
  if (a.length <= shortText && b.length <= shortText && isWhole(a) && isWhole(b)) {
    return String(Number(a) - Number(b))
  }
  return sum(a, b, -1n)
}

function isWhole(text: string): boolean {
  return text.indexOf('.') < 0
}

/**
 * Exact, or an error: a sum is never rounded. One of more than 38 digits (1E50 + 1) is an overflow in the service's words,
 * although its magnitude is in range.
 */
function sum(a: string, b: string, sign: 1n | -1n): string {
  const scale = Math.max(fractionDigits(a), fractionDigits(b))
  const total = scaled(a, scale) + sign * scaled(b, scale)
  const digits = (total < 0n ? -total : total).toString()
  const significant = digits.replace(/0+$/, '')
  if (significant.length > digitsMax) throw invalidValue(overflow)
  return numberOf(total < 0n, digits, digits.length - scale)
}

function fractionDigits(text: string): number {
  const point = text.indexOf('.')
  return point < 0 ? 0 : text.length - point - 1
}

function scaled(text: string, scale: number): bigint {
  return BigInt(text.replace('.', '') + '0'.repeat(scale - fractionDigits(text)))
}

/** Bytes that the service counts: two digits to a byte, aligned at the decimal point, one for the exponent, one for a minus. */
export function numberSize(text: string): number {
  if (text === '0') return 1
  const start = text.charCodeAt(0) === 0x2d ? 1 : 0
  const point = wholeEnd(text)
  let first = -1
  let last = -1
  for (let i = start; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code <= 0x30) continue
    if (first < 0) first = i
    last = i
  }
  const digits = last - first + 1 - (first < point && last > point ? 1 : 0)
  const exponent = first < point ? point - first - 1 : point - first
  const isSplit = digits % 2 === 0 && exponent % 2 === 0
  return 1 + Math.ceil(digits / 2) + (isSplit ? 1 : 0) + start
}
