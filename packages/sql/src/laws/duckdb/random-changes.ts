/** Random changes of the tables: inserts, and deletions and updates of rows that are there. */
import fc from 'fast-check'
import type { Row, RowKind } from '../../changelog/row.ts'
import { tableNames } from './query-arbitrary.ts'

export interface Change {
  readonly table: string
  readonly row: Row
  readonly kind: RowKind
}

const value = {
  k: fc.option(fc.integer({ min: -2, max: 4 }), { nil: null }),
  n: fc.option(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(1_000_000_007, -4_000_000_000)), {
    nil: null,
  }),
  d: fc.option(fc.integer({ min: -999, max: 99_999 }), { nil: null }),
  s: fc.option(fc.constantFrom('a', 'b', 'ab', '', 'Zoë', '😀', ' x '), { nil: null }),
  f: fc.option(fc.boolean(), { nil: null }),
}

const step = fc.record({
  table: fc.constantFrom(...tableNames),
  act: fc.constantFrom('insert', 'insert', 'insert', 'update', 'delete'),
  pick: fc.nat(1000),
  ...value,
})

/** A list of changes in which nothing is taken back that is not there. */
export const changesArbitrary: fc.Arbitrary<Change[]> = fc
  .array(step, { minLength: 10, maxLength: 60 })
  .map((steps) => {
    const rows = new Map<string, Row[]>(tableNames.map((name) => [name, []]))
    const changes: Change[] = []
    let id = 0
    for (const { table, act, pick, k, n, d, s, f } of steps) {
      const present = rows.get(table)!
      const at = pick % Math.max(1, present.length)
      const old = present[at]
      if (act === 'insert' || old === undefined) {
        const row: Row = [++id, k, n, d, s, f]
        present.push(row)
        changes.push({ table, row, kind: 0 })
      } else if (act === 'delete') {
        present.splice(at, 1)
        changes.push({ table, row: old, kind: 3 })
      } else {
        const row: Row = [old[0]!, k, n, d, s, f]
        present[at] = row
        changes.push({ table, row: old, kind: 1 }, { table, row, kind: 2 })
      }
    }
    return changes
  })

/** The rows that are left. */
export function rowsLeft(changes: readonly Change[], table: string): Row[] {
  const left: Row[] = []
  for (const change of changes) {
    if (change.table !== table) continue
    if (change.kind === 0 || change.kind === 2) left.push(change.row)
    else left.splice(left.indexOf(change.row), 1)
  }
  return left
}
