/** The log of a real server: what is given, from where reading goes on, and what ends it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LogEvent } from '../../model/log-event.ts'
import { findMariaDb, privateMariaDb } from '../../servers/private-mariadb.ts'
import { findMySql, privateMySql } from '../../servers/private-mysql.ts'
import { LogBench } from './testing/log-bench.ts'

const never = new AbortController().signal
const isNightly = process.env.MILLRACE_NIGHTLY !== undefined

const kinds = [
  { name: 'MariaDB', isThere: (await findMariaDb()) !== undefined, start: privateMariaDb },
  // Its data directory takes seconds to make; recorded logs of it are read elsewhere.
  { name: 'MySQL', isThere: isNightly && (await findMySql()) !== undefined, start: privateMySql },
]

/** Changes without what differs between readings of the same log. */
function summary(events: readonly LogEvent[]): unknown[] {
  return events.map((event) =>
    event.kind === 'row'
      ? [
          event.operation,
          event.order,
          event.before,
          event.after,
          event.transaction?.id,
          event.transaction?.place,
        ]
      : [event.kind, event.order],
  )
}

describe.each(kinds)('the log of a $name', ({ isThere, start }) => {
  let bench: LogBench
  if (!isThere) {
    it.skip('is not installed here')
    return
  }
  beforeAll(async () => {
    bench = await LogBench.open(await start())
    await bench.run(
      'CREATE DATABASE shop',
      'CREATE TABLE shop.items (id INT PRIMARY KEY, name VARCHAR(50), note TEXT)',
    )
  }, 120_000)
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]()
    await bench?.server[Symbol.asyncDispose]()
  })

  async function someTransactions(): Promise<void> {
    await bench.run(
      "INSERT INTO shop.items VALUES (1, 'one', NULL), (2, 'two', 'second'), (3, 'three', '')",
      'START TRANSACTION',
      "UPDATE shop.items SET name = 'zwei' WHERE id = 2",
      'SAVEPOINT here',
      'DELETE FROM shop.items WHERE id = 1',
      'ROLLBACK TO here',
      'DELETE FROM shop.items WHERE id = 3',
      'COMMIT',
      'DELETE FROM shop.items',
    )
  }

  it('has each change with its values before and after, in transactions, without what was rolled back', async () => {
    const start = await bench.position()
    await someTransactions()
    const events = await bench.readAll(start)
    const rows = events.map((event) =>
      event.kind === 'row' ? [event.operation, event.order, event.before, event.after] : [],
    )
    expect(rows).toEqual([
      ['insert', 0, undefined, [1, 'one', null]],
      ['insert', 1, undefined, [2, 'two', 'second']],
      ['insert', 2, undefined, [3, 'three', '']],
      ['update', 0, [2, 'two', 'second'], [2, 'zwei', 'second']],
      ['delete', 1, [3, 'three', ''], undefined],
      ['delete', 0, [1, 'one', null], undefined],
      ['delete', 1, [2, 'zwei', 'second'], undefined],
    ])
    expect(new Set(events.map(({ transaction }) => transaction?.id)).size).toBe(3)
    expect(new Set(events.map(({ transaction }) => transaction)).size).toBe(3)
  })

  it.each(['GTID', 'file and offset'])(
    'goes on after every single change by %s, repeating none',
    async (way) => {
      const start = await bench.position(way === 'GTID')
      await someTransactions()
      await bench.run('TRUNCATE TABLE shop.items')
      await someTransactions()
      const straight = summary(await bench.readAll(start))
      expect(straight).toHaveLength(15)
      const log = bench.log(start)
      let taken = 0
      while (taken < straight.length) {
        const batch = await log.read(1 << 20, never)
        for (const index of batch.events.keys()) {
          taken++
          // A position is JSON: it is stored.
          const position = JSON.parse(JSON.stringify(batch.positionAfter(index)))
          expect(summary(await bench.readAll(position))).toEqual(straight.slice(taken))
        }
      }
      await log.close()
    },
    60_000,
  )

  it('leaves no connection behind that would keep the process from ending', async () => {
    // Sockets of this process; the bench has one for its statements.
    const sockets = () => process.getActiveResourcesInfo().filter((kind) => kind.startsWith('TCP')).length
    const start = await bench.position()
    const before = sockets()
    const log = bench.log(start)
    await someTransactions()
    expect((await log.read(1 << 20, never)).events.length).toBeGreaterThan(0)
    expect(sockets()).toBeGreaterThan(before)
    await log.close()
    while (sockets() > before) await new Promise((resolve) => setImmediate(resolve))
  })

  it('gives the same whatever the size of batches is', async () => {
    const start = await bench.position()
    await someTransactions()
    await bench.run(
      'INSERT INTO shop.items SELECT seq, REPEAT(seq, 10), REPEAT("x", 3000) FROM (SELECT 1 seq UNION SELECT 2 UNION SELECT 3) s',
    )
    const straight = summary(await bench.readAll(start))
    const log = bench.log(start)
    const events: LogEvent[] = []
    while (events.length < straight.length) events.push(...(await log.read(1, never)).events)
    expect(summary(events)).toEqual(straight)
    await log.close()
    await bench.run('DELETE FROM shop.items')
  })

  it('counts changes of tables that are not selected, and gives none of them', async () => {
    await bench.run(
      'CREATE TABLE shop.others (a INT, b VARCHAR(300), c DECIMAL(20,5), d DATETIME(3), e BLOB)',
    )
    const start = await bench.position()
    await bench.run(
      'START TRANSACTION',
      "INSERT INTO shop.others VALUES (1, 'x', 1.5, '2020-01-01', 'yy'), (NULL, NULL, NULL, NULL, NULL)",
      "INSERT INTO shop.items VALUES (1, 'one', NULL)",
      "UPDATE shop.others SET b = 'z'",
      'DELETE FROM shop.items',
      'COMMIT',
    )
    const all = await bench.readAll(start)
    const items = await bench.readAll(start, { isSelected: ({ table }) => table === 'items' })
    const ofItems = all.filter((event) => event.kind === 'row' && event.table.table === 'items')
    expect(summary(items)).toEqual(summary(ofItems))
    expect(items.map(({ order }) => order)).toEqual([2, 5])
  })

  it('gives a transaction of XA when it is prepared, and says when it is rolled back after that', async () => {
    const start = await bench.position()
    const warnings: string[] = []
    await bench.run(
      "XA START 'kept'",
      "INSERT INTO shop.items VALUES (70, 'kept', NULL)",
      "XA END 'kept'",
      "XA PREPARE 'kept'",
      "XA COMMIT 'kept'",
      "XA START 'short'",
      "INSERT INTO shop.items VALUES (71, 'short', NULL)",
      "XA END 'short'",
      "XA COMMIT 'short' ONE PHASE",
    )
    const warn = (_code: string, message: string) => warnings.push(message)
    const kept = await bench.readAll(start, { warn })
    expect(kept.map((event) => event.kind === 'row' && event.after?.[0])).toEqual([70, 71])
    expect(warnings).toEqual([])
    await bench.run(
      "XA START 'gone'",
      "INSERT INTO shop.items VALUES (72, 'gone', NULL)",
      "XA END 'gone'",
      "XA PREPARE 'gone'",
      "XA ROLLBACK 'gone'",
      'DELETE FROM shop.items',
    )
    expect(await bench.readAll(start, { warn })).toHaveLength(5)
    expect(warnings).toEqual([expect.stringMatching(/XA transaction was rolled back at .*XA ROLLBACK/s)])
  })

  it('ends with CDC_POSITION_LOST where the server has purged its log', async () => {
    const start = await bench.position()
    await someTransactions()
    await bench.run('FLUSH BINARY LOGS')
    const [file] = (await bench.session.texts('SHOW BINARY LOGS')).at(-1)!
    // A reader that was just closed may hold the file for a moment more.
    for (let left = Infinity; left > 1; left = (await bench.session.texts('SHOW BINARY LOGS')).length) {
      await bench.run(`PURGE BINARY LOGS TO '${file}'`)
    }
    for (const position of [start, { file: start.file, offset: start.offset }]) {
      await expect(bench.readAll(position)).rejects.toMatchObject({
        code: 'CDC_POSITION_LOST',
        message: expect.stringContaining('To be loaded again'),
      })
    }
  })
})
