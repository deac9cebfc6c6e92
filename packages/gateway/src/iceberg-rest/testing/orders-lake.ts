/** A gateway over a store whose bucket `lake` has the table sales.orders, written by a delivery's target: for clients of other makers. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bucketsOf, makeIcebergTarget, openCatalog } from '@millrace/lake'
import { openStore } from '@millrace/store'
import { seededRandom, systemClock } from '@millrace/values'
import { createAccessKey } from '../../auth/key-file.ts'
import { openStoreGateway } from '../../store-gateway.ts'

export interface OrdersLake {
  /** Of the catalog. */
  readonly url: string
  readonly key: { readonly id: string; readonly secret: string }
  /** `[id, item, amount]` of the table now, and after its first commit. */
  readonly rows: readonly (readonly [number, string, string])[]
  readonly first: readonly (readonly [number, string, string])[]
  close(): Promise<void>
}

export async function openOrdersLake(mode: 'verify' | 'off'): Promise<OrdersLake> {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-orders-lake-'))
  const store = await openStore({ dir, clock: systemClock })
  const catalog = openCatalog({ store })
  const random = seededRandom(1)
  const target = makeIcebergTarget({
    delivery: 'orders',
    destination: {
      kind: 'iceberg',
      bucket: 'lake',
      table: { database: 'sales', name: 'orders' },
      columns: [
        { name: 'id', type: { kind: 'long' } },
        { name: 'item', type: { kind: 'string' } },
        { name: 'amount', type: { kind: 'decimal', precision: 10, scale: 2 } },
      ],
      key: ['id'],
      envelope: 'debezium',
      mode: 'merge-on-read',
      partitionBy: [{ column: 'item', transform: 'bucket[3]' }],
      timeZone: 'UTC',
      buffering: { bytes: 1e6, ms: 1000 },
    },
    store: bucketsOf(store).open('lake'),
    cacheDir: join(dir, 'cache'),
    scratchDir: join(dir, 'scratch'),
    catalog,
    clock: systemClock,
    random,
    onProblem: () => {},
  })
  const batches = [
    [1, 2, 3, 4].map((id) => ({ op: 'c', after: { id, item: `i${id}`, amount: id } })),
    [
      { op: 'u', after: { id: 2, item: 'moved', amount: '2.50' } },
      { op: 'd', before: { id: 1 } },
      { op: 'c', after: { id: 5, item: 'i5', amount: 5 } },
    ],
  ]
  for (const [i, events] of batches.entries()) {
    const batch = target.begin()
    for (const event of events) batch.add({ data: Buffer.from(JSON.stringify(event)), arrivedAt: 0 })
    const commit = await batch.commit(`batch-${i}`)
    batch.close()
    catalog.write((writer) => commit.register(writer))
  }
  await target.close()
  const key = createAccessKey({ directory: dir, clock: systemClock })
  const gateway = await openStoreGateway({
    store,
    clock: systemClock,
    random,
    port: 0,
    directory: dir,
    auth: { mode },
  })
  return {
    url: `${gateway.url}/iceberg`,
    key,
    first: [1, 2, 3, 4].map((id) => [id, `i${id}`, `${id}.00`] as const),
    rows: [
      [2, 'moved', '2.50'],
      [3, 'i3', '3.00'],
      [4, 'i4', '4.00'],
      [5, 'i5', '5.00'],
    ],
    async close() {
      await gateway.close()
      await store.close()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
