import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { seededRandom } from '@millrace/values'
import { beforeEach, describe, expect, test } from 'vitest'
import type { CatalogTable } from '../catalog/catalog-port.ts'
import { literal } from '../duck/open-duck.ts'
import { type LakeKit, lakeKit } from '../query/testing/lake-kit.ts'
import { compactionsTable, readPlans } from './compaction-plan.ts'
import {
  type CompactionStep,
  type Compactor,
  type CompactorOptions,
  compactParameter,
  openCompactor,
} from './open-compactor.ts'

const graceMs = 60_000
const table = { database: 'default', name: 'orders' }
let kit: LakeKit
beforeEach(async () => {
  kit = await lakeKit()
})

function compactor(options: Partial<CompactorOptions> = {}): Compactor {
  const { store, catalog, buckets, clock, dir } = kit
  return openCompactor({ store, catalog, buckets, clock, dir: join(dir, 'work'), graceMs, ...options })
}

function putTable(more: Partial<CatalogTable> = {}): CatalogTable {
  return kit.catalog.write((writer) =>
    writer.putTable({
      ...table,
      format: 'parquet',
      bucket: 'lake',
      location: 'orders/',
      columns: [
        { name: 'id', type: { kind: 'long' } },
        { name: 'amount', type: { kind: 'decimal', precision: 20, scale: 3 } },
        { name: 'tags', type: { kind: 'list', element: { kind: 'string' } } },
      ],
      partitionKeys: [{ name: 'day', type: { kind: 'string' } }],
      kind: 'managed',
      parameters: { [compactParameter]: '1000000' },
      ...more,
    }),
  )
}

/** Rows [from, to) as one file of a day. */
async function addFile(day: string, from: number, to: number, version = 1): Promise<string> {
  const key = `orders/day=${day}/lake-1-${String(from).padStart(6, '0')}.parquet`
  const select = `SELECT i AS id, (i / 8)::DECIMAL(20,3) AS amount, CASE WHEN i % 3 = 0 THEN NULL ELSE ['t' || i, NULL] END AS tags FROM range(${from}, ${to}) r(i)`
  const bytes = await kit.write(key, select)
  kit.catalog.write((writer) =>
    writer.addFiles(table.database, table.name, [{ key, bytes, rows: to - from, partition: [day], version }]),
  )
  return key
}

const listed = (): string[] => [...kit.catalog.files(table.database, table.name)].map(({ key }) => key).sort()

async function stored(): Promise<string[]> {
  return (await kit.buckets.open('lake').list('')).objects.map(({ key }) => key).sort()
}

/** Rows as a reader of these files sees them, file by file, as text. */
async function rowsOf(keys: readonly string[]): Promise<string[]> {
  const rows: string[] = []
  for (const key of keys) {
    const path = join(kit.dir, 'data', 'buckets', 'lake', key)
    const answer = await kit.duck.runAndReadAll(
      `SELECT [id::VARCHAR, amount::VARCHAR, tags::VARCHAR]::VARCHAR AS row FROM read_parquet(${literal(path)}, hive_partitioning = false)`,
    )
    rows.push(...answer.getRowsJson().map(([row]) => String(row)))
  }
  return rows
}

describe('compaction', () => {
  test('makes one file of many in each partition, with the same rows in the same order, and lets go of the others after the grace', async () => {
    putTable()
    for (let i = 0; i < 8; i++) await addFile(i % 2 === 0 ? 'mon' : 'tue', i * 100, i * 100 + 50 + i)
    await addFile('wed', 5000, 5010)
    const before = listed()
    const rows = await rowsOf(before)
    const report = await compactor().compact(table)
    expect(report).toMatchObject({ filesBefore: 8, filesAfter: 2, rows: 428 })
    const after = listed()
    expect(after.length).toBe(3)
    expect(await rowsOf(after)).toEqual(rows)
    expect(
      kit.catalog
        .partitions(table.database, table.name)
        .map(({ values, files, rows: count }) => [values[0], files, count]),
    ).toEqual([
      ['mon', 1, 212],
      ['tue', 1, 216],
      ['wed', 1, 10],
    ])
    // Who asked before still reads.
    expect(await rowsOf(before)).toEqual(rows)
    await compactor().pass(fail)
    expect(await stored()).toEqual([...before, ...after.filter((key) => !before.includes(key))].sort())
    await kit.clock.advance(graceMs)
    await compactor().pass(fail)
    expect(await stored()).toEqual(after)
    expect(readPlans(kit.store)).toEqual([])
    expect(await rowsOf(listed())).toEqual(rows)
  })

  test('leaves files of different versions of the columns apart', async () => {
    putTable()
    for (let i = 0; i < 4; i++) await addFile('mon', i * 10, i * 10 + 10)
    const columns = [...putTable().columns, { name: 'note', type: { kind: 'string' } } as const]
    expect(putTable({ columns }).version).toBe(2)
    for (let i = 4; i < 8; i++) {
      const key = `orders/day=mon/lake-1-${String(i * 10).padStart(6, '0')}.parquet`
      const bytes = await kit.write(
        key,
        `SELECT i AS id, i::DECIMAL(20,3) AS amount, ['x'] AS tags, 'n' AS note FROM range(${i}) r(i)`,
      )
      kit.catalog.write((writer) =>
        writer.addFiles(table.database, table.name, [
          { key, bytes, rows: i, partition: ['mon'], version: 2 },
        ]),
      )
    }
    expect(await compactor().compact(table)).toMatchObject({ filesBefore: 8, filesAfter: 2, rows: 62 })
    expect([...kit.catalog.files(table.database, table.name)].map(({ version }) => version)).toEqual([1, 2])
    const answer = await kit.query.run('SELECT count(*), count(note), sum(id) FROM orders')
    const rows: unknown[] = []
    for await (const chunk of answer.rows) rows.push(...chunk)
    expect(rows).toEqual([['62', '22', '832']])
  })

  test('of two that make one plan, one that fails takes nothing away from the other', async () => {
    putTable()
    for (let i = 0; i < 4; i++) await addFile('mon', i * 10, i * 10 + 10)
    const rows = await rowsOf(listed())
    let hasFailed = false
    const first = compactor({
      onStep: async (step) => {
        if (step !== 'swap' || hasFailed) return
        hasFailed = true
        // The object is there, and not listed yet.
        const other = compactor({ dir: join(kit.dir, 'other'), memoryBytes: 1_000 })
        await expect(other.compact(table)).rejects.toThrow('COMPACTION_FAILED')
      },
    })
    await first.compact(table)
    expect(hasFailed).toBe(true)
    const objects = await stored()
    for (const key of listed()) expect(objects).toContain(key)
    await kit.clock.advance(graceMs)
    await compactor().pass(fail)
    await kit.clock.advance(graceMs)
    await compactor().pass(fail)
    expect(await stored()).toEqual(listed())
    expect(await rowsOf(listed())).toEqual(rows)
    expect(readPlans(kit.store)).toEqual([])
  })

  test('keeps what came and went while a file was written', async () => {
    putTable()
    const keys: string[] = []
    for (let i = 0; i < 4; i++) keys.push(await addFile('mon', i * 10, i * 10 + 10))
    let late = ''
    const once = compactor({
      async onStep(step) {
        if (step !== 'put' || late !== '') return
        late = await addFile('mon', 900, 905)
        kit.catalog.write((writer) => writer.removeFiles(table.database, table.name, [keys[1] as string]))
      },
    })
    expect(await once.compact(table)).toMatchObject({ filesAfter: 0 })
    expect(listed()).toEqual([keys[0], keys[2], keys[3], late].sort())
    expect(await stored()).toEqual([...keys, late].sort())
    expect(readPlans(kit.store)).toEqual([])
  })

  test('says which table has an object that was changed behind the catalog, leaves it, and does the others', async () => {
    putTable()
    const keys: string[] = []
    for (let i = 0; i < 4; i++) keys.push(await addFile('mon', i * 10, i * 10 + 10))
    await kit.write(
      keys[2] as string,
      'SELECT 1::BIGINT AS id, 1::DECIMAL(20,3) AS amount, NULL::VARCHAR[] AS tags',
    )
    putTable({ name: 'others', location: 'others/' })
    for (let i = 0; i < 4; i++) {
      const key = `others/day=mon/${i}.parquet`
      const bytes = await kit.write(
        key,
        'SELECT 1::BIGINT AS id, 1::DECIMAL(20,3) AS amount, NULL::VARCHAR[] AS tags',
      )
      kit.catalog.write((writer) =>
        writer.addFiles('default', 'others', [{ key, bytes, rows: 1, partition: ['mon'], version: 1 }]),
      )
    }
    const failures: string[] = []
    const pass = () => compactor().pass(({ name }, error) => failures.push(`${name}: ${String(error)}`))
    expect(await pass()).toMatchObject([{ name: 'others', filesBefore: 4, filesAfter: 1 }])
    expect(failures).toEqual([
      expect.stringMatching(/^orders: .*COMPACTION_FAILED .* have 31 rows, but the catalog lists 40/),
    ])
    await pass()
    expect(failures.length).toBe(2)
    expect(readPlans(kit.store).map(({ name }) => name)).toEqual(['others'])
    expect(listed()).toEqual(keys)
  })

  test('by two at the same time is that of one', async () => {
    putTable()
    for (let i = 0; i < 6; i++) await addFile('mon', i * 10, i * 10 + 10)
    const rows = await rowsOf(listed())
    const { dir } = kit
    // The second begins when the first has planned, and again when it has put.
    const second = compactor({ dir: join(dir, 'second') })
    const first = compactor({
      async onStep(step) {
        if (step === 'put' || step === 'swap') await second.pass(fail)
      },
    })
    await first.pass(fail)
    expect(listed().length).toBe(1)
    expect(await rowsOf(listed())).toEqual(rows)
    await kit.clock.advance(graceMs)
    await first.pass(fail)
    expect(await stored()).toEqual(listed())
    expect(readPlans(kit.store)).toEqual([])
  })

  test('of a table that is not there, or of another kind, is refused', async () => {
    await expect(compactor().compact(table)).rejects.toMatchObject({ code: 'CATALOG_TABLE_MISSING' })
    putTable({ kind: 'external' })
    await expect(compactor().compact(table)).rejects.toMatchObject({ code: 'CATALOG_TABLE_EXTERNAL' })
  })
})

describe('compaction that is killed', () => {
  const steps: readonly CompactionStep[] = ['plan', 'put', 'swap', 'delete', 'forget']
  test.each(steps)(
    'before its step "%s" leaves a reader every row once, then and after it has gone on',
    async (killed) => {
      putTable()
      for (let i = 0; i < 4; i++) await addFile('mon', i * 10, i * 10 + 10)
      const rows = await rowsOf(listed())
      const dying = compactor({
        onStep(step) {
          if (step === killed) throw new Error('killed')
        },
      })
      const failures: unknown[] = []
      const note = (_: unknown, error: unknown) => failures.push(error)
      await dying.pass(note)
      await kit.clock.advance(graceMs)
      await dying.pass(note)
      expect(failures).toContainEqual(new Error('killed'))
      expect(await rowsOf(listed())).toEqual(rows)

      const living = compactor()
      for (let i = 0; i < 3; i++) {
        await living.pass(fail)
        expect(await rowsOf(listed())).toEqual(rows)
        await kit.clock.advance(graceMs)
      }
      expect(listed().length).toBe(1)
      expect(await stored()).toEqual(listed())
      expect([...kit.store.scan(compactionsTable.name, {})]).toEqual([])
      expect(readdirSync(join(kit.dir, 'work'))).toEqual([])
    },
  )

  const seed = process.env.COMPACT_SEED ?? '5'
  test(`anywhere, among writers that come and go, never doubles or loses a row (seed ${seed})`, async () => {
    const random = seededRandom(seed)
    putTable({ parameters: { [compactParameter]: '6000' } })
    const expected = new Map<number, string[]>()
    let next = 0
    for (let round = 0; round < 40; round++) {
      for (let i = random.below(4); i > 0; i--) {
        const count = 1 + random.below(200)
        const key = await addFile(random.below(3) === 0 ? 'mon' : 'tue', next, next + count)
        expected.set(next, await rowsOf([key]))
        next += 1000
      }
      const dies = random.below(2) === 0
      const working = compactor({
        onStep() {
          if (dies && random.below(4) === 0) throw new Error('killed')
        },
      })
      await working.pass(() => {})
      if (random.below(2) === 0) await kit.clock.advance(random.below(graceMs))
      expect((await rowsOf(listed())).sort(), `seed ${seed}, round ${round}`).toEqual(
        [...expected.values()].flat().sort(),
      )
    }
    for (let i = 0; i < 4; i++) {
      await compactor().pass(fail)
      await kit.clock.advance(graceMs)
    }
    await compactor().pass(fail)
    expect(await stored()).toEqual(listed())
    expect(listed().length).toBeLessThan(expected.size / 2)
    // In each partition rows are in the order in which they came.
    for (const day of ['mon', 'tue']) {
      const keys = listed().filter((key) => key.includes(day))
      const ids = (await rowsOf(keys)).map((row) => Number(/\d+/.exec(row)?.[0]))
      expect(ids).toEqual([...ids].sort((a, b) => a - b))
    }
  }, 120_000)
})

function fail(_: unknown, error: unknown): never {
  throw error
}
