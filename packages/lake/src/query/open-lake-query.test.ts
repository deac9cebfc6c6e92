import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { answer, type LakeKit, lakeKit, lakeTable, refusal, type WantedTable } from './testing/lake-kit.ts'

/** A managed table of three days with two hours each, ten rows in each of two files of an hour. */
async function ordersByHour(kit: LakeKit): Promise<void> {
  const table = lakeTable({
    partitionKeys: [
      { name: 'day', type: { kind: 'string' } },
      { name: 'hour', type: { kind: 'int' } },
    ],
  })
  kit.catalog.write((writer) => writer.putTable(table))
  let id = 0
  for (const day of ['2026-11-19', '2026-11-20', '2026-11-21']) {
    for (const hour of ['7', '8']) {
      for (const part of ['a', 'b']) {
        const key = `orders/day=${day}/hour=${hour}/${part}.parquet`
        const bytes = await kit.write(
          key,
          `SELECT i::BIGINT AS id, 'order ' || i AS name FROM range(${id}, ${id + 10}) r(i)`,
        )
        kit.catalog.write((writer) =>
          writer.addFiles('default', 'orders', [
            { key, bytes, rows: 10, partition: [day, hour], version: 1 },
          ]),
        )
        id += 10
      }
    }
  }
}

const keysOpened = (kit: LakeKit): string[] => [...new Set(kit.opened.splice(0))].sort()

test('rows of a managed table are those of the files that the catalog lists, and of no others', async () => {
  const kit = await lakeKit()
  await ordersByHour(kit)
  await kit.write('orders/day=2026-11-21/hour=8/orphan.parquet', "SELECT 1::BIGINT AS id, 'x' AS name")
  const { rows, columns, tables, warnings } = await answer(
    kit.query,
    'SELECT day, hour, count(*) AS n, sum(id) AS ids, min(name) AS first FROM orders GROUP BY ALL ORDER BY ALL',
  )
  expect(columns).toEqual([
    { name: 'day', type: 'VARCHAR' },
    { name: 'hour', type: 'INTEGER' },
    { name: 'n', type: 'BIGINT' },
    { name: 'ids', type: 'HUGEINT' },
    { name: 'first', type: 'VARCHAR' },
  ])
  expect(rows).toEqual(
    [
      ['2026-11-19', '7', '20', '190', 'order 0'],
      ['2026-11-19', '8', '20', '590', 'order 20'],
      ['2026-11-20', '7', '20', '990', 'order 40'],
      ['2026-11-20', '8', '20', '1390', 'order 60'],
      ['2026-11-21', '7', '20', '1790', 'order 100'],
      ['2026-11-21', '8', '20', '2190', 'order 100'],
    ].map((row, i) => (i === 4 ? ['2026-11-21', '7', '20', '1790', 'order 80'] : row)),
  )
  expect(tables).toEqual(['default.orders'])
  expect(warnings).toEqual([])
})

test.each([
  ["SELECT count(*) FROM orders WHERE day = '2026-11-20'", 4, '40'],
  ["SELECT count(*) FROM orders WHERE day = '2026-11-20' AND hour = 7", 2, '20'],
  ["SELECT count(*) FROM orders o WHERE o.day > '2026-11-19' AND o.hour IN (8, 9)", 4, '40'],
  ["SELECT count(*) FROM orders WHERE day LIKE '%-2_' AND id < 1000", 8, '80'],
  ["SELECT count(*) FROM orders WHERE day = '2026-11-20' OR hour = 7", 8, '80'],
  ['SELECT count(*) FROM orders WHERE hour = 9', 0, '0'],
  ["SELECT count(*) FROM orders WHERE strptime(day, '%Y-%m-%d') >= TIMESTAMP '2026-11-21'", 4, '40'],
  // Without a condition of partition keys alone every file is needed.
  ["SELECT count(*) FROM orders WHERE day = '2026-11-20' OR id = 3", 12, '41'],
  ['SELECT count(*) FROM orders WHERE hour + random() < 100', 12, '120'],
  // Of two references each keeps what it needs.
  [
    "SELECT (SELECT count(*) FROM orders WHERE day = '2026-11-19') + count(*) FROM orders WHERE day = '2026-11-21' AND hour = 8",
    6,
    '60',
  ],
  ["SELECT count(*) FROM orders a JOIN orders b USING (id) WHERE a.day = '2026-11-20'", 12, '40'],
  // On the right of a left join a condition in WHERE also holds of rows that are not there.
  [
    'SELECT count(*) FROM orders a LEFT JOIN orders b ON a.id = b.id + 1000 WHERE b.day IS NULL AND a.hour = 7',
    12,
    '60',
  ],
  [
    "WITH orders AS (SELECT * FROM orders WHERE hour = 7) SELECT count(*) FROM orders WHERE day < '2026-11-20'",
    6,
    '20',
  ],
] as const)('%s opens %i files', async (sql, files, count) => {
  const kit = await lakeKit()
  await ordersByHour(kit)
  const { rows, files: counted } = await answer(kit.query, sql)
  expect(rows).toEqual([[count]])
  expect(keysOpened(kit)).toHaveLength(files)
  expect(counted).toEqual({ read: files, pruned: 12 - files })
})

test('a condition that comes through a view or a join is pruned by DuckDB, from the paths alone', async () => {
  const kit = await lakeKit()
  await ordersByHour(kit)
  kit.catalog.write((writer) =>
    writer.putView({ database: 'default', name: 'hours', sql: 'SELECT id, day, hour FROM orders' }),
  )
  const { rows } = await answer(
    kit.query,
    "EXPLAIN (ANALYZE, FORMAT JSON) SELECT count(*) FROM hours WHERE day = '2026-11-20' AND hour = 8",
  )
  expect(rows[0]?.[1]).toMatch(/"Total Files Read": "2"/)
})

test('partitions of plain folders, of values that folders do not say, and null partitions', async () => {
  const kit = await lakeKit()
  const day = { name: 'day', type: { kind: 'date' } } as const
  const put = async (name: string, keys: readonly (readonly [string, string])[]): Promise<void> => {
    kit.catalog.write((writer) =>
      writer.putTable(lakeTable({ name, location: `${name}/`, partitionKeys: [day] })),
    )
    for (const [key, value] of keys) {
      const bytes = await kit.write(key, `SELECT 1::BIGINT AS id, '${key}' AS name`)
      kit.catalog.write((writer) =>
        writer.addFiles('default', name, [{ key, bytes, rows: 1, partition: [value], version: 1 }]),
      )
    }
  }
  await put('folders', [
    ['folders/2026-11-20/a.parquet', '2026-11-20'],
    ['folders/2026-11-21/a.parquet', '2026-11-21'],
  ])
  await put('free', [
    ['free/x[1]*.parquet', '2026-11-20'],
    ['free/y?.parquet', '2026-11-21'],
    ['free/z.parquet', '__HIVE_DEFAULT_PARTITION__'],
  ])
  expect((await answer(kit.query, 'SELECT day, name FROM folders ORDER BY ALL')).rows).toEqual([
    ['2026-11-20', 'folders/2026-11-20/a.parquet'],
    ['2026-11-21', 'folders/2026-11-21/a.parquet'],
  ])
  expect((await answer(kit.query, 'SELECT day, name FROM free ORDER BY name')).rows).toEqual([
    ['2026-11-20', 'free/x[1]*.parquet'],
    ['2026-11-21', 'free/y?.parquet'],
    [null, 'free/z.parquet'],
  ])
  keysOpened(kit)
  expect((await answer(kit.query, "SELECT name FROM free WHERE day >= DATE '2026-11-21'")).rows).toEqual([
    ['free/y?.parquet'],
  ])
  expect(keysOpened(kit)).toEqual(['free/y?.parquet'])
  expect((await answer(kit.query, 'SELECT name FROM free WHERE day IS NULL')).rows).toEqual([
    ['free/z.parquet'],
  ])
})

test('files of older versions have nulls for what they lack, and wider types for what they have', async () => {
  const kit = await lakeKit()
  const versions: WantedTable['columns'][] = [
    [{ name: 'id', type: { kind: 'int' } }],
    [
      { name: 'id', type: { kind: 'long' } },
      { name: 'at', type: { kind: 'struct', fields: [{ name: 'city', type: { kind: 'string' } }] } },
    ],
    [
      {
        name: 'at',
        type: {
          kind: 'struct',
          fields: [
            { name: 'city', type: { kind: 'string' } },
            { name: 'zip', type: { kind: 'int' } },
          ],
        },
      },
      { name: 'id', type: { kind: 'decimal', precision: 20, scale: 1 } },
    ],
  ]
  const selects = [
    'SELECT 1::INTEGER AS id',
    "SELECT 2::BIGINT AS id, {'city': 'Rom'} AS at",
    "SELECT {'city': 'Ulm', 'zip': 89073} AS at, 3.5::DECIMAL(20,1) AS id",
  ]
  for (const [i, columns] of versions.entries()) {
    const key = `orders/${i}.parquet`
    const bytes = await kit.write(key, selects[i] ?? '')
    kit.catalog.write((writer) => {
      const { version } = writer.putTable(lakeTable({ columns }))
      writer.addFiles('default', 'orders', [{ key, bytes, rows: 1, partition: [], version }])
    })
  }
  const { rows, columns, warnings } = await answer(kit.query, 'FROM orders ORDER BY id')
  expect(columns.map(({ type }) => type)).toEqual(['STRUCT("city" VARCHAR, "zip" INTEGER)', 'DECIMAL(20,1)'])
  expect(rows).toEqual([
    [null, '1.0'],
    ["{'city': Rom, 'zip': NULL}", '2.0'],
    ["{'city': Ulm, 'zip': 89073}", '3.5'],
  ])
  expect(warnings).toEqual([])
})

test('a file that is not what the catalog says is cast or left out, and named', async () => {
  const kit = await lakeKit()
  kit.catalog.write((writer) => writer.putTable(lakeTable()))
  const files = [
    ['orders/a.parquet', await kit.write('orders/a.parquet', "SELECT 1::BIGINT AS id, 'a' AS name")],
    ['orders/b.parquet', await kit.write('orders/b.parquet', "SELECT 'two' AS id, 5 AS extra")],
    [
      'orders/c.parquet',
      kit.writeText('orders/c.parquet', 'no file of this kind at all, but as long as one'),
    ],
    ['orders/d.parquet', await kit.write('orders/d.parquet', "SELECT 4::BIGINT AS id, 'd' AS name")],
  ] as const
  kit.catalog.write((writer) =>
    writer.addFiles(
      'default',
      'orders',
      files.map(([key, bytes]) => ({ key, bytes, rows: 1, partition: [], version: 1 })),
    ),
  )
  for (let i = 0; i < 2; i++) {
    const { rows, warnings } = await answer(kit.query, 'SELECT id, name FROM orders ORDER BY ALL')
    expect(rows).toEqual([
      ['1', 'a'],
      ['4', 'd'],
      [null, null],
    ])
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toMatch(
      /^default\.orders: orders\/b\.parquet has "id" as VARCHAR, the table as BIGINT/,
    )
    expect(warnings[1]).toMatch(/^default\.orders: orders\/c\.parquet is left out: .*(magic bytes|Parquet)/)
    expect(warnings.join()).not.toContain(kit.dir)
  }
})

test('JSON that cannot be read is left out for its own reason, beside files that can', async () => {
  const kit = await lakeKit()
  kit.catalog.write((writer) =>
    writer.putTable(lakeTable({ kind: 'external', location: 'in/', format: 'json' })),
  )
  kit.writeText('in/a.json', '{"id":1,"name":"a"}\n{"id":2,"name":"b"}\n')
  kit.writeText('in/broken.json', '{"id":3,\n{{{')
  for (let i = 0; i < 2; i++) {
    const { rows, warnings } = await answer(kit.query, 'SELECT id, name FROM orders ORDER BY id')
    expect(rows).toEqual([
      ['1', 'a'],
      ['2', 'b'],
    ])
    expect(warnings).toEqual([
      expect.stringMatching(/^default\.orders: in\/broken\.json is left out: Malformed JSON in file /),
    ])
    expect(warnings.join()).not.toContain(kit.dir)
  }
})

test('an external table is what lies there when the query begins', async () => {
  const kit = await lakeKit()
  kit.catalog.write((writer) =>
    writer.putTable(
      lakeTable({
        kind: 'external',
        location: 'in/',
        partitionKeys: [{ name: 'year', type: { kind: 'int' } }],
      }),
    ),
  )
  expect((await answer(kit.query, 'SELECT * FROM orders')).rows).toEqual([])
  await kit.write('in/year=2025/a.parquet', "SELECT 1::INTEGER AS id, 'a' AS name")
  await kit.write('in/year=2026/b.parquet', "SELECT 'b' AS name, 2::BIGINT AS id, true AS more")
  await kit.write('in/2026/c.parquet', "SELECT 3 AS id, 'c' AS name")
  await kit.write('in/year=2026/_temporary/d.parquet', 'SELECT 4 AS id')
  kit.writeText('in/year=2026/_SUCCESS', '')
  await kit.write('in/month=7/e.parquet', 'SELECT 5 AS id')
  const { rows, warnings } = await answer(kit.query, 'SELECT id, name, year FROM orders ORDER BY id')
  expect(rows).toEqual([
    ['1', 'a', '2025'],
    ['2', 'b', '2026'],
    ['3', 'c', '2026'],
  ])
  expect(warnings).toEqual([
    'default.orders: in/month=7/e.parquet is left out: its folders are not those of the partition keys',
  ])
  keysOpened(kit)
  expect((await answer(kit.query, 'SELECT id FROM orders WHERE year < 2026')).rows).toEqual([['1']])
  expect(keysOpened(kit)).toEqual(['in/year=2025/a.parquet'])
})

test('keyed tables are tables of SQL, their attributes columns', async () => {
  const kit = await lakeKit()
  kit.store.defineTable({ name: 'items', partitionKey: { name: 'sku', type: 'string' } })
  expect((await answer(kit.query, 'FROM app.items')).rows).toEqual([])
  const put = (item: { sku: string }): void =>
    kit.store.commit((transaction) =>
      transaction.putItem('items', item.sku, undefined, new TextEncoder().encode(JSON.stringify(item))),
    )
  put({ sku: 'b', ...{ price: 2.5, size: { w: 1 }, odd: 'x' } })
  put({ sku: 'a', ...{ count: 7, tags: ['t'], odd: 3 } })
  const { rows, columns } = await answer(
    kit.query,
    'SELECT sku, price, count, size.w, tags, odd FROM app.items ORDER BY sku',
  )
  expect(columns.map(({ name }) => name)).toEqual(['sku', 'price', 'count', 'w', 'tags', 'odd'])
  expect(rows).toEqual([
    ['a', null, '7', null, '[t]', '3'],
    ['b', '2.5', null, '1', null, '"x"'],
  ])
  kit.catalog.write((writer) => writer.putTable(lakeTable()))
  const bytes = await kit.write('orders/a.parquet', "SELECT 1::BIGINT AS id, 'a' AS name")
  kit.catalog.write((writer) =>
    writer.addFiles('default', 'orders', [
      { key: 'orders/a.parquet', bytes, rows: 1, partition: [], version: 1 },
    ]),
  )
  expect(
    (await answer(kit.query, 'SELECT o.id, i.count FROM orders o JOIN app.items i ON i.sku = o.name')).rows,
  ).toEqual([['1', '7']])
})

test.each([
  ["COPY (SELECT 1) TO '/tmp/x'", 'COPY is not allowed'],
  ["ATTACH '/tmp/x.db'", 'ATTACH is not allowed'],
  ['INSTALL httpfs', 'INSTALL is not allowed'],
  ["SET memory_limit = '10GB'", 'SET is not allowed'],
  ['PRAGMA version', 'PRAGMA is not allowed'],
  ['CREATE TABLE x (a INTEGER)', 'CREATE is not allowed'],
  ['INSERT INTO orders VALUES (1)', 'INSERT is not allowed'],
  ['CALL pragma_version()', 'CALL is not allowed'],
  ['BEGIN', 'BEGIN is not allowed'],
  ['SELECT 1; SELECT 2', '2 statements'],
  ['SELECT 1; DROP TABLE x', 'SELECT is not allowed|2 statements'],
  ["EXPLAIN COPY (SELECT 1) TO '/tmp/x'", 'EXPLAIN of COPY'],
  ["PIVOT orders ON name USING sum(id); COPY (SELECT 1) TO '/tmp/x'", '(COPY|SELECT) is not allowed'],
  ["SELECT * FROM read_text('/etc/hostname')", 'Cannot access file'],
  ["SELECT * FROM read_csv('https://example.org/x.csv')", 'Cannot access file|disabled'],
  ["SELECT * FROM glob('/*')", 'Cannot access file'],
] as const)('%s is refused', async (sql, reason) => {
  const kit = await lakeKit()
  await ordersByHour(kit)
  const { code, message } = await refusal(answer(kit.query, sql))
  expect(code).toBe('LAKE_QUERY_REFUSED')
  expect(message).toMatch(new RegExp(reason))
})

test('statements that read in other words', async () => {
  const kit = await lakeKit()
  await ordersByHour(kit)
  const rowsOf = async (sql: string): Promise<unknown> => (await answer(kit.query, sql)).rows
  expect(await rowsOf('VALUES (1, NULL)')).toEqual([['1', null]])
  expect(await rowsOf('TABLE orders LIMIT 1')).toHaveLength(1)
  expect(await rowsOf('DESCRIBE orders')).toHaveLength(4)
  expect(await rowsOf('SHOW TABLES')).toEqual([['orders']])
  expect(
    await rowsOf(
      "SELECT table_schema, table_name FROM information_schema.tables WHERE table_name = 'orders'",
    ),
  ).toEqual([['default', 'orders']])
  expect(await rowsOf('SUMMARIZE orders')).toHaveLength(4)
  expect(await rowsOf('PIVOT orders ON hour USING count(*) GROUP BY day ORDER BY day')).toEqual([
    ['2026-11-19', '20', '20'],
    ['2026-11-20', '20', '20'],
    ['2026-11-21', '20', '20'],
  ])
  expect(await rowsOf('EXPLAIN SELECT * FROM orders')).toHaveLength(1)
  expect(await rowsOf('-- a comment\nSELECT 1 -- and another\n;;')).toEqual([['1']])
})

test('errors name the place, what is there, and what was meant', async () => {
  const kit = await lakeKit()
  await ordersByHour(kit)
  kit.store.defineTable({ name: 'items', partitionKey: { name: 'sku', type: 'string' } })
  const said = async (sql: string, options = {}): Promise<string> => {
    const { code, message } = await refusal(answer(kit.query, sql, options))
    expect(code).toBe('LAKE_QUERY_INVALID')
    return message.replace('LAKE_QUERY_INVALID ', '')
  }
  expect(await said('SELECT *\nFROM "ordres" o')).toBe(
    'line 2:6: there is no table "ordres" in database "default". Did you mean "orders"? It has orders.',
  )
  kit.catalog.write((writer) => {
    writer.putView({ database: 'default', name: 'broken', sql: 'SELECT * FROM ordrs' })
    writer.putView({ database: 'default', name: 'round', sql: 'SELECT * FROM round' })
  })
  expect(await said('FROM broken')).toMatch(
    /^view "default\.broken": there is no table "ordrs".*Did you mean "orders"\?/,
  )
  expect(await said('FROM round')).toBe(
    'view "default.round" reads itself: default.round -> default.round. Correct one of these views.',
  )
  expect(await said('SELECT * FROM items')).toMatch(/Did you mean "app\.items"\?/)
  expect(await said('SELECT * FROM app.itms')).toMatch(/Did you mean "items"\?/)
  expect(await said("SELECT 'ö', nme FROM orders")).toMatch(/^line 1:13: .*"nme" not found.*"name"/)
  expect(await said('SELECT sum(id\nFROM orders')).toMatch(/^line 2:1: syntax error at or near "FROM"/)
  expect(await said("SELECT CAST('x' AS INTEGER) FROM orders")).toMatch(/^line 1:8: .*Could not convert/)
  expect(await said('SELECT * FROM default.orders')).toMatch(/^line 1:15: .*stands in quotes/)
  expect(await said(' -- nothing')).toMatch(/no statement/)
  expect(await said('SELECT 1', { database: 'sale' })).toMatch(/there is no database "sale"/)
  expect(await said('SELECT * FROM "orders@7"')).toMatch(/only Iceberg tables have snapshots/)
  expect(await said('SELECT * FROM "orders@"')).toMatch(/is no state of a table/)
  expect(await said('SELECT * FROM "orders$nothing"')).toMatch(/There are \$snapshots/)
  expect(await said('SELECT * FROM orders', { asOf: 0 })).toMatch(/keeps no history/)
  const long = `SELECT ${Array.from({ length: 60 }, (_, i) => `id AS column_${i}`).join(', ')}, wrong FROM orders`
  expect(await said(long)).toMatch(new RegExp(`^line 1:${long.indexOf('wrong') + 1}: `))
})

test('memory, time and turns are bounded', async () => {
  const kit = await lakeKit({
    limits: { memoryBytes: 32 * 2 ** 20, timeoutMs: 1_000, atOnce: 1, waiting: 1 },
  })
  const memory = await refusal(
    answer(kit.query, 'SELECT list(i ORDER BY random()) FROM range(20_000_000) r(i)'),
  )
  expect(memory.code).toBe('LAKE_QUERY_LIMIT')
  expect(memory.message).toMatch(/needs more memory/)
  const slow = refusal(
    answer(kit.query, 'SELECT count(*) FROM range(1_000_000_000) a, range(1_000_000_000) b'),
  )
  for (let i = 0; i < 50 && kit.clock.pending === 0; i++)
    await new Promise((resolve) => setImmediate(resolve))
  await kit.clock.advance(1_000)
  expect(await slow).toMatchObject({ code: 'LAKE_QUERY_LIMIT' })
  const open = await kit.query.run('SELECT 1')
  const waiting = answer(kit.query, 'SELECT 2')
  expect((await refusal(answer(kit.query, 'SELECT 3'))).message).toMatch(/1 queries are running and 1 wait/)
  for await (const _ of open.rows) break
  expect((await waiting).rows).toEqual([['2']])
  const stopped = new AbortController()
  stopped.abort(new Error('enough'))
  expect((await refusal(answer(kit.query, 'SELECT 4', { signal: stopped.signal }))).message).toBe('enough')
  expect((await answer(kit.query, 'SELECT 5')).rows).toEqual([['5']])
})

test('parameters take the types of their places', async () => {
  const kit = await lakeKit()
  await ordersByHour(kit)
  const sql = 'SELECT name, $2 AS said FROM orders WHERE id = $1 AND day >= $3'
  expect(await kit.query.describe(sql)).toEqual({
    columns: [
      { name: 'name', type: 'VARCHAR' },
      { name: 'said', type: expect.any(String) },
    ],
    parameters: ['BIGINT', 'VARCHAR', 'VARCHAR'],
  })
  const { rows } = await answer(kit.query, sql, { parameters: ['7', "it's", '2026-11-19'] })
  expect(rows).toEqual([['order 7', "it's"]])
  expect((await answer(kit.query, sql, { parameters: ['7', null, '2026-11-19'] })).rows).toEqual([
    ['order 7', null],
  ])
  expect((await refusal(answer(kit.query, sql, { parameters: ['x', 'y', 'z'] }))).message).toMatch(
    /parameter \$1: 'x' is no BIGINT/,
  )
  expect((await refusal(answer(kit.query, sql, { parameters: [] }))).message).toMatch(/has 3 parameters/)
})

test('a caller reads what access allows, and is told the same of what is not there', async () => {
  const kit = await lakeKit()
  await ordersByHour(kit)
  kit.store.defineTable({ name: 'items', partitionKey: { name: 'sku', type: 'string' } })
  kit.catalog.write((writer) => {
    writer.putTable(lakeTable({ name: 'secret', location: 'secret/' }))
    writer.putView({ database: 'default', name: 'peek', sql: 'SELECT * FROM secret' })
  })
  const access = {
    mayRead: (bucket: string, prefix: string) => bucket === 'lake' && prefix.startsWith('orders/'),
  }
  expect((await answer(kit.query, 'SELECT count(*) FROM orders', { access })).rows).toEqual([['120']])
  const said = async (name: string): Promise<string> => {
    const { code, message } = await refusal(answer(kit.query, `SELECT * FROM ${name}`, { access }))
    expect(code).toBe('LAKE_QUERY_REFUSED')
    return message
  }
  expect((await said('secret')).replaceAll('secret', 'nowhere')).toBe(
    (await said('nowhere')).replaceAll('1:15', '1:15'),
  )
  expect(await said('peek')).toMatch(/there is no table "secret"/)
  expect(await said('app.items')).toMatch(/may not be read/)
  expect((await answer(kit.query, 'SHOW TABLES', { access })).rows).toEqual([['orders']])
  expect((await answer(kit.query, 'PIVOT orders ON hour USING count(*)', { access })).rows).toHaveLength(120)
  const pivot = await refusal(answer(kit.query, 'PIVOT secret ON id USING count(*)', { access }))
  expect(pivot.message).toMatch(/does not exist/)
})

test('a result is exported as a file, whole or not at all', async () => {
  const kit = await lakeKit()
  await ordersByHour(kit)
  const path = join(kit.dir, 'out', 'hours.csv')
  const sql = 'SELECT hour, count(*) AS n FROM orders GROUP BY hour ORDER BY hour'
  expect(await kit.query.export(sql, { path, format: 'csv' })).toMatchObject({
    rows: 2,
    tables: ['default.orders'],
  })
  expect(readFileSync(path, 'utf8')).toBe('hour,n\n7,60\n8,60\n')
  await kit.query.export(sql, { path, format: 'json' })
  expect(readFileSync(path, 'utf8')).toBe('{"hour":7,"n":60}\n{"hour":8,"n":60}\n')
  await refusal(kit.query.export('SELECT CAST(name AS INTEGER) FROM orders', { path, format: 'parquet' }))
  expect(readFileSync(path, 'utf8')).toContain('"hour":7')
  expect(existsSync(`${path}.part`)).toBe(false)
  const parquet = join(kit.dir, 'out', 'hours.parquet')
  await kit.query.export(sql, { path: parquet, format: 'parquet' })
  const reader = await kit.duck.runAndReadAll(`SELECT * FROM '${parquet}' ORDER BY hour`)
  expect(reader.getRows()).toEqual([
    [7, 60n],
    [8, 60n],
  ])
})

test('a file of a folder that was granted can be read by its path, and no other', async () => {
  const kit = await lakeKit()
  const path = join(kit.dir, 'granted.csv')
  writeFileSync(path, 'a,b\n1,2\n')
  const query = kit.open({ folders: [kit.dir] })
  expect((await answer(query, `SELECT * FROM read_csv('${path}')`)).rows).toEqual([['1', '2']])
  expect((await refusal(answer(kit.query, `SELECT * FROM read_csv('${path}')`))).code).toBe(
    'LAKE_QUERY_REFUSED',
  )
})

test('values are exact, as text or as JSON', async () => {
  const kit = await lakeKit()
  const sql =
    "SELECT 9007199254740993 AS a, 1.10::DECIMAL(4,2) AS b, 1e20::DOUBLE AS c, TIMESTAMP '2026-11-21 10:00:00.000001' AS d, " +
    "{'x': [1, NULL]} AS e, 'a\"b' AS f, true AS g, NULL AS h, '\\xAA'::BLOB AS i, 170141183460469231731687303715884105727::HUGEINT AS j"
  expect((await answer(kit.query, sql)).rows).toEqual([
    [
      '9007199254740993',
      '1.10',
      '1e+20',
      '2026-11-21 10:00:00.000001',
      "{'x': [1, NULL]}",
      'a"b',
      'true',
      null,
      '\\xAA',
      '170141183460469231731687303715884105727',
    ],
  ])
  const [row = []] = (await answer(kit.query, sql, { values: 'json' })).rows
  expect(row.slice(0, 8)).toEqual([
    '9007199254740993',
    '1.10',
    '100000000000000000000.0',
    '"2026-11-21 10:00:00.000001"',
    '{"x":[1,null]}',
    '"a\\"b"',
    'true',
    null,
  ])
})

test('a table of many files is read whole, and opens nothing beside', async () => {
  const kit = await lakeKit()
  kit.catalog.write((writer) => {
    writer.putTable(lakeTable())
    writer.putTable(lakeTable({ name: 'other', location: 'other/' }))
  })
  const bytes = await kit.write('orders/0.parquet', "SELECT 1::BIGINT AS id, 'x' AS name")
  const first = readFileSync(join(kit.dir, 'data/buckets/lake/orders/0.parquet'))
  for (let i = 1; i < 150; i++) kit.writeText(`orders/${i}.parquet`, first)
  await kit.write('other/0.parquet', "SELECT 2::BIGINT AS id, 'y' AS name")
  const files = Array.from({ length: 150 }, (_, i) => ({
    key: `orders/${i}.parquet`,
    bytes,
    rows: 1,
    partition: [],
    version: 1,
  }))
  kit.catalog.write((writer) => writer.addFiles('default', 'orders', files))
  expect((await answer(kit.query, 'SELECT count(*), sum(id) FROM orders')).rows).toEqual([['150', '150']])
  const elsewhere = join(kit.dir, 'data/buckets/lake/other/0.parquet')
  const sql = `SELECT (SELECT count(*) FROM orders), count(*) FROM read_parquet('${elsewhere}')`
  expect((await refusal(answer(kit.query, sql))).code).toBe('LAKE_QUERY_REFUSED')
})

test('a decimal without digits before its point has a zero there, in both forms', async () => {
  const kit = await lakeKit()
  const sql =
    'SELECT 0.25::DECIMAL(2,2) AS a, -0.5::DECIMAL(1,1) AS b, 0::DECIMAL(3,3) AS c, NULL::DECIMAL(2,2) AS d, 0.25::DECIMAL(3,2) AS e'
  const expected = [['0.25', '-0.5', '0.000', null, '0.25']]
  expect((await answer(kit.query, sql)).rows).toEqual(expected)
  expect((await answer(kit.query, sql, { values: 'json' })).rows).toEqual(expected)
})
