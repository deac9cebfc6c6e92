/** Rows of a result in the order of a column; without a column as they came. */
import type { CellValue } from '../../../../../src/protocol/notebook.ts'
import type { ResultRow } from './row-set.ts'

/** Numbers as numbers, also those that come as texts, if the column is one; NULL is last in either direction. */
export function sortRows(
  rows: readonly ResultRow[],
  column: number,
  { isNumber, descending }: { readonly isNumber: boolean; readonly descending: boolean },
): readonly ResultRow[] {
  if (column < 0) return rows
  const sign = descending ? -1 : 1
  return rows.toSorted((a, b) => {
    const [left, right] = [a.values[column] ?? null, b.values[column] ?? null]
    if (left === null || right === null) return left === right ? a.id - b.id : left === null ? 1 : -1
    return sign * compare(left, right, isNumber) || a.id - b.id
  })
}

function compare(a: NonNullable<CellValue>, b: NonNullable<CellValue>, isNumber: boolean): number {
  if (isNumber) return Number(a) - Number(b)
  const [left, right] = [String(a), String(b)]
  return left < right ? -1 : left > right ? 1 : 0
}
