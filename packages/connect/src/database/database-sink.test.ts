import { setMaxListeners } from 'node:events'
import type { FunctionHandler, StreamRecord } from '@millrace/runtime'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SinkError } from '../sink-error.ts'
import { testContext } from '../testing/function-context.ts'
import { mysqlSink } from './mysql-sink.ts'
import { postgresSink } from './postgres-sink.ts'
import type { DatabaseSinkOptions } from './sink-options.ts'
import { isInstalled, openTestDatabase, recordOf, type TestDatabase } from './testing/database-kit.ts'

const sinks = { mariadb: mysqlSink, postgres: postgresSink }

export const failureOf = (work: unknown): Promise<SinkError> =>
  Promise.resolve(work).then(
    () => Promise.reject(new Error('it should have failed')),
    // The sink's only failures, as the tests below expect them.
    (error) => error as SinkError,
  )

for (const kind of ['mariadb', 'postgres'] as const) {
  describe.skipIf(!(await isInstalled(kind)))(`on ${kind}`, () => {
    let database: TestDatabase
    const stop = new AbortController()
    // Of all the sinks of this file; a stage has one.
    setMaxListeners(100, stop.signal)
    beforeAll(async () => {
      database = await openTestDatabase(kind)
    })
    afterAll(async () => {
      stop.abort()
      await database[Symbol.asyncDispose]()
    })
    const sinkOf = (options: Partial<DatabaseSinkOptions>): FunctionHandler =>
      sinks[kind]({ url: database.url, ...options })
    const context = (records: readonly StreamRecord[]) =>
      testContext({ signal: stop.signal, log: { sequences: records.map(({ sequence }) => sequence) } })
    const write = async (sink: FunctionHandler, values: readonly unknown[], from = 0) => {
      const records = values.map((value, i) => recordOf(from + i, value))
      await sink(records, context(records))
    }

    test('rows take the place of those with their key, and digits stay as they are', async () => {
      await database.run('CREATE TABLE items (id BIGINT PRIMARY KEY, name VARCHAR(20), price DECIMAL(20, 4))')
      const sink = sinkOf({ table: 'items' })
      await write(sink, [
        { id: 1, name: 'a', price: 1.5 },
        '{"id":9007199254740993,"name":"b","price":1234567890123456.7891}',
      ])
      await write(sink, [{ id: 1, name: "c'\\\n" }, { id: 2 }], 2)
      expect(await database.rows('SELECT id, name, price FROM items ORDER BY id')).toEqual([
        ['1', "c'\\\n", '1.5000'],
        ['2', null, null],
        ['9007199254740993', 'b', '1234567890123456.7891'],
      ])
    })

    test('bad rows are refused alone', async () => {
      await database.run('CREATE TABLE small (id INT PRIMARY KEY, name VARCHAR(3) NOT NULL, n SMALLINT)')
      const sink = sinkOf({ table: 'small' })
      const values = Array.from({ length: 40 }, (_, id): unknown => ({ id, name: 'x', n: id }))
      values[7] = { id: 7, name: 'long name', n: 1 }
      values[8] = { id: 8, name: 'x', n: 70_000 }
      values[9] = { id: 9, name: null, n: 1 }
      values[20] = { id: 20, name: 'x', nn: 1 }
      values[21] = 'no json'
      values[22] = { name: 'x' }
      const records = values.map((value, i) => recordOf(i, value))
      const error = await failureOf(sink(records, context(records)))
      expect(error.code).toBe('SINK_ITEMS_FAILED')
      expect(error.records.map(({ sequence }) => sequence).toSorted((a, b) => a - b)).toEqual([
        7, 8, 9, 20, 21, 22,
      ])
      expect(error.failures.map(({ message }) => message).join('\n')).toMatch('has no column "nn"')
      expect(await database.rows('SELECT COUNT(*) FROM small')).toEqual([['34']])
    })

    test('rows with some columns leave the others as they are, also of rows that they could not make', async () => {
      await database.run(
        'CREATE TABLE parts (id INT PRIMARY KEY, a VARCHAR(9) NOT NULL, b INT, c INT DEFAULT 7)',
      )
      const sink = sinkOf({ table: 'parts' })
      await write(sink, [
        { id: 1, a: 'x', b: 1 },
        { id: 1, b: 2 },
        { id: 2, a: 'y' },
        { id: 2, c: 8 },
      ])
      await write(
        sink,
        [
          { id: 1, b: 3 },
          { id: 2, a: 'z' },
        ],
        4,
      )
      const missing = recordOf(6, { id: 3, b: 1 })
      expect((await failureOf(sink([missing], context([missing])))).records.length).toBe(1)
      expect(await database.rows('SELECT id, a, b, c FROM parts ORDER BY id')).toEqual([
        ['1', 'x', '3', '7'],
        ['2', 'z', null, '8'],
      ])
    })

    test('unique values go from row to row, whatever the order in which statements would put them', async () => {
      await database.run('CREATE TABLE mails (id INT PRIMARY KEY, mail VARCHAR(20) UNIQUE)')
      const sink = sinkOf({ table: 'mails', format: 'flat' })
      const change = (op: string, id: number, mail: string) => ({ id, mail, __op: op, __table: 'mails' })
      await write(sink, [change('c', 1, 'x'), change('c', 2, 'y')])
      // By way of a third value; then a deletion frees the value that a new row takes; then a row would take another's.
      await write(sink, [
        change('u', 1, 'free'),
        change('u', 2, 'x'),
        change('u', 1, 'y'),
        change('d', 2, 'x'),
        change('c', 3, 'x'),
      ])
      const thief = recordOf(20, change('c', 4, 'x'))
      const error = await failureOf(sink([thief], context([thief])))
      expect(error.failures[0]?.code).toBe(kind === 'mariadb' ? 'ER_DUP_ENTRY' : '23505')
      expect(await database.rows('SELECT id, mail FROM mails ORDER BY id')).toEqual([
        ['1', 'y'],
        ['3', 'x'],
      ])
    })

    test('a row waits for the one that it refers to, and is refused when that does not come', async () => {
      await database.run(`CREATE TABLE parents (id INT PRIMARY KEY);
        CREATE TABLE children (id INT PRIMARY KEY, parent INT NOT NULL, FOREIGN KEY (parent) REFERENCES parents (id))`)
      const children = sinkOf({ table: 'children', foreignKeyWaitMs: 5_000 })
      const parents = sinkOf({ table: 'parents' })
      const writing = write(children, [{ id: 1, parent: 5 }])
      await write(parents, [{ id: 5 }])
      await writing
      const orphan = recordOf(1, { id: 2, parent: 6 })
      const hasty = sinkOf({ table: 'children', foreignKeyWaitMs: 0 })
      expect((await failureOf(hasty([orphan], context([orphan])))).records.length).toBe(1)
      // Both in one batch, the child first in the order of tables: pieces of the batch follow the records.
      const both = sinkOf({ table: (record) => record.json<{ t: string }>().t, unknown: 'ignore' })
      await write(both, [
        { t: 'children', id: 3, parent: 5 },
        { t: 'parents', id: 7 },
        { t: 'children', id: 4, parent: 7 },
      ])
      expect(await database.rows('SELECT id, parent FROM children ORDER BY id')).toEqual([
        ['1', '5'],
        ['3', '5'],
        ['4', '7'],
      ])
    })

    test.runIf(kind === 'postgres')(
      'constraints that wait for the commit blame their record before it',
      async () => {
        await database.run(`CREATE TABLE rings (id INT PRIMARY KEY, next INT NOT NULL);
        ALTER TABLE rings ADD FOREIGN KEY (next) REFERENCES rings (id) DEFERRABLE INITIALLY DEFERRED`)
        const sink = sinkOf({ table: 'rings', foreignKeyWaitMs: 0 })
        // Two that refer to each other, one that refers to nobody, and two again.
        const pairs = [
          [1, 2],
          [2, 1],
          [3, 30],
          [4, 5],
          [5, 4],
        ].map(([id, next]) => ({ id, next }))
        const records = pairs.map((value, i) => recordOf(i, value))
        const error = await failureOf(sink(records, context(records)))
        expect(error.records.map(({ sequence }) => sequence)).toEqual([2])
        expect(await database.rows('SELECT id, next FROM rings ORDER BY id')).toEqual([
          ['1', '2'],
          ['2', '1'],
          ['4', '5'],
          ['5', '4'],
        ])
      },
    )

    test('lanes that write at once share the connections, and wait for each other where they meet', async () => {
      await database.run('CREATE TABLE shared (id INT PRIMARY KEY, lane INT, n INT)')
      const sink = sinkOf({ table: 'shared', connections: 2, positions: { table: 'millrace_positions' } })
      const lanes = Array.from({ length: 6 }, async (_, lane) => {
        for (let batch = 0; batch < 5; batch++) {
          const records = Array.from({ length: 20 }, (_, i) =>
            recordOf(batch * 20 + i, { id: lane % 2 === 0 ? i : 19 - i, lane, n: batch }),
          )
          const log = { lanes: 6, lane, sequences: records.map(({ sequence }) => sequence) }
          await sink(records, testContext({ signal: stop.signal, log }))
        }
      })
      await Promise.all(lanes)
      expect(await database.rows('SELECT COUNT(*), MIN(n), MAX(n) FROM shared')).toEqual([['20', '4', '4']])
      expect(
        await database.rows('SELECT COUNT(*), MIN(position), MAX(position) FROM millrace_positions'),
      ).toEqual([['6', '99', '99']])
    })

    test('columns come from paths and functions, and tables from the record', async () => {
      await database.run('CREATE TABLE picked (n INT PRIMARY KEY, city VARCHAR(20), whole TEXT, twice INT)')
      const sink = sinkOf({
        table: 'picked',
        columns: {
          n: '$.number',
          city: '$.address.city',
          whole: '$.address',
          twice: (record) => record.json<{ number: number }>().number * 2,
        },
      })
      await write(sink, [{ number: 4, address: { city: 'Ulm', zip: 1 }, more: true }, { number: 5 }])
      expect(await database.rows('SELECT n, city, whole, twice FROM picked ORDER BY n')).toEqual([
        ['4', 'Ulm', '{"city":"Ulm","zip":1}', '8'],
        ['5', null, null, '10'],
      ])
    })

    test('statements stay within their bound, and rows beyond it go alone', async () => {
      await database.run('CREATE TABLE long_rows (id INT PRIMARY KEY, v TEXT)')
      const sink = sinkOf({ table: 'long_rows', statementBytes: 2048 })
      await write(
        sink,
        Array.from({ length: 50 }, (_, id) => ({ id, v: 'x'.repeat(id * 80) })),
      )
      expect(await database.rows('SELECT COUNT(*), SUM(LENGTH(v)) FROM long_rows')).toEqual([['50', '98000']])
    })

    test('a missing table, a table without a key, a key without an index: each says what to do', async () => {
      await database.run('CREATE TABLE keyless (id INT)')
      const errorOf = (options: Partial<DatabaseSinkOptions>) =>
        write(sinkOf(options), [{ id: 1, at: '2026-01-01T00:00:00Z', v: { a: 1 } }]).then(
          () => 'written',
          (error: Error) => error.message,
        )
      expect(await errorOf({ table: 'absent', key: ['id'] })).toMatch(
        kind === 'mariadb'
          ? 'CREATE TABLE `shop`.`absent` (\n  `id` BIGINT NOT NULL,\n  `at` DATETIME(6),\n  `v` JSON,\n  PRIMARY KEY (`id`)\n);'
          : 'CREATE TABLE "public"."absent" (\n  "id" bigint NOT NULL,\n  "at" timestamptz,\n  "v" jsonb,\n  PRIMARY KEY ("id")\n);',
      )
      expect(await errorOf({ table: 'keyless' })).toMatch('DATABASE_TABLE')
      expect(await errorOf({ table: 'keyless' })).toMatch('no primary key')
      expect(await errorOf({ table: 'keyless', key: ['id'] })).toMatch('CREATE UNIQUE INDEX keyless_key')
      const password = new URL(database.url).password
      expect(
        await errorOf({ url: database.url.replace(password, 'wrong-secret'), table: 'keyless' }),
      ).not.toMatch('wrong-secret')
    })

    test('a table that changes is described again', async () => {
      await database.run('CREATE TABLE growing (id INT PRIMARY KEY)')
      const sink = sinkOf({ table: 'growing' })
      await write(sink, [{ id: 1 }])
      await database.run('ALTER TABLE growing ADD COLUMN v INT')
      const early = recordOf(1, { id: 2, v: 3 })
      // Nothing failed since the column came, so the sink has not asked again.
      const error = await failureOf(sink([early], context([early])))
      expect(error.failures[0]?.message).toMatch('no column "v"')
      await database.run('ALTER TABLE growing DROP COLUMN v')
      const fresh = sinkOf({ table: 'growing' })
      await write(fresh, [{ id: 3 }], 2)
      await database.run('DROP TABLE growing; CREATE TABLE growing (id INT PRIMARY KEY, w INT DEFAULT 1)')
      await write(fresh, [{ id: 4 }], 3)
      expect(await database.rows('SELECT id, w FROM growing')).toEqual([['4', '1']])
    })

    test('a server that goes away is waited for, and nothing of the batch is lost', async () => {
      await database.run('CREATE TABLE patient (id INT PRIMARY KEY)')
      const sink = sinkOf({ table: 'patient' })
      await write(sink, [{ id: 1 }])
      await database.server.kill()
      const record = recordOf(1, { id: 2 })
      const place = context([record])
      const writing = sink([record], place)
      await database.server.start()
      await writing
      expect(await database.rows('SELECT id FROM patient ORDER BY id')).toEqual([['1'], ['2']])
      expect([...place.warnings]).toEqual([])
    })
  })
}
