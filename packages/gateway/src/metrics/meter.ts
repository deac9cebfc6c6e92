/**
 * Where the gateway says what it does, under the metric names that AWS gives them (`IncomingRecords`,
 * `GetRecords.IteratorAgeMilliseconds`, ...). A handle is looked up once and then costs a few additions per observation.
 */
import type { MetricName } from './metric-catalogue.ts'

export type MetricDimensions =
  | StreamDimensions
  | FunctionDimensions
  | TableDimensions
  | DeliveryDimensions
  | TaskDimensions

export interface StreamDimensions {
  readonly stream: string
  /** Shard id, for shard-level metrics. */
  readonly shard?: string
  /** Name of the registered consumer, for fan-out metrics; these have no shard. */
  readonly consumer?: string
  readonly function?: undefined
  readonly table?: undefined
  readonly operation?: undefined
  readonly delivery?: undefined
  readonly task?: undefined
}

export interface FunctionDimensions {
  readonly function: string
  readonly stream?: undefined
  readonly shard?: undefined
  readonly consumer?: undefined
  readonly table?: undefined
  readonly operation?: undefined
  readonly delivery?: undefined
  readonly task?: undefined
}

export interface TableDimensions {
  readonly table: string
  /** For metrics of single operations. */
  readonly operation?: string
  readonly stream?: undefined
  readonly shard?: undefined
  readonly consumer?: undefined
  readonly function?: undefined
  readonly delivery?: undefined
  readonly task?: undefined
}

/** A delivery stream of Firehose. */
export interface DeliveryDimensions {
  readonly delivery: string
  readonly stream?: undefined
  readonly shard?: undefined
  readonly consumer?: undefined
  readonly function?: undefined
  readonly table?: undefined
  readonly operation?: undefined
  readonly task?: undefined
}

/** A source that follows a database. */
export interface TaskDimensions {
  readonly task: string
  readonly stream?: undefined
  readonly shard?: undefined
  readonly consumer?: undefined
  readonly function?: undefined
  readonly table?: undefined
  readonly operation?: undefined
  readonly delivery?: undefined
}

export interface MetricHandle {
  /** One observation, finite. Sum, count, minimum and maximum of each minute are kept. Unit: that of the metric. */
  observe(value: number): void
}

export interface Meter {
  /**
   * The same handle for the same name and dimensions. The caller names a level that the catalogue has for the metric, and
   * records shard-level metrics only while the stream has them enabled; anything else is a fault of ours and throws.
   */
  metric(name: MetricName, dimensions: MetricDimensions): MetricHandle
}

/** Keeps nothing. */
export const silentMeter: Meter = { metric: () => ({ observe: () => {} }) }
