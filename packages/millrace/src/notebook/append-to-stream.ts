/** What INSERT INTO of a cell does: one commit of records, as any producer makes it. A stream that is not there is made. */
import { RECORD_DATA_BYTES_MAX, type Store } from '@millrace/store'
import { MillraceError } from '../error.ts'
import type { AppendBatch } from './cell-messages.ts'

const retentionMs = 24 * 3_600_000
const shardsMax = 100

/** Errors: APP_NAME_INVALID, SQL_OPTION; those of the store. */
export function appendToStream(store: Store, { stream, shards, records }: AppendBatch): void {
  const large = records.find(({ data }) => data.length > RECORD_DATA_BYTES_MAX)
  if (large !== undefined)
    throw new MillraceError(
      'SQL_OPTION',
      `A row is ${large.data.length} bytes as a record of ${stream}; allowed are ${RECORD_DATA_BYTES_MAX}.`,
    )
  if (store.stream(stream) === undefined) {
    if (!/^[A-Za-z0-9_.-]{1,128}$/.test(stream)) {
      throw new MillraceError('APP_NAME_INVALID', `${JSON.stringify(stream)} is no name of a stream.`)
    }
    store.defineStream({ name: stream, shards: Math.min(shards, shardsMax), retentionMs })
  }
  store.commit((transaction) => transaction.append(stream, records))
}
