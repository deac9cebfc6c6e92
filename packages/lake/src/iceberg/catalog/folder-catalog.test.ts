import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { VirtualClock } from '@millrace/values'
import { afterAll, describe, expect, test } from 'vitest'
import { FolderObjectStore } from '../../objects/folder-object-store.ts'
import type { ObjectStore } from '../../objects/object-store.ts'
import { MemoryObjectStore } from '../../objects/testing/memory-object-store.ts'
import { readMetadata } from '../format/read-metadata.ts'
import type { TableUpdate } from '../metadata.ts'
import { newTableUpdates } from './create-table.ts'
import { FolderCatalog } from './folder-catalog.ts'

const folder = mkdtempSync(join(tmpdir(), 'folder-catalog-'))
afterAll(() => rmSync(folder, { recursive: true }))
let stores = 0

const makers: Readonly<Record<string, (clock: VirtualClock) => ObjectStore>> = {
  memory: (clock) => new MemoryObjectStore({ clock }),
  folder: (clock) => new FolderObjectStore({ name: 'lake', dir: join(folder, String(stores++)), clock }),
}
const orders = { namespace: ['db'], name: 'orders' }
const updates = newTableUpdates({
  uuid: '7d0f9e36-6c3b-4cf0-9c57-2d1c5a0a7b11',
  schema: { columns: [{ name: 'id', type: { kind: 'long' }, isRequired: true }] },
})
const setProperty = (name: string, value: string): TableUpdate => ({
  action: 'set-properties',
  updates: { [name]: value },
})

async function withTable(make: (clock: VirtualClock) => ObjectStore, prefix?: string) {
  const clock = new VirtualClock(1_000_000)
  const store = make(clock)
  const catalog = new FolderCatalog(store, { clock, ...(prefix === undefined ? {} : { prefix }) })
  await catalog.createNamespace(['db'], { owner: 'sales' })
  const created = await catalog.createTable(orders, updates)
  return { clock, store, catalog, created }
}

describe.each(Object.keys(makers))('tables of a folder, objects in: %s', (kind) => {
  const make = makers[kind]!

  test('a table is made, loaded, listed, changed and dropped', async () => {
    const { store, catalog, created, clock } = await withTable(make, 'warehouse/')
    expect(created.metadataLocation).toBe(`${store.url}/warehouse/db/orders/metadata/v1.metadata.json`)
    expect(created.metadata.location).toBe(`${store.url}/warehouse/db/orders`)
    expect(await catalog.loadTable(orders)).toEqual(created)
    await expect(catalog.createTable(orders, updates)).rejects.toThrow(/ICEBERG_TABLE_EXISTS/)

    await clock.advance(5)
    const second = await catalog.commitTable(orders, [], [setProperty('a', '1')])
    expect(second.metadata.properties.a).toBe('1')
    expect(second.metadata['last-updated-ms']).toBe(1_000_005)
    expect(second.metadata['metadata-log']).toEqual([
      { 'timestamp-ms': 1_000_000, 'metadata-file': created.metadataLocation },
    ])

    await catalog.createNamespace(['db', 'inner'])
    await catalog.createNamespace(['other'])
    expect(await catalog.listNamespaces()).toEqual([['db'], ['other']])
    expect(await catalog.listNamespaces(['db'])).toEqual([['db', 'inner']])
    expect(await catalog.namespaceProperties(['db'])).toEqual({ owner: 'sales' })
    expect(await catalog.listTables(['db'])).toEqual([orders])
    expect(await catalog.listTables(['other'])).toEqual([])
    await expect(catalog.dropNamespace(['db'])).rejects.toThrow(/NAMESPACE_NOT_EMPTY/)
    await expect(catalog.createNamespace(['db'])).rejects.toThrow(/NAMESPACE_EXISTS/)
    await expect(catalog.listTables(['none'])).rejects.toThrow(/NAMESPACE_MISSING/)
    await expect(catalog.renameTable(orders, { ...orders, name: 'x' })).rejects.toThrow(/ICEBERG_RENAME/)
    await expect(catalog.createTable({ namespace: ['db'], name: '../x' }, updates)).rejects.toThrow(
      /ICEBERG_NAME_INVALID/,
    )

    await store.put('warehouse/db/orders/data/a.parquet', { bytes: Uint8Array.of(1) })
    await catalog.dropTable(orders)
    expect(await catalog.loadTable(orders)).toBeUndefined()
    expect(await catalog.listTables(['db'])).toEqual([])
    expect(await store.head('warehouse/db/orders/data/a.parquet')).toBeDefined()
    await expect(catalog.dropTable(orders)).rejects.toThrow(/ICEBERG_TABLE_MISSING/)
    await expect(catalog.commitTable(orders, [], [])).rejects.toThrow(/ICEBERG_TABLE_MISSING/)
    await catalog.createTable(orders, updates)
    await catalog.dropTable(orders, { purge: true })
    expect((await store.list('warehouse/db/orders/')).objects).toEqual([])
    await catalog.dropNamespace(['db', 'inner'])
    await catalog.dropNamespace(['db'])
    expect(await catalog.listNamespaces()).toEqual([['other']])
  })

  test('of committers at once, each change is made once and none is lost', async () => {
    const { catalog, store, clock } = await withTable(make)
    const writers = Array.from({ length: 4 }, () => new FolderCatalog(store, { clock }))
    await Promise.all(
      writers.flatMap((writer, w) =>
        Array.from({ length: 5 }, (_, i) =>
          writer.commitTable(orders, [], [setProperty(`p${w}-${i}`, 'set')]),
        ),
      ),
    )
    const { metadata, metadataLocation } = (await catalog.loadTable(orders))!
    expect(metadataLocation).toMatch(/\/v21\.metadata\.json$/)
    const set = Object.keys(metadata.properties).filter((name) => name.startsWith('p') && name.includes('-'))
    expect(set).toHaveLength(20)
  })

  test('of committers with the same requirement one wins, the others are told of the conflict', async () => {
    const { catalog, created } = await withTable(make)
    const schemaId = created.metadata['current-schema-id']
    const add = (name: string): TableUpdate[] => [
      {
        action: 'add-schema',
        schema: {
          type: 'struct',
          'schema-id': -1,
          fields: [...created.metadata.schemas[0]!.fields, { id: 2, name, required: false, type: 'int' }],
        },
      },
      { action: 'set-current-schema', 'schema-id': -1 },
    ]
    const outcomes = await Promise.allSettled(
      ['a', 'b', 'c'].map((name) =>
        catalog.commitTable(
          orders,
          [{ type: 'assert-current-schema-id', 'current-schema-id': schemaId }],
          add(name),
        ),
      ),
    )
    const codes = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'made' : outcome.reason.code))
    expect(codes.sort()).toEqual(['COMMIT_CONFLICT', 'COMMIT_CONFLICT', 'made'])
    expect((await catalog.loadTable(orders))!.metadata.schemas).toHaveLength(2)
  })

  test('a table that another one has dropped and made again is not taken for the old one', async () => {
    const { catalog, store, clock } = await withTable(make)
    const other = new FolderCatalog(store, { clock })
    expect((await catalog.loadTable(orders))!.metadata['table-uuid']).toBe(
      '7d0f9e36-6c3b-4cf0-9c57-2d1c5a0a7b11',
    )
    await other.dropTable(orders)
    await other.createTable(
      orders,
      newTableUpdates({ uuid: 'new', schema: { columns: [{ name: 'x', type: { kind: 'int' } }] } }),
    )
    expect((await catalog.loadTable(orders))!.metadata['table-uuid']).toBe('new')
  })

  test('the newest version is found where the hint is old, wrong or missing', async () => {
    const { catalog, store } = await withTable(make)
    for (let i = 0; i < 3; i++) await catalog.commitTable(orders, [], [setProperty('n', String(i))])
    for (const hint of ['1', '4', '99', 'x', '']) {
      await store.put('db/orders/metadata/version-hint.text', { bytes: Buffer.from(hint) })
      expect((await catalog.loadTable(orders))!.metadataLocation, `hint "${hint}"`).toMatch(
        /v4\.metadata\.json$/,
      )
    }
    await store.delete(['db/orders/metadata/version-hint.text'])
    expect((await catalog.loadTable(orders))!.metadataLocation).toMatch(/v4\.metadata\.json$/)
  })

  test('old metadata files go when they leave the log, and the newest is still found by any hint', async () => {
    const { catalog, store } = await withTable(make)
    await catalog.commitTable(orders, [], [setProperty('write.metadata.previous-versions-max', '2')])
    for (let i = 0; i < 6; i++) await catalog.commitTable(orders, [], [setProperty('n', String(i))])
    const keys = (await store.list('db/orders/metadata/v')).objects.map(({ key }) => key.split('/').at(-1))
    expect(keys).toEqual(['v6.metadata.json', 'v7.metadata.json', 'v8.metadata.json', 'version-hint.text'])
    await store.put('db/orders/metadata/version-hint.text', { bytes: Buffer.from('2') })
    expect((await catalog.loadTable(orders))!.metadata.properties.n).toBe('5')
  })
})

test('a put whose answer was lost is known by what is there', async () => {
  let lose: 'before' | 'after' | undefined
  const clock = new VirtualClock(0)
  const store = new MemoryObjectStore({
    clock,
    onPutStep: (step, key) => {
      if (!key.includes('.metadata.json') || lose === undefined) return
      if (step === (lose === 'after' ? 'visible' : 'begin')) {
        lose = undefined
        throw new Error('connection lost')
      }
    },
  })
  const catalog = new FolderCatalog(store, { clock })
  await catalog.createNamespace(['db'])
  await catalog.createTable(orders, updates)
  lose = 'after'
  const made = await catalog.commitTable(orders, [], [setProperty('a', '1')])
  expect(made.metadataLocation).toMatch(/v2/)
  lose = 'before'
  await expect(catalog.commitTable(orders, [], [setProperty('a', '2')])).rejects.toThrow(/COMMIT_UNKNOWN/)
  expect((await catalog.loadTable(orders))!.metadata.properties.a).toBe('1')
})

test('metadata that cannot be used is refused with the place', async () => {
  const { created } = await withTable(makers.memory!)
  const read = (change: Record<string, unknown>) =>
    readMetadata(
      Buffer.from(JSON.stringify({ ...created.metadata, ...change })),
      'file:///t/v1.metadata.json',
    )
  expect(read({})).toEqual(created.metadata)
  expect(() => read({ 'format-version': 1 })).toThrow(/ICEBERG_VERSION_UNSUPPORTED.*Upgrade it/)
  expect(() => read({ 'format-version': 3 })).toThrow(/ICEBERG_VERSION_UNSUPPORTED file:.*version 3/)
  expect(() => read({ 'last-sequence-number': 2 ** 60 })).toThrow(
    /ICEBERG_NUMBER_TOO_LARGE.*last-sequence-number/,
  )
  expect(() => read({ 'current-schema-id': 7 })).toThrow(/ICEBERG_METADATA_INVALID.*"current-schema-id" is 7/)
  expect(() => read({ refs: { main: { 'snapshot-id': 1, type: 'branch' } } })).toThrow(/names no snapshot/)
  expect(() => readMetadata(Buffer.from('no'), 'x')).toThrow(/ICEBERG_METADATA_INVALID x is no JSON/)
  // Without a snapshot other writers say -1, or leave it out.
  expect(read({ 'current-snapshot-id': -1 })).toEqual(created.metadata)
})
