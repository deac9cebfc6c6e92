/** The pipeline page and the detail of a stage, on the running order pipeline. */
import { expect, it } from 'vitest'
import { axeInBothModes, describeInBrowser, press, screenshot, useConsole } from './browser.test-kit.ts'

describeInBrowser('the pipeline page', () => {
  const kit = useConsole({ file: 'examples/orders/orders.app.ts', options: ['--rate', '20'] })

  it('draws orders from their source to their table, and the numbers move while the drawing stands', async () => {
    const page = await kit.open('pipeline')
    const enrich = page.getByRole('link', { name: /^Query enrich/ })
    await enrich.waitFor()
    for (const name of [
      /^Source orders-source/,
      /^Stream orders \d/,
      /^Stream orders-enriched/,
      /^Function save/,
      /^Table OrderEnriched/,
    ])
      await page.getByRole('link', { name }).waitFor()
    // What a function writes is known from its first commit on.
    await expect.poll(() => page.locator('.flow-edge.data').count(), { timeout: 15_000 }).toBe(5)
    const place = await enrich.boundingBox()
    const label = async () =>
      (await page.getByRole('link', { name: /^Table OrderEnriched/ }).textContent()) ?? ''
    const before = await label()
    await expect.poll(label, { timeout: 15_000 }).not.toBe(before)
    await expect
      .poll(() => page.locator('.flow-label').allTextContents(), { timeout: 15_000 })
      .toContainEqual(expect.stringMatching(/[1-9][\d.]*\/s.*(KiB|B)\/s/))
    expect(await enrich.boundingBox()).toEqual(place)
    await page.getByText('balanced').first().waitFor()
    await screenshot(page, 'pipeline')
    expect(await axeInBothModes(page)).toEqual([])
  })

  it('the table has the same stages with their ledgers, and a filter', async () => {
    const page = await kit.open('pipeline')
    const row = page.getByRole('row', { name: /^enrich/ })
    await row.waitFor()
    await expect.poll(() => row.textContent()).toMatch(/Query.*running.*balanced/)
    await press(page, '/')
    await page.keyboard.type('sav')
    await row.waitFor({ state: 'detached' })
    await page.getByRole('row', { name: /^save/ }).waitFor()
    expect(new URL(page.url()).searchParams.get('filter')).toBe('sav')
  })

  it('keys go along the flow, Enter opens; a query is explained step by step, each with its place in the program', async () => {
    const page = await kit.open('pipeline')
    const source = page.getByRole('link', { name: /^Source orders-source/ })
    await source.focus()
    const focused = () => page.evaluate('document.activeElement.dataset.node')
    await press(page, 'ArrowRight')
    expect(await focused()).toBe('stream:orders')
    await press(page, 'ArrowRight')
    expect(await focused()).toBe('stage:enrich')
    await press(page, 'Enter')
    await page.getByRole('heading', { level: 1, name: /enrich/ }).waitFor()
    expect(new URL(page.url()).pathname).toBe('/console/pipeline/enrich')
    const join = page.getByRole('button', { name: /^Join ORDERS with ITEMS/ })
    await join.waitFor()
    expect(await join.getAttribute('aria-pressed')).toBe('true')
    expect(await join.textContent()).toContain('with the same orderId, both at most 30 minutes apart')
    await expect.poll(() => join.textContent(), { timeout: 15_000 }).toMatch(/keeps [\d,.k]+ entries/)
    const marked = async () => (await page.locator('.sql-text mark').allTextContents()).join(' ')
    expect(await marked()).toContain('INTERVAL')
    await page.getByRole('button', { name: /^Look up products/ }).press('Enter')
    await expect.poll(marked).toContain('products')
    await page.getByText('is kept: its columns of products are NULL').waitFor()
    await screenshot(page, 'query')
    expect(await axeInBothModes(page)).toEqual([])
  })

  it('leads on to streams and tables, and a stage that is not there says which are', async () => {
    const page = await kit.open('pipeline/save')
    await page.getByText('500 records at most').waitFor()
    await page.getByRole('link', { name: 'OrderEnriched' }).click()
    await expect.poll(() => new URL(page.url()).pathname).toBe('/console/tables/OrderEnriched')
    kit.expectFault(/status of 404/)
    const missing = await kit.open('pipeline/nobody')
    await missing.getByText('There are orders-source, enrich, save.').waitFor()
  })
})
