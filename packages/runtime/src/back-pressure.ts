/**
 * Back-pressure: a stage that appends to streams pauses while the slowest reader of one of them is more than a bound
 * behind, in bytes. What is unread is unread records times the mean size of the shard's retained records, taken from the
 * readers' committed records, so it works across threads.
 *
 * Looking costs a few reads of the store. So after a look that found room, the next one is due only when an eighth of the
 * bound has been appended: the bound is exceeded by that much at most, and a stage that works record by record pays nothing.
 */
import type { Store } from '@millrace/store'
import { readStageRecord, unreadFrom } from './stage-record.ts'

export class BackPressure {
  /** True after a look that found no room: only a reader's commit can end that. */
  waits = false
  private readonly store: Store
  private readonly streams: ReadonlyMap<string, readonly string[]>
  private readonly bytesMax: number
  /** Appended since the last look. */
  private appended = Number.POSITIVE_INFINITY

  /** `streams`: each stream appended to, with the stages that read it. */
  constructor(store: Store, streams: ReadonlyMap<string, readonly string[]>, bytesMax: number) {
    this.store = store
    this.streams = streams
    this.bytesMax = bytesMax
  }

  add(bytes: number): void {
    this.appended += bytes
  }

  /** Whether the stage is to wait before it appends more. */
  blocked(): boolean {
    if (!this.waits && this.appended < this.bytesMax / 8) return false
    this.appended = 0
    this.waits = false
    for (const [stream, readers] of this.streams) {
      if (unreadBytes(this.store, stream, readers) > this.bytesMax) this.waits = true
    }
    return this.waits
  }
}

/** Of the slowest of the readers, by the mean size of each shard's records. */
export function unreadBytes(store: Store, stream: string, readers: readonly string[]): number {
  const info = store.stream(stream)
  if (!info || readers.length === 0) return 0
  const records = readers.map((reader) => readStageRecord(reader, store.getStage(reader)))
  let bytes = 0
  for (const shard of info.shardInfos) {
    const { oldest, next, bytes: retained } = shard
    let needed = next
    for (const record of records) {
      const from = unreadFrom(record, stream, shard)
      if (from < needed) needed = from
    }
    const unread = next - Math.max(needed, oldest)
    if (unread > 0) bytes += (unread * retained) / (next - oldest)
  }
  return bytes
}
