/**
 * Rows of the changelog engine. A row is an array of values, made once and never changed, so operators may keep and share it.
 *
 * Values are those of SqlValue (../plan.ts) with one difference that the hot path lives on: BIGINT and DECIMAL (unscaled) are
 * a number while it is a safe integer and a bigint beyond it ("narrow" form; every value has one form only, so === decides
 * equality, and < and > work across both). Functions of ../functions see bigint: `widen` before the call, `narrow` after.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../plan.ts'

export type Row = readonly SqlValue[]

/** +I, -U, +U, -D, in the order of Flink's RowKind. Odd kinds take a row away. */
export const rowKind = { insert: 0, updateBefore: 1, updateAfter: 2, delete: 3 } as const
export type RowKind = (typeof rowKind)[keyof typeof rowKind]

export function isRetraction(kind: RowKind): boolean {
  return (kind & 1) === 1
}

export const rowKindText = ['+I', '-U', '+U', '-D'] as const

export function narrow(value: SqlValue): SqlValue {
  if (typeof value !== 'bigint') return value
  const near = Number(value)
  return Number.isSafeInteger(near) ? near : value
}

export function widen(value: SqlValue, type: SqlType): SqlValue {
  return typeof value === 'number' && (type.kind === 'BIGINT' || type.kind === 'DECIMAL')
    ? BigInt(value)
    : value
}
