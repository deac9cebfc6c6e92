/** DescribeStream and DescribeStreamSummary: what there is to know about one stream. */
import type { ShardInfo } from '@millrace/store'
import { formatShardId } from '@millrace/values'
import type { KinesisStream } from '../kinesis-context.ts'
import { HOUR_MS } from '../streams/kinesis-streams.ts'
import { openShards } from '../streams/reshard-plan.ts'
import { describeShard, listedShards } from '../streams/shard-list.ts'
import type { ControlOperation } from './control-plane.ts'
import { warmThroughput } from './warm-throughput.ts'

const PAGE_SHARDS_MAX = 100
const RETENTION_HOURS_MAX = 8760

export const describeStream: ControlOperation<'DescribeStream'> = (input, { caller }, { streams, clock }) => {
  const stream = streams.find(input, caller, 'kinesis:DescribeStream')
  const after = input.ExclusiveStartShardId
  const shards = visibleShards(stream, clock.now()).filter(
    ({ shard }) => after === undefined || formatShardId(shard) > after,
  )
  const limit = Math.min(input.Limit ?? PAGE_SHARDS_MAX, PAGE_SHARDS_MAX)
  return {
    StreamDescription: {
      ...description(stream),
      Shards: shards.slice(0, limit).map((shard) => describeShard(stream, shard)),
      HasMoreShards: shards.length > limit,
    },
  }
}

export const describeStreamSummary: ControlOperation<'DescribeStreamSummary'> = (
  input,
  { caller },
  { streams, clock },
) => {
  const stream = streams.find(input, caller, 'kinesis:DescribeStreamSummary')
  // Without a StreamId: AWS's libraries for Java send calls that name one to a host made from it, whatever endpoint they
  // were given, and so the Kinesis Client Library with fan-out never comes back.
  return {
    StreamDescriptionSummary: {
      ...description(stream),
      OpenShardCount: openShards(visibleShards(stream, clock.now())).length,
      ConsumerCount: streams.consumers.of(stream).length,
      WarmThroughput: warmThroughput(stream),
      MaxRecordSizeInKiB: stream.settings.maxRecordKiB,
    },
  }
}

/** The shards of a stream appear when it is ACTIVE. */
function visibleShards(stream: KinesisStream, nowMs: number): readonly ShardInfo[] {
  return stream.status === 'CREATING' ? [] : listedShards(stream, nowMs)
}

function description(stream: KinesisStream): object {
  const { name, arn, status, settings, info } = stream
  return {
    StreamName: name,
    StreamARN: arn,
    StreamStatus: status,
    StreamModeDetails: { StreamMode: settings.mode },
    RetentionPeriodHours: retentionHours(stream),
    StreamCreationTimestamp: new Date(info.createdAt),
    EnhancedMonitoring: [{ ShardLevelMetrics: settings.shardLevelMetrics }],
    EncryptionType: settings.encryptionKeyId === undefined ? 'NONE' : 'KMS',
    KeyId: settings.encryptionKeyId,
  }
}

/** Apps may keep records for any time; the API knows whole hours up to a year. */
export function retentionHours({ info }: KinesisStream): number {
  return Math.min(Math.ceil(info.retentionMs / HOUR_MS), RETENTION_HOURS_MAX)
}
