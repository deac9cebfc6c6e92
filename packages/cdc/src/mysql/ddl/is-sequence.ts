/**
 * Whether what the log describes is a sequence of MariaDB, which is logged as a table of one row. Where the log has no names, its types
 * say so: to be asked only of what is known as no table.
 */
import { columnCode, type LoggedTable } from '../binlog/logged-table.ts'

const { longlong, tiny } = columnCode
const columns = [
  ['next_not_cached_value', longlong],
  ['minimum_value', longlong],
  ['maximum_value', longlong],
  ['start_value', longlong],
  ['increment', longlong],
  ['cache_size', longlong],
  ['cycle_option', tiny],
  ['cycle_count', longlong],
] as const

export function isSequence(logged: LoggedTable): boolean {
  return (
    logged.columns.length === columns.length &&
    columns.every(([name, code], i) => {
      const column = logged.columns[i]!
      return column.code === code && !column.isNullable && (column.name ?? name) === name
    })
  )
}
