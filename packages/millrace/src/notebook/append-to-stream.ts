/** What INSERT INTO of a cell does: one commit of records, as any producer makes it. A stream that is not there is made. */
import { bucketOfStream } from '@millrace/runtime'
import { RECORD_DATA_BYTES_MAX, type Store } from '@millrace/store'
import { tableOfChanges } from '@millrace/tables'
import { MillraceError } from '../error.ts'
import type { AppendBatch } from './cell-messages.ts'

const retentionMs = 24 * 3_600_000
const shardsMax = 100

/** Errors: APP_NAME_INVALID, SQL_OPTION (also of a stream that the store fills by itself); those of the store. */
export function appendToStream(store: Store, { stream, shards, records }: AppendBatch): void {
  const large = records.find(({ data }) => data.length > RECORD_DATA_BYTES_MAX)
  if (large !== undefined)
    throw new MillraceError(
      'SQL_OPTION',
      `A row is ${large.data.length} bytes as a record of ${stream}; allowed are ${RECORD_DATA_BYTES_MAX}.`,
    )
  refuseOwn(store, stream)
  if (store.stream(stream) === undefined) {
    if (!/^[A-Za-z0-9_.-]{1,128}$/.test(stream)) {
      throw new MillraceError('APP_NAME_INVALID', `${JSON.stringify(stream)} is no name of a stream.`)
    }
    store.defineStream({ name: stream, shards: Math.min(shards, shardsMax), retentionMs })
  }
  if (records.length > 0) store.commit((transaction) => transaction.append(stream, records))
}

/** Streams that the store fills are not for producers: their readers rely upon what stands in them. */
function refuseOwn(store: Store, stream: string): void {
  const table = tableOfChanges(store, stream)
  const bucket = bucketOfStream(store, stream)
  if (table === undefined && bucket === undefined) return
  const what =
    table === undefined ? `the news of objects in bucket ${bucket}` : `the changes of table ${table}`
  throw new MillraceError('SQL_OPTION', `Stream ${stream} takes ${what}, and nothing else.`, {
    next: 'Give the table another stream.',
  })
}
