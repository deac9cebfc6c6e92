/** Deliveries to tables of the Iceberg format: what an app says, what is refused, and what the table is afterwards. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { FolderCatalog, openDuck, openTable, scanFiles } from '@millrace/lake'
import { describe, expect, it } from 'vitest'
import { type TestedApp, testApp } from '../testing/index.ts'
import type { App } from './app.ts'
import { defineApp } from './define-app.ts'
import type { DeliveryOptions } from './delivery.ts'

interface Order {
  readonly id: number
}

const settings = {
  format: 'iceberg',
  table: 'sales.orders',
  columns: { id: 'bigint', item: 'string', amount: 'decimal(10,2)', at: 'timestamp' },
  key: ['id', 'item'],
  precombine: 'at',
  buffer: { seconds: 60 },
} as const

function app(more: Partial<DeliveryOptions<Order>> = {}) {
  return defineApp('lake-of-orders', (app: App) => {
    const orders = app.stream<Order>('orders', { shards: 2 })
    app.delivery('ship', { from: orders, to: app.bucket('lake'), ...settings, ...more })
  })
}

/** Rows of sales.orders as text, sorted. */
async function rows(tested: TestedApp): Promise<string[]> {
  const store = tested.bucket('lake')
  const table = await openTable(new FolderCatalog(store), { namespace: ['sales'], name: 'orders' }, { store })
  const duck = await openDuck({ memoryBytes: 128e6, threads: 1, folders: [fileURLToPath(store.url)] })
  try {
    const connection = await duck.connect()
    const { columns } = table.schema
    const scan = await scanFiles(connection, {
      table,
      tasks: (await table.plan()).tasks,
      columns,
      id: 'rows',
    })
    const cells = columns.map(({ name }) => `CAST("${name}" AS VARCHAR)`).join(', ')
    const found = await connection.runAndReadAll(`SELECT ${cells} FROM ${scan.sql}`)
    connection.closeSync()
    return found
      .getRows()
      .map((row) => row.map((cell) => cell ?? '~').join(' '))
      .sort()
  } finally {
    duck.close()
  }
}

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`

describe('a delivery to a table', () => {
  it('takes the records apart that hold several rows', async () => {
    await using tested = await testApp(app({ unpack: { records: 'json' } }))
    const row = (id: number) => JSON.stringify({ id, item: 'x', amount: id, at: at(5) })
    tested.put('orders', 'a', `${row(1)}${row(2)}\n${row(3)}`)
    tested.put('orders', 'a', `${row(4)},${row(5)}`)
    await tested.advance(60_000)
    expect((await rows(tested)).map((text) => text.slice(0, 3))).toEqual(['1 x', '2 x', '3 x'])
    expect((await tested.bucket('lake').list('errors/')).objects).toHaveLength(1)
    expect(tested.report().ledgerBalanced).toBe(true)
  })

  it('keeps the newest version of each key, and puts what does not fit aside', async () => {
    await using tested = await testApp(app({ partitions: ['bucket(4, id)', 'day(at)'] }))
    tested.put('orders', 'a', { id: 1, item: 'x', amount: 1, at: at(5) })
    tested.put('orders', 'a', { id: 2, item: 'x', amount: '2.50', at: at(5) })
    tested.put('orders', 'a', { item: 'x' })
    await tested.advance(60_000)
    expect(await rows(tested)).toEqual(['1 x 1.00 2026-01-01 00:00:05', '2 x 2.50 2026-01-01 00:00:05'])
    tested.put('orders', 'a', { id: 1, item: 'x', amount: 9, at: at(9) })
    tested.put('orders', 'a', { id: 2, item: 'x', amount: 0, at: at(1) })
    tested.put('orders', 'b', { id: 3, item: 'y' })
    await tested.runUntilIdle()
    expect(await rows(tested)).toEqual([
      '1 x 9.00 2026-01-01 00:00:09',
      '2 x 2.50 2026-01-01 00:00:05',
      '3 y ~ ~',
    ])
    const errors = (await tested.bucket('lake').list('errors/')).objects
    expect(errors).toHaveLength(1)
    const [line] = Buffer.from((await tested.bucket('lake').get(errors[0]!.key))!)
      .toString()
      .split('\n')
    expect(JSON.parse(line!)).toMatchObject({
      lastErrorCode: 'Iceberg.MalformedData',
      lastErrorMessage: expect.stringMatching(/"id" of the key is null/),
      dataCatalogTable: { databaseName: 'sales', tableName: 'orders' },
    })
    expect(tested.report()).toMatchObject({ ledgerBalanced: true })
    expect(tested.report().stages.at(-1)).toMatchObject({ in: 6, out: 5, dead: 1 })
  })

  it('applies changes of a keyed table, its deletions too', async () => {
    const described = defineApp('table-of-orders', (app: App) => {
      const table = app.table('Orders', {
        partitionKey: { id: 'number' },
        sortKey: 'item',
        changes: 'NEW_AND_OLD_IMAGES',
      })
      const writes = app.stream<{ id: number; item: string; amount?: number }>('writes')
      app.function('write', { from: writes }, async (records) => {
        for (const record of records) {
          const { amount, ...key } = record.json()
          if (amount === undefined) await table.delete(key.id, key.item)
          else await table.put({ ...key, amount })
        }
      })
      const { precombine: _, ...own } = settings
      app.delivery('ship', { from: table.changes, to: app.bucket('lake'), ...own, envelope: 'table-changes' })
    })
    await using tested = await testApp(described)
    for (const amount of [1, 2, 3]) tested.put('writes', 'k', { id: amount % 2, item: 'x', amount })
    tested.put('writes', 'k', { id: 0, item: 'x' })
    await tested.runUntilIdle()
    expect(await rows(tested)).toEqual(['1 x 3.00 ~'])
  })

  it('goes on where it was, and changes of its settings are changes of the table', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'millrace-iceberg-'))
    try {
      const first = await testApp(app(), { dataDir })
      first.put('orders', 'a', { id: 1, item: 'x', at: at(1) })
      first.put('orders', 'a', { id: 2, item: 'x', at: at(1) })
      await first.runUntilIdle()
      await first.close()
      const more = app({ columns: { ...settings.columns, note: 'string' } })
      await using next = await testApp(more, { dataDir, startMs: Date.parse('2026-01-02T00:00:00Z') })
      // Settings hold for records that arrive after they were changed.
      await next.advance(10)
      next.put('orders', 'a', { id: 1, item: 'x', at: at(1), note: 'new' })
      await next.runUntilIdle()
      expect(await rows(next)).toEqual(['1 x ~ 2026-01-01 00:00:01 new', '2 x ~ 2026-01-01 00:00:01 ~'])
    } finally {
      rmSync(dataDir, { recursive: true, force: true })
    }
  })
})

describe('settings that cannot be', () => {
  const refused: readonly (readonly [Partial<DeliveryOptions<Order>>, RegExp])[] = [
    [{ key: ['nothing'] }, /key of delivery "ship" is "nothing".*id, item, amount, at/is],
    [{ precombine: 'when' }, /precombine of delivery "ship" is "when"/i],
    [{ key: [] }, /precombine without a key/i],
    [{ columns: undefined as never }, /has no columns, which iceberg needs/],
    [{ table: undefined as never }, /has no table, which iceberg needs/],
    [{ envelope: 'xml' as never }, /envelope of delivery "ship" is "xml".*'dms'/is],
    [{ mode: 'both' as never }, /mode of delivery "ship".*'copy-on-write'/is],
    [{ evolution: 'all' as never }, /evolution of delivery "ship"/i],
    [{ partitions: ['week(at)'] }, /partitions of delivery "ship" is "week\(at\)".*'day\(at\)'/is],
    [{ partitions: ['bucket(id)'] }, /bucket\(16, id\)/i],
    [{ partitions: ['day(when)'] }, /partitions of delivery "ship" is "when"/i],
    [{ partitionBy: { a: '.a' } }, /partitionBy, which is of files.*partitions: \['day\(at\)'\]/is],
    [{ compression: 'gzip' }, /compression, which is of files/],
    [{ format: 'json' }, /key, which is of tables/],
  ]
  it.each(refused)('%o', async (more, message) => {
    await expect(testApp(app(more))).rejects.toThrow(new RegExp(message, 'is'))
  })
})
