/** The notebook page on the running order pipeline: write, be corrected, run, chart, save, share; by keyboard as well. */
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, expect, it } from 'vitest'
import { repository } from './app-process.ts'
import { axeInBothModes, describeInBrowser, press, screenshot, useConsole } from './browser.test-kit.ts'

/** Beside the app, where notebooks are kept; removed again. */
const names = ['browser-test-cells', 'browser-test-shared', 'browser-test-renamed']

const cellOf = (page: Page, place: number) =>
  page.getByRole('region', { name: new RegExp(`^Cell ${place}: `) })
const editorOf = (page: Page, place: number) =>
  page.getByRole('textbox', { name: new RegExp(` of cell ${place}\\b`) })
/** Data and the machine take their time. */
const eventually = <T>(look: () => T) => expect.poll(look, { timeout: 20_000 })
/** Editors are in shadow roots, which have a focus of their own. */
const isFocused = (editor: Locator) =>
  eventually(() => editor.evaluate((node) => node.matches(':focus'))).toBe(true)
/** What a reader of the screen is told of a chart: its sentence, and its newest points. */
const chartRows = async (cell: Locator) => cell.getByRole('table').getByRole('row').allInnerTexts()

describeInBrowser('the notebook page', () => {
  const kit = useConsole({ file: 'examples/orders/orders.app.ts', options: ['--rate', '50'] })
  afterAll(() => {
    for (const name of names)
      rmSync(join(repository, `examples/orders/${name}.notebook.sql`), { force: true })
  })

  it('a query is corrected, completed, run, drawn, saved and there again, by its keys', async () => {
    const page = await kit.open('notebook')
    await page.getByRole('heading', { level: 1, name: 'Notebook' }).waitFor()
    // Columns are read from records, so the first ones have to be there.
    await eventually(() => schemaText(page)).toContain('"orderStatus"')
    await press(page, 'n')
    await page.getByRole('textbox', { name: /^Name/ }).fill(names[0]!)
    await press(page, 'Enter')
    const cell = cellOf(page, 1)
    await cell.focus()
    await press(page, 'Enter')
    await isFocused(editorOf(page, 1))
    await page.keyboard.insertText(
      'SELECT orderStatus, COUNT(*) AS n FROM `orders-enriched` GROUP BY orderStaus',
    )

    // The error is marked at its place, and its suggestion is one key away.
    await cell.getByText('Did you mean "orderStatus"?').waitFor()
    expect(await cell.getByRole('button', { name: 'line 1:67' }).count()).toBe(1)
    await press(page, 'ControlOrMeta+.')
    await eventually(() => editorOf(page, 1).innerText()).toMatch(/GROUP BY orderStatus$/)

    await press(page, 'ControlOrMeta+Enter')
    const grid = cell.getByRole('grid', { name: /^Result/ })
    // The process of the cell begins, and reads the stream from its start.
    await grid.getByText('paid', { exact: true }).waitFor({ timeout: 40_000 })
    await cell.getByText('Running').waitFor()

    // A chart that changes while data flows.
    await cell.getByRole('button', { name: 'Bar' }).press('Enter')
    await eventually(() => chartRows(cell)).toContainEqual(expect.stringMatching(/^paid\s+\d/))
    expect(await cell.getByRole('table').locator('caption').innerText()).toContain('bar chart, ')
    const first = await chartRows(cell)
    await eventually(() => chartRows(cell)).not.toEqual(first)

    // The legend turns a series off, and its values stay readable.
    const series = cell.locator('.chart-legend').getByRole('button', { name: /^n\b/ })
    await series.press('Enter')
    await eventually(() => series.getAttribute('aria-pressed')).toBe('false')

    // Another cell below, whose column is completed.
    await cell.focus()
    await press(page, 'b')
    await isFocused(editorOf(page, 2))
    await page.keyboard.insertText('SELECT  FROM `orders-enriched`')
    await press(page, 'Home', ...Array.from({ length: 7 }, () => 'ArrowRight'))
    await page.keyboard.type('orderSt')
    // By the mouse: keys are left to whoever types for a moment after the list has opened.
    await cellOf(page, 2)
      .getByRole('option', { name: /^orderStatus/ })
      .click()
    await eventually(() => editorOf(page, 2).innerText()).toBe('SELECT orderStatus FROM `orders-enriched`')
    // Escape leaves the editor for its cell, and Tab goes on from there.
    await press(page, 'Escape')
    await eventually(() =>
      cellOf(page, 2).evaluate((node) => node === node.ownerDocument.activeElement),
    ).toBe(true)
    await press(page, 'Alt+ArrowUp')
    await eventually(() => editorOf(page, 1).innerText()).toContain('SELECT orderStatus FROM')
    await press(page, 'Alt+ArrowDown')
    expect(await axeInBothModes(page)).toEqual([])

    await page.getByText('not saved').waitFor()
    await press(page, 'ControlOrMeta+s')
    await page.getByText(`Saved: ${names[0]}.`).waitFor()
    await screenshot(page, 'notebook')
    await page.reload()
    await eventually(() => editorOf(page, 2).innerText()).toBe('SELECT orderStatus FROM `orders-enriched`')
    // The run went on meanwhile, and its state is told again; the choice of the chart is in the file.
    await eventually(() => chartRows(cell)).toContainEqual(expect.stringMatching(/^paid\s+\d/))
    expect(await page.getByText('not saved').count()).toBe(0)
    await cell.getByRole('button', { name: 'Stop' }).press('Enter')
    await cell.getByText('Stopped').waitFor()
  })

  it('values and texts with markup stay text; the schema writes into cells', async () => {
    const page = await kit.open('notebook')
    const text =
      '# <img src=x onerror="window.wasRun=1"> [no](javascript:window.wasRun=1) [streams](/console/streams)'
    const query = 'SELECT \'<img src=x onerror="window.wasRun=1">\' AS html FROM `orders-enriched`'
    await save(page, names[1]!, [
      { id: 'c1', dialect: 'markdown', text },
      { id: 'c2', dialect: 'flink', text: query },
      { id: 'c3', dialect: 'flink', text: '' },
    ])
    await page.getByRole('button', { name: 'New notebook' }).waitFor()
    await page.reload()
    await page.getByRole('link', { name: names[1]! }).click()
    const heading = cellOf(page, 1).getByRole('heading', { level: 2 })
    expect(await heading.innerText()).toContain('<img src=x onerror="window.wasRun=1"> [no](javascript:')
    expect(await heading.getByRole('link').allInnerTexts()).toEqual(['streams'])
    await page.getByRole('button', { name: 'Run all' }).click()
    await cellOf(page, 2)
      .getByText('<img src=x onerror="window.wasRun=1">', { exact: true })
      .first()
      .waitFor()
    expect(await page.locator('main img[src], main img[onerror]').count()).toBe(0)
    expect(await page.evaluate('window.wasRun')).toBeUndefined()
    await page.getByRole('button', { name: 'Stop all' }).click()
    await cellOf(page, 2).getByText('Stopped').waitFor()

    const schema = page.getByRole('complementary', { name: 'Schema' })
    await press(page, '/')
    await page.keyboard.type('orders-enr')
    await cellOf(page, 3).focus()
    await schema.getByRole('button', { name: 'SELECT' }).click()
    await eventually(() => editorOf(page, 3).innerText()).toBe('SELECT * FROM `orders-enriched`;')
    await schema.getByRole('button', { name: 'Discover' }).click()
    await schema.getByText(/^From [\d,]+ of its newest records/).waitFor()
    await schema.getByRole('button', { name: /^orderAmount/ }).click()
    await eventually(() => editorOf(page, 3).innerText()).toContain('orderAmount')
  })

  it('who saves over a change of somebody else is asked; then it is renamed, shared, deleted and read from its file', async () => {
    const page = await kit.open('notebook')
    await save(page, names[1]!, [{ id: 'c1', dialect: 'flink', text: 'SELECT 1' }])
    await page.goto(`${kit.app.url}/console/notebook/${names[1]}`)
    await editorOf(page, 1).click()
    await page.keyboard.insertText('-- mine\n')
    await save(page, names[1]!, [{ id: 'c1', dialect: 'flink', text: 'SELECT 2' }])
    kit.expectFault(/status of 409/)
    await press(page, 'ControlOrMeta+s')
    await page.getByText('NOTEBOOK_CHANGED').waitFor()
    // The page scrolls inside of the window, however long it is.
    expect(await page.evaluate('document.documentElement.scrollHeight - innerHeight')).toBe(0)
    expect(await axeInBothModes(page)).toEqual([])
    await page.getByRole('button', { name: 'Save over the other one' }).click()
    await page.getByText('NOTEBOOK_CHANGED').waitFor({ state: 'detached' })
    await page.getByText('not saved').waitFor({ state: 'detached' })

    await page.getByRole('button', { name: 'File' }).click()
    await page.getByRole('menuitem', { name: 'Rename' }).click()
    await page.getByRole('textbox', { name: /^Name/ }).fill(names[2]!)
    await press(page, 'Enter')
    await page.getByRole('heading', { level: 1, name: names[2]! }).waitFor()
    expect(await editorOf(page, 1).innerText()).toContain('-- mine')

    // What was shared comes back from its file.
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'File' }).click()
    await page.getByRole('menuitem', { name: 'Download' }).click()
    expect((await download).suggestedFilename()).toBe(`${names[2]}.notebook.sql`)
    const file = await (await download).path()

    await page.getByRole('button', { name: 'File' }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    await page.getByRole('button', { name: 'Delete the file' }).click()
    await page.getByRole('heading', { level: 1, name: /^Notebook$/ }).waitFor()
    await page.getByText(`Deleted: ${names[2]}.`).waitFor()
    for (const name of [names[1]!, names[2]!]) expect(await page.getByRole('link', { name }).count()).toBe(0)
    await page.getByLabel('File of a notebook').setInputFiles({
      name: `${names[2]}.notebook.sql`,
      mimeType: 'text/plain',
      buffer: readFileSync(file),
    })
    await page.getByRole('button', { name: 'Create' }).click()
    await page.getByRole('heading', { level: 1, name: names[2]! }).waitFor()
    expect(await editorOf(page, 1).innerText()).toContain('-- mine')
  })

  async function schemaText(page: Page): Promise<string> {
    return (await page.request.get(`${kit.app.url}/admin/notebook/schema`)).text()
  }

  /** As another page would, over whatever is there. */
  async function save(page: Page, name: string, cells: readonly object[]): Promise<void> {
    const known = await page.request.get(`${kit.app.url}/admin/notebook?name=${name}`)
    // What the API answers for a notebook that is there.
    const version = known.ok() ? ((await known.json()) as { version: string }).version : undefined
    const answer = await page.request.post(`${kit.app.url}/admin/notebook/save`, {
      data: { notebook: { name, cells }, ...(version === undefined ? {} : { version }) },
    })
    expect(await answer.text()).toContain('version')
  }
})
