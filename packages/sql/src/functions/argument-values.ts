/**
 * Access to argument values by representation. The binder guarantees the types, so another representation is a fault of
 * ours and stops at once.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../plan.ts'
import { decimalToNumber } from './numbers.ts'
import { scaleOf } from './types.ts'

export function textOf(value: SqlValue | undefined): string {
  if (typeof value !== 'string') throw wrong('text', value)
  return value
}

export function booleanOf(value: SqlValue | undefined): boolean {
  if (typeof value !== 'boolean') throw wrong('a boolean', value)
  return value
}

/** The number of an INTEGER-like, floating, temporal or interval value. */
export function numberOf(value: SqlValue | undefined): number {
  if (typeof value !== 'number') throw wrong('a number', value)
  return value
}

/** The unscaled integer of any exact numeric value. */
export function unscaledOf(value: SqlValue | undefined): bigint {
  if (typeof value === 'bigint') return value
  if (typeof value === 'number') return BigInt(value)
  throw wrong('an exact number', value)
}

/** Any numeric value as a double. A DECIMAL taken out of a nested value may be held as a number. */
export function doubleOf(value: SqlValue | undefined, type: SqlType): number {
  if (typeof value === 'number' && type.kind === 'DECIMAL') return decimalToNumber(BigInt(value), type.scale)
  return typeof value === 'bigint' ? decimalToNumber(value, scaleOf(type)) : numberOf(value)
}

/** A small integer argument such as a position; beyond 53 bits it saturates, which no text is long enough to notice. */
export function countOf(value: SqlValue | undefined): number {
  return typeof value === 'bigint' ? Number(value) : numberOf(value)
}

function wrong(wanted: string, value: SqlValue | undefined): Error {
  return new Error(`function table: ${wanted} expected, got ${typeof value} ${String(value)}`)
}
