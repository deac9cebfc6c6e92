/**
 * Every metric that the gateway has under AWS's names. From this one table come the names that code may observe, the help
 * and type lines of /metrics, what an alarm may name, and the table in docs/metrics.md. A name belongs to one namespace at each of its levels.
 */
import { dmsMetrics } from './dms-metrics.ts'
import { dynamodbMetrics } from './dynamodb-metrics.ts'
import { firehoseMetrics } from './firehose-metrics.ts'
import { kinesisMetrics } from './kinesis-metrics.ts'
import { lambdaMetrics } from './lambda-metrics.ts'
import type { MetricDefinition, MetricLevel } from './metric-definition.ts'

export const metricCatalogue = {
  ...kinesisMetrics,
  ...lambdaMetrics,
  ...dynamodbMetrics,
  ...firehoseMetrics,
  ...dmsMetrics,
}

export type KinesisMetric = keyof typeof kinesisMetrics
export type LambdaMetric = keyof typeof lambdaMetrics
export type DynamodbMetric = keyof typeof dynamodbMetrics
/** With those that are of streams and of deliveries. */
export type FirehoseMetric =
  | keyof typeof firehoseMetrics
  | 'IncomingBytes'
  | 'IncomingRecords'
  | 'PutRecord.Bytes'
  | 'PutRecord.Latency'
  | 'PutRecord.Success'
export type DmsMetric = keyof typeof dmsMetrics
export type MetricName = KinesisMetric | LambdaMetric | DynamodbMetric | FirehoseMetric | DmsMetric

/** The entries as plain definitions, in the order of the table. */
// Object.entries gives the table's own keys, which are exactly the members of its type: the tables are constant literals.
export const metricDefinitions = Object.entries(metricCatalogue) as unknown as ReadonlyArray<
  readonly [MetricName, MetricDefinition]
>

export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(metricCatalogue, name)
}

export function definitionOf(name: MetricName): MetricDefinition {
  return metricCatalogue[name]
}

export function namespaceOf(level: MetricLevel): string {
  if (level === 'function') return 'AWS/Lambda'
  if (level === 'delivery') return 'AWS/Firehose'
  if (level === 'task') return 'AWS/DMS'
  return level === 'table' || level === 'operation' ? 'AWS/DynamoDB' : 'AWS/Kinesis'
}
