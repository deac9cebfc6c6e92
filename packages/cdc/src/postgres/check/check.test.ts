/** What is missing is named with the statement that mends it: run, it does. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Finding } from '../../database/database.ts'
import { isPostgresInstalled, PostgresFixture } from '../testing/postgres-fixture.ts'

const table = (name: string) => ({ schema: 'shop', table: name })
const errors = (findings: readonly Finding[]) => findings.filter(({ level }) => level === 'error')
/** The statement of a finding, behind words that say who runs it. */
const statement = ({ next }: Finding) => next.slice(next.search(/(ALTER|GRANT|CREATE|SELECT) /))

describe.skipIf(!isPostgresInstalled)('the check of a Postgres', () => {
  let pg: PostgresFixture
  let url: string
  beforeAll(async () => {
    pg = await PostgresFixture.start({
      max_slot_wal_keep_size: '1MB',
      max_wal_size: '32MB',
      min_wal_size: '32MB',
    })
    url = pg.server.url.replace(/\/\/.*@/, '//reader:secret@')
    await pg.sql.query(
      `CREATE ROLE reader LOGIN PASSWORD 'secret'; REVOKE ALL ON SCHEMA public FROM public; CREATE SCHEMA shop;
       CREATE TABLE shop.plain (id int PRIMARY KEY);
       CREATE TABLE shop."no Key" (id int);
       CREATE UNLOGGED TABLE shop.unlogged (id int PRIMARY KEY);
       CREATE TABLE shop.guarded (id int PRIMARY KEY); ALTER TABLE shop.guarded ENABLE ROW LEVEL SECURITY;
       CREATE TABLE shop.parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
       CREATE TABLE shop.part_1 PARTITION OF shop.parts FOR VALUES FROM (0) TO (10)`,
    )
  }, 60_000)
  afterAll(() => pg[Symbol.asyncDispose]())

  test('names everything that an account without rights lacks, each with the statement that mends it', async () => {
    const tables = ['plain', 'no Key', 'unlogged', 'guarded', 'parts'].map(table)
    const database = await pg.open({ url, slot: 'checked', publication: 'a "checked" one' })
    const all = errors(await database.check([...tables, table('nothing')]))
    const found = all.filter(({ code }) => code === 'CDC_PREREQUISITE')
    expect(all.filter((finding) => !found.includes(finding))).toMatchObject([
      { code: 'CDC_TABLE_MISSING', message: expect.stringContaining('shop.nothing') },
    ])
    expect(found.map(statement)).toEqual([
      'ALTER ROLE "reader" REPLICATION;',
      'GRANT USAGE ON SCHEMA "shop" TO "reader";',
      'GRANT SELECT ON "shop"."guarded" TO "reader";',
      'ALTER ROLE "reader" BYPASSRLS;',
      'GRANT USAGE ON SCHEMA "shop" TO "reader";',
      'GRANT SELECT ON "shop"."no Key" TO "reader";',
      'ALTER TABLE "shop"."no Key" REPLICA IDENTITY FULL;',
      'GRANT USAGE ON SCHEMA "shop" TO "reader";',
      'GRANT SELECT ON "shop"."parts" TO "reader";',
      'GRANT USAGE ON SCHEMA "shop" TO "reader";',
      'GRANT SELECT ON "shop"."plain" TO "reader";',
      'GRANT USAGE ON SCHEMA "shop" TO "reader";',
      'GRANT SELECT ON "shop"."unlogged" TO "reader";',
      'ALTER TABLE "shop"."unlogged" SET LOGGED;',
      expect.stringMatching(/^CREATE PUBLICATION "a ""checked"" one" FOR TABLE "shop"."guarded", /),
    ])
    await expect(database.prepare(tables)).rejects.toMatchObject({
      code: 'CDC_PREREQUISITE',
      message: expect.stringContaining('CREATE PUBLICATION'),
    })
    for (const finding of found) await pg.sql.query(statement(finding))
    expect(errors(await database.check(tables))).toEqual([])
    await database.prepare(tables)
    const follower = await pg.follow(database, tables)
    await pg.sql.query(
      'INSERT INTO shop.parts VALUES (5); DELETE FROM shop."no Key"; INSERT INTO shop.guarded VALUES (1)',
    )
    const events = await follower.until((all) => all.length >= 2)
    expect(events.map((event) => event.table.table)).toEqual(['parts', 'guarded'])
    const warnings = (await database.check(tables)).filter(({ level }) => level === 'warning')
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Slot checked is being read by process \d+/),
    ])
    await follower.close()
  })

  test('is content with an account as the docs make it', async () => {
    const page = await readFile(join(import.meta.dirname, '../../../../../docs/follow-postgres.md'), 'utf8')
    const setup = /```sql\n(CREATE ROLE[^`]*)```/.exec(page)?.[1]
    await pg.sql.query(
      `CREATE TABLE shop.orders (id int PRIMARY KEY); CREATE TABLE shop.items (id int PRIMARY KEY); ${setup}`,
    )
    const account = pg.server.url.replace(/\/\/.*@/, '//millrace:choose-one@')
    const database = await pg.open({ url: account })
    const tables = [table('orders'), table('items')]
    expect(await database.check(tables)).toEqual([])
    const follower = await pg.follow(database, tables)
    await pg.sql.query('INSERT INTO shop.items VALUES (1)')
    await follower.until((all) => all.length >= 1)
    // A heartbeat and a load take no more rights.
    await database.heartbeat()
    const [items] = await database.schemas([table('items')])
    const reader = await database.openTable(items!)
    const chunk = await reader.readChunk(undefined, { rowsMax: 10, bytesMax: 1000 }, pg.control.signal)
    expect(chunk.rows).toEqual([[1]])
    await reader[Symbol.asyncDispose]()
    await follower.close()
  })

  test('names what a publication and a slot of others lack', async () => {
    await pg.sql.query(
      `CREATE PUBLICATION given FOR TABLE shop.plain WITH (publish = 'insert');
       SELECT pg_create_physical_replication_slot('physical')`,
    )
    const database = await pg.open({ slot: 'physical', publication: 'given', create: false })
    const found = errors(await database.check([table('plain'), table('parts')]))
    expect(found.map(({ message, next }) => `${message} | ${next}`)).toEqual([
      expect.stringMatching(/plugin \(physical\).* \| Name another slot/),
      'Publication given lacks shop.parts, and may not be changed (create: false). | ALTER PUBLICATION "given" ADD TABLE "shop"."parts";',
      'Publication given leaves out update and delete and truncate. | ALTER PUBLICATION "given" SET (publish = \'insert, update, delete, truncate\');',
      expect.stringMatching(
        /tells of partitions .* \| ALTER PUBLICATION "given" SET \(publish_via_partition_root = true\);$/,
      ),
    ])
    for (const finding of found.slice(1)) await pg.sql.query(statement(finding))
    expect(errors(await database.check([table('plain'), table('parts')]))).toHaveLength(1)
  })

  test('a slot that is dropped, or that the server gave up, is a lost position that names the tables', async () => {
    const database = await pg.open({ slot: 'lost', publication: 'lost' })
    await database.prepare([table('plain')])
    const start = await database.currentPosition()
    const schemas = await database.schemas([table('plain')])
    const follow = () => pg.followFrom(database, start, { isSelected: () => true, schemas })
    const lost = {
      code: 'CDC_POSITION_LOST',
      message: expect.stringContaining('load these tables again: shop.plain'),
    }
    expect((await database.health(start)).slotStatus).toBe('reserved')
    // More log than max_slot_wal_keep_size allows, and the checkpoint that removes it.
    for (let i = 0; i < 3; i++) {
      await pg.sql.query(
        "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 12000000)); SELECT pg_switch_wal()",
      )
    }
    await pg.sql.query('CHECKPOINT')
    expect((await database.health(start)).slotStatus).toBe('lost')
    expect(errors(await database.check([table('plain')]))).toMatchObject([{ code: 'CDC_POSITION_LOST' }])
    await expect((await follow()).until(() => false)).rejects.toMatchObject(lost)
    await database.prepare([table('plain')])
    expect(pg.warnings.some((warning) => warning.includes('Slot lost was given up'))).toBe(true)
    // The new slot begins behind what was committed.
    await expect((await follow()).until(() => false)).rejects.toMatchObject(lost)
    await pg.sql.query("SELECT pg_drop_replication_slot('lost')")
    await expect((await follow()).until(() => false)).rejects.toMatchObject(lost)
    expect((await database.health(start)).slotStatus).toBe('missing')
  })

  test('a server without TLS is taken where TLS is only preferred', async () => {
    expect((await pg.open({ url: `${pg.server.url}?sslmode=prefer` })).kind).toBe('postgres')
    await expect(pg.open({ url: `${pg.server.url}?sslmode=require` })).rejects.toMatchObject({
      code: 'CDC_CONNECT',
      message: expect.stringContaining('does not support SSL connections'),
    })
  })

  test('a refused account is said without its password', async () => {
    const wrong = url.replace('secret', 'hush-hush')
    await expect(pg.open({ url: wrong })).rejects.toSatisfy((error) => {
      expect(error).toMatchObject({
        code: 'CDC_CONNECT',
        message: expect.stringContaining('refused the account'),
      })
      return !JSON.stringify(error, Object.getOwnPropertyNames(error)).includes('hush-hush')
    })
    await expect(pg.open({ url: url.replace(/\/postgres$/, '/nowhere') })).rejects.toMatchObject({
      code: 'CDC_CONNECT',
      message: expect.stringContaining('no such database'),
    })
    await expect(pg.open({ url: 'postgres://me:hush@127.0.0.1:1/x' })).rejects.toMatchObject({
      code: 'CDC_CONNECT',
      message: expect.stringContaining('nothing listens there'),
    })
  })
})

test.skipIf(!isPostgresInstalled)(
  'a server without logical log says so',
  async () => {
    await using pg = await PostgresFixture.start({ wal_level: 'replica', max_replication_slots: '0' })
    const database = await pg.open()
    const found = errors(await database.check([]))
    expect(found.map(({ next }) => next)).toEqual([
      "ALTER SYSTEM SET wal_level = 'logical'; then restart the server",
      expect.stringContaining('ALTER SYSTEM SET max_replication_slots = 5; then restart the server'),
    ])
  },
  60_000,
)
