import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogEvent } from '../model/log-event.ts'
import { isPostgresInstalled, PostgresFixture } from './testing/postgres-fixture.ts'

const table = (name: string) => ({ schema: 'public', table: name })

/** Events as short lines. */
function lines(events: readonly LogEvent[]): string[] {
  return events.map((event) => {
    if (event.kind === 'truncate') return `truncate ${event.table.table}`
    if (event.kind === 'row') {
      const [before, after] = [event.before, event.after].map((row) =>
        row === undefined ? '-' : row.map((value) => String(value)).join(','),
      )
      return `${event.operation} ${event.table.table} ${before} > ${after}`
    }
    const columns = event.after?.columns.map((column) => `${column.name} ${column.type.native}`).join(', ')
    const name = event.after?.table
    return `${event.operation} ${event.table.table} > ${name ?? 'nothing'} (${columns ?? ''})`
  })
}

describe.skipIf(!isPostgresInstalled)('following a real Postgres', () => {
  let pg: PostgresFixture
  beforeAll(async () => {
    pg = await PostgresFixture.start()
  }, 60_000)
  afterAll(() => pg[Symbol.asyncDispose]())

  test('rows, truncates and changes of tables come in the order of the log', async () => {
    await pg.sql.query('CREATE TABLE item (id int PRIMARY KEY, name text, price numeric(8,2))')
    const database = await pg.open({ slot: 'order_of_log', publication: 'order_of_log' })
    const follower = await pg.follow(database, [table('item')])
    await pg.sql.query("INSERT INTO item VALUES (1, 'a', 1.5), (2, 'b', NULL)")
    await pg.sql.query("UPDATE item SET name = 'c' WHERE id = 1")
    await pg.sql.query('UPDATE item SET id = 3 WHERE id = 1')
    await pg.sql.query(
      'BEGIN; DELETE FROM item WHERE id = 2; ALTER TABLE item RENAME name TO title; ALTER TABLE item ADD more int[]; INSERT INTO item VALUES (4); COMMIT',
    )
    await pg.sql.query('TRUNCATE item')
    await pg.sql.query('ALTER TABLE item ALTER price TYPE float8')
    await pg.sql.query('ALTER TABLE item RENAME TO thing')
    await pg.sql.query("INSERT INTO thing VALUES (5, 'e', 'NaN', '{1,NULL}')")
    const events = await follower.until((all) => lines(all).some((line) => line.startsWith('insert thing')))
    const columns = 'id integer, title text, price numeric(8,2), more integer[]'
    const retyped = 'id integer, title text, price double precision, more integer[]'
    expect(lines(events)).toEqual([
      'insert item - > 1,a,1.50',
      'insert item - > 2,b,null',
      'update item - > 1,c,1.50',
      'update item 1,undefined,undefined > 3,c,1.50',
      'delete item 2,undefined,undefined > -',
      `change-columns item > item (${columns})`,
      'insert item - > 4,null,null,null',
      'truncate item',
      `rename-table item > thing (${columns})`,
      `column-type-change thing > thing (${retyped})`,
      'insert thing - > 5,e,NaN,1,',
    ])
  })

  test('a table that nobody writes to is known by looks at the catalog: renamed, changed, swapped, dropped, created', async () => {
    await pg.sql.query('CREATE TABLE one (id int PRIMARY KEY); CREATE TABLE two (id int PRIMARY KEY)')
    const database = await pg.open({ slot: 'looks', publication: 'looks' })
    const follower = await pg.follow(database, [table('one'), table('two')], ({ table }) =>
      /^(one|two|three)/.test(table),
    )
    await pg.sql.query('ALTER TABLE one ADD note text')
    await follower.until((all) => all.length >= 1)
    await pg.sql.query(
      'BEGIN; ALTER TABLE one RENAME TO swap; ALTER TABLE two RENAME TO one; ALTER TABLE swap RENAME TO two; COMMIT',
    )
    await follower.until((all) => all.length >= 4)
    await pg.sql.query('DROP TABLE one')
    await follower.until((all) => all.length >= 5)
    await pg.sql.query('CREATE TABLE three (id int PRIMARY KEY)')
    await database.prepare([table('three')])
    await pg.sql.query('INSERT INTO three VALUES (3)')
    const seen = lines(await follower.until((all) => all.length >= 7))
    expect(seen[0]).toBe('add-column one > one (id integer, note text)')
    // Either of the two may be the one that waits under a name of its own.
    const names = new Map([
      ['one', 'one'],
      ['two', 'two'],
    ])
    for (const line of seen.slice(1, 4)) {
      const [, from, to] = /^rename-table (\w+) > (\w+)/.exec(line) ?? []
      const original = [...names].find(([, now]) => now === from)?.[0] ?? ''
      names.set(original, to ?? '')
    }
    expect(names).toEqual(
      new Map([
        ['one', 'two'],
        ['two', 'one'],
      ]),
    )
    expect(seen.slice(4)).toEqual([
      'drop-table one > nothing ()',
      'create-table three > three (id integer)',
      'insert three - > 3',
    ])
  })

  test('tables that swapped their names are known apart when one statement empties both', async () => {
    await pg.sql.query(
      'CREATE TABLE left_one (id int PRIMARY KEY); CREATE TABLE right_one (id int PRIMARY KEY)',
    )
    const database = await pg.open({ slot: 'swaps', publication: 'swaps' })
    const follower = await pg.follow(database, [table('left_one'), table('right_one')])
    await pg.sql.query(
      `BEGIN; ALTER TABLE left_one RENAME TO swap; ALTER TABLE right_one RENAME TO left_one; ALTER TABLE swap RENAME TO right_one;
       TRUNCATE left_one, right_one; COMMIT`,
    )
    await pg.sql.query('INSERT INTO left_one VALUES (1); INSERT INTO right_one VALUES (2)')
    const seen = lines(await follower.until((all) => all.length >= 7))
    const names = new Map<string | undefined, string>()
    for (const line of seen.slice(0, 3)) {
      const [, from, to = ''] = /^rename-table (\w+) > (\w+)/.exec(line) ?? []
      const original = [...names].find(([, now]) => now === from)?.[0] ?? from
      names.set(original, to)
    }
    expect(Object.fromEntries(names)).toEqual({ left_one: 'right_one', right_one: 'left_one' })
    expect(seen.slice(3).sort()).toEqual([
      'insert left_one - > 1',
      'insert right_one - > 2',
      'truncate left_one',
      'truncate right_one',
    ])
  })

  test('unchanged TOASTed values are undefined, and known where the replica identity is full', async () => {
    await pg.sql.query(
      'CREATE TABLE big (id int PRIMARY KEY, n int, body text); ALTER TABLE big ALTER body SET STORAGE EXTERNAL',
    )
    const database = await pg.open({ slot: 'toast', publication: 'toast' })
    const follower = await pg.follow(database, [table('big')])
    await pg.sql.query("INSERT INTO big VALUES (1, 1, repeat('x', 5000))")
    await pg.sql.query('UPDATE big SET n = 2')
    await pg.sql.query('ALTER TABLE big REPLICA IDENTITY FULL')
    await pg.sql.query('UPDATE big SET n = 3')
    const rows = (await follower.until((all) => all.length >= 3)).filter((event) => event.kind === 'row')
    const body = 'x'.repeat(5000)
    expect(rows.map(({ before, after }) => [before, after])).toEqual([
      [undefined, [1, 1, body]],
      [undefined, [1, 2, undefined]],
      [
        [1, 2, body],
        [1, 3, body],
      ],
    ])
  })
})
