/**
 * Dead letters in the browser, of payments that a function cannot book: by cause, opened, mended, redriven and followed to what became
 * of them, dropped; by keys alone. One payment's texts would be scripts if anything took them for HTML.
 */
import type { Page } from 'playwright-core'
import { expect, it } from 'vitest'
import { axeInBothModes, describeInBrowser, press, useConsole } from './browser.test-kit.ts'

const script = '<script>window.wasRun=true</script>'
const image = '<img src=x onerror="window.wasRun=true">'

/** A busy machine takes its time. */
const waiting = { timeout: 20_000 }

describeInBrowser('the page of dead letters', () => {
  const kit = useConsole({ file: 'examples/book-payments/book.app.ts' })

  const letters = (page: Page) => page.getByRole('grid', { name: 'Dead letters' }).getByRole('row')
  const codes = async (page: Page) => (await letters(page).allInnerTexts()).join('\n')

  it('counts and groups letters, and shows one whole; texts stay texts', async () => {
    await put({ id: script, account: 'eve', amount: image, currency: 'EUR' })
    const page = await kit.open('dead-letters')
    const causes = page.getByRole('table', { name: 'Causes' })
    // Letters are written while one looks.
    await expect
      .poll(() => causes.getByRole('row', { name: /CURRENCY_UNKNOWN/ }).innerText(), waiting)
      .toMatch(/^3\s+book\s+CURRENCY_UNKNOWN\s+p-7 is in GBX, of which there is no rate\s+in-cents\.ts:\d+/)
    await expect.poll(() => letters(page).count(), waiting).toBe(6)
    expect(await axeInBothModes(page)).toEqual([])

    await page.getByLabel(/^Filter letters/).fill('SCRIPT')
    await expect.poll(() => letters(page).count(), waiting).toBe(2)
    await letters(page).nth(1).click()
    const letter = page.getByRole('dialog', { name: /^payments\/\d+\/\d+$/ })
    await letter.getByText(JSON.stringify(image), { exact: true }).waitFor()
    await letter.getByText(`amount of ${script} is ${JSON.stringify(image)}`, { exact: true }).waitFor()
    await letter.getByText(/at inCents .*in-cents\.ts:\d+/).waitFor()
    expect(await letter.getByRole('link', { name: 'book' }).getAttribute('href')).toBe(
      '/console/pipeline/book',
    )
    expect(await axeInBothModes(page)).toEqual([])

    await letter.getByRole('link', { name: /^payments/ }).click()
    await page.getByRole('grid').getByText(/eve/).first().waitFor()
    expect(await page.evaluate('window.wasRun')).toBeUndefined()
  })

  it('a payload is mended and redriven by keys alone, and comes out', async () => {
    const page = await kit.open('dead-letters?q=12,50')
    await expect.poll(() => letters(page).count(), waiting).toBe(2)
    await press(page, 'j', 'Enter')
    const letter = page.getByRole('dialog', { name: 'payments/0/2' })
    await letter.getByText('"12,50"', { exact: true }).waitFor()
    // Opened by its address it has the same keys.
    await page.reload()
    await letter.getByText('"12,50"', { exact: true }).waitFor()
    await press(page, 'e')
    const editor = letter.getByRole('textbox', { name: 'Payload of the letter' })
    await editor.focus()
    await press(page, 'ControlOrMeta+a')
    await page.keyboard.insertText('{"id":"p-5","account":"ben","amount":12.5')
    await letter.getByText(/The payload is JSON and has to stay it/).waitFor()
    expect(await letter.getByRole('button', { name: 'Save', exact: true }).isDisabled()).toBe(true)
    await page.keyboard.insertText(',"currency":"EUR"}')
    expect(await axeInBothModes(page)).toEqual([])
    await press(page, 'ControlOrMeta+Enter')
    await letter.getByText(/^Payload before the edit/).waitFor()
    await press(page, 'r')
    await page.getByText('Redriven: payments/0/2, 1 letter came out.').waitFor()
    await page.getByText('No letter is like that.').waitFor()
    const balance = await fetch(`${kit.app.url}/admin/tables/item?table=Balances&partition=ben`)
    expect(await balance.json()).toEqual({ item: { account: { S: 'ben' }, cents: { N: '2600' } } })
  })

  it('a cause is redriven at once, its letters die again, and the page says so', async () => {
    const page = await kit.open('dead-letters')
    await page.getByRole('link', { name: /p-7 is in GBX/ }).click()
    await expect.poll(() => letters(page).count(), waiting).toBe(4)
    await page.getByRole('button', { name: 'Redrive 3 letters' }).click()
    await page.getByText('Redriven: 3 letters, 3 letters died again.').waitFor()
    await expect.poll(() => codes(page), waiting).toMatch(/redriven 1×/)
    await page.getByRole('tab', { name: 'Redriven' }).click()
    const redriven = page.getByRole('grid', { name: 'Redriven letters of book' }).getByRole('row')
    await expect.poll(() => redriven.count(), waiting).toBe(5)
    expect((await redriven.allInnerTexts()).filter((row) => row.startsWith('died again'))).toHaveLength(3)
    expect((await redriven.allInnerTexts()).filter((row) => row.startsWith('came out'))).toHaveLength(1)
    expect(await axeInBothModes(page)).toEqual([])
  })

  it('one that would overtake an older one of its key is refused, with the way out', async () => {
    kit.expectFault(/status of 409/)
    const page = await kit.open('dead-letters?q=p-9')
    await expect.poll(() => letters(page).count(), waiting).toBe(2)
    await press(page, 'j', 'r')
    await page.getByText(/has the same key "carla", is older and would stay behind/).waitFor()
    await page.getByRole('button', { name: 'Redrive out of order' }).click()
    await page.getByText('Redriven: payments/0/5, 1 letter died again.').waitFor()
  })

  it('dropping asks first', async () => {
    const page = await kit.open('dead-letters?q=p-9')
    await expect.poll(() => letters(page).count(), waiting).toBe(2)
    await page.getByRole('button', { name: 'Drop 1 letter' }).click()
    const question = page.getByRole('dialog', { name: 'Drop 1 letter?' })
    expect(await axeInBothModes(page)).toEqual([])
    await question.getByRole('button', { name: 'Drop', exact: true }).click()
    await page.getByText('Dropped: 1 letter.').waitFor()
    await page.getByText('No letter is like that.').waitFor()
  })

  async function put(payment: object): Promise<void> {
    const answer = await fetch(`${kit.app.url}/admin/streams/put`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ stream: 'payments', partitionKey: 'eve', text: JSON.stringify(payment) }),
    })
    expect(answer.status).toBe(200)
  }
})
