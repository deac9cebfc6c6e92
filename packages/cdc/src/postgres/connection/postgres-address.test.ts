import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parsePostgresAddress } from './postgres-address.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-address-'))
  for (const name of ['ca.pem', 'me.pem', 'me.key']) await writeFile(join(folder, name), name)
})
afterAll(() => rm(folder, { recursive: true }))

test('every part of a URL is read, with its escapes', () => {
  const address = parsePostgresAddress(
    'postgresql://us%40er:p%2Fss%23@db.example:6543/my%20base?application_name=orders&connect_timeout=7&sslmode=disable',
  )
  expect(address).toMatchObject({
    host: 'db.example',
    port: 6543,
    user: 'us@er',
    password: 'p/ss#',
    database: 'my base',
    applicationName: 'orders',
    connectTimeoutMs: 7000,
    tls: false,
    name: 'postgres://db.example:6543/my base',
  })
  expect(parsePostgresAddress('postgres://me@[::1]')).toMatchObject({
    host: '::1',
    port: 5432,
    password: '',
    database: 'me',
    name: 'postgres://[::1]:5432/me',
  })
  expect(parsePostgresAddress('postgres://me@localhost/d?host=/run/postgresql')).toMatchObject({
    host: '/run/postgresql',
    tls: false,
  })
})

test('modes of TLS check what their names say', () => {
  const tls = (query: string, host = 'db.example') =>
    parsePostgresAddress(`postgres://me@${host}/d${query}`).tls
  const ca = `sslrootcert=${folder}/ca.pem`
  expect(tls('')).toBe('prefer')
  expect(tls('', '127.0.0.1')).toBe(false)
  expect(tls('', 'localhost')).toBe(false)
  expect(tls('?sslmode=require')).toMatchObject({ rejectUnauthorized: false })
  expect(tls(`?sslmode=require&${ca}`)).toMatchObject({ rejectUnauthorized: true, ca: 'ca.pem' })
  expect(tls(`?${ca}`)).toMatchObject({ rejectUnauthorized: true, checkServerIdentity: expect.any(Function) })
  expect(tls('?sslmode=verify-ca')).toMatchObject({
    rejectUnauthorized: true,
    checkServerIdentity: expect.any(Function),
  })
  const full = tls(`?sslmode=verify-full&${ca}&sslcert=${folder}/me.pem&sslkey=${folder}/me.key`, '127.0.0.1')
  expect(full).toEqual({ ca: 'ca.pem', cert: 'me.pem', key: 'me.key', rejectUnauthorized: true })
})

test.each([
  ['mysql://me:secret@h/d', 'mysql:'],
  ['me:secret@h', 'begins with me:'],
  ['h/d', 'no URL'],
  ['postgres://:secret@h/d', 'names no user'],
  ['postgres://me:secret%@h/d', 'the password has a %'],
  ['postgres://me:secret@h:port/d', 'no URL'],
  ['postgres://me:secret@h/d?sslmod=require', 'Did you mean "sslmode"?'],
  ['postgres://me:secret@h/d?sslmode=on', 'allowed are disable'],
  ['postgres://me:secret@h/d?connect_timeout=soon', 'whole seconds'],
  ['postgres://me:secret@h/d?sslmode=require&sslcert=/no/such.pem', '/no/such.pem'],
  ['postgres://me:secret@h/d?sslrootcert=/no/such.pem', '/no/such.pem'],
])('%s is refused, and its password not repeated', (url, reason) => {
  let error: unknown
  try {
    parsePostgresAddress(url)
  } catch (caught) {
    error = caught
  }
  expect(error).toMatchObject({ code: 'CDC_URL', message: expect.stringContaining(reason) })
  expect(String((error as Error).stack)).not.toContain('secret')
})
