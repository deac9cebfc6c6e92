/** Tables in the browser, on the running order pipeline: browse, query by key, follow an item, write one; all of it by keys too. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { axeInBothModes, describeInBrowser, press, useConsole } from './browser.test-kit.ts'

/** Keys that the pipeline never writes. */
const hostile = '<img src=x onerror="window.wasRun=true"><script>window.wasRun=true</script>'

/** A busy machine takes its time. */
const waiting = { timeout: 20_000 }

describeInBrowser('the pages of tables', () => {
  const kit = useConsole({ file: 'examples/orders/orders.app.ts', options: ['--rate', '50'] })

  const rows = (page: Page) => page.getByRole('grid', { name: 'Items of OrderEnriched' }).getByRole('row')
  const put = async (item: object) => {
    const answer = await fetch(`${kit.app.url}/admin/tables/put`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ table: 'OrderEnriched', text: JSON.stringify(item) }),
    })
    expect(answer.status).toBe(200)
  }

  it('from the list to a table, by key to its items, and back to all', async () => {
    const page = await kit.open('tables')
    await page.getByRole('link', { name: 'OrderEnriched' }).waitFor()
    expect(await axeInBothModes(page)).toEqual([])
    await page.getByRole('link', { name: 'OrderEnriched' }).click()
    await rows(page).nth(4).waitFor()
    const [orderId = ''] = await rows(page).nth(1).getByRole('gridcell').allInnerTexts()
    expect(orderId).toMatch(/^\d+$/)

    await page.getByLabel('orderId (number)').fill('x')
    await page.getByText('orderId is a number.').waitFor()
    expect(await page.getByRole('button', { name: 'Query', exact: true }).isDisabled()).toBe(true)
    await page.getByLabel('orderId (number)').fill(orderId)
    await page.getByRole('combobox', { name: 'Order' }).selectOption('backward')
    await page.getByLabel('orderId (number)').press('Enter')
    await page.waitForURL(new RegExp(`pk=${orderId}&order=backward`))
    // An order has a few items; what was shown before had more.
    await expect.poll(() => rows(page).count(), waiting).toBeLessThan(5)
    const shown = await rows(page).allInnerTexts()
    const ids = shown.slice(1).map((row) => row.split('\n').slice(0, 2))
    expect(ids.length).toBeGreaterThan(0)
    for (const [order] of ids) expect(order).toBe(orderId)
    const items = ids.map(([, item]) => Number(item))
    expect(items).toEqual([...items].sort((a, b) => b - a))
    expect(await axeInBothModes(page)).toEqual([])

    await page.getByRole('button', { name: 'All items' }).click()
    await rows(page).nth(4).waitFor()
    await page.getByRole('tab', { name: 'Keys and indexes' }).click()
    await page.getByRole('cell', { name: 'orderId (number)' }).waitFor()
    expect(await axeInBothModes(page)).toEqual([])
  })

  it('a text filters, items open and close by keys alone', async () => {
    await put({ orderId: 7, itemId: 1, note: 'by-keys-alone' })
    const page = await kit.open('tables/OrderEnriched')
    await rows(page).nth(1).waitFor()
    await press(page, '/')
    await page.keyboard.type('BY-KEYS')
    await page.getByText('by-keys-alone').waitFor()
    await page.getByText('1 shown, all there are').waitFor()
    await page.getByRole('grid').focus()
    await press(page, 'ArrowDown', 'Enter')
    await page.getByRole('dialog', { name: '7 / 1' }).waitFor()
    expect(page.url()).toMatch(/item=7&itemSort=1/)
    await press(page, 'Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    await page.getByRole('grid').waitFor()
  })

  it("an item's changes appear live, marked, and its text stays text", async () => {
    await put({ orderId: 8, itemId: 2, status: 'placed', note: hostile })
    const page = await kit.open('tables/OrderEnriched?item=8&itemSort=2')
    const drawer = page.getByRole('dialog', { name: '8 / 2' })
    await drawer.getByText('following').waitFor()
    await drawer.getByText(hostile).waitFor()
    await put({ orderId: 8, itemId: 2, status: 'paid', note: hostile, big: '1' })
    const status = drawer.getByRole('row', { name: /^status/ })
    await status.getByText('paid').waitFor()
    expect(await status.locator('del').innerText()).toBe('placed')
    expect(await drawer.locator('tr.changed').count()).toBe(2)
    expect(await axeInBothModes(page)).toEqual([])

    await drawer.getByRole('tab', { name: 'Changes (1)' }).click()
    const change = drawer.getByRole('list', { name: 'Changes of the item' }).getByRole('listitem')
    expect(await change.innerText()).toMatch(/changed[\s\S]*status\s*placed → paid/)
    await drawer.getByRole('tab', { name: 'JSON', exact: true }).click()
    await drawer.getByText('"orderId": ').waitFor()
    expect(await axeInBothModes(page)).toEqual([])
    expect(await page.evaluate('window.wasRun')).toBeUndefined()
  })

  it('what the page shows follows the table, and an item is deleted after a question', async () => {
    await put({ orderId: 9, itemId: 3, status: 'first' })
    const page = await kit.open('tables/OrderEnriched?pk=9')
    await page.getByText('first', { exact: true }).waitFor()
    await put({ orderId: 9, itemId: 3, status: 'second' })
    await page.getByText('second', { exact: true }).waitFor()
    await page.getByRole('gridcell', { name: 'second' }).click()
    await page.getByRole('button', { name: 'Delete' }).click()
    const question = page.getByRole('dialog', { name: 'Delete the item?' })
    expect(await axeInBothModes(page)).toEqual([])
    await question.getByRole('button', { name: 'Delete' }).click()
    await page.getByText(/has no item of this key any more/).waitFor()
    await press(page, 'Escape')
    await page.getByText('No item is like that.').waitFor()
  })
})
