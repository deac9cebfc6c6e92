/** Every character set is read as a server reads it: all bytes of those with one byte, and codes of those with several. */
import { seededRandom } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findMariaDb, privateMariaDb } from '../../servers/private-mariadb.ts'
import type { PrivateServer } from '../../servers/private-server.ts'
import { parseMysqlUrl } from '../connection/mysql-address.ts'
import { type MysqlSession, openMysqlSession } from '../connection/mysql-session.ts'
import { textDecoder } from './charset.ts'
import { charsetOf } from './collations.ts'

const isNightly = process.env.MILLRACE_NIGHTLY !== undefined
const seed = Number(process.env.MILLRACE_SEED ?? 20261121)

describe.skipIf((await findMariaDb()) === undefined)(`character sets (seed ${seed})`, () => {
  let server: PrivateServer
  let session: MysqlSession
  beforeAll(async () => {
    server = await privateMariaDb()
    session = await openMysqlSession(parseMysqlUrl(server.url), new AbortController().signal)
  }, 60_000)
  afterAll(async () => {
    session?.destroy()
    await server?.[Symbol.asyncDispose]()
  })

  /** What the server makes of these bytes; '?' stands for what it cannot show, null where they are no text. */
  async function serversTexts(charset: string, values: readonly Buffer[]): Promise<(string | null)[]> {
    const texts: (string | null)[] = []
    for (let at = 0; at < values.length; at += 500) {
      const items = values.slice(at, at + 500).map((value) => {
        const text = `CONVERT(X'${value.toString('hex')}' USING ${charset})`
        return `IF(CHAR_LENGTH(${text}) = 1, CONVERT(${text} USING utf8mb4), NULL)`
      })
      const [row] = await session.texts(`SELECT ${items.join(', ')}`)
      texts.push(...row!)
    }
    return texts
  }

  it('of one byte are read as the server reads them, all bytes', async () => {
    const sets = await session.texts(
      "SELECT CHARACTER_SET_NAME FROM INFORMATION_SCHEMA.CHARACTER_SETS WHERE MAXLEN = 1 AND CHARACTER_SET_NAME <> 'binary'",
    )
    expect(sets.length).toBeGreaterThan(20)
    const values = Array.from({ length: 256 }, (_, byte) => Buffer.from([byte]))
    for (const [charset] of sets) {
      const decode = textDecoder(charset!)!
      const own = await serversTexts(charset!, values)
      const different = values.filter((value, byte) => {
        const text = decode(value, 0, 1)
        // The server shows bytes without a meaning as question marks.
        return text !== own[byte] && !(own[byte] === '?' && (text === '\ufffd' || byte > 126))
      })
      expect(different, charset!).toEqual([])
    }
  })

  it.each(['big5', 'gbk', 'gb2312', 'sjis', 'cp932', 'ujis', 'eucjpms', 'euckr'])(
    'of several bytes: %s',
    async (charset) => {
      const random = seededRandom(`${seed} ${charset}`)
      const values: Buffer[] = []
      for (let lead = 0x80; lead < 0x100; lead++) {
        for (let second = 0x30; second < 0x100; second++) {
          if (isNightly || random.below(30) === 0) values.push(Buffer.from([lead, second]))
          if (charset === 'ujis' || charset === 'eucjpms') {
            if (isNightly || random.below(30) === 0) values.push(Buffer.from([0x8f, lead, second]))
          }
        }
      }
      const decode = textDecoder(charset)!
      const own = await serversTexts(charset, values)
      const different: string[] = []
      let compared = 0
      for (const [i, value] of values.entries()) {
        const expected = own[i]
        if (expected === null || expected === undefined || expected === '' || expected === '?') continue
        compared++
        // Between others, as it stands in a text.
        const text = decode(Buffer.concat([Buffer.from('a'), value, Buffer.from('b')]), 0, value.length + 2)
        if (text !== `a${expected}b`) different.push(`${value.toString('hex')}: ${text} for ${expected}`)
      }
      expect(different).toEqual([])
      expect(compared).toBeGreaterThan(100)
    },
    60_000,
  )

  it('are known by every collation of the server', async () => {
    const rows = await session.texts(
      'SELECT ID, CHARACTER_SET_NAME FROM INFORMATION_SCHEMA.COLLATION_CHARACTER_SET_APPLICABILITY WHERE ID IS NOT NULL',
    )
    expect(rows.length).toBeGreaterThan(300)
    const different = rows.filter(([id, charset]) => charsetOf(Number(id)) !== charset)
    expect(different).toEqual([])
  })
})

describe('texts of several bytes', () => {
  it('are refused where bytes mean nothing, with the bytes in the message', () => {
    for (const [charset, bytes] of [
      ['gbk', [0x81]],
      ['euckr', [0x41, 0xff, 0xff]],
      ['utf32', [0, 0x11, 0, 0]],
      ['utf16', [0x41]],
    ] as const) {
      const value = Buffer.from(bytes)
      expect(() => textDecoder(charset)?.(value, 0, value.length)).toThrow(/CDC_VALUE_INVALID .*0x/)
    }
  })

  it('of four bytes: gb18030', () => {
    const decode = textDecoder('gb18030')!
    const value = Buffer.from([0x61, 0x94, 0x39, 0xda, 0x33, 0xa3, 0xa0, 0x62])
    expect(decode(value, 0, value.length)).toBe('a\u{1f4a9}\ue5e5b')
  })
})
