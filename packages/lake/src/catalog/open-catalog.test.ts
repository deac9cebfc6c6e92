import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import type { LakeColumn } from '../schema/lake-type.ts'
import type { Catalog, CatalogFile, CatalogTable, CatalogWriter } from './catalog-port.ts'
import { openCatalog } from './open-catalog.ts'

const directories: string[] = []
const stores: Store[] = []

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close()
  for (const dir of directories.splice(0)) rmSync(dir, { recursive: true, force: true })
})

async function open(clock: VirtualClock, dir = directory()): Promise<{ store: Store; catalog: Catalog }> {
  const store = await openStore({ dir, clock })
  stores.push(store)
  return { store, catalog: openCatalog({ store }) }
}

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-catalog-'))
  directories.push(dir)
  return dir
}

const long: LakeColumn = { name: 'id', type: { kind: 'long' } }
const text: LakeColumn = { name: 'name', type: { kind: 'string' } }
const day: LakeColumn = { name: 'day', type: { kind: 'string' } }
const hour: LakeColumn = { name: 'hour', type: { kind: 'int' } }

function tableOf(
  changes: Partial<CatalogTable> = {},
): Omit<CatalogTable, 'version' | 'createdAt' | 'updatedAt'> {
  return {
    database: 'sales',
    name: 'orders',
    format: 'parquet',
    bucket: 'lake',
    location: 'orders/',
    columns: [long],
    partitionKeys: [day, hour],
    kind: 'managed',
    parameters: {},
    ...changes,
  }
}

const fileOf = (key: string, partition: string[], rows = 10): Omit<CatalogFile, 'addedAt'> => ({
  key,
  bytes: rows * 100,
  rows,
  partition,
  version: 1,
})

const codeOf = (work: () => unknown): unknown => {
  try {
    work()
  } catch (error) {
    return (error as { code?: unknown }).code
  }
  return undefined
}

test('a table has a new version where its shape differs, and only there', async () => {
  const clock = new VirtualClock(1_000_000)
  const { catalog } = await open(clock)
  catalog.write((writer) => writer.putDatabase('sales', { description: 'orders and returns' }))
  const first = catalog.write((writer) => writer.putTable(tableOf()))
  expect(first).toEqual({ ...tableOf(), version: 1, createdAt: 1_000_000, updatedAt: 1_000_000 })
  await clock.advance(5_000)
  expect(catalog.write((writer) => writer.putTable(tableOf()))).toEqual(first)
  const second = catalog.write((writer) => writer.putTable(tableOf({ columns: [long, text] })))
  expect(second).toMatchObject({ version: 2, createdAt: 1_000_000, updatedAt: 1_005_000 })
  const described = catalog.write((writer) =>
    writer.putTable(tableOf({ columns: [long, text], parameters: { owner: 'crawler' } })),
  )
  expect(described).toMatchObject({ version: 2, parameters: { owner: 'crawler' } })
  expect(catalog.table('sales', 'orders')).toEqual(described)
  expect(catalog.table('sales', 'orders', 1)).toEqual(first)
  expect(catalog.table('sales', 'orders', 3)).toBeUndefined()
  expect(catalog.versions('sales', 'orders')).toEqual([first, described])
  expect(catalog.databases()).toEqual([
    { name: 'default', createdAt: 0 },
    { name: 'sales', description: 'orders and returns', createdAt: 1_000_000 },
  ])
})

test('files and their sums belong to the transaction that adds them', async () => {
  const { store, catalog } = await open(new VirtualClock(0))
  catalog.write((writer) => writer.putDatabase('sales') && writer.putTable(tableOf()))
  const add = (writer: CatalogWriter): void =>
    writer.addFiles('sales', 'orders', [fileOf('orders/a', ['2026-11-20', '7'])])
  expect(() =>
    store.commit((transaction) => {
      catalog.write(add, transaction)
      throw new Error('stopped')
    }),
  ).toThrow('stopped')
  expect(catalog.files('sales', 'orders')).toEqual([])
  expect(catalog.partitions('sales', 'orders')).toEqual([])
  store.commit((transaction) => catalog.write(add, transaction))
  expect(catalog.partitions('sales', 'orders')).toEqual([
    { values: ['2026-11-20', '7'], files: 1, rows: 10, bytes: 1_000, updatedAt: expect.any(Number) },
  ])
})

test('a leading part of the partition values finds the files below it, and none beside', async () => {
  const { catalog } = await open(new VirtualClock(0))
  catalog.write((writer) => {
    writer.putDatabase('sales')
    writer.putTable(tableOf())
    writer.addFiles('sales', 'orders', [
      fileOf('a', ['2026-11-2', '7']),
      fileOf('b', ['2026-11-20', '7']),
      fileOf('c', ['2026-11-20', '70']),
      fileOf('d', ['2026-11-21', '7']),
    ])
  })
  const keys = (values?: string[]): string[] => catalog.files('sales', 'orders', values).map(({ key }) => key)
  expect(keys()).toEqual(['a', 'b', 'c', 'd'])
  expect(keys(['2026-11-2'])).toEqual(['a'])
  expect(keys(['2026-11-20'])).toEqual(['b', 'c'])
  expect(keys(['2026-11-20', '7'])).toEqual(['b'])
})

test('what cannot be is refused with its reason, and nothing is written', async () => {
  const { catalog } = await open(new VirtualClock(0))
  const write = (work: (writer: CatalogWriter) => unknown): unknown => codeOf(() => catalog.write(work))
  expect(write((writer) => writer.putDatabase('Sales'))).toBe('CATALOG_NAME_INVALID')
  expect(write((writer) => writer.putDatabase('app'))).toBe('CATALOG_NAME_INVALID')
  expect(write((writer) => writer.putTable(tableOf()))).toBe('CATALOG_DATABASE_MISSING')
  catalog.write((writer) => writer.putDatabase('sales'))
  for (const changes of [
    { columns: [long, { ...text, name: 'ID' }] },
    { columns: [long, { ...text, name: 'Day' }] },
    { columns: [{ name: '', type: { kind: 'long' as const } }] },
    { columns: [{ name: 'price', type: { kind: 'decimal' as const, precision: 39, scale: 2 } }] },
    { columns: [{ name: 'a', type: { kind: 'struct' as const, fields: [] } }] },
    { partitionKeys: [{ name: 'tags', type: { kind: 'list' as const, element: { kind: 'int' as const } } }] },
    { location: 'orders' },
    { location: '/orders/' },
    { bucket: '' },
  ])
    expect(write((writer) => writer.putTable(tableOf(changes)))).toBe('CATALOG_TABLE_INVALID')
  expect(write((writer) => writer.putTable(tableOf({ name: 'orders-2026' })))).toBe('CATALOG_NAME_INVALID')
  expect(catalog.tables('sales')).toEqual([])

  catalog.write((writer) => {
    writer.putTable(tableOf())
    writer.putTable(tableOf({ name: 'outside', kind: 'external' }))
    writer.putTable(tableOf({ name: 'iced', format: 'iceberg', partitionKeys: [] }))
    writer.putView({ database: 'sales', name: 'ratio', sql: 'SELECT 1' })
  })
  const add = (name: string, file: Omit<CatalogFile, 'addedAt'>): unknown =>
    write((writer) => writer.addFiles('sales', name, [fileOf('fine', ['d', '1']), file]))
  expect(add('missing', fileOf('a', ['d', '1']))).toBe('CATALOG_TABLE_MISSING')
  expect(add('outside', fileOf('a', ['d', '1']))).toBe('CATALOG_TABLE_EXTERNAL')
  expect(add('iced', fileOf('a', []))).toBe('CATALOG_TABLE_EXTERNAL')
  for (const file of [
    fileOf('', ['d', '1']),
    fileOf('a\u0001', ['d', '1']),
    fileOf('a', ['d']),
    fileOf('a', ['d', '1\n']),
    fileOf('a', ['d', '1'], -1),
    fileOf('a', ['d', '1'], 0.5),
  ])
    expect(add('orders', file)).toBe('CATALOG_FILE_INVALID')
  expect(catalog.files('sales', 'orders')).toEqual([])

  expect(write((writer) => writer.putView({ database: 'sales', name: 'orders', sql: 'SELECT 1' }))).toBe(
    'CATALOG_NAME_TAKEN',
  )
  expect(write((writer) => writer.putTable(tableOf({ name: 'ratio' })))).toBe('CATALOG_NAME_TAKEN')
  for (const view of [
    { name: 'v', sql: ' ' },
    { name: 'v', sql: 'SELECT 1', refreshMs: 59_999 },
    { name: 'v', sql: 'SELECT 1', refreshMs: 60_000.5 },
  ])
    expect(write((writer) => writer.putView({ database: 'sales', ...view }))).toBe('CATALOG_VIEW_INVALID')
  expect(write((writer) => writer.dropDatabase('sales'))).toBe('CATALOG_DATABASE_NOT_EMPTY')
  expect(write((writer) => writer.dropDatabase('other'))).toBe('CATALOG_DATABASE_MISSING')
  expect(write((writer) => writer.dropTable('sales', 'ratio'))).toBe('CATALOG_TABLE_MISSING')
  expect(write((writer) => writer.dropView('sales', 'orders'))).toBe('CATALOG_VIEW_MISSING')
  catalog.write((writer) => writer.addFiles('sales', 'orders', [fileOf('a', ['d', '1'])]))
  for (const changes of [{ bucket: 'other' }, { format: 'json' as const }, { partitionKeys: [day] }])
    expect(write((writer) => writer.putTable(tableOf(changes)))).toBe('CATALOG_TABLE_INVALID')
})

test('a reader beside the owner sees an empty catalog, and then what the owner commits', async () => {
  const clock = new VirtualClock(0)
  const dir = directory()
  const store = await openStore({ dir, clock })
  stores.push(store)
  const reader = await openStore({ dir, clock, mode: 'reader' })
  stores.push(reader)
  const beside = openCatalog({ store: reader })
  expect(beside.databases().map(({ name }) => name)).toEqual(['default'])
  expect(beside.table('default', 'orders')).toBeUndefined()
  expect(beside.files('default', 'orders')).toEqual([])
  const catalog = openCatalog({ store })
  catalog.write((writer) => writer.putTable(tableOf({ database: 'default' })))
  expect(beside.table('default', 'orders')).toEqual(catalog.table('default', 'orders'))
  expect(codeOf(() => beside.write((writer) => writer.putDatabase('sales')))).toBe('STORE_READ_ONLY')
})

test('a look at one table costs far below 5 ms while another has 100,000 files', async () => {
  const { catalog } = await open(new VirtualClock(0))
  catalog.write((writer) => {
    writer.putDatabase('sales')
    for (let i = 0; i < 500; i++) writer.putTable(tableOf({ name: `table_${i}` }))
    writer.putTable(tableOf({ name: 'huge' }))
    writer.addFiles('sales', 'table_250', [fileOf('a', ['d', '1']), fileOf('b', ['e', '2'])])
  })
  for (let from = 0; from < 100_000; from += 10_000)
    catalog.write((writer) =>
      writer.addFiles(
        'sales',
        'huge',
        Array.from({ length: 10_000 }, (_, i) =>
          fileOf(`huge/${from + i}`, [`day-${(from + i) % 1_000}`, '1']),
        ),
      ),
    )
  const look = (): void => {
    expect(catalog.table('sales', 'table_250')?.name).toBe('table_250')
    expect(catalog.files('sales', 'table_250')).toHaveLength(2)
    expect(catalog.files('sales', 'huge', ['day-7'])).toHaveLength(100)
  }
  // How long such a look takes is measured in bench/lake.ts.
  look()
  const sums = catalog.partitions('sales', 'huge')
  expect(sums).toHaveLength(1_000)
  expect(sums.reduce((sum, { rows }) => sum + rows, 0)).toBe(1_000_000)
}, 120_000)

/** The catalog as maps: what it has to answer like. */
interface ModelTable {
  version: number
  columns: number
  files: Map<string, { partition: string; rows: number }>
}

const nameOf = fc.constantFrom('a', 'b', 'a_b')
const steps = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('table' as const),
      name: nameOf,
      columns: fc.integer({ min: 1, max: 3 }),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      name: nameOf,
      files: fc.array(
        fc.record({ key: fc.nat(12), partition: fc.constantFrom('', 'x', 'xy', 'ÿ'), rows: fc.nat(9) }),
        { maxLength: 8 },
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('remove' as const),
      name: nameOf,
      keys: fc.array(fc.nat(12), { maxLength: 6 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drop' as const), name: nameOf }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
)

test('any operations and reopenings leave what a model of maps has', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), async (list) => {
      const clock = new VirtualClock(0)
      const dir = directory()
      let { store, catalog } = await open(clock, dir)
      const model = new Map<string, ModelTable>()
      for (const step of list) {
        if (step.kind === 'reopen') {
          await store.close()
          stores.splice(stores.indexOf(store), 1)
          ;({ store, catalog } = await open(clock, dir))
          continue
        }
        const table = model.get(step.name)
        if (step.kind !== 'table' && table === undefined) continue
        catalog.write((writer) => applyStep(writer, step))
        applyToModel(model, step)
      }
      expect(catalog.tables('default').map(({ name }) => name)).toEqual([...model.keys()].sort())
      for (const name of ['a', 'b', 'a_b']) expect(seen(catalog, name)).toEqual(expected(model.get(name)))
      await store.close()
      stores.splice(stores.indexOf(store), 1)
    }),
    { numRuns: 60, verbose: 1 },
  )
}, 120_000)

type Step = Exclude<typeof steps extends fc.Arbitrary<infer T> ? T : never, { kind: 'reopen' }>

const columnsOf = (count: number): LakeColumn[] =>
  Array.from({ length: count }, (_, i) => ({ name: `c${i}`, type: { kind: 'long' } as const }))

function applyStep(writer: CatalogWriter, step: Step): void {
  switch (step.kind) {
    case 'table':
      writer.putTable(
        tableOf({
          database: 'default',
          name: step.name,
          columns: columnsOf(step.columns),
          partitionKeys: [day],
        }),
      )
      break
    case 'add':
      writer.addFiles(
        'default',
        step.name,
        step.files.map(({ key, partition, rows }) => fileOf(`k${key}`, [partition], rows)),
      )
      break
    case 'remove':
      writer.removeFiles(
        'default',
        step.name,
        step.keys.map((key) => `k${key}`),
      )
      break
    case 'drop':
      writer.dropTable('default', step.name)
  }
}

function applyToModel(model: Map<string, ModelTable>, step: Step): void {
  const table = model.get(step.name)
  if (step.kind === 'table') {
    if (table === undefined) model.set(step.name, { version: 1, columns: step.columns, files: new Map() })
    else if (table.columns !== step.columns)
      Object.assign(table, { version: table.version + 1, columns: step.columns })
  } else if (table === undefined) return
  else if (step.kind === 'add')
    for (const { key, partition, rows } of step.files) table.files.set(`k${key}`, { partition, rows })
  else if (step.kind === 'remove') for (const key of step.keys) table.files.delete(`k${key}`)
  else model.delete(step.name)
}

interface Seen {
  readonly version: number | undefined
  readonly columns: number | undefined
  readonly versions: number
  readonly files: readonly string[]
  readonly partitions: readonly string[]
}

function seen(catalog: Catalog, name: string): Seen {
  const table = catalog.table('default', name)
  return {
    version: table?.version,
    columns: table?.columns.length,
    versions: catalog.versions('default', name).length,
    files: catalog
      .files('default', name)
      .map(({ key, partition, rows }) => `${partition[0]} ${key} ${rows}`)
      .sort(),
    partitions: catalog
      .partitions('default', name)
      .map(({ values, files, rows, bytes }) => `${values[0]} ${files} ${rows} ${bytes}`)
      .sort(),
  }
}

function expected(table: ModelTable | undefined): Seen {
  const files = [...(table?.files ?? [])]
  const sums = new Map<string, { files: number; rows: number }>()
  for (const [, { partition, rows }] of files) {
    const sum = sums.get(partition) ?? { files: 0, rows: 0 }
    sums.set(partition, { files: sum.files + 1, rows: sum.rows + rows })
  }
  return {
    version: table?.version,
    columns: table?.columns,
    versions: table?.version ?? 0,
    files: files.map(([key, { partition, rows }]) => `${partition} ${key} ${rows}`).sort(),
    partitions: [...sums]
      .map(([value, { files: count, rows }]) => `${value} ${count} ${rows} ${rows * 100}`)
      .sort(),
  }
}
