/** Iceberg tables over HTTP: what their metadata says of snapshots, files and figures, and a table whose metadata is gone. */
import {
  bucketsOf,
  describeData,
  FolderCatalog,
  type LakeSchema,
  newTableUpdates,
  openTable,
  type Table,
} from '@millrace/lake'
import { systemClock } from '@millrace/values'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CatalogAnswer, FilesAnswer, SnapshotsAnswer, TableAnswer } from '../../protocol/lake.ts'
import { type OpenLakeRoutes, openLakeRoutes } from '../../testing/open-lake-routes.ts'

const schema: LakeSchema = {
  columns: [
    { name: 'id', type: { kind: 'long' } },
    { name: 'shop', type: { kind: 'string' } },
  ],
}
const place = { database: 'sales', name: 'orders' }
let api: OpenLakeRoutes
let table: Table

beforeAll(async () => {
  api = await openLakeRoutes()
  const store = bucketsOf(api.store).open('lake')
  const catalog = new FolderCatalog(store, { prefix: 'warehouse/', clock: systemClock })
  const name = { namespace: ['sales'], name: 'orders' }
  await catalog.createNamespace(['sales'])
  const partitionBy = [{ column: 'shop', transform: 'identity' }]
  await catalog.createTable(name, newTableUpdates({ schema, partitionBy }))
  table = await openTable(catalog, name, { store, clock: systemClock })
  for (const [shop, rows] of [
    ['a', 10],
    ['b', 5],
  ] as const) {
    const key = table.dataKey(table.spec, [shop], `${shop}.parquet`)
    const parquet = { rows, bytes: 100, columns: new Map() }
    const file = { url: table.urlOf(key), parquet, spec: table.spec, partition: [shop] }
    await table.commit({ add: [describeData(table.metadata, file)] })
  }
  await table.setRef('first', { type: 'tag', snapshotId: table.metadata.snapshots[0]!['snapshot-id'] })
  api.lake.catalog.write((writer) => {
    writer.putDatabase('sales')
    for (const [each, location] of [
      ['orders', 'warehouse/sales/orders/'],
      ['gone', 'warehouse/sales/gone/'],
    ] as const)
      writer.putTable({
        ...place,
        name: each,
        format: 'iceberg',
        bucket: 'lake',
        location,
        columns: schema.columns,
        partitionKeys: [],
        kind: 'managed',
        parameters: {},
      })
  })
})
afterAll(() => api.close())

it('each commit is a snapshot, the newest first, with the names that people gave it', async () => {
  const { body } = await api.get<SnapshotsAnswer>('/admin/catalog/snapshots', place)
  expect(body).toMatchObject({ total: 2, partitionedBy: ['shop'], schemas: [{ columns: ['id', 'shop'] }] })
  expect(
    body.snapshots.map(({ number, operation, isCurrent, refs }) => [number, operation, isCurrent, refs]),
  ).toEqual([
    [2, 'append', true, ['main']],
    [1, 'append', false, ['first']],
  ])
  expect(body.snapshots[0]?.summary).toMatchObject({ 'added-records': '5', 'total-records': '15' })
})

it('its files are those of the newest snapshot, each with the time of the commit that added it', async () => {
  const { body } = await api.get<FilesAnswer>('/admin/catalog/files', place)
  const [first, second] = table.metadata.snapshots
  expect(body.files).toMatchObject([
    { rows: 10, partition: ['a'], content: 'data', createdAt: first?.['timestamp-ms'] },
    { rows: 5, partition: ['b'], content: 'data', createdAt: second?.['timestamp-ms'] },
  ])
  expect(body.files[0]?.key).toMatch(/^warehouse\/sales\/orders\/data\/.*a\.parquet$/)
})

it('figures are read from the metadata where they are asked for; a table that cannot be read says why, beside the others', async () => {
  expect((await api.get<TableAnswer>('/admin/catalog/table', place)).body.iceberg).toEqual({
    snapshots: 2,
    files: 2,
    deleteFiles: 0,
    rows: 15,
    bytes: 200,
  })
  const gone = await api.get<TableAnswer>('/admin/catalog/table', { ...place, name: 'gone' })
  expect(gone.body).toMatchObject({ problem: expect.stringContaining('ICEBERG_TABLE_MISSING') })
  const figures = async (query: Record<string, string>) => {
    const { databases } = (await api.get<CatalogAnswer>('/admin/catalog', query)).body
    const tables = databases.find(({ name }) => name === 'sales')?.tables ?? []
    return tables.map(({ name, files, rows }) => [name, files, rows])
  }
  expect(await figures({})).toEqual([
    ['gone', 0, 0],
    ['orders', 0, 0],
  ])
  expect(await figures({ iceberg: 'true' })).toEqual([
    ['gone', 0, 0],
    ['orders', 2, 15],
  ])
})
