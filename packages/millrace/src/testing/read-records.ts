/** All retained records of a stream, decoded on demand. */
import type { Store } from '@millrace/store'
import type { ReadRecord } from './tested-app.ts'

const decoder = new TextDecoder()

export function readRecords(store: Store, stream: string): ReadRecord[] {
  const records: ReadRecord[] = []
  for (const { shard, oldest, next } of store.stream(stream)?.shardInfos ?? []) {
    for (let position = oldest; position < next; ) {
      const limits = { maxRecords: 10_000, maxBytes: 16 * 2 ** 20 }
      for (const batch of store.read(stream, shard, position, limits).batches) {
        if (!('bytes' in batch)) {
          position = batch.nextSequence
          continue
        }
        for (let i = Math.max(0, position - batch.firstSequence); i < batch.count; i++) {
          const data = batch.bytes.slice(batch.dataStart[i], batch.dataStart[i + 1])
          records.push({
            partitionKey: decoder.decode(batch.bytes.subarray(batch.keyStart[i], batch.keyStart[i + 1])),
            shard,
            sequence: batch.firstSequence + i,
            arrivalTimeMs: batch.arrivalTime,
            data,
            text: () => decoder.decode(data),
            json: () => JSON.parse(decoder.decode(data)),
          })
        }
        position = batch.firstSequence + batch.count
      }
    }
  }
  return records
}
