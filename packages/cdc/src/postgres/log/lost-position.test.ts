/** Which server's log it is: another cluster, a new timeline with all that was read, one without. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isPostgresInstalled, PostgresFixture } from '../testing/postgres-fixture.ts'

const table = { schema: 'public', table: 'item' }

describe.skipIf(!isPostgresInstalled)('a position', () => {
  let fixture: PostgresFixture
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-timeline-'))
    fixture = await PostgresFixture.start({ restore_command: 'false' }, folder)
    await fixture.sql.query('CREATE TABLE item (id int PRIMARY KEY)')
  }, 60_000)
  afterAll(async () => {
    await fixture[Symbol.asyncDispose]()
    await rm(folder, { recursive: true, force: true })
  })

  test('is good on a server that took over behind it, and lost on others', async () => {
    const database = await fixture.open({ slot: 'timeline', publication: 'timeline' })
    const first = await fixture.follow(database, [table])
    const schemas = await database.schemas([table])
    const from = (position: object) =>
      fixture.followFrom(database, { ...position }, { isSelected: () => true, schemas })
    await fixture.sql.query('INSERT INTO item VALUES (1)')
    await first.until((all) => all.length >= 1)
    const { position } = first
    expect(position.timeline).toBe(1)
    await first.close()

    // As a standby takes over: recovery ends, and the log goes on with a new number.
    await fixture.server.stop()
    await writeFile(join(folder, 'data', 'recovery.signal'), '')
    await fixture.server.start()
    const after = await fixture.open({ slot: 'timeline', publication: 'timeline' })
    await after.heartbeat()
    const second = await from(position)
    await insert('2')
    const [event] = await second.until((all) => all.length >= 1)
    expect(event).toMatchObject({ kind: 'row', after: [2] })
    expect(second.position.timeline).toBe(2)
    await second.close()

    const lost = (reason: string) => ({
      code: 'CDC_POSITION_LOST',
      message: expect.stringMatching(new RegExp(`${reason}.*load these tables again: public.item`)),
    })
    // Read up to here from a server that is no more.
    const beyond = await from({ ...second.position, timeline: 1 })
    await expect(beyond.until(() => false)).rejects.toMatchObject(lost('took over .timeline 2. at '))
    const foreign = await from({ ...second.position, timeline: 7 })
    await expect(foreign.until(() => false)).rejects.toMatchObject(lost('from another server'))
    const other = await from({ ...second.position, system: '1' })
    await expect(other.until(() => false)).rejects.toMatchObject(lost('another database cluster .identifier'))
    const ahead = await from({ ...second.position, lsn: 'FF/0' })
    await expect(ahead.until(() => false)).rejects.toMatchObject(lost("server's log ends at "))
    const behind = await from({ ...position, lsn: '0/1' })
    await expect(behind.until(() => false)).rejects.toMatchObject(lost('behind the committed position 0/1'))
  }, 60_000)

  /** Of a new client: the fixture's own was lost with the server. */
  async function insert(id: string): Promise<void> {
    const { Client } = await import('pg')
    const client = new Client({ connectionString: fixture.server.url })
    await client.connect()
    await client.query(`INSERT INTO item VALUES (${id})`)
    await client.end()
  }
})
