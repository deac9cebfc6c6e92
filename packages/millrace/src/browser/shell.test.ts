/** What holds on every page of the console: navigation, palette, keys, themes, first steps, and a Millrace that is away for a while. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { axeInBothModes, describeInBrowser, press, useConsole, useTheme } from './browser.test-kit.ts'

describeInBrowser('the shell', () => {
  const kit = useConsole({ file: 'examples/orders/orders.app.ts', options: ['--rate', '20'] })

  it('says who runs where, and goes to every page by keys', async () => {
    const page = await kit.open()
    await isRunning(page)
    expect(await page.getByRole('navigation').getByText('orders', { exact: true }).count()).toBe(1)
    await press(page, 'g', 't')
    await page.waitForURL('**/console/tables')
    await expect.poll(() => page.title()).toBe('Tables · orders')
    // The focus is on the page, so that Tab goes on from there.
    expect(await page.evaluate('document.activeElement?.id')).toBe('main')
    await press(page, 'g', 'd')
    await page.waitForURL('**/console/dead-letters')
    const current = page.locator('nav [aria-current="page"]')
    await expect.poll(() => current.textContent()).toContain('Dead letters')
    await page.goBack()
    await expect.poll(() => current.textContent()).toContain('Tables')
  })

  it('the palette finds what has a name by some letters of it', async () => {
    const page = await kit.open('metrics')
    await isRunning(page)
    await press(page, 'ControlOrMeta+k')
    const palette = page.getByRole('dialog', { name: 'Go to, or do' })
    const field = palette.getByRole('combobox', { name: /^Page, stream/ })
    await palette.getByRole('option', { name: /^OrderEnriched/ }).waitFor()
    await field.fill('ordenr')
    const marked = palette.locator('[role=option][aria-selected=true]')
    await expect.poll(() => marked.textContent()).toMatch(/^orders-enriched|^OrderEnriched/)
    expect(await axeInBothModes(page)).toEqual([])
    await field.fill('stage enrich')
    await expect.poll(() => marked.textContent()).toMatch(/^enrich/)
    await press(page, 'Enter')
    await page.waitForURL('**/console/pipeline/enrich')
    expect(await palette.count()).toBe(0)
    await press(page, 'ControlOrMeta+k')
    await field.fill('qqqq')
    await palette.getByText('Nothing has these letters.').waitFor()
    await press(page, 'Escape')
    await expect.poll(() => palette.count()).toBe(0)
  })

  it('shows its keys, and leaves them to whoever types', async () => {
    const page = await kit.open('metrics')
    await isRunning(page)
    await press(page, '?')
    const help = page.getByRole('dialog', { name: 'Keys' })
    await help.getByText('Go to a page or thing, or do something').waitFor()
    expect(await axeInBothModes(page)).toEqual([])
    await press(page, 'Escape')
    await expect.poll(() => help.count()).toBe(0)
    await press(page, 'ControlOrMeta+k')
    await page.getByRole('combobox', { name: /^Page, stream/ }).fill('')
    // A key of the help, typed into a field.
    await press(page, '?', 'g', 'p')
    expect(await page.getByRole('combobox', { name: /^Page, stream/ }).inputValue()).toBe('?gp')
    expect(await help.count()).toBe(0)
    expect(page.url()).toContain('/console/metrics')
  })

  it("follows the system's theme until one is chosen, which is there before the first paint of the next page", async () => {
    const page = await kit.open('metrics', { theme: 'dark' })
    const dark = await ground(page)
    await useTheme(page, 'light')
    const light = await ground(page)
    expect(dark).not.toBe(light)
    await page.getByRole('button', { name: /^Theme: system/ }).click()
    await page.getByRole('button', { name: /^Theme: light/ }).click()
    await expect.poll(() => ground(page)).toBe(dark)
    // Of the next load the very first frame counts: what the root says when the document begins.
    await page.addInitScript(`
      new MutationObserver((_, watch) => {
        if (document.body === null) return
        watch.disconnect()
        window.firstTheme = document.documentElement.dataset.theme
      }).observe(document, { childList: true, subtree: true })
    `)
    await page.reload()
    expect(await page.evaluate('window.firstTheme')).toBe('dark')
    await expect.poll(() => ground(page)).toBe(dark)
  })

  it('says that Millrace is away, and goes on by itself when it is back', async () => {
    const page = await kit.open('metrics')
    await isRunning(page)
    kit.expectFault(/ERR_INTERNET_DISCONNECTED/)
    await page.context().setOffline(true)
    const bar = page.getByRole('alert').getByText(/Millrace does not answer at 127\.0\.0\.1/)
    await bar.waitFor()
    await page.getByRole('navigation').getByText('does not answer').waitFor()
    await page.context().setOffline(false)
    await expect.poll(() => bar.count(), { timeout: 10_000 }).toBe(0)
    await isRunning(page)
  })

  it('shows who is here for the first time around, once', async () => {
    const page = await kit.open()
    const steps = page.getByRole('region', { name: 'First steps' })
    await steps.getByText('See it flow').waitFor()
    expect(await steps.locator('[aria-current=step]').textContent()).toContain('See it flow')
    await steps.getByRole('link', { name: /Understand a query/ }).click()
    await page.waitForURL('**/console/pipeline/enrich')
    await expect.poll(() => steps.locator('.seen').count()).toBe(2)
    await page.getByRole('heading', { level: 1 }).waitFor()
    expect(await axeInBothModes(page)).toEqual([])
    await steps.getByRole('link', { name: /Watch a chart/ }).click()
    await page.waitForURL('**/console/notebook/orders')
    // The third click shows a chart: its cells run without another one.
    await page.locator('main canvas').first().waitFor()
    await steps.getByRole('button', { name: 'Done' }).click()
    await expect.poll(() => steps.count()).toBe(0)
    await page.reload()
    await isRunning(page)
    expect(await steps.count()).toBe(0)
  })

  it('folds where there is little room, and keeps the names of its pages', async () => {
    const page = await kit.open('metrics', { width: 700 })
    const link = page.getByRole('navigation').getByRole('link', { name: 'Streams' })
    await link.waitFor()
    expect((await page.getByRole('navigation').boundingBox())?.width).toBeLessThan(80)
    await link.click()
    await page.waitForURL('**/console/streams')
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(700)
  })

  it('a path that is no page says so, and one with dots is a page', async () => {
    const page = await kit.open('nowhere')
    await page.getByText('There is no page "nowhere".').waitFor()
    await page.goto(`${kit.app.url}/console/streams/enrich.late`)
    await page.getByRole('navigation').waitFor()
    kit.expectFault(/404/)
    const missing = await page.evaluate("fetch('/console/assets/none.js').then(({ status }) => status)")
    expect(missing).toBe(404)
  })
})

/** The shell is there, keys and all, when it knows who runs. */
function isRunning(page: Page): Promise<void> {
  return page.getByRole('navigation').getByText('running', { exact: true }).waitFor()
}

function ground(page: Page): Promise<string> {
  return page.evaluate('getComputedStyle(document.body).backgroundColor')
}
