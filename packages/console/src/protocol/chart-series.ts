/**
 * From a result's rows to what a chart draws: which column is x, which are values, and one series for each value of a third column where
 * one is named. Values of a result are texts as DuckDB prints them. Pure.
 */
import { dashboardLimits } from './dashboards.ts'
import type { ColumnShape, ResultView } from './notebook.ts'

export interface ChartSeries {
  readonly xKind: 'time' | 'number' | 'category'
  /** Of `time` ms since 1970; of `category` the place in `categories`. */
  readonly x: readonly number[]
  readonly categories?: readonly string[]
  readonly series: readonly { readonly name: string; readonly values: readonly (number | null)[] }[]
  /** What is not drawn, as a sentence. */
  readonly note?: string
}

type Row = readonly (string | null)[]

const seriesMax = 12
const categoriesMax = 200

/** How a result is drawn as long as nobody has chosen: by time where it has one, else as bars by its first text; or as a table. */
export function suggestView(columns: readonly ColumnShape[]): ResultView {
  const time = columns.find(({ isTime }) => isTime)
  const x = time ?? columns.find(({ isNumber }) => !isNumber) ?? columns[0]
  const y = columns.filter((column) => column.isNumber && column !== x).map(({ name }) => name)
  if (x === undefined || y.length === 0) return { kind: 'table' }
  const texts = columns.filter(({ isNumber, isTime }) => !isNumber && !isTime)
  const series = time !== undefined && texts.length === 1 && y.length === 1 ? texts[0]?.name : undefined
  return {
    kind: time === undefined && !x.isNumber ? 'bar' : 'line',
    x: x.name,
    y: y.slice(0, dashboardLimits.valueColumns),
    ...(series === undefined ? {} : { series }),
  }
}

/** Or why there is nothing to draw, as a sentence with a next step. */
export function chartSeries(
  columns: readonly ColumnShape[],
  rows: readonly Row[],
  view: ResultView,
): ChartSeries | { readonly problem: string } {
  const { x: xName, y: yNames = [], series: seriesName } = withDefaults(view, columns)
  const missing = [xName, ...yNames, seriesName].find(
    (name) => name !== undefined && !columns.some((column) => column.name === name),
  )
  if (missing !== undefined)
    return {
      problem: `The result has no column "${missing}" (any more). It has ${columns.map(({ name }) => name).join(', ')}: choose one of them.`,
    }
  const at = (name: string | undefined): number => columns.findIndex((column) => column.name === name)
  const xAt = at(xName)
  const xColumn = columns[xAt]
  if (xColumn === undefined || yNames.length === 0)
    return { problem: 'No column of the result is a number. Choose the table, or select a count or a sum.' }
  const xKind = xColumn.isTime ? 'time' : xColumn.isNumber && view.kind !== 'bar' ? 'number' : 'category'
  const axis = axisOf(
    rows.map((row) => row[xAt] ?? null),
    xKind,
  )
  const lines = linesOf(rows, axis.places, {
    length: axis.x.length,
    values: yNames.map((name) => ({ name, at: at(name) })),
    series: seriesName === undefined ? undefined : at(seriesName),
  })
  const notes = [
    ...(axis.left > 0 ? [`${axis.left} rows have no place on the x axis and are not drawn.`] : []),
    ...(lines.left > 0 ? [`${lines.left} more series are not drawn.`] : []),
  ]
  return {
    xKind,
    x: axis.x,
    ...(axis.categories === undefined ? {} : { categories: axis.categories }),
    series: lines.series,
    ...(notes.length === 0 ? {} : { note: notes.join(' ') }),
  }
}

function withDefaults(view: ResultView, columns: readonly ColumnShape[]): ResultView {
  const suggested = suggestView(columns)
  const x = view.x ?? suggested.x
  const y = view.y ?? columns.filter(({ isNumber, name }) => isNumber && name !== x).map(({ name }) => name)
  return { ...view, y: y.slice(0, dashboardLimits.valueColumns), ...(x === undefined ? {} : { x }) }
}

interface Axis {
  readonly x: readonly number[]
  readonly categories?: readonly string[]
  /** Of each row its place in `x`; -1: none. */
  readonly places: readonly number[]
  /** Rows without a place. */
  readonly left: number
}

/** Times and numbers in their order, categories in that of the rows. */
function axisOf(values: readonly (string | null)[], kind: ChartSeries['xKind']): Axis {
  if (kind === 'category') {
    const known = new Map<string, number>()
    const places = values.map((value) => {
      const name = value ?? 'NULL'
      const place = known.get(name)
      if (place !== undefined) return place
      if (known.size === categoriesMax) return -1
      known.set(name, known.size)
      return known.size - 1
    })
    const categories = [...known.keys()]
    return {
      x: categories.map((_, i) => i),
      categories,
      places,
      left: places.filter((place) => place < 0).length,
    }
  }
  const parsed = values.map((value) =>
    value === null ? undefined : kind === 'time' ? timeOf(value) : numberOf(value),
  )
  const x = [...new Set(parsed.filter((value) => value !== undefined))].sort((a, b) => a - b)
  const placeOf = new Map(x.map((value, i) => [value, i]))
  const places = parsed.map((value) => (value === undefined ? -1 : (placeOf.get(value) ?? -1)))
  return { x, places, left: places.filter((place) => place < 0).length }
}

/** Of several rows with one place and series the last one counts. */
function linesOf(
  rows: readonly Row[],
  places: readonly number[],
  {
    length,
    values,
    series,
  }: {
    readonly length: number
    readonly values: readonly { readonly name: string; readonly at: number }[]
    readonly series: number | undefined
  },
): { readonly series: ChartSeries['series']; readonly left: number } {
  const lines = new Map<string, (number | null)[]>()
  const left = new Set<string>()
  rows.forEach((row, i) => {
    const place = places[i] ?? -1
    if (place < 0) return
    for (const value of values) {
      const of = series === undefined ? undefined : (row[series] ?? 'NULL')
      const name = of === undefined ? value.name : values.length === 1 ? of : `${of} ${value.name}`
      let line = lines.get(name)
      if (line === undefined) {
        if (lines.size === seriesMax) {
          left.add(name)
          continue
        }
        line = Array.from({ length }, () => null)
        lines.set(name, line)
      }
      const text = row[value.at] ?? null
      line[place] = text === null ? null : (numberOf(text) ?? null)
    }
  })
  return { series: [...lines].map(([name, line]) => ({ name, values: line })), left: left.size }
}

function numberOf(text: string): number | undefined {
  const value = Number(text)
  return text.trim() !== '' && Number.isFinite(value) ? value : undefined
}

/** `2026-11-21`, `2026-11-21 10:00:00.5`, `2026-11-21 10:00:00+00`: without a zone it is UTC. */
export function timeOf(text: string): number | undefined {
  const [, day, time = '00:00:00', zone = ''] =
    /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d(?:\.\d+)?))?(Z|[+-]\d\d(?::?\d\d)?)?$/.exec(text) ?? []
  if (day === undefined) return undefined
  const offset = zone === '' || zone === 'Z' ? 'Z' : zone.length === 3 ? `${zone}:00` : zone
  // More digits than milliseconds would not be read by every browser.
  const value = Date.parse(`${day}T${time.slice(0, 12)}${offset}`)
  return Number.isNaN(value) ? undefined : value
}
