/**
 * Metrics of AWS/Firehose, by DeliveryStreamName. Those of both services (IncomingBytes, IncomingRecords, PutRecord.*) are in
 * kinesis-metrics.ts, which gives them this level too. The order is that of docs/metrics.md.
 */
import type { MetricDefinition } from './metric-definition.ts'

const levels = ['delivery'] as const
const bytes = (definition: string) => ({ unit: 'Bytes', kind: 'sum', levels, definition }) as const
const count = (definition: string) => ({ unit: 'Count', kind: 'sum', levels, definition }) as const
const success = (definition: string) => ({ unit: 'Count', kind: 'success', levels, definition }) as const
const duration = (definition: string) =>
  ({ unit: 'Milliseconds', kind: 'duration', levels, definition }) as const
const seconds = (definition: string) => ({ unit: 'Seconds', kind: 'level', levels, definition }) as const
const level = (definition: string) => ({ unit: 'Count', kind: 'level', levels, definition }) as const

export const firehoseMetrics = {
  IncomingPutRequests: count('PutRecord and PutRecordBatch calls that stored something'),
  'PutRecordBatch.Bytes': bytes('bytes put by PutRecordBatch'),
  'PutRecordBatch.Latency': duration('time of a PutRecordBatch call'),
  'PutRecordBatch.Records': count('records put by PutRecordBatch'),
  'PutRecordBatch.Requests': count('PutRecordBatch calls'),
  'PutRecordBatch.Success': success(
    'PutRecordBatch calls that succeeded, with or without single entries that failed',
  ),
  'PutRecord.Requests': count('PutRecord calls'),
  ThrottledRecords: count('records that PutRecord and PutRecordBatch refused because of throttling'),
  BytesPerSecondLimit: {
    unit: 'Bytes/Second',
    kind: 'level',
    levels,
    definition: 'bytes that may be put in a second; not shown without limits',
  },
  RecordsPerSecondLimit: {
    unit: 'Count/Second',
    kind: 'level',
    levels,
    definition: 'records that may be put in a second; not shown without limits',
  },
  PutRequestsPerSecondLimit: {
    unit: 'Count/Second',
    kind: 'level',
    levels,
    definition: 'put calls that may be made in a second; not shown without limits',
  },
  'DataReadFromKinesisStream.Bytes': bytes('bytes read from the source stream'),
  'DataReadFromKinesisStream.Records': count('records read from the source stream, aggregated ones unpacked'),
  KinesisMillisBehindLatest: {
    unit: 'Milliseconds',
    kind: 'level',
    levels,
    definition: 'how far the last read is behind the tip of the source stream, 0 when caught up',
  },
  'DeliveryToS3.Bytes': bytes('bytes of the objects stored'),
  'DeliveryToS3.Records': count('records in the objects stored'),
  'DeliveryToS3.ObjectCount': count('objects stored'),
  'DeliveryToS3.Success': success('puts of objects that succeeded'),
  'DeliveryToS3.DataFreshness': seconds(
    'age of the oldest record that is not yet in an object, 0 when there is none',
  ),
  'BackupToS3.Bytes': bytes('bytes of the backup objects stored'),
  'BackupToS3.Records': count('records in the backup objects stored'),
  'BackupToS3.DataFreshness': seconds('age of the oldest record that is not yet in a backup object'),
  'BackupToS3.Success': success('puts of backup objects that succeeded'),
  'ExecuteProcessing.Duration': duration('time of an invocation of the transform function'),
  'ExecuteProcessing.Success': success('invocations of the transform function that succeeded'),
  'SucceedProcessing.Bytes': bytes('bytes of the records that the transform function took'),
  'SucceedProcessing.Records': count('records that the transform function took'),
  'SucceedConversion.Bytes': bytes('bytes of the records that were converted'),
  'SucceedConversion.Records': count('records that were converted'),
  'FailedConversion.Bytes': bytes('bytes of the records that could not be converted'),
  'FailedConversion.Records': count('records that could not be converted'),
  PartitionCount: level('partitions with records that wait for their object'),
  PartitionCountExceeded: {
    unit: 'Count',
    kind: 'level',
    levels,
    definition: '1 while more partitions are asked for than may be active, else 0',
  },
  ActivePartitionsLimit: level('partitions that may be active at once'),
  'JQProcessing.Duration': duration('time to find the partition keys of a batch of records'),
  PerPartitionThroughput: {
    unit: 'Bytes/Second',
    kind: 'level',
    levels,
    definition: 'bytes of an object by the time that its partition was buffered',
  },
} as const satisfies Record<string, MetricDefinition>
