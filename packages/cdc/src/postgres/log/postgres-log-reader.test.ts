/** What a reader of the log promises beside its events: bounds, liveness, positions that move, slots that let go. */
import { type Clock, systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isPostgresInstalled, PostgresFixture } from '../testing/postgres-fixture.ts'

const table = (name: string) => ({ schema: 'public', table: name })

describe.skipIf(!isPostgresInstalled)('a reader of the log', () => {
  let pg: PostgresFixture
  beforeAll(async () => {
    pg = await PostgresFixture.start({ wal_sender_timeout: '1s', logical_decoding_work_mem: '64kB' })
  }, 60_000)
  afterAll(() => pg[Symbol.asyncDispose]())

  const confirmed = async (slot: string) => {
    const { rows } = await pg.sql.query<{ lsn: string }>(
      'SELECT confirmed_flush_lsn::text AS lsn FROM pg_replication_slots WHERE slot_name = $1',
      [slot],
    )
    return { lsn: rows[0]!.lsn }
  }

  test('moves its position, and the slot, while only other databases are written to', async () => {
    await pg.sql.query('CREATE TABLE quiet (id int PRIMARY KEY)')
    await pg.sql.query('CREATE DATABASE other')
    const database = await pg.open({ slot: 'quiet', publication: 'quiet' })
    const follower = await pg.follow(database, [table('quiet')])
    const other = await pg.open({ url: pg.server.url.replace(/\/postgres$/, '/other') })
    const before = await database.currentPosition()
    // Another database's log, without a change that is for us.
    await other.heartbeat()
    const end = await database.currentPosition()
    expect(database.comparePositions(before, end)).toBeLessThan(0)
    const signal = AbortSignal.timeout(30_000)
    while ((database.comparePositions(follower.position, end) ?? -1) < 0) {
      const batch = await follower.log.read(1000, signal)
      expect(batch.events).toEqual([])
      follower.position = batch.position
    }
    expect(database.comparePositions(await confirmed('quiet'), end)).toBeLessThan(0)
    follower.log.acknowledge(follower.position)
    while ((database.comparePositions(await confirmed('quiet'), end) ?? -1) < 0) signal.throwIfAborted()
    await follower.close()
  })

  test('acknowledges only what it was told to', async () => {
    await pg.sql.query('CREATE TABLE kept (id int PRIMARY KEY)')
    const database = await pg.open({ slot: 'kept', publication: 'kept' })
    const follower = await pg.follow(database, [table('kept')])
    const start = await confirmed('kept')
    await pg.sql.query('INSERT INTO kept SELECT generate_series(1, 10)')
    const events: unknown[] = []
    while (events.length < 10)
      events.push(...(await follower.log.read(1000, AbortSignal.timeout(30_000))).events)
    // The server asks for a word of us at half of its patience, and gets one; it is not what we have read.
    const { rows } = await pg.sql.query('SELECT pg_sleep(0.7)')
    expect(rows).toHaveLength(1)
    expect(await confirmed('kept')).toEqual(start)
    await follower.close()
  })

  test('gives a transaction in pieces, keeps little of it, and the server waits as long as nobody reads', async () => {
    await pg.sql.query('CREATE TABLE large (id int PRIMARY KEY, body text)')
    const database = await pg.open({ slot: 'large', publication: 'large' })
    const follower = await pg.follow(database, [table('large')])
    const rows = 60_000
    await pg.sql.query(`INSERT INTO large SELECT i, repeat('x', 500) FROM generate_series(1, ${rows}) i`)
    const signal = AbortSignal.timeout(60_000)
    let count = 0
    let largest = 0
    let isSlow = false
    while (count < rows) {
      const batch = await follower.log.read(100_000, signal)
      largest = Math.max(largest, batch.events.length)
      count += batch.events.length
      if (count > 1000 && !isSlow) {
        isSlow = true
        const external = process.memoryUsage().arrayBuffers
        // Twice the server's patience; what comes meanwhile stays in its socket, not in our memory.
        await pg.sql.query('SELECT pg_sleep(2)')
        expect(process.memoryUsage().arrayBuffers - external).toBeLessThan(12_000_000)
      }
    }
    // Rows of 500 bytes: 200 and the one that is over.
    expect(largest).toBeLessThanOrEqual(201)
    expect(count).toBe(rows)
    expect(pg.warnings.filter((warning) => warning.includes('broke off'))).toEqual([])
    await follower.close()
  })

  test('waits for the slot that another one reads, and then says whose it is', async () => {
    await pg.sql.query('CREATE TABLE shared (id int PRIMARY KEY)')
    const options = { slot: 'shared', publication: 'shared' }
    const database = await pg.open(options)
    const follower = await pg.follow(database, [table('shared')])
    await pg.sql.query('INSERT INTO shared VALUES (1)')
    await follower.until((all) => all.length >= 1)
    // A clock on which a second is over a thousand times sooner.
    const clock: Clock = {
      now: () => systemClock.now() * 1000,
      sleep: (ms, signal) => systemClock.sleep(ms / 1000, signal),
    }
    const other = await pg.open(options, 1_000_000, clock)
    const second = await pg.followFrom(other, follower.position, { isSelected: () => true, schemas: [] })
    await expect(second.until(() => false)).rejects.toMatchObject({
      code: 'CDC_PREREQUISITE',
      message: expect.stringMatching(/Slot shared is read by another: .*active for PID \d+.* option slot/),
    })
    // The first one did not notice.
    await pg.sql.query('INSERT INTO shared VALUES (2)')
    await follower.until((all) => all.length >= 2)
    await follower.close()
  })

  test('comes back after the server was killed, without a change twice', async () => {
    await pg.sql.query('CREATE TABLE steady (id int PRIMARY KEY)')
    const database = await pg.open({ slot: 'steady', publication: 'steady' })
    const follower = await pg.follow(database, [table('steady')])
    await pg.sql.query('INSERT INTO steady SELECT generate_series(1, 50)')
    await follower.until((all) => all.length >= 20, 500)
    await pg.server.kill()
    const restarted = pg.server.start()
    const rest = follower.until((all) => all.length >= 50, 500)
    await restarted
    const events = await rest
    expect(events.map((event) => (event.kind === 'row' ? event.after?.[0] : event.kind))).toEqual(
      Array.from({ length: 50 }, (_, i) => i + 1),
    )
    await follower.close()
  })
})
