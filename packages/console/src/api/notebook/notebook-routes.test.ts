/** The routes of notebooks: what they hand to the host, and what they refuse before it hears of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RouteRequest } from '@millrace/gateway'
import { VirtualClock } from '@millrace/values'
import { afterAll, expect, test } from 'vitest'
import type { ConsoleOptions } from '../../console-options.ts'
import type { NotebookHost } from './notebook-host.ts'
import { notebookRoutes } from './notebook-routes.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-notebook-routes-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const asked: unknown[] = []
const host: NotebookHost = {
  closing: new AbortController().signal,
  folders: [folder],
  check: async (request) => {
    asked.push(request)
    if (request.text === 'fails')
      throw Object.assign(new Error('no such stream'), { code: 'DATA_STREAM_UNKNOWN' })
    return { marks: [] }
  },
  complete: async () => ({ from: 0, options: [] }),
  schema: async () => ({ entries: [] }),
  discover: async () => ({ records: 0, columns: [], ddl: '' }),
  promote: async ({ name }) => ({ file: name, text: '', next: '' }),
  run: () => ({ stop: async () => {} }),
  close: async () => {},
}
// Of the options the routes read these two.
const routes = notebookRoutes({ notebook: host, clock: new VirtualClock() } as unknown as ConsoleOptions)

async function call(method: 'GET' | 'POST', path: string, body: unknown = {}) {
  const [plain = '', query = ''] = path.split('?')
  const headers: Readonly<Record<string, string>> = {
    host: '127.0.0.1:1',
    'content-type': 'application/json',
  }
  const request: Partial<RouteRequest> = {
    method,
    path: plain,
    query: new URLSearchParams(query),
    body: Buffer.from(JSON.stringify(body)),
    signal: new AbortController().signal,
    authMode: 'off',
    header: (name) => headers[name],
    authenticate: () => expect.fail('no signature is asked for'),
    authenticateToken: () => expect.fail('no token is asked for'),
    issueToken: () => undefined,
  }
  // What is left out, routes of the administration do not read on loopback.
  const reply = await routes.get(method === 'POST' ? `POST ${plain}` : plain)?.(request as RouteRequest)
  if (reply === undefined || !('body' in reply)) throw new Error(`${path} gave no reply`)
  return [reply.status ?? 200, JSON.parse(String(reply.body))] as const
}

test('a notebook is saved, read, parsed, listed and deleted', async () => {
  const notebook = { name: 'n', cells: [{ id: 'a', dialect: 'flink', text: 'SELECT 1;' }] }
  const [, saved] = await call('POST', '/admin/notebook/save', { notebook })
  expect(await call('GET', '/admin/notebook?name=n')).toMatchObject([
    200,
    { notebook, version: saved.version },
  ])
  expect(await call('POST', '/admin/notebook/save', { notebook })).toMatchObject([
    409,
    { error: { code: 'NOTEBOOK_CHANGED' } },
  ])
  expect(await call('GET', '/admin/notebooks')).toMatchObject([200, { notebooks: [{ name: 'n', cells: 1 }] }])
  expect(await call('POST', '/admin/notebook/parse', { name: 'm', text: 'SELECT 2;' })).toMatchObject([
    200,
    { notebook: { cells: [{ text: 'SELECT 2;' }] } },
  ])
  expect(await call('POST', '/admin/notebook/delete', { name: 'n', version: saved.version })).toEqual([
    200,
    {},
  ])
  expect(await call('GET', '/admin/notebook?name=n')).toMatchObject([
    404,
    { error: { code: 'NOTEBOOK_UNKNOWN' } },
  ])
})

test('a check reaches the host as it is; what the host refuses has its code', async () => {
  const request = { dialect: 'flink', text: 'SELECT 1', before: ['a'] }
  expect(await call('POST', '/admin/notebook/check', request)).toEqual([200, { marks: [] }])
  expect(asked).toContainEqual(request)
  expect(await call('POST', '/admin/notebook/check', { dialect: 'flink', text: 'fails' })).toMatchObject([
    404,
    { error: { code: 'DATA_STREAM_UNKNOWN' } },
  ])
})

test.each([
  ['check', { dialect: 'sql', text: '' }],
  ['check', { dialect: 'flink', text: 1 }],
  ['check', { dialect: 'flink', text: 'x'.repeat(200_001) }],
  ['check', { dialect: 'flink', text: '', before: 'a' }],
  ['complete', { dialect: 'flink', text: '', position: -1 }],
  ['run', { session: 'short', cell: 'a', dialect: 'flink', text: '' }],
  ['run', { session: 'abcdefghijklmnop', cell: 'a b', dialect: 'flink', text: '' }],
  ['run', { session: 'abcdefghijklmnop', cell: 'a', dialect: 'flink', text: '', rows: 10_001 }],
  ['run', { session: 'abcdefghijklmnop', cell: 'a', dialect: 'flink', text: '', from: 'now' }],
])('%s of %j is refused', async (path, body) => {
  const [status, answer] = await call('POST', `/admin/notebook/${path}`, body)
  expect([status, answer.error.code]).toEqual([400, 'VALUE_INVALID'])
})
