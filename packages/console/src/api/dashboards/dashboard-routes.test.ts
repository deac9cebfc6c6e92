/** Charts and dashboards over HTTP: saves with versions, data, files that are imported as they were exported. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  Chart,
  ChartAnswer,
  ChartDataAnswer,
  Dashboard,
  DashboardAnswer,
  DashboardFile,
  ImportAnswer,
} from '../../protocol/dashboards.ts'
import { addOrders, type OpenLakeRoutes, openLakeRoutes } from '../../testing/open-lake-routes.ts'

let api: OpenLakeRoutes
beforeAll(async () => {
  api = await openLakeRoutes()
  await addOrders(api.lake, ['2026-11-20'])
})
afterAll(() => api.close())

const chart = (name: string, change: object = {}): Chart => ({
  name,
  title: `Orders ${name}`,
  source: { kind: 'sql', sql: 'SELECT day, count(*) AS n FROM orders GROUP BY day ORDER BY day' },
  view: { kind: 'bar', x: 'day', y: ['n'] },
  rows: 1_000,
  refreshSeconds: 5,
  ...change,
})
const board = (name: string, charts: readonly string[]): Dashboard => ({
  name,
  title: 'Of the day',
  tiles: charts.map((each, i) => ({ id: `t${i}`, chart: each, x: 0, y: i * 6, width: 6, height: 6 })),
})
const saveChart = (of: Chart, version: number) =>
  api.post<ChartAnswer>('/admin/charts', { chart: of, version })
const save = (of: Dashboard, version: number) =>
  api.post<DashboardAnswer>('/admin/dashboards', { dashboard: of, version })
const refused = (status: number, code: string, message: string) => ({
  status,
  body: { error: { code, message: expect.stringContaining(message) } },
})

describe('charts and dashboards', () => {
  it('what is saved is shown, and a save over a newer version is refused', async () => {
    expect((await saveChart(chart('days'), 0)).body).toMatchObject({
      chart: { ...chart('days'), version: 1 },
    })
    expect(await saveChart(chart('days'), 0)).toMatchObject(
      refused(409, 'DASHBOARD_CHANGED', 'already, at version 1'),
    )
    expect((await saveChart(chart('days', { title: 'Days' }), 1)).body.chart).toMatchObject({
      title: 'Days',
      version: 2,
    })
    expect(await saveChart(chart('days'), 1)).toMatchObject(
      refused(409, 'DASHBOARD_CHANGED', 'at version 2 by now'),
    )
    expect((await save(board('day', ['days']), 0)).body).toMatchObject({
      dashboard: { ...board('day', ['days']), version: 1 },
      charts: [{ name: 'days', version: 2 }],
    })
    expect((await api.get('/admin/dashboards')).body).toMatchObject({
      dashboards: [{ name: 'day', charts: 1 }],
    })
    expect(await api.get('/admin/dashboards/dashboard', { name: 'dai' })).toMatchObject(
      refused(404, 'DASHBOARD_UNKNOWN', 'Did you mean "day"?'),
    )
  })

  it('its data are those of now, and not in the history', async () => {
    const data = async () => (await api.get<ChartDataAnswer>('/admin/charts/data', { name: 'days' })).body
    expect(await data()).toMatchObject({ rows: [['2026-11-20', '2']], version: 2, more: false })
    await addOrders(api.lake, ['2026-11-21'])
    expect((await data()).rows).toEqual([
      ['2026-11-20', '2'],
      ['2026-11-21', '2'],
    ])
    expect((await api.get('/admin/query/history')).body).toEqual({ queries: [] })
    await saveChart(chart('wrong', { source: { kind: 'sql', sql: 'SELECT x FROM orders' } }), 0)
    expect(await api.get('/admin/charts/data', { name: 'wrong' })).toMatchObject(
      refused(400, 'LAKE_QUERY_INVALID', 'line 1:8'),
    )
  })

  it('a chart may stand on a saved query, changes with it, and says when it is gone', async () => {
    const saved = chart('saved', { source: { kind: 'saved', query: 'of-day' } })
    expect(await saveChart(saved, 0)).toMatchObject(refused(400, 'DASHBOARD_INVALID', 'which there is not'))
    await api.lake.book.save({ name: 'of-day', sql: 'SELECT 1 AS day, 2 AS n' })
    expect((await saveChart(saved, 0)).body.sql).toBe('SELECT 1 AS day, 2 AS n')
    await api.lake.book.save({ name: 'of-day', sql: 'SELECT 1 AS day, 3 AS n' })
    expect((await api.get('/admin/charts/data', { name: 'saved' })).body).toMatchObject({
      rows: [['1', '3']],
    })
    await api.lake.book.remove('of-day')
    expect(await api.get('/admin/charts/data', { name: 'saved' })).toMatchObject(
      refused(400, 'DASHBOARD_INVALID', 'is gone'),
    )
    await api.lake.book.save({ name: 'of-day', sql: 'SELECT 1 AS day, 3 AS n' })
  })

  it('a chart on a dashboard cannot be removed; one that is taken off can', async () => {
    expect(await api.post('/admin/charts/remove', { name: 'days', version: 2 })).toMatchObject(
      refused(409, 'DASHBOARD_IN_USE', '"day"'),
    )
    expect((await save(board('day', ['saved']), 1)).status).toBe(200)
    expect(await api.post('/admin/charts/remove', { name: 'days', version: 1 })).toMatchObject({
      status: 409,
    })
    expect((await api.post('/admin/charts/remove', { name: 'days', version: 2 })).body).toEqual({
      removed: 'days',
    })
    expect(await save(board('day', ['days']), 2)).toMatchObject(
      refused(400, 'DASHBOARD_INVALID', 'which there is not'),
    )
  })

  it('a dashboard is imported as it was exported, also twice, and never over another without being told to', async () => {
    const file = (await api.get<DashboardFile>('/admin/dashboards/export', { name: 'day' })).body
    expect(file).toMatchObject({
      format: 'millrace-dashboard/1',
      dashboard: { name: 'day' },
      charts: [{ name: 'saved' }],
      queries: [{ name: 'of-day', sql: 'SELECT 1 AS day, 3 AS n' }],
    })
    const put = async (body: object) => (await api.post<ImportAnswer>('/admin/dashboards/import', body)).body
    expect(await put({ file })).toEqual({
      dashboard: 'day',
      made: [],
      replaced: [],
      kept: ['query of-day', 'chart saved', 'dashboard day'],
    })
    const other = await openLakeRoutes()
    try {
      expect((await other.post('/admin/dashboards/import', { file })).body).toMatchObject({
        made: ['query of-day', 'chart saved', 'dashboard day'],
      })
      expect((await other.get('/admin/dashboards/export', { name: 'day' })).body).toEqual(file)
    } finally {
      await other.close()
    }
    const changed = { ...file, charts: [{ ...file.charts[0], title: 'Another' }] }
    expect(await api.post('/admin/dashboards/import', { file: changed })).toMatchObject(
      refused(409, 'DASHBOARD_CHANGED', 'chart saved'),
    )
    expect(await put({ file: changed, replace: true })).toMatchObject({ replaced: ['chart saved'] })
    expect((await api.get<ChartAnswer>('/admin/charts/chart', { name: 'saved' })).body.chart.title).toBe(
      'Another',
    )
  })

  it('of two pages that save at the same time one is refused', async () => {
    const { dashboard } = (await api.get<DashboardAnswer>('/admin/dashboards/dashboard', { name: 'day' }))
      .body
    const outcomes = await Promise.all(
      ['one', 'two', 'three'].map((title) => save({ ...board('day', ['saved']), title }, dashboard.version)),
    )
    expect(outcomes.map(({ status }) => status).sort()).toEqual([200, 409, 409])
  })
})

describe('what is not as it has to be is refused with its place', () => {
  it.each([
    [chart('a b'), 'chart.name is "a b"'],
    [chart('a', { title: '' }), 'chart.title is ""'],
    [chart('a', { source: { kind: 'sql' } }), 'chart.source.sql is missing'],
    [chart('a', { source: { kind: 'cell' } }), 'chart.source.kind is "cell"; allowed: "sql" or "saved"'],
    [chart('a', { view: { kind: 'pie' } }), 'chart.view.kind is "pie"; allowed: table, line, area, bar'],
    [chart('a', { refreshSeconds: 4 }), 'chart.refreshSeconds is 4; allowed: an integer from 5 to 86400'],
    [chart('a', { rows: 10_001 }), 'chart.rows is 10001'],
    [chart('a', { secret: 1 }), 'allowed: the members name, title'],
  ])('chart %#', async (wrong, message) => {
    expect(await saveChart(wrong, 0)).toMatchObject(refused(400, 'DASHBOARD_INVALID', message))
  })

  it.each([
    [
      [{ id: 'a', chart: 'saved', x: 7, y: 0, width: 6, height: 6 }],
      'tiles[0].x is 7; allowed: an integer from 0 to 6',
    ],
    [[{ id: 'a', chart: 'saved', x: 0, y: 0, width: 13, height: 6 }], 'tiles[0].width is 13'],
    [
      [
        { id: 'a', chart: 'saved', x: 0, y: 0, width: 6, height: 6 },
        { id: 'b', chart: 'saved', x: 5, y: 5, width: 6, height: 6 },
      ],
      'a place that tile "a" does not take',
    ],
    [Array.from({ length: 61 }, () => ({})), 'a list of 61'],
  ])('dashboard %#', async (tiles, message) => {
    const dashboard = { ...board('wrong', []), tiles } as Dashboard
    expect(await save(dashboard, 0)).toMatchObject(refused(400, 'DASHBOARD_INVALID', message))
  })

  it('files', async () => {
    const put = (file: unknown) => api.post('/admin/dashboards/import', { file })
    expect(await put({ format: 'grafana' })).toMatchObject(
      refused(400, 'DASHBOARD_INVALID', 'format is "grafana"'),
    )
    expect(
      await put({ format: 'millrace-dashboard/1', dashboard: board('x', ['gone']), charts: [] }),
    ).toMatchObject(refused(400, 'DASHBOARD_INVALID', 'dashboard.tiles is "gone"'))
  })
})
