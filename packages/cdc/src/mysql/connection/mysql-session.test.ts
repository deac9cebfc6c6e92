/** Sessions against a real server: values as exact text, waiting that ends, and messages that say what to do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findMariaDb, privateMariaDb } from '../../servers/private-mariadb.ts'
import type { PrivateServer } from '../../servers/private-server.ts'
import { parseMysqlUrl } from './mysql-address.ts'
import { isConnectionLost, openMysqlSession } from './mysql-session.ts'

const never = new AbortController().signal

describe.skipIf((await findMariaDb()) === undefined)('a session of a MariaDB', () => {
  let server: PrivateServer
  beforeAll(async () => {
    server = await privateMariaDb({
      settings: { 'default-time-zone': '+05:00', 'sql-mode': 'ANSI,NO_BACKSLASH_ESCAPES' },
    })
  }, 60_000)
  afterAll(() => server?.stop())
  const open = () => openMysqlSession(parseMysqlUrl(server.url), never)

  it('reads times in UTC, text as it is and numbers with all digits, whatever the server is set to', async () => {
    await using session = await open()
    const [row] = await session.texts(
      `SELECT FROM_UNIXTIME(0), ?, ?, CAST(18446744073709551615 AS UNSIGNED), 1.10, 0.1e0 + 0.2e0, HEX(?), "text", ?`,
      ["it's \\ here \u{1F40E}", 9007199254740993n, new Uint8Array([0, 255]), null],
    )
    expect(row).toEqual([
      '1970-01-01 00:00:00',
      "it's \\ here \u{1F40E}",
      '9007199254740993',
      '18446744073709551615',
      '1.10',
      '0.30000000000000004',
      '00FF',
      'text',
      null,
    ])
  })

  it('gives rows while they arrive', async () => {
    await using session = await open()
    let sum = 0
    await session.each('SELECT seq FROM mysql.seq_1_to_10000', [], ([cell]) => {
      sum += Number(cell)
    })
    expect(sum).toBe(50_005_000)
  })

  it('ends waiting when the signal aborts, and knows that it is over', async () => {
    const session = await open()
    const abort = new AbortController()
    const waiting = session.texts('SELECT SLEEP(60)', [], abort.signal)
    abort.abort(new Error('enough'))
    await expect(waiting).rejects.toThrow('enough')
    expect(session.isOver).toBe(true)
    await expect(session.texts('SELECT 1')).rejects.toMatchObject({ code: 'CDC_CONNECT' })
    await session.close()
  })

  it('rejects what runs when the server ends the connection', async () => {
    await using admin = await open()
    const session = await open()
    const failure = session.texts('SELECT SLEEP(60)').catch((error: unknown) => error)
    await admin.run(`KILL CONNECTION ${session.connection.threadId}`)
    expect(isConnectionLost(await failure)).toBe(true)
    expect(session.isOver).toBe(true)
  })

  it('says why it cannot be had and what to do, and never the password', async () => {
    const url = new URL(server.url)
    url.password = 'guessed'
    const refused = await failureOf(url.href)
    expect(refused).toMatchObject({ code: 'CDC_CONNECT', isRefused: true })
    expect(String(refused)).toMatch(/Access denied.*Check the user "root" and the password/)
    expect(String(refused)).not.toContain('guessed')
    const plain = await failureOf(`${server.url}?sslmode=require`)
    expect(String(plain)).toMatch(/offers no TLS.*sslmode=disable/)
    const missing = await failureOf(`${server.url}?sslrootcert=/no/such.pem`)
    expect(missing).toMatchObject({ code: 'CDC_URL', message: expect.stringContaining('/no/such.pem') })
    const away = await failureOf('mysql://u@127.0.0.1:1/')
    expect(away).toMatchObject({ isRefused: false, message: expect.stringContaining('check port 1') })
  })
})

function failureOf(url: string): Promise<unknown> {
  return openMysqlSession(parseMysqlUrl(url), never).then(
    () => undefined,
    (error: unknown) => error,
  )
}
