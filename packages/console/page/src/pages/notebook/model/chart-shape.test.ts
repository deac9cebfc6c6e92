import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import type { CellValue, ColumnShape } from '../../../../../src/protocol/notebook.ts'
import { chartColumns, pointsMax, seriesMax, shapeChart } from './chart-shape.ts'

const time: ColumnShape = { name: 't', type: 'TIMESTAMP(3)', isNumber: false, isTime: true }
const status: ColumnShape = { name: 'status', type: 'STRING', isNumber: false, isTime: false }
const n: ColumnShape = { name: 'n', type: 'BIGINT', isNumber: true, isTime: false }
const sum: ColumnShape = { name: 'total', type: 'DECIMAL(10, 2)', isNumber: true, isTime: false }
const rowsOf = (...rows: CellValue[][]) => rows.map((values) => ({ values }))

test('without a choice time is x, numbers are y, and the one name beside them makes the series', () => {
  expect(chartColumns([status, time, n, sum], { kind: 'line' })).toEqual({
    x: 't',
    y: ['n'],
    series: 'status',
  })
  expect(chartColumns([time, n, sum], { kind: 'line' })).toEqual({
    x: 't',
    y: ['n', 'total'],
    series: undefined,
  })
  expect(chartColumns([status, n], { kind: 'bar' })).toEqual({ x: 'status', y: ['n'], series: undefined })
  expect(chartColumns([n, sum], { kind: 'line' })).toEqual({ x: 'n', y: ['total'], series: undefined })
})

test('what was chosen holds as long as the result has it', () => {
  const chosen = { kind: 'line', x: 'n', y: ['total', 'gone'], series: '' } as const
  expect(chartColumns([status, time, n, sum], chosen)).toEqual({ x: 'n', y: ['total'], series: undefined })
  expect(chartColumns([time, sum], chosen)).toEqual({ x: 't', y: ['total'], series: undefined })
})

test('without a number there is no chart', () => {
  expect(chartColumns([status, time], { kind: 'line' })).toBeUndefined()
  expect(chartColumns([], { kind: 'bar' })).toBeUndefined()
})

test('a series has a point for each of its rows, none elsewhere, and a gap for null', () => {
  const shape = shapeChart(
    [time, status, n],
    rowsOf(
      ['2026-11-21T10:00:10Z', 'ok', 3],
      ['2026-11-21T10:00:00Z', 'ok', '1.5'],
      ['2026-11-21 10:00:10.000', 'bad', null],
    ),
    { x: 't', y: ['n'], series: 'status' },
  )
  const start = Date.parse('2026-11-21T10:00:00Z')
  expect(shape.xKind).toBe('time')
  expect(shape.x).toEqual([start, start + 10_000])
  expect(shape.series).toEqual([
    { name: 'bad', values: [undefined, null] },
    { name: 'ok', values: [1.5, 3] },
  ])
})

test('categories are in the order of their first rows, and a later row of one replaces it', () => {
  const shape = shapeChart(
    [status, n, sum],
    rowsOf(['paid', 1, '2.50'], ['new', 5, null], ['paid', 7, '3']),
    {
      x: 'status',
      y: ['n', 'total'],
      series: undefined,
    },
  )
  expect(shape).toMatchObject({
    xKind: 'category',
    x: [0, 1],
    categories: ['paid', 'new'],
    series: [
      { name: 'n', values: [7, 5] },
      { name: 'total', values: [3, null] },
    ],
  })
})

test('whatever the rows are, x ascends, series have its length, and every point is the newest row of its place', () => {
  for (let seed = 1; seed <= 50; seed++) {
    const random = seededRandom(seed)
    const rows = Array.from({ length: random.below(60) }, () => ({
      values: [
        random.below(10) === 0 ? null : random.below(20),
        ['a', 'b', 'c'][random.below(3)]!,
        random.below(5) === 0 ? null : random.below(100),
      ] satisfies CellValue[],
    }))
    const k: ColumnShape = { ...n, name: 'k' }
    const shape = shapeChart([k, status, n], rows, { x: 'k', y: ['n'], series: 'status' })
    expect([...shape.x].sort((a, b) => a - b)).toEqual(shape.x)
    for (const { name, values } of shape.series) {
      expect(values).toHaveLength(shape.x.length)
      shape.x.forEach((x, i) => {
        const newest = rows.findLast(({ values: [at, series] }) => at === x && series === name)
        expect(values[i], `seed ${seed}`).toBe(newest?.values[2])
      })
    }
  }
})

test('a chart is bounded, and says what it leaves out', () => {
  const many = Array.from({ length: pointsMax + 5 }, (_none, i) => ({
    values: [i, `s${i % (seriesMax + 2)}`, i],
  }))
  const columns = [{ ...n, name: 'k' }, status, n]
  const byPoints = shapeChart(columns, many, { x: 'k', y: ['n'], series: undefined })
  expect(byPoints.x).toHaveLength(pointsMax)
  expect(byPoints.x.at(-1)).toBe(pointsMax + 4)
  expect(byPoints.leftOut).toBe('Not drawn: 5 older points.')
  const bySeries = shapeChart(columns, many, { x: 'k', y: ['n'], series: 'status' })
  expect(bySeries.series).toHaveLength(seriesMax)
  expect(bySeries.leftOut).toContain('2 more series')
})
