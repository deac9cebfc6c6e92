import { describe, expect, it } from 'vitest'
import type { MetricSeries, PointSeries } from '../../../../src/protocol/metrics.ts'
import { groupByChart, groupByThing } from './metric-groups.ts'
import { overviewIds } from './overview.ts'
import { wholeMinutes } from './whole-minutes.ts'

const series = (metric: string, thing: string, more: Partial<MetricSeries> = {}): MetricSeries => ({
  id: `${metric} ${thing}`,
  namespace: 'AWS/Kinesis',
  metric,
  dimensions: [['StreamName', thing]],
  unit: 'Count',
  level: 'stream',
  kind: 'sum',
  last: { at: 0, value: 1 },
  ...more,
})
const points = (metric: string, thing: string, more: Partial<PointSeries> = {}): PointSeries => ({
  ...series(metric, thing),
  statistic: 'Sum',
  values: [],
  ...more,
})

describe('what is shown before anything is chosen', () => {
  it('is of each question the busiest things, in the order of the questions, and nothing without observations', () => {
    const { last: _, ...silent } = series('IncomingRecords', 'silent')
    const many = Array.from({ length: 9 }, (_none, i) =>
      series('IncomingRecords', `s${i}`, { last: { at: 0, value: i } }),
    )
    const age = series('IteratorAge', 'save', { level: 'function' })
    expect(overviewIds([age, silent, ...many, series('Unknown', 'x')])).toEqual([
      ...[8, 7, 6, 5, 4, 3].map((i) => `IncomingRecords s${i}`),
      'IteratorAge save',
    ])
  })
})

describe('groups', () => {
  it('of the list are things', () => {
    const groups = groupByThing([series('A', 'orders'), series('B', 'orders'), series('A', 'items')])
    expect(
      groups.map(({ kind, thing, series: of }) => [kind, thing, of.map(({ metric }) => metric)]),
    ).toEqual([
      ['Stream', 'orders', ['A', 'B']],
      ['Stream', 'items', ['A']],
    ])
  })

  it('of a chart are one metric under one unit, with a name for each line', () => {
    const charts = groupByChart([
      points('IncomingBytes', 'orders'),
      points('Latency', 'orders', { unit: 'Milliseconds', statistic: 'Average' }),
      points('IncomingBytes', 'items'),
      points('IncomingBytes', 'orders', { level: 'delivery' }),
    ])
    expect(charts.map(({ title, unit, lines }) => [title, unit, lines.map(({ name }) => name)])).toEqual([
      ['IncomingBytes, Sum', 'Count', ['orders (stream 1)', 'items', 'orders (delivery 3)']],
      ['Latency, Average', 'Milliseconds', ['orders']],
    ])
  })
})

describe('the minute that runs', () => {
  it('is shown only where nothing else is', () => {
    const times = [0, 60_000, 120_000]
    const columns = (values: (number | null)[]) => ({ times, series: [{ name: 'a', values }] })
    expect(wholeMinutes(columns([null, 5, 1]))).toEqual({
      times: [0, 60_000],
      series: [{ name: 'a', values: [null, 5] }],
    })
    expect(wholeMinutes(columns([null, null, 1]))).toEqual(columns([null, null, 1]))
    expect(wholeMinutes({ times: [], series: [] })).toEqual({ times: [], series: [] })
  })
})
