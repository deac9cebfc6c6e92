/** Tables of other shapes than the plain one: what a chunk gives and what the log gives are the same columns of the same rows. */
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../database/database.ts'
import type { Row } from '../model/column-value.ts'
import type { TableName } from '../model/table-schema.ts'
import { isPostgresInstalled, PostgresFixture } from './testing/postgres-fixture.ts'

const table = (name: string, schema = 'public') => ({ schema, table: name })

describe.skipIf(!isPostgresInstalled)('tables of Postgres', () => {
  let fixture: PostgresFixture
  beforeAll(async () => {
    fixture = await PostgresFixture.start()
  }, 60_000)
  afterAll(() => fixture[Symbol.asyncDispose]())

  async function load(database: Database, name: TableName, rowsMax = 3): Promise<readonly Row[]> {
    const [schema] = await database.schemas([name])
    const reader = await database.openTable(schema!)
    const rows: Row[] = []
    const { signal } = fixture.control
    const limits = { rowsMax, bytesMax: 1_000_000 }
    if (schema!.key.length === 0) {
      for await (const chunk of reader.readWhole(limits, signal)) rows.push(...chunk.rows)
    } else {
      for (let chunk = await reader.readChunk(undefined, limits, signal); ; ) {
        expect(chunk.rows.length).toBeLessThanOrEqual(rowsMax)
        rows.push(...chunk.rows)
        if (chunk.last === undefined) break
        chunk = await reader.readChunk(chunk.last, limits, signal)
      }
    }
    await reader[Symbol.asyncDispose]()
    return rows
  }

  /** Rows that are written while followed, and then read; each shape has an order of its own. */
  async function both(slot: string, name: TableName, writes: string, options = {}) {
    const database = await fixture.open({ slot, publication: slot, ...options })
    const follower = await fixture.follow(database, [name])
    await fixture.sql.query(writes)
    const loaded = await load(database, name)
    const events = await follower.until((all) => all.length >= loaded.length)
    await follower.close()
    const logged = events.map((event) => (event.kind === 'row' ? event.after : undefined))
    const tables = new Set(events.map((event) => `${event.table.schema}.${event.table.table}`))
    const columns = (await database.schemas([name]))[0]!.columns.map((column) => column.name)
    return { loaded, logged, tables: [...tables], columns }
  }

  test('a partitioned table is one table, its partitions are none', async () => {
    await fixture.sql.query(
      `CREATE TABLE parted (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
       CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
       CREATE TABLE parted_2 PARTITION OF parted FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY HASH (id);
       CREATE TABLE parted_2_1 PARTITION OF parted_2 FOR VALUES WITH (MODULUS 1, REMAINDER 0)`,
    )
    const { loaded, logged, tables } = await both(
      'parted',
      table('parted'),
      "INSERT INTO parted VALUES (1, '2024-05-01'), (2, '2025-05-01'), (3, '2024-06-01'), (4, '2025-06-01')",
    )
    expect(loaded).toEqual([
      [1, '2024-05-01'],
      [2, '2025-05-01'],
      [3, '2024-06-01'],
      [4, '2025-06-01'],
    ])
    expect(logged).toEqual(loaded)
    expect(tables).toEqual(['public.parted'])
    const database = await fixture.open()
    const listed = (await database.tables()).filter((each) => each.table.startsWith('parted'))
    expect(listed).toEqual([{ ...table('parted'), type: 'table' }])
  })

  test('a table that others inherit from has its own rows only', async () => {
    await fixture.sql.query(
      'CREATE TABLE parent (id int PRIMARY KEY, a text); CREATE TABLE child (b int) INHERITS (parent)',
    )
    const { loaded, logged } = await both(
      'parent',
      table('parent'),
      "INSERT INTO parent VALUES (1, 'p'), (2, 'q'); INSERT INTO child VALUES (3, 'c', 5)",
    )
    expect(loaded).toEqual([
      [1, 'p'],
      [2, 'q'],
    ])
    expect(logged.slice(0, 2)).toEqual(loaded)
  })

  test('names of any kind, and keys of several columns in another order', async () => {
    const name = table('T "x" %', 'S.y')
    await fixture.sql.query(
      `CREATE SCHEMA "S.y"; CREATE TABLE "S.y"."T ""x"" %" ("A b" text, "c""d" timestamptz, "Ü" bytea, PRIMARY KEY ("Ü", "c""d"))`,
    )
    const { loaded, logged } = await both(
      'names',
      name,
      `INSERT INTO "S.y"."T ""x"" %" SELECT 'it''s', timestamptz '2024-01-01 00:00:00.5+02' + i * interval '1 day', decode(lpad(to_hex(i % 3), 2, '0'), 'hex')
       FROM generate_series(1, 10) i ORDER BY i % 3, i`,
    )
    expect(loaded).toHaveLength(10)
    expect(loaded[0]).toEqual(["it's", '2024-01-03 22:00:00.5', new Uint8Array([0])])
    expect(logged).toEqual(loaded)
  })

  test('generated columns are left out, since the log does not have them', async () => {
    await fixture.sql.query(
      'CREATE TABLE sums (a int PRIMARY KEY, twice int GENERATED ALWAYS AS (a * 2) STORED, b int)',
    )
    const { loaded, logged, columns } = await both(
      'sums',
      table('sums'),
      'INSERT INTO sums (a, b) VALUES (1, 2), (3, 4)',
    )
    expect(columns).toEqual(['a', 'b'])
    expect(loaded).toEqual([
      [1, 2],
      [3, 4],
    ])
    expect(logged).toEqual(loaded)
  })

  test('a publication of others decides on columns and rows, for the load too', async () => {
    await fixture.sql.query(
      `CREATE TABLE picked (id int PRIMARY KEY, secret text, kind text);
       CREATE PUBLICATION picked FOR TABLE picked (id, kind) WHERE (id <> 2) WITH (publish_via_partition_root = true)`,
    )
    const { loaded, logged, columns } = await both(
      'picked',
      table('picked'),
      "INSERT INTO picked VALUES (1, 'x', 'a'), (2, 'y', 'b'), (3, 'z', 'c')",
    )
    expect(columns).toEqual(['id', 'kind'])
    expect(loaded).toEqual([
      [1, 'a'],
      [3, 'c'],
    ])
    expect(logged).toEqual(loaded)
  })

  test('the key is what the log names: the replica identity, or with FULL a unique index without NULLs', async () => {
    await fixture.sql.query(
      `CREATE TABLE by_index (id int PRIMARY KEY, a text NOT NULL, b int NOT NULL); CREATE UNIQUE INDEX by_index_u ON by_index (b, a);
       ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_u;
       CREATE TABLE by_unique (x int UNIQUE, y int NOT NULL UNIQUE); ALTER TABLE by_unique REPLICA IDENTITY FULL;
       CREATE TABLE by_nothing (x int UNIQUE); ALTER TABLE by_nothing REPLICA IDENTITY FULL;
       CREATE TABLE by_expression (x int NOT NULL); CREATE UNIQUE INDEX ON by_expression ((x + 1)); ALTER TABLE by_expression REPLICA IDENTITY FULL`,
    )
    const database = await fixture.open()
    const names = ['by_expression', 'by_index', 'by_nothing', 'by_unique']
    const schemas = await database.schemas(names.map((name) => table(name)))
    expect(schemas.map(({ table: name, key }) => [name, key])).toEqual([
      ['by_expression', []],
      ['by_index', [2, 1]],
      ['by_nothing', []],
      ['by_unique', [1]],
    ])
    const { loaded, logged } = await both(
      'by_index',
      table('by_index'),
      "INSERT INTO by_index VALUES (3, 'b', 1), (1, 'c', 1), (2, 'a', 2)",
    )
    expect(loaded).toEqual([
      [3, 'b', 1],
      [1, 'c', 1],
      [2, 'a', 2],
    ])
    expect(logged).toEqual(loaded)
  })

  test('keys of the log are compared though their table has another name by now; not where it is gone or has another key', async () => {
    await fixture.sql.query('CREATE TABLE coded (code text PRIMARY KEY, n int)')
    const database = await fixture.open()
    const [schema] = await database.schemas([table('coded')])
    const compare = async () => {
      const reader = await database.openTable(schema!)
      return reader.areAtMost([['a'], ['c']], ['b'], fixture.control.signal)
    }
    await fixture.sql.query('ALTER TABLE coded RENAME TO recoded')
    expect(await compare()).toEqual([true, false])
    await fixture.sql.query(
      'DELETE FROM recoded; ALTER TABLE recoded DROP CONSTRAINT coded_pkey, ADD PRIMARY KEY (n)',
    )
    await expect(compare()).rejects.toMatchObject({ code: 'CDC_TABLE_MISSING' })
    await fixture.sql.query('DROP TABLE recoded')
    await expect(compare()).rejects.toMatchObject({ code: 'CDC_TABLE_MISSING' })
  })

  test('rows that a transaction wrote before its table was published are loaded, once it is over', async () => {
    const database = await fixture.open({ slot: 'late', publication: 'late' })
    await fixture.sql.query('CREATE TABLE early (id int PRIMARY KEY); CREATE TABLE late (id int PRIMARY KEY)')
    const follower = await fixture.follow(database, [table('early')])
    const writer = new pg.Client({ connectionString: fixture.server.url })
    await writer.connect()
    await writer.query('BEGIN; INSERT INTO late VALUES (1)')
    let isPrepared = false
    const preparing = database.prepare([table('early'), table('late')]).then(() => {
      isPrepared = true
    })
    // Until the publication has the table, which is before the wait.
    for (let count = 0; count < 2; ) {
      const { rows } = await fixture.sql.query("SELECT FROM pg_publication_tables WHERE pubname = 'late'")
      count = rows.length
    }
    await writer.query('INSERT INTO late VALUES (2)')
    await fixture.sql.query('INSERT INTO early VALUES (1)')
    await follower.until((all) => all.length >= 1)
    expect(isPrepared).toBe(false)
    await writer.query('COMMIT')
    await preparing
    expect(await load(database, table('late'))).toEqual([[1], [2]])
    await writer.end()
    await follower.close()
  })

  test('large values make small chunks', async () => {
    await fixture.sql.query(
      "CREATE TABLE wide (id int PRIMARY KEY, body text); INSERT INTO wide SELECT i, repeat('w', 100000) FROM generate_series(1, 300) i",
    )
    const database = await fixture.open()
    const [schema] = await database.schemas([table('wide')])
    const reader = await database.openTable(schema!)
    const limits = { rowsMax: 10_000, bytesMax: 1_000_000 }
    const sizes: number[] = []
    for (let after: readonly unknown[] | undefined, isEnd = false; !isEnd; ) {
      const chunk = await reader.readChunk(after as never, limits, fixture.control.signal)
      sizes.push(chunk.rows.length)
      after = chunk.last
      isEnd = after === undefined
    }
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(300)
    // The first fetch does not know how large rows are.
    expect(Math.max(...sizes)).toBeLessThanOrEqual(64)
    expect(Math.max(...sizes.slice(1))).toBeLessThanOrEqual(10)
    await fixture.sql.query('ANALYZE wide')
    expect(await reader.estimateRows()).toBe(300)
    await reader[Symbol.asyncDispose]()
  })
})
