/** The lake's pages on an app with a delivery: browse, ask, chart, keep, and dashboards that follow the data; by keyboard as well. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, expect, it } from 'vitest'
import { type Folder, temporaryFolder } from '../cli/cli-process.test-kit.ts'
import { axeInBothModes, describeInBrowser, press, screenshot, useConsole } from './browser.test-kit.ts'

/** Readings that somebody puts become files of a table within a second, records that do not fit objects of errors. */
const app = `
import { defineApp } from 'millrace'
export default defineApp('lake-test', (app) => {
  app.delivery('reading-files', {
    from: app.stream('readings', { shards: 1 }),
    to: app.bucket('lake'),
    prefix: 'readings/day=!{timestamp:yyyy-MM-dd}/',
    errorPrefix: 'errors/!{firehose:error-output-type}/',
    buffer: { seconds: 1 },
    format: 'parquet',
    table: 'plant.readings',
    columns: { station: 'string', at: 'timestamp', level: 'double', note: 'string' },
  })
})
`
/** Text of records stays text, whatever it looks like. */
const hostile = '<img src=x onerror="window.wasRun = true"><script>window.wasRun = true</script>'
/** Ends by itself after hours. */
const endless = 'SELECT count(*) FROM range(4000000) a, range(4000000) b WHERE hash(a.range + b.range) = 1'
/** Data and the machine take their time. */
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 })

let folder: Folder | undefined

describeInBrowser('the lake', () => {
  const kit = useConsole({
    // Made when it is read: where there is no browser nothing is.
    get file() {
      folder = temporaryFolder()
      const file = join(folder.path, 'lake.app.ts')
      writeFileSync(file, app)
      return file
    },
  })
  afterAll(() => folder?.remove())
  const call = async <T>(path: string, body?: object): Promise<T> => {
    const response = await fetch(
      `${kit.app.url}${path}`,
      body === undefined
        ? {}
        : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
    )
    // Whatever it is: who asks says what is read of it.
    return (await response.json()) as T
  }
  const put = async (record: object | string) => {
    const text = typeof record === 'string' ? record : JSON.stringify(record)
    await call('/admin/streams/put', { stream: 'readings', partitionKey: 'all', text })
  }
  const reading = (station: string, level: number, note = '') => ({
    station,
    at: '2026-11-21 10:00:00',
    level,
    note,
  })
  const rowsOf = async (sql: string) =>
    (await call<{ rows?: string[][] }>('/admin/query', { sql, record: false })).rows ?? []
  const stored = (rows: number) =>
    eventually(() => rowsOf('SELECT count(*) FROM plant.readings')).toEqual([[String(rows)]])
  /** What a reader of the screen is told of a chart. */
  const chartRows = (page: Page, name: string) =>
    page.getByRole('figure', { name }).getByRole('table').getByRole('row').allInnerTexts()
  const statement = (page: Page) => page.getByRole('textbox', { name: 'Statement' })

  it('a dataset is found, and its columns, rows and files are looked at', async () => {
    await put(reading('weir', 1.5, hostile))
    await put(reading('lock', 2.25))
    await stored(2)
    const page = await kit.open('lake')
    await page.getByRole('link', { name: 'readings', exact: true }).waitFor()
    await press(page, '/')
    await page.keyboard.insertText('plant')
    await eventually(() => page.getByRole('grid').count()).toBe(1)
    expect(await axeInBothModes(page)).toEqual([])
    await page.getByRole('link', { name: 'readings', exact: true }).press('Enter')

    await page.getByRole('heading', { level: 1, name: 'plant.readings' }).waitFor()
    await page.getByRole('cell', { name: 'double' }).waitFor()
    await page.getByRole('tab', { name: 'Columns' }).focus()
    await press(page, 'ArrowRight')
    await page.getByRole('gridcell', { name: hostile }).waitFor()
    expect(await page.evaluate('window.wasRun')).toBeUndefined()
    await page.getByRole('tab', { name: 'Files' }).click()
    const files = page.getByRole('grid', { name: 'Files of readings' })
    await files.getByText('.parquet').first().waitFor()
    await files.focus()
    await press(page, 'ArrowDown', 'Enter')
    // What the footer says: bounds of a column.
    const drawer = page.getByRole('dialog')
    await drawer.getByRole('row', { name: /^level / }).waitFor()
    expect(await axeInBothModes(page)).toEqual([])
    await press(page, 'Escape')
    await eventually(() => drawer.count()).toBe(0)
    await page.getByRole('link', { name: 'Query this' }).click()
    await page.getByRole('grid', { name: 'Rows of the result' }).getByText('weir').waitFor()
  })

  it('a statement is corrected at its place, run, drawn, kept as a chart, and its dashboard follows the data', async () => {
    kit.expectFault(/status of 400/)
    const page = await kit.open('lake/sql')
    await statement(page).click()
    await page.keyboard.insertText(
      'SELECT station, max(levl) AS highest FROM plant.readings GROUP BY station ORDER BY station',
    )
    await press(page, 'ControlOrMeta+Enter')
    await page.getByRole('button', { name: 'line 1:21' }).waitFor()
    expect(await axeInBothModes(page)).toEqual([])
    await page.getByRole('button', { name: 'Write level' }).press('Enter')
    await statement(page).focus()
    expect(await statement(page).innerText()).toContain('max(level)')
    await press(page, 'ControlOrMeta+Enter')
    const result = page.getByRole('grid', { name: 'Rows of the result' })
    await result.getByText('1.5', { exact: true }).waitFor()
    await page.getByRole('tab', { name: 'Rows' }).focus()
    await press(page, 'ArrowRight')
    await eventually(() => chartRows(page, 'Chart of the result')).toEqual([
      expect.stringMatching(/highest/),
      expect.stringMatching(/lock\s+2.25/),
      expect.stringMatching(/weir\s+1.5/),
    ])
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      (async () => {
        await page.getByRole('button', { name: 'Download' }).press('ArrowDown')
        await press(page, 'Enter')
      })(),
    ])
    expect(download.suggestedFilename()).toBe('result.csv')

    await page.getByRole('button', { name: 'Save as chart' }).press('Enter')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox', { name: 'Title' }).fill('Highest level')
    await dialog.getByRole('combobox', { name: 'Asked again' }).selectOption('every 5 s')
    await dialog.getByRole('combobox', { name: 'Dashboard' }).selectOption('a new one')
    await dialog.getByRole('textbox', { name: 'Title of the dashboard' }).fill('The plant')
    await press(page, 'Enter')

    await page.getByRole('heading', { level: 1, name: 'The plant' }).waitFor()
    await eventually(() => chartRows(page, 'Highest level')).toContainEqual(
      expect.stringMatching(/lock\s+2.25/),
    )
    await put(reading('lock', 9.75))
    await eventually(() => chartRows(page, 'Highest level')).toContainEqual(
      expect.stringMatching(/lock\s+9.75/),
    )
    expect(page.url()).toMatch(/\/console\/lake\/dashboards\/the-plant$/)
    // What charts ask again and again is not in the history; what was asked is.
    const { queries } = await call<{ queries: { sql: string }[] }>('/admin/query/history')
    expect(queries.filter(({ sql }) => sql.includes('max(level)'))).toHaveLength(1)
  })

  it('a broken chart does not hide the others; tiles move and grow by keys; a newer version is not overwritten', async () => {
    const chart = (name: string, title: string, sql: string) => ({
      chart: { name, title, source: { kind: 'sql', sql }, view: { kind: 'bar' }, refreshSeconds: null },
      version: 0,
    })
    await call('/admin/charts', chart('first', 'First', "SELECT 'a' AS x, 1 AS n"))
    await call('/admin/charts', chart('broken', 'Broken', 'SELECT nothing FROM plant.readings'))
    const tile = (id: string, x: number) => ({ id, chart: id, x, y: 0, width: 6, height: 7 })
    const dashboard = { name: 'both', title: 'Both', tiles: [tile('broken', 0), tile('first', 6)] }
    await call('/admin/dashboards', { dashboard, version: 0 })
    kit.expectFault(/status of 400/)
    kit.expectFault(/status of 409/)
    const page = await kit.open('lake/dashboards/both')
    await page.getByRole('region', { name: 'Broken' }).getByText('"nothing"').waitFor()
    await eventually(() => chartRows(page, 'First')).toContainEqual(expect.stringMatching(/a\s+1/))

    await press(page, 'e')
    const handle = page.getByRole('button', { name: /^Place of First/ })
    await handle.focus()
    await press(page, 'Shift+ArrowLeft', 'ArrowLeft', 'Shift+ArrowDown')
    await page.getByRole('textbox', { name: 'Title' }).fill('Two charts')
    expect(await axeInBothModes(page)).toEqual([])
    // Somebody else is faster.
    await call('/admin/dashboards', { dashboard: { ...dashboard, title: 'Theirs' }, version: 1 })
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('is at version 2 by now').waitFor()
    await page.getByRole('button', { name: 'Save mine over it' }).click()
    await page.getByRole('button', { name: 'Edit', exact: true }).waitFor()
    await page.getByRole('heading', { level: 1, name: 'Two charts' }).waitFor()
    const kept = await call<{ dashboard: object }>('/admin/dashboards/dashboard?name=both')
    expect(kept.dashboard).toMatchObject({
      version: 3,
      title: 'Two charts',
      tiles: [
        { id: 'first', x: 5, y: 0, width: 5, height: 8 },
        { id: 'broken', x: 0, y: 8 },
      ],
    })
    await screenshot(page, 'dashboard')
  })

  it('a statement that takes too long is canceled where it runs', async () => {
    const page = await kit.open(`lake/sql?${new URLSearchParams({ sql: endless })}`)
    const running = async () =>
      (await call<{ queries: { sql: string }[] }>('/admin/query/running')).queries.map(({ sql }) => sql)
    await eventually(running).toEqual([endless])
    await page.getByText(/^running for/).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).press('Enter')
    await page.getByText(/^canceled after/).waitFor()
    await eventually(running).toEqual([])
    // One who goes elsewhere has canceled, too.
    await page.getByRole('button', { name: 'Run' }).click()
    await eventually(running).toEqual([endless])
    await page.getByRole('link', { name: 'Dashboards' }).click()
    await eventually(running).toEqual([])
  })

  it('a record that could not be delivered is found: its delivery, its object, its text', async () => {
    await put(`no JSON ${hostile}`)
    const errors = '/admin/lake/delivery?name=reading-files'
    await eventually(
      async () => (await call<{ errorObjects: { newest: [] } }>(errors)).errorObjects.newest.length,
    ).toBe(1)
    const { deliveries } = await call<{ deliveries: object[] }>('/admin/lake/deliveries')
    expect(deliveries).toMatchObject([{ unread: 0, buffered: 0, errors: 1 }])
    const page = await kit.open('lake/deliveries')
    const grid = page.getByRole('grid', { name: 'Deliveries' })
    await grid.getByText('reading-files').waitFor()
    await grid.focus()
    await press(page, 'ArrowDown', 'Enter')
    expect(await axeInBothModes(page)).toEqual([])
    await page
      .getByRole('dialog')
      .getByRole('link', { name: /^errors\// })
      .click()
    await page.getByRole('dialog').getByText('rawData').waitFor()
    expect(await axeInBothModes(page)).toEqual([])
    await press(page, 'Escape')
    await page.getByRole('navigation', { name: 'Folders' }).getByRole('link', { name: 'errors' }).waitFor()
    expect(await page.evaluate('window.wasRun')).toBeUndefined()
  })
})
