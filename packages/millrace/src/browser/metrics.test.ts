/** The metrics page on the running order pipeline: series, charts, statistics, alarms, by mouse and by keyboard. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, expect, it } from 'vitest'
import { axeInBothModes, describeInBrowser, press, screenshot, useConsole } from './browser.test-kit.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-alarms-'))
const rules = join(folder, 'alarms.json')
writeFileSync(
  rules,
  JSON.stringify({
    alarms: [
      {
        name: 'orders-are-few',
        metric: 'IncomingRecords',
        stream: 'orders',
        statistic: 'Sum',
        comparison: '<',
        threshold: 1_000_000,
        forMinutes: 1,
      },
    ],
  }),
)
afterAll(() => rmSync(folder, { recursive: true }))

describeInBrowser('the metrics page', () => {
  const kit = useConsole({
    file: 'examples/orders/orders.app.ts',
    flags: ['--alarms', rules],
    options: ['--rate', '50'],
  })

  const list = (page: Page) => page.getByRole('region', { name: 'Series' })
  const chart = (page: Page, name: string | RegExp) => page.getByRole('figure', { name })

  it('answers the first questions, of streams and functions, before anything is chosen', async () => {
    // The page asks every ten seconds; the test waits for the figures instead.
    const known = async () => (await fetch(`${kit.app.url}/admin/metrics?filter=save`)).text()
    await expect.poll(known, { timeout: 30_000 }).toContain('IteratorAge')
    const page = await kit.open('metrics')
    await chart(page, 'IncomingRecords, Sum').waitFor()
    await chart(page, 'IteratorAge, Maximum').waitFor()
    const records = chart(page, 'IncomingRecords, Sum').getByRole('table', { includeHidden: true })
    // The text alternative has the figures themselves.
    await expect.poll(() => records.textContent()).toMatch(/orders-enriched/)
    await expect.poll(() => records.textContent()).toMatch(/UTC[\d,.k]*[1-9]/)
    expect(await axeInBothModes(page)).toEqual([])
    await screenshot(page, 'metrics')
  })

  it('compares the series that are checked, and says so in its address', async () => {
    const page = await kit.open('metrics')
    const { pathname } = new URL(page.url())
    await list(page).getByRole('checkbox', { name: 'IncomingRecords' }).first().check()
    await list(page).getByRole('checkbox', { name: 'IncomingRecords' }).nth(1).check()
    await page.getByText('2 series').waitFor()
    expect(await page.getByRole('figure').count()).toBe(1)
    await page.getByLabel('Statistic').selectOption('Maximum')
    await chart(page, 'IncomingRecords, Maximum')
      .getByRole('button', { name: /orders-enriched/ })
      .waitFor()
    await page.getByLabel('Time range').selectOption({ label: '15 minutes' })
    const address = new URL(page.url())
    expect([
      address.pathname,
      address.searchParams.get('statistic'),
      address.searchParams.get('minutes'),
    ]).toEqual([pathname, 'Maximum', '15'])
    expect(address.searchParams.getAll('series')).toEqual([
      'AWS/Kinesis IncomingRecords StreamName=orders',
      'AWS/Kinesis IncomingRecords StreamName=orders-enriched',
    ])
    await page.reload()
    await chart(page, 'IncomingRecords, Maximum').waitFor()
    await page.getByRole('button', { name: 'Clear' }).click()
    await chart(page, 'IncomingBytes, Maximum').waitFor()
  })

  it('is filtered by keyboard, with words of metrics and of things', async () => {
    const page = await kit.open('metrics')
    await list(page).getByText('orders-enriched').waitFor()
    await press(page, '/')
    await page.keyboard.type('lambda errors')
    await expect.poll(() => list(page).getByRole('checkbox').count()).toBe(1)
    await press(page, 'Tab', 'Escape')
    await list(page).getByRole('checkbox', { name: 'Errors' }).focus()
    await press(page, 'Space')
    await page.getByText('1 series').waitFor()
    await page.getByRole('searchbox').fill('nothing like this')
    await page.getByText('No series has all of these words').waitFor()
  })

  it('copies an alarm rule that says what the chart shows', async () => {
    const page = await kit.open(
      `metrics?${new URLSearchParams({ series: 'AWS/Lambda Errors FunctionName=save' })}`,
    )
    await page.getByRole('button', { name: 'Copy alarm rule' }).click()
    await page.getByText('Copied').first().waitFor()
    const copied: unknown = JSON.parse(await page.evaluate('navigator.clipboard.readText()'))
    expect(copied).toEqual({
      alarms: [
        {
          name: 'Errors-save',
          metric: 'Errors',
          function: 'save',
          statistic: 'Sum',
          comparison: '>',
          threshold: 0,
          forMinutes: 3,
        },
      ],
    })
  })

  it('shows alarms with their state and the threshold in the chart', async () => {
    const page = await kit.open('metrics?tab=alarms')
    await page.getByRole('grid', { name: 'Alarms' }).getByText('orders-are-few').waitFor()
    await page.getByText('Sum of IncomingRecords < 1.0M for 1 minute').waitFor()
    await chart(page, /^orders-are-few/)
      .getByRole('button', { name: /threshold/ })
      .waitFor()
    expect(await page.getByText(/^(ALARM|INSUFFICIENT_DATA)$/).count()).toBeGreaterThan(0)
    expect(await axeInBothModes(page)).toEqual([])
  })
})

describeInBrowser('the metrics page without alarms and metrics', () => {
  const kit = useConsole({})

  it('tells what to do next', async () => {
    const page = await kit.open('metrics')
    await page.getByText('Nothing has been measured yet. What is here').waitFor()
    await page.getByRole('tab', { name: 'Alarms' }).click()
    await page.getByRole('heading', { name: 'No alarms are watched' }).waitFor()
    await page.getByText('millrace run APP --alarms alarms.json').waitFor()
    expect(await axeInBothModes(page)).toEqual([])
  })
})
