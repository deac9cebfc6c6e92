/** The lake of a temporary directory with its routes, and tables in it: one of CSV with partitions, one of Parquet, one of objects alone. */
import { join } from 'node:path'
import { bucketsOf, openCatalog, openLakeQuery, QueryBook, recordedQuery } from '@millrace/lake'
import type { Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { dashboardRoutes } from '../api/dashboards/dashboard-routes.ts'
import type { LakeHandle } from '../api/lake/lake-handle.ts'
import { lakeRoutes } from '../api/lake/lake-routes.ts'
import { type OpenRoutes, openRoutes } from './open-routes.ts'

export interface OpenLakeRoutes extends OpenRoutes {
  readonly lake: LakeHandle
}

export async function openLakeRoutes(): Promise<OpenLakeRoutes> {
  let lake: LakeHandle | undefined
  const api = await openRoutes((store) => {
    lake = lakeOf(store)
    return new Map([...lakeRoutes(lake, systemClock), ...dashboardRoutes({ lake, clock: systemClock })])
  })
  if (lake === undefined) throw new Error('routes were not made')
  const opened = lake
  return {
    ...api,
    lake: opened,
    async close() {
      await opened.query.close()
      await api.close()
    },
  }
}

function lakeOf(store: Store): LakeHandle {
  const catalog = openCatalog({ store })
  const book = new QueryBook(store.dir)
  const query = openLakeQuery({
    catalog,
    buckets: bucketsOf(store),
    clock: systemClock,
    store,
    spillDir: join(store.dir, 'tmp'),
  })
  return {
    dir: store.dir,
    store,
    catalog,
    query: recordedQuery(query, book, systemClock),
    quietQuery: query,
    book,
  }
}

/** `orders` by day, two rows a file, as CSV. */
export async function addOrders({ catalog, store }: LakeHandle, days: readonly string[]): Promise<void> {
  const bucket = bucketsOf(store).open('lake')
  for (const day of days) {
    const key = `orders/day=${day}/a.csv`
    const text = `1,"a, ${day}"\n2,\n`
    await bucket.put(key, { bytes: Buffer.from(text) })
    catalog.write((writer) => {
      writer.putTable({
        database: 'default',
        name: 'orders',
        format: 'csv',
        bucket: 'lake',
        location: 'orders/',
        columns: [
          { name: 'id', type: { kind: 'long' } },
          { name: 'note', type: { kind: 'string' } },
        ],
        partitionKeys: [{ name: 'day', type: { kind: 'date' } }],
        kind: 'managed',
        parameters: {},
      })
      writer.addFiles('default', 'orders', [
        { key, bytes: text.length, rows: 2, partition: [day], version: 1 },
      ])
    })
  }
}
