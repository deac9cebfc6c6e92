/**
 * Laws of chunks while the source goes on: the rows of all chunks, with the changes applied to each that its view does not contain, are
 * the table; a view never doubts; nothing that is read after a view was passed is contained in it.
 */
import { seededRandom } from '@millrace/values'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LogPosition } from '../../log/log-reader.ts'
import type { Row } from '../../model/column-value.ts'
import type { RowChange } from '../../model/log-event.ts'
import type { TableSchema } from '../../model/table-schema.ts'
import type { Chunk, KeyValues } from '../../snapshot/table-reader.ts'
import { isPostgresInstalled, PostgresFixture } from '../testing/postgres-fixture.ts'
import { contentText } from '../testing/rebuilt-tables.ts'

const seed = process.env.MILLRACE_SEED ?? '20261121'
const rowsOfTable = process.env.MILLRACE_NIGHTLY === '1' ? 20_000 : 2000

/** What the rows begin with, as SQL over `i`: a number, and a text with the collation of a language. */
const keySql = ['i', "(CASE i % 3 WHEN 0 THEN 'Z' WHEN 1 THEN 'é' ELSE 'e' END) || i"] as const

describe.skipIf(!isPostgresInstalled)(`chunks and log (seed ${seed})`, () => {
  let fixture: PostgresFixture
  beforeAll(async () => {
    fixture = await PostgresFixture.start()
  }, 60_000)
  afterAll(() => fixture[Symbol.asyncDispose]())

  test.each([0, 1])(
    'together are the table, key %i',
    async (which) => {
      const random = seededRandom(`${seed} chunks ${which}`)
      const column = which === 0 ? 'k1 int' : 'k1 text COLLATE "en-x-icu"'
      const table = `merged_${which}`
      const name = { schema: 'public', table }
      await fixture.sql.query(
        `CREATE TABLE ${table} (v int, k2 int, ${column}, body text, PRIMARY KEY (k1, k2));
       INSERT INTO ${table} SELECT i, i % 4, ${keySql[which]!}, repeat('b', i % 50) FROM generate_series(1, ${rowsOfTable}) i`,
      )
      const database = await fixture.open({ slot: table, publication: table })
      await database.prepare([name])
      const start = await database.currentPosition()
      const [schema] = await database.schemas([name])
      const follower = await fixture.followFrom(database, start, {
        isSelected: () => true,
        schemas: [schema!],
      })

      // Two sessions write until the last chunk is read.
      let isLoading = true
      const writers = [1, 2].map(async () => {
        const session = new pg.Client({ connectionString: fixture.server.url })
        await session.connect()
        while (isLoading) {
          const [a, b] = [random.below(rowsOfTable), random.below(rowsOfTable)]
          await session.query('BEGIN')
          try {
            await session.query(`UPDATE ${table} SET v = v + 1 WHERE v % 97 = ${a % 97}`)
            await session.query(`DELETE FROM ${table} WHERE v % 211 = ${b % 211}`)
            const next = which === 0 ? `${a * 3}` : `'${['Z', 'é', 'e', 'ÿ'][a % 4]}${b}'`
            await session.query(
              `INSERT INTO ${table} VALUES (${a}, 9, ${next}, 'new') ON CONFLICT DO NOTHING`,
            )
            await session.query(`UPDATE ${table} SET k2 = k2 + 10 WHERE k1 = ${next} AND k2 < 10`)
            await session.query(random.below(6) === 0 ? 'ROLLBACK' : 'COMMIT')
          } catch {
            await session.query('ROLLBACK')
          }
        }
        await session.end()
      })

      const reader = await database.openTable(schema!)
      const chunks: Chunk[] = []
      for (let after: KeyValues | undefined, isEnd = false; !isEnd; ) {
        const chunk = await reader.readChunk(
          after,
          { rowsMax: 1 + random.below(300), bytesMax: 20_000 },
          fixture.control.signal,
        )
        chunks.push(chunk)
        after = chunk.last
        isEnd = after === undefined
      }
      isLoading = false
      await Promise.all(writers)
      expect(chunks.length).toBeGreaterThan(5)

      const end = await database.currentPosition()
      await database.heartbeat()
      const changes: { event: RowChange; before: LogPosition }[] = []
      let position = start
      while ((database.comparePositions(position, end) ?? -1) < 0) {
        const batch = await follower.log.read(100_000, AbortSignal.timeout(30_000))
        batch.events.forEach((event, i) => {
          if (event.kind !== 'row') throw new Error(event.kind)
          changes.push({ event, before: i === 0 ? position : batch.positionAfter(i - 1) })
        })
        position = batch.position
      }
      expect(changes.length).toBeGreaterThan(100)

      for (const { view } of chunks) {
        const answers = changes.map(({ event }) => view.contains(event.transaction!, {}))
        expect(answers).not.toContain('maybe')
        const passed = changes.findIndex(({ before }) => view.isPassedBy(before))
        if (passed >= 0) expect(answers.slice(passed)).not.toContain('yes')
      }

      // Where each key of the log belongs, by the database's order.
      const seen = new Map<string, KeyValues>()
      const keyOf = (row: Row): KeyValues => schema!.key.map((index) => row[index])
      for (const { event } of changes) {
        for (const row of [event.before, event.after]) {
          if (row !== undefined) seen.set(JSON.stringify(keyOf(row)), keyOf(row))
        }
      }
      const places = new Map<string, number>()
      for (const [i, chunk] of chunks.entries()) {
        const left = [...seen].filter(([text]) => !places.has(text))
        const isInside =
          chunk.last === undefined
            ? left.map(() => true)
            : await reader.areAtMost(
                left.map(([, key]) => key),
                chunk.last,
                fixture.control.signal,
              )
        left.forEach(([text], k) => {
          if (isInside[k] === true) places.set(text, i)
        })
      }
      const merged = chunks.flatMap((chunk, i) => {
        const rows = new Map(chunk.rows.map((row) => [JSON.stringify(keyOf(row)), row]))
        for (const { event } of changes) {
          if (chunk.view.contains(event.transaction!, {}) === 'yes') continue
          const before = event.before === undefined ? undefined : JSON.stringify(keyOf(event.before))
          const after = event.after === undefined ? undefined : JSON.stringify(keyOf(event.after))
          if (before !== undefined && places.get(before) === i) rows.delete(before)
          if (after !== undefined && places.get(after) === i) rows.set(after, event.after!)
        }
        return [...rows.values()]
      })
      expect(contentText(merged)).toEqual(contentText(await allRows(fixture, database, schema!)))
      await reader[Symbol.asyncDispose]()
    },
    120_000,
  )
})

async function allRows(
  fixture: PostgresFixture,
  database: Awaited<ReturnType<PostgresFixture['open']>>,
  schema: TableSchema,
): Promise<Row[]> {
  const reader = await database.openTable(schema)
  const rows: Row[] = []
  for await (const chunk of reader.readWhole({ rowsMax: 1000, bytesMax: 100_000 }, fixture.control.signal)) {
    rows.push(...chunk.rows)
  }
  await reader[Symbol.asyncDispose]()
  return rows
}
