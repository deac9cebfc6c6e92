/** Both formats of values, there and back; and where a text is cut into statements. */
import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { decodeParameter } from './decode-parameter.ts'
import { encodeValue } from './encode-value.ts'
import { types } from './postgres-types.ts'
import { mapCode, splitStatements } from './split-statements.ts'

const seed = process.env.MILLRACE_SEED ?? '20261121'

test(`a value in the binary format reads back as its text (seed ${seed})`, () => {
  const random = seededRandom(`${seed} values`)
  const digits = (count: number): string =>
    Array.from({ length: count }, () => Math.floor(random.next() * 10)).join('')
  const pick = (max: number): number => Math.floor(random.next() * max)
  for (let i = 0; i < 2_000; i++) {
    const sign = random.next() < 0.5 ? '-' : ''
    const whole = digits(1 + pick(30)).replace(/^0+(?=\d)/, '')
    const fraction = random.next() < 0.5 ? '' : `.${digits(1 + pick(12))}`
    const isZero = /^[0.]*$/.test(whole + fraction)
    const numeric = `${isZero ? '' : sign}${whole}${fraction}`
    const micros = String(pick(1_000_000)).padStart(6, '0')
    const date = new Date(Math.floor((random.next() * 2 - 0.5) * 4e12)).toISOString()
    const cases = [
      [types.numeric, numeric],
      [types.int8, `${sign}${BigInt(digits(18)) + 1n}`],
      [types.int4, String(pick(2 ** 32) - 2 ** 31)],
      [types.date, date.slice(0, 10)],
      [types.timestamp, `${date.slice(0, 19).replace('T', ' ')}.${micros}`],
      [types.time, `${date.slice(11, 19)}.${micros}`],
    ] as const
    for (const [type, text] of cases) {
      const bytes = encodeValue(type, text, { form: 'text', format: 1 })
      expect(decodeParameter(type, bytes, 1), `${type.name} ${text}`).toBe(text)
    }
  }
})

test('statements end at semicolons that stand in no string, name, quote or comment', () => {
  const text = `SELECT ';' AS ";a" -- ;
    ; /* ; /* ; */ ; */ SELECT $x$;$$;$x$, E'\\';', 'it''s;' ;; SELECT $1;`
  expect(splitStatements(text).map(({ sql }) => sql.trim())).toEqual([
    `SELECT ';' AS ";a" -- ;`,
    `/* ; /* ; */ ; */ SELECT $x$;$$;$x$, E'\\';', 'it''s;'`,
    'SELECT $1',
  ])
  for (const { sql, start } of splitStatements(text)) expect(text.slice(start, start + sql.length)).toBe(sql)
})

test('code is what stands in no string, name or comment', () => {
  expect(mapCode(`a 'a' "a" a -- a\na`, (code) => code.replaceAll('a', 'b'))).toBe(`b 'a' "a" b -- a\nb`)
})
