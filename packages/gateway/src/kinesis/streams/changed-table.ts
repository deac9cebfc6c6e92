/** Which table's changes a stream takes. Costs no look into the store but for names that end as those of change streams do. */
import type { Store } from '@millrace/store'
import { changeStreamName, type TableSettings } from '@millrace/tables'

const suffix = changeStreamName('')

export function changedTable(store: Store, stream: string): string | undefined {
  if (!stream.endsWith(suffix)) return undefined
  const table = stream.slice(0, -suffix.length)
  // Settings of tables are written by the tables package alone; those of other tables are undefined.
  const settings = store.tableEntry(table)?.settings as Partial<TableSettings> | undefined
  return settings?.changes?.stream === stream ? table : undefined
}
