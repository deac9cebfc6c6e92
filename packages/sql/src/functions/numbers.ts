/**
 * Exact arithmetic of the interpreter. DECIMAL is a bigint scaled by 10^scale, BIGINT a bigint, the smaller integers and
 * the floating types are numbers. Rounding is to the nearest, halves away from zero; a result that does not fit its type
 * throws ValueOutOfRange. Clarity over speed: this is the definition that compiled code is held to.
 */
import type { SqlType } from '@millrace/values'
import { SqlRuntimeError } from './scalar-function.ts'
import { integerBounds, isIntegerKind, typeText } from './types.ts'

export function powerOfTen(exponent: number): bigint {
  return 10n ** BigInt(exponent)
}

/** a / b to the nearest integer, halves away from zero. b is not 0. */
export function divideRounded(a: bigint, b: bigint): bigint {
  const negative = a < 0n !== b < 0n
  const dividend = a < 0n ? -a : a
  const divisor = b < 0n ? -b : b
  const quotient = (dividend * 2n + divisor) / (divisor * 2n)
  return negative ? -quotient : quotient
}

/** Unscaled value at another scale, rounded when digits are lost. */
export function rescale(value: bigint, from: number, to: number): bigint {
  if (to === from) return value
  return to > from ? value * powerOfTen(to - from) : divideRounded(value, powerOfTen(from - to))
}

/** Unscaled value at another scale, with lost digits dropped toward zero. */
export function truncateScale(value: bigint, from: number, to: number): bigint {
  return to >= from ? rescale(value, from, to) : value / powerOfTen(from - to)
}

export function outOfRange(value: string, type: SqlType): SqlRuntimeError {
  return new SqlRuntimeError('ValueOutOfRange', `${value} does not fit ${typeText(type)}`)
}

/** Checks an exact result against its type and gives it the type's representation. */
export function exactResult(unscaled: bigint, type: SqlType): number | bigint {
  if (type.kind === 'DECIMAL') {
    const limit = powerOfTen(type.precision)
    if (unscaled >= limit || unscaled <= -limit) throw outOfRange(decimalText(unscaled, type.scale), type)
    return unscaled
  }
  if (!isIntegerKind(type.kind)) throw new Error(`not an exact type: ${typeText(type)}`)
  const { min, max } = integerBounds[type.kind]
  if (unscaled < min || unscaled > max) throw outOfRange(unscaled.toString(), type)
  return type.kind === 'BIGINT' ? unscaled : Number(unscaled)
}

/** Checks a floating result: infinities and NaN are no values. Negative zero becomes zero. */
export function floatResult(value: number, type: SqlType): number {
  const rounded = type.kind === 'REAL' ? Math.fround(value) : value
  if (!Number.isFinite(rounded)) throw outOfRange(String(value), type)
  return rounded + 0
}

export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString()
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** The double nearest to a decimal. */
export function decimalToNumber(unscaled: bigint, scale: number): number {
  return Number(decimalText(unscaled, scale))
}

export interface ExactNumber {
  readonly unscaled: bigint
  readonly scale: number
}

const numberForm = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/

/** Digits and exponents beyond this cannot give a value of any type; the limit keeps hostile text cheap. */
const numberTextMax = 400

/** A numeric literal as text: sign, digits, fraction, exponent. Undefined if it is not one. */
export function parseExact(text: string): ExactNumber | undefined {
  if (text.length > numberTextMax) return undefined
  const match = numberForm.exec(text)
  if (match === null) return undefined
  const [, sign, whole = '', fraction = '', exponentText = '0'] = match
  if (whole === '' && fraction === '') return undefined
  const exponent = Number(exponentText)
  if (Math.abs(exponent) > numberTextMax) return undefined
  const magnitude = BigInt(whole + fraction)
  const unscaled = sign === '-' ? -magnitude : magnitude
  const scale = fraction.length - exponent
  return scale >= 0 ? { unscaled, scale } : { unscaled: unscaled * powerOfTen(-scale), scale: 0 }
}

/** The decimal that a double shows: the shortest digits that read back as the same double. */
export function exactOfNumber(value: number): ExactNumber {
  const exact = parseExact(String(value))
  if (exact === undefined) throw new Error(`not a finite number: ${value}`)
  return exact
}
