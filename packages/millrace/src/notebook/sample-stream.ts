/** Records of a stream to look at: the newest ones of each shard, since older ones may have had another form. */
import type { Store } from '@millrace/store'
import { didYouMean } from '@millrace/values'
import { MillraceError } from '../error.ts'

const bytesMax = 1024 * 1024

/** Error: DATA_STREAM_UNKNOWN. */
export function sampleStream(store: Store, stream: string, most: number): Uint8Array[] {
  const info = store.stream(stream)
  if (info === undefined) {
    const names = store.streams().map(({ name }) => name)
    throw new MillraceError('DATA_STREAM_UNKNOWN', `${store.dir} has no stream "${stream}".`, {
      next: `${didYouMean(stream, names)}It has: ${names.join(', ') || 'no streams yet'}.`,
    })
  }
  const records: Uint8Array[] = []
  const filled = info.shardInfos.filter(({ oldest, next }) => next > oldest)
  const share = Math.max(1, Math.floor(most / Math.max(1, filled.length)))
  for (const { shard, oldest, next } of filled) {
    const from = Math.max(oldest, next - share)
    let bytes = 0
    for (const batch of store.read(stream, shard, from, { maxRecords: share, maxBytes: bytesMax }).batches) {
      if ('reason' in batch) continue
      // A batch may begin before what was asked for.
      for (let i = Math.max(0, from - batch.firstSequence); i < batch.count; i++) {
        const record = batch.bytes.slice(batch.dataStart[i], batch.dataStart[i + 1])
        bytes += record.length
        if (records.length < most && bytes <= bytesMax && record.length > 0) records.push(record)
      }
    }
  }
  return records
}
