/**
 * Series in groups: those of one thing in the list, and those that share a chart. A chart shows one metric of several things, or
 * several metrics of one unit, since two units have no common axis.
 */
import {
  type MetricSeries,
  type PointSeries,
  type SeriesLevel,
  unitOf,
} from '../../../../src/protocol/metrics.ts'
import { thingOf } from './value-text.ts'

export interface ThingGroup {
  readonly key: string
  /** `Functions` */
  readonly kind: string
  readonly namespace: string
  /** `save` */
  readonly thing: string
  readonly series: readonly MetricSeries[]
}

const kinds: Readonly<Record<SeriesLevel, string>> = {
  stream: 'Stream',
  shard: 'Shard',
  consumer: 'Consumer',
  function: 'Function',
  table: 'Table',
  operation: 'Operation',
  delivery: 'Delivery',
  task: 'Source',
  client: 'Sent by clients',
}

/** In the order in which the API lists them. */
export function groupByThing(series: readonly MetricSeries[]): ThingGroup[] {
  const groups = new Map<string, { first: MetricSeries; series: MetricSeries[] }>()
  for (const one of series) {
    const key = JSON.stringify([one.namespace, one.level, one.dimensions])
    const known = groups.get(key)
    if (known === undefined) groups.set(key, { first: one, series: [one] })
    else known.series.push(one)
  }
  return [...groups].map(([key, { first, series: members }]) => ({
    key,
    kind: kinds[first.level],
    namespace: first.namespace,
    thing: thingOf(first),
    series: members,
  }))
}

export interface ChartGroup {
  readonly key: string
  readonly title: string
  /** What the metric counts, where the chart is of one. */
  readonly about: string | undefined
  readonly unit: string
  /** With the name that tells it from the others of the chart. */
  readonly lines: readonly { readonly name: string; readonly series: PointSeries }[]
}

export function groupByChart(series: readonly PointSeries[]): ChartGroup[] {
  const charts = new Map<string, PointSeries[]>()
  for (const one of series) {
    const key = `${one.metric} ${unitOf(one, one.statistic)}`
    charts.set(key, [...(charts.get(key) ?? []), one])
  }
  return [...charts].map(([key, members]) => chartOf(key, members))
}

function chartOf(key: string, series: readonly PointSeries[]): ChartGroup {
  const [first] = series
  const names = series.map(thingOf)
  return {
    key,
    title: first === undefined ? '' : `${first.metric}, ${first.statistic}`,
    about: first?.definition,
    unit: first === undefined ? 'None' : unitOf(first, first.statistic),
    lines: series.map((one, i) => ({ name: uniqueName(names, i, one), series: one })),
  }
}

/** A stream and a delivery may have one name, and a chart no two series of one. */
function uniqueName(names: readonly string[], at: number, { namespace, level }: PointSeries): string {
  const name = names[at] ?? ''
  const isAlone = names.indexOf(name) === at && names.lastIndexOf(name) === at
  return isAlone ? name : `${name} (${level === 'client' ? namespace : level} ${at + 1})`
}
