/** Files of older schemas under today's names, also inside of structs, lists and maps. */
import { randomUUID } from 'node:crypto'
import { afterEach, expect, it } from 'vitest'
import type { LakeColumn } from '../../schema/lake-type.ts'
import type { IcebergTable } from '../table-port.ts'
import { applyChanges } from '../upsert/apply-changes.ts'
import { compactTable } from '../upsert/compact-table.ts'
import { openUpsertLake, type UpsertLake } from '../upsert/testing/upsert-lake.ts'

const lakes: UpsertLake[] = []
afterEach(() => {
  for (const lake of lakes.splice(0)) lake.close()
})

const place: LakeColumn['type'] = {
  kind: 'struct',
  fields: [
    { name: 'city', type: { kind: 'string' } },
    { name: 'zip', type: { kind: 'int' } },
  ],
}
const columns: readonly LakeColumn[] = [
  { name: 'id', type: { kind: 'long' } },
  { name: 'home', type: place },
  { name: 'shops', type: { kind: 'list', element: place } },
  { name: 'by_name', type: { kind: 'map', key: { kind: 'string' }, value: place } },
]

async function put(lake: UpsertLake, table: IcebergTable, id: number, values: string) {
  const names = table.schema.columns.map(({ name }) => name)
  const sql = `(SELECT 1::INTEGER AS __op, 0::BIGINT AS __n, ${id}::BIGINT AS id, ${values
    .split('; ')
    .map((value, i) => `${value} AS ${names[i + 1]}`)
    .join(', ')})`
  await applyChanges(table, { sql }, lake.options({ key: ['id'], mode: 'merge-on-read' }))
}

const same = (value: string) => `${value}; [${value}, NULL]; MAP {'k': ${value}}`

it('fields inside of structs are found by their ids, whatever they were called, and stay so when files are put together', async () => {
  const lake = await openUpsertLake(randomUUID())
  lakes.push(lake)
  const table = await lake.create({ schema: { columns } })
  await put(lake, table, 1, same("{city: 'Ulm', zip: 1}"))
  await put(lake, table, 2, 'NULL; NULL; NULL')
  for (const path of ['home', 'shops.element', 'by_name.value']) {
    await table.evolveSchema([
      { kind: 'rename', column: `${path}.city`, name: 'town' },
      { kind: 'drop', column: `${path}.zip` },
      // The name of something else that was there before.
      { kind: 'add', parent: path, column: { name: 'city', type: { kind: 'int' } } },
    ])
  }
  await put(lake, table, 3, same("{town: 'Bern', city: 7}"))
  const struct = (town: string, city: string) => `{'town': ${town}, 'city': ${city}}`
  const row = (id: number, value: string) => `${id}|${value}|[${value}, NULL]|{k=${value}}`
  const expected = ['2|~|~|~', row(1, struct('Ulm', 'NULL')), row(3, struct('Bern', '7'))].sort()
  expect(await lake.read(table)).toEqual(expected)
  await compactTable(table, { duck: lake.duck, scratchDir: lake.scratchDir, clock: lake.clock, filesMin: 2 })
  expect((await table.plan()).tasks).toHaveLength(1)
  expect(await lake.read(table)).toEqual(expected)
})
