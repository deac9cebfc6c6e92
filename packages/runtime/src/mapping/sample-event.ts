/**
 * An event as a function would get it, of the last records of a stream: those of the shard that has had a record last, since an
 * event holds records of one shard. For trying handlers; nothing is read that the stream does not hold any more.
 */
import type { RecordBatch, Store } from '@millrace/store'
import type { FunctionServices } from '../lambda/lambda-environment.ts'
import { BatchRecord } from '../stream-record.ts'
import { StreamEvents } from './stream-events.ts'

const bytesMax = 6 * 1024 * 1024

/** JSON text; undefined if the stream holds no record. */
export function sampleEvent(
  store: Store,
  stream: string,
  {
    records,
    services,
  }: { readonly records: number; readonly services: Pick<FunctionServices, 'region' | 'account'> },
): string | undefined {
  let last: BatchRecord[] = []
  let newest = Number.NEGATIVE_INFINITY
  for (const { shard, oldest, next } of store.stream(stream)?.shardInfos ?? []) {
    const found = readFrom(store, stream, { shard, from: Math.max(oldest, next - records) })
    const time = found.at(-1)?.arrivalTimeMs ?? Number.NEGATIVE_INFINITY
    if (time <= newest) continue
    newest = time
    last = found.slice(-records)
  }
  const [first] = last
  return first && new StreamEvents(store, services).of(stream, first.shard).event(last)
}

function readFrom(
  store: Store,
  stream: string,
  { shard, from }: { shard: number; from: number },
): BatchRecord[] {
  const records: BatchRecord[] = []
  const limits = { maxRecords: 10_000, maxBytes: bytesMax }
  for (let at = from; ; ) {
    const batches = [...store.read(stream, shard, at, limits).batches]
    const readable = batches.filter((batch): batch is RecordBatch => !('reason' in batch))
    for (const batch of readable) {
      for (let i = Math.max(0, at - batch.firstSequence); i < batch.count; i++)
        records.push(new BatchRecord(batch, i))
    }
    const end = batches.at(-1)
    if (end === undefined) return records
    at = 'reason' in end ? end.nextSequence : end.firstSequence + end.count
  }
}
