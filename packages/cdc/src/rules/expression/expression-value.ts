/**
 * Values inside of expressions, as SQLite has them: null, integers, numbers, texts, bytes; here integers are exact of any size,
 * and decimals exact too, where SQLite has binary floats only. Booleans are 1 and 0.
 */
import type { ColumnValue } from '../../model/column-value.ts'
import { compareDecimals, type Decimal, decimalText, parseDecimalText } from '../../model/decimal-text.ts'
import type { ColumnType } from '../../model/table-schema.ts'
import { floatText, valueText } from '../../model/value-text.ts'
import { compareTexts } from '../compare-value.ts'

/** Numbers with a `unscaled` are exact, plain ones are binary floats of such columns. */
export type ExpressionValue = null | Decimal | number | string | Uint8Array

export const one: Decimal = { unscaled: 1n, scale: 0 }
export const zero: Decimal = { unscaled: 0n, scale: 0 }

export function isDecimal(value: ExpressionValue): value is Decimal {
  return typeof value === 'object' && value !== null && 'unscaled' in value
}

export function fromColumn(value: Exclude<ColumnValue, undefined>, type: ColumnType): ExpressionValue {
  if (value === null || value instanceof Uint8Array) return value
  if (typeof value === 'boolean') return value ? one : zero
  if (typeof value === 'bigint') return { unscaled: value, scale: 0 }
  if (typeof value === 'number') return type.kind === 'float' ? value : { unscaled: BigInt(value), scale: 0 }
  if (type.kind === 'decimal' && typeof value === 'string') return parseDecimalText(value) ?? value
  if (type.kind === 'bits' && typeof value === 'string')
    return { unscaled: BigInt(`0b${value || '0'}`), scale: 0 }
  return valueText(value, type)
}

export function textOf(value: Exclude<ExpressionValue, null>): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return floatText(value, 64)
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : decimalText(value)
}

/** A text is the number that it begins with, else 0; as SQLite's arithmetic takes it. */
export function numberOf(value: Exclude<ExpressionValue, null>): Decimal | number {
  if (typeof value === 'number' || isDecimal(value)) return value
  const match = /^\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?/i.exec(textOf(value))
  return (match && parseDecimalText(match[0])) || zero
}

export function isTrue(value: Exclude<ExpressionValue, null>): boolean {
  const number = numberOf(value)
  return typeof number === 'number' ? number !== 0 && !Number.isNaN(number) : number.unscaled !== 0n
}

/** Order of SQLite: numbers before texts before bytes. */
export function compareValues(a: Exclude<ExpressionValue, null>, b: Exclude<ExpressionValue, null>): number {
  const rank = (value: ExpressionValue) =>
    typeof value === 'string' ? 1 : value instanceof Uint8Array ? 2 : 0
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  if (isDecimal(a) && isDecimal(b)) return compareDecimals(a, b)
  const left = floatOf(a)
  const right = floatOf(b)
  return left < right ? -1 : left > right ? 1 : 0
}

export function floatOf(value: Exclude<ExpressionValue, null>): number {
  return typeof value === 'number' ? value : isDecimal(value) ? Number(decimalText(value)) : 0
}

/** What kind of column an expression's value is, for its conversion to the rule's data type. */
export function toColumn(value: ExpressionValue): { readonly value: ColumnValue; readonly type: ColumnType } {
  if (value === null || typeof value === 'string') return { value, type: textType }
  if (typeof value === 'number') return { value, type: floatType }
  if (value instanceof Uint8Array) return { value, type: bytesType }
  return { value: decimalText(value), type: decimalType }
}

const textType: ColumnType = { kind: 'text', native: 'text' }
const floatType: ColumnType = { kind: 'float', native: 'real', bits: 64 }
const bytesType: ColumnType = { kind: 'bytes', native: 'blob' }
const decimalType: ColumnType = { kind: 'decimal', native: 'numeric' }
