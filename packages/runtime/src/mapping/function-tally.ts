/**
 * The meter of a function stage: adds up what happens, under AWS's names, until somebody takes it. A worker thread takes it
 * every few hundred milliseconds and says it to the supervisor, so an invocation costs a few additions.
 *
 * Errors is 1 or 0 for each invocation, so that its average is the error rate. How many run at once is looked at as each
 * invocation ends, which leaves those out that were refused.
 */
import { type MetricSums, MetricTally } from '../metric-tally.ts'
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

/** Observations since the last time; metrics without any are left out. */
export type FunctionStatistics = MetricSums<FunctionMetric>

export class FunctionTally extends MetricTally<FunctionMetric> implements FunctionMeter {
  private running = 0

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
}
