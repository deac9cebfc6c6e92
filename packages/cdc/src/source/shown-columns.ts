/**
 * Policy 'ignore': rows keep the columns that were known when the first change was ignored. Each known column is taken from the column
 * that has its values now (also under another name); one that was dropped is NULL. Types are those of now.
 */
import type { Row } from '../model/column-value.ts'
import type { Column, TableSchema } from '../model/table-schema.ts'
import type { ColumnRename } from './table-shape.ts'

/** JSON, kept with the table. */
export interface ShownColumns {
  readonly schema: string
  readonly table: string
  /** `from`: the column's name now; null when it was dropped. */
  readonly columns: readonly { readonly column: Column; readonly from: string | null }[]
}

export class ShownTable {
  readonly schema: TableSchema
  readonly #indexes: readonly number[]

  constructor(shown: ShownColumns, actual: TableSchema) {
    const places = new Map(actual.columns.map(({ name }, i) => [name, i]))
    this.#indexes = shown.columns.map(({ from }) => (from === null ? -1 : (places.get(from) ?? -1)))
    const key = actual.key.map((index) => this.#indexes.indexOf(index))
    this.schema = {
      schema: shown.schema,
      table: shown.table,
      columns: shown.columns.map(({ column }, i) => ({
        ...column,
        type: actual.columns[this.#indexes[i]!]?.type ?? column.type,
      })),
      // A key with a column that is not shown would tell rows apart that look alike.
      key: key.includes(-1) ? [] : key,
    }
  }

  row(actual: Row): Row {
    return this.#indexes.map((index) => (index === -1 ? null : actual[index]))
  }
}

/** What is shown of a table as it was before anything was ignored. */
export function shownColumns(known: TableSchema): ShownColumns {
  return {
    schema: known.schema,
    table: known.table,
    columns: known.columns.map((column) => ({ column, from: column.name })),
  }
}

/** The same after one more change. */
export function followColumns(
  shown: ShownColumns,
  after: TableSchema,
  rename: ColumnRename | undefined,
): ShownColumns {
  const names = new Set(after.columns.map(({ name }) => name))
  return {
    ...shown,
    columns: shown.columns.map(({ column, from }) => {
      const now = from !== null && from === rename?.from ? rename.to : from
      return { column, from: now !== null && names.has(now) ? now : null }
    }),
  }
}
