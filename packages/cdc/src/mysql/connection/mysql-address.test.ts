/** Addresses: what each part becomes, and that no message shows a password. */
import { describe, expect, it } from 'vitest'
import { addressName, parseMysqlUrl } from './mysql-address.ts'

describe('an address of a MySQL', () => {
  it('gives host, port, account and database, percent-decoded', () => {
    expect(parseMysqlUrl('mysql://a%40b:p%2Fw%23@db.example:3307/shop')).toMatchObject({
      scheme: 'mysql',
      host: 'db.example',
      port: 3307,
      user: 'a@b',
      password: 'p/w#',
      database: 'shop',
    })
    expect(parseMysqlUrl('mariadb://root@[::1]')).toMatchObject({ host: '::1', port: 3306, password: '' })
  })

  it.each([
    ['mysql://u@localhost', 'disable'],
    ['mysql://u@127.0.0.9', 'disable'],
    ['mysql://u@db', 'prefer'],
    ['mysql://u@127.db.example', 'prefer'],
    ['mysql://u@db?sslrootcert=ca.pem', 'verify-ca'],
    ['mysql://u@db?sslcert=c.pem&sslkey=k.pem', 'require'],
    ['mysql://u@db?sslmode=verify-full&sslrootcert=ca.pem', 'verify-full'],
  ])('%s is read with TLS %s', (url, tls) => {
    expect(parseMysqlUrl(url).tls).toBe(tls)
  })

  it('is shown without account', () => {
    expect(addressName(parseMysqlUrl('mysql://u:secret@db/x'))).toBe('mysql://db:3306')
    expect(addressName(parseMysqlUrl('mariadb://u:secret@[fe80::1]:33/'))).toBe('mariadb://[fe80::1]:33')
    expect(addressName(parseMysqlUrl('mysql://u@localhost/?socket=/run/s.sock'))).toBe(
      'mysql://localhost?socket=/run/s.sock',
    )
  })

  it.each([
    ['mysql//u:secret@db', 'has no scheme'],
    ['postgres://u:secret@db', 'begins with "postgres:"'],
    ['mysql://u:se/cret@db', 'cannot be read'],
    ['mysql://u:secret%@db', 'has a % in its password'],
    ['mysql://:secret@db', 'names no user'],
    ['mysql://u:secret@', 'cannot be read'],
    ['mysql://u:secret@db?ssl-mode=x', 'Did you mean "sslmode"'],
    ['mysql://u:secret@db?sslmode=verify-all', 'Did you mean "verify-full"'],
    ['mysql://u:secret@db?sslcert=c.pem', 'only one of sslcert and sslkey'],
    ['mysql://u:secret@db?sslmode=disable&sslrootcert=c.pem', 'sslmode=disable'],
  ])('%s is refused: %s', (url, reason) => {
    const refusal = capture(() => parseMysqlUrl(url))
    expect(refusal).toMatchObject({ code: 'CDC_URL', message: expect.stringContaining(reason) })
    expect(JSON.stringify([refusal.message, refusal.stack, refusal.cause])).not.toMatch(/secret|cret@/)
  })
})

function capture(act: () => unknown): Error {
  try {
    act()
  } catch (error) {
    if (error instanceof Error) return error
  }
  throw new Error('nothing was thrown')
}
