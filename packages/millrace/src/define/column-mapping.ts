/**
 * Columns of a query's input as an app writes them: `{ orderId: 'INTEGER $.data.orderId' }`, a SQL type, then the
 * JSONPath of the value in the record. The `$` separates the two, since no SQL type contains one. Whether the type
 * exists and the path is in the supported subset is the SQL engine's to say, with its own codes.
 */
import type { ColumnMapping } from '@millrace/runtime'
import { MillraceError } from '../error.ts'
import { here, quoted } from './names.ts'

/** A SQL type and a JSONPath: `DECIMAL(10,2) $.data.amount`. */
export type ColumnSpec = `${string} $${string}`

/** In the order of the columns in the SQL stream. */
export interface ColumnSpecs {
  readonly [column: string]: ColumnSpec
}

/** Columns of one stream or reference table: a bound against a mistake, far above any real schema. */
const columnsMax = 1000

/** `paths: false`: columns are types alone, in the order of the record's fields. */
export function columnMappings(
  what: string,
  columns: unknown,
  { paths = true }: { readonly paths?: boolean } = {},
): ColumnMapping[] {
  if (typeof columns !== 'object' || columns === null || Array.isArray(columns)) {
    throw new MillraceError('APP_COLUMN_INVALID', `${what} has ${quoted(columns)} as columns.`, here())
  }
  const entries: [string, unknown][] = Object.entries(columns)
  if (entries.length === 0 || entries.length > columnsMax) {
    throw new MillraceError('APP_COLUMN_INVALID', `${what} has ${entries.length} columns.`, {
      ...here(),
      next: `Give 1 to ${columnsMax}, like { orderId: 'INTEGER $.data.orderId' }.`,
    })
  }
  if (!paths) return entries.map(([name, spec]) => ({ name, type: String(spec).trim(), path: '' }))
  return entries.map(([name, spec]) => columnMapping(what, name, spec))
}

function columnMapping(what: string, name: string, spec: unknown): ColumnMapping {
  const parts = typeof spec === 'string' ? /^\s*([^$]*[^$\s])\s+(\$.*?)\s*$/s.exec(spec) : null
  const type = parts?.[1]
  const path = parts?.[2]
  if (name === '' || type === undefined || path === undefined) {
    throw new MillraceError(
      'APP_COLUMN_INVALID',
      `${what} has the column ${quoted(name)} as ${quoted(spec)}, not a SQL type and a JSONPath.`,
      here(),
    )
  }
  return { name, type, path }
}
