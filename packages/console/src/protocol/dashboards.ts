/**
 * What the page and the API say to each other about saved charts and dashboards (/admin/charts, /admin/dashboards). A chart is a
 * statement over the lake and how its result is drawn; a dashboard places charts on a grid of twelve columns.
 *
 * Both have a version, one more for each change: a save says which version it is made of, and one over a newer one is refused.
 */
import type { QueryAnswer } from './lake.ts'
import type { ResultView } from './notebook.ts'

export const dashboardLimits = {
  /** Letters, digits, dashes and underscores of a name. */
  nameLength: 100,
  titleLength: 200,
  sqlLength: 100_000,
  /** Columns of the grid. */
  columns: 12,
  /** Rows of the grid that a tile may take; a row is 40 pixels high. */
  heightMin: 3,
  heightMax: 24,
  widthMin: 3,
  tiles: 60,
  /** Series that are drawn from columns. */
  valueColumns: 12,
  rowsDefault: 1_000,
  rowsMax: 10_000,
  refreshSecondsMin: 5,
  refreshSecondsMax: 86_400,
} as const

export interface Chart {
  readonly name: string
  readonly title: string
  /** A statement of its own, or else the name of a saved query. */
  readonly source: ChartSource
  /** Of names without one. */
  readonly database?: string
  readonly view: ResultView
  /** Rows of the result that are drawn. */
  readonly rows: number
  /** How often a page asks again; null: when it is opened, and when somebody asks for it. */
  readonly refreshSeconds: number | null
}
export type ChartSource =
  | { readonly kind: 'sql'; readonly sql: string }
  | { readonly kind: 'saved'; readonly query: string }

/** A chart on a dashboard. Places are in columns and rows of the grid, from 0. */
export interface Tile {
  /** Of letters, digits and dashes; unique on its dashboard. */
  readonly id: string
  readonly chart: string
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface Dashboard {
  readonly name: string
  readonly title: string
  readonly tiles: readonly Tile[]
}

/** As it is kept. */
export type Kept<T> = T & { readonly version: number; readonly updatedAt: number }

/** GET /admin/charts */
export interface ChartsAnswer {
  readonly charts: readonly Kept<Chart>[]
}
/** POST /admin/charts; `version` 0: it is to be new. POST /admin/charts/remove { name, version }. */
export interface SaveChartRequest {
  readonly chart: Chart
  readonly version: number
}
/** GET /admin/charts/chart?name=, and the answer to a save. */
export interface ChartAnswer {
  readonly chart: Kept<Chart>
  /** The statement that it stands for now. Undefined if its saved query is gone. */
  readonly sql?: string
}
/** GET /admin/charts/data?name= : its rows now. */
export interface ChartDataAnswer extends QueryAnswer {
  readonly version: number
}

/** GET /admin/dashboards */
export interface DashboardsAnswer {
  readonly dashboards: readonly {
    readonly name: string
    readonly title: string
    readonly charts: number
    readonly updatedAt: number
  }[]
}
/** POST /admin/dashboards; POST /admin/dashboards/remove { name, version }. */
export interface SaveDashboardRequest {
  readonly dashboard: Dashboard
  readonly version: number
}
/** GET /admin/dashboards/dashboard?name=, and the answer to a save. */
export interface DashboardAnswer {
  readonly dashboard: Kept<Dashboard>
  /** Those that its tiles name and that there are. */
  readonly charts: readonly Kept<Chart>[]
}

/** A dashboard with all that it needs, as a file. GET /admin/dashboards/export?name=; POST /admin/dashboards/import { file, replace }. */
export interface DashboardFile {
  readonly format: 'millrace-dashboard/1'
  readonly dashboard: Dashboard
  readonly charts: readonly Chart[]
  /** Saved queries that charts name. */
  readonly queries: readonly { readonly name: string; readonly sql: string }[]
}
export interface ImportAnswer {
  readonly dashboard: string
  readonly made: readonly string[]
  readonly replaced: readonly string[]
  readonly kept: readonly string[]
}
