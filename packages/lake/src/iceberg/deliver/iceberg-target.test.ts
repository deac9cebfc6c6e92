import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import { afterEach, describe, expect, it } from 'vitest'
import { openCatalog } from '../../catalog/open-catalog.ts'
import type { IcebergDestination } from '../../delivery/delivery-settings.ts'
import type { DeliveryTarget, TargetOutcome } from '../../delivery/delivery-target.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import { DyingStore } from '../upsert/testing/dying-store.ts'
import { openUpsertLake, type UpsertLake } from '../upsert/testing/upsert-lake.ts'
import { makeIcebergTarget } from './iceberg-target.ts'

const closing: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

const destination: IcebergDestination = {
  kind: 'iceberg',
  bucket: 'lake',
  table: { database: 'sales', name: 'orders' },
  columns: [
    { name: 'orderId', type: { kind: 'int' } },
    { name: 'item', type: { kind: 'string' } },
    { name: 'amount', type: { kind: 'decimal', precision: 8, scale: 2 } },
    { name: 'at', type: { kind: 'long' } },
  ],
  key: ['orderId', 'item'],
  precombine: 'at',
  envelope: 'plain',
  mode: 'merge-on-read',
  partitionBy: [],
  timeZone: 'UTC',
  buffering: { bytes: 1e6, ms: 60_000 },
}

interface World {
  readonly lake: UpsertLake
  readonly store: Store
  readonly problems: unknown[]
  target(settings?: Partial<IcebergDestination>, objects?: ObjectStore): DeliveryTarget
  /** Adds records, commits them, and has the catalog told. */
  deliver(target: DeliveryTarget, records: readonly unknown[], id?: string): Promise<readonly TargetOutcome[]>
  rows(): Promise<string[]>
}

async function open(): Promise<World> {
  const lake = await openUpsertLake(randomUUID())
  closing.push(() => lake.close())
  const store = await openStore({ dir: join(lake.dir, 'store'), clock: lake.clock })
  closing.push(() => store.close())
  const catalog = openCatalog({ store })
  const problems: unknown[] = []
  let targets = 0
  return {
    lake,
    store,
    problems,
    target(settings = {}, objects = lake.store) {
      const made = makeIcebergTarget({
        delivery: 'lake',
        destination: { ...destination, ...settings },
        store: objects,
        cacheDir: join(lake.dir, 'cache'),
        scratchDir: join(lake.dir, `target-${targets++}`),
        catalog,
        clock: lake.clock,
        random: lake.random,
        onProblem: (error) => problems.push(error),
      })
      closing.push(() => made.close())
      return made
    },
    async deliver(target, records, id = randomUUID()) {
      const batch = target.begin()
      const outcomes = records.map((record) =>
        batch.add({ data: Buffer.from(JSON.stringify(record)), arrivedAt: 0 }),
      )
      const commit = await batch.commit(id)
      batch.close()
      catalog.write((writer) => commit.register(writer))
      return outcomes
    },
    rows: async () => lake.read(await lake.open()),
  }
}

describe('records of a delivery', () => {
  it('make the table, change its rows, and show it in the catalog', async () => {
    const world = await open()
    const target = world.target()
    const outcomes = await world.deliver(target, [
      { orderId: 1, item: 'a', amount: 1.5, at: 1 },
      { orderId: 2, item: 'a', amount: 2, at: 1 },
      { orderId: null, item: 'a' },
      { orderId: 'x' },
    ])
    expect(outcomes.slice(0, 2)).toEqual(['taken', 'taken'])
    expect(outcomes.slice(2)).toMatchObject([
      { code: 'Iceberg.MalformedData' },
      { code: 'Iceberg.MalformedData' },
    ])
    await world.deliver(target, [{ orderId: 1, item: 'a', amount: 3, at: 2 }])
    await world.deliver(target, [{ orderId: 2, item: 'a', amount: 9, at: 0 }])
    expect(await world.rows()).toEqual(['1|a|3.00|2', '2|a|2.00|1'])
    const table = openCatalog({ store: world.store }).table('sales', 'orders')
    expect(table).toMatchObject({
      format: 'iceberg',
      bucket: 'lake',
      location: 'sales/orders/',
      version: 1,
      parameters: { key: 'orderId,item' },
    })
    expect(table?.columns.map(({ name, fieldId }) => [name, fieldId])).toEqual([
      ['orderId', 1],
      ['item', 2],
      ['amount', 3],
      ['at', 4],
    ])
  })

  it('are made part of the table once for each id, by whichever target', async () => {
    const world = await open()
    const first = world.target()
    await world.deliver(first, [{ orderId: 1, item: 'a', at: 1 }], 'plan-1')
    await first.close()
    const second = world.target({ key: [], envelope: 'plain' })
    await world.deliver(second, [{ orderId: 1, item: 'a', at: 1 }], 'plan-1')
    expect(await world.rows()).toHaveLength(1)
    await world.deliver(second, [{ orderId: 1, item: 'a', at: 1 }], 'plan-2')
    await world.deliver(second, [{ orderId: 1, item: 'a', at: 1 }], 'plan-2')
    expect(await world.rows()).toHaveLength(2)
  })

  it('a truncation alone empties the table', async () => {
    const world = await open()
    const target = world.target({ envelope: 'debezium' })
    await world.deliver(target, [{ op: 'c', after: { orderId: 1, item: 'a' } }])
    const batch = target.begin()
    expect(batch.add({ data: Buffer.from('{"op":"t"}'), arrivedAt: 0 })).toBe('taken')
    expect(batch.rows).toBe(1)
    await batch.commit('t')
    batch.close()
    expect(await world.rows()).toEqual([])
  })

  it.each([false, true])(
    'killed at every put, after it took place: %s',
    { timeout: 60_000 },
    async (after) => {
      for (let changes = 1; ; changes++) {
        const world = await open()
        await world.deliver(world.target(), [{ orderId: 1, item: 'a', amount: 1, at: 1 }], 'first')
        const dying = new DyingStore(world.lake.store, { changes, after })
        const records = [
          { orderId: 1, item: 'a', amount: 2, at: 2 },
          { orderId: 2, item: 'b', amount: 2, at: 2 },
        ]
        const dead = world.target({}, dying)
        await world.deliver(dead, records, 'second').catch((error: unknown) => {
          if (!dying.isDead) throw error
        })
        await world.deliver(world.target(), records, 'second')
        expect(await world.rows(), `killed at ${changes}`).toEqual(['1|a|2.00|2', '2|b|2.00|2'])
        if (!dying.isDead) return
      }
    },
  )
})

describe('columns', () => {
  const more = [...destination.columns, { name: 'note', type: { kind: 'string' as const } }]

  it('that the table lacks are an error unless it is told to follow', async () => {
    const world = await open()
    await world.deliver(world.target(), [{ orderId: 1, item: 'a', at: 1 }])
    const strict = world.target({ columns: more })
    await expect(world.deliver(strict, [{ orderId: 2, item: 'a', note: 'x' }])).rejects.toThrow(
      /UPSERT_INVALID Table sales\.orders has no column "note".*evolution: 'declared'/,
    )
    const wider = more.map((column) =>
      column.name === 'orderId' ? { ...column, type: { kind: 'long' as const } } : column,
    )
    const following = world.target({ columns: wider, evolution: 'declared' })
    await world.deliver(following, [{ orderId: 2 ** 40, item: 'a', note: 'x' }])
    // A delivery that does not bring them leaves them empty.
    await world.deliver(world.target(), [{ orderId: 3, item: 'a', at: 3 }])
    expect(await world.rows()).toEqual(['1099511627776|a|~|~|x', '1|a|~|1|~', '3|a|~|3|~'])
    expect(openCatalog({ store: world.store }).table('sales', 'orders')?.version).toBe(2)
  })

  it('follow the newest version of the catalog where that is asked for', async () => {
    const world = await open()
    const catalog = openCatalog({ store: world.store })
    await world.deliver(world.target(), [{ orderId: 1, item: 'a', at: 1 }])
    const { version: _, createdAt: __, updatedAt: ___, ...table } = catalog.table('sales', 'orders')!
    catalog.write((writer) =>
      writer.putTable({ ...table, columns: [...table.columns, { name: 'shop', type: { kind: 'int' } }] }),
    )
    // Another delivery that does not follow leaves the column in the catalog.
    await world.deliver(world.target(), [{ orderId: 2, item: 'a', at: 1 }])
    await world.deliver(world.target({ evolution: 'catalog' }), [{ orderId: 3, item: 'a', at: 1, shop: 7 }])
    expect(await world.rows()).toEqual(['1|a|~|1|~', '2|a|~|1|~', '3|a|~|1|7'])
  })

  it('of another type are refused in words', async () => {
    const world = await open()
    await world.deliver(world.target(), [{ orderId: 1, item: 'a', at: 1 }])
    const columns = destination.columns.map((column) =>
      column.name === 'item' ? { ...column, type: { kind: 'int' as const } } : column,
    )
    const other = world.target({ columns, evolution: 'declared' })
    await expect(world.deliver(other, [{ orderId: 1, item: 2 }])).resolves.toEqual(['taken'])
    const text = destination.columns.map((column) =>
      column.name === 'at' ? { ...column, type: { kind: 'string' as const } } : column,
    )
    const third = world.target({ columns: text, evolution: 'declared' })
    await expect(world.deliver(third, [{ orderId: 1, item: 'a', at: 'x' }])).rejects.toThrow(
      /UPSERT_INVALID Column "at" of table sales\.orders is BIGINT, and the delivery brings VARCHAR/,
    )
  })
})

it('what is written all the time stays small, in the background', { timeout: 60_000 }, async () => {
  const world = await open()
  const target = world.target()
  for (let i = 0; i < 30; i++) await world.deliver(target, [{ orderId: i % 7, item: 'a', amount: i, at: i }])
  const files = async () => (await (await world.lake.open()).plan()).tasks.length
  for (let looks = 0; (await files()) > 1 && looks < 1000; looks++);
  expect(await files()).toBe(1)
  await target.close()
  expect(world.problems).toEqual([])
  expect((await world.rows()).map((row) => row.split('|')[2]).sort()).toEqual(
    [23, 24, 25, 26, 27, 28, 29].map((amount) => `${amount}.00`),
  )
  expect(existsSync(join(world.lake.dir, 'target-0'))).toBe(false)
})
