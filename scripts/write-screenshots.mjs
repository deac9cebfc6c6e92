#!/usr/bin/env node
/**
 * Pictures of the console for docs/console.md: `npm run docs:screenshots [-- NAME...]`. They are of the running order pipeline, as `npm start` has it,
 * with a dead letter that this script puts; look at them before they are kept. Needs chromium (MILLRACE_CHROMIUM names another one).
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'docs/screenshots')
/** Until rates, charts and percentiles have something to show. */
const warmUpMs = 25_000
const settleMs = 6_000

/** `act`: what is done on the page before it is taken. */
const pictures = [
  { name: 'pipeline', path: 'pipeline' },
  { name: 'pipeline-dark', path: 'pipeline', theme: 'dark' },
  { name: 'query', path: 'pipeline/enrich', height: 1_000 },
  { name: 'tail-dark', path: 'streams/orders?tab=tail', theme: 'dark' },
  { name: 'notebook', path: 'notebook/orders', height: 1_000, settleMs: 15_000, act: runAll },
  {
    name: 'notebook-dark',
    path: 'notebook/orders',
    theme: 'dark',
    height: 1_000,
    settleMs: 15_000,
    act: runAll,
  },
  { name: 'tables', path: 'tables/OrderEnriched' },
  { name: 'dead-letters', path: 'dead-letters' },
  { name: 'metrics', path: 'metrics' },
  { name: 'palette-dark', path: 'pipeline', theme: 'dark', act: (page) => page.keyboard.press('Control+k') },
]

const asked = process.argv.slice(2)
const chosen = pictures.filter(({ name }) => asked.length === 0 || asked.includes(name))
const dataDir = mkdtempSync(join(tmpdir(), 'shop-'))
// Pages show where the app is: not where it happens to lie on the machine that takes the pictures.
symlinkSync(join(root, 'examples/orders'), join(dataDir, 'orders'))
const file = join(dataDir, 'orders/orders.app.ts')
const words = ['run', file, '--data-dir', join(dataDir, 'data'), '--port', '0', '--json']
const app = spawn(process.execPath, ['packages/millrace/bin/millrace.js', ...words, '--', '--rate', '20'], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
})
const ended = new Promise((resolve) => app.once('exit', resolve))
try {
  const url = await addressOf()
  mkdirSync(folder, { recursive: true })
  await sleep(warmUpMs)
  await putDeadRecord(url)
  const browser = await chromium.launch({
    executablePath: process.env.MILLRACE_CHROMIUM ?? '/usr/bin/chromium',
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage'],
  })
  try {
    for (const picture of chosen) await take(browser, url, picture)
  } finally {
    await browser.close()
  }
} finally {
  app.kill('SIGTERM')
  await ended
  rmSync(dataDir, { recursive: true, force: true })
}

async function take(browser, url, picture) {
  const { name, path, theme = 'light', height = 800, act } = picture
  const page = await browser.newPage({ viewport: { width: 1_280, height }, colorScheme: theme })
  // As somebody who has been here before sees it, but for the page that everybody sees first.
  if (name !== 'pipeline') await page.addInitScript(`localStorage.setItem('millrace.story', 'dismissed')`)
  await page.goto(`${url}/console/${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
  await act?.(page)
  await sleep(picture.settleMs ?? settleMs)
  const file = join(folder, `${name}.png`)
  await page.screenshot({ path: file })
  await page.close()
  console.log(`${file}: ${Math.round(statSync(file).size / 1_024)} KiB`)
}

/** Cells of a notebook run when somebody says so. */
async function runAll(page) {
  await page.getByRole('button', { name: 'Run all' }).click()
}

/** A record that the function behind the query cannot read. */
async function putDeadRecord(url) {
  const body = { stream: 'orders-enriched', partitionKey: 'order-17', text: '{"orderId": "seventeen"' }
  const response = await fetch(`${url}/admin/streams/put`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!response.ok) throw new Error(`the record was refused: ${await response.text()}`)
}

async function addressOf() {
  const place = join(dataDir, 'data/gateway.json')
  for (let tries = 0; tries < 600 && app.exitCode === null; tries++) {
    if (existsSync(place)) return JSON.parse(readFileSync(place, 'utf8')).url
    await sleep(100)
  }
  throw new Error('the order pipeline did not start')
}
