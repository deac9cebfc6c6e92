/** Cells in real processes over a real store: what they show, how they end, and what they may not do to others. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bucketsOf, openCatalog } from '@millrace/lake'
import { seededRandom, systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { SqlShell } from '../shell/sql-shell.ts'
import { NotebookKit } from './notebook-host.test-kit.ts'

let kit: NotebookKit
beforeAll(async () => {
  kit = await NotebookKit.open()
  kit.stream('orders', 2)
  kit.put(
    'orders',
    ...Array.from({ length: 200 }, (_, i) => ({ id: i, state: `s${i % 7}`, amount: (i * 37) % 100 })),
  )
})
afterAll(() => kit.close())

describe('Flink', () => {
  const declared = `CREATE TABLE numbers (id INT, k INT) WITH ('connector' = 'datagen', 'number-of-rows' = '60',
    'rows-per-second' = '1000000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '60',
    'fields.k.min' = '1', 'fields.k.max' = '5');`

  test.each([
    'SELECT id, k * 2 AS twice FROM numbers WHERE id < 20',
    'SELECT k, COUNT(*) AS n, SUM(id) AS total FROM numbers GROUP BY k',
    'SELECT DISTINCT k FROM numbers',
    'SELECT a.id, b.id FROM numbers a JOIN numbers b ON a.k = b.k AND a.id + 1 = b.id',
    'SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY id DESC) AS r FROM numbers) WHERE r <= 2',
  ])('a cell shows what `millrace sql` gives: %s', async (query) => {
    const cell = kit.run(`${query};`, { before: [declared] })
    const printed: string[] = []
    const shell = new SqlShell({
      view: { print: (line) => printed.push(line), error: () => {}, rows: 10 },
      clock: systemClock,
      random: seededRandom(1),
      folder: '.',
      store: undefined,
      json: false,
    })
    await shell.execute(`${declared} ${query};`, 'test', new AbortController().signal)
    expect((await cell.ended()).reason).toBe('ended')
    const cells = printed.slice(3, -1).map((line) => line.trim().split(/\s+/))
    expect(cell.table.map((row) => row.map(String))).toEqual(cells)
    expect(cells.length).toBeGreaterThan(3)
  })

  test('a stream is read without a declaration, goes on with what comes, and a stop ends it', async () => {
    const cell = kit.run('SELECT state, COUNT(*) AS n FROM orders GROUP BY state')
    await cell.until(() => cell.table.reduce((sum, [, n]) => sum + Number(n), 0) === 200)
    kit.put('orders', { id: 500, state: 's9', amount: 1 })
    await cell.until(() => cell.table.some(([state, n]) => state === 's9' && n === 1))
    expect(cell.outcomes.find((each) => each.kind === 'columns')).toMatchObject({
      isAppendOnly: false,
      columns: [
        { name: 'state', type: 'STRING', isNumber: false },
        { name: 'n', type: 'BIGINT', isNumber: true },
      ],
    })
    await cell.stop()
    expect(cell.done).toMatchObject({ reason: 'stopped' })
  })

  test('an explicit declaration wins over what samples show', async () => {
    const before = ["CREATE TABLE orders (id INT, amount DECIMAL(10, 2)) WITH ('connector' = 'stream');"]
    const text = 'SELECT id, amount FROM orders WHERE id = 3'
    expect(await kit.host.check({ dialect: 'flink', text, before })).toMatchObject({
      marks: [],
      isAppendOnly: true,
      columns: [{ type: 'INT' }, { type: 'DECIMAL(10, 2)' }],
    })
    const cell = kit.run(text, { before })
    await cell.until(() => cell.table.length === 1)
    expect(cell.table).toEqual([[3, '11.00']])
    await cell.stop()
  })

  test('INSERT INTO another stream appends each row once; DDL, SET, SHOW, DESCRIBE and EXPLAIN answer', async () => {
    const cell = kit.run(
      `SET 'table.exec.state.ttl' = '1 h'; CREATE TABLE big (id BIGINT, amount BIGINT) WITH ('stream' = 'big-orders', 'partition-key' = 'id');
       SHOW TABLES; DESCRIBE big; EXPLAIN SELECT id FROM orders; INSERT INTO big SELECT id, amount FROM orders WHERE amount >= 90;`,
    )
    await cell.until(() => (cell.progress?.changes ?? 0) >= 20)
    expect(cell.texts.join('\n')).toMatch(/ok\nok[\s\S]*orders[\s\S]*INSERT INTO big runs/)
    const reader = kit.run('SELECT id, amount FROM `big-orders`')
    await reader.until(() => reader.table.length >= 20)
    await cell.stop()
    await reader.stop()
    const expected = Array.from({ length: 200 }, (_, i) => [i, (i * 37) % 100]).filter(
      ([, amount = 0]) => amount >= 90,
    )
    expect(reader.table.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual(expected)
  })

  test('the stream of an INSERT is there before its first row', async () => {
    const declared = "CREATE TABLE none_yet (id BIGINT) WITH ('connector' = 'stream', 'stream' = 'none-yet');"
    const cell = kit.run('INSERT INTO none_yet SELECT id FROM orders WHERE amount > 1000', {
      before: [declared],
    })
    await cell.until(() => cell.texts.length > 0)
    await cell.until(() => kit.store.stream('none-yet') !== undefined)
    const reader = kit.run('SELECT id FROM none_yet', { before: [declared] })
    await reader.until(() => reader.progress !== undefined)
    expect(reader.progress).toMatchObject({ records: 0 })
    await cell.stop()
    await reader.stop()
  })

  test('a keyed table: its items first, then their changes', async () => {
    kit.store.defineTable({ name: 'Stock', partitionKey: { name: 'sku', type: 'string' } })
    const put = (sku: string, n: number) =>
      kit.store.commit((transaction) =>
        transaction.putItem('Stock', sku, undefined, Buffer.from(JSON.stringify({ sku, n }))),
      )
    put('a', 1)
    put('b', 2)
    const all = kit.run('SELECT sku, n FROM Stock')
    const sum = kit.run('SELECT SUM(n) FROM Stock')
    await all.until(() => all.table.length === 2)
    await sum.until(() => sum.table[0]?.[0] === 3)
    put('a', 10)
    put('c', 5)
    kit.store.commit((transaction) => transaction.deleteItem('Stock', 'b', undefined))
    await sum.until(() => sum.table[0]?.[0] === 15)
    await all.until(() => all.table.some(([sku]) => sku === 'c') && all.table.length === 2)
    expect(all.table).toEqual([
      ['a', 10],
      ['c', 5],
    ])
    await Promise.all([all.stop(), sum.stop()])
  })

  test('the newest rows are kept, and counted are all', async () => {
    const cell = kit.run('SELECT id FROM orders', { rows: 10 })
    await cell.until(() => (cell.progress?.records ?? 0) > 200)
    expect(cell.table).toHaveLength(10)
    expect(cell.outcomes.findLast((each) => each.kind === 'rows')).toMatchObject({ total: 201 })
    await cell.stop()
  })

  test('what matters to queries that last is not held against a cell', async () => {
    const text = 'SELECT id, COUNT(*) AS n FROM orders GROUP BY id'
    const { marks, columns } = await kit.host.check({ dialect: 'flink', text, before: [] })
    expect(marks).toEqual([])
    expect(columns).toHaveLength(2)
  })

  test('errors have their places and what to write instead, in UTF-16 offsets', async () => {
    const text = "SELECT '✓ Grüße 🎉'; SELECT stat FROM orders;"
    const { marks } = await kit.host.check({ dialect: 'flink', text, before: [] })
    const [mark] = marks
    expect(text.slice(mark?.from, mark?.to)).toBe('stat')
    expect(mark).toMatchObject({ severity: 'error', code: 'SQL2002', suggestion: 'state' })
    const done = await kit.run('SELECT stat FROM orders').ended()
    expect(done).toMatchObject({
      reason: 'failed',
      error: { code: 'SQL_REFUSED' },
      marks: [{ from: 7, to: 11 }],
    })
  })

  test('a stream without records is known, its columns are not', async () => {
    kit.stream('quiet')
    const { marks } = await kit.host.check({ dialect: 'flink', text: 'SELECT * FROM quiet', before: [] })
    expect(marks[0]?.message).toMatch(/"quiet" has no records yet.*declare it/)
  })

  test('records that are no rows are counted and said', async () => {
    kit.stream('mixed')
    kit.put('mixed', { n: 1 }, { n: 2 })
    const before = ['CREATE TABLE mixed (n INT NOT NULL);']
    kit.put('mixed', 'nonsense')
    const cell = kit.run('SELECT n FROM mixed', { before })
    await cell.until(() => cell.progress?.refused !== undefined)
    expect(cell.progress?.refused).toMatchObject({ count: 1, first: expect.stringMatching(/table mixed/) })
    expect(cell.table).toEqual([[1], [2]])
    await cell.stop()
  })
})

describe('limits', () => {
  test('a stop ends a tight join at once, and the store goes on', async () => {
    const cross = `SELECT COUNT(*) FROM n a JOIN n b ON a.k = b.k`
    const before = [
      `CREATE TABLE n (id INT, k INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10000000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '1000000', 'fields.k.min' = '1', 'fields.k.max' = '1');`,
    ]
    const cell = kit.run(cross, { before })
    await cell.until(() => cell.outcomes.some((each) => each.kind === 'columns'))
    const from = systemClock.now()
    await cell.stop()
    expect(systemClock.now() - from).toBeLessThan(1_500)
    expect(cell.done).toMatchObject({ reason: 'stopped' })
    const told = cell.outcomes.length
    kit.put('orders', { id: 501, state: 's1', amount: 1 })
    expect(cell.outcomes).toHaveLength(told)
  })

  test('a cell that needs too much memory fails with a sentence; others go on', async () => {
    const small = await NotebookKit.open({ memoryBytes: 64 * 1024 * 1024 })
    const before = [
      `CREATE TABLE n (id BIGINT, t STRING) WITH ('connector' = 'datagen', 'rows-per-second' = '10000000', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1', 'fields.id.end' = '100000000', 'fields.t.length' = '10');`,
    ]
    const hungry = small.run('SELECT COUNT(*) FROM (SELECT DISTINCT id, REPEAT(t, 2000) AS u FROM n)', {
      before,
    })
    const done = await hungry.ended()
    expect(done).toMatchObject({ reason: 'failed', error: { code: 'NOTEBOOK_MEMORY' } })
    expect(done.error?.message).toMatch(/more than 64 MiB.*filter early/)
    expect((await small.run('SELECT 1 AS one').ended()).reason).toBe('ended')
    await small.close()
  })
})

describe('KDA', () => {
  test('SELECT STREAM over a stream of the directory; a pump of the cell above', async () => {
    const cell = kit.run(`SELECT STREAM "id", "amount" FROM "orders" WHERE "amount" > 95;`, {
      dialect: 'kda',
    })
    await cell.until(() => cell.table.length >= 8)
    const expected = Array.from({ length: 200 }, (_, i) => [i, (i * 37) % 100]).filter(
      ([, amount = 0]) => amount > 95,
    )
    expect(cell.table.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual(expected)
    await cell.stop()
    const before = [
      `CREATE OR REPLACE STREAM "LARGE" ("id" BIGINT, "amount" BIGINT);
       CREATE OR REPLACE PUMP "P" AS INSERT INTO "LARGE" SELECT STREAM "id", "amount" FROM "orders" WHERE "amount" > 95;`,
    ]
    const below = kit.run(`SELECT STREAM "id" + 1000 AS "next" FROM "LARGE";`, { dialect: 'kda', before })
    await below.until(() => below.table.length >= 8)
    expect(below.table.toSorted(([a], [b]) => Number(a) - Number(b))).toEqual(
      expected.map(([id = 0]) => [id + 1000]),
    )
    await below.stop()
    const shown = kit.run(before[0] ?? '', { dialect: 'kda' })
    await shown.until(() => shown.table.length >= 8)
    await shown.stop()
  })

  test('an error has its place in the cell', async () => {
    const text = 'SELECT STREAM "idx" FROM "orders";'
    const { marks } = await kit.host.check({
      dialect: 'kda',
      text,
      before: ['SELECT STREAM * FROM "orders"'],
    })
    expect(marks.filter(({ severity }) => severity === 'error')).toMatchObject([
      { from: 14, to: 19, code: 'SQL2002', suggestion: '"id"' },
    ])
  })
})

test('lake cells run in DuckDB, with their errors at their places', async () => {
  const cell = kit.run('SELECT range AS n, CAST(range AS DECIMAL(10,2)) AS d FROM range(5);', {
    dialect: 'lake',
    rows: 3,
  })
  expect((await cell.ended()).reason).toBe('ended')
  expect(cell.table).toEqual([
    [0, '0.00'],
    [1, '1.00'],
    [2, '2.00'],
  ])
  const wrong = await kit.host.check({ dialect: 'lake', text: 'SELECT x FROM range(1)', before: [] })
  expect(wrong.marks).toMatchObject([{ from: 7, to: 8, code: 'LAKE_QUERY_INVALID' }])
  expect(wrong.marks[0]?.message).not.toMatch(/LAKE_QUERY_INVALID/)
})

test('rows of the lake are shown as far as a page can hold them', async () => {
  const cell = kit.run("SELECT range AS n, repeat('x', 1900) AS a, repeat('y', 1900) AS b FROM range(9000)", {
    dialect: 'lake',
    rows: 10_000,
  })
  expect((await cell.ended()).reason).toBe('ended')
  expect(cell.table.length).toBeGreaterThan(1_000)
  expect(JSON.stringify(cell.table).length).toBeLessThan(8.5 * 2 ** 20)
  expect(cell.table.map(([n]) => n)).toEqual(cell.table.map((_, i) => i))
})

test('many streams are looked at in many turns, and not with every word', async () => {
  const many = await NotebookKit.open()
  for (let i = 0; i < 30; i++) {
    many.stream(`s${i}`)
    many.put(`s${i}`, { id: i })
  }
  const read = vi.spyOn(many.store, 'read')
  const complete = () => many.host.complete({ dialect: 'kda', text: 'SELECT ', before: [], position: 7 })
  let turns = 0
  let isOver = false
  const other = (): void => {
    turns++
    if (!isOver) setImmediate(other)
  }
  other()
  const { options } = await complete()
  await many.host.schema()
  isOver = true
  expect(turns).toBeGreaterThan(60)
  const reads = read.mock.calls.length
  expect(await complete()).toMatchObject({ options })
  expect(read.mock.calls.length).toBe(reads)
  await many.close()
})

describe('a cell of somebody who has signed in', () => {
  const lake = (mayRead: boolean) => ({ lake: { mayRead: () => mayRead }, files: mayRead })
  const files = `CREATE TABLE f (line STRING) WITH ('connector' = 'filesystem', 'path' = 'kept.txt', 'format' = 'raw');`

  beforeAll(async () => {
    writeFileSync(join(kit.folder, 'kept.txt'), 'of the owner\n')
    const text = '3\n'
    await bucketsOf(kit.store)
      .open('lake')
      .put('tips/a.csv', { bytes: Buffer.from(text) })
    openCatalog({ store: kit.store }).write((writer) => {
      writer.putTable({
        database: 'default',
        name: 'tips',
        format: 'csv',
        bucket: 'lake',
        location: 'tips/',
        columns: [{ name: 'n', type: { kind: 'long' } }],
        partitionKeys: [],
        kind: 'external',
        parameters: {},
      })
    })
  })

  test.each(['SELECT * FROM f;', 'SELECT line FROM f UNION ALL SELECT state FROM orders;'])(
    'reads files of the machine only where its policy says so: %s',
    async (query) => {
      const refused = await kit.run(`${files} ${query}`, { access: lake(false) }).ended()
      expect(refused).toMatchObject({ reason: 'failed', error: { code: 'SQL_CONNECTOR_UNKNOWN' } })
      expect(refused.error?.message).toMatch(/millrace:UseFiles/)
      const cell = kit.run(`${files} ${query}`, { access: lake(true) })
      await cell.until(() => cell.table.some(([line]) => line === 'of the owner'))
      await cell.stop()
    },
  )

  test('sees of the lake what its policy allows, and hears of nothing else', async () => {
    const sql = 'SELECT count(*) AS n FROM tips'
    const seen = kit.run(sql, { dialect: 'lake', access: lake(true) })
    expect(await seen.ended()).toMatchObject({ reason: 'ended' })
    const refused = await kit.run(sql, { dialect: 'lake', access: lake(false) }).ended()
    expect(refused).toMatchObject({ reason: 'failed', error: { code: 'LAKE_QUERY_REFUSED' } })
    const checked = await kit.host.check({ dialect: 'lake', text: sql, before: [] }, lake(false))
    expect(checked.marks).toMatchObject([{ code: 'LAKE_QUERY_REFUSED' }])
    const names = async (mayRead: boolean) =>
      (await kit.host.schema(lake(mayRead))).entries.map(({ name }) => name)
    expect(await names(true)).toContain('default.tips')
    expect(await names(false)).not.toContain('default.tips')
  })
})

describe('what a cell can name', () => {
  test('the schema lists streams and tables with columns and a declaration', async () => {
    const { entries } = await kit.host.schema()
    const orders = entries.find(({ name }) => name === 'orders')
    expect(orders).toMatchObject({ kind: 'stream', origin: 'discovered', select: 'SELECT * FROM orders;' })
    expect(orders?.columns.map(({ name, type }) => `${name} ${type}`)).toEqual([
      'id BIGINT',
      'state STRING',
      'amount BIGINT',
    ])
    // The declaration means the same table.
    const again = await kit.host.check({
      dialect: 'flink',
      text: 'SELECT * FROM orders',
      before: [orders?.ddl ?? ''],
    })
    expect(again.columns).toEqual(orders?.columns)
    expect(await kit.host.discover('orders')).toMatchObject({ records: 202, ddl: orders?.ddl })
  })

  test.each([
    ['SELECT | FROM orders', ['id', 'state', 'amount']],
    ['SELECT o.st| FROM orders o', ['state']],
    ['SELECT * FROM or|', ['orders']],
    ['SELECT TUMB| FROM orders', ['TUMBLE']],
    ["CREATE TABLE t (x INT) WITH ('connector' = '|')", ['datagen', 'stream', 'table']],
    ["CREATE TABLE t (x INT) WITH ('connector' = 'datagen', 'rows|')", ['rows-per-second']],
    ['SELECT v| FROM v', ['v']],
  ])('%s is completed', async (text, expected) => {
    const position = text.indexOf('|')
    const { options } = await kit.host.complete({
      dialect: 'flink',
      text: text.replace('|', ''),
      before: ['CREATE VIEW v AS SELECT id AS vid FROM orders;'],
      position,
    })
    expect(options.map(({ label }) => label)).toEqual(expect.arrayContaining(expected))
    expect(options.findIndex(({ label }) => label === expected[0])).toBeLessThan(8)
  })

  test('functions come with their forms', async () => {
    const { options, from } = await kit.host.complete({
      dialect: 'flink',
      text: 'SELECT LPA',
      before: [],
      position: 10,
    })
    expect(from).toBe(7)
    expect(options[0]).toMatchObject({
      label: 'LPAD',
      kind: 'function',
      detail: expect.stringMatching(/^LPAD\(/),
    })
  })
})
