import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bucketsOf, openCatalog } from '@millrace/lake'
import { openStore } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { afterEach, expect, test } from 'vitest'
import { CliProcess, cli } from '../cli-process.test-kit.ts'

const directories: string[] = []
afterEach(() => {
  for (const dir of directories.splice(0)) rmSync(dir, { recursive: true, force: true })
})

/** A data directory with a table of CSV files in the bucket `lake`. */
async function dataDir(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-lake-cli-'))
  directories.push(dir)
  const store = await openStore({ dir, clock: systemClock })
  const catalog = openCatalog({ store })
  const bucket = bucketsOf(store).open('lake')
  for (const day of ['2026-11-20', '2026-11-21']) {
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
  await store.close()
  return dir
}

const run = async (dir: string, ...args: string[]) => {
  const [command = '', ...rest] = args
  return cli([command, ...rest, '--data-dir', dir])
}

test('rows come as a table, as JSON, as CSV or as a file', async () => {
  const dir = await dataDir()
  const sql = 'SELECT id, note, day FROM orders ORDER BY day, id'
  const table = await run(dir, 'query', sql)
  expect(table.stderr).toBe('')
  expect(table.stdout).toBe(
    [
      'id  note           day',
      '--  -------------  ----------',
      ' 1  a, 2026-11-20  2026-11-20',
      ' 2  NULL           2026-11-20',
      ' 1  a, 2026-11-21  2026-11-21',
      ' 2  NULL           2026-11-21',
      '(4 rows)',
      '',
    ].join('\n'),
  )
  expect((await run(dir, 'query', sql, '--json', '--limit', '2')).stdout).toBe(
    '{"id":1,"note":"a, 2026-11-20","day":"2026-11-20"}\n{"id":2,"note":null,"day":"2026-11-20"}\n',
  )
  expect((await run(dir, 'query', `${sql} LIMIT 2`, '--csv')).stdout).toBe(
    'id,note,day\n1,"a, 2026-11-20",2026-11-20\n2,,2026-11-20\n',
  )
  const file = join(dir, 'out', 'orders.parquet')
  expect((await run(dir, 'query', sql, '--output', file)).stdout).toMatch(/^4 rows written to /)
  expect(existsSync(file)).toBe(true)
  const param = await run(
    dir,
    'query',
    'SELECT count(*) AS n FROM orders WHERE day > $1',
    '--param',
    '2026-11-20',
    '--verbose',
  )
  expect(param.stdout).toBe('n\n-\n2\n(1 row)\n')
  expect(param.stderr).toMatch(/^1 rows in \d+ ms; 2 files to read, 0 ruled out; tables: default\.orders\n$/)
  const pruned = await run(
    dir,
    'query',
    "SELECT id FROM orders WHERE day = '2026-11-21'",
    '--verbose',
    '--json',
  )
  expect(pruned.stderr).toMatch(/1 files to read, 1 ruled out/)
}, 120_000)

test('statements are saved and run again, and the history has all of them', async () => {
  const dir = await dataDir()
  await run(dir, 'query', 'SELECT count(*) AS n FROM orders', '--save', 'count')
  expect((await run(dir, 'query', '--run', 'count', '--json')).stdout).toBe('{"n":4}\n')
  expect((await run(dir, 'query', '--list')).stdout).toMatch(
    /^name {3}statement\n.*\ncount {2}SELECT count\(\*\)/,
  )
  const failed = await run(dir, 'query', 'SELECT * FROM ordes')
  expect(failed).toMatchObject({ exitCode: 2, stdout: '' })
  expect(failed.stderr).toBe(
    'LAKE_QUERY_INVALID line 1:15: there is no table "ordes" in database "default". Did you mean "orders"? It has orders.\n',
  )
  const history = await run(dir, 'query', '--history', '--json')
  const entries = history.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(entries).toMatchObject([
    { sql: 'SELECT * FROM ordes', error: expect.stringContaining('LAKE_QUERY_INVALID'), rows: 0 },
    { sql: 'SELECT count(*) AS n FROM orders', rows: 1 },
    { sql: 'SELECT count(*) AS n FROM orders', rows: 1 },
  ])
  expect((await run(dir, 'query', '--run', 'cuont')).stderr).toMatch(/Did you mean "count"\?/)
  expect((await run(dir, 'query')).stderr).toMatch(/No statement was given/)
  expect((await run(dir, 'query', 'SELECT 1', '--memory', 'much')).exitCode).toBe(2)
}, 120_000)

test('the catalog is looked at, changed and crawled', async () => {
  const dir = await dataDir()
  const said = async (...args: string[]): Promise<string> => {
    const { stdout, stderr, exitCode } = await run(dir, 'catalog', ...args)
    expect({ stderr, exitCode }).toEqual({ stderr: '', exitCode: 0 })
    return stdout
  }
  expect(await said('databases', '--json')).toBe('{"name":"default","tables":1,"views":0}\n')
  expect(await said('tables')).toMatch(/orders {2}managed {2}csv {5}1 {8}2 {6}4 {5}\d+ B {2}lake\/orders\//)
  expect(await said('describe', 'orders')).toMatch(
    /2 files with 4 rows, .* in 2 partitions[\s\S]*day {5}date {4}partition key/,
  )
  expect(await said('partitions', 'orders')).toMatch(/2026-11-20 {2}1 {6}2/)
  expect(await said('files', 'orders', '--partition', '2026-11-21')).toMatch(
    /^key[^\n]*\n[^\n]*\norders\/day=2026-11-21\/a\.csv[^\n]*\n$/,
  )
  expect(await said('create', 'sales', '--description', 'all sales')).toBe('database sales\n')
  const create = [
    'create',
    'sales.rows',
    '--bucket',
    'lake',
    '--columns',
    'id bigint, tags array<struct<a:int,b:string>>',
  ]
  expect(await said(...create, '--external', '--prefix', 'rows/')).toBe('table sales.rows, version 1\n')
  expect(
    await said(...create.slice(0, -1), 'id bigint, price decimal(10,2)', '--external', '--prefix', 'rows/'),
  ).toBe('table sales.rows, version 2\n')
  expect(await said('versions', 'sales.rows')).toMatch(
    /1 .* id bigint, tags array<struct<a:int,b:string>>\n2 .* id bigint, price decimal\(10,2\)\n/,
  )
  expect(await said('view', 'sales.total', '--sql', 'SELECT count(*) AS n FROM "default".orders')).toBe(
    'view sales.total\n',
  )
  expect((await run(dir, 'query', 'FROM total', '--database', 'sales', '--json')).stdout).toBe('{"n":4}\n')
  expect(await said('view', 'kept', '--sql', 'SELECT max(id) AS id FROM orders', '--refresh', '3600')).toBe(
    'view kept\n',
  )
  expect(await said('refresh', 'kept')).toBe('view kept: 1 rows\n')
  expect(await said('describe', 'kept')).toMatch(/refreshed every 3600 s\n1 rows kept, of /)
  mkdirSync(join(dir, 'buckets/lake/in'), { recursive: true })
  writeFileSync(join(dir, 'buckets/lake/in/a.json'), '{"a":1}\n')
  writeFileSync(join(dir, 'buckets/lake/in/b.json'), '{"a":2.5,"b":"x"}\n')
  expect(await said('crawl', 'lake/in/', '--database', 'raw')).toBe(
    [
      'in: made, version 1, 2 files of json',
      '  a double, b string',
      '  in/a.json differs: "a" is BIGINT, in the table DOUBLE; it has no "b"',
      '',
    ].join('\n'),
  )
  expect((await run(dir, 'query', 'SELECT sum(a) AS a FROM raw."in"', '--json')).stdout).toBe('{"a":3.5}\n')
  expect(await said('create', 'small', '--bucket', 'lake', '--columns', 'id bigint')).toBe(
    'table small, version 1\n',
  )
  expect(await said('compact', 'small')).toBe('table small: nothing to do\n')
  expect((await run(dir, 'catalog', 'compact', 'orders')).stderr).toMatch(
    /^CATALOG_TABLE_EXTERNAL table "default.orders" is managed, of format csv\./,
  )
  expect(await said('drop', 'sales.total')).toBe('view sales.total dropped\n')
  expect(await said('drop', 'sales.rows')).toBe('table sales.rows dropped; its files stay\n')
  expect(await said('drop', 'sales', '--database')).toBe('database sales dropped\n')
  const missing = await run(dir, 'catalog', 'describe', 'order')
  expect(missing).toMatchObject({ exitCode: 2 })
  expect(missing.stderr).toMatch(/There is no table "order".*\n?.*Did you mean "orders"\?/)
}, 240_000)

test('beside a running process reads go to the files, changes to the process, and its pages answer', async () => {
  const dir = await dataDir()
  const server = new CliProcess(['serve', '--data-dir', dir, '--port', '0', '--json'])
  await server.until(({ stdout }) => stdout.includes('\n'))
  const { url } = JSON.parse(server.stdout) as { url: string }
  expect((await run(dir, 'query', 'SELECT count(*) AS n FROM orders', '--json')).stdout).toBe('{"n":4}\n')
  expect((await run(dir, 'catalog', 'view', 'ids', '--sql', 'SELECT id FROM orders')).stdout).toBe(
    'view ids\n',
  )
  const refused = await run(dir, 'catalog', 'view', 'orders', '--sql', 'SELECT 1')
  expect(refused.stderr).toMatch(/^CATALOG_NAME_TAKEN /)
  const post = async (path: string, body: object): Promise<unknown> => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    return response.json()
  }
  expect(
    await post('/admin/query', { sql: 'SELECT id, day FROM orders ORDER BY ALL', limit: 1 }),
  ).toMatchObject({
    columns: [
      { name: 'id', type: 'BIGINT', isNumber: true, isTime: false },
      { name: 'day', type: 'DATE', isNumber: false, isTime: true },
    ],
    rows: [['1', '2026-11-20']],
    more: true,
    tables: ['default.orders'],
    warnings: [],
    files: { read: 2, pruned: 0 },
  })
  expect(await post('/admin/query', { sql: 'SELECT nothing' })).toMatchObject({
    error: { code: 'LAKE_QUERY_INVALID' },
  })
  expect(await post('/admin/query', {})).toMatchObject({ error: { code: 'VALUE_MISSING' } })
  const listing = (await (await fetch(`${url}/admin/catalog`)).json()) as {
    databases: { views: { name: string }[] }[]
  }
  expect(listing.databases[0]?.views.map(({ name }) => name)).toEqual(['ids'])
  const history = (await (await fetch(`${url}/admin/query/history`)).json()) as { queries: { sql: string }[] }
  expect(history.queries.map(({ sql }) => sql)).toContain('SELECT nothing')
  server.child.kill('SIGTERM')
  await server.ended
  expect(
    readFileSync(join(dir, 'queries', 'history.jsonl'), 'utf8')
      .trim()
      .split('\n').length,
  ).toBeGreaterThanOrEqual(3)
}, 120_000)
