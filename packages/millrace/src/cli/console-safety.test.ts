/** Every page of the console's API beyond loopback's trust: what it refuses, whatever the page is. */
import { request } from 'node:http'
import { join } from 'node:path'
import { consoleRoutes, consoleTrees } from '@millrace/console'
import { type AccessKey, createAccessKey, openStoreGateway, type StoreGateway } from '@millrace/gateway'
import { openStore, type Store } from '@millrace/store'
import { seededRandom, systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildApp, loadAppFile } from '../load/load-app.ts'
import { bin, temporaryFolder } from './cli-process.test-kit.ts'
import { openLake } from './lake/open-lake.ts'

const repository = join(bin, '../../../..')
const csrfHeader = 'x-millrace-csrf'
/** Open to whoever comes from a page of the gateway: they say who that is, and lead to the page. */
const openPages = ['/', '/console', '/admin/session', 'POST /admin/session', 'POST /admin/session/end']

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

type Headers = Readonly<Record<string, string>>

const folder = temporaryFolder()
let store: Store
let gateway: StoreGateway
let routes: ReadonlyMap<string, unknown>
let pages: string[] = []
let whole: AccessKey
let services: AccessKey
let reader: AccessKey

beforeAll(async () => {
  const directory = join(folder.path, 'data')
  const file = join(repository, 'examples/orders/orders.app.ts')
  const { definition } = buildApp(await loadAppFile(file), [])
  const keyFor = (...allow: string[]) =>
    createAccessKey({ directory, clock: systemClock, policy: [{ allow, streams: ['*'] }] })
  whole = keyFor('*')
  services = keyFor('kinesis:*')
  reader = keyFor('millrace:ListDeadLetters')
  store = await openStore({ dir: directory, clock: systemClock })
  const lake = openLake(directory, store)
  const made = consoleRoutes({
    store,
    clock: systemClock,
    random: seededRandom(1),
    lake,
    app: { definition, file, app: undefined },
    gateway: () => gateway,
    notebook: undefined,
  })
  routes = made
  pages = [...made.keys()].filter((page) => !openPages.includes(page))
  gateway = await openStoreGateway({
    store,
    clock: systemClock,
    random: seededRandom(1),
    port: 0,
    directory,
    auth: { mode: 'verify' },
    routes: made,
    trees: consoleTrees(),
  })
})

afterAll(async () => {
  await gateway.close()
  await store.close()
  folder.remove()
})

/** `page`: as in the table of routes: `/admin/x` or `POST /admin/x`. */
function ask(page: string, headers: Headers = {}, body = '{}'): Promise<Reply> {
  const isPost = page.startsWith('POST ')
  const path = isPost ? page.slice('POST '.length) : page
  const given = isPost ? { 'content-type': 'application/json', 'content-length': `${body.length}` } : {}
  return new Promise((resolve, reject) => {
    const asked = request(
      new URL(path, gateway.url),
      { method: isPost ? 'POST' : 'GET', headers: { ...given, ...headers }, agent: false },
      (reply) => {
        let text = ''
        reply.setEncoding('utf8').on('data', (piece: string) => {
          text += piece
        })
        reply.on('end', () => resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: text }))
      },
    )
    asked.on('error', reject)
    asked.end(isPost ? body : undefined)
  })
}

async function signIn({ id, secret }: AccessKey) {
  const reply = await ask('POST /admin/session', {}, JSON.stringify({ keyId: id, secret }))
  expect(reply).toMatchObject({ status: 200 })
  const cookie = String(reply.headers['set-cookie']).split(';')[0] ?? ''
  return { cookie, csrf: JSON.parse(reply.body).session.csrf as string }
}

const outcome = ({ status, body }: Reply) => `${status} ${/"code":"(\w+)"/.exec(body)?.[1] ?? ''}`

/** What every page answers, where all should answer alike. */
async function outcomes(list: readonly string[], headers: Headers): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const page of list) found[page] = outcome(await ask(page, headers))
  return found
}

const allAlike = (list: readonly string[], value: string) =>
  Object.fromEntries(list.map((page) => [page, value]))

describe('every page of the console’s API, where signatures are verified', () => {
  it('names the action that a policy allows or not', () => {
    expect(pages.length).toBeGreaterThan(20)
    for (const page of pages) {
      const route = routes.get(page)
      expect(typeof route === 'function' && 'action' in route ? route.action : undefined, page).toMatch(
        /^millrace:[A-Z]\w+$/,
      )
    }
  })

  it('refuses who has neither a session nor a signature', async () => {
    expect(await outcomes(pages, {})).toEqual(allAlike(pages, '401 SESSION_NEEDED'))
    expect(await outcomes(pages, { cookie: `millrace-1=${'A'.repeat(43)}` })).toEqual(
      allAlike(pages, '401 SESSION_NEEDED'),
    )
  })

  it('refuses pages of elsewhere and a host of another name, with a session too', async () => {
    const { cookie, csrf } = await signIn(whole)
    const { host } = new URL(gateway.url)
    const session = { cookie, [csrfHeader]: csrf }
    for (const stranger of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'same-site' }])
      expect(await outcomes(pages, { ...session, ...stranger })).toEqual(
        allAlike(pages, '403 ORIGIN_REFUSED'),
      )
    const rebound = host.replace('127.0.0.1', 'rebound.example')
    expect(await outcomes(pages, { ...session, host: rebound })).toEqual(allAlike(pages, '401 SESSION_ENDED'))
  })

  it('changes nothing by a cookie alone, nor with the token of another session', async () => {
    const changes = pages.filter((page) => page.startsWith('POST '))
    const [mine, other] = [await signIn(whole), await signIn(whole)]
    expect(changes.length).toBeGreaterThan(5)
    expect(await outcomes(changes, { cookie: mine.cookie })).toEqual(allAlike(changes, '403 CSRF_REFUSED'))
    expect(await outcomes(changes, { cookie: mine.cookie, [csrfHeader]: other.csrf })).toEqual(
      allAlike(changes, '403 CSRF_REFUSED'),
    )
  })

  it('asks the policy of the session’s key', async () => {
    const { cookie, csrf } = await signIn(services)
    expect(await outcomes(pages, { cookie, [csrfHeader]: csrf })).toEqual(
      allAlike(pages, '400 AccessDeniedException'),
    )
    const letters = await ask('/admin/dead-letters', { cookie: (await signIn(reader)).cookie })
    expect(letters.status).toBe(200)
  })

  it('answers so that no browser keeps it, guesses at it or runs it', async () => {
    for (const page of [...pages, '/admin/session', '/admin/nothing', 'POST /admin/nothing']) {
      const { headers } = await ask(page)
      expect(headers, page).toMatchObject({
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'content-security-policy': expect.stringContaining("default-src 'none'"),
        'content-type': 'application/json',
      })
    }
  })
})

describe('the page of the console', () => {
  it('is there before anybody has signed in, under its policy, with what is missing as well', async () => {
    for (const path of ['/console/', '/console/streams', '/console/nothing.js', '/console']) {
      const { headers } = await ask(path)
      expect(headers['content-security-policy'], path).toMatch(/default-src 'none'; script-src 'self'/)
      expect(headers['x-content-type-options'], path).toBe('nosniff')
    }
  })

  it('tells metrics to nobody who has not signed in, where they are not open', async () => {
    const { url } = gateway
    // On loopback they are for everybody.
    expect((await fetch(new URL('/metrics.json', url))).status).toBe(200)
    const beyond = await openStoreGateway({
      store,
      clock: systemClock,
      random: seededRandom(1),
      host: '0.0.0.0',
      port: 0,
      directory: join(folder.path, 'data'),
    })
    try {
      expect(beyond.metricsUrl).toBeUndefined()
      const refused = await fetch(new URL('/metrics.json', beyond.url))
      expect([refused.status, await refused.json()]).toMatchObject([
        401,
        { error: { code: 'SESSION_NEEDED' } },
      ])
    } finally {
      await beyond.close()
    }
  })
})
