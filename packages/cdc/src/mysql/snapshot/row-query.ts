/** The statement that reads rows of a table, and what makes rows of the server's answer. */
import type { ColumnValue, Row } from '../../model/column-value.ts'
import type { TableSchema } from '../../model/table-schema.ts'
import type { RawRow } from '../connection/mysql-session.ts'
import { rowKey } from '../schema/mysql-table.ts'
import { quoted, quotedName } from '../schema/read-tables.ts'
import { selectedColumn, type ValueReader, valueReader } from './column-query.ts'
import { isInIndexOrder } from './key-query.ts'
import type { TableNow } from './table-session.ts'

export type RowMaker = (raw: RawRow) => Row

export function rowMaker(schema: TableSchema): RowMaker {
  const readers: readonly ValueReader[] = schema.columns.map(valueReader)
  return (raw) => {
    const row: ColumnValue[] = new Array(readers.length)
    for (let i = 0; i < readers.length; i++) {
      const cell = raw[i]!
      row[i] = cell === null ? null : readers[i]!(cell)
    }
    return row
  }
}

/** `SELECT ... FROM ...`, by the index of the key where that has the order of the rows. */
export function selectRows({ schema, table }: Pick<TableNow, 'schema' | 'table'>): string {
  const key = rowKey(table)
  const isByIndex = key !== undefined && !key.isPartial && isInIndexOrder(schema)
  const index = isByIndex ? ` FORCE INDEX (${quotedName(key.name)})` : ''
  return `SELECT ${schema.columns.map(selectedColumn).join(', ')} FROM ${quoted(schema)}${index}`
}

export function rawBytes(raw: RawRow): number {
  let bytes = 0
  for (const cell of raw) bytes += 8 + (cell === null ? 0 : cell.length)
  return bytes
}
