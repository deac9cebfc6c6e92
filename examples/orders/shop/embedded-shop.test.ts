/** Which of the two makes the orders: the database where one can be started, else the generator; and a data directory stays with its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type SourceContext, systemClock } from 'millrace'
import { afterAll, expect, test } from 'vitest'
import { embeddedShop } from './embedded-shop.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-shop-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'a-file')
writeFileSync(file, '')

const options = { products: 10, seed: 1, rate: 10_000, orders: 20 }

function contextOf(position: unknown, warnings: string[]): SourceContext {
  return {
    name: 'orders-source',
    position,
    clock: systemClock,
    signal: new AbortController().signal,
    route: () => 0,
    warn: (code, message) => warnings.push(`${code}: ${message}`),
    kept: new Map(),
    report: () => {},
    // No server starts in a folder that cannot be made.
    directory: join(file, 'nowhere'),
  }
}

/** All records of a run to its end, and where it came to. */
async function run(position: unknown, warnings: string[]) {
  const source = await embeddedShop(options)(contextOf(position, warnings))
  let records = 0
  // Only `add` of a builder is called by sources.
  const builder = { add: () => records++ } as never
  for (;;) {
    const read = await source.read([builder], 1e6)
    if (read.done) return { records, position: read.position }
  }
}

test('where no Postgres can be started the generator makes the orders, says so, and goes on with them later', async () => {
  const warnings: string[] = []
  const first = await run(undefined, warnings)
  expect(first.records).toBe(60)
  expect(warnings).toEqual([
    expect.stringMatching(
      /^ORDERS_GENERATED: no Postgres can be started here, so a generator makes the orders\. \(ENOTDIR/,
    ),
  ])
  const second = await run(first.position, warnings)
  expect(second.records).toBe(0)
  expect(warnings[1]).toMatch(/^ORDERS_GENERATED: the orders go on from the generator/)
})

test('a data directory with a database is not filled by the generator', async () => {
  const opening = async () => embeddedShop(options)(contextOf({ database: { lsn: '0/1' } }, []))
  await expect(opening()).rejects.toThrow(/the database of this data directory cannot be started: ENOTDIR/)
})
