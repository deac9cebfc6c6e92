/** What the page says, on a real MariaDB and over real sockets: 9 users, four opt out: 5; a fifth: 4; and what is missing is made. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findMariaDb, type PrivateServer, privateMariaDb } from 'millrace'
import { type Connection, createConnection } from 'mysql2/promise'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CliProcess } from '../../packages/millrace/src/cli/cli-process.test-kit.ts'
import { type SegmentService, startSegmentService } from './segment-service.ts'

describe.skipIf((await findMariaDb()) === undefined)('nine users of a MariaDB', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-opt-in-'))
  let database: PrivateServer
  let connection: Connection
  let service: SegmentService

  beforeAll(async () => {
    database = await privateMariaDb()
    service = await startSegmentService({ token: 's3cret' })
    connection = await createConnection({
      uri: database.url.replace(/^mariadb/, 'mysql'),
      multipleStatements: true,
    })
    await connection.query(readFileSync(join(import.meta.dirname, 'users.sql'), 'utf8'))
  })
  afterAll(async () => {
    await connection.end()
    await Promise.all([database[Symbol.asyncDispose](), service[Symbol.asyncDispose]()])
    rmSync(dir, { recursive: true, force: true })
  })

  const run = () =>
    new CliProcess(
      [
        ...[
          'run',
          join(import.meta.dirname, 'opt-in.app.ts'),
          '--data-dir',
          join(dir, 'data'),
          '--port',
          '0',
        ],
        ...['--', '--database', database.url, '--service', service.url],
      ],
      { env: { SERVICE_TOKEN: 's3cret' } },
    )
  const optOut = (...users: number[]) =>
    connection.query('UPDATE optin_status SET optin = 0 WHERE userid IN (?)', [users.map((n) => `user${n}`)])

  test('four opt out and the segment counts 5, a fifth and it counts 4; also over a kill and an outage', async () => {
    const first = run()
    await service.until(() => service.eligible === 9)
    await optOut(1, 2, 3, 4)
    await service.until(() => service.eligible === 5)
    expect(
      [...service.endpoints]
        .filter(([, { optOut }]) => optOut === 'ALL')
        .map(([user]) => user)
        .sort(),
    ).toEqual([1, 2, 3, 4].map((n) => `user${n}`))
    first.child.kill('SIGKILL')
    await first.ended

    // While nobody looks; and when the app is back, the service is not.
    await optOut(5)
    service.failNext(503, 2)
    const second = run()
    await service.until(() => service.eligible === 4)
    expect(service.endpoints.size).toBe(9)

    await connection.query("INSERT INTO optin_status (userid, phone) VALUES ('new/one', '+12341111120')")
    await service.until(() => service.endpoints.has('new/one'))
    // It is made where it is missing.
    await connection.query("UPDATE optin_status SET optin = 1 WHERE userid = 'user1'")
    await service.until(() => service.eligible === 6)
    await connection.query("DELETE FROM optin_status WHERE userid IN ('new/one', 'user1')")
    await service.until(() => service.endpoints.size === 8)
    expect(service.eligible).toBe(4)
    // 9 of the load, 5 updates, an insert, an update, two deletions: each changed something once.
    expect(service.changes).toBe(18)
    second.child.kill('SIGINT')
    const { stdout, stderr } = await second.ended
    expect(stdout + stderr).not.toMatch('s3cret')
  }, 120_000)
})
