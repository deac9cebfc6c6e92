/**
 * How many bytes of a stream its slowest reader has not committed yet: unread records times the mean size of the shard's
 * retained records, summed over the shards. Read from the readers' committed records, so it works across threads.
 */
import type { Store } from '@millrace/store'
import { neededFrom, readStageRecord } from './stage-record.ts'

export function unreadBytes(store: Store, stream: string, readers: readonly string[]): number {
  const info = store.stream(stream)
  if (!info || readers.length === 0) return 0
  const records = readers.map((reader) => readStageRecord(reader, store.getStage(reader)))
  let bytes = 0
  for (const { shard, oldest, next, bytes: retained } of info.shardInfos) {
    let needed = next
    for (const record of records) {
      const from = record === undefined ? oldest : (neededFrom(record, shard) ?? oldest)
      if (from < needed) needed = from
    }
    const unread = next - Math.max(needed, oldest)
    if (unread > 0) bytes += (unread * retained) / (next - oldest)
  }
  return bytes
}
