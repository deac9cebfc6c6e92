/** What counts as the same key: the value, not how a record writes it; texts are the same only byte for byte. */
import { randomUUID } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import type { LakeType } from '../../schema/lake-type.ts'
import { openUpsertLake } from '../upsert/testing/upsert-lake.ts'
import { makeIcebergTarget } from './iceberg-target.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Number of rows that stay when each value is a batch of its own. */
async function rowsOf(type: LakeType, values: readonly unknown[]): Promise<number> {
  const lake = await openUpsertLake(randomUUID())
  closing.push(() => lake.close())
  const target = makeIcebergTarget({
    delivery: 'd',
    destination: {
      kind: 'iceberg',
      bucket: 'lake',
      table: { database: 'sales', name: 'orders' },
      columns: [
        { name: 'k', type },
        { name: 'n', type: { kind: 'int' } },
      ],
      key: ['k'],
      envelope: 'plain',
      mode: 'merge-on-read',
      partitionBy: [],
      timeZone: 'UTC',
      buffering: { bytes: 1e6, ms: 60_000 },
    },
    store: lake.store,
    cacheDir: `${lake.dir}/cache`,
    scratchDir: `${lake.dir}/target`,
    catalog: undefined,
    clock: lake.clock,
    random: lake.random,
    onProblem: () => {},
  })
  closing.push(() => target.close())
  for (const [n, k] of values.entries()) {
    const batch = target.begin()
    expect(batch.add({ data: Buffer.from(JSON.stringify({ k, n })), arrivedAt: 0 })).toBe('taken')
    await batch.commit(randomUUID())
    batch.close()
  }
  return (await lake.read(await lake.open())).length
}

it.each<[string, LakeType, readonly unknown[], number]>([
  ['texts of other case, form or length', { kind: 'string' }, ['é', 'e\u0301', 'É', 'é ', '', 'é'], 5],
  ['texts outside of the first plane', { kind: 'string' }, ['\u{1f600}', '\uff5e', '\u{1f600}', '\uff5e'], 2],
  ['decimals', { kind: 'decimal', precision: 9, scale: 2 }, ['1.5', '1.50', 1.5, '-0', '0', '-1.5'], 3],
  [
    'instants in zones',
    { kind: 'timestamptz' },
    [
      '2026-03-29T00:30:00Z',
      '2026-03-29T01:30:00+01:00',
      '2026-03-29 00:30:00',
      '2026-03-29T00:30:00.000001Z',
    ],
    2,
  ],
  ['longs beyond doubles', { kind: 'long' }, ['9007199254740993', '9007199254740992', '9007199254740993'], 2],
])('%s', { timeout: 60_000 }, async (_, type, values, rows) => {
  expect(await rowsOf(type, values)).toBe(rows)
})
