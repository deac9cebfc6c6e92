/**
 * Every type, end to end: a value of the database, as text of a record, is what the database itself says of it; by the load and by the
 * log alike. The oracle is the server's own SELECT; values are random, with the ends of each range among them.
 *
 * `npm test` takes some dozen values of each type; MILLRACE_NIGHTLY=1 thousands, and MySQL. The seed is printed; MILLRACE_SEED sets it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import { CaptureProcess, recordsOf, waitForCount } from './testing/capture-process.ts'
import { type ExactJson, parseExact } from './testing/exact-json.ts'
import { type LiveKind, type LiveSession, liveDatabases } from './testing/live-database.ts'
import { mysqlTypes } from './testing/mysql-types.ts'
import { postgresPreparation, postgresTypes } from './testing/postgres-types.ts'
import type { TypeCase } from './testing/type-case.ts'

const isNightly = process.env.MILLRACE_NIGHTLY !== undefined
const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const values = isNightly ? 2_000 : 40
console.log(`type matrix: seed ${seed}`)

for (const kind of ['mariadb', 'postgres', 'mysql'] as const) {
  const database = liveDatabases[kind]
  describe.skipIf(!database.isInstalled || (kind === 'mysql' && !isNightly))(kind, () => {
    test('records have every value as the database says it', { timeout: 600_000 }, async () => {
      const cases = casesOf(kind)
      await using server = await database.start()
      const session = await database.session(server.url)
      await prepare(kind, session)
      const random = seededRandom(seed)
      for (const [i, type] of cases.entries()) await fill(session, i, type, random)
      const work = mkdtempSync(join(tmpdir(), 'millrace-types-'))
      const dataDir = join(work, 'data')
      const capture = new CaptureProcess({
        kind,
        options: { url: server.url, tables: ['shop.t%'], envelope: { format: 'flat' } },
        dataDir,
      })
      try {
        await waitForCount(capture, dataDir, cases.length * values)
        // The same values once more, by the log.
        for (const i of cases.keys())
          await session.query(`INSERT INTO shop.t${i} SELECT id + ${values}, v FROM shop.t${i}`)
        await waitForCount(capture, dataDir, cases.length * values * 2)
        await capture.stop()
        await compare(session, cases, (await recordsOf(dataDir)).map(readFlat))
      } finally {
        await capture.kill()
        rmSync(work, { recursive: true, force: true })
        await session.close()
      }
    })
  })
}

function casesOf(kind: LiveKind): readonly TypeCase[] {
  return kind === 'postgres' ? postgresTypes : mysqlTypes[kind]
}

async function prepare(kind: LiveKind, session: LiveSession): Promise<void> {
  if (kind === 'postgres') {
    await session.query('CREATE SCHEMA shop')
    for (const sql of [...postgresPreparation, "SET intervalstyle = 'iso_8601'", "SET timezone = 'UTC'"]) {
      await session.query(sql)
    }
    return
  }
  await session.query('CREATE DATABASE shop CHARACTER SET utf8mb4')
  // Zero dates, and characters that a character set lacks.
  await session.query("SET sql_mode = '', time_zone = '+00:00'")
}

async function fill(
  session: LiveSession,
  index: number,
  { type, literal }: TypeCase,
  random: ReturnType<typeof seededRandom>,
): Promise<void> {
  await session.query(`CREATE TABLE shop.t${index} (id int PRIMARY KEY, v ${type})`)
  const rows = Array.from({ length: values }, (_, id) => `(${id}, ${id === 0 ? 'NULL' : literal(random)})`)
  for (let at = 0; at < rows.length; at += 200) {
    await session.query(`INSERT INTO shop.t${index} VALUES ${rows.slice(at, at + 200).join(', ')}`)
  }
}

interface FlatRecord {
  readonly id: string
  readonly v: ExactJson
  readonly __op: string
  readonly __table: string
}

function readFlat(text: string): FlatRecord {
  return parseExact(text) as unknown as FlatRecord // what the envelope is documented to write
}

async function compare(
  session: LiveSession,
  cases: readonly TypeCase[],
  records: readonly FlatRecord[],
): Promise<void> {
  const wrong: string[] = []
  for (const [i, { type, text, isSame = equal }] of cases.entries()) {
    const found = records.filter((record) => record.__table === `t${i}`)
    expect(
      found.map(({ __op }) => __op),
      type,
    ).toEqual([...Array.from({ length: values }, () => 'r'), ...Array.from({ length: values }, () => 'c')])
    const rows = await session.query(`SELECT id, ${text ?? 'v'} FROM shop.t${i}`)
    const expected = new Map(rows.map(([id, v]) => [id, v ?? null]))
    const problems = found.filter(({ id, v }) => {
      const said = expected.get(id)
      if (said === undefined || said === null) return v !== said
      return !isSame(v, said)
    })
    for (const { id, v, __op } of problems.slice(0, 3)) {
      wrong.push(
        `${type} by ${__op === 'r' ? 'load' : 'log'}: ${JSON.stringify(v)} for ${JSON.stringify(expected.get(id))}`,
      )
    }
  }
  expect(wrong).toEqual([])
}

function equal(value: ExactJson, expected: string): boolean {
  return value === expected
}
