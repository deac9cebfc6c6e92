import { join } from 'node:path'
import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { openDuck } from '../duck/open-duck.ts'
import { newTableUpdates } from '../iceberg/catalog/create-table.ts'
import { FolderCatalog } from '../iceberg/catalog/folder-catalog.ts'
import { openTable, type Table } from '../iceberg/table/open-table.ts'
import { applyChanges } from '../iceberg/upsert/apply-changes.ts'
import type { LakeColumn } from '../schema/lake-type.ts'
import { answer, type LakeKit, lakeKit, lakeTable, refusal } from './testing/lake-kit.ts'

const columns: readonly LakeColumn[] = [
  { name: 'id', type: { kind: 'long' }, isRequired: true },
  { name: 'amount', type: { kind: 'decimal', precision: 10, scale: 2 } },
  { name: 'at', type: { kind: 'timestamp' } },
]

interface OrderLake {
  readonly table: Table
  upsert(rows: readonly (readonly [op: 1 | 2, id: number, amount: number, day: number])[]): Promise<void>
}

async function orderLake(kit: LakeKit): Promise<OrderLake> {
  const store = kit.buckets.open('lake')
  const catalog = new FolderCatalog(store, { clock: kit.clock })
  await catalog.createNamespace(['default'])
  const name = { namespace: ['default'], name: 'orders' }
  const updates = newTableUpdates({
    schema: { columns },
    partitionBy: [{ column: 'at', transform: 'day' }],
    identifier: ['id'],
    location: `${store.url}/default/orders`,
  })
  await catalog.createTable(name, updates)
  const table = await openTable(catalog, name, { store, clock: kit.clock })
  kit.catalog.write((writer) =>
    writer.putTable(lakeTable({ format: 'iceberg', location: 'default/orders/', columns })),
  )
  const scratchDir = join(kit.dir, 'scratch')
  const duck = await openDuck({ memoryBytes: 2 ** 28, threads: 1, folders: [kit.dir] })
  return {
    table,
    async upsert(rows) {
      await kit.clock.advance(60_000)
      const values = rows.map(
        ([op, id, amount, day], i) =>
          `(${op}, ${i}, ${id}, ${amount}, make_timestamp(${day * 86_400e6 + 1.7e15}))`,
      )
      const sql = `(SELECT __op::INTEGER AS __op, __n::BIGINT AS __n, id::BIGINT AS id, amount::DECIMAL(10,2) AS amount, "at" FROM (VALUES ${values.join(', ')}) v(__op, __n, id, amount, "at"))`
      await applyChanges(
        table,
        { sql },
        {
          duck,
          scratchDir,
          clock: kit.clock,
          random: seededRandom('orders'),
          key: ['id'],
          mode: 'merge-on-read',
        },
      )
    },
  }
}

test('an Iceberg table is read as it is, and as it was by number, id, time and for the whole statement', async () => {
  const kit = await lakeKit()
  const { table, upsert } = await orderLake(kit)
  const amounts = async (from: string, options = {}): Promise<string> =>
    (await answer(kit.query, `SELECT id, amount FROM ${from} ORDER BY id`, options)).rows
      .map((row) => row.join(' '))
      .join(', ')
  expect(await amounts('orders')).toBe('')
  await upsert([
    [1, 1, 10, 0],
    [1, 2, 20, 0],
    [1, 3, 30, 1],
  ])
  const firstAt = kit.clock.now()
  await upsert([
    [1, 2, 21, 0],
    [2, 3, 0, 1],
    [1, 4, 40, 2],
  ])
  expect(await amounts('orders')).toBe('1 10.00, 2 21.00, 4 40.00')
  expect(await amounts('"orders@1"')).toBe('1 10.00, 2 20.00, 3 30.00')
  expect(await amounts('"orders@2"')).toBe('1 10.00, 2 21.00, 4 40.00')
  const [first] = table.metadata.snapshots
  expect(await amounts(`"orders@${first?.['snapshot-id']}"`)).toBe('1 10.00, 2 20.00, 3 30.00')
  expect(await amounts(`"orders@${new Date(firstAt + 1).toISOString()}"`)).toBe('1 10.00, 2 20.00, 3 30.00')
  expect(await amounts('"orders@main"')).toBe('1 10.00, 2 21.00, 4 40.00')
  expect(await amounts('orders', { asOf: firstAt })).toBe('1 10.00, 2 20.00, 3 30.00')
  const both = await answer(
    kit.query,
    'SELECT b.id, b.amount, a.amount FROM "orders@1" b LEFT JOIN orders a USING (id) WHERE a.amount IS DISTINCT FROM b.amount ORDER BY 1',
  )
  expect(both.rows).toEqual([
    ['2', '20.00', '21.00'],
    ['3', '30.00', null],
  ])
  expect((await refusal(answer(kit.query, 'FROM "orders@9"'))).message).toMatch(
    /no snapshot 9\. Its snapshots are 1 to 2/,
  )
  expect((await refusal(answer(kit.query, 'FROM orders', { asOf: 0 }))).message).toMatch(
    /^LAKE_QUERY_INVALID table "orders": .*The history begins at/,
  )
  expect((await refusal(answer(kit.query, 'FROM "orders@nobranch"'))).message).toMatch(
    /no snapshot named "nobranch"/,
  )
})

test('tables about a table list its snapshots, its files and its history', async () => {
  const kit = await lakeKit()
  const { upsert } = await orderLake(kit)
  await upsert([[1, 1, 10, 0]])
  await upsert([[1, 1, 11, 0]])
  const { rows } = await answer(
    kit.query,
    'SELECT number, operation, committed_at FROM "orders$snapshots" ORDER BY number',
  )
  expect(rows.map(([number, operation]) => `${number} ${operation}`)).toEqual(['1 append', '2 overwrite'])
  expect(rows[0]?.[2]).toMatch(/^2026-11-21 00:01:00(\.\d+)?\+00$/)
  expect(
    (await answer(kit.query, 'SELECT content, sum(records) FROM "orders$files" GROUP BY ALL ORDER BY ALL'))
      .rows,
  ).toEqual([
    ['data', '2'],
    ['position-deletes', '1'],
  ])
  expect((await answer(kit.query, 'SELECT count(*) FROM "orders@1$files"')).rows).toEqual([['1']])
  expect((await answer(kit.query, 'SELECT count(*) FROM "orders$history"')).rows).toEqual([['2']])
})

test('what a statement says of columns rules out files by their bounds and partitions', async () => {
  const kit = await lakeKit()
  const { upsert } = await orderLake(kit)
  for (let day = 0; day < 6; day++)
    await upsert([
      [1, day * 10, day, day],
      [1, day * 10 + 1, day + 0.5, day],
    ])
  const read = async (where: string): Promise<string> => {
    const { rows, files } = await answer(kit.query, `SELECT count(*) FROM orders o WHERE ${where}`)
    return `${rows[0]?.[0]} of ${files.read}, ${files.pruned} pruned`
  }
  expect(await read('id >= 0')).toBe('12 of 6, 0 pruned')
  expect(await read('id = 21')).toBe('1 of 1, 5 pruned')
  expect(await read('o.id IN (1, 51)')).toBe('2 of 2, 4 pruned')
  expect(await read('50 <= id')).toBe('2 of 1, 5 pruned')
  expect(await read('id BETWEEN 9 AND 11 AND amount > 0')).toBe('2 of 1, 5 pruned')
  expect(await read('id < 2 OR amount > 5.1')).toBe('3 of 2, 4 pruned')
  // A constant that is none of the column's type is left to DuckDB.
  expect(await read('id > 49.5')).toBe('2 of 6, 0 pruned')
  expect(await read('amount = 5.5')).toBe('1 of 1, 5 pruned')
  expect(await read('"at" >= make_timestamp(1.7e15::BIGINT + 5 * 86400000000)')).toBe('2 of 1, 5 pruned')
  expect(await read('id IS NULL')).toBe('0 of 0, 6 pruned')
  expect(await read('id % 2 = 0')).toBe('6 of 6, 0 pruned')
  const joined = await answer(
    kit.query,
    'SELECT count(*) FROM orders a JOIN orders b USING (id) WHERE a.id = 1 AND b.id < 30',
  )
  expect(joined).toMatchObject({ rows: [['1']], files: { read: 3, pruned: 3 } })
})

test('columns that were renamed and added are those of the state that is asked for', async () => {
  const kit = await lakeKit()
  const { table, upsert } = await orderLake(kit)
  await upsert([[1, 1, 10, 0]])
  await table.evolveSchema([
    { kind: 'rename', column: 'amount', name: 'total' },
    { kind: 'add', column: { name: 'note', type: { kind: 'string' } } },
  ])
  expect((await answer(kit.query, 'FROM orders')).columns.map(({ name }) => name)).toEqual([
    'id',
    'total',
    'at',
    'note',
  ])
  expect((await answer(kit.query, 'SELECT id, total, note FROM orders WHERE total < 11')).rows).toEqual([
    ['1', '10.00', null],
  ])
  expect((await answer(kit.query, 'SELECT id, amount FROM "orders@1" WHERE amount < 11')).rows).toEqual([
    ['1', '10.00'],
  ])
})
