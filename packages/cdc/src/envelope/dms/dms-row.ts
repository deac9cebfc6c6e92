/**
 * Rows of one table as the JSON object `data` (or the before image): compiled once for a schema into names that are already text and
 * one value writer for each column. Unknown values are left out, and so are null and empty ones unless they were asked for.
 * Cost: one pass over the columns, strings put together piece by piece.
 */
import type { DatabaseKind } from '../../database/database.ts'
import type { Row } from '../../model/column-value.ts'
import type { TableSchema } from '../../model/table-schema.ts'
import { type Layout, quote } from '../json-text.ts'
import { type DmsValueOptions, type DmsValueWriter, dmsValueWriter, isEmpty } from './dms-value.ts'

export interface DmsRowOptions extends DmsValueOptions {
  readonly IncludeNullAndEmpty: boolean
}

export type RowText = (row: Row) => string

interface RowColumn {
  readonly index: number
  /** With what stands before it: the object's begin, or the comma. */
  readonly first: string
  readonly next: string
  readonly write: DmsValueWriter
}

/** `columns`: indexes of those that are written, all unless given. */
export function compileDmsRow(
  database: DatabaseKind,
  schema: TableSchema,
  options: DmsRowOptions,
  layout: Layout,
  columns: readonly number[] = [...schema.columns.keys()],
): RowText {
  const { open, comma, colon, close } = layout
  const compiled = columns.map((index): RowColumn => {
    const { name, type } = schema.columns[index]!
    return {
      index,
      first: `${open}${quote(name)}${colon}`,
      next: `${comma}${quote(name)}${colon}`,
      write: dmsValueWriter(database, type, options),
    }
  })
  const withNulls = options.IncludeNullAndEmpty
  return (row) => {
    let text = ''
    for (let i = 0; i < compiled.length; i++) {
      const column = compiled[i]!
      const value = row[column.index]
      if (value === undefined) continue
      const json = value === null ? undefined : column.write(value)
      if (!withNulls && (json === undefined || isEmpty(value!))) continue
      text += (text === '' ? column.first : column.next) + (json ?? 'null')
    }
    return text === '' ? '{}' : text + close
  }
}
