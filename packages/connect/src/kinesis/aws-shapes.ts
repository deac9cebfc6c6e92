/** Values of the Kinesis API as those of the port, and the other way round. */
import type {
  _Record as AwsRecord,
  Shard as AwsShard,
  ChildShard,
  ShardFilter,
  ShardIteratorType,
} from '@aws-sdk/client-kinesis'
import type { KinesisRecord, KinesisShard, ShardPosition, StartPosition } from './kinesis-stream-port.ts'

export function recordOf(record: AwsRecord): KinesisRecord {
  return {
    sequenceNumber: record.SequenceNumber ?? '',
    partitionKey: record.PartitionKey ?? '',
    data: record.Data ?? new Uint8Array(0),
    arrivalTimeMs: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
  }
}

/** Both forms in which shards are described; undefined for an absent list. */
export function shardsOf(
  shards: readonly (AwsShard | ChildShard)[] | undefined,
): readonly KinesisShard[] | undefined {
  return shards?.map((shard) => ({
    shardId: shard.ShardId ?? '',
    parents: 'ParentShards' in shard ? (shard.ParentShards ?? []) : parentsOf(shard as AwsShard),
    range: {
      start: BigInt(shard.HashKeyRange?.StartingHashKey ?? 0),
      end: BigInt(shard.HashKeyRange?.EndingHashKey ?? 0),
    },
  }))
}

function parentsOf({ ParentShardId, AdjacentParentShardId }: AwsShard): string[] {
  return [ParentShardId, AdjacentParentShardId].filter((id) => id !== undefined)
}

export function iteratorRequest(position: ShardPosition): {
  ShardIteratorType: ShardIteratorType
  StartingSequenceNumber?: string
  Timestamp?: Date
} {
  const ShardIteratorType = position.type
  if ('sequenceNumber' in position) {
    return { ShardIteratorType, StartingSequenceNumber: position.sequenceNumber }
  }
  return 'timeMs' in position
    ? { ShardIteratorType, Timestamp: new Date(position.timeMs) }
    : { ShardIteratorType }
}

export function subscriptionStart(position: ShardPosition): {
  Type: ShardIteratorType
  SequenceNumber?: string
  Timestamp?: Date
} {
  const { ShardIteratorType: Type, StartingSequenceNumber, Timestamp } = iteratorRequest(position)
  return {
    Type,
    ...(StartingSequenceNumber === undefined ? {} : { SequenceNumber: StartingSequenceNumber }),
    ...(Timestamp === undefined ? {} : { Timestamp }),
  }
}

export function shardFilter(from: StartPosition): ShardFilter {
  switch (from.type) {
    case 'TRIM_HORIZON':
      return { Type: 'AT_TRIM_HORIZON' }
    case 'LATEST':
      return { Type: 'AT_LATEST' }
    case 'AT_TIMESTAMP':
      return { Type: 'AT_TIMESTAMP', Timestamp: new Date(from.timeMs) }
  }
}
