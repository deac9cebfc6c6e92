/** docs/console-api.md names every call of the console's API, with the action that it needs, and none that does not exist. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { consoleRoutes } from '@millrace/console'
import { openStore } from '@millrace/store'
import { seededRandom, systemClock } from '@millrace/values'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openNotebookHost } from '../notebook/notebook-host.ts'
import { openLake } from './lake/open-lake.ts'

const page = readFileSync(join(import.meta.dirname, '../../../../docs/console-api.md'), 'utf8')

/** `GET /admin/streams` -> the action in the column behind it. */
const documented = new Map<string, string>()
for (const line of page.split('\n')) {
  const [, calls, action = ''] = /^\|([^|]+)\|([^|]*)\|/.exec(line) ?? []
  for (const [, call = ''] of calls?.matchAll(/`((?:GET|POST|DELETE|PUT) \/[^`?]*)[^`]*`/g) ?? [])
    documented.set(call, action.replaceAll('`', '').trim())
}

let routes: ReadonlyMap<string, string>
let close: () => Promise<void>
beforeAll(async () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-api-docs-'))
  const store = await openStore({ dir, clock: systemClock })
  const lake = openLake(dir, store)
  // Of an app that is starting, which has all routes that there are.
  const app = {
    definition: { name: 'none', streams: [], tables: [], stages: [] },
    file: join(dir, 'none.app.ts'),
    app: undefined,
  }
  const notebook = openNotebookHost({ store, clock: systemClock, lake, app })
  const all = consoleRoutes({
    store,
    clock: systemClock,
    random: seededRandom(1),
    lake,
    app,
    gateway: () => undefined,
    notebook,
  })
  routes = new Map(
    [...all].map(([key, route]) => [
      key.includes(' ') ? key : `GET ${key}`,
      'action' in route ? String(route.action) : '',
    ]),
  )
  close = async () => {
    await notebook.close()
    await lake.query.close()
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  }
})
afterAll(() => close())

it('every call is on the page', () => {
  expect([...routes.keys()].filter((call) => !documented.has(call))).toEqual([])
})

it('every call on the page exists', () => {
  expect([...documented.keys()].filter((call) => !routes.has(call))).toEqual([])
})

it('the action beside a call is the one that it needs', () => {
  const wrong = [...documented].filter(([call, action]) => routes.get(call) !== action)
  expect(wrong.map(([call, action]) => `${call}: ${action}, but needs ${routes.get(call)}`)).toEqual([])
})
