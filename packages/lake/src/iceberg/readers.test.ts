/**
 * Tables after random histories, read by others than us: PyIceberg, where Python has it (continuous integration installs it, `.ci/run`),
 * and icebird. Iceberg's own library on a JVM follows at night, in readers-java.test.ts.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { icebergRead } from 'icebird'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { OutsideReader } from './testing/outside-reader.ts'
import { canonical } from './testing/random-columns.ts'
import { readHistories, seedsFrom } from './testing/read-histories.ts'
import { schemaOfSnapshot } from './testing/table-world.ts'

const isNightly = process.env.MILLRACE_NIGHTLY !== undefined
const firstSeed = Number(process.env.ICEBERG_SEED ?? '2611')
const folder = mkdtempSync(join(tmpdir(), 'iceberg-readers-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('PyIceberg', () => {
  const python = process.env.MILLRACE_PYTHON ?? 'python3'
  try {
    execFileSync(python, ['-c', 'import pyarrow, pyiceberg'], { stdio: 'ignore' })
  } catch {
    test.skipIf(process.env.CI === undefined)(`${python} has no pyiceberg and pyarrow`, () =>
      expect.fail(`install them: ${python} -m pip install 'pyiceberg[pyarrow]'`),
    )
    return
  }
  const script = fileURLToPath(new URL('testing/read_table.py', import.meta.url))
  const reader = new OutsideReader(python, [script])
  afterAll(() => reader.close())

  test.each(seedsFrom(firstSeed, isNightly ? 80 : 5))(
    'reads what the model has (seed %i)',
    {
      timeout: 300_000,
    },
    (seed) =>
      readHistories((path, snapshot) => reader.read(path, snapshot), {
        dir: join(folder, 'python'),
        seed,
        steps: isNightly ? 40 : 24,
      }),
  )
})

/** It finds columns by their names and reads through fetch, so columns stay as they are here, and files come from the folder. */
describe('icebird', () => {
  afterEach(() => vi.unstubAllGlobals())

  test.each(seedsFrom(firstSeed, isNightly ? 40 : 6))(
    'reads what the model has (seed %i)',
    {
      timeout: 300_000,
    },
    async (seed) => {
      vi.stubGlobal('fetch', fetchFile)
      await readHistories(readByIcebird, { dir: join(folder, 'icebird'), seed, steps: 24, isPlain: true })
    },
  )
})

async function readByIcebird(metadataPath: string, snapshot: number | null): Promise<string[]> {
  const metadata = JSON.parse(readFileSync(metadataPath, 'utf8'))
  const id = snapshot ?? metadata['current-snapshot-id']
  if (id === undefined) return []
  const { columns } = schemaOfSnapshot(metadataPath, id)
  const tableUrl = `file://${dirname(dirname(metadataPath))}`
  let rows: Record<string, unknown>[]
  try {
    rows = await icebergRead({ tableUrl, metadata: { ...metadata, 'current-snapshot-id': id } })
  } catch (error) {
    // What it says of a snapshot without data files.
    if (String(error).includes('No data manifest files found')) return []
    throw error
  }
  return rows
    .map((row) =>
      JSON.stringify(
        columns.map(({ name, type }) => {
          const value = row[name]
          const isDate = value instanceof Date
          return canonical(type, isDate ? value.getTime() / 86_400_000 : value)
        }),
      ),
    )
    .sort()
}

/** Files of the folder, with ranges, as a static server would give them. */
async function fetchFile(input: string | URL, init: RequestInit = {}): Promise<Response> {
  const bytes = readFileSync(fileURLToPath(input))
  const range = new Headers(init.headers).get('range')
  const headers = { 'content-length': String(bytes.length) }
  if (init.method === 'HEAD') return new Response(null, { headers })
  const [from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '')?.slice(1) ?? []
  if (from === undefined) return new Response(bytes, { headers })
  const part = bytes.subarray(Number(from), to === '' ? bytes.length : Number(to) + 1)
  return new Response(part, { status: 206, headers: { 'content-length': String(part.length) } })
}
