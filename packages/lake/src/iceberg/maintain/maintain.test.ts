import { VirtualClock } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import { MemoryObjectStore } from '../../objects/testing/memory-object-store.ts'
import { newTableUpdates } from '../catalog/create-table.ts'
import { FolderCatalog } from '../catalog/folder-catalog.ts'
import { noMetrics } from '../format/metrics.ts'
import { openTable, type Table } from '../table/open-table.ts'
import type { ContentFile } from '../table-port.ts'
import { expireSnapshots } from './expire-snapshots.ts'
import { removeOrphans } from './remove-orphans.ts'
import { rewriteManifests } from './rewrite-manifests.ts'

const name = { namespace: ['db'], name: 'orders' }
const hourMs = 3_600_000

/** Objects have bytes here, so that what is removed can be seen. */
async function newTable(onPutStep?: (step: string, key: string) => void) {
  const clock = new VirtualClock(1_000_000_000)
  const store = new MemoryObjectStore({ clock, ...(onPutStep === undefined ? {} : { onPutStep }) })
  const catalog = new FolderCatalog(store, { clock })
  await catalog.createNamespace(['db'])
  await catalog.createTable(
    name,
    newTableUpdates({ schema: { columns: [{ name: 'id', type: { kind: 'int' } }] } }),
  )
  const open = () => openTable(catalog, name, { store, clock })
  return { clock, store, catalog, open, table: await open() }
}

async function put(table: Table, path: string): Promise<ContentFile> {
  const key = `db/orders/data/${path}`
  await table.store.put(key, { bytes: Uint8Array.of(1) })
  return {
    content: 'data',
    path: table.urlOf(key),
    specId: 0,
    partition: [],
    records: 1,
    bytes: 1,
    metrics: noMetrics,
  }
}

const data = (store: MemoryObjectStore) =>
  [...store.objects.keys()].filter((key) => key.includes('/data/')).map((key) => key.split('/').at(-1))
const base = (table: Table) => table.snapshot()!['snapshot-id']

/** Every snapshot that the table knows can be planned, and its files are there. */
async function expectWhole(table: Table) {
  for (const snapshot of table.metadata.snapshots) {
    const { tasks } = await table.plan({ at: { snapshotId: snapshot['snapshot-id'] } })
    for (const { file } of tasks)
      expect(await table.store.head(table.keyOf(file.path)), file.path).toBeDefined()
  }
}

describe('expiry', () => {
  test('removes what only expired snapshots have, and keeps what branches and tags are at', async () => {
    const { table, store, clock } = await newTable()
    const [a, b, c] = [await put(table, 'a'), await put(table, 'b'), await put(table, 'c')]
    await table.commit({ add: [a] })
    await clock.advance(hourMs)
    await table.commit({ add: [b], remove: [a.path], base: base(table) })
    await table.setRef('audit', { type: 'tag', snapshotId: base(table) })
    await clock.advance(hourMs)
    await table.commit({ add: [c], remove: [b.path], base: base(table) })
    await clock.advance(hourMs)
    expect(await expireSnapshots(table, { maxAgeMs: 10 * hourMs })).toEqual({
      snapshots: 0,
      refs: [],
      files: 0,
    })
    const outcome = await expireSnapshots(table, { maxAgeMs: hourMs / 2 })
    expect(outcome.snapshots).toBe(1)
    expect(data(store)).toEqual(['b', 'c'])
    expect(table.metadata.snapshots).toHaveLength(2)
    expect(table.metadata['snapshot-log'].map((entry) => entry['snapshot-id'])).toEqual(
      table.metadata.snapshots.map((snapshot) => snapshot['snapshot-id']),
    )
    await expectWhole(table)

    await table.setRef('audit', undefined)
    expect((await expireSnapshots(table, { maxAgeMs: hourMs / 2 })).snapshots).toBe(1)
    expect(data(store)).toEqual(['c'])
    await expectWhole(table)
    const lists = [...store.objects.keys()].filter((key) => key.includes('/snap-'))
    expect(lists).toHaveLength(1)
  })

  test('keeps as many as it is told, and ends refs of their own age', async () => {
    const { table, clock, catalog } = await newTable()
    for (let i = 0; i < 6; i++) {
      await table.commit({ add: [await put(table, `f${i}`)] })
      await clock.advance(hourMs)
      if (i === 1) {
        await catalog.commitTable(
          name,
          [],
          [
            {
              action: 'set-snapshot-ref',
              'ref-name': 'old',
              type: 'branch',
              'snapshot-id': base(table),
              'max-ref-age-ms': hourMs,
            },
          ],
        )
        await table.refresh()
      }
    }
    const outcome = await expireSnapshots(table, { maxAgeMs: 1, keepLast: 3 })
    expect(outcome).toMatchObject({ snapshots: 3, refs: ['old'] })
    expect(table.metadata.snapshots).toHaveLength(3)
    expect(Object.keys(table.metadata.refs)).toEqual(['main'])
    expect((await table.plan()).tasks).toHaveLength(6)
    await expectWhole(table)
  })

  test('goes on top of what others commit meanwhile', async () => {
    const { table, open, clock } = await newTable()
    await table.commit({ add: [await put(table, 'a')] })
    await clock.advance(hourMs)
    await table.commit({ add: [await put(table, 'b')] })
    await clock.advance(hourMs)
    const other = await open()
    await Promise.all([
      expireSnapshots(table, { maxAgeMs: 1 }),
      other.commit({ add: [await put(other, 'c')] }),
      other.commit({ add: [await put(other, 'd')] }),
    ])
    await table.refresh()
    expect((await table.plan()).tasks).toHaveLength(4)
    await expectWhole(table)
  })
})

test('orphans go when they are old, and nothing else', async () => {
  const { table, store, clock } = await newTable()
  await table.commit({ add: [await put(table, 'a')] })
  await put(table, 'left')
  await store.put('db/orders/metadata/left-m0.avro', { bytes: Uint8Array.of(1) })
  await clock.advance(hourMs)
  await put(table, 'young')
  await table.commit({ add: [await put(table, 'b')] })
  const before = store.objects.size
  expect(await removeOrphans(table)).toEqual([])
  expect(await removeOrphans(table, { minAgeMs: hourMs / 2 })).toEqual([
    'db/orders/data/left',
    'db/orders/metadata/left-m0.avro',
  ])
  expect(store.objects.size).toBe(before - 2)
  await clock.advance(hourMs)
  expect(await removeOrphans(table, { minAgeMs: 0 })).toEqual(['db/orders/data/young'])
  await expectWhole(table)
  expect(await removeOrphans(table, { minAgeMs: 0 })).toEqual([])
})

test('manifests are put together', async () => {
  const { table } = await newTable()
  for (let i = 0; i < 5; i++) await table.commit({ add: [await put(table, `f${i}`)] })
  expect(await rewriteManifests(table)).toEqual({ before: 5, after: 1 })
  expect(await rewriteManifests(table)).toEqual({ before: 1, after: 1 })
  expect((await table.plan()).tasks).toHaveLength(5)
})

test('a stop at any put leaves a whole table, and what is left over can be removed', async () => {
  class Killed extends Error {}
  // Each run is stopped one step later than the one before, until none is stopped.
  for (let stopAt = 1, stopped = true; stopped; stopAt++) {
    let steps = Number.NEGATIVE_INFINITY
    const { table, open, clock, store } = await newTable(() => {
      if (++steps === stopAt) throw new Killed()
    })
    await table.commit({ add: [await put(table, 'a')] })
    await table.commit({ add: [await put(table, 'b')] })
    await clock.advance(hourMs)
    const removed = (await table.plan()).tasks[0]!.file.path
    const replacement = await put(table, 'c')
    steps = 0
    stopped = await table
      .commit({ add: [replacement], remove: [removed], base: base(table) })
      .then(() => expireSnapshots(table, { maxAgeMs: 1 }))
      .then(
        () => false,
        () => true,
      )
    steps = Number.NEGATIVE_INFINITY
    const again = await open()
    await expectWhole(again)
    const names = (await again.plan()).tasks.map(({ file }) => file.path.split('/').at(-1)).sort()
    expect([
      ['a', 'b'],
      ['b', 'c'],
    ]).toContainEqual(names)
    await clock.advance(hourMs)
    await expireSnapshots(again, { maxAgeMs: 1 })
    await removeOrphans(again, { minAgeMs: 0 })
    await expectWhole(again)
    expect(data(store).sort()).toEqual(names)
    if (!stopped) expect(stopAt).toBeGreaterThan(10)
  }
})
