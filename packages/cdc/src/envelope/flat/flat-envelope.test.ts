/** Flat records: the row and what happened to it. */
import { expect, test } from 'vitest'
import type { ColumnValue } from '../../model/column-value.ts'
import type { ColumnType } from '../../model/table-schema.ts'
import type { FlatOptions } from '../../source/cdc-options.ts'
import {
  change,
  column,
  encodeAll,
  parsed,
  postgresSource,
  table,
  transaction,
  types,
} from '../../testing/change-samples.ts'
import { makeEnvelope } from '../make-envelope.ts'

const orders = table([column('id', types.int, false), column('name', types.text)])
const make = (options: FlatOptions = {}) => makeEnvelope({ format: 'flat', ...options }, postgresSource)

test.each([
  ['load', { after: [1, 'Ann'] }, 'r', 1_700_000_000_000],
  ['insert', { after: [1, 'Ann'] }, 'c', 1_699_999_999_500],
  ['update', { before: [1, 'Al'], after: [1, 'Ann'] }, 'u', 1_699_999_999_500],
  ['delete', { before: [1, 'Ann'] }, 'd', 1_699_999_999_500],
] as const)('%s', (operation, rows, op, ms) => {
  const [record] = encodeAll(make(), change(operation, orders, rows))
  expect(record).toEqual({
    key: '1',
    data: `{"id":1,"name":"Ann","__op":"${op}","__schema":"shop","__table":"orders","__ts_ms":${ms},"__deleted":${op === 'd'}}`,
  })
})

test('null is null, what is not known is left out', () => {
  expect(
    parsed(encodeAll(make(), change('delete', orders, { before: [1, undefined] }))[0]),
  ).not.toHaveProperty('name')
  expect(parsed(encodeAll(make(), change('insert', orders, { after: [1, null] }))[0]).name).toBeNull()
})

test('another prefix; no deletions', () => {
  const event = change('delete', orders, { before: [1, 'Ann'] })
  expect(parsed(encodeAll(make({ prefix: '$' }), event)[0])).toMatchObject({
    $op: 'd',
    $table: 'orders',
    $deleted: true,
  })
  expect(encodeAll(make({ deletes: 'none' }), event)).toEqual([])
  const moved = change('update', orders, { before: [1, 'Ann'], after: [2, 'Ann'] })
  expect(encodeAll(make({ deletes: 'none' }), moved).map(({ key }) => key)).toEqual(['2'])
})

test('a change of the key is a deletion and an insert; an emptied table has no columns', () => {
  const moved = change('update', orders, { before: [1, 'Ann'], after: [2, 'Ann'] })
  const ops = encodeAll(make(), moved).map((record) => [record.key, parsed(record).__op])
  expect(ops).toEqual([
    ['1', 'd'],
    ['2', 'c'],
  ])
  const truncate = { kind: 'truncate', table: orders, transaction: transaction(), order: 0 } as const
  expect(encodeAll(make(), truncate)).toEqual([
    {
      key: 'shop.orders',
      data: '{"__op":"t","__schema":"shop","__table":"orders","__ts_ms":1699999999500,"__deleted":false}',
    },
  ])
})

const cases: readonly (readonly [ColumnType, ColumnValue, string])[] = [
  [types.bigint, 9007199254740993n, '9007199254740993'],
  [types.decimal, '-0.50', '-0.50'],
  [types.decimal, 'NaN', '"NaN"'],
  [{ kind: 'float', native: 'real', bits: 32 }, Math.fround(1.1), '1.1'],
  [{ kind: 'bits', native: 'bit(1)', bits: 1 }, '1', 'true'],
  [{ kind: 'bits', native: 'bit(3)', bits: 3 }, '101', '"101"'],
  [types.bytes, Buffer.from([255, 0]), '"/wA="'],
  [types.datetime, '2024-05-06 07:08:09.5', '"2024-05-06 07:08:09.5"'],
  [
    { kind: 'array', native: 'int[]', element: types.int },
    [
      [1, null],
      [2, 3],
    ],
    '[[1,null],[2,3]]',
  ],
  [{ kind: 'array', native: 'jsonb[]', element: types.json }, ['{"a":1}'], '[{"a":1}]'],
  [
    types.json,
    '{"a": [1.10, 12345678901234567890], "b": "x y"}',
    '{"a": [1.10, 12345678901234567890], "b": "x y"}',
  ],
  [types.json, '{\n\t"a b":  "c\\n\\" d"\r\n}', '{"a b":"c\\n\\" d"}'],
  [types.json, '["\\ud800x\\ud83d\\ude00\\\\ud800"]', '["\ufffdx\\ud83d\\ude00\\\\ud800"]'],
  [types.json, 'no json', '"no json"'],
  [{ kind: 'instant', native: 'timestamptz' }, '2024-05-06 07:08:09.5', '"2024-05-06T07:08:09.5Z"'],
  [{ kind: 'instant', native: 'timestamptz' }, 'infinity', '"infinity"'],
]
test.each(cases)('%o: %s', (type, value, json) => {
  const schema = table([column('c', type)], [])
  const [record] = encodeAll(make(), change('insert', schema, { after: [value] }))
  expect(record!.data.slice(0, record!.data.indexOf(',"__op"'))).toBe(`{"c":${json}`)
  expect(record!.data).not.toContain('\n')
})

test.each([
  [{ prefix: 1 }, "a text, '__' by default"],
  [{ deletes: 'mark' }, "'row', 'none'"],
])('options %o are refused', (options, message) => {
  // Wrong on purpose.
  expect(() => make(options as unknown as FlatOptions)).toThrow(message)
})

test('a column of a member name is refused, and another prefix has room for it', () => {
  const schema = table([column('__op', types.text)], [])
  const event = change('insert', schema, { after: ['x'] })
  expect(() => encodeAll(make(), event)).toThrow(
    /CDC_OPTION envelope\.prefix is "__", and shop\.orders has a column "__op"/,
  )
  expect(parsed(encodeAll(make({ prefix: '$' }), event)[0])).toMatchObject({ __op: 'x', $op: 'c' })
})
