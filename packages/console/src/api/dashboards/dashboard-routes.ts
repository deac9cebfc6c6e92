/** Saved charts and dashboards made of them, over HTTP. docs/console-api.md describes each page. */
import { AdminProblem, type AdminRequest, adminRoute, type Routes } from '@millrace/gateway'
import type { ConsoleOptions } from '../../console-options.ts'
import type {
  ChartAnswer,
  ChartDataAnswer,
  ChartsAnswer,
  DashboardAnswer,
  DashboardsAnswer,
} from '../../protocol/dashboards.ts'
import { answerQuery } from '../lake/answer-query.ts'
import { accessOf, needed, told } from '../lake/request-values.ts'
import { tellCaller } from '../tell-caller.ts'
import { checkChart, checkDashboard, checkDashboardFile } from './check-dashboard.ts'
import { DashboardBook } from './dashboard-book.ts'

export const chartPath = '/admin/charts'
export const dashboardPath = '/admin/dashboards'

export function dashboardRoutes({ lake, clock }: Pick<ConsoleOptions, 'lake' | 'clock'>): Routes {
  const book = new DashboardBook({ dir: lake.dir, book: lake.book, clock })
  const chartAnswer = async (chart: ChartAnswer['chart']): Promise<ChartAnswer> => {
    const sql = await book.sqlOf(chart)
    return { chart, ...(sql === undefined ? {} : { sql }) }
  }
  const dashboardAnswer = async (dashboard: DashboardAnswer['dashboard']): Promise<DashboardAnswer> => {
    const names = new Set(dashboard.tiles.map(({ chart }) => chart))
    return { dashboard, charts: (await book.charts()).filter(({ name }) => names.has(name)) }
  }
  const data = async (request: AdminRequest): Promise<ChartDataAnswer> => {
    const chart = await book.chart(nameOf(request.query.get('name')))
    const sql = await book.sqlOf(chart)
    if (sql === undefined)
      throw new AdminProblem(
        'DASHBOARD_INVALID',
        `The saved query that chart "${chart.name}" stands on is gone. Save it again, or give the chart a statement of its own.`,
      )
    const { caller, signal } = request
    const answer = await answerQuery(lake.quietQuery, clock, {
      sql,
      limit: chart.rows,
      options: {
        signal,
        ...(chart.database === undefined ? {} : { database: chart.database }),
        ...(caller === undefined ? {} : { access: accessOf(request) }),
      },
    })
    return { ...answer, version: chart.version }
  }
  const list = async (): Promise<DashboardsAnswer> => ({
    dashboards: (await book.dashboards()).map(({ name, title, tiles, updatedAt }) => ({
      name,
      title,
      charts: tiles.length,
      updatedAt,
    })),
  })
  const read = (handler: (request: AdminRequest) => unknown) =>
    adminRoute('millrace:ReadDashboards', toldHere(handler))
  const change = (handler: (request: AdminRequest) => unknown) =>
    adminRoute('millrace:ChangeDashboards', toldHere(handler))
  return new Map([
    [chartPath, read(async (): Promise<ChartsAnswer> => ({ charts: await book.charts() }))],
    [
      `${chartPath}/chart`,
      read(async ({ query }) => chartAnswer(await book.chart(nameOf(query.get('name'))))),
    ],
    [`${chartPath}/data`, adminRoute('millrace:RunQuery', toldHere(told(data)))],
    [
      `POST ${chartPath}`,
      change(async ({ body }) =>
        chartAnswer(await book.saveChart(checkChart(body.chart), versionOf(body.version))),
      ),
    ],
    [
      `POST ${chartPath}/remove`,
      change(async ({ body }) => {
        const name = nameOf(body.name)
        await book.removeChart(name, versionOf(body.version))
        return { removed: name }
      }),
    ],
    [dashboardPath, read(list)],
    [
      `${dashboardPath}/dashboard`,
      read(async ({ query }) => dashboardAnswer(await book.dashboard(nameOf(query.get('name'))))),
    ],
    [
      `POST ${dashboardPath}`,
      change(async ({ body }) =>
        dashboardAnswer(await book.saveDashboard(checkDashboard(body.dashboard), versionOf(body.version))),
      ),
    ],
    [
      `POST ${dashboardPath}/remove`,
      change(async ({ body }) => {
        const name = nameOf(body.name)
        await book.removeDashboard(name, versionOf(body.version))
        return { removed: name }
      }),
    ],
    [`${dashboardPath}/export`, read(({ query }) => book.export(nameOf(query.get('name'))))],
    [
      `POST ${dashboardPath}/import`,
      change(({ body }) => book.import(checkDashboardFile(body.file), { replace: body.replace === true })),
    ],
  ])
}

const statuses: Readonly<Record<string, number>> = {
  DASHBOARD_UNKNOWN: 404,
  DASHBOARD_CHANGED: 409,
  DASHBOARD_IN_USE: 409,
  DASHBOARD_INVALID: 400,
}

const toldHere = tellCaller((code) => statuses[code])

function nameOf(value: unknown): string {
  return needed('name', value)
}

function versionOf(value: unknown): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  throw new AdminProblem(
    'VALUE_MISSING',
    '"version" is needed: that which the change was made of, or 0 for what is to be new.',
  )
}
