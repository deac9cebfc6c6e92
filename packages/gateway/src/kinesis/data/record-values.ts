/** Records and child shards as trees of values, as the listener encodes them. */
import type { StreamInfo } from '@millrace/store'
import { formatShardId, keyText, SEQUENCE_NUMBER_DIGITS, SequenceRun } from '@millrace/values'
import type { RecordPage } from './record-page.ts'
import type { RecordsOptions } from './records-json.ts'

export interface RecordValue {
  readonly SequenceNumber: string
  readonly ApproximateArrivalTimestamp: Date
  readonly Data: Uint8Array
  readonly PartitionKey: string
  readonly EncryptionType?: string | undefined
}

export interface ChildShard {
  readonly ShardId: string
  readonly ParentShards: readonly string[]
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string }
}

/** Data are views on the page's batches. */
export function recordValues(page: RecordPage, { info, encryptionType }: RecordsOptions): RecordValue[] {
  const digits = Buffer.alloc(SEQUENCE_NUMBER_DIGITS)
  const values: RecordValue[] = []
  for (const { batch, from, to } of page.slices) {
    const { bytes, keyStart, dataStart } = batch
    const run = new SequenceRun(info, page.shard, batch.firstSequence + from, batch.arrivalTime)
    const time = new Date(batch.arrivalTime)
    for (let i = from; i < to; i++) {
      run.writeTo(digits, 0)
      run.advance()
      values.push({
        SequenceNumber: digits.toString('latin1'),
        ApproximateArrivalTimestamp: time,
        Data: bytes.subarray(dataStart[i], dataStart[i + 1]),
        PartitionKey: keyText(bytes, keyStart[i]!, keyStart[i + 1]!),
        EncryptionType: encryptionType,
      })
    }
  }
  return values
}

/** The shards that followed a closed one: two of a split, or the one of a merge, which has both parents. */
export function childShards(info: StreamInfo, shard: number): ChildShard[] {
  return info.shardInfos
    .filter(({ parents }) => parents.includes(shard))
    .map(({ shard: child, parents, range }) => ({
      ShardId: formatShardId(child),
      ParentShards: parents.map(formatShardId),
      HashKeyRange: { StartingHashKey: String(range.start), EndingHashKey: String(range.end) },
    }))
}
