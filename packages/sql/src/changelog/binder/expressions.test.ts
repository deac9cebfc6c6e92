import { formatFlinkType } from '@millrace/values'
import { expect, test } from 'vitest'
import type { Expr } from '../../plan.ts'
import { errorsOf, sinkOf } from './testing/flink-binding.ts'

function bound(expression: string): Expr {
  const { plan } = sinkOf(`SELECT ${expression} FROM orders`)
  if (plan.kind !== 'project') throw new Error(`a ${plan.kind} instead of a projection`)
  return plan.exprs[0]!
}

test.each([
  ['1', 'INT'],
  ['2147483648', 'BIGINT'],
  ['12345678901234567890', 'DECIMAL(20, 0)'],
  ['1.5', 'DECIMAL(2, 1)'],
  ['0.908', 'DECIMAL(3, 3)'],
  ['-0.5', 'DECIMAL(1, 1)'],
  ['12345678901234567890.123456789012345678', 'DECIMAL(38, 18)'],
  ['1e0', 'DOUBLE'],
  ["'abc'", 'CHAR(3)'],
  ["X'0aff'", 'VARBINARY(2)'],
  ["DATE '2024-01-31'", 'DATE'],
  ["TIMESTAMP '2024-01-31 10:00:00'", 'TIMESTAMP(0)'],
  ["TIMESTAMP '2024-01-31 10:00:00.123'", 'TIMESTAMP(3)'],
  ["TIMESTAMP '2024-01-31 10:00:00.123456'", 'TIMESTAMP(6)'],
  ["INTERVAL '3' DAY", 'INTERVAL DAY TO SECOND(3)'],
  ["INTERVAL '90' SECONDS", 'INTERVAL DAY TO SECOND(3)'],
  ["INTERVAL '2' YEAR", 'INTERVAL YEAR TO MONTH'],
  ['ARRAY[1, 2.5]', 'ARRAY<DECIMAL(11, 1)>'],
  ["MAP['a', 1]", 'MAP<CHAR(1), INT>'],
  ["ROW(1, 'a')", 'ROW<`EXPR$0` INT NOT NULL, `EXPR$1` CHAR(1) NOT NULL>'],
  ['tags[1]', 'STRING'],
  ["MAP['a', price]['a']", 'DECIMAL(10, 2)'],
  ['ROW(id, price)[2]', 'DECIMAL(10, 2)'],
  ['address.geo', 'ROW<`lat` DOUBLE, `lon` DOUBLE>'],
  ['0.908 * id', 'DECIMAL(23, 3)'],
  ['TRY_CAST(product AS INT)', 'INT'],
  ["JSON_VALUE(product, '$.a')", 'STRING'],
  ["JSON_VALUE(product, '$.a' RETURNING INT DEFAULT 0 ON EMPTY)", 'INT'],
  ["JSON_QUERY(product, '$.a')", 'STRING'],
  ["JSON_EXISTS(product, '$.a')", 'BOOLEAN'],
  ["JSON_OBJECT('a' VALUE id)", 'STRING'],
])('%s is %s', (expression, type) => {
  expect(formatFlinkType(bound(expression).type)).toBe(type)
})

test('forms become the calls that the function tables know', () => {
  expect(bound('tags[id]')).toMatchObject({
    fn: 'ITEM',
    nullable: true,
    args: [{}, { fn: 'CAST', type: { kind: 'INTEGER' } }],
  })
  expect(bound('address.geo.lon')).toMatchObject({
    fn: 'FIELD',
    nullable: true,
    args: [{ fn: 'FIELD', args: [{}, { value: 1 }] }, { value: 1 }],
  })
  expect(bound('(ts, ts) OVERLAPS (ts, ts)')).toMatchObject({ fn: 'OVERLAPS', args: [{}, {}, {}, {}] })
  expect(bound('upper(product)')).toMatchObject({ fn: 'UPPER' })
  expect(bound("JSON_VALUE(product, '$.a' DEFAULT 'x' ON EMPTY ERROR ON ERROR)")).toMatchObject({
    fn: 'JSON_VALUE',
    args: [{}, {}, { value: 'DEFAULT' }, { value: 'x' }, { value: 'ERROR' }, { value: null }],
  })
  expect(bound("JSON_QUERY(product, '$.a' WITH WRAPPER)")).toMatchObject({
    args: [{}, {}, { value: 'UNCONDITIONAL' }, { value: 'NULL' }, { value: 'NULL' }],
  })
  expect(bound('JSON_ARRAY(id)')).toMatchObject({ args: [{ value: 'ABSENT' }, {}] })
})

test.each([
  ["ARRAY[1, 'a']", 'SQL3001', "1, 'a'"],
  ['id[1]', 'SQL3001', 'id[1]'],
  ["tags['x']", 'SQL3001', "tags['x']"],
  ["MAP['a', 1][1]", 'SQL3001', "MAP['a', 1][1]"],
  ['CAST(id AS DATE)', 'SQL3002', 'CAST(id AS DATE)'],
  ['CAST(tags AS INT)', 'SQL3002', 'CAST(tags AS INT)'],
  ['CAST(ROW(1, 2) AS ROW<a INT>)', 'SQL3002', 'CAST(ROW(1, 2) AS ROW<a INT>)'],
  ['CAST(id AS STRNG)', 'SQL3004', 'STRNG'],
  ['ts - ts', 'SQL3001', 'ts - ts'],
  ['nope(id)', 'SQL2005', 'nope(id)'],
  ['id.x', 'SQL2002', 'x'],
  ['UPPER(DISTINCT product)', 'SQL3001', 'UPPER(DISTINCT product)'],
])('%s is refused', (expression, code, at) => {
  expect(errorsOf(`SELECT ${expression} FROM orders`)).toEqual([[code, at]])
})
