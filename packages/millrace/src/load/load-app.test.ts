/** App files as people write them, from folders where nothing is installed. */
import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { MillraceError } from '../error.ts'
import { buildApp, loadApp, loadAppFile } from './load-app.ts'

let dir = ''
beforeAll(() => {
  // What is translated here is cached here.
  vi.stubEnv('XDG_CACHE_HOME', mkdtempSync(join(tmpdir(), 'millrace-cache-')))
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-load-')))
})
afterAll(() => {
  rmSync(process.env.XDG_CACHE_HOME ?? dir, { recursive: true, force: true })
  rmSync(dir, { recursive: true, force: true })
  vi.unstubAllEnvs()
})

function write(name: string, text: string): string {
  const path = join(dir, name)
  writeFileSync(path, text)
  return path
}

async function failure(work: Promise<unknown>): Promise<MillraceError> {
  const error = await work.then(
    () => new Error('it was loaded'),
    (reason: unknown) => reason,
  )
  if (error instanceof MillraceError) return error
  throw error
}

const good = `import { defineApp, dropped } from 'millrace'
import { handler, type Order } from './handler.ts'

interface Unused {
  readonly a: number
}

export default defineApp('good', (app) => {
  const orders = app.stream<Order>('orders', { shards: app.option.integer('shards', { default: 1 }) })
  app.query('q', {
    dialect: 'kda',
    file: './q.sql',
    input: { stream: orders, columns: { a: 'INTEGER $.a' }, preprocess: (record) => (record.get('$.a') === 1 ? dropped : record) },
    output: { X: orders },
  })
  app.function('f', { from: orders }, handler)
})
`

describe('an app file in TypeScript', () => {
  it('is loaded with its neighbours, and its paths are relative to it', async () => {
    write('handler.ts', 'export interface Order { readonly n: number }\nexport const handler = () => {}\n')
    write('q.sql', 'SELECT 1\n')
    const file = write('good.app.ts', good)
    const definition = await loadApp({ file, options: ['--shards', '3'] })
    expect(definition).toMatchObject({ name: 'good', streams: [{ name: 'orders', shards: 3 }] })
    expect(definition.stages[0]).toMatchObject({ kind: 'query', text: 'SELECT 1\n' })
    expect(definition.stages.map((stage) => stage.name)).toEqual(['q', 'f'])
  })

  it('leaves nothing in its folder', () => {
    expect(readdirSync(dir).sort()).toEqual(['good.app.ts', 'handler.ts', 'q.sql'])
  })
})

describe('a bad app file is refused with its place', () => {
  it.each([
    [
      'syntax',
      "import { defineApp } from 'millrace'\n\nexport default defineApp('x', (app) => {\n  app.stream('s'\n})\n",
      'LOAD_FAILED',
      /:5:1$/,
    ],
    [
      'thrown at import',
      'interface A {\n  a: number\n}\n\nconst a: A = { a: 1 }\nthrow new Error("no " + a.a)\n',
      'LOAD_FAILED',
      /:6:7$/,
    ],
    ['missing neighbour', "import { x } from './nowhere.ts'\n\nexport default x\n", 'LOAD_FAILED', /:1:19$/],
    ['no default export', 'export const a = 1\n', 'LOAD_NO_APP', /none\d\.app\.ts$/],
    ['another default export', 'export default { name: "x" }\n', 'LOAD_NO_APP', /app\.ts$/],
  ])('%s', async (name, text, code, place) => {
    const file = write(`${name.replaceAll(' ', '-')}.app.ts`, text)
    const error = await failure(loadAppFile(file))
    expect(error.code).toBe(code)
    if (name === 'no default export') expect(error.place).toBe(file)
    else expect(error.place).toMatch(place)
    expect(error.place?.startsWith(dir)).toBe(true)
  })

  it('an error inside the description names its line, one with a code keeps it', async () => {
    const thrown = write(
      'thrown.app.ts',
      "import { defineApp } from 'millrace'\nexport default defineApp('x', (app) => {\n  const none: string[] = []\n  app.stream(none[0]!.trim())\n})\n",
    )
    const factory = await loadAppFile(thrown)
    expect(() => buildApp(factory, [])).toThrow(/LOAD_FAILED .*thrown\.app\.ts:4:\d+: .*undefined/)
    const coded = write(
      'coded.app.ts',
      "import { defineApp } from 'millrace'\nexport default defineApp('x', (app) => {\n  app.stream('a b')\n})\n",
    )
    const other = await loadAppFile(coded)
    expect(() => buildApp(other, [])).toThrow(/APP_NAME_INVALID .*coded\.app\.ts:3:7: /)
  })

  it('a file that does not exist', async () => {
    const error = await failure(loadAppFile(join(dir, 'nowhere.app.ts')))
    expect(error.code).toBe('LOAD_NOT_FOUND')
  })
})
