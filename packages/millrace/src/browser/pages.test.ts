/** Every page of the console on the running order pipeline: it opens without a fault, and axe finds nothing in it. */
import { expect, it } from 'vitest'
import { axeInBothModes, describeInBrowser, screenshot, useConsole } from './browser.test-kit.ts'

const titles = {
  pipeline: 'Pipeline',
  streams: 'Streams',
  notebook: 'Notebook',
  tables: 'Tables',
  lake: 'Lake',
  'dead-letters': 'Dead letters',
  metrics: 'Metrics',
}

describeInBrowser('every page of the console', () => {
  const kit = useConsole({ file: 'examples/orders/orders.app.ts', options: ['--rate', '20'] })

  for (const [name, title] of Object.entries(titles)) {
    it(`${name}: opens without a fault, and is accessible in light and dark`, async () => {
      const page = await kit.open(name)
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      expect(await axeInBothModes(page)).toEqual([])
      await screenshot(page, name)
    })
  }

  it('the navigation leads to each of them', async () => {
    const page = await kit.open()
    for (const title of Object.values(titles)) {
      await page.getByRole('navigation').getByRole('link', { name: title }).click()
      await page.getByRole('heading', { level: 1, name: title }).waitFor()
      expect(await page.title()).toContain(title)
    }
  })

  it('a page that is not there says so and leads back', async () => {
    const page = await kit.open('nothing')
    await page
      .getByRole('link', { name: /pipeline/i })
      .last()
      .click()
    await page.getByRole('heading', { level: 1, name: 'Pipeline' }).waitFor()
  })

  it('a script that somebody got into the page does not run, and is a fault', async () => {
    kit.expectFault(/Content Security Policy/)
    const page = await kit.open()
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.evaluate(`{
      const script = document.createElement('script')
      script.textContent = 'window.wasRun = true'
      document.body.append(script)
    }`)
    expect(await page.evaluate('window.wasRun')).toBeUndefined()
  })
})
