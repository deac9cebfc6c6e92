/**
 * ORDER BY items to sort keys. NULL is the smallest value unless NULLS FIRST or NULLS LAST say otherwise.
 */
import type { SortItem } from '../../syntax/tree.ts'
import type { SortKey } from '../plan.ts'

export function sortKey(item: SortItem, column: number): SortKey {
  const nullsLast = item.nulls === undefined ? item.descending : item.nulls === 'LAST'
  return { column, descending: item.descending, nullsLast }
}
