/** What a chart draws of a result: each number at its place, and words where there is nothing to draw. */
import { expect, test } from 'vitest'
import { chartSeries, suggestView, timeOf } from './chart-series.ts'
import type { ColumnShape } from './notebook.ts'

const number = (name: string): ColumnShape => ({ name, type: 'BIGINT', isNumber: true, isTime: false })
const text = (name: string): ColumnShape => ({ name, type: 'VARCHAR', isNumber: false, isTime: false })
const time = (name: string): ColumnShape => ({ name, type: 'TIMESTAMP', isNumber: false, isTime: true })

test.each([
  [
    [text('promotion'), number('clicks'), number('orders')],
    { kind: 'bar', x: 'promotion', y: ['clicks', 'orders'] },
  ],
  [[number('total'), time('at')], { kind: 'line', x: 'at', y: ['total'] }],
  [[time('at'), text('shop'), number('total')], { kind: 'line', x: 'at', y: ['total'], series: 'shop' }],
  [[number('n'), number('square')], { kind: 'line', x: 'n', y: ['square'] }],
  [[text('a'), text('b')], { kind: 'table' }],
  [[], { kind: 'table' }],
] as const)('%j is drawn as %j', (columns, view) => {
  expect(suggestView(columns)).toEqual(view)
})

test('one series for each value of a column, over times in their order, with gaps where a row is missing', () => {
  const rows = [
    ['2026-11-21 10:01:00', 'b', '4'],
    ['2026-11-21 10:00:00', 'a', '1.5'],
    ['2026-11-21 10:01:00', 'a', null],
    [null, 'a', '9'],
  ]
  const columns = [time('at'), text('shop'), number('total')]
  const at = Date.UTC(2026, 10, 21, 10)
  expect(chartSeries(columns, rows, suggestView(columns))).toEqual({
    xKind: 'time',
    x: [at, at + 60_000],
    series: [
      { name: 'b', values: [null, 4] },
      { name: 'a', values: [1.5, null] },
    ],
    note: '1 rows have no place on the x axis and are not drawn.',
  })
})

test('bars stand in the order of the rows, also over numbers', () => {
  const columns = [number('class'), number('racers')]
  const rows = [
    ['6', '4'],
    ['1', '9'],
  ]
  expect(chartSeries(columns, rows, { kind: 'bar', x: 'class', y: ['racers'] })).toEqual({
    xKind: 'category',
    x: [0, 1],
    categories: ['6', '1'],
    series: [{ name: 'racers', values: [4, 9] }],
  })
  expect(chartSeries(columns, rows, { kind: 'line', x: 'class', y: ['racers'] })).toMatchObject({
    xKind: 'number',
    x: [1, 6],
    series: [{ name: 'racers', values: [9, 4] }],
  })
})

test('a column that the result has not any more is named, and a result without numbers says what to do', () => {
  expect(chartSeries([text('a'), number('n')], [], { kind: 'line', x: 'at', y: ['n'] })).toEqual({
    problem: 'The result has no column "at" (any more). It has a, n: choose one of them.',
  })
  expect(chartSeries([text('a')], [['x']], { kind: 'line' })).toEqual({
    problem: expect.stringContaining('No column of the result is a number'),
  })
})

test('of many series the first twelve are drawn, and the rest is told', () => {
  const rows = Array.from({ length: 40 }, (_, i) => ['2026-11-21', `s${i}`, '1'])
  const drawn = chartSeries([time('at'), text('s'), number('n')], rows, { kind: 'line', series: 's' })
  expect(drawn).toMatchObject({ note: '28 more series are not drawn.' })
  expect('series' in drawn && drawn.series.map(({ name }) => name)).toEqual(
    rows.slice(0, 12).map((row) => row[1]),
  )
})

test.each([
  ['2026-11-21', Date.UTC(2026, 10, 21)],
  ['2026-11-21 10:00:00.123456', Date.UTC(2026, 10, 21, 10, 0, 0, 123)],
  ['2026-11-21 10:00:00+01', Date.UTC(2026, 10, 21, 9)],
  ['2026-11-21T10:00:00-05:30', Date.UTC(2026, 10, 21, 15, 30)],
  ['infinity', undefined],
  ['0044-03-15 (BC)', undefined],
  ['10:00:00', undefined],
])('%s is %s', (value, ms) => {
  expect(timeOf(value)).toBe(ms)
})
