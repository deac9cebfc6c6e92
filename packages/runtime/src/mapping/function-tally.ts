/**
 * The meter of a function stage: adds up what happens, under AWS's names, until somebody takes it. A worker thread takes it
 * every few hundred milliseconds and says it to the supervisor, so an invocation costs a few additions.
 *
 * Errors is 1 or 0 for each invocation, so that its average is the error rate. How many run at once is looked at as each
 * invocation ends, which leaves those out that were refused.
 */
import type { FunctionMeter } from './function-meter.ts'

export type FunctionMetric =
  | 'Invocations'
  | 'Errors'
  | 'Throttles'
  | 'Duration'
  | 'ConcurrentExecutions'
  | 'IteratorAge'
  | 'DeadLetterErrors'
  | 'DestinationDeliveryFailures'

/** Some observations of one metric; count is at least 1. */
export interface MetricSum {
  sum: number
  count: number
  min: number
  max: number
}

/** Observations since the last time; metrics without any are left out. */
export type FunctionStatistics = { readonly [Metric in FunctionMetric]?: Readonly<MetricSum> }

export class FunctionTally implements FunctionMeter {
  private sums: { [Metric in FunctionMetric]?: MetricSum } = {}
  private running = 0
  private changed = false

  started(ageMs: number | undefined): void {
    this.running++
    // Clocks of one machine may step back.
    if (ageMs !== undefined) this.observe('IteratorAge', Math.max(0, ageMs))
  }

  ended(durationMs: number, failed: boolean): void {
    this.observe('Invocations', 1)
    this.observe('Errors', failed ? 1 : 0)
    this.observe('Duration', Math.max(0, durationMs))
    this.observe('ConcurrentExecutions', this.running)
    this.running--
  }

  throttled(): void {
    this.running--
    this.observe('Throttles', 1)
  }

  deadLetterFailed(): void {
    this.observe('DeadLetterErrors', 1)
  }

  destinationFailed(): void {
    this.observe('DestinationDeliveryFailures', 1)
  }

  /** What has not been taken yet; undefined if there is nothing. */
  take(): FunctionStatistics | undefined {
    if (!this.changed) return undefined
    const taken = this.sums
    this.sums = {}
    this.changed = false
    return taken
  }

  private observe(metric: FunctionMetric, value: number): void {
    this.changed = true
    const sum = this.sums[metric]
    if (sum === undefined) {
      this.sums[metric] = { sum: value, count: 1, min: value, max: value }
      return
    }
    sum.sum += value
    sum.count++
    if (value < sum.min) sum.min = value
    if (value > sum.max) sum.max = value
  }
}
