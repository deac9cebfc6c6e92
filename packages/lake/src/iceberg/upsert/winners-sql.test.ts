/** The law of upserts: how changes are cut into batches does not matter, nor that they go through SQL. */
import { randomUUID } from 'node:crypto'
import type { DuckDBConnection } from '@duckdb/node-api'
import { seededRandom } from '@millrace/values'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Duck } from '../../duck/duck-port.ts'
import { openDuck } from '../../duck/open-duck.ts'
import { deleteOp, upsertOp } from './upsert-options.ts'
import { winnersSql } from './winners-sql.ts'

let duck: Duck
let connection: DuckDBConnection
beforeAll(async () => {
  duck = await openDuck({ memoryBytes: 256e6, threads: 1, folders: [] })
  connection = await duck.connect()
})
afterAll(() => {
  connection.closeSync()
  duck.close()
})

interface Change {
  readonly op: number
  readonly id: number
  readonly item: string
  readonly at: number | null
}
type Rows = Map<string, { at: number | null; n: number }>

/** One change after the other, as the rule says. */
function applied(rows: Rows, { op, id, item, at }: Change, n: number, hasOrder: boolean): void {
  const key = `${id}/${item}`
  const row = rows.get(key)
  const isStale =
    hasOrder &&
    row !== undefined &&
    !(op === deleteOp && at === null) &&
    row.at !== null &&
    (at === null || row.at > at)
  if (isStale) return
  if (op === deleteOp) rows.delete(key)
  else rows.set(key, { at, n })
}

test.each([
  ['a precombine column', true, true],
  ['a precombine column, and no deletions', true, false],
  ['arrival alone', false, true],
])('by %s: batches in SQL leave what single changes leave', async (_, hasOrder, hasDeletes) => {
  const seed = randomUUID()
  const random = seededRandom(seed)
  for (let round = 0; round < 12; round++) {
    const expected: Rows = new Map()
    const table: Rows = new Map()
    let n = 0
    for (let batch = 0; batch < 5; batch++) {
      const changes: Change[] = Array.from({ length: 1 + random.below(40) }, () => ({
        op: hasDeletes && random.below(4) === 0 ? deleteOp : upsertOp,
        id: random.below(5),
        item: random.below(2) === 0 ? 'a' : 'b',
        at: random.below(8) === 0 ? null : random.below(10),
      }))
      const first = n
      for (const change of changes) applied(expected, change, n++, hasOrder)
      await connection.run(
        'CREATE OR REPLACE TEMP TABLE c (__op INTEGER, __n BIGINT, id INTEGER, item VARCHAR, at_ INTEGER)',
      )
      await connection.run(
        `INSERT INTO c VALUES ${changes.map(({ op, id, item, at }, i) => `(${op}, ${first + i}, ${id}, '${item}', ${at ?? 'NULL'})`).join(', ')}`,
      )
      await connection.run('CREATE OR REPLACE TEMP TABLE e (id INTEGER, item VARCHAR, __p INTEGER)')
      for (const [key, { at }] of table) {
        const [id, item] = key.split('/')
        await connection.run(`INSERT INTO e VALUES (${id}, '${item}', ${at ?? 'NULL'})`)
      }
      const winners = await connection.runAndReadAll(
        winnersSql({
          changes: 'c',
          existing: 'e',
          key: ['id', 'item'],
          precombine: hasOrder ? 'at_' : undefined,
          hasDeletes: changes.some(({ op }) => op === deleteOp),
        }),
      )
      for (const [op, winner, id, item, at] of winners.getRows()) {
        const key = `${id}/${item}`
        if (Number(op) === deleteOp) table.delete(key)
        else table.set(key, { at: at === null ? null : Number(at), n: Number(winner) })
      }
      expect(new Map([...table].sort()), `seed ${seed}`).toEqual(new Map([...expected].sort()))
    }
  }
})
