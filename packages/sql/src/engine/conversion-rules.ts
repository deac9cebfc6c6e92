/** Which conversions leave a column as it is, so that the column itself can be passed on. */
import type { SqlType } from '@millrace/values'
import { isIdentityCast } from '../functions/index.ts'
import { integerBounds, isIntegerKind } from '../functions/types.ts'

/** Whether every column value of `from` stands for the same value in a column of `to`. */
export function isWidening(from: SqlType, to: SqlType): boolean {
  if (isIdentityCast(from, to)) return true
  if (isIntegerKind(from.kind) && isIntegerKind(to.kind))
    return integerBounds[from.kind].max <= integerBounds[to.kind].max
  if (isIntegerKind(from.kind) && from.kind !== 'BIGINT' && to.kind === 'DOUBLE') return true
  if (from.kind === 'REAL' && to.kind === 'DOUBLE') return true
  return from.kind === 'CHAR' && to.kind === 'VARCHAR' && from.length <= to.length
}

/** Text conversions that keep the bytes and only check the length. */
export function isCheckedText(from: SqlType, to: SqlType): boolean {
  return (from.kind === 'VARCHAR' || from.kind === 'CHAR') && to.kind === 'VARCHAR'
}
