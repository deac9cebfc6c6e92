/**
 * The inputs of all 39 operations: names, required members and ranges as in the service's API model (2013-12-02).
 * Members stand in the order in which the service reports their faults, as far as that is known.
 */
import { list, map, required, structure, type ValueOf } from '../wire/shape.ts'
import { blob, boolean, integer, string, timestamp } from '../wire/shape-values.ts'

const nameText = { min: 1, max: 128, pattern: '[a-zA-Z0-9_.-]+' } as const
const streamName = string(nameText)
const shardId = string(nameText)
const consumerName = string(nameText)
const streamArn = string({ min: 1, max: 2048, pattern: 'arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+' })
const resourceArn = string({ min: 1, max: 2048, pattern: 'arn:aws.*:kinesis:.*:\\d{12}:.*stream/\\S+' })
const consumerArn = string({
  min: 1,
  max: 2048,
  pattern: '^(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.-]+:[0-9]+',
})
/** Reserved by the service; accepted and without effect. */
const streamId = string({ min: 1, max: 24, pattern: '[a-z0-9]{20}-[a-z0-9]{3}' })
const hashKey = string({ pattern: '0|([1-9]\\d{0,38})' })
const sequenceNumber = string({ pattern: '0|([1-9]\\d{0,128})' })
const partitionKey = string({ min: 1, max: 256 })
const data = blob({ max: 10_485_760 })
const positive = integer({ min: 1 })
const natural = integer({ min: 0 })
const nextToken = string({ min: 1, max: 1_048_576 })
const pageSize = integer({ min: 1, max: 10_000 })
const tagKey = string({ min: 1, max: 128 })
const tags = map(tagKey, string({ min: 0, max: 256 }), { min: 1, max: 200 })
const tagKeys = list(tagKey, { min: 1, max: 50 })
const maxRecordKiB = integer({ min: 1024, max: 10_240 })
const encryptionType = string({ enum: ['NONE', 'KMS'] })
const keyId = string({ min: 1, max: 2048 })
/** In the order in which the service names them. */
const iteratorTypes = [
  'AFTER_SEQUENCE_NUMBER',
  'LATEST',
  'AT_TIMESTAMP',
  'AT_SEQUENCE_NUMBER',
  'TRIM_HORIZON',
] as const
const streamMode = structure({ StreamMode: required(string({ enum: ['PROVISIONED', 'ON_DEMAND'] })) })
const metricNames = list(
  string({
    enum: [
      'IncomingBytes',
      'IncomingRecords',
      'OutgoingBytes',
      'OutgoingRecords',
      'WriteProvisionedThroughputExceeded',
      'ReadProvisionedThroughputExceeded',
      'IteratorAgeMilliseconds',
      'ALL',
    ],
  }),
  { min: 1, max: 7 },
)

/** A stream by name, ARN or both. */
const stream = { StreamName: streamName, StreamARN: streamArn, StreamId: streamId }
const streamByArn = { StreamARN: required(streamArn), StreamId: streamId }
const resource = { ResourceARN: required(resourceArn), StreamId: streamId }
const consumer = {
  ConsumerARN: consumerArn,
  ConsumerName: consumerName,
  StreamARN: streamArn,
  StreamId: streamId,
}
const monitoring = structure({ ShardLevelMetrics: required(metricNames), ...stream })
const retention = structure({ RetentionPeriodHours: required(integer()), ...stream })
const encryption = structure({
  EncryptionType: required(encryptionType),
  KeyId: required(keyId),
  ...stream,
})

export const inputShapes = {
  AddTagsToStream: structure({ Tags: required(tags), ...stream }),
  CreateStream: structure({
    ShardCount: positive,
    StreamName: required(streamName),
    StreamModeDetails: streamMode,
    Tags: tags,
    WarmThroughputMiBps: natural,
    MaxRecordSizeInKiB: maxRecordKiB,
  }),
  DecreaseStreamRetentionPeriod: retention,
  DeleteResourcePolicy: structure(resource),
  DeleteStream: structure({ EnforceConsumerDeletion: boolean(), ...stream }),
  DeregisterStreamConsumer: structure(consumer),
  DescribeAccountSettings: structure({}),
  DescribeLimits: structure({}),
  DescribeStream: structure({
    Limit: pageSize,
    ExclusiveStartShardId: shardId,
    ...stream,
  }),
  DescribeStreamConsumer: structure(consumer),
  DescribeStreamSummary: structure(stream),
  DisableEnhancedMonitoring: monitoring,
  EnableEnhancedMonitoring: monitoring,
  GetRecords: structure({
    Limit: pageSize,
    ShardIterator: required(string({ min: 1, max: 512 })),
    StreamARN: streamArn,
    StreamId: streamId,
  }),
  GetResourcePolicy: structure(resource),
  GetShardIterator: structure({
    ShardId: required(shardId),
    ShardIteratorType: required(string({ enum: iteratorTypes })),
    StartingSequenceNumber: sequenceNumber,
    ...stream,
    Timestamp: timestamp(),
  }),
  IncreaseStreamRetentionPeriod: retention,
  ListShards: structure({
    MaxResults: pageSize,
    ExclusiveStartShardId: shardId,
    ...stream,
    NextToken: nextToken,
    StreamCreationTimestamp: timestamp(),
    ShardFilter: structure({
      Type: required(
        string({
          enum: [
            'AFTER_SHARD_ID',
            'AT_TRIM_HORIZON',
            'FROM_TRIM_HORIZON',
            'AT_LATEST',
            'AT_TIMESTAMP',
            'FROM_TIMESTAMP',
          ],
        }),
      ),
      ShardId: shardId,
      Timestamp: timestamp(),
    }),
  }),
  ListStreamConsumers: structure({
    StreamARN: required(streamArn),
    NextToken: nextToken,
    MaxResults: pageSize,
    StreamCreationTimestamp: timestamp(),
    StreamId: streamId,
  }),
  ListStreams: structure({
    Limit: pageSize,
    ExclusiveStartStreamName: streamName,
    NextToken: nextToken,
  }),
  ListTagsForResource: structure(resource),
  ListTagsForStream: structure({
    Limit: integer({ min: 1, max: 50 }),
    ExclusiveStartTagKey: tagKey,
    ...stream,
  }),
  MergeShards: structure({
    ShardToMerge: required(shardId),
    AdjacentShardToMerge: required(shardId),
    ...stream,
  }),
  PutRecord: structure({
    SequenceNumberForOrdering: sequenceNumber,
    PartitionKey: required(partitionKey),
    ExplicitHashKey: hashKey,
    Data: required(data),
    ...stream,
  }),
  PutRecords: structure({
    Records: required(
      list(
        structure({
          PartitionKey: required(partitionKey),
          ExplicitHashKey: hashKey,
          Data: required(data),
        }),
        { min: 1, max: 500 },
      ),
    ),
    ...stream,
  }),
  PutResourcePolicy: structure({ ...resource, Policy: required(string()) }),
  RegisterStreamConsumer: structure({
    ...streamByArn,
    ConsumerName: required(consumerName),
    Tags: tags,
  }),
  RemoveTagsFromStream: structure({ TagKeys: required(tagKeys), ...stream }),
  SplitShard: structure({
    NewStartingHashKey: required(hashKey),
    ...stream,
    ShardToSplit: required(shardId),
  }),
  StartStreamEncryption: encryption,
  StopStreamEncryption: encryption,
  SubscribeToShard: structure({
    ConsumerARN: required(consumerArn),
    ShardId: required(shardId),
    StartingPosition: required(
      structure({
        Type: required(string({ enum: iteratorTypes })),
        SequenceNumber: sequenceNumber,
        Timestamp: timestamp(),
      }),
    ),
    StreamId: streamId,
  }),
  TagResource: structure({ Tags: required(tags), ...resource }),
  UntagResource: structure({ TagKeys: required(tagKeys), ...resource }),
  UpdateAccountSettings: structure({
    MinimumThroughputBillingCommitment: required(
      structure({ Status: required(string({ enum: ['ENABLED', 'DISABLED'] })) }),
    ),
  }),
  UpdateMaxRecordSize: structure({
    MaxRecordSizeInKiB: required(maxRecordKiB),
    StreamARN: streamArn,
    StreamId: streamId,
  }),
  UpdateShardCount: structure({
    ScalingType: required(string({ enum: ['UNIFORM_SCALING'] })),
    TargetShardCount: required(positive),
    ...stream,
  }),
  UpdateStreamMode: structure({
    ...streamByArn,
    StreamModeDetails: required(streamMode),
    WarmThroughputMiBps: natural,
  }),
  UpdateStreamWarmThroughput: structure({ WarmThroughputMiBps: required(natural), ...stream }),
} as const

export type OperationName = keyof typeof inputShapes

export type InputOf<N extends OperationName> = ValueOf<(typeof inputShapes)[N]>
