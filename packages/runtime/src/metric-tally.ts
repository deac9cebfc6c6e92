/** Adds observations of metrics up until somebody takes them, so that an observation costs a few additions. */

/** Some observations of one metric; count is at least 1. */
export interface MetricSum {
  sum: number
  count: number
  min: number
  max: number
}

/** Observations since the last time; metrics without any are left out. */
export type MetricSums<Metric extends string> = { readonly [M in Metric]?: Readonly<MetricSum> }

export class MetricTally<Metric extends string> {
  private sums: { [M in Metric]?: MetricSum } = {}
  private changed = false

  observe(metric: Metric, value: number): void {
    this.changed = true
    const sum: MetricSum | undefined = this.sums[metric]
    if (sum === undefined) {
      this.sums[metric] = { sum: value, count: 1, min: value, max: value }
      return
    }
    sum.sum += value
    sum.count++
    if (value < sum.min) sum.min = value
    if (value > sum.max) sum.max = value
  }

  /** What has not been taken yet; undefined if there is nothing. */
  take(): MetricSums<Metric> | undefined {
    if (!this.changed) return undefined
    const taken = this.sums
    this.sums = {}
    this.changed = false
    return taken
  }
}
