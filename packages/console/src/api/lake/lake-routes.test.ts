/** The lake over HTTP: what pages ask of queries, tables, buckets and deliveries. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { bucketsOf } from '@millrace/lake'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  CatalogAnswer,
  FileAnswer,
  FilesAnswer,
  HistoryAnswer,
  ObjectAnswer,
  ObjectsAnswer,
  PartitionsAnswer,
  QueryAnswer,
  RunningQueriesAnswer,
  TableAnswer,
} from '../../protocol/lake.ts'
import { addOrders, type OpenLakeRoutes, openLakeRoutes } from '../../testing/open-lake-routes.ts'

const days = Array.from({ length: 12 }, (_, i) => `2026-11-${String(i + 10)}`)
let api: OpenLakeRoutes
beforeAll(async () => {
  api = await openLakeRoutes()
  await addOrders(api.lake, days)
})
afterAll(() => api.close())

const run = (sql: string, more: object = {}) => api.post<QueryAnswer>('/admin/query', { sql, ...more })
/** Ends by itself after minutes, so that only a cancel or a leaving caller ends it within a test. */
const endless = 'SELECT count(*) FROM range(4000000) a, range(4000000) b WHERE hash(a.range + b.range) = 1'

describe('queries', () => {
  it('columns say which are numbers and times, and a cut result says so', async () => {
    const sql =
      'SELECT id, note, day, CAST(day AS TIMESTAMP) AS at, 1.50::DECIMAL(9,2) AS price, [1] AS l FROM orders ORDER BY day, id'
    const { status, body } = await run(sql, { limit: 3 })
    expect(status).toBe(200)
    expect(body.columns.map(({ name, isNumber, isTime }) => [name, isNumber, isTime])).toEqual([
      ['id', true, false],
      ['note', false, false],
      ['day', false, true],
      ['at', false, true],
      ['price', true, false],
      ['l', false, false],
    ])
    expect(body.rows).toEqual([
      ['1', 'a, 2026-11-10', '2026-11-10', '2026-11-10 00:00:00', '1.50', '[1]'],
      ['2', null, '2026-11-10', '2026-11-10 00:00:00', '1.50', '[1]'],
      ['1', 'a, 2026-11-11', '2026-11-11', '2026-11-11 00:00:00', '1.50', '[1]'],
    ])
    expect(body.more).toBe(true)
    expect((await run('SELECT * FROM range(3)', { limit: 3 })).body).toMatchObject({ more: false })
    expect((await run('SELECT * FROM range(5000)', { limit: 4_999 })).body).toMatchObject({ more: true })
    expect((await run('SELECT * FROM range(5000)', { limit: 5_000 })).body).toMatchObject({ more: false })
  })

  it('an error says its place; what is asked quietly is not in the history', async () => {
    expect(await run('SELECT nothing FROM orders', { record: false })).toMatchObject({
      status: 400,
      body: { error: { code: 'LAKE_QUERY_INVALID', message: expect.stringContaining('line 1:8') } },
    })
    await run('SELECT 41 AS quiet', { record: false })
    await run('SELECT 42 AS loud')
    const { body } = await api.get<HistoryAnswer>('/admin/query/history', { limit: '50' })
    const asked = body.queries.map(({ sql }) => sql)
    expect(asked[0]).toBe('SELECT 42 AS loud')
    expect(asked).not.toContain('SELECT 41 AS quiet')
    expect(asked).not.toContain('SELECT nothing FROM orders')
  })

  it('one that runs is listed, and canceled by its id; a second one of the id is refused', async () => {
    const asked = run(endless, { id: 'cancel-me', record: false })
    await expect.poll(async () => (await list()).map(({ id }) => id)).toContain('cancel-me')
    expect((await list())[0]).toMatchObject({ sql: endless, database: 'default', rows: 0 })
    expect(await run('SELECT 1', { id: 'cancel-me' })).toMatchObject({
      status: 409,
      body: { error: { code: 'QUERY_RUNS' } },
    })
    expect((await api.post('/admin/query/cancel', { id: 'cancel-me' })).body).toEqual({ canceled: true })
    expect(await asked).toMatchObject({ status: 409, body: { error: { code: 'QUERY_CANCELED' } } })
    expect(await list()).toEqual([])
    expect((await api.post('/admin/query/cancel', { id: 'cancel-me' })).body).toEqual({ canceled: false })
  })

  it('a caller that leaves ends its query, and its turn is free again', async () => {
    const leaving = Array.from({ length: 4 }, (_, i) => {
      const abort = new AbortController()
      const ended = fetch(new URL('/admin/query', api.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ sql: endless, id: `leaving-${i}`, record: false }),
        signal: abort.signal,
      }).catch(() => 'left')
      return { abort, ended }
    })
    // Four run at the same time, so this one would wait for a minute.
    await expect.poll(async () => (await list()).length).toBe(4)
    for (const { abort } of leaving) abort.abort()
    expect(await Promise.all(leaving.map(({ ended }) => ended))).toEqual(['left', 'left', 'left', 'left'])
    expect((await run('SELECT 7 AS n', { timeoutMs: 20_000 })).body.rows).toEqual([['7']])
    await expect.poll(list).toEqual([])
  })

  it('saved queries are saved, listed and removed', async () => {
    await api.post('/admin/query/saved', { name: 'days', sql: 'SELECT DISTINCT day FROM orders' })
    expect((await api.get('/admin/query/saved')).body).toEqual({
      queries: [{ name: 'days', sql: 'SELECT DISTINCT day FROM orders' }],
    })
    expect((await api.post('/admin/query/saved/remove', { name: 'days' })).body).toEqual({ removed: 'days' })
    expect(await api.post('/admin/query/saved/remove', { name: 'days' })).toMatchObject({ status: 400 })
  })

  it.each([
    [{ sql: 'SELECT 1', limit: 0 }, 'VALUE_INVALID'],
    [{ sql: 'SELECT 1', id: 'short' }, 'VALUE_INVALID'],
    [{ sql: 'SELECT 1', parameters: [1] }, 'VALUE_INVALID'],
    [{ sql: '' }, 'VALUE_MISSING'],
  ])('%j is refused with %s', async (body, code) => {
    expect(await api.post('/admin/query', body)).toMatchObject({ status: 400, body: { error: { code } } })
  })

  async function list() {
    return (await api.get<RunningQueriesAnswer>('/admin/query/running')).body.queries
  }
})

describe('tables', () => {
  it('the list has figures, and a table its columns with partition keys, versions and writers', async () => {
    const catalog = (await api.get<CatalogAnswer>('/admin/catalog')).body
    expect(catalog.databases.find(({ name }) => name === 'default')?.tables).toMatchObject([
      { name: 'orders', files: 12, rows: 24, partitions: 12 },
    ])
    const table = (await api.get<TableAnswer>('/admin/catalog/table', { name: 'orders' })).body
    expect(table).toMatchObject({ files: 12, rows: 24, deliveries: [], versions: [{ version: 1 }] })
    expect(table.columns).toEqual([
      { name: 'id', type: 'bigint', isNumber: true, isTime: false, isPartitionKey: false },
      { name: 'note', type: 'string', isNumber: false, isTime: false, isPartitionKey: false },
      { name: 'day', type: 'date', isNumber: false, isTime: true, isPartitionKey: true },
    ])
    expect(await api.get('/admin/catalog/table', { name: 'nobody' })).toMatchObject({
      status: 404,
      body: { error: { code: 'CATALOG_UNKNOWN' } },
    })
  })

  it('pages of partitions and files add up to all of them, each once and in order', async () => {
    const partitions: string[] = []
    const files: string[] = []
    for (let after: string | null | undefined; after !== null; ) {
      const page = await api.get<PartitionsAnswer>('/admin/catalog/partitions', {
        name: 'orders',
        limit: '5',
        after,
      })
      expect(page.body.keys).toEqual(['day'])
      partitions.push(...page.body.partitions.map(({ values }) => values.join()))
      after = page.body.next
    }
    for (let after: string | null | undefined; after !== null; ) {
      const page = await api.get<FilesAnswer>('/admin/catalog/files', { name: 'orders', limit: '5', after })
      files.push(...page.body.files.map(({ key }) => key))
      after = page.body.next
    }
    expect(partitions).toEqual(days)
    expect(files).toEqual(days.map((day) => `orders/day=${day}/a.csv`))
    const one = await api.get<FilesAnswer>('/admin/catalog/files', {
      name: 'orders',
      partition: '["2026-11-15"]',
    })
    expect(one.body.files).toMatchObject([
      { key: 'orders/day=2026-11-15/a.csv', rows: 2, partition: ['2026-11-15'] },
    ])
    expect(await api.get('/admin/catalog/files', { name: 'orders', partition: 'x' })).toMatchObject({
      status: 400,
    })
  })

  it('of a Parquet file it says bounds and nulls of columns; of a table of CSV nothing more than its size', async () => {
    const path = join(api.store.dir, 'numbers.parquet')
    await api.lake.query.export(
      "SELECT range AS n, CASE WHEN range < 90 THEN 'x' || range END AS t FROM range(100)",
      { path, format: 'parquet' },
    )
    await bucketsOf(api.store)
      .open('lake')
      .put('numbers/a.parquet', { bytes: readFileSync(path) })
    api.lake.catalog.write((writer) =>
      writer.putTable({
        database: 'default',
        name: 'numbers',
        format: 'parquet',
        bucket: 'lake',
        location: 'numbers/',
        columns: [{ name: 'n', type: { kind: 'long' } }],
        partitionKeys: [],
        kind: 'external',
        parameters: {},
      }),
    )
    const files = (await api.get<FilesAnswer>('/admin/catalog/files', { name: 'numbers' })).body
    expect(files).toMatchObject({ files: [{ key: 'numbers/a.parquet', partition: [] }], next: null })
    expect(files.files[0]?.rows).toBeUndefined()
    const file = (
      await api.get<FileAnswer>('/admin/catalog/file', { name: 'numbers', key: 'numbers/a.parquet' })
    ).body
    expect(file.columns).toMatchObject([
      { name: 'n', values: 100, nulls: 0, min: '0', max: '99' },
      { name: 't', values: 100, nulls: 10, min: 'x0', max: 'x9' },
    ])
    const csv = { name: 'orders', key: 'orders/day=2026-11-10/a.csv' }
    expect((await api.get<FileAnswer>('/admin/catalog/file', csv)).body.columns).toEqual([])
    for (const key of ['orders/day=2026-11-10/b.csv', '../gateway.json', 'numbers/a.parquet'])
      expect(await api.get('/admin/catalog/file', { name: 'orders', key })).toMatchObject({ status: 404 })
    expect(await api.get('/admin/catalog/snapshots', { name: 'orders' })).toMatchObject({
      status: 400,
      body: { error: { code: 'SNAPSHOTS_NONE' } },
    })
  })

  it('a damaged Parquet file is told without where the machine keeps it', async () => {
    await bucketsOf(api.store)
      .open('lake')
      .put('numbers/b.parquet', { bytes: Buffer.from('no parquet at all') })
    const answer = await api.get('/admin/catalog/file', { name: 'numbers', key: 'numbers/b.parquet' })
    expect(answer).toMatchObject({ status: 400, body: { error: { code: 'FILE_UNREADABLE' } } })
    expect(answer.body.error?.message).not.toContain(api.store.dir)
  })
})

describe('buckets', () => {
  it('a folder is shown as a folder, in pages, whatever lies in it', async () => {
    const bucket = bucketsOf(api.store).open('deep')
    const keys = ['a', 'b/1', 'b/2/x', 'c', 'd/\u{10ffff}', 'd/e', 'é/z', 'z/1', 'z/2']
    for (const key of keys) await bucket.put(key, { bytes: Buffer.from(key) })
    for (const limit of ['1', '2', '100']) {
      const found: string[] = []
      for (let after: string | null | undefined; after !== null; ) {
        const { body } = await api.get<ObjectsAnswer>('/admin/lake/objects', { bucket: 'deep', limit, after })
        expect(body.folders.length + body.objects.length).toBeLessThanOrEqual(Number(limit))
        found.push(...body.folders, ...body.objects.map(({ key }) => key))
        after = body.next
      }
      expect(found.sort()).toEqual(['a', 'b/', 'c', 'd/', 'z/', 'é/'])
    }
    const below = await api.get<ObjectsAnswer>('/admin/lake/objects', { bucket: 'deep', prefix: 'b/' })
    expect(below.body).toMatchObject({ folders: ['b/2/'], objects: [{ key: 'b/1', bytes: 3 }], next: null })
    const buckets = await api.get<{ buckets: { name: string; tables: string[] }[] }>('/admin/lake/buckets')
    expect(buckets.body.buckets.map(({ name, tables }) => [name, tables])).toEqual([
      ['deep', []],
      ['lake', ['default.numbers', 'default.orders']],
    ])
  })

  it('the beginning of an object is shown as text, also of a packed one, and never more than that', async () => {
    const bucket = bucketsOf(api.store).open('texts')
    const show = async (key: string) =>
      (await api.get<ObjectAnswer>('/admin/lake/object', { bucket: 'texts', key })).body
    await bucket.put('plain.json', { bytes: Buffer.from('{"a":"<script>"}') })
    expect(await show('plain.json')).toMatchObject({
      encoding: 'plain',
      text: '{"a":"<script>"}',
      isCut: false,
    })
    // A cut goes through a character of three bytes.
    const long = `x${'€'.repeat(100_000)}`
    await bucket.put('long.gz', { bytes: gzipSync(Buffer.from(long)) })
    const packed = await show('long.gz')
    expect(packed).toMatchObject({ encoding: 'gzip', isCut: true })
    expect(long.startsWith(packed.text ?? 'none')).toBe(true)
    expect(packed.text).toHaveLength(1 + Math.floor((64 * 1024 - 1) / 3))
    await bucket.put('bytes', { bytes: Uint8Array.from([0xff, 0, 0xfe, 1]) })
    expect((await show('bytes')).text).toBeUndefined()
    expect(await api.get('/admin/lake/object', { bucket: 'texts', key: 'none' })).toMatchObject({
      status: 404,
    })
    expect(await api.get('/admin/lake/object', { bucket: 'texts', key: '../../x' })).toMatchObject({
      status: 400,
    })
  })
})
