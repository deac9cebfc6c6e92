/** What the page's tree answers to paths, on a folder as the build makes it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RouteReply, RouteRequest } from '@millrace/gateway'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { pageTree } from './page-tree.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-page-tree-'))
beforeAll(() => {
  mkdirSync(join(folder, 'dist/assets/sub'), { recursive: true })
  writeFileSync(join(folder, 'secret.js'), 'secret')
  writeFileSync(join(folder, 'dist/index.html'), 'page')
  writeFileSync(join(folder, 'dist/assets/app.js'), 'code')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each([
  ['/console/', 200, 'page'],
  ['/console/streams/a.js', 200, 'page'],
  ['/console/assets/app.js', 200, 'code'],
  ['/console/assets/none.js', 404, 'There is no such file.\n'],
  ['/console/assets/', 404, 'There is no such file.\n'],
  ['/console/assets/sub', 404, 'There is no such file.\n'],
  ['/console/assets/../../secret.js', 200, 'page'],
  ['/console/assets/%2e%2e/%2e%2e/secret.js', 404, 'There is no such file.\n'],
])('%s', async (path, status, text) => {
  // A tree reads the path alone, and its replies are whole.
  const reply = (await pageTree(join(folder, 'dist')).route({ path } as RouteRequest)) as RouteReply
  expect([reply.status ?? 200, String(reply.body)]).toEqual([status, text])
  expect(reply.headers?.['Content-Security-Policy']).toMatch(/^default-src 'none'/)
})
