/** Laws of private servers, for each kind that is installed: a crash keeps what was committed, and nothing of them outlives us. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import mysql from 'mysql2/promise'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { findMariaDb, privateMariaDb } from './private-mariadb.ts'
import { findMySql, privateMySql } from './private-mysql.ts'
import { findPostgresServer, privatePostgres } from './private-postgres.ts'

async function queryMySql(url: string, sql: string): Promise<unknown> {
  const connection = await mysql.createConnection({ uri: url.replace(/^mariadb:/, 'mysql:') })
  try {
    return (await connection.query({ sql, rowsAsArray: true }))[0]
  } finally {
    await connection.end()
  }
}

const mysqlFamily = {
  query: queryMySql,
  setting: { settings: { 'server-id': '77' }, query: 'SELECT CAST(@@server_id AS CHAR)', answer: '77' },
  database: 'CREATE DATABASE shop',
}

const isNightly = process.env.MILLRACE_NIGHTLY !== undefined

const kinds = [
  {
    ...mysqlFamily,
    name: 'MariaDB',
    export: 'privateMariaDb',
    isSlow: false,
    isInstalled: (await findMariaDb()) !== undefined,
    start: privateMariaDb,
    logs: "SELECT CONCAT_WS(' ', @@log_bin, @@binlog_format, @@binlog_row_metadata)",
    logAnswer: 'ON ROW FULL',
  },
  {
    ...mysqlFamily,
    name: 'MySQL',
    export: 'privateMySql',
    // It takes some seconds to make a data directory.
    isSlow: true,
    isInstalled: (await findMySql()) !== undefined,
    start: privateMySql,
    logs: "SELECT CONCAT_WS(' ', @@log_bin, @@binlog_format, @@binlog_row_metadata, @@gtid_mode)",
    logAnswer: '1 ROW FULL ON',
  },
  {
    name: 'Postgres',
    export: 'privatePostgres',
    isSlow: false,
    isInstalled: (await findPostgresServer()) !== undefined,
    start: privatePostgres,
    query: async (url: string, sql: string) => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      try {
        return (await client.query({ text: sql, rowMode: 'array' })).rows
      } finally {
        await client.end()
      }
    },
    setting: { settings: { work_mem: '7MB' }, query: 'SHOW work_mem', answer: '7MB' },
    logs: 'SHOW wal_level',
    logAnswer: 'logical',
    database: 'CREATE SCHEMA shop',
  },
]

const reaches = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })

for (const kind of kinds) {
  describe.skipIf(!kind.isInstalled)(`a private ${kind.name}`, () => {
    it('logs rows, takes settings, and keeps over a crash and a stop what was committed', async () => {
      await using server = await kind.start({ settings: kind.setting.settings })
      expect(await kind.query(server.url, kind.setting.query)).toEqual([[kind.setting.answer]])
      expect(await kind.query(server.url, kind.logs)).toEqual([[kind.logAnswer]])
      await kind.query(server.url, kind.database)
      await kind.query(server.url, 'CREATE TABLE shop.orders (id int PRIMARY KEY)')
      const { port } = server
      for (const [i, end] of (['kill', 'stop', 'kill'] as const).entries()) {
        await kind.query(server.url, `INSERT INTO shop.orders VALUES (${i})`)
        await server[end]()
        expect(await reaches(port)).toBe(false)
        await server.start()
        expect(server.port).toBe(port)
        expect(await kind.query(server.url, 'SELECT id FROM shop.orders ORDER BY id')).toEqual(
          Array.from({ length: i + 1 }, (_, id) => [id]),
        )
      }
      await expect(
        kind.query(server.url.replace(/:[0-9a-f]{24}@/, ':guessed@'), 'SELECT 1'),
      ).rejects.toThrow()
    })

    it.skipIf(kind.isSlow && !isNightly)(
      'ends with the process that started it, however that ends',
      async () => {
        const script = `import { ${kind.export} } from '@millrace/cdc'
        const server = await ${kind.export}()
        console.log(server.port)
        setInterval(() => {}, 1000)`
        const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
          stdio: ['ignore', 'pipe', 'inherit'],
          cwd: fileURLToPath(new URL('.', import.meta.url)),
        })
        const ended = once(child, 'exit').then(() => ['ended before it had a port'])
        const [line] = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), ended])
        const port = Number(line)
        expect(await reaches(port)).toBe(true)
        child.kill('SIGKILL')
        await expect.poll(() => reaches(port), { timeout: 10_000 }).toBe(false)
      },
    )

    it.skipIf(kind.isSlow && !isNightly)('says what the server said where it cannot start', async () => {
      const start = kind.start({ settings: { no_such_setting: 'x' } })
      await expect(start).rejects.toThrow(/CDC_SERVER_START .*no_such_setting/s)
    })
  })
}
