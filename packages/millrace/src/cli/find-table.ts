/** The table that a command means, in a data directory that was opened to read. */
import type { Store, TableEntry } from '@millrace/store'
import { isEntryTable } from '@millrace/tables'
import { didYouMean } from '@millrace/values'
import { MillraceError } from '../error.ts'

export function findTable(store: Store, table: string): TableEntry {
  const entry = store.tableEntry(table)
  if (entry !== undefined) return entry
  const names = store
    .tableEntries()
    .map(({ name }) => name)
    .filter((name) => !isEntryTable(name))
  throw new MillraceError('DATA_TABLE_UNKNOWN', `${store.dir} has no table "${table}".`, {
    next: `${didYouMean(table, names)}It has: ${names.join(', ') || 'no tables yet'}.`,
  })
}
