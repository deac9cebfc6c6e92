/**
 * ORDER BY as a comparison of rows. NULL stands where the key says, whatever the direction; NaN is above all numbers. Rows
 * that are equal in all keys give 0: their order is that of arrival, which the caller keeps.
 */
import type { SqlValue } from '../../plan.ts'
import type { SortKey } from '../plan.ts'
import type { Row } from '../row.ts'
import { compareValue } from '../value.ts'

export type RowOrder = (a: Row, b: Row) => number

export function makeRowOrder(order: readonly SortKey[]): RowOrder {
  const [first, ...others] = order
  if (first === undefined) return () => 0
  if (others.length === 0) return (a, b) => compareKey(first, a[first.column]!, b[first.column]!)
  return (a, b) => {
    for (const key of order) {
      const result = compareKey(key, a[key.column]!, b[key.column]!)
      if (result !== 0) return result
    }
    return 0
  }
}

function compareKey(key: SortKey, a: SqlValue, b: SqlValue): number {
  if (a === b) return 0
  if (a === null) return key.nullsLast ? 1 : -1
  if (b === null) return key.nullsLast ? -1 : 1
  const result = typeof a === 'number' && typeof b === 'number' ? compareNumber(a, b) : compareValue(a, b)
  return key.descending ? -result : result
}

function compareNumber(a: number, b: number): number {
  if (a < b) return -1
  if (a > b) return 1
  if (a === b) return 0
  return Number(Number.isNaN(a)) - Number(Number.isNaN(b))
}

/** The place behind all rows that do not come after `row`. */
export function placeBehind(rows: readonly Row[], row: Row, order: RowOrder): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (order(rows[middle]!, row) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The place before all rows that do not come before `row`. */
export function placeBefore(rows: readonly Row[], row: Row, order: RowOrder): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (order(rows[middle]!, row) < 0) low = middle + 1
    else high = middle
  }
  return low
}
