/**
 * Commits and scans against a model: files here are names without bytes, since a table knows of its files only what manifests say.
 * That rows are read right by others is shown in laws/.
 */
import { VirtualClock } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import { MemoryObjectStore } from '../../objects/testing/memory-object-store.ts'
import { newTableUpdates } from '../catalog/create-table.ts'
import { FolderCatalog } from '../catalog/folder-catalog.ts'
import { noMetrics } from '../format/metrics.ts'
import { writeSingleValue } from '../format/single-value.ts'
import type { ContentFile, PartitionBy, PartitionTuple, ScanPredicate } from '../table-port.ts'
import { describePositionDeletes, partitionerOf } from './describe-files.ts'
import { openTable, type Table } from './open-table.ts'

const name = { namespace: ['db'], name: 'orders' }

async function newTable(partitionBy: readonly PartitionBy[] = []) {
  const clock = new VirtualClock(1_000_000)
  const store = new MemoryObjectStore({ clock })
  const catalog = new FolderCatalog(store, { clock })
  await catalog.createNamespace(['db'])
  await catalog.createTable(
    name,
    newTableUpdates({
      schema: {
        columns: [
          { name: 'id', type: { kind: 'int' }, isRequired: true },
          { name: 'shop', type: { kind: 'string' } },
          { name: 'at', type: { kind: 'timestamp' } },
          { name: 'rate', type: { kind: 'double' } },
        ],
      },
      partitionBy,
    }),
  )
  let count = 0
  const uuid = () => `${String(++count).padStart(8, '0')}-0000-4000-8000-000000000000`
  const open = () => openTable(catalog, name, { store, clock, uuid })
  return { clock, store, catalog, open, table: await open() }
}

interface FileOptions {
  readonly partition?: PartitionTuple
  readonly ids?: readonly [number, number]
  readonly records?: number
}

function file(
  table: Table,
  path: string,
  { partition = [], ids, records = 10 }: FileOptions = {},
): ContentFile {
  const int = (value: number) => new Map([[1, writeSingleValue({ kind: 'int' }, value)]])
  return {
    content: 'data',
    path: table.urlOf(`db/orders/data/${path}`),
    specId: table.spec['spec-id'],
    partition,
    records,
    bytes: 1000,
    metrics: ids === undefined ? noMetrics : { ...noMetrics, lower: int(ids[0]), upper: int(ids[1]) },
  }
}

function deletes(
  table: Table,
  path: string,
  of: readonly ContentFile[],
  partition: PartitionTuple = [],
): ContentFile {
  const parquet = { rows: 1, bytes: 100, columns: new Map() }
  const written = { url: table.urlOf(`db/orders/data/${path}`), parquet, spec: table.spec, partition }
  return describePositionDeletes(
    written,
    of.map((each) => each.path),
  )
}

async function planned(table: Table, where?: ScanPredicate): Promise<Record<string, string[]>> {
  const plan = await table.plan(where === undefined ? {} : { where })
  const short = (path: string) => path.split('/').at(-1)!
  return Object.fromEntries(
    plan.tasks.map(({ file: each, deletes: found }) => [
      short(each.path),
      found.map((one) => short(one.path)).sort(),
    ]),
  )
}

const current = (table: Table) => table.snapshot()?.['snapshot-id'] ?? null

describe('a table', () => {
  test('is empty, grows by appends, and is read as it was', async () => {
    const { table, clock } = await newTable()
    expect(await table.plan()).toMatchObject({ snapshot: undefined, tasks: [], skipped: 0 })
    const first = await table.commit({ add: [file(table, 'a')], summary: { by: 'test' } })
    expect(first.snapshot?.summary).toEqual({
      operation: 'append',
      by: 'test',
      'added-data-files': '1',
      'added-records': '10',
      'added-files-size': '1000',
      'changed-partition-count': '1',
      'total-data-files': '1',
      'total-records': '10',
      'total-files-size': '1000',
      'total-delete-files': '0',
      'total-position-deletes': '0',
      'total-equality-deletes': '0',
    })
    await clock.advance(1000)
    const second = await table.commit({ add: [file(table, 'b'), file(table, 'c')] })
    expect(await planned(table)).toEqual({ a: [], b: [], c: [] })
    expect(second.snapshot?.['parent-snapshot-id']).toBe(first.snapshot?.['snapshot-id'])
    for (const at of [{ snapshotId: first.snapshot!['snapshot-id'] }, { asOf: 1_000_999 }]) {
      expect((await table.plan({ at })).tasks.map((task) => task.file.path.at(-1))).toEqual(['a'])
    }
    expect((await table.plan({ at: { ref: 'main' } })).tasks).toHaveLength(3)
    await expect(table.plan({ at: { asOf: 5 } })).rejects.toThrow(/ICEBERG_SNAPSHOT_MISSING.*begins at/)
    await expect(table.plan({ at: { snapshotId: 5 } })).rejects.toThrow(/ICEBERG_SNAPSHOT_MISSING/)
    await expect(table.plan({ at: { ref: 'x' } })).rejects.toThrow(/ICEBERG_SNAPSHOT_MISSING.*main/)
  })

  test('position deletes apply to files of their age and older, in their partition', async () => {
    const { table } = await newTable([{ column: 'shop', transform: 'identity' }])
    const a = file(table, 'a', { partition: ['x'] })
    const b = file(table, 'b', { partition: ['x'] })
    const c = file(table, 'c', { partition: ['y'] })
    await table.commit({ add: [a, b, c] })
    await table.commit({ add: [deletes(table, 'd-a', [a], ['x'])], base: current(table) })
    await table.commit({
      add: [deletes(table, 'd-ab', [a, b], ['x']), file(table, 'e', { partition: ['x'] })],
      base: current(table),
    })
    // e is of the age of d-ab; but the paths in it end at b.
    expect(await planned(table)).toEqual({ a: ['d-a', 'd-ab'], b: ['d-ab'], c: [], e: [] })
    expect(table.snapshot()?.summary).toMatchObject({ operation: 'overwrite', 'total-position-deletes': '2' })
    await table.commit({ add: [file(table, 'aa', { partition: ['x'] })] })
    // aa lies between the paths, but is younger.
    expect((await planned(table)).aa).toEqual([])
  })

  test('equality deletes of others apply to older files, in their partition or everywhere', async () => {
    const { table } = await newTable()
    const everywhere = { ...file(table, 'e-all'), content: 'equality-deletes' as const, equalityIds: [1] }
    await table.commit({ add: [file(table, 'a')] })
    await table.commit({ add: [everywhere, file(table, 'b')] })
    await table.evolvePartitions([{ column: 'shop', transform: 'identity' }])
    await table.commit({
      add: [file(table, 'c', { partition: ['x'] }), file(table, 'd', { partition: ['y'] })],
    })
    const inX = {
      ...file(table, 'e-x', { partition: ['x'] }),
      content: 'equality-deletes' as const,
      equalityIds: [1],
    }
    const base = current(table)
    await table.commit({ add: [inX] })
    expect(await planned(table)).toEqual({ a: ['e-all'], b: [], c: ['e-x'], d: [] })
    expect(table.snapshot()?.summary).toMatchObject({ operation: 'delete', 'total-equality-deletes': '20' })
    // A rewrite that was read before e-x: right if it counts as old as what it read, so that e-x still applies.
    const [c] = (await table.plan()).tasks.filter((task) => task.file.path.endsWith('/c'))
    const rewrite = { remove: [c!.file.path], rewrite: true, base }
    const c2 = file(table, 'c2', { partition: ['x'] })
    await expect(table.commit({ ...rewrite, add: [c2] })).rejects.toThrow(
      /COMMIT_CONFLICT.*deleted by others/,
    )
    await table.commit({ ...rewrite, add: [c2], sequenceNumber: c!.file.sequenceNumber })
    expect(await planned(table)).toEqual({ a: ['e-all'], b: [], c2: ['e-x'], d: [] })
  })

  test('removing files takes along the deletes that were of them alone', async () => {
    const { table } = await newTable()
    const [a, b] = [file(table, 'a'), file(table, 'b')]
    await table.commit({ add: [a, b] })
    await table.commit({
      add: [deletes(table, 'd-a', [a]), deletes(table, 'd-b', [b])],
      base: current(table),
    })
    await table.commit({
      add: [file(table, 'a2', { records: 9 })],
      remove: [a.path],
      base: current(table),
    })
    expect(await planned(table)).toEqual({ a2: [], b: ['d-b'] })
    expect(table.snapshot()?.summary).toMatchObject({
      operation: 'overwrite',
      'deleted-data-files': '1',
      'removed-delete-files': '1',
      'total-delete-files': '1',
      'total-records': '19',
    })
    await table.commit({ remove: [b.path], base: current(table) })
    expect(table.snapshot()?.summary).toMatchObject({ operation: 'delete', 'total-delete-files': '0' })
    expect(await planned(table)).toEqual({ a2: [] })
  })

  test('manifests are put together when there are many, and on demand', async () => {
    const { table } = await newTable()
    await table.setProperties({ 'commit.manifest.min-count-to-merge': '5' })
    const manifests = async () => (await table.files.manifests(table.snapshot())).length
    const counts: number[] = []
    for (let i = 0; i < 12; i++) {
      await table.commit({ add: [file(table, `f${i}`)] })
      counts.push(await manifests())
    }
    expect(Math.max(...counts)).toBe(4)
    expect(Object.keys(await planned(table))).toHaveLength(12)
    await table.commit({ rewrite: true }, { mergeAll: true })
    expect(await manifests()).toBe(1)
    expect(table.snapshot()?.summary).toMatchObject({ operation: 'replace', 'total-data-files': '12' })
    expect(Object.keys(await planned(table))).toHaveLength(12)
    const ages = (await table.plan()).tasks.map((task) => task.file.sequenceNumber)
    expect(ages).toEqual([...Array(12).keys()].map((i) => i + 1))
  })
})

test('manifests that are about full are not written again and again', async () => {
  const { table } = await newTable()
  await table.setProperties({ 'commit.manifest.min-count-to-merge': '3' })
  const many = (from: number) => Array.from({ length: 8000 }, (_, i) => file(table, `f${from + i}`))
  for (let i = 0; i < 3; i++) await table.commit({ add: many(i * 8000) })
  const full = (await table.files.manifests(table.snapshot())).map((manifest) => manifest.path)
  for (let i = 0; i < 9; i++) await table.commit({ add: [file(table, `s${i}`)] })
  const after = (await table.files.manifests(table.snapshot())).map((manifest) => manifest.path)
  expect(full).toHaveLength(3)
  expect(after).toEqual(expect.arrayContaining(full))
  expect(after.length).toBeLessThanOrEqual(3 + 2)
})

describe('of two writers at once', () => {
  test('appends are both made, one on top of the other, and nothing is left over', async () => {
    const { table, open, store } = await newTable()
    const other = await open()
    await table.commit({ add: [file(table, 'a')] })
    const outcome = await other.commit({ add: [file(other, 'b')] })
    expect(outcome.attempts).toBe(2)
    expect(await planned(other)).toEqual({ a: [], b: [] })
    const lists = [...store.objects.keys()].filter((key) => key.includes('/snap-'))
    expect(lists).toHaveLength(2)
  })

  test('ten writers of five appends each lose none', async () => {
    const { table, open } = await newTable()
    const writers = await Promise.all(Array.from({ length: 10 }, open))
    await Promise.all(
      writers.map(async (writer, w) => {
        for (let i = 0; i < 5; i++) await writer.commit({ add: [file(writer, `f${w}-${i}`)] })
      }),
    )
    await table.refresh()
    expect(Object.keys(await planned(table))).toHaveLength(50)
    expect(table.snapshot()?.summary['total-data-files']).toBe('50')
  })

  test('a removed file that is gone, or has got deletes, is a conflict; others go on top', async () => {
    const { table, open } = await newTable()
    const [a, b, c] = [file(table, 'a'), file(table, 'b'), file(table, 'c')]
    await table.commit({ add: [a, b, c] })
    const base = current(table)
    const other = await open()
    await table.commit({ add: [deletes(table, 'd-a', [a])], remove: [b.path], base })

    const rewrite = (path: string) =>
      other.commit({
        add: [file(other, `${path}2`)],
        remove: [other.urlOf(`db/orders/data/${path}`)],
        base,
        rewrite: true,
      })
    await expect(rewrite('a')).rejects.toThrow(/COMMIT_CONFLICT.*a have been deleted by others/)
    await expect(rewrite('b')).rejects.toThrow(
      /COMMIT_CONFLICT.*not are of|COMMIT_CONFLICT.*to be removed are not/,
    )
    await expect(other.commit({ add: [deletes(other, 'd-b', [b])], base })).rejects.toThrow(
      /COMMIT_CONFLICT.*b has been removed/,
    )
    await expect(other.commit({ add: [deletes(other, 'd-bc', [b, c])], base })).rejects.toThrow(
      /COMMIT_CONFLICT/,
    )
    await expect(other.commit({ add: [file(other, 'x')], base, exclusive: true })).rejects.toThrow(
      /COMMIT_CONFLICT/,
    )
    await rewrite('c')
    await other.commit({ add: [deletes(other, 'd-a2', [a])], base })
    expect(await planned(other)).toEqual({ a: ['d-a', 'd-a2'], c2: [] })
  })

  test('a repeated change is known by what the table keeps', async () => {
    const { table } = await newTable()
    const commit = () =>
      table.commit({
        add: [file(table, 'a')],
        properties: { 'delivery.last': '7' },
        isDone: (metadata) => metadata.properties['delivery.last'] === '7',
      })
    expect((await commit()).isRepeat).toBe(false)
    expect(await commit()).toEqual({ snapshot: undefined, isRepeat: true, attempts: 1 })
    expect(await planned(table)).toEqual({ a: [] })
    const only = await table.commit({ properties: { 'delivery.last': '8' } })
    expect(only).toEqual({ snapshot: undefined, isRepeat: false, attempts: 1 })
    expect(table.metadata.properties['delivery.last']).toBe('8')
  })

  test('a commit whose answer is lost is found by its snapshot', async () => {
    const { table, catalog } = await newTable()
    const commitTable = catalog.commitTable.bind(catalog)
    catalog.commitTable = async (...args) => {
      await commitTable(...args)
      throw Object.assign(new Error('COMMIT_UNKNOWN the connection broke'), { code: 'COMMIT_UNKNOWN' })
    }
    const outcome = await table.commit({ add: [file(table, 'a')] })
    expect(outcome.snapshot?.['snapshot-id']).toBe(current(table))
    expect(await planned(table)).toEqual({ a: [] })
  })
})

test('changes that break a rule are refused before anything is written', async () => {
  const { table, store } = await newTable()
  const a = file(table, 'a')
  await table.commit({ add: [a] })
  const before = store.objects.size
  const base = current(table)
  const refused = (change: Parameters<Table['commit']>[0]) => expect(table.commit(change)).rejects
  await refused({ add: [a, a] }).toThrow(/COMMIT_INVALID.*twice/)
  await refused({ remove: [a.path] }).toThrow(/COMMIT_INVALID.*base/)
  await refused({ add: [a], remove: [a.path], base }).toThrow(/COMMIT_INVALID.*both/)
  await refused({ add: [{ ...a, specId: 9 }] }).toThrow(/COMMIT_INVALID.*partition spec 9/)
  await refused({ add: [{ ...a, partition: [1] }] }).toThrow(/COMMIT_INVALID.*1 partition values/)
  await refused({ add: [a], branch: 'x' }).toThrow(/ICEBERG_SNAPSHOT_MISSING.*branch "x"/)
  expect(store.objects.size).toBe(before)
})

test('branches and tags', async () => {
  const { table } = await newTable()
  await table.commit({ add: [file(table, 'a')] })
  const snapshotId = current(table)!
  await table.setRef('audit', { type: 'branch', snapshotId })
  await table.setRef('v1', { type: 'tag', snapshotId })
  await table.commit({ add: [file(table, 'b')], branch: 'audit' })
  expect(await planned(table)).toEqual({ a: [] })
  expect((await table.plan({ at: { ref: 'audit' } })).tasks).toHaveLength(2)
  await expect(table.commit({ add: [file(table, 'c')], branch: 'v1' })).rejects.toThrow(/COMMIT_INVALID.*tag/)
  await table.setRef('audit', undefined)
  await expect(table.plan({ at: { ref: 'audit' } })).rejects.toThrow(/ICEBERG_SNAPSHOT_MISSING/)
})

describe('scans leave out', () => {
  test('files by bounds', async () => {
    const { table } = await newTable()
    await table.commit({
      add: [
        file(table, 'a', { ids: [0, 9] }),
        file(table, 'b', { ids: [10, 19] }),
        file(table, 'c', { ids: [20, 20] }),
      ],
    })
    const compare = (operator: '=' | '!=' | '<' | '<=' | '>' | '>=', value: number) =>
      planned(table, { kind: 'compare', column: 'id', operator, value }).then((found) =>
        Object.keys(found).join(''),
      )
    expect(await compare('=', 10)).toBe('b')
    expect(await compare('<', 10)).toBe('a')
    expect(await compare('<=', 10)).toBe('ab')
    expect(await compare('>', 19)).toBe('c')
    expect(await compare('>=', 19)).toBe('bc')
    expect(await compare('!=', 20)).toBe('ab')
    const inside: ScanPredicate = { kind: 'in', column: 'id', values: [3, 20] }
    expect(Object.keys(await planned(table, inside))).toEqual(['a', 'c'])
    const either: ScanPredicate = {
      kind: 'or',
      terms: [inside, { kind: 'compare', column: 'id', operator: '=', value: 12 }],
    }
    expect(Object.keys(await planned(table, either))).toEqual(['a', 'b', 'c'])
    expect(Object.keys(await planned(table, { kind: 'and', terms: [either, inside] }))).toEqual(['a', 'c'])
    expect((await table.plan({ where: inside })).skipped).toBe(1)
    const wrong: ScanPredicate = { kind: 'compare', column: 'id', operator: '=', value: 'x' }
    await expect(table.plan({ where: wrong })).rejects.toThrow(/ICEBERG_PREDICATE_INVALID.*"id" of type int/)
    await expect(table.plan({ where: { kind: 'null', column: 'none' } })).rejects.toThrow(
      /ICEBERG_PREDICATE_INVALID.*id, shop, at, rate/,
    )
  })

  test('files by partition, of the spec that they were written by', async () => {
    const { table } = await newTable([{ column: 'at', transform: 'day' }])
    const micros = (day: number) => BigInt(day) * 86_400_000_000n
    await table.commit({ add: [1, 2, 3].map((day) => file(table, `d${day}`, { partition: [day] })) })
    await table.evolvePartitions([
      { column: 'shop', transform: 'bucket[4]' },
      { column: 'at', transform: 'day' },
    ])
    expect(
      table.metadata['partition-specs'].map((spec) => spec.fields.map((field) => field['field-id'])),
    ).toEqual([[1000], [1001, 1000]])
    const partitioner = partitionerOf(table.metadata)
    const tuple = partitioner.of([1, 'bakery', micros(2), 0.5])
    await table.commit({ add: [file(table, 'bakery', { partition: tuple })] })
    await table.commit({ add: [file(table, 'none', { partition: [null, null] })] })
    const names = async (where: ScanPredicate) => Object.keys(await planned(table, where)).sort()
    expect(await names({ kind: 'compare', column: 'at', operator: '>', value: micros(2) + 5n })).toEqual([
      'bakery',
      'd2',
      'd3',
    ])
    expect(await names({ kind: 'compare', column: 'shop', operator: '=', value: 'bakery' })).toEqual([
      'bakery',
      'd1',
      'd2',
      'd3',
    ])
    expect(await names({ kind: 'null', column: 'at' })).toEqual(['none'])
    expect(await names({ kind: 'not-null', column: 'shop' })).toEqual(['bakery', 'd1', 'd2', 'd3'])
  })

  test('nothing that may hold NaN by a bound', async () => {
    const { table } = await newTable()
    const one = writeSingleValue({ kind: 'double' }, 1)
    const metrics = { ...noMetrics, lower: new Map([[4, one]]), upper: new Map([[4, one]]) }
    await table.commit({ add: [{ ...file(table, 'a'), metrics }] })
    await table.commit({ add: [{ ...file(table, 'b'), metrics: { ...metrics, nans: new Map([[4, 0]]) } }] })
    const where: ScanPredicate = { kind: 'compare', column: 'rate', operator: '>', value: 2 }
    expect(Object.keys(await planned(table, where))).toEqual(['a'])
  })
})
