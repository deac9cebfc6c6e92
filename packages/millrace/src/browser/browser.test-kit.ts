/**
 * Pages of the console in a browser, on a running app:
 *
 *   describeInBrowser('the stream page', () => {
 *     const kit = useConsole({ file: 'examples/orders/orders.app.ts', options: ['--rate', '50'] })
 *     it('lists the streams', async () => {
 *       const page = await kit.open('streams')
 *       await page.getByRole('link', { name: 'orders' }).waitFor()
 *       expect(await axeInBothModes(page)).toEqual([])
 *     })
 *   })
 *
 * One app and one browser for each file. A test fails if a page of it had an error, wrote one to its console (which a violation
 * of the page's policy and a request that was refused do), or was answered with a 500. A test that means one says so: `expectFault`.
 * Without a browser the tests are skipped, and their name says why.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { type AppProcess, type AppSpec, repository, startAppProcess } from './app-process.ts'
import { axe } from './axe.ts'
import { findChromium } from './find-chromium.ts'

export { axe } from './axe.ts'

export interface Look {
  readonly theme?: 'light' | 'dark'
  readonly width?: number
  readonly height?: number
  /** Where the browser finds the app: `https://127.0.0.1:4568`. Default: the app's own address. */
  readonly at?: string
}

/** A name that the browser takes for this machine, as if a name server said so. */
export const otherHost = 'console.example'

export interface ConsoleKit {
  readonly app: AppProcess
  /** Opens `/console/PATH` in a window of its own, without the cookies and settings of others; closed with the test. */
  open(path?: string, look?: Look): Promise<Page>
  /** Faults of this test that are meant: `expectFault(/status of 403/)`. At least one has to match it when the test is over. */
  expectFault(fault: RegExp): void
}

const executablePath = findChromium()
const startMs = 90_000
const waitMs = 20_000

export function describeInBrowser(name: string, suite: () => void): void {
  if (executablePath === undefined)
    describe.skip(`${name} (skipped: no chromium; apt-get install chromium, or set MILLRACE_CHROMIUM)`, suite)
  else describe(name, suite)
}

/** To be called in a `describeInBrowser`. */
export function useConsole(spec: AppSpec): ConsoleKit {
  let app: AppProcess | undefined
  let browser: Browser | undefined
  const faults: string[] = []
  let expected: RegExp[] = []
  beforeAll(async () => {
    ;[app, browser] = await Promise.all([startAppProcess(spec), launch()])
  }, startMs)
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await context.close()
    const [found, meant] = [faults.splice(0), expected]
    expected = []
    const others = found.filter((fault) => !meant.some((pattern) => pattern.test(fault)))
    if (others.length > 0) throw new Error(`faults of the page:\n${others.join('\n')}`)
    const missing = meant.filter((pattern) => !found.some((fault) => pattern.test(fault)))
    if (missing.length > 0) throw new Error(`no fault of the page was like ${missing.join(' or ')}`)
  })
  afterAll(async () => {
    await Promise.all([browser?.close(), app?.stop()])
  })
  const started = (): AppProcess => {
    if (app === undefined) throw new Error('the app has not been started')
    return app
  }
  return {
    get app() {
      return started()
    },
    async open(path = '', { theme = 'light', width = 1280, height = 800, at } = {}) {
      if (browser === undefined) throw new Error('the browser has not been started')
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: theme,
        reducedMotion: 'reduce',
        // The app's certificate is its own.
        ignoreHTTPSErrors: at !== undefined,
        permissions: ['clipboard-read', 'clipboard-write'],
      })
      context.setDefaultTimeout(waitMs)
      const page = await context.newPage()
      watch(page, faults)
      await page.goto(`${at ?? started().url}/console/${path}`)
      return page
    },
    expectFault: (fault) => void expected.push(fault),
  }
}

/** Violations of accessibility, light and dark. */
export async function axeInBothModes(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const theme of ['light', 'dark'] as const) {
    await useTheme(page, theme)
    for (const text of await axe(page)) found.push(`${theme}: ${text}`)
  }
  return found
}

/** What the system of whoever looks at the page prefers. */
export async function useTheme(page: Page, theme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme: theme })
}

/** Keys one after the other: `press(page, 'ControlOrMeta+k', 'ArrowDown', 'Enter')`. */
export async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key)
}

/** A picture in docs/screenshots, where MILLRACE_SCREENSHOTS=1 asks for it; tests leave the pictures alone otherwise. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.MILLRACE_SCREENSHOTS !== '1') return
  const folder = join(repository, 'docs/screenshots')
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name}.png`) })
}

function launch(): Promise<Browser> {
  if (executablePath === undefined) throw new Error('there is no chromium here')
  // Chromium refuses its sandbox to root, as which CI runs; /dev/shm of containers is too small for it.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  const args = ['--disable-dev-shm-usage', `--host-resolver-rules=MAP ${otherHost} 127.0.0.1`]
  return chromium.launch({ executablePath, args: [...asRoot, ...args] })
}

function watch(page: Page, faults: string[]): void {
  page.on('pageerror', (error) => faults.push(`error of the page: ${error.stack ?? error.message}`))
  page.on('crash', () => faults.push('the page crashed'))
  page.on('console', (message) => {
    if (message.type() !== 'error') return
    faults.push(`error in the console: ${message.text()} (${message.location().url})`)
  })
  page.on('response', (response) => {
    if (response.status() >= 500) faults.push(`${response.status()} from ${response.url()}`)
  })
}
