/** Whether what a source said of itself is the status of a database source: it comes back to the command line as JSON. */
import type { CdcStatus } from './cdc-status.ts'

export function isCdcStatus(value: unknown): value is CdcStatus {
  if (typeof value !== 'object' || value === null) return false
  const { database, position, tables, warnings } = value as { readonly [member: string]: unknown } // an object, as just seen
  return (
    typeof database === 'string' &&
    typeof position === 'string' &&
    Array.isArray(tables) &&
    tables.every(isTable) &&
    Array.isArray(warnings)
  )
}

function isTable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { schema, table, phase, loadedRows, changes } = value as { readonly [member: string]: unknown } // likewise
  return (
    typeof schema === 'string' &&
    typeof table === 'string' &&
    typeof phase === 'string' &&
    typeof loadedRows === 'number' &&
    typeof changes === 'number'
  )
}
