import { randomUUID } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import type { LakeColumn } from '../../schema/lake-type.ts'
import type { IcebergTable } from '../table-port.ts'
import { applyChanges } from './apply-changes.ts'
import { type CompactOptions, compactTable } from './compact-table.ts'
import { DyingStore } from './testing/dying-store.ts'
import { openUpsertLake, type UpsertLake } from './testing/upsert-lake.ts'
import type { UpsertOptions } from './upsert-options.ts'

const lakes: UpsertLake[] = []
afterEach(() => {
  for (const lake of lakes.splice(0)) lake.close()
})

const columns: readonly LakeColumn[] = [
  { name: 'id', type: { kind: 'long' } },
  { name: 'shop', type: { kind: 'string' } },
  { name: 'amount', type: { kind: 'long' } },
]

async function open(partitionBy: { column: string; transform: string }[] = []) {
  const lake = await openUpsertLake(randomUUID())
  lakes.push(lake)
  const table = await lake.create({ schema: { columns }, partitionBy })
  const options = (more: Partial<CompactOptions> = {}): CompactOptions => ({
    duck: lake.duck,
    scratchDir: lake.scratchDir,
    clock: lake.clock,
    ...more,
  })
  return { lake, table, options }
}

/** Ids from, from + 1 ..., with an amount. */
function put(
  lake: UpsertLake,
  table: IcebergTable,
  rows: { from: number; count: number; amount: number; op?: number; id?: string },
) {
  const { from, count, amount, op = 1, id } = rows
  const options: UpsertOptions = lake.options({
    key: ['id'],
    mode: 'merge-on-read',
    ...(id === undefined ? {} : { commit: { writer: 'test', id } }),
  })
  const sql = `(SELECT ${op}::INTEGER AS __op, range::BIGINT AS __n, ${from} + range AS id, 'shop ' || (range % 2) AS shop, ${amount}::BIGINT AS amount FROM range(${count}))`
  return applyChanges(table, { sql }, options)
}

async function filesOf(table: IcebergTable) {
  await table.refresh()
  const { tasks } = await table.plan()
  return {
    data: tasks.length,
    deletes: new Set(tasks.flatMap((task) => task.deletes.map(({ path }) => path))).size,
    records: tasks.reduce((sum, { file }) => sum + file.records, 0),
  }
}

describe('compaction', () => {
  it('puts small files together and leaves out what was deleted; the rows stay the same', async () => {
    const { lake, table, options } = await open([{ column: 'shop', transform: 'identity' }])
    for (let i = 0; i < 4; i++) await put(lake, table, { from: i * 10, count: 20, amount: i })
    const before = await filesOf(table)
    expect(before).toEqual({ data: 8, deletes: 6, records: 80 })
    const rows = await lake.read(table)
    const last = table.snapshot()!['snapshot-id']
    const outcome = await compactTable(table, options({ filesMin: 3 }))
    expect(outcome).toMatchObject({ commits: 2, filesBefore: 8, filesAfter: 2 })
    expect(await filesOf(table)).toEqual({ data: 2, deletes: 0, records: 50 })
    expect(await lake.read(table)).toEqual(rows)
    expect(await lake.read(table, { snapshotId: last })).toEqual(rows)
    expect(table.snapshot()?.summary.operation).toBe('replace')
    expect(await compactTable(table, options({ filesMin: 3 }))).toMatchObject({ commits: 0 })
  })

  it('leaves alone what is not worth it: few files, few deletions', async () => {
    const { lake, table, options } = await open()
    await put(lake, table, { from: 0, count: 100, amount: 1 })
    await put(lake, table, { from: 0, count: 10, amount: 2 })
    expect(await compactTable(table, options())).toMatchObject({ commits: 0 })
    await put(lake, table, { from: 10, count: 30, amount: 3 })
    const hollow = await compactTable(table, options({ deletedShareMax: 0.35 }))
    expect(hollow).toMatchObject({ commits: 1, filesBefore: 1 })
    expect(await filesOf(table)).toEqual({ data: 3, deletes: 0, records: 100 })
  })

  it('files grow to the target and not beyond', async () => {
    const { lake, table, options } = await open()
    for (let i = 0; i < 12; i++) await put(lake, table, { from: i * 1000, count: 1000, amount: i })
    const sizes = (await table.plan()).tasks.map(({ file }) => file.bytes)
    const targetBytes = Math.max(...sizes) * 4 + 1
    await compactTable(table, options({ targetBytes }))
    expect((await filesOf(table)).data).toBe(3)
  })

  it('a file of which all rows are deleted goes', async () => {
    const { lake, table, options } = await open()
    await put(lake, table, { from: 0, count: 10, amount: 1 })
    await put(lake, table, { from: 0, count: 10, amount: 1, op: 2 })
    await compactTable(table, options())
    expect(await filesOf(table)).toEqual({ data: 0, deletes: 0, records: 0 })
  })

  it('upserts beside it are in neither way lost', async () => {
    const { lake, table, options } = await open()
    for (let i = 0; i < 5; i++) await put(lake, table, { from: i * 10, count: 10, amount: 0 })
    const other = await lake.open()
    await Promise.all([
      (async () => {
        for (let i = 1; i <= 6; i++) await put(lake, table, { from: i * 7, count: 5, amount: i })
      })(),
      (async () => {
        for (let i = 0; i < 4; i++) await compactTable(other, options({ filesMin: 2, deleteFilesMax: 0 }))
      })(),
    ])
    const amounts = new Map(Array.from({ length: 50 }, (_, id) => [id, 0]))
    for (let i = 1; i <= 6; i++) for (let id = i * 7; id < i * 7 + 5; id++) amounts.set(id, i)
    await table.refresh()
    const found = (await lake.read(table)).map((row) => `${row.split('|')[0]}=${row.split('|')[2]}`)
    expect(found.sort()).toEqual([...amounts].map(([id, amount]) => `${id}=${amount}`).sort())
  })
})

describe.each([false, true])('killed at every put and deletion, after it took place: %s', (after) => {
  it('an upsert that is repeated is made once', { timeout: 60_000 }, async () => {
    for (let changes = 1; ; changes++) {
      const { lake, table } = await open([{ column: 'shop', transform: 'identity' }])
      await put(lake, table, { from: 0, count: 6, amount: 1, id: 'first' })
      const dying = new DyingStore(lake.store, { changes, after })
      const dead = await lake.open(dying)
      await put(lake, dead, { from: 3, count: 6, amount: 2, id: 'second' }).catch((error: unknown) => {
        if (!dying.isDead) throw error
      })
      const seen = await lake.open()
      // A reader in between sees all of it or nothing.
      expect([6, 9]).toContain((await lake.read(seen)).length)
      await put(lake, seen, { from: 3, count: 6, amount: 2, id: 'second' })
      const amounts = (await lake.read(seen)).map((row) => row.split('|')[2])
      expect(amounts.sort(), `killed at ${changes}`).toEqual(['1', '1', '1', '2', '2', '2', '2', '2', '2'])
      expect(seen.metadata.snapshots).toHaveLength(2)
      if (!dying.isDead) return expect(changes).toBeGreaterThan(6)
    }
  })

  it('a compaction leaves the rows as they are', { timeout: 60_000 }, async () => {
    const { lake, table, options } = await open()
    for (let i = 0; i < 3; i++) await put(lake, table, { from: i * 5, count: 8, amount: i })
    const rows = await lake.read(table)
    for (let changes = 1; ; changes++) {
      const dying = new DyingStore(lake.store, { changes, after })
      await compactTable(await lake.open(dying), options({ filesMin: 2 })).catch((error: unknown) => {
        if (!dying.isDead) throw error
      })
      expect(await lake.read(await lake.open()), `killed at ${changes}`).toEqual(rows)
      if (!dying.isDead) return
    }
  })
})
