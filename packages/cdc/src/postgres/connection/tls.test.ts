/** Modes of TLS against a real server with a certificate of an authority of our own. */
import { execFile } from 'node:child_process'
import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { unprivilegedAccount } from '../../servers/server-process.ts'
import { isPostgresInstalled, PostgresFixture } from '../testing/postgres-fixture.ts'

const run = promisify(execFile)
const hasOpenssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
)

describe.skipIf(!isPostgresInstalled || !hasOpenssl)('connections by TLS', () => {
  let fixture: PostgresFixture
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-tls-'))
    await chmod(folder, 0o755)
    const openssl = (...parts: string[]) => run('openssl', parts, { cwd: folder })
    for (const name of ['ca', 'other']) {
      await openssl(
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-subj',
        `/CN=${name}`,
        '-keyout',
        `${name}.key`,
        '-out',
        `${name}.pem`,
      )
    }
    await openssl(
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-subj',
      '/CN=localhost',
      '-keyout',
      'server.key',
      '-out',
      'server.csr',
    )
    await writeFile(join(folder, 'names'), 'subjectAltName=DNS:localhost')
    await openssl(
      'x509',
      '-req',
      '-in',
      'server.csr',
      '-CA',
      'ca.pem',
      '-CAkey',
      'ca.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'names',
      '-out',
      'server.pem',
    )
    const account = await unprivilegedAccount()
    const key = join(folder, 'server.key')
    const owner = account ?? (await stat(folder))
    await chown(key, owner.uid, owner.gid)
    await chmod(key, 0o600)
    fixture = await PostgresFixture.start({
      ssl: 'on',
      ssl_cert_file: join(folder, 'server.pem'),
      ssl_key_file: key,
    })
  }, 60_000)
  afterAll(async () => {
    await fixture[Symbol.asyncDispose]()
    await rm(folder, { recursive: true })
  })

  const open = async (query: string, host = 'localhost') => {
    const database = await fixture.open({ url: `${fixture.server.url.replace('127.0.0.1', host)}?${query}` })
    return database
  }

  test('are made where the certificate is what the mode asks for, for SQL and for the log', async () => {
    const { rows } = await fixture.sql.query<{ ssl: string }>('SHOW ssl')
    expect(rows[0]?.ssl).toBe('on')
    await fixture.sql.query('CREATE TABLE sealed (id int PRIMARY KEY)')
    for (const query of [
      'sslmode=require',
      'sslmode=prefer',
      `sslmode=verify-ca&sslrootcert=${folder}/ca.pem`,
      `sslmode=verify-full&sslrootcert=${folder}/ca.pem`,
    ]) {
      const database = await open(query)
      const follower = await fixture.follow(database, [{ schema: 'public', table: 'sealed' }])
      await fixture.sql.query('DELETE FROM sealed; INSERT INTO sealed VALUES (1)')
      await follower.until((all) => all.length >= 1)
      const { rows: kinds } = await fixture.sql.query<{ ssl: boolean }>(
        "SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'millrace' OR backend_type = 'walsender'",
      )
      expect(kinds).toEqual([{ ssl: true }])
      await follower.close()
      await database.close()
    }
  })

  test.each([
    ['another authority', 'localhost', () => `sslmode=verify-ca&sslrootcert=${folder}/other.pem`],
    ['an authority that this machine does not know', 'localhost', () => 'sslmode=verify-full'],
    [
      'a name that the certificate has not',
      '127.0.0.1',
      () => `sslmode=verify-full&sslrootcert=${folder}/ca.pem`,
    ],
  ])('are refused for %s', async (_, host, query) => {
    await expect(open(query(), host)).rejects.toMatchObject({
      code: 'CDC_CONNECT',
      message: expect.stringContaining('could not be reached by TLS'),
    })
  })

  test('do not mind the name of the host where only the authority is asked for', async () => {
    const database = await open(`sslmode=verify-ca&sslrootcert=${folder}/ca.pem`, '127.0.0.1')
    expect(database.version).toMatch(/^\d/)
  })
})
