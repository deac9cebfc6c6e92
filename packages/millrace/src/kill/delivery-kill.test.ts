/**
 * Deliveries, killed (SIGKILL) at commit points and at random while they transform, spread and store: what a reader of the bucket
 * finds is what the input says, computed here and not by another run. Each row is in one object; nothing is there in part.
 *
 * `npm test` runs a short form; MILLRACE_KILL=full every commit point and 60 random kills. The seed is printed; MILLRACE_SEED
 * sets it.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { openCatalog, openDuck } from '@millrace/lake'
import { openStore } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { afterAll, expect, test } from 'vitest'
import { killAtPoints, killAtRandom } from './kill-points.ts'

const full = process.env.MILLRACE_KILL === 'full'
const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const work = mkdtempSync(join(tmpdir(), 'millrace-delivery-kill-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
console.log(`kill tests of deliveries: ${full ? 'full' : 'short'} form, seed ${seed}`)

const customers = 7
const isDropped = (n: number): boolean => n % 10 === 3
const isRefused = (n: number): boolean => n % 50 === 7

const app = (input: string): string => `import { defineApp, dropped, file } from 'millrace'

export default defineApp('shipping', (app) => {
  const sales = app.stream('sales', { shards: 2 })
  const lake = app.bucket('lake')
  app.source(file({ path: ${JSON.stringify(input)}, partitionKey: '$.customer' }), { into: sales, name: 'feed' })
  app.delivery('ship', {
    from: sales,
    to: lake,
    compression: 'gzip',
    buffer: { seconds: 2, bytes: 4000 },
    partitionBy: { customer: '.customer' },
    transform: (records) => records.map((record) => {
      const sale = record.json()
      if (sale.n % 10 === 3) return dropped
      return sale.n % 50 === 7 ? new Error('never') : { ...sale, seen: true }
    }),
    backup: { to: app.bucket('raw'), buffer: { seconds: 1, bytes: 10000 } },
  })
  app.delivery('rows', {
    from: sales,
    to: lake,
    prefix: 'rows/',
    format: 'parquet',
    table: 'sales.rows',
    columns: { n: 'int', customer: 'string' },
    buffer: { seconds: 1, bytes: 10000 },
  })
})
`

interface Prepared {
  readonly app: string
  readonly count: number
}

function prepare(name: string, count: number): Prepared {
  const input = join(work, `${name}.ndjson`)
  const lines = Array.from({ length: count }, (_, n) => JSON.stringify({ n, customer: `c-${n % customers}` }))
  writeFileSync(input, `${lines.join('\n')}\n`)
  const file = join(work, `${name}.app.ts`)
  writeFileSync(file, app(input))
  return { app: file, count }
}

/** Keys of a bucket's objects. */
function keysOf(dataDir: string, bucket: string): string[] {
  const dir = join(dataDir, 'buckets', bucket)
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
    .filter((key) => !key.startsWith('.millrace/'))
}

const sorted = (numbers: readonly number[]): number[] => numbers.toSorted((a, b) => a - b)

async function expectRight(dataDir: string, { count }: Prepared, place: string): Promise<void> {
  const all = Array.from({ length: count }, (_, n) => n)
  const read = (bucket: string, key: string): Buffer => readFileSync(join(dataDir, 'buckets', bucket, key))
  const delivered: number[] = []
  const refused: number[] = []
  for (const key of keysOf(dataDir, 'lake')) {
    if (key.startsWith('rows/')) continue
    if (key.startsWith('errors/')) {
      for (const line of read('lake', key).toString().trimEnd().split('\n'))
        refused.push(JSON.parse(Buffer.from(JSON.parse(line).rawData, 'base64').toString()).n)
      continue
    }
    for (const line of gunzipSync(read('lake', key)).toString().trimEnd().split('\n')) {
      const { n, customer, seen } = JSON.parse(line)
      expect(key.startsWith(`customer=${customer}/`), `${place}: ${key}`).toBe(true)
      expect(seen).toBe(true)
      delivered.push(n)
    }
  }
  expect(sorted(delivered), place).toEqual(all.filter((n) => !isDropped(n) && !isRefused(n)))
  expect(sorted(refused), place).toEqual(all.filter((n) => !isDropped(n) && isRefused(n)))
  const kept = keysOf(dataDir, 'raw').flatMap((key) =>
    [
      ...read('raw', key)
        .toString()
        .matchAll(/"n":(\d+)/g),
    ].map((match) => Number(match[1])),
  )
  expect(sorted(kept), place).toEqual(all)
  await expectTable(dataDir, count, place)
}

/** The objects that lie there are those that the catalog lists, and hold each row once. */
async function expectTable(dataDir: string, count: number, place: string): Promise<void> {
  const store = await openStore({ dir: dataDir, clock: systemClock, mode: 'reader' })
  const dir = join(dataDir, 'buckets', 'lake')
  const duck = await openDuck({ memoryBytes: 128e6, threads: 1, folders: [dir] })
  try {
    const listed = [...openCatalog({ store }).files('sales', 'rows')].map(({ key }) => key)
    const found = keysOf(dataDir, 'lake').filter((key) => key.startsWith('rows/'))
    expect(listed.toSorted(), place).toEqual(found.toSorted())
    const connection = await duck.connect()
    const files = listed.map((key) => `'${join(dir, key)}'`).join(', ')
    const rows = await connection.runAndReadAll(
      `SELECT count(*)::INT, count(DISTINCT n)::INT, max(n) FROM read_parquet([${files}])`,
    )
    expect(rows.getRows()[0], place).toEqual([count, count, count - 1])
    connection.closeSync()
  } finally {
    duck.close()
    await store.close()
  }
}

const killed = (input: Prepared) => ({
  app: input.app,
  work,
  check: (dataDir: string, place: string) => expectRight(dataDir, input, place),
})

test('killed at a commit point, a reader finds what the input says', { timeout: 3_600_000 }, async () => {
  await killAtPoints(killed(prepare('points', 300)), {
    stages: full ? /^(ship|ship\.prepare|ship\.backup|rows) / : /^ship /,
    points: full ? 20 : 5,
    full,
  })
})

test('killed at random, a reader finds what the input says', { timeout: 3_600_000 }, async () => {
  const input = prepare('random', full ? 200_000 : 20_000)
  const report = await killAtRandom(killed(input), { kills: full ? 60 : 5, seed })
  const dropped = input.count / 10
  expect(report.stages.find(({ name }) => name === 'ship')).toMatchObject({
    in: input.count - dropped,
    out: input.count - dropped - input.count / 50,
    dead: input.count / 50,
    inFlight: 0,
  })
})
