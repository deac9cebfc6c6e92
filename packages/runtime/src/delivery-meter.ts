/**
 * The port of a delivery's metrics: what its stages tell about reading, transforming and storing. Names and definitions are those
 * of AWS/Firehose. Calls are cheap and never throw.
 */
import { type MetricSums, MetricTally } from './metric-tally.ts'

export type DeliveryMetric =
  | 'DataReadFromKinesisStream.Bytes'
  | 'DataReadFromKinesisStream.Records'
  /** ms. */
  | 'KinesisMillisBehindLatest'
  | `${'DeliveryToS3' | 'BackupToS3'}.${'Bytes' | 'Records' | 'Success'}`
  | 'DeliveryToS3.ObjectCount'
  /** Seconds: age of the oldest record that is not delivered. */
  | `${'DeliveryToS3' | 'BackupToS3'}.DataFreshness`
  /** ms; 1 or 0 for each invocation. */
  | 'ExecuteProcessing.Duration'
  | 'ExecuteProcessing.Success'
  | `${'SucceedProcessing' | 'SucceedConversion' | 'FailedConversion'}.${'Bytes' | 'Records'}`
  | 'PartitionCount'
  /** 1 while records are refused, else 0. */
  | 'PartitionCountExceeded'
  | 'ActivePartitionsLimit'
  | 'JQProcessing.Duration'
  /** Bytes a second of one partition, as its object is stored. */
  | 'PerPartitionThroughput'

export interface DeliveryMeter {
  observe(metric: DeliveryMetric, value: number): void
}

export type DeliveryStatistics = MetricSums<DeliveryMetric>

/** Where nobody looks. */
export const noDeliveryMeter: DeliveryMeter = { observe: () => {} }

/** Adds up what one stage observes, until somebody takes it. */
export class DeliveryTally extends MetricTally<DeliveryMetric> implements DeliveryMeter {}
