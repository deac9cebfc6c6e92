/**
 * Where the gateway says what it does, under the metric names that AWS gives them (`IncomingRecords`,
 * `GetRecords.IteratorAgeMilliseconds`, ...). A handle is looked up once and then costs a few additions per observation.
 */
export interface MetricDimensions {
  readonly stream: string
  /** Shard id, for shard-level metrics. */
  readonly shard?: string
  readonly consumer?: string
}

export interface MetricHandle {
  /** One observation. Sum, count, minimum and maximum of each minute are kept. Unit: that of the metric's name. */
  observe(value: number): void
}

export interface Meter {
  /** The same handle for the same name and dimensions. */
  metric(name: string, dimensions: MetricDimensions): MetricHandle
}

/** Keeps nothing. */
export const silentMeter: Meter = { metric: () => ({ observe: () => {} }) }
