/**
 * Rows of a result as a chart: which columns it draws if nobody has chosen, and its points. Columns that are drawn are given by name;
 * those that the result has no longer are as if nobody had chosen.
 *
 * One point for each value of x, in order; where a series has several rows of one x the newest counts. A null is a gap; an x that a
 * series has no row of is none, so that series with times of their own stay lines. Bounded: the newest points, the first series.
 */
import type { CellValue, ColumnShape, ResultView } from '../../../../../src/protocol/notebook.ts'

export interface ChartColumns {
  readonly x: string
  readonly y: readonly string[]
  readonly series: string | undefined
}

export interface ChartShape {
  readonly xKind: 'time' | 'number' | 'category'
  readonly x: readonly number[]
  readonly categories: readonly string[]
  readonly series: readonly {
    readonly name: string
    readonly values: readonly (number | null | undefined)[]
  }[]
  /** What was left out, in words; undefined: nothing. */
  readonly leftOut: string | undefined
}

export const pointsMax = 1_000
export const seriesMax = 12
/** Columns that are drawn if nobody has chosen, of several series one: more would be a tangle. */
const defaultLinesMax = 3

/** Undefined: no column is a number, so there is nothing to draw. */
export function chartColumns(columns: readonly ColumnShape[], view: ResultView): ChartColumns | undefined {
  const names = new Set(columns.map(({ name }) => name))
  const numbers = columns.filter(({ isNumber }) => isNumber)
  const chosenX = view.x !== undefined && names.has(view.x) ? view.x : undefined
  const chosenY = (view.y ?? []).filter((name) => names.has(name))
  const others = columns.filter(({ isNumber, isTime }) => !isNumber && !isTime)
  const x =
    chosenX ??
    columns.find(({ isTime }) => isTime)?.name ??
    others[0]?.name ??
    columns.find(({ name }) => !chosenY.includes(name))?.name
  if (x === undefined) return undefined
  const series = seriesColumn(columns, view, x, names)
  const linesMax = series === undefined ? defaultLinesMax : 1
  const drawn = numbers.flatMap(({ name }) => (name === x ? [] : [name])).slice(0, linesMax)
  const y = chosenY.length > 0 ? chosenY : drawn
  return y.length === 0 ? undefined : { x, y, series }
}

/** A chosen one; '' is chosen to be none. Else the one column that can only be a name beside x. */
function seriesColumn(
  columns: readonly ColumnShape[],
  { series }: ResultView,
  x: string,
  names: ReadonlySet<string>,
): string | undefined {
  if (series === '') return undefined
  if (series !== undefined && names.has(series)) return series === x ? undefined : series
  const rest = columns.filter(({ name, isNumber, isTime }) => !isNumber && !isTime && name !== x)
  return rest.length === 1 ? rest[0]?.name : undefined
}

/** `rows` in the order of their arrival. */
export function shapeChart(
  columns: readonly ColumnShape[],
  rows: readonly { readonly values: readonly CellValue[] }[],
  { x, y, series }: ChartColumns,
): ChartShape {
  const at = (name: string) => columns.findIndex((column) => column.name === name)
  const xAt = at(x)
  const xColumn = columns[xAt]
  const yAt = y.map((name) => ({ name, index: at(name) }))
  const seriesAt = series === undefined ? -1 : at(series)
  const xKind = xColumn?.isTime === true ? 'time' : xColumn?.isNumber === true ? 'number' : 'category'

  const categories = new Map<string, number>()
  const placeOf = (value: CellValue | undefined): number | undefined => {
    if (xKind === 'category') {
      const text = textOf(value)
      const known = categories.get(text)
      if (known !== undefined) return known
      categories.set(text, categories.size)
      return categories.size - 1
    }
    return xKind === 'time' ? timeOf(value) : numberOf(value)
  }

  const lines = new Map<string, Map<number, number | null>>()
  const places = new Set<number>()
  const leftSeries = new Set<string>()
  for (const { values } of rows) {
    const place = placeOf(values[xAt])
    if (place === undefined) continue
    for (const { name, index } of yAt) {
      const line = seriesAt < 0 ? name : lineName(textOf(values[seriesAt]), name, yAt.length)
      let points = lines.get(line)
      if (points === undefined) {
        if (lines.size >= seriesMax) {
          leftSeries.add(line)
          continue
        }
        points = new Map()
        lines.set(line, points)
      }
      places.add(place)
      points.set(place, numberOf(values[index]) ?? null)
    }
  }
  const ordered = [...places].sort((a, b) => a - b)
  const kept = ordered.slice(-pointsMax)
  const cut = kept[0] ?? 0
  return {
    xKind,
    x: xKind === 'category' ? kept.map((place) => place - cut) : kept,
    categories: xKind === 'category' ? [...categories.keys()].slice(cut) : [],
    series: namedLines(lines, yAt, seriesAt >= 0).map(([name, points]) => ({
      name,
      values: kept.map((place) => points.get(place)),
    })),
    leftOut: leftOutText(leftSeries.size, ordered.length - kept.length),
  }
}

/** In the order of names, so that colours stay with them; columns as they were chosen. */
function namedLines(
  lines: ReadonlyMap<string, ReadonlyMap<number, number | null>>,
  yAt: readonly { readonly name: string }[],
  isBySeries: boolean,
): (readonly [string, ReadonlyMap<number, number | null>])[] {
  if (!isBySeries) return yAt.map(({ name }) => [name, lines.get(name) ?? new Map()] as const)
  return [...lines].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

function lineName(series: string, column: string, columns: number): string {
  return columns === 1 ? series : `${series} ${column}`
}

function leftOutText(series: number, points: number): string | undefined {
  const parts = [
    ...(series > 0 ? [`${series} more series`] : []),
    ...(points > 0 ? [`${points.toLocaleString('en')} older points`] : []),
  ]
  return parts.length === 0 ? undefined : `Not drawn: ${parts.join(' and ')}.`
}

function textOf(value: CellValue | undefined): string {
  return value === null || value === undefined ? 'NULL' : String(value)
}

function timeOf(value: CellValue | undefined): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string') return undefined
  // TIMESTAMP without a zone is UTC here, as in the engine; Date.parse would take it for the zone of the browser.
  const text = value.includes('T') ? value : value.replace(' ', 'T')
  const ms = Date.parse(/(?:Z|[+-]\d\d:?\d\d)$/.test(text) || text.length <= 10 ? text : `${text}Z`)
  return Number.isNaN(ms) ? undefined : ms
}

/** Decimals and numbers beyond 2^53 come as texts. */
function numberOf(value: CellValue | undefined): number | undefined {
  if (typeof value === 'boolean') return value ? 1 : 0
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}
