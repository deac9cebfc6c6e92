import { describe, expect, test } from 'vitest'
import { compilePartitionQueries, splitPartitionQuery } from './partition-query.ts'

const record = {
  customer_id: 'c1',
  ts: 1_425_599_621,
  type: { device: 'mobile' },
  'a-b': true,
  n: 12.5,
  none: null,
  list: [1],
}
const now = Date.parse('2026-11-21T10:00:00Z')

function values(query: string) {
  return compilePartitionQueries(splitPartitionQuery(query)).extract(record, now)
}

describe('a query of partition keys', () => {
  test('has a query for each key, as it was written', () => {
    expect(
      splitPartitionQuery('{customer: .customer_id, year: (.ts|strftime("%Y")), device:.type.device}'),
    ).toEqual({
      customer: '.customer_id',
      year: '(.ts|strftime("%Y"))',
      device: '.type.device',
    })
  })

  test.each([
    ['{customer: .customer_id, year: (.ts|strftime("%Y"))}', { customer: 'c1', year: '2015' }],
    [
      '{customer_id: .customer_id, device: .type.device, year: .ts| strftime("%Y")}',
      { customer_id: 'c1', device: 'mobile', year: '2015' },
    ],
    ['{customer_id, n}', { customer_id: 'c1', n: '12.5' }],
    ['{"a-b"}', { 'a-b': 'true' }],
    ['{"the key": .n}', { 'the key': '12.5' }],
    ['. as $r | {c: $r.customer_id}', { c: 'c1' }],
    [
      'def up: ascii_upcase; {c: (.customer_id | up), d: now | todate} # the end',
      { c: 'C1', d: '2026-11-21T10:00:00Z' },
    ],
    ['.type | {device}', { device: 'mobile' }],
  ])('%s', (query, expected) => expect(values(query)).toEqual({ values: expected, problem: undefined }))

  test.each([
    ['{a: .none}', 'partition key "a": the result is null, and not a text, number or boolean'],
    ['{a: .missing}', 'the result is null'],
    ['{a: .list}', 'the result is an array'],
    ['{a: .type}', 'the result is an object'],
    ['{a: (.list[], 2)}', 'the query has several results'],
    ['{a: empty}', 'the query has no result'],
    ['{a: (.customer_id | tonumber)}', "Invalid numeric literal (while parsing 'c1')"],
    ['{a: .n, b: .customer_id.x}', 'partition key "b": Cannot index string with string "x"'],
  ])('%s fails for the record', (query, problem) => {
    expect(values(query)).toEqual({ values: undefined, problem: expect.stringContaining(problem) })
  })

  test.each([
    ['.customer_id', 'ends in an object. Write it like {customer: .customer_id}.'],
    ['{}', 'the object has no keys'],
    ['{(.a): 1}', 'are written out, not computed'],
    ['{a: 1, a: 2}', 'the key a is there twice'],
    ['{"a}": 1}', 'and no }'],
    ['{a: .b + 1}', 'Put the value in parentheses'],
  ])('%s is refused', (query, problem) => {
    expect(() => splitPartitionQuery(query)).toThrow(expect.objectContaining({ code: 'JQ_INVALID' }))
    expect(() => splitPartitionQuery(query)).toThrow(problem)
  })

  test('a mistake in the query of one key names the key', () => {
    expect(() => compilePartitionQueries({ customer: '.a | lenght' })).toThrow(
      'JQ_INVALID partition key "customer": the jq query, line 1:6, at "lenght": there is no function lenght/0.',
    )
  })
})
