/**
 * Charts, dashboards and files of them as callers give them, checked member by member: what comes out has these members and no others.
 * Error: DASHBOARD_INVALID, with the place of the value and what is allowed.
 */
import { ConsoleError } from '../../errors.ts'
import { doOverlap } from '../../protocol/dashboard-grid.ts'
import {
  type Chart,
  type ChartSource,
  type Dashboard,
  type DashboardFile,
  dashboardLimits as limits,
  type Tile,
} from '../../protocol/dashboards.ts'
import type { ResultView } from '../../protocol/notebook.ts'

type Fields = Readonly<Record<string, unknown>>

const kinds = ['table', 'line', 'area', 'bar'] as const

export function checkChart(value: unknown, place = 'chart'): Chart {
  const fields = fieldsOf(value, place, [
    'name',
    'title',
    'source',
    'database',
    'view',
    'rows',
    'refreshSeconds',
  ])
  const name = checkName(fields.name, `${place}.name`)
  const { refreshSeconds = null, rows = limits.rowsDefault } = fields
  return {
    name,
    title: text(fields.title ?? name, `${place}.title`, limits.titleLength),
    source: checkSource(fields.source, `${place}.source`),
    ...(fields.database === undefined
      ? {}
      : { database: text(fields.database, `${place}.database`, limits.nameLength) }),
    view: checkView(fields.view, `${place}.view`),
    rows: integer(rows, `${place}.rows`, 1, limits.rowsMax),
    refreshSeconds:
      refreshSeconds === null
        ? null
        : integer(
            refreshSeconds,
            `${place}.refreshSeconds`,
            limits.refreshSecondsMin,
            limits.refreshSecondsMax,
          ),
  }
}

function checkSource(value: unknown, place: string): ChartSource {
  const { kind, sql, query } = fieldsOf(value, place, ['kind', 'sql', 'query'])
  if (kind === 'sql') return { kind, sql: text(sql, `${place}.sql`, limits.sqlLength) }
  if (kind === 'saved') return { kind, query: checkName(query, `${place}.query`) }
  throw invalid(`${place}.kind`, kind, '"sql" or "saved"')
}

function checkView(value: unknown, place: string): ResultView {
  const { kind, x, y, series } = fieldsOf(value ?? {}, place, ['kind', 'x', 'y', 'series'])
  const known = kinds.find((each) => each === kind)
  if (known === undefined) throw invalid(`${place}.kind`, kind, kinds.join(', '))
  const column = (name: string, of: unknown) => text(of, `${place}.${name}`, limits.titleLength)
  return {
    kind: known,
    ...(x === undefined ? {} : { x: column('x', x) }),
    ...(y === undefined
      ? {}
      : { y: list(y, `${place}.y`, limits.valueColumns).map((each, i) => column(`y[${i}]`, each)) }),
    ...(series === undefined ? {} : { series: column('series', series) }),
  }
}

export function checkDashboard(value: unknown, place = 'dashboard'): Dashboard {
  const fields = fieldsOf(value, place, ['name', 'title', 'tiles'])
  const name = checkName(fields.name, `${place}.name`)
  const tiles = list(fields.tiles ?? [], `${place}.tiles`, limits.tiles).map((tile, i) =>
    checkTile(tile, `${place}.tiles[${i}]`),
  )
  tiles.forEach((tile, i) => {
    const at = `${place}.tiles[${i}]`
    const before = tiles.slice(0, i)
    if (before.some(({ id }) => id === tile.id)) throw invalid(`${at}.id`, tile.id, 'an id of its own')
    const under = before.find((other) => doOverlap(tile, other))
    if (under !== undefined) throw invalid(at, tile.id, `a place that tile "${under.id}" does not take`)
  })
  return { name, title: text(fields.title ?? name, `${place}.title`, limits.titleLength), tiles }
}

function checkTile(value: unknown, place: string): Tile {
  const fields = fieldsOf(value, place, ['id', 'chart', 'x', 'y', 'width', 'height'])
  const width = integer(fields.width, `${place}.width`, limits.widthMin, limits.columns)
  return {
    id: checkName(fields.id, `${place}.id`),
    chart: checkName(fields.chart, `${place}.chart`),
    x: integer(fields.x, `${place}.x`, 0, limits.columns - width),
    y: integer(fields.y, `${place}.y`, 0, limits.tiles * limits.heightMax),
    width,
    height: integer(fields.height, `${place}.height`, limits.heightMin, limits.heightMax),
  }
}

/** Every chart that a tile names and every saved query that a chart names has to be in the file. */
export function checkDashboardFile(value: unknown): DashboardFile {
  const { format, dashboard, charts, queries } = fieldsOf(value, 'the file', [
    'format',
    'dashboard',
    'charts',
    'queries',
  ])
  if (format !== 'millrace-dashboard/1') throw invalid('format', format, '"millrace-dashboard/1"')
  const checked = {
    format,
    dashboard: checkDashboard(dashboard),
    charts: list(charts ?? [], 'charts', limits.tiles).map((chart, i) => checkChart(chart, `charts[${i}]`)),
    queries: list(queries ?? [], 'queries', limits.tiles).map((query, i) => {
      const fields = fieldsOf(query, `queries[${i}]`, ['name', 'sql'])
      return {
        name: checkName(fields.name, `queries[${i}].name`),
        sql: text(fields.sql, `queries[${i}].sql`, limits.sqlLength),
      }
    }),
  } as const
  for (const { chart } of checked.dashboard.tiles)
    if (!checked.charts.some(({ name }) => name === chart))
      throw invalid('dashboard.tiles', chart, 'a chart of the file\'s "charts"')
  for (const { source } of checked.charts)
    if (source.kind === 'saved' && !checked.queries.some(({ name }) => name === source.query))
      throw invalid('charts', source.query, 'a saved query of the file\'s "queries"')
  return checked
}

export function checkName(value: unknown, place: string): string {
  if (typeof value === 'string' && /^[A-Za-z0-9_-]{1,100}$/.test(value)) return value
  throw invalid(place, value, '1 to 100 letters, digits, "-" and "_"')
}

function fieldsOf(value: unknown, place: string, names: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalid(place, value, 'an object')
  const unknown = Object.keys(value).find((name) => !names.includes(name))
  if (unknown !== undefined) throw invalid(place, unknown, `the members ${names.join(', ')}`)
  // An object, as was just checked.
  return value as Fields
}

function text(value: unknown, place: string, lengthMax: number): string {
  if (typeof value === 'string' && value.trim() !== '' && value.length <= lengthMax) return value
  throw invalid(place, value, `a text of 1 to ${lengthMax} characters`)
}

function integer(value: unknown, place: string, min: number, max: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value
  throw invalid(place, value, `an integer from ${min} to ${max}`)
}

function list(value: unknown, place: string, max: number): readonly unknown[] {
  if (Array.isArray(value) && value.length <= max) return value
  throw invalid(place, Array.isArray(value) ? `a list of ${value.length}` : value, `a list of ${max} at most`)
}

function invalid(place: string, value: unknown, allowed: string): ConsoleError {
  const shown = value === undefined ? 'missing' : (JSON.stringify(value) ?? String(value)).slice(0, 80)
  return new ConsoleError('DASHBOARD_INVALID', `${place} is ${shown}; allowed: ${allowed}.`)
}
