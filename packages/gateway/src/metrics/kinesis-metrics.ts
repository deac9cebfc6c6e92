/** The metrics of AWS/Kinesis that the gateway has, and its shard-level names. Some names are of AWS/Firehose as well. */
import type { MetricDefinition } from './metric-definition.ts'

const streamLevel = ['stream'] as const
const shardLevel = ['shard'] as const
const streamAndShardLevel = ['stream', 'shard'] as const
const consumerLevel = ['consumer'] as const
const streamAndDeliveryLevel = ['stream', 'delivery'] as const
const allPutLevels = ['stream', 'shard', 'delivery'] as const

export const kinesisMetrics = {
  IncomingBytes: {
    unit: 'Bytes',
    kind: 'sum',
    levels: allPutLevels,
    definition:
      'bytes that came: put by PutRecord, PutRecords (PutRecordBatch), or written by sources and stages of the app',
  },
  IncomingRecords: {
    unit: 'Count',
    kind: 'sum',
    levels: allPutLevels,
    definition:
      'records that came: put by PutRecord, PutRecords (PutRecordBatch), or written by sources and stages of the app',
  },
  OutgoingBytes: {
    unit: 'Bytes',
    kind: 'sum',
    levels: shardLevel,
    definition: 'bytes read from the shard by GetRecords',
  },
  OutgoingRecords: {
    unit: 'Count',
    kind: 'sum',
    levels: shardLevel,
    definition: 'records read from the shard by GetRecords',
  },
  IteratorAgeMilliseconds: {
    unit: 'Milliseconds',
    kind: 'level',
    levels: shardLevel,
    definition: 'age of the last record of a GetRecords reply of the shard, 0 when caught up',
  },
  WriteProvisionedThroughputExceeded: {
    unit: 'Count',
    kind: 'sum',
    levels: streamAndShardLevel,
    definition: 'records that PutRecord and PutRecords refused because of throttling',
  },
  ReadProvisionedThroughputExceeded: {
    unit: 'Count',
    kind: 'sum',
    levels: streamAndShardLevel,
    definition: 'GetRecords calls refused because of throttling',
  },
  'PutRecord.Bytes': {
    unit: 'Bytes',
    kind: 'sum',
    levels: streamAndDeliveryLevel,
    definition: 'bytes put by PutRecord',
  },
  'PutRecord.Latency': {
    unit: 'Milliseconds',
    kind: 'duration',
    levels: streamAndDeliveryLevel,
    definition: 'time of a PutRecord call',
  },
  'PutRecord.Success': {
    unit: 'Count',
    kind: 'success',
    levels: streamAndDeliveryLevel,
    definition: 'PutRecord calls that succeeded',
  },
  'PutRecords.Bytes': {
    unit: 'Bytes',
    kind: 'sum',
    levels: streamLevel,
    definition: 'bytes put by PutRecords',
  },
  'PutRecords.Latency': {
    unit: 'Milliseconds',
    kind: 'duration',
    levels: streamLevel,
    definition: 'time of a PutRecords call',
  },
  'PutRecords.Success': {
    unit: 'Count',
    kind: 'success',
    levels: streamLevel,
    definition: 'PutRecords calls of which at least one record was accepted',
  },
  'PutRecords.Records': {
    unit: 'Count',
    kind: 'sum',
    levels: streamLevel,
    definition: 'records accepted by PutRecords (the older name of PutRecords.SuccessfulRecords)',
  },
  'PutRecords.TotalRecords': {
    unit: 'Count',
    kind: 'sum',
    levels: streamLevel,
    definition: 'records sent by PutRecords, accepted or not',
  },
  'PutRecords.SuccessfulRecords': {
    unit: 'Count',
    kind: 'sum',
    levels: streamLevel,
    definition: 'records accepted by PutRecords',
  },
  'PutRecords.FailedRecords': {
    unit: 'Count',
    kind: 'sum',
    levels: streamLevel,
    definition: 'records of PutRecords lost to internal failures',
  },
  'PutRecords.ThrottledRecords': {
    unit: 'Count',
    kind: 'sum',
    levels: streamLevel,
    definition: 'records of PutRecords refused because of throttling',
  },
  'GetRecords.Bytes': {
    unit: 'Bytes',
    kind: 'sum',
    levels: streamLevel,
    definition: 'bytes read by GetRecords',
  },
  'GetRecords.Records': {
    unit: 'Count',
    kind: 'sum',
    levels: streamLevel,
    definition: 'records read by GetRecords',
  },
  'GetRecords.Latency': {
    unit: 'Milliseconds',
    kind: 'duration',
    levels: streamLevel,
    definition: 'time of a GetRecords call',
  },
  'GetRecords.Success': {
    unit: 'Count',
    kind: 'success',
    levels: streamLevel,
    definition: 'GetRecords calls that succeeded',
  },
  'GetRecords.IteratorAgeMilliseconds': {
    unit: 'Milliseconds',
    kind: 'level',
    levels: streamLevel,
    definition: 'age of the last record of a GetRecords reply, 0 when caught up',
  },
  CorruptRecords: {
    unit: 'Count',
    kind: 'sum',
    levels: streamLevel,
    definition:
      'records lost to damage on the disk that readers stepped over, counted by each; not a metric of AWS',
  },
  'SubscribeToShard.RateExceeded': {
    unit: 'Count',
    kind: 'sum',
    levels: consumerLevel,
    definition:
      'SubscribeToShard calls refused because of their rate or of a subscription that is still open',
  },
  'SubscribeToShard.Success': {
    unit: 'Count',
    kind: 'success',
    levels: consumerLevel,
    definition: 'SubscribeToShard calls that opened a subscription',
  },
  'SubscribeToShardEvent.Bytes': {
    unit: 'Bytes',
    kind: 'sum',
    levels: consumerLevel,
    definition: 'bytes pushed to the consumer',
  },
  'SubscribeToShardEvent.Records': {
    unit: 'Count',
    kind: 'sum',
    levels: consumerLevel,
    definition: 'records pushed to the consumer',
  },
  'SubscribeToShardEvent.MillisBehindLatest': {
    unit: 'Milliseconds',
    kind: 'level',
    levels: consumerLevel,
    definition: 'how far an event pushed to the consumer is behind the tip of its shard, 0 when caught up',
  },
  'SubscribeToShardEvent.Success': {
    unit: 'Count',
    kind: 'success',
    levels: consumerLevel,
    definition: 'events pushed to the consumer without an error',
  },
} as const satisfies Record<string, MetricDefinition>
