/**
 * What the catalogue says about a metric.
 *
 * `kind` says what an observation is, and so which statistic answers a question:
 *   sum       an amount that adds up: bytes, records, throttles. Watch the sum.
 *   success   1 for a good call, 0 for a failed one. The average is the share of good calls.
 *   duration  how long a call took. Watch average and maximum.
 *   level     a state as it was seen: ages and lags. Watch the maximum; sums mean nothing.
 */
export type MetricUnit = 'Bytes' | 'Count' | 'Milliseconds' | 'Seconds' | 'Bytes/Second' | 'Count/Second'
export type MetricKind = 'sum' | 'success' | 'duration' | 'level'
/**
 * What a series is about: a stream, one of its shards or registered consumers, a function, a table, an operation on one, a delivery,
 * a source that follows a database (a replication task of DMS).
 */
export type MetricLevel =
  | 'stream'
  | 'shard'
  | 'consumer'
  | 'function'
  | 'table'
  | 'operation'
  | 'delivery'
  | 'task'

export interface MetricDefinition {
  readonly unit: MetricUnit
  readonly kind: MetricKind
  readonly levels: readonly MetricLevel[]
  /** A sentence part in plain characters, without a full stop. */
  readonly definition: string
}
