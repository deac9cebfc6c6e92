/**
 * Which table a stream takes the changes of. Such a stream is the engine's: records of others in it would be read as changes,
 * and without it the table's writes fail, so whoever gives streams away to be written or deleted asks here first.
 * Cost: the look at a name, and of those that end like a change stream's one look into the catalog.
 */
import type { Store } from '@millrace/store'
import type { ChangeRecord } from './change-record.ts'
import { TableError } from './errors.ts'
import { changeStreamName } from './port.ts'
import { planOf } from './table-plan.ts'

const ending = changeStreamName('')

/** Undefined: the stream is of no table. */
export function tableOfChanges(store: Store, stream: string): string | undefined {
  if (!stream.endsWith(ending)) return undefined
  const entry = store.tableEntry(stream.slice(0, -ending.length))
  return entry !== undefined && planOf(entry).changes?.stream === stream ? entry.name : undefined
}

/**
 * That a stream which is there already may take the changes of the table: it is empty, or has taken them before. Somebody
 * else's would get records that it does not expect, and be deleted with the table. Error: TABLE_SPEC_INVALID.
 */
export function mustHoldChanges(store: Store, table: string, stream: string): void {
  for (const { shard, oldest, next } of store.stream(stream)?.shardInfos ?? []) {
    if (oldest === next) continue
    const [batch] = store.read(stream, shard, oldest, { maxRecords: 1, maxBytes: 1 }).batches
    if (batch === undefined || 'reason' in batch) continue
    const [from, to] = [batch.dataStart[0]!, batch.dataStart[1]!]
    if (isChangeOf(table, Buffer.from(batch.bytes.subarray(from, to)).toString('utf8'))) continue
    throw new TableError(
      'TABLE_SPEC_INVALID',
      `table "${table}": its changes would go to stream "${stream}", which holds records of others. Delete that stream, or use ` +
        'another name for the table.',
    )
  }
}

function isChangeOf(table: string, text: string): boolean {
  try {
    const record = JSON.parse(text) as Partial<ChangeRecord> | null
    return record?.tableName === table && record.dynamodb !== undefined
  } catch {
    return false
  }
}
