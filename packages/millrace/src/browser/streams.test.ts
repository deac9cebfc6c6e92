/** The pages of streams on the running order pipeline: tail, filter, put, records, shards, by mouse and by keyboard. */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { axeInBothModes, describeInBrowser, press, screenshot, useConsole } from './browser.test-kit.ts'

const evil = '<script>window.wasRun = 1</script><img src=x onerror="window.wasRun = 2">'

describeInBrowser('the pages of streams', () => {
  const kit = useConsole({ file: 'examples/orders/orders.app.ts', options: ['--rate', '40'] })
  const poll = <T>(look: () => T) => expect.poll(look, { timeout: 15_000 })
  const rows = (page: Page) => page.locator('.grid-body [role=row]')
  /** The figure in front of a word of the rate line. */
  const count = async (page: Page, name: string) => {
    const text = await page.locator('.streams-count', { hasText: name }).first().locator('b').innerText()
    return Number(text.replaceAll(',', ''))
  }

  async function put(page: Page, key: string, text: string): Promise<void> {
    await page.getByRole('button', { name: 'Put record' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Partition key').fill(key)
    await dialog.getByLabel('Payload').fill(text)
    await press(page, 'Control+Enter')
    await dialog.waitFor({ state: 'detached' })
  }

  it('list: `/` filters, the keyboard opens a stream', async () => {
    const page = await kit.open('streams')
    await page.getByRole('link', { name: 'orders', exact: true }).waitFor()
    await press(page, '/')
    await page.keyboard.type('enriched')
    await poll(() => rows(page).count()).toBe(1)
    await page.getByRole('grid', { name: 'Streams' }).focus()
    await press(page, 'ArrowDown', 'Enter')
    await page.getByRole('grid', { name: 'Tail of orders-enriched' }).waitFor()
    expect(page.url()).toContain('/console/streams/orders-enriched')
  })

  it('tail: a filter on the server, honest counts, a record that is open holds the list', async () => {
    const page = await kit.open('streams/orders')
    await poll(() => rows(page).count()).toBeGreaterThan(3)
    await page.getByLabel('Where (JSON path)').fill('$.data.itemQuantity >= 4')
    await press(page, 'Enter')
    await poll(() => count(page, 'matched')).toBeGreaterThan(2)
    expect(page.url()).toContain('where=')
    for (const text of await rows(page).allInnerTexts()) expect(text).toContain('"itemQuantity":4')
    expect(await count(page, 'looked at')).toBeGreaterThan(await count(page, 'matched'))
    await rows(page).first().click()
    const drawer = page.getByRole('dialog')
    await drawer.getByText('"itemQuantity"').waitFor()
    const held = await rows(page).allInnerTexts()
    const before = await count(page, 'matched')
    await poll(() => count(page, 'matched')).toBeGreaterThan(before)
    expect(await rows(page).allInnerTexts()).toEqual(held)
    expect(await axeInBothModes(page)).toEqual([])
    await screenshot(page, 'streams-tail')
    await press(page, 'Escape')
    await drawer.waitFor({ state: 'detached' })
    await poll(() => rows(page).allInnerTexts()).not.toEqual(held)
  })

  it('a filter that cannot be read says where, and listens to nothing', async () => {
    kit.expectFault(/status of 400/)
    const page = await kit.open('streams/orders?where=%24.a+%3D%3E+1')
    await page.getByRole('alert').getByText('character 6').waitFor()
    await page.getByText('not listening').waitFor()
  })

  it('a record that is put appears in the tail, and its markup stays text', async () => {
    const page = await kit.open(`streams/orders?key=${encodeURIComponent('put-*')}`)
    await page.getByText('live', { exact: true }).waitFor()
    await put(page, 'put-1', evil)
    await put(page, 'put-2', JSON.stringify({ note: evil }))
    await poll(() => rows(page).count()).toBe(2)
    expect(await rows(page).last().innerText()).toContain(evil)
    await rows(page).first().click()
    await page.getByRole('dialog').getByText('onerror').waitFor()
    await page.getByRole('button', { name: 'Record below' }).click()
    await page.getByRole('dialog').getByText(evil).waitFor()
    expect(await page.evaluate('window.wasRun')).toBeUndefined()
    expect(await page.locator('main img, [role=dialog] img, [role=dialog] script').count()).toBe(0)
    await page.getByRole('button', { name: 'Copy as' }).last().click()
    await page.getByRole('menuitem', { name: 'millrace stream read' }).click()
    const copied: unknown = await page.evaluate('navigator.clipboard.readText()')
    expect(copied).toMatch(/^millrace stream read orders --from \d{56} --limit 1 --json$/)
  })

  it('Space pauses the tail and goes on', async () => {
    const page = await kit.open('streams/orders')
    await poll(() => rows(page).count()).toBeGreaterThan(3)
    await page.getByRole('grid').focus()
    await press(page, ' ')
    await page.getByText('paused', { exact: true }).waitFor()
    await press(page, ' ')
    await page.getByText('live', { exact: true }).waitFor()
  })

  it('records: from the oldest, page by page, to a time, to a sequence number and back', async () => {
    const page = await kit.open('streams/orders?tab=records')
    await poll(() => rows(page).count()).toBeGreaterThan(3)
    await page.getByRole('button', { name: 'Oldest' }).click()
    await page.getByText('100 records', { exact: true }).waitFor()
    await press(page, 'm')
    await page.getByText(/^(?:1\d\d|200) records/).waitFor()
    const chosen = await rows(page).nth(1).innerText()
    await rows(page).nth(1).click()
    const number = await page
      .getByRole('dialog')
      .getByText(/^\d{56}$/)
      .innerText()
    await press(page, 'Escape')
    await page.getByLabel('Time or sequence number').fill(number)
    await press(page, 'Enter')
    await poll(() => rows(page).first().innerText()).toBe(chosen)
    expect(page.url()).toContain(`at=${number}`)
    await rows(page).first().click()
    expect(
      await page
        .getByRole('dialog')
        .getByText(/^\d{56}$/)
        .innerText(),
    ).toBe(number)
    await press(page, 'Escape')
    await page.getByLabel('Time or sequence number').fill('2 hours ago')
    await press(page, 'Enter')
    await poll(() => rows(page).first().innerText()).not.toBe(chosen)
    expect(await axeInBothModes(page)).toEqual([])
    await page.goBack()
    await poll(() => rows(page).first().innerText()).toBe(chosen)
  })

  it('the shard count: what will happen is said, then it does; lineage and readers follow', async () => {
    const page = await kit.open('streams/orders-enriched?tab=shards')
    await page.getByRole('button', { name: /^Shard 0 .*\/s/ }).waitFor()
    await press(page, 's')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('2 shards become 4 of even ranges in one commit: 2 close and 4 open.').waitFor()
    expect(await axeInBothModes(page)).toEqual([])
    await dialog.getByRole('button', { name: 'Change to 4 shards' }).click()
    await page.getByRole('button', { name: /^Shard 5 .*\/s/ }).waitFor()
    await page.getByRole('button', { name: /^Shard 0 closed/ }).click()
    await page.getByRole('dialog').getByRole('link', { name: 'shard 3' }).click()
    await page.getByRole('heading', { name: 'shardId-000000000003' }).waitFor()
    expect(await axeInBothModes(page)).toEqual([])
    await press(page, 'Escape', '4')
    const positions = page.getByRole('grid', { name: 'Positions of save' })
    await poll(() => positions.locator('.grid-body [role=row]').count()).toBe(4)
  })
})
