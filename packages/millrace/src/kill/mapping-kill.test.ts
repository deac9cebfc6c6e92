/**
 * Batch functions, killed (SIGKILL) at commit points and at random while they write a table, emit to a stream, report item
 * failures, are split in halves, filter, and keep the state of windows: what they leave behind is what the input says,
 * computed here and not by another run.
 *
 * `npm test` runs a short form; MILLRACE_KILL=full every commit point and 60 random kills. The seed is printed; MILLRACE_SEED
 * sets it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { deadLetterTable } from '@millrace/runtime'
import { openStore } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { afterAll, expect, test } from 'vitest'
import { readRecords } from '../testing/read-records.ts'
import { killAtPoints, killAtRandom } from './kill-points.ts'

const full = process.env.MILLRACE_KILL === 'full'
const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const work = mkdtempSync(join(tmpdir(), 'millrace-mapping-kill-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
console.log(`kill tests of mappings: ${full ? 'full' : 'short'} form, seed ${seed}`)

const customers = 11
const isNoise = (n: number): boolean => n % 10 === 3
const isDead = (n: number): boolean => n % 50 === 7

const app = (input: string): string => `import { defineApp, file } from 'millrace'

export default defineApp('mappings', (app) => {
  const sales = app.stream('sales', { shards: 2 })
  const copies = app.stream('copies')
  const totals = app.table('Totals', { partitionKey: 'id' })
  const windows = app.table('Windows', { partitionKey: 'id' })
  app.source(file({ path: ${JSON.stringify(input)}, partitionKey: '$.customer' }), { into: sales, name: 'feed' })
  app.function(
    'save',
    {
      from: sales,
      batchSize: 20,
      parallelization: 3,
      retries: 1,
      bisect: true,
      reportItemFailures: true,
      filters: [{ data: { kind: ['sale'] } }],
    },
    async (records, context) => {
      if (records.some((record) => record.json().n % 50 === 7)) throw new Error('never')
      for (const record of records) {
        const { n, customer } = record.json()
        // All before it stays: each was written before the next one was looked at.
        if (n % 13 === 0 && context.attempt === 1) {
          return { batchItemFailures: [{ itemIdentifier: String(record.sequence) }] }
        }
        const before = await totals.get(customer)
        await totals.put({ id: customer, seen: [...(before?.seen ?? []), n] })
        context.emit(copies, { n }, { partitionKey: customer })
      }
    },
  )
  app.function('sum', { from: sales, batchSize: 30, tumblingWindowSeconds: 1 }, async (records, { window, shard }) => {
    const n = (window.state.n ?? 0) + records.length
    if (window.isFinal) {
      const id = shard + '/' + window.startMs
      const before = await windows.get(id)
      await windows.put({ id, n, finals: (before?.finals ?? 0) + 1 })
    }
    return { state: { n } }
  })
})
`

interface Prepared {
  readonly app: string
  readonly count: number
}

function prepare(name: string, count: number): Prepared {
  const input = join(work, `${name}.ndjson`)
  const lines = Array.from({ length: count }, (_, n) =>
    JSON.stringify({ n, customer: `c-${n % customers}`, kind: isNoise(n) ? 'noise' : 'sale' }),
  )
  writeFileSync(input, `${lines.join('\n')}\n`)
  const file = join(work, `${name}.app.ts`)
  writeFileSync(file, app(input))
  return { app: file, count }
}

/** What the input says that must be there: nothing less, nothing twice, in order per customer. */
async function expectRight(dataDir: string, { count }: Prepared, place: string): Promise<void> {
  const all = Array.from({ length: count }, (_, n) => n)
  const live = all.filter((n) => !isNoise(n) && !isDead(n))
  const store = await openStore({ dir: dataDir, clock: systemClock, mode: 'reader' })
  try {
    const parsed = (json: Uint8Array) => JSON.parse(Buffer.from(json).toString())
    const items = new Map([...store.scan('Totals')].map(({ json }) => [parsed(json).id, parsed(json)]))
    for (let c = 0; c < customers; c++)
      expect(items.get(`c-${c}`)?.seen, place).toEqual(live.filter((n) => n % customers === c))
    const copies = readRecords(store, 'copies').map((record) => record.json<{ n: number }>().n)
    expect(copies.sort(byNumber), place).toEqual(live)
    const dead = [...store.scan(deadLetterTable.name)].map(({ json }) => parsed(parsed(json).text).n)
    expect(dead.sort(byNumber), place).toEqual(all.filter((n) => isDead(n) && !isNoise(n)))
    // Windows that have ended, each once, and those that are open still.
    let counted = 0
    for (const { json } of store.scan('Windows')) {
      const { n, finals } = parsed(json)
      expect(finals, place).toBe(1)
      counted += n
    }
    for (const { blob } of store.readState('sum')) counted += parsed(blob).n
    expect(counted, place).toBe(count)
  } finally {
    await store.close()
  }
}

const killed = (input: Prepared) => ({
  app: input.app,
  work,
  check: (dataDir: string, place: string) => expectRight(dataDir, input, place),
})

test('killed at a commit point, what is left is what the input says', { timeout: 3_600_000 }, async () => {
  await killAtPoints(killed(prepare('points', 120)), { stages: /^(save|sum) /, points: 10, full })
})

test('killed at random, what is left is what the input says', { timeout: 3_600_000 }, async () => {
  const input = prepare('random', full ? 20_000 : 2_500)
  const report = await killAtRandom(killed(input), { kills: full ? 60 : 5, seed })
  const stage = (name: string) => report.stages.find((each) => each.name === name)
  const filtered = input.count / 10
  expect(stage('save')).toMatchObject({ in: input.count, filtered, inFlight: 0 })
  expect(stage('sum')).toMatchObject({ in: input.count, out: input.count, inFlight: 0 })
})

function byNumber(a: number, b: number): number {
  return a - b
}
