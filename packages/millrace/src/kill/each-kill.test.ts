/**
 * Per-record functions, killed (SIGKILL) at commit points and at random while they write a table, emit to a stream and use
 * `context.once`: what they leave behind is what the input says, computed here and not by another run. Records are done out of
 * order, some only at the second try, some never.
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
const work = mkdtempSync(join(tmpdir(), 'millrace-each-kill-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
console.log(`kill tests of per-record functions: ${full ? 'full' : 'short'} form, seed ${seed}`)

const customers = 11
const groups = 17
const isDead = (n: number): boolean => n % 50 === 7

const app = (input: string): string => `import { scheduler } from 'node:timers/promises'
import { defineApp, file } from 'millrace'

export default defineApp('tally', (app) => {
  const sales = app.stream('sales', { shards: 2 })
  const copies = app.stream('copies')
  const totals = app.table('Totals', { partitionKey: 'id' })
  app.source(file({ path: ${JSON.stringify(input)}, partitionKey: '$.customer' }), { into: sales, name: 'feed' })
  app.each('tally', { from: sales, concurrency: 8, retries: 1 }, async ({ value }, context) => {
    const { n, customer } = value
    const before = await totals.get(customer)
    if (n % 3 === 0) await scheduler.wait(n % 5)
    await totals.put({ id: customer, seen: [...(before?.seen ?? []), n] })
    context.emit(copies, { n })
    if (n % 50 === 7) throw new Error('never')
    if (n % 13 === 0 && context.attempt === 1) throw new Error('not at first')
    const group = 'group-' + (n % ${groups})
    const { by } = await context.once(group, async () => {
      await scheduler.wait(1)
      const runs = await totals.get(group)
      await totals.put({ id: group, runs: (runs?.runs ?? 0) + 1 })
      return { by: n }
    })
    await totals.update('stored ' + group, 'SET #by = if_not_exists(#by, :by)', { names: { '#by': 'by' }, values: { ':by': by } })
    if ((await totals.get('stored ' + group)).by !== by) throw new Error('another result for ' + group)
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

/** What the input says that must be there: nothing less, nothing twice, in order per customer. */
async function expectRight(dataDir: string, { count }: Prepared, place: string): Promise<void> {
  const all = Array.from({ length: count }, (_, n) => n)
  const live = all.filter((n) => !isDead(n))
  const store = await openStore({ dir: dataDir, clock: systemClock, mode: 'reader' })
  try {
    const parsed = (json: Uint8Array) => JSON.parse(Buffer.from(json).toString())
    const items = new Map([...store.scan('Totals')].map(({ json }) => [parsed(json).id, parsed(json)]))
    for (let c = 0; c < customers; c++)
      expect(items.get(`c-${c}`)?.seen, place).toEqual(live.filter((n) => n % customers === c))
    for (let g = 0; g < groups; g++) expect(items.get(`group-${g}`), place).toMatchObject({ runs: 1 })
    const copies = readRecords(store, 'copies').map((record) => record.json<{ n: number }>().n)
    expect(
      copies.sort((a, b) => a - b),
      place,
    ).toEqual(live)
    const dead = [...store.scan(deadLetterTable.name)].map(({ json }) => parsed(parsed(json).text).n)
    expect(
      dead.sort((a, b) => a - b),
      place,
    ).toEqual(all.filter(isDead))
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
  await killAtPoints(killed(prepare('points', 120)), { stages: /^tally /, points: 5, full })
})

test('killed at random, what is left is what the input says', { timeout: 3_600_000 }, async () => {
  const input = prepare('random', full ? 20_000 : 2_500)
  const report = await killAtRandom(killed(input), { kills: full ? 60 : 5, seed })
  expect(report.stages.find(({ name }) => name === 'tally')).toMatchObject({
    in: input.count,
    out: input.count - input.count / 50,
    dead: input.count / 50,
    inFlight: 0,
  })
})
