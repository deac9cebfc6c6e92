/**
 * A table of a MariaDB that is written to all the time is copied into a Postgres by a process that is killed at random: in the end the
 * copy is the table, and the history has every change of the stream once.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  findMariaDb,
  findPostgresServer,
  type PrivateServer,
  privateMariaDb,
  privatePostgres,
} from '@millrace/cdc'
import { openStore } from '@millrace/store'
import { seededRandom, systemClock } from '@millrace/values'
import { type Connection, createConnection } from 'mysql2/promise'
import { Client } from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliProcess } from '../cli/cli-process.test-kit.ts'
import { readRecords } from '../testing/read-records.ts'

const isNightly = process.env.MILLRACE_NIGHTLY === '1'
const areInstalled = (await findMariaDb()) !== undefined && (await findPostgresServer()) !== undefined

describe.skipIf(!isNightly || !areInstalled)('from a MariaDB into a Postgres', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-copied-'))
  let from: PrivateServer
  let to: PrivateServer
  let source: Connection
  let target: Client

  beforeAll(async () => {
    ;[from, to] = await Promise.all([privateMariaDb(), privatePostgres()])
    source = await createConnection({ uri: from.url.replace(/^mariadb/, 'mysql'), multipleStatements: true })
    await source.query(`CREATE DATABASE shop; USE shop;
      CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(40), amount DECIMAL(12, 4), at DATETIME(6))`)
    target = new Client({ connectionString: to.url })
    await target.connect()
    await target.query(`CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(40), amount NUMERIC(12, 4), at TIMESTAMP(6));
      CREATE TABLE history (shard INT, sequence BIGINT, id INT, operation TEXT)`)
  }, 60_000)
  afterAll(async () => {
    await Promise.all([source.end(), target.end()])
    await Promise.all([from[Symbol.asyncDispose](), to[Symbol.asyncDispose]()])
    rmSync(dir, { recursive: true, force: true })
  })

  const sourceRows = async () => {
    const [rows] = await source.query(
      'SELECT CONCAT_WS("|", id, name, amount, at) AS row_text FROM items ORDER BY id',
    )
    return (rows as { row_text: string }[]).map(({ row_text }) => row_text)
  }
  const targetRows = async () => {
    const { rows } = await target.query<{ row_text: string }>(
      `SELECT CONCAT_WS('|', id, name, amount, to_char(at, 'YYYY-MM-DD HH24:MI:SS.US')) AS row_text FROM items ORDER BY id`,
    )
    return rows.map(({ row_text }) => row_text)
  }

  test('killed again and again, the copy is the table, and each change stands in the history once', async () => {
    const random = seededRandom(Math.floor(performance.timeOrigin / 86_400_000))
    const change = async () => {
      const id = random.below(400)
      const value = `'n${random.below(1000)}', ${random.below(100_000)}.${random.below(10)}, '2026-01-${10 + random.below(20)} 10:00:00.${100_000 + random.below(900_000)}'`
      const draw = random.below(10)
      if (draw < 2) await source.query(`DELETE FROM items WHERE id = ${id}`)
      else if (draw < 3)
        await source.query(`UPDATE IGNORE items SET id = ${random.below(400)} WHERE id = ${id}`)
      else await source.query(`REPLACE INTO items VALUES (${id}, ${value})`)
    }
    for (let i = 0; i < 300; i++) await change()
    const dataDir = join(dir, 'data')
    const run = () =>
      new CliProcess([
        ...['run', join(import.meta.dirname, 'copied-tables.app.mjs'), '--data-dir', dataDir, '--port', '0'],
        ...['--', '--from', from.url, '--to', to.url],
      ])
    for (let life = 0; life < 6; life++) {
      const process_ = run()
      await process_.until(({ stderr }) => /Kinesis at http/.test(stderr))
      const writing = (async () => {
        for (let i = 0; i < 200; i++) await change()
      })()
      await systemClock.sleep(random.below(2_500))
      process_.child.kill('SIGKILL')
      await Promise.all([writing, process_.ended])
    }
    const last = run()
    const expected = await sourceRows()
    for (
      let copied = await targetRows();
      copied.join('\n') !== expected.join('\n');
      copied = await targetRows()
    ) {
      if (last.child.exitCode !== null) throw new Error(last.stdout + last.stderr)
      await target.query('SELECT pg_sleep(0.2)')
    }
    last.child.kill('SIGINT')
    const { stdout } = await last.ended
    expect(stdout).toMatch('ledger: balanced')

    const store = await openStore({ dir: dataDir, clock: systemClock })
    const places = store.stream('changes')!.shardInfos.flatMap(({ shard }) =>
      readRecords(store, 'changes')
        .filter((record) => record.shard === shard && record.text().includes('"record-type":"data"'))
        .map(({ sequence }) => `${shard}/${sequence}`),
    )
    await store.close()
    const history = async () => {
      const { rows } = await target.query<{ place: string }>(
        `SELECT shard || '/' || sequence AS place FROM history ORDER BY shard, sequence`,
      )
      return rows.map(({ place }) => place)
    }
    // The history may have been behind the copy when the app was stopped.
    const rest = run()
    while ((await history()).length < places.length) {
      if (rest.child.exitCode !== null) throw new Error(rest.stdout + rest.stderr)
      await target.query('SELECT pg_sleep(0.2)')
    }
    rest.child.kill('SIGKILL')
    await rest.ended
    expect(places.length).toBeGreaterThan(800)
    expect(await history()).toEqual(places)
  }, 180_000)
})
