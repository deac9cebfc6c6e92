/**
 * Functions that store objects and hear of them, killed (SIGKILL) at commit points and at random: every object is there whole,
 * and each record of the input that was done is heard of once, however often its object was put.
 *
 * `npm test` runs a short form; MILLRACE_KILL=full every commit point and 40 random kills. The seed is printed; MILLRACE_SEED
 * sets it.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@millrace/store'
import { plainJson } from '@millrace/tables'
import { systemClock } from '@millrace/values'
import { afterAll, expect, test } from 'vitest'
import { createdObject } from '../define/created-object.ts'
import { readRecords } from '../testing/read-records.ts'
import { killAtPoints, killAtRandom } from './kill-points.ts'

const full = process.env.MILLRACE_KILL === 'full'
const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const work = mkdtempSync(join(tmpdir(), 'millrace-bucket-kill-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
console.log(`kill tests of buckets: ${full ? 'full' : 'short'} form, seed ${seed}`)

const keys = 13

const app = (input: string): string => `import { createdObject, defineApp, file } from 'millrace'

export default defineApp('objects', (app) => {
  const sales = app.stream('sales', { shards: 2 })
  const lake = app.bucket('lake')
  const heard = app.table('Heard', { partitionKey: 'key' })
  app.source(file({ path: ${JSON.stringify(input)}, partitionKey: '$.key' }), { into: sales, name: 'feed' })
  app.each('keep', { from: sales, concurrency: 8, retries: 1 }, async ({ value }, context) => {
    await lake.put('in/' + value.key, JSON.stringify(value).repeat(50))
    if (value.n % 11 === 0 && context.attempt === 1) throw new Error('not at first')
  })
  app.each('hear', { from: lake.created }, async ({ value }) => {
    await heard.update(createdObject(value).key, 'ADD times :one', { values: { ':one': 1 } })
  })
})
`

interface Prepared {
  readonly app: string
  readonly count: number
}

function prepare(name: string, count: number): Prepared {
  const input = join(work, `${name}.ndjson`)
  const lines = Array.from({ length: count }, (_, n) => JSON.stringify({ n, key: `k${n % keys}` }))
  writeFileSync(input, `${lines.join('\n')}\n`)
  const file = join(work, `${name}.app.ts`)
  writeFileSync(file, app(input))
  return { app: file, count }
}

async function expectRight(dataDir: string, { count }: Prepared, place: string): Promise<void> {
  const all = Array.from({ length: count }, (_, n) => n)
  const bucket = join(dataDir, 'buckets', 'lake')
  for (let k = 0; k < keys; k++) {
    const last = all.filter((n) => n % keys === k).at(-1)
    const whole = JSON.stringify({ n: last, key: `k${k}` }).repeat(50)
    expect(readFileSync(join(bucket, 'in', `k${k}`), 'utf8'), place).toBe(whole)
  }
  expect(readdirSync(join(bucket, 'in')), place).toHaveLength(keys)
  const store = await openStore({ dir: dataDir, clock: systemClock, mode: 'reader' })
  try {
    const wanted = new Map(
      Array.from({ length: keys }, (_, k) => [`in/k${k}`, all.filter((n) => n % keys === k).length]),
    )
    const told = new Map<string, number>()
    for (const record of readRecords(store, 'lake.objects')) {
      const { key } = createdObject(record.json())
      told.set(key, (told.get(key) ?? 0) + 1)
    }
    expect(Object.fromEntries([...told].sort()), place).toEqual(Object.fromEntries([...wanted].sort()))
    const items = [...store.scan('Heard')].map((item) => JSON.parse(Buffer.from(plainJson(item)).toString()))
    expect(Object.fromEntries(items.map(({ key, times }) => [key, times]).sort()), place).toEqual(
      Object.fromEntries([...wanted].sort()),
    )
  } finally {
    await store.close()
  }
}

const killed = (input: Prepared) => ({
  app: input.app,
  work,
  check: (dataDir: string, place: string) => expectRight(dataDir, input, place),
})

test('killed at a commit point, each object is whole and heard of once for each put that counts', {
  timeout: 3_600_000,
}, async () => {
  await killAtPoints(killed(prepare('points', 120)), { stages: /^(keep|hear) /, points: 10, full })
})

test('killed at random, likewise', { timeout: 3_600_000 }, async () => {
  await killAtRandom(killed(prepare('random', full ? 20_000 : 2_000)), { kills: full ? 40 : 4, seed })
})
