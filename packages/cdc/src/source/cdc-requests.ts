/** Requests of operators, read from JSON. Errors: CDC_OPTION with what is allowed. */
import { CdcError } from '../errors.ts'
import { type TableName, tableText } from '../model/table-schema.ts'
import type { CdcRequest } from './cdc-options.ts'
import type { TableSet } from './table-set.ts'

const allowed =
  '{ "request": "load" or "release", "tables": [{ "schema": "...", "table": "..." }] } or { "request": "status" }'

export function readRequest(value: unknown): CdcRequest {
  if (typeof value === 'object' && value !== null && 'request' in value) {
    const { request } = value
    if (request === 'status') return { request }
    if ((request === 'load' || request === 'release') && 'tables' in value) {
      const { tables } = value
      if (Array.isArray(tables) && tables.length > 0 && tables.every(isTableName)) {
        return { request, tables: tables.map(({ schema, table }) => ({ schema, table })) }
      }
    }
  }
  throw new CdcError('CDC_OPTION', `A request to a database source must be ${allowed}.`)
}

/** All of them, or none: Error CDC_TABLE_MISSING names those that the source does not have. */
export function requestedTables(names: readonly TableName[], tables: TableSet) {
  const found = names.map((name) => tables.get(name))
  const missing = names.filter((_, i) => found[i] === undefined || found[i].phase === 'dropped')
  if (missing.length > 0) {
    throw new CdcError(
      'CDC_TABLE_MISSING',
      `This source has no table ${missing.map(tableText).join(', ')}. It has ${listed(tables)}.`,
    )
  }
  return found.filter((table) => table !== undefined)
}

function listed(tables: TableSet): string {
  const names = Array.from(tables.all(), ({ name }) => tableText(name)).sort()
  const shown = names.slice(0, 20).join(', ')
  return names.length > 20 ? `${shown} and ${names.length - 20} more` : shown || 'none'
}

function isTableName(value: unknown): value is TableName {
  return (
    typeof value === 'object' &&
    value !== null &&
    'schema' in value &&
    'table' in value &&
    typeof value.schema === 'string' &&
    typeof value.table === 'string'
  )
}
