/**
 * Tables that lookup joins ask, as they stand while a case runs: the rows of `referenceTables`, then what `inputs` changes in
 * them. With a primary key a row takes the place of that of its key; without one each row stands for itself.
 */
import { lookupTables } from '../changelog/lookup-tables.ts'
import type { ChangelogProgram, TableInfo } from '../changelog/plan.ts'
import { isRetraction, type Row, type RowKind } from '../changelog/row.ts'
import { sameRow, valueKey } from '../changelog/value.ts'
import type { SqlCase } from './case-file.ts'
import { fromCaseValue } from './flink-values.ts'

export class CaseLookups {
  readonly #asked: ReadonlySet<string>
  readonly #rows = new Map<string, readonly Row[]>()

  constructor(file: SqlCase, program: ChangelogProgram) {
    this.#asked = new Set(lookupTables(program))
    for (const name of file.referenceTables.keys()) this.#rows.set(name, referenceRows(file, program, name))
  }

  get tables(): ReadonlySet<string> {
    return this.#asked
  }

  rows(name: string): readonly Row[] {
    return this.#rows.get(name) ?? []
  }

  change(table: TableInfo, row: Row, kind: RowKind): void {
    const { name, primaryKey } = table
    const columns = table.columns.filter(({ computed }) => computed === undefined)
    const key = primaryKey?.map((column) => columns.findIndex((each) => each.name === column))
    const keyOf = (each: Row) => valueKey((key ?? []).map((at) => each[at] ?? null))
    const before = this.rows(name)
    const at = before.findIndex((each) =>
      key === undefined ? isRetraction(kind) && sameRow(each, row) : keyOf(each) === keyOf(row),
    )
    const others = at < 0 ? before : before.toSpliced(at, 1)
    this.#rows.set(name, isRetraction(kind) ? others : [...others, row])
  }
}

/** Cells go to the columns of their name; a column that the case does not give is NULL. */
function referenceRows(file: SqlCase, program: ChangelogProgram, name: string): readonly Row[] {
  const { columns, rows } = file.referenceTables.get(name) ?? { columns: [], rows: [] }
  const wanted = (program.tables.get(name)?.columns ?? []).filter(({ computed }) => computed === undefined)
  const places = wanted.map((column) => columns.findIndex((given) => given.name === column.name))
  return rows.map((row) => wanted.map(({ type }, i) => fromCaseValue(row[places[i]!] ?? null, type)))
}
