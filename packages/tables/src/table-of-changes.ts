/**
 * Which table a stream takes the changes of. Such a stream is the engine's: records of others in it would be read as changes,
 * and without it the table's writes fail, so whoever gives streams away to be written or deleted asks here first.
 * Cost: the look at a name, and of those that end like a change stream's one look into the catalog.
 */
import type { Store } from '@millrace/store'
import { changeStreamName } from './port.ts'
import { planOf } from './table-plan.ts'

const ending = changeStreamName('')

/** Undefined: the stream is of no table. */
export function tableOfChanges(store: Store, stream: string): string | undefined {
  if (!stream.endsWith(ending)) return undefined
  const entry = store.tableEntry(stream.slice(0, -ending.length))
  return entry !== undefined && planOf(entry).changes?.stream === stream ? entry.name : undefined
}
