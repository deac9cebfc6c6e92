/** For tests of operators that rank, sort and match: a table of key, time, value and id. */
import type { SqlType } from '@millrace/values'
import fc from 'fast-check'
import type { ColumnExpr } from '../../plan.ts'
import type { ChangelogNode, SortKey, TimeAttribute, Traits, WindowColumns } from '../plan.ts'
import type { Row } from '../row.ts'

export const span = { start: 0, end: 0 }
export const column = { key: 0, time: 1, value: 2, id: 3 } as const
export const types: readonly SqlType[] = [
  { kind: 'VARCHAR', length: 2147483647 },
  { kind: 'TIMESTAMP', precision: 3 },
  { kind: 'BIGINT' },
  { kind: 'INTEGER' },
]

export function input(changes: Traits['changes'], window?: WindowColumns): ChangelogNode {
  const fields = ['k', 'ts', 'v', 'id'].map((name, i) => ({ name, type: types[i]!, nullable: true }))
  const traits = { changes, times: [], keys: [], window }
  return { kind: 'source', table: 't', schema: { fields }, traits, span }
}

export const traits: Traits = { changes: 'retract', times: [], keys: [], window: undefined }
export const rowtime: TimeAttribute = { column: column.time, kind: 'rowtime' }
export const proctime: TimeAttribute = { column: column.time, kind: 'proctime' }

export function sortKey(of: number, descending = false, nullsLast = descending): SortKey {
  return { column: of, descending, nullsLast }
}

export function columnExpr(index: number): ColumnExpr {
  return { kind: 'column', index, type: types[index]!, nullable: true, span }
}

/** Few keys, times, values and ids, so that ties and equal rows are frequent. */
export const sampleRow: fc.Arbitrary<Row> = fc.tuple(
  fc.constantFrom('a', 'b'),
  fc.integer({ min: 0, max: 12 }),
  fc.option(fc.integer({ min: 0, max: 4 }), { nil: null, freq: 8 }),
  fc.integer({ min: 0, max: 1 }),
)

/** The stable order of rows, worked out anew. */
export function sorted(rows: readonly Row[], order: readonly SortKey[]): Row[] {
  return rows
    .map((row, at) => ({ row, at }))
    .sort((a, b) => {
      for (const { column: of, descending, nullsLast } of order) {
        // The cast holds: all columns that tests sort by hold numbers or NULL.
        const [x, y] = [a.row[of] as number | null, b.row[of] as number | null]
        if (x === y) continue
        if (x === null) return nullsLast ? 1 : -1
        if (y === null) return nullsLast ? -1 : 1
        return (x < y ? -1 : 1) * (descending ? -1 : 1)
      }
      return a.at - b.at
    })
    .map(({ row }) => row)
}
