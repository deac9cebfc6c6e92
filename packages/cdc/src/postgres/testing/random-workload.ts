/**
 * Transactions as applications make them, and stranger: concurrent sessions, savepoints, rollbacks, changed keys, large ones, truncates,
 * columns that come and go in between.
 */
import type { Random } from '@millrace/values'
import type pg from 'pg'
import { oneOf } from './random-texts.ts'

export const workloadTables = ['plain', 'pairs', 'keyless'] as const

export const workloadSql = `
  CREATE TABLE plain (id int PRIMARY KEY, n numeric, t text);
  CREATE TABLE pairs (a text, b int, v text, PRIMARY KEY (b, a));
  CREATE TABLE keyless (x int, y text);
  ALTER TABLE keyless REPLICA IDENTITY FULL;
  ALTER TABLE plain ALTER t SET STORAGE EXTERNAL`

/** Runs that many transactions over the sessions. Statements that fail (a key twice, a deadlock) end their transaction. */
export async function runWorkload(
  sessions: readonly pg.Client[],
  random: Random,
  options: { readonly transactions: number; readonly ddl: boolean },
): Promise<void> {
  let columns = 0
  await Promise.all(
    sessions.map(async (session, index) => {
      for (let i = 0; i < options.transactions / sessions.length; i++) {
        await session.query('BEGIN')
        try {
          const count = random.below(30) === 0 ? 200 : 1 + random.below(6)
          for (let k = 0; k < count; k++) await statement(session, random)
          // One session at a time, or they wait for each other in a circle.
          if (options.ddl && index === 0 && random.below(6) === 0) {
            const name = `extra_${columns++}`
            await session.query(
              oneOf(random, [
                `ALTER TABLE plain ADD ${name} int`,
                `ALTER TABLE pairs ADD ${name} text DEFAULT 'd'`,
                `ALTER TABLE plain RENAME t TO ${name}`,
                `ALTER TABLE pairs DROP COLUMN IF EXISTS extra_${random.below(columns)}`,
                `ALTER TABLE plain DROP COLUMN IF EXISTS extra_${random.below(columns)}`,
                'ALTER TABLE plain ALTER n TYPE numeric(20,4)',
                'ALTER TABLE plain ALTER n TYPE numeric',
                'TRUNCATE keyless, pairs',
              ]),
            )
            await statement(session, random)
          }
          await session.query(random.below(5) === 0 ? 'ROLLBACK' : 'COMMIT')
        } catch {
          await session.query('ROLLBACK')
        }
      }
    }),
  )
}

async function statement(session: pg.Client, random: Random): Promise<void> {
  const id = random.below(60)
  const other = random.below(60)
  const savepoint = random.below(6)
  if (savepoint === 0) await session.query('SAVEPOINT s')
  await session.query(
    oneOf(random, [
      `INSERT INTO plain (id, n) VALUES (${id}, ${other}.5) ON CONFLICT (id) DO UPDATE SET n = excluded.n + plain.n`,
      `INSERT INTO plain SELECT ${id} + 100 * i, i FROM generate_series(1, ${1 + random.below(20)}) i ON CONFLICT DO NOTHING`,
      `UPDATE plain SET n = n * 2 + 1 WHERE id % 7 = ${id % 7}`,
      `UPDATE plain SET id = id + 1000 WHERE id = ${id} AND NOT EXISTS (SELECT FROM plain WHERE id = ${id} + 1000)`,
      `DELETE FROM plain WHERE id % 13 = ${other % 13}`,
      `INSERT INTO pairs (a, b, v) VALUES ('k"${id}', ${other % 5}, repeat('é', ${random.below(300)})) ON CONFLICT DO NOTHING`,
      `UPDATE pairs SET v = v || 'x' WHERE b = ${other % 5}`,
      `UPDATE pairs SET a = a || 'ü' WHERE b = ${other % 5} AND length(a) < 12 AND NOT EXISTS (SELECT FROM pairs p WHERE p.b = ${other % 5} AND p.a = pairs.a || 'ü')`,
      `DELETE FROM pairs WHERE a = 'k"${id}'`,
      `INSERT INTO keyless VALUES (${id}, NULL), (${id}, 'twin'), (${id}, 'twin')`,
      `UPDATE keyless SET y = coalesce(y, 'was null') || '!' WHERE x = ${id} AND length(coalesce(y, '')) < 30`,
      `DELETE FROM keyless WHERE x % 4 = ${id % 4}`,
    ]),
  )
  if (savepoint === 0 && random.below(2) === 0) await session.query('ROLLBACK TO SAVEPOINT s')
}
