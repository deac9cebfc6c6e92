/** Minutes of series as columns for a chart: one time for each minute of the range, null where nothing was observed. */
import {
  type MetricRegistry,
  mergeSets,
  minuteMs,
  minuteOf,
  type Series,
  type StatisticSet,
  statisticOf,
} from '@millrace/gateway'
import { type PointSeries, type Statistic, usualStatistic } from '../../protocol/metrics.ts'
import { describeSeries } from './series-list.ts'

/** Of a young process not all of the range is shown, but this much at least: a chart needs some width. */
const minutesShownMin = 15

export interface MinuteRange {
  /** Both included; the last one is the running minute. */
  readonly from: number
  readonly to: number
}

export function minuteRange(registry: MetricRegistry, minutes: number): MinuteRange {
  const to = registry.minute
  const sinceStart = to - minuteOf(registry.startedAt) + 1
  return { from: to - Math.min(minutes, Math.max(sinceStart, minutesShownMin)) + 1, to }
}

export function timesOf({ from, to }: MinuteRange): number[] {
  return Array.from({ length: to - from + 1 }, (_none, i) => (from + i) * minuteMs)
}

/** `statistic` undefined: that which answers the metric's question. */
export function pointsOf(
  registry: MetricRegistry,
  series: Series,
  { range, statistic }: { readonly range: MinuteRange; readonly statistic: Statistic | undefined },
): PointSeries {
  const described = describeSeries(registry, series)
  const chosen = statistic ?? usualStatistic(described.kind)
  return { ...described, statistic: chosen, values: valuesOf([series], range, chosen) }
}

/** Of all series together, as an alarm's rule sees them. */
export function valuesOf(
  series: readonly Series[],
  { from, to }: MinuteRange,
  statistic: Statistic,
): (number | null)[] {
  const sets: (StatisticSet | undefined)[] = new Array(to - from + 1).fill(undefined)
  for (const one of series)
    for (const set of one.minutes(from, to)) sets[set.minute - from] = mergeSets(sets[set.minute - from], set)
  return sets.map((set) => (set === undefined ? null : statisticOf(set, statistic)))
}
