import { mkdtempSync } from 'node:fs'
import { request as requestTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createAccessKey, revokeAccessKey } from '../auth/key-file.ts'
import type { Policy } from '../auth/policy.ts'
import { AdminEvents, adminRoute } from '../http/admin-route.ts'
import { csrfHeader } from '../http/admit-request.ts'
import { ask, bodyOf, client, closeAll, directories, open } from '../testing/open-gateway.ts'
import type { SessionAnswer } from './session-routes.ts'
import { sessionPath, sessionRoutes } from './session-routes.ts'

afterEach(closeAll)

const minuteMs = 60_000
const actions = ['millrace:ChangeThings', 'millrace:ListThings']

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: object
}

interface Replied {
  readonly status: number
  readonly head: string
  // Any JSON; tests compare it whole or read what they have compared.
  readonly answer: SessionAnswer & { readonly error?: { readonly code: string } }
}

/** A gateway that verifies signatures, with pages, a key, and somebody to ask for them. */
async function guarded(policy?: Policy, options: { readonly tls?: boolean } = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-session-'))
  directories.push(directory)
  const told: number[] = []
  let wake = () => {}
  async function* events(signal: AbortSignal) {
    signal.addEventListener('abort', () => wake())
    while (!signal.aborted) {
      for (const data of told.splice(0)) yield { data }
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
  }
  const tell = (value: number) => {
    told.push(value)
    wake()
  }
  const routes = new Map([
    ['/admin/things', adminRoute('millrace:ListThings', ({ caller }) => ({ is: caller?.keyId }))],
    ['/admin/live', adminRoute('millrace:ListThings', ({ signal }) => new AdminEvents(events(signal)))],
    ['POST /admin/things', adminRoute('millrace:ChangeThings', ({ body }) => ({ did: body }))],
    ...sessionRoutes(actions),
  ])
  const { gateway, clock } = await open({
    routes,
    directory,
    auth: { mode: 'verify' },
    ...(options.tls === true ? { tls: { port: 0, certificate: 'self-signed' as const } } : {}),
  })
  const key = createAccessKey({ directory, clock, ...(policy === undefined ? {} : { policy }) })
  await clock.advance(2_000)
  const host = new URL(gateway.url).host
  async function call({ method = 'GET', path = '/admin/things', headers = {}, body }: Asked = {}) {
    const text = body === undefined ? '' : JSON.stringify(body)
    const all = {
      host,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      'content-length': String(text.length),
      ...headers,
    }
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
    const reply = await ask(gateway, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${text}`)
    const [head = ''] = reply.split('\r\n\r\n')
    return { status: Number(reply.split(' ')[1]), head, answer: JSON.parse(bodyOf(reply)) } as Replied
  }
  const signIn = (secret = key.secret, keyId = key.id, headers = {}) =>
    call({ method: 'POST', path: sessionPath, headers, body: { keyId, secret } })
  /** Signs in; what a browser then sends with each request. */
  async function browser() {
    const reply = await signIn()
    const cookie = /^set-cookie: ([^;]+)/im.exec(reply.head)?.[1] ?? ''
    return { cookie, csrf: reply.answer.session?.csrf ?? '', token: cookie.slice(cookie.indexOf('=') + 1) }
  }
  return { gateway, clock, key, directory, host, call, signIn, browser, tell }
}

const code = ({ status, answer }: Replied) => `${status} ${answer.error?.code ?? ''}`

describe('signing in', () => {
  it('gives a cookie for a key and its secret, and says what its policy allows', async () => {
    const { key, host, call, signIn } = await guarded([{ allow: ['millrace:List*'], streams: ['*'] }])
    expect((await call({ path: sessionPath })).answer).toEqual({
      mode: 'verify',
      maySignIn: true,
      allowed: [],
      actions,
    })
    const opened = await signIn()
    const [, port] = host.split(':')
    expect(opened.head).toMatch(
      new RegExp(`^set-cookie: millrace-${port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`, 'im'),
    )
    const cookie = /^set-cookie: ([^;]+)/im.exec(opened.head)?.[1] ?? ''
    const { answer } = await call({ path: sessionPath, headers: { cookie } })
    expect(answer).toMatchObject({
      mode: 'verify',
      user: { keyId: key.id, account: '000000000000' },
      session: { csrf: expect.stringMatching(/^[\w-]{43}$/) },
      allowed: ['millrace:ListThings'],
      actions,
    })
    expect(JSON.stringify(answer)).not.toContain(key.secret)
    expect(await call({ headers: { cookie } })).toMatchObject({ status: 200, answer: { is: key.id } })
    const change = { method: 'POST', body: {}, headers: { cookie, [csrfHeader]: answer.session!.csrf } }
    expect(code(await call(change))).toBe('400 AccessDeniedException')
  })

  it('refuses a wrong secret, an unknown key, a revoked one and what is no text alike', async () => {
    const { key, directory, clock, call, signIn } = await guarded()
    const refused = await signIn('wrong')
    expect(code(refused)).toBe('403 SIGN_IN_REFUSED')
    expect(refused.head).not.toMatch(/set-cookie/i)
    expect((await signIn(key.secret, 'MRAKNOBODY')).answer).toEqual(refused.answer)
    expect(code(await signIn(''))).toBe('400 VALUE_INVALID')
    expect(code(await signIn('x'.repeat(513)))).toBe('400 VALUE_INVALID')
    for (const body of [{}, { keyId: [key.id], secret: key.secret }, { keyId: key.id, secret: 7 }])
      expect(code(await call({ method: 'POST', path: sessionPath, body }))).toBe('400 VALUE_INVALID')
    revokeAccessKey(directory, key.id)
    await clock.advance(2_000)
    expect((await signIn()).answer).toEqual(refused.answer)
  })

  it('lets nobody guess: after ten wrong secrets even the right one waits', async () => {
    const { clock, signIn } = await guarded()
    for (let i = 0; i < 10; i++) expect(code(await signIn(`guess ${i}`))).toBe('403 SIGN_IN_REFUSED')
    expect(code(await signIn())).toBe('429 SIGN_IN_TOO_OFTEN')
    await clock.advance(10_000)
    expect((await signIn()).status).toBe(200)
  })

  it('limits the guesses over all keys', async () => {
    const { signIn } = await guarded()
    const codes = new Set<string>()
    for (let i = 0; i < 120; i++) codes.add(code(await signIn('guess', `MRAK${i}`)))
    expect([...codes]).toEqual(['403 SIGN_IN_REFUSED', '429 SIGN_IN_TOO_OFTEN'])
  })

  it('takes no secret over a connection that others can read', async () => {
    const { call, signIn, key } = await guarded()
    const host = 'console.example:4567'
    expect((await call({ path: sessionPath, headers: { host } })).answer.maySignIn).toBe(false)
    expect(code(await signIn(key.secret, key.id, { host }))).toBe('403 TLS_NEEDED')
    // A proxy that ends the TLS: the page was loaded over https.
    const proxied = await signIn(key.secret, key.id, { host, origin: `https://${host}` })
    expect(proxied.head).toMatch(/^set-cookie: __Host-millrace-4567=[\w-]{43}; .*; Secure$/im)
  })

  it('marks the cookie of a connection with TLS', async () => {
    const { gateway, key } = await guarded(undefined, { tls: true })
    const body = JSON.stringify({ keyId: key.id, secret: key.secret })
    const cookies = await new Promise<string[]>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': body.length }
      const url = new URL(sessionPath, gateway.tlsUrl)
      const asked = requestTls(url, { method: 'POST', headers, rejectUnauthorized: false }, (reply) => {
        reply.resume()
        resolve(reply.headers['set-cookie'] ?? [])
      })
      asked.on('error', reject)
      asked.end(body)
    })
    expect(cookies).toEqual([expect.stringMatching(/^__Host-millrace-\d+=[\w-]{43}; .*HttpOnly.*; Secure$/)])
  })

  it('is not asked for where signatures are not verified', async () => {
    const { gateway } = await open({ routes: sessionRoutes(actions) })
    const head = `HTTP/1.1\r\nHost: ${new URL(gateway.url).host}\r\nContent-Type: application/json\r\n`
    const asked = await ask(gateway, `GET ${sessionPath} ${head}\r\n`)
    expect(JSON.parse(bodyOf(asked))).toEqual({ mode: 'off', maySignIn: true, allowed: actions, actions })
    const tried = await ask(gateway, `POST ${sessionPath} ${head}Content-Length: 2\r\n\r\n{}`)
    expect(bodyOf(tried)).toMatch(/SESSION_NOT_NEEDED/)
  })
})

describe('a session', () => {
  it('is needed where there is no signature, and is that of its own token', async () => {
    const { host, call, browser } = await guarded()
    const [, port] = host.split(':')
    const { cookie, token } = await browser()
    expect(code(await call())).toBe('401 SESSION_NEEDED')
    expect((await call({ headers: { cookie } })).status).toBe(200)
    expect((await call({ headers: { cookie: `a=b; ${cookie}; c=d` } })).status).toBe(200)
    const other = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`
    for (const wrong of [other, `${token}A`, '', '%', 'x'.repeat(43)])
      expect(code(await call({ headers: { cookie: `millrace-${port}=${wrong}` } }))).toBe('401 SESSION_ENDED')
    for (const foreign of [`millrace-1=${token}`, `session=${token}`, `${cookie}; millrace-${port}=${other}`])
      expect(code(await call({ headers: { cookie: foreign } })), foreign).toBe('401 SESSION_NEEDED')
  })

  it('holds for the host that it was opened for', async () => {
    const { host, call, browser } = await guarded()
    const { cookie } = await browser()
    const rebound = host.replace('127.0.0.1', 'rebound.example')
    expect(code(await call({ headers: { cookie, host: rebound } }))).toBe('401 SESSION_ENDED')
    expect((await call({ headers: { cookie, host } })).status).toBe(200)
  })

  it('changes nothing without its own CSRF token', async () => {
    const { call, browser } = await guarded()
    const [mine, other] = [await browser(), await browser()]
    expect(mine.csrf).not.toBe(other.csrf)
    const change = (headers: Readonly<Record<string, string>>) =>
      call({ method: 'POST', body: { x: 1 }, headers: { cookie: mine.cookie, ...headers } })
    expect(await change({ [csrfHeader]: mine.csrf })).toMatchObject({
      status: 200,
      answer: { did: { x: 1 } },
    })
    for (const headers of [
      {},
      { [csrfHeader]: '' },
      { [csrfHeader]: other.csrf },
      { [csrfHeader]: mine.token },
    ])
      expect(code(await change(headers))).toBe('403 CSRF_REFUSED')
  })

  it('speaks for pages of this gateway alone', async () => {
    const { gateway, host, call, browser } = await guarded()
    const { cookie, csrf } = await browser()
    const read = (headers: Readonly<Record<string, string>>) => call({ headers: { cookie, ...headers } })
    const change = (headers: Readonly<Record<string, string>>) =>
      call({ method: 'POST', body: {}, headers: { cookie, [csrfHeader]: csrf, ...headers } })
    const own = { origin: gateway.url, 'sec-fetch-site': 'same-origin' }
    expect((await read(own)).status).toBe(200)
    expect((await change(own)).status).toBe(200)
    expect((await read({ 'sec-fetch-site': 'none' })).status).toBe(200)
    const strangers = [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: `http://${host.replace(/\d+$/, '1')}` },
      { 'sec-fetch-site': 'cross-site' },
      // Another port of this machine is another origin, whose requests carry the cookie.
      { 'sec-fetch-site': 'same-site' },
    ]
    for (const stranger of strangers) {
      expect(code(await read(stranger)), JSON.stringify(stranger)).toBe('403 ORIGIN_REFUSED')
      expect(code(await change(stranger)), JSON.stringify(stranger)).toBe('403 ORIGIN_REFUSED')
    }
  })

  it('ends when it has not been used, and at the latest after twelve hours', async () => {
    const { clock, call, browser } = await guarded()
    const idle = await browser()
    await clock.advance(30 * minuteMs - 1)
    expect((await call({ headers: { cookie: idle.cookie } })).status).toBe(200)
    await clock.advance(30 * minuteMs)
    expect(code(await call({ headers: { cookie: idle.cookie } }))).toBe('401 SESSION_ENDED')
    const used = await browser()
    for (let minutes = 0; minutes < 12 * 60 - 20; minutes += 20) {
      expect((await call({ headers: { cookie: used.cookie } })).status).toBe(200)
      await clock.advance(20 * minuteMs)
    }
    expect((await call({ headers: { cookie: used.cookie } })).status).toBe(200)
    await clock.advance(20 * minuteMs)
    expect(code(await call({ headers: { cookie: used.cookie } }))).toBe('401 SESSION_ENDED')
  })

  it('ends with its key', async () => {
    const { clock, key, directory, call, browser } = await guarded()
    const { cookie } = await browser()
    revokeAccessKey(directory, key.id)
    await clock.advance(2_000)
    expect(code(await call({ headers: { cookie } }))).toBe('401 SESSION_ENDED')
  })

  it('ends when somebody signs out, which the cookie alone cannot do', async () => {
    const { call, browser } = await guarded()
    const { cookie, csrf } = await browser()
    const end = (headers = {}) =>
      call({ method: 'POST', path: `${sessionPath}/end`, body: {}, headers: { cookie, ...headers } })
    expect(code(await end())).toBe('403 CSRF_REFUSED')
    expect((await call({ headers: { cookie } })).status).toBe(200)
    const ended = await end({ [csrfHeader]: csrf })
    expect(ended).toMatchObject({ status: 200, answer: { mode: 'verify', allowed: [] } })
    expect(ended.head).toMatch(/^set-cookie: millrace-\d+=; .*; Max-Age=0$/im)
    expect(code(await call({ headers: { cookie } }))).toBe('401 SESSION_ENDED')
    expect((await end({ [csrfHeader]: csrf })).status).toBe(200)
    const asked = await call({ path: sessionPath, headers: { cookie } })
    expect(asked.answer.user).toBeUndefined()
    expect(asked.head).toMatch(/Max-Age=0/i)
  })

  it('ends the one before when somebody signs in again', async () => {
    const { key, call, browser } = await guarded()
    const { cookie } = await browser()
    const body = { keyId: key.id, secret: key.secret }
    const again = await call({ method: 'POST', path: sessionPath, headers: { cookie }, body })
    expect(again.head).not.toContain(cookie)
    expect(code(await call({ headers: { cookie } }))).toBe('401 SESSION_ENDED')
  })

  it('makes room for later ones of its key', async () => {
    const { call, browser } = await guarded()
    const first = await browser()
    const second = await browser()
    for (let i = 0; i < 30; i++) await browser()
    expect((await call({ headers: { cookie: first.cookie } })).status).toBe(200)
    await browser()
    // The first was used since, so the second was the one to go.
    expect((await call({ headers: { cookie: first.cookie } })).status).toBe(200)
    expect(code(await call({ headers: { cookie: second.cookie } }))).toBe('401 SESSION_ENDED')
  })

  it('opens event streams, which end with it', async () => {
    const { gateway, clock, key, directory, host, browser, tell } = await guarded()
    const { cookie } = await browser()
    const live = client(gateway).send(
      `GET /admin/live HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\n\r\n`,
    )
    await live.receives(/:\n\n/)
    tell(1)
    const told = await live.receives(/data: 1/)
    expect(told).toMatch(/content-type: text\/event-stream/i)
    expect(told).toMatch(/cache-control: no-store/i)
    revokeAccessKey(directory, key.id)
    await clock.advance(2_000)
    tell(2)
    const whole = await live.receives(/0\r\n\r\n$/)
    expect(whole).not.toMatch(/data: 2/)
  })
})

describe('answers', () => {
  it('are kept by no browser, shown in no frame and taken for nothing but data, refused or not', async () => {
    const { call, browser } = await guarded()
    const { cookie } = await browser()
    for (const asked of [{}, { headers: { cookie } }, { path: sessionPath }]) {
      const { head } = await call(asked)
      expect(head).toMatch(/^cache-control: no-store$/im)
      expect(head).toMatch(/^x-content-type-options: nosniff$/im)
      expect(head).toMatch(/^content-security-policy: default-src 'none'; frame-ancestors 'none'/im)
      expect(head).toMatch(/^cross-origin-resource-policy: same-origin$/im)
    }
  })
})
