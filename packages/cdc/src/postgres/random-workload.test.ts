/**
 * Laws of the log over random workloads: tables rebuilt from it equal the source's; lost connections change nothing in what it says; and
 * from whatever position reading begins again, it says the rest and nothing else.
 */
import { seededRandom } from '@millrace/values'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Database } from '../database/database.ts'
import type { LogPosition } from '../log/log-reader.ts'
import type { Row } from '../model/column-value.ts'
import type { LogEvent } from '../model/log-event.ts'
import type { TableSchema } from '../model/table-schema.ts'
import { CuttingProxy } from './testing/cutting-proxy.ts'
import { isPostgresInstalled, PostgresFixture } from './testing/postgres-fixture.ts'
import { runWorkload, workloadSql, workloadTables } from './testing/random-workload.ts'
import { contentText, RebuiltTables } from './testing/rebuilt-tables.ts'

const isNightly = process.env.MILLRACE_NIGHTLY === '1'
const seed = process.env.MILLRACE_SEED ?? '20261121'
const rounds = isNightly ? 4 : 1
const transactions = isNightly ? 1000 : 200
const names = workloadTables.map((table) => ({ schema: 'public', table }))

/** Without the identity of objects and the places of schemas that differ between readings of a catalog. */
function eventText(event: LogEvent): string {
  if (event.kind === 'schema') {
    const columns = event.after?.columns.map(({ name, type }) => `${name} ${type.native}`)
    return `${event.operation} ${event.table.table} ${columns?.join(',')}`
  }
  const rows = event.kind === 'row' ? [event.operation, event.before, event.after] : []
  return JSON.stringify(
    [event.kind, event.table.table, ...rows, event.transaction, event.order],
    (_, value) => (value === undefined ? '?' : value),
  )
}

describe.skipIf(!isPostgresInstalled)(`random workloads (seed ${seed})`, () => {
  let fixture: PostgresFixture
  let sessions: pg.Client[]

  beforeAll(async () => {
    fixture = await PostgresFixture.start({ logical_decoding_work_mem: '64kB', deadlock_timeout: '20ms' })
    sessions = await Promise.all(
      [1, 2, 3].map(async () => {
        const session = new pg.Client({ connectionString: fixture.server.url })
        session.on('error', () => {})
        await session.connect()
        return session
      }),
    )
  }, 60_000)
  afterAll(async () => {
    for (const session of sessions) await session.end()
    await fixture[Symbol.asyncDispose]()
  })

  test.each(Array.from({ length: rounds }, (_, i) => i))(
    'round %i',
    async (round) => {
      const random = seededRandom(`${seed} workload ${round}`)
      await fixture.sql.query(`DROP TABLE IF EXISTS ${workloadTables.join(', ')}; ${workloadSql}`)
      const [straight, cut, resumed] = [`straight_${round}`, `cut_${round}`, `resumed_${round}`]
      const open = (slot: string, url = fixture.server.url) =>
        fixture.open({ slot, publication: `workload_${round}`, url }, 100_000_000)
      const database = await open(straight)
      await database.prepare(names)
      await (await open(cut)).prepare(names)
      await (await open(resumed)).prepare(names)
      const schemas = await database.schemas(names)
      const start = await database.currentPosition()
      await runWorkload(sessions, random, { transactions: transactions / 2, ddl: true })
      await fixture.sql.query(
        'ALTER TABLE plain ADD certain int; ALTER TABLE pairs RENAME v TO w; ALTER TABLE pairs RENAME w TO v',
      )
      await runWorkload(sessions, random, { transactions: transactions / 2, ddl: true })
      // A change of a table shows with its next row.
      await fixture.sql.query(
        "INSERT INTO plain (id) VALUES (-1); INSERT INTO pairs (a, b) VALUES ('last', -1); DELETE FROM keyless",
      )
      const end = await database.currentPosition()
      await database.heartbeat()

      const reference = await readUntil(fixture, database, start, end, schemas, 1_000_000)
      const rebuilt = new RebuiltTables(schemas)
      for (const event of reference.events) rebuilt.apply(event)
      for (const name of workloadTables) {
        expect(rebuilt.content(name), name).toEqual(contentText(await wholeTable(fixture, database, name)))
      }
      const expected = reference.events.map(eventText)
      expect(reference.events.some(({ kind }) => kind === 'schema')).toBe(true)
      expect(reference.events.length).toBeGreaterThan(transactions)

      // Connections cut at random places, of the log and of the catalog.
      const proxy = await CuttingProxy.start(fixture.server.port, random)
      const url = fixture.server.url.replace(`:${fixture.server.port}/`, `:${proxy.port}/`)
      const broken = await readUntil(
        fixture,
        await open(cut, url),
        start,
        end,
        schemas,
        20_000,
        () => {
          proxy.bytesMax = 2 * reference.bytes
        },
        () => {
          // Later connections live longer, or a large transaction would never be passed.
          proxy.bytesMax = proxy.cuts > (isNightly ? 60 : 12) ? 0 : reference.bytes / 2
          if (proxy.cuts === 0 || (random.below(20) === 0 && proxy.bytesMax > 0)) proxy.cutAll()
        },
      )
      expect(broken.events.map(eventText)).toEqual(expected)
      expect(proxy.cuts).toBeGreaterThan(0)
      await proxy[Symbol.asyncDispose]()

      // Readers that stop after some event, also in the middle of a transaction, and others that go on there.
      const again = await open(resumed)
      let position = start
      const known = new RebuiltTables(schemas)
      const seen: string[] = []
      for (let isAtEnd = false; !isAtEnd; ) {
        const log = await again.openLog(position, { isSelected: () => true, schemas: () => known.schemas() })
        const readsMax = 1 + random.below(isNightly ? 20 : 60)
        for (let reads = 0; reads < readsMax && !isAtEnd; reads++) {
          const batch = await log.read(1 + random.below(5000), AbortSignal.timeout(30_000))
          const isLast = reads === readsMax - 1
          const taken =
            isLast && batch.events.length > 0 ? 1 + random.below(batch.events.length) : batch.events.length
          for (const event of batch.events.slice(0, taken)) {
            seen.push(eventText(event))
            if (event.kind === 'schema') known.tables.get(event.table.table)!.schema = event.after!
          }
          position = taken === batch.events.length ? batch.position : batch.positionAfter(taken - 1)
          // Positions are JSON, and come back from a disk.
          position = JSON.parse(JSON.stringify(position)) as LogPosition
          isAtEnd = isReached(again, position, end)
          if (random.below(3) === 0) log.acknowledge(position)
        }
        await log.close()
      }
      expect(seen).toEqual(expected)
    },
    600_000,
  )
})

async function readUntil(
  fixture: PostgresFixture,
  database: Database,
  start: LogPosition,
  end: LogPosition,
  schemas: readonly TableSchema[],
  maxBytes: number,
  opened = () => {},
  next = () => {},
): Promise<{ events: LogEvent[]; bytes: number }> {
  const follower = await fixture.followFrom(database, start, { isSelected: () => true, schemas })
  opened()
  const events: LogEvent[] = []
  let bytes = 0
  const signal = AbortSignal.timeout(60_000)
  while (!isReached(database, follower.position, end)) {
    if (signal.aborted) throw new Error(`waited in vain at ${JSON.stringify(follower.position)}`)
    const batch = await follower.log.read(maxBytes, signal)
    events.push(...batch.events)
    follower.position = batch.position
    bytes += batch.events.length * 60
    follower.log.acknowledge(batch.position)
    next()
  }
  await follower.close()
  return { events, bytes }
}

function isReached(database: Database, position: LogPosition, end: LogPosition): boolean {
  return (database.comparePositions(position, end) ?? -1) >= 0
}

async function wholeTable(fixture: PostgresFixture, database: Database, table: string): Promise<Row[]> {
  const [schema] = await database.schemas([{ schema: 'public', table }])
  const reader = await database.openTable(schema!)
  const rows: Row[] = []
  for await (const chunk of reader.readWhole({ rowsMax: 100, bytesMax: 100_000 }, fixture.control.signal)) {
    rows.push(...chunk.rows)
  }
  await reader[Symbol.asyncDispose]()
  return rows
}
