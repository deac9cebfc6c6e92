/** Values at the border to functions of the host, both ways, and what a faulty function does to its row. */
import type { SqlType } from '@millrace/values'
import { expect, test } from 'vitest'
import type { HostScalar } from '../../host-function.ts'
import type { Expr, SqlValue } from '../../plan.ts'
import { compileExpression } from './compile-expression.ts'
import { fromHost, HostFunctionError, toHost } from './host-border.ts'

const string: SqlType = { kind: 'VARCHAR', length: 0x7fff_ffff }
const price: SqlType = { kind: 'DECIMAL', precision: 23, scale: 3 }
const row: SqlType = {
  kind: 'ROW',
  fields: [
    { name: 'id', type: { kind: 'BIGINT' }, nullable: true },
    { name: 'prices', type: { kind: 'ARRAY', element: price }, nullable: true },
  ],
}

const pairs: readonly (readonly [SqlType, SqlValue, unknown])[] = [
  [{ kind: 'INTEGER' }, -5, -5],
  [{ kind: 'BIGINT' }, 2n ** 60n, 2n ** 60n],
  [price, 1500, '1.500'],
  [price, 10n ** 20n, '100000000000000000.000'],
  [{ kind: 'DATE' }, 1, new Date(86_400_000)],
  [{ kind: 'TIMESTAMP', precision: 3 }, 1234, new Date(1234)],
  [string, 'é', 'é'],
  [{ kind: 'VARBINARY', length: 5 }, Uint8Array.of(1), Uint8Array.of(1)],
  [row, [7, [1500, null]], { id: 7, prices: ['1.500', null] }],
  [{ kind: 'MAP', key: string, value: { kind: 'INTEGER' } }, new Map([['a', 1]]), new Map([['a', 1]])],
  [{ kind: 'MULTISET', element: { kind: 'DATE' } }, new Map([[0, 2]]), new Map([[new Date(0), 2]])],
  [{ kind: 'BOOLEAN' }, null, null],
]

test('values pass the border both ways', () => {
  for (const [type, held, plain] of pairs) {
    expect(toHost(type)(held)).toEqual(plain)
    expect(fromHost(type)(plain, 'f')).toEqual(held)
  }
})

test('a result that is no value of its type, and a function that throws, fail the row by name', () => {
  const fail = (type: SqlType, value: unknown) => () => fromHost(type)(value, 'f')
  expect(fail({ kind: 'INTEGER' }, 1.5)).toThrow('f: the result 1.5 is no INT')
  expect(fail({ kind: 'TINYINT' }, 200)).toThrow(HostFunctionError)
  expect(fail({ kind: 'BIGINT' }, 2n ** 64n)).toThrow('is no BIGINT')
  expect(fail({ kind: 'DECIMAL', precision: 3, scale: 1 }, '100')).toThrow('is no DECIMAL(3, 1)')
  expect(fail(string, 5)).toThrow('is no')
})

test('a scalar function of the host in an expression', () => {
  const counted: SqlValue[] = []
  const host: HostScalar = {
    kind: 'scalar',
    name: 'count_char',
    parameters: [string, string],
    returns: { kind: 'BIGINT' },
    nullIn: 'null',
    call: (text, character) => {
      counted.push(String(text))
      if (character === '!') throw new Error('no such character')
      return String(text).split(String(character)).length - 1
    },
  }
  const span = { start: 0, end: 0 }
  const args = [0, 1].map((index): Expr => ({ kind: 'column', index, type: string, nullable: true, span }))
  const expr: Expr = { kind: 'call', fn: 'COUNT_CHAR', args, type: { kind: 'BIGINT' }, nullable: true, span }
  const evaluate = compileExpression(expr, {
    now: () => 0,
    zone: 'UTC',
    functions: new Map([['COUNT_CHAR', host]]),
    watermark: () => undefined,
  })
  expect(evaluate(['banana', 'a'])).toBe(3)
  expect(evaluate([null, 'a'])).toBe(null)
  expect(() => evaluate(['x', '!'])).toThrow('count_char: no such character')
  expect(counted).toEqual(['banana', 'x'])
})
