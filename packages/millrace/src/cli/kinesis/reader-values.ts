/** Records and ends of shards in the replies of both ways of reading. */
import type { ReplayRead, ReplayRecord, ReplayShard } from '@millrace/connect'
import { listMember, mustText, numberMember } from './reply-fields.ts'
import { parentsOf, rangeOf } from './shard-list.ts'

export const nothing: ReplayRead = { records: [], isCaughtUp: true, children: undefined }

export function recordsOf(reply: unknown): ReplayRecord[] {
  return listMember(reply, 'Records').map((record) => ({
    sequenceNumber: mustText(record, 'SequenceNumber'),
    partitionKey: mustText(record, 'PartitionKey'),
    data: Buffer.from(mustText(record, 'Data'), 'base64'),
    arrivalTimeMs: Math.round((numberMember(record, 'ApproximateArrivalTimestamp') ?? 0) * 1000),
  }))
}

export function childrenOf(reply: unknown): ReplayShard[] {
  return listMember(reply, 'ChildShards').map((shard) => ({
    shardId: mustText(shard, 'ShardId'),
    parents: parentsOf(shard),
    range: rangeOf(shard),
  }))
}
