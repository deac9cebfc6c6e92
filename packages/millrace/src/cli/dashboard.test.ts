/** Dashboards on the command line: a file that is shipped is imported, shown, and exported as it was. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { bin, cli, type Folder, temporaryFolder } from './cli-process.test-kit.ts'

const shipped = join(bin, '../../../../examples/ad-conversion/conversion.dashboard.json')
let folder: Folder
let data: string
beforeAll(() => {
  folder = temporaryFolder()
  data = join(folder.path, 'data')
  mkdirSync(data)
})
afterAll(() => folder.remove())

const dashboard = (...args: string[]) => cli(['dashboard', ...args, '--data-dir', data])

it('a file is imported once, listed, shown, and exported as it was', async () => {
  expect((await dashboard('list')).stdout).toMatch(/^no dashboards yet/)
  const made = await dashboard('import', shipped)
  expect(made).toMatchObject({ exitCode: 0, stderr: '' })
  expect(made.stdout).toMatch(/made dashboard conversion\nIt is at \/console\/lake\/dashboards\/conversion /)
  expect((await dashboard('import', shipped, '--json')).stdout).toMatch(/"made":\[\],"replaced":\[\]/)
  expect((await dashboard('list')).stdout).toMatch(/^name .*\n-.*\nconversion +How well promotions work +2 /)
  expect((await dashboard('show', 'conversion')).stdout).toMatch(/ratio-by-promotion .* bar +3600 s +\d+,0 /)
  const written = join(folder.path, 'again.json')
  await dashboard('export', 'conversion', '--output', written)
  expect(JSON.parse(readFileSync(written, 'utf8'))).toEqual(JSON.parse(readFileSync(shipped, 'utf8')))
})

it('what differs is replaced only when told to, and what is wrong is told with its place', async () => {
  const file = JSON.parse(readFileSync(shipped, 'utf8')) as { dashboard: { title: string; tiles: object[] } }
  const changed = join(folder.path, 'changed.json')
  file.dashboard.title = 'Another title'
  writeFileSync(changed, JSON.stringify(file))
  expect(await dashboard('import', changed)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringMatching(/^DASHBOARD_CHANGED dashboard conversion: there already.*--replace/),
  })
  expect((await dashboard('import', changed, '--replace')).stdout).toContain('replaced dashboard conversion')
  file.dashboard.tiles = [{ id: 'a', chart: 'nobody', x: 0, y: 0, width: 6, height: 6 }]
  writeFileSync(changed, JSON.stringify(file))
  expect(await dashboard('import', changed)).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^DASHBOARD_INVALID dashboard.tiles is "nobody"/),
  })
  expect(await dashboard('show', 'conversions')).toMatchObject({
    exitCode: 2,
    stderr: expect.stringMatching(/^DASHBOARD_UNKNOWN .*Did you mean "conversion"\?/),
  })
})
