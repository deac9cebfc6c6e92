import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { adminCredentials, createAccessKey, revokeAccessKey } from '../auth/key-file.ts'
import type { Policy } from '../auth/policy.ts'
import { signRequest } from '../auth/sign-request.ts'
import type { Gateway } from '../gateway.ts'
import { ask, bodyOf, closeAll, directories, open, start } from '../testing/open-gateway.ts'
import { AdminProblem } from './admin-problem.ts'
import { adminRoute } from './admin-route.ts'

afterEach(closeAll)

const routes = new Map([
  ['/admin/things', adminRoute('millrace:ListThings', ({ query }) => ({ got: query.get('a') }))],
  ['POST /admin/things', adminRoute('millrace:ChangeThings', ({ body }) => ({ did: body }))],
  [
    'POST /admin/refused',
    adminRoute('millrace:ChangeThings', () => {
      throw new AdminProblem('THING_GONE', 'It is gone.', 404)
    }),
  ],
  [
    'POST /admin/broken',
    adminRoute('millrace:ChangeThings', () => {
      throw new Error('a secret of the machine')
    }),
  ],
])

interface Asked {
  readonly method?: string
  readonly path?: string
  readonly host?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

async function call(gateway: Gateway, asked: Asked = {}) {
  const { method = 'GET', path = '/admin/things?a=b', host = new URL(gateway.url).host, body = '' } = asked
  const headers = { host, 'content-length': String(body.length), ...asked.headers }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  const reply = await ask(gateway, `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  return { status: Number(reply.split(' ')[1]), text: bodyOf(reply) }
}

const json = { 'content-type': 'application/json' }
const post: Asked = { method: 'POST', path: '/admin/things', headers: json, body: '{"x":[1]}' }

describe('on loopback without keys', () => {
  it('answers reads and changes as JSON', async () => {
    const { gateway } = await open({ routes })
    expect(await call(gateway)).toEqual({ status: 200, text: '{"got":"b"}\n' })
    expect(await call(gateway, post)).toEqual({ status: 200, text: '{"did":{"x":[1]}}\n' })
  })

  it('takes pages of its own, and none of another origin', async () => {
    const { gateway, service } = await open({ routes })
    const origin = (value: string) => ({ ...post, headers: { ...json, Origin: value } })
    expect(await call(gateway, origin(gateway.url))).toMatchObject({ status: 200 })
    for (const value of ['https://evil.example', 'null', `${gateway.url}.evil.example`, 'http://127.0.0.1'])
      expect(await call(gateway, origin(value))).toMatchObject({
        status: 403,
        text: expect.stringMatching(/ORIGIN_REFUSED/),
      })
    expect(await call(gateway, { headers: { Origin: 'https://evil.example' } })).toMatchObject({
      status: 403,
    })
    expect(service).toBeDefined()
  })

  it('takes no name that only a name server calls this machine', async () => {
    const { gateway } = await open({ routes })
    const { port } = new URL(gateway.url)
    for (const host of [`localhost:${port}`, '127.0.0.1', `[::1]:${port}`, `LOCALHOST:${port}`])
      expect(await call(gateway, { host }), host).toMatchObject({ status: 200 })
    for (const host of [`rebound.example:${port}`, 'localhost.evil.example', '127.0.0.1.evil.example', ''])
      expect(await call(gateway, { host }), host).toMatchObject({
        status: 403,
        text: expect.stringMatching(/HOST_REFUSED/),
      })
  })

  it('takes only JSON objects that say what they are', async () => {
    const { gateway } = await open({ routes })
    const forms = ['text/plain', 'application/x-www-form-urlencoded', 'application/jsonp']
    for (const type of forms)
      expect(await call(gateway, { ...post, headers: { 'content-type': type } })).toMatchObject({
        status: 415,
      })
    expect(await call(gateway, { ...post, headers: {} })).toMatchObject({ status: 415 })
    for (const body of ['', '{', '[]', '3', 'null', '"x"'])
      expect(await call(gateway, { ...post, body }), body).toMatchObject({
        status: 400,
        text: expect.stringMatching(/BODY_INVALID/),
      })
  })

  it('tells faults of the caller, and none of ours', async () => {
    const { gateway, failures } = await open({ routes })
    expect(await call(gateway, { ...post, path: '/admin/refused' })).toEqual({
      status: 404,
      text: '{"error":{"code":"THING_GONE","message":"It is gone."}}\n',
    })
    const broken = await call(gateway, { ...post, path: '/admin/broken' })
    expect(broken.status).toBe(500)
    expect(broken.text).not.toMatch(/secret/)
    expect(failures).toHaveLength(1)
  })

  it('leaves all other paths and methods to the services', async () => {
    const { gateway } = await open({ routes })
    expect((await call(gateway, { ...post, path: '/admin/nothing' })).text).toMatch(/Exception/)
    expect((await call(gateway, { method: 'PUT' })).text).toMatch(/Exception/)
    expect((await call(gateway, { path: '/admin/refused' })).text).toMatch(/Exception/)
  })
})

describe('where keys are', () => {
  async function guarded(policy?: Policy) {
    const directory = mkdtempSync(join(tmpdir(), 'millrace-admin-'))
    directories.push(directory)
    const { gateway, clock } = await open({ routes, directory, auth: { mode: 'verify' } })
    const key = createAccessKey({ directory, clock, ...(policy === undefined ? {} : { policy }) })
    await clock.advance(2_000)
    const signed = (asked: Asked, secret = key.secret): Asked => ({
      ...asked,
      headers: signRequest(
        {
          method: asked.method ?? 'GET',
          url: asked.path ?? '/admin/things?a=b',
          headers: { host: new URL(gateway.url).host, ...asked.headers },
          body: asked.body ?? '',
        },
        { credentials: { keyId: key.id, secret }, region: 'us-east-1', service: 'millrace', time: start },
      ),
    })
    return { gateway, signed, key, directory }
  }

  it('asks for a signature over the whole request', async () => {
    const { gateway, signed } = await guarded()
    expect(await call(gateway, signed(post))).toMatchObject({ status: 200 })
    expect(await call(gateway, signed({}))).toMatchObject({ status: 200 })
    expect((await call(gateway, post)).status).toBeGreaterThanOrEqual(400)
    expect((await call(gateway, {})).status).toBeGreaterThanOrEqual(400)
    expect((await call(gateway, signed(post, 'wrong'))).status).toBeGreaterThanOrEqual(400)
    expect((await call(gateway, { ...signed(post), body: '{"x":[2]}' })).status).toBeGreaterThanOrEqual(400)
    expect((await call(gateway, { ...signed({}), path: '/admin/things?a=c' })).status).toBeGreaterThanOrEqual(
      400,
    )
  })

  it('asks the policy of the key', async () => {
    const reader = await guarded([{ allow: ['millrace:List*'], streams: ['*'] }])
    expect(await call(reader.gateway, reader.signed({}))).toMatchObject({ status: 200 })
    expect((await call(reader.gateway, reader.signed(post))).text).toMatch(/AccessDenied/)
    const putter = await guarded([{ allow: ['kinesis:Put*'], streams: ['*'] }])
    expect((await call(putter.gateway, putter.signed({}))).text).toMatch(/AccessDenied/)
  })

  it('the owner of the directory finds a key that may do everything', async () => {
    const restricted = await guarded([{ allow: ['kinesis:*'], streams: ['*'] }])
    expect(adminCredentials(restricted.directory)).toBeUndefined()
    const { directory, key } = await guarded()
    expect(adminCredentials(directory)).toEqual({ keyId: key.id, secret: key.secret })
    revokeAccessKey(directory, key.id)
    expect(adminCredentials(directory)).toBeUndefined()
  })
})
