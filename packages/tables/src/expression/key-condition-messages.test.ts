import { describe, expect, test } from 'vitest'
import { reasonOf } from '../testing/refusal.ts'
import { compileExpressions } from './expressions.ts'

type Values = Record<string, unknown>

describe('key conditions', () => {
  const keyReason = (text: string, values?: Values): string =>
    reasonOf({ KeyConditionExpression: text, ExpressionAttributeValues: values })
  const operator = 'Invalid operator used in KeyConditionExpression: '
  const condition = 'Invalid condition in KeyConditionExpression: '
  const several = `${condition}Multiple attribute names used in one condition`
  test.each<[string, string, Values?]>([
    ['a > b and size(b) > c or a > c', `${operator}OR`],
    ['a in (b, size(c), d)', `${operator}IN`],
    ['attribute_exists(a)', `${operator}attribute_exists`],
    ['attribute_type(a, :a)', `${operator}attribute_type`, { ':a': { S: 'S' } }],
    ['contains(a.d, b)', `${operator}contains`],
    ['not a > b', `${operator}NOT`],
    ['a <> b', `${operator}<>`],
    [
      ':a between size(b) and size(a) and b > :b',
      `${condition}BETWEEN operator must have the key attribute as its first operand`,
      { ':a': { S: '1' }, ':b': { S: '1' } },
    ],
    [
      'begins_with(:a, b) and a > :b',
      `${condition}begins_with operator must have the key attribute as its first operand`,
      { ':a': { S: '1' }, ':b': { S: '1' } },
    ],
    ['size(b) > a AND a.b > b AND b > c', 'KeyConditionExpressions cannot contain nested operations'],
    ['a between size(b) and size(a)', 'KeyConditionExpressions cannot contain nested operations'],
    ['b > a.b', several],
    ['a between b and size(a)', several],
    ['begins_with(a, b)', several],
    ['a.d > c', 'KeyConditionExpressions cannot have conditions on nested attributes'],
    [':b > :a AND a < :b', `${condition}No key attribute specified`, { ':a': { N: '1' }, ':b': { N: '1' } }],
    [
      'b > :a AND b < :a and c = :a',
      'KeyConditionExpressions must only contain one condition per key',
      { ':a': { N: '1' } },
    ],
    [':a = a and b = :a and :a = c', 'Conditions can be of length 1 or 2 only', { ':a': { S: 'a' } }],
    ['', 'Invalid KeyConditionExpression: The expression can not be empty;'],
    [
      'a between :b and :a',
      'Invalid KeyConditionExpression: The BETWEEN operator requires same data type for lower and upper bounds; lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}',
      { ':a': { S: 'a' }, ':b': { N: '1' } },
    ],
  ])('%s', (text, reason, values) => {
    expect(keyReason(text, values)).toBe(reason)
  })

  const key = { name: 'a', type: 'string' } as const
  const sort = { name: 'b', type: 'number' } as const
  const s = { S: 'x' }
  const n = { N: '1' }
  test.each<[string, Values, boolean, string]>([
    ['a = :a and b = :b', { ':a': s, ':b': n }, false, 'Query key condition not supported'],
    ['a > :a', { ':a': s }, false, 'Query key condition not supported'],
    ['c = :a', { ':a': s }, true, 'Query condition missed key schema element: a'],
    ['a = :a and c = :a', { ':a': s }, true, 'Query condition missed key schema element: b'],
    [
      'a = :b',
      { ':b': n },
      true,
      'One or more parameter values were invalid: Condition parameter type does not match schema type',
    ],
    [
      'a = :a and b > :a',
      { ':a': s },
      true,
      'One or more parameter values were invalid: Condition parameter type does not match schema type',
    ],
    [
      'a = :a',
      { ':a': { S: '' } },
      true,
      'One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: a',
    ],
    [
      'begins_with(b, :b) and a = :a',
      { ':a': s, ':b': n },
      true,
      'Invalid KeyConditionExpression: Incorrect operand type for operator or function; operator or function: begins_with, operand type: N',
    ],
  ])('%s does not fit the keys', (text, values, hasSort, reason) => {
    expect(() =>
      compileExpressions({
        KeyConditionExpression: text,
        ExpressionAttributeValues: values,
      }).keyCondition?.rangeOf(hasSort ? { partitionKey: key, sortKey: sort } : { partitionKey: key }),
    ).toThrow(expect.objectContaining({ reason }))
  })

  test.each<[string, Values, unknown]>([
    ['a = :a', {}, { partition: 'x' }],
    [
      '(:a = a) and b >= :b',
      { ':b': n },
      { partition: 'x', sort: { from: { value: '1', inclusive: true } } },
    ],
    [':b > b and a = :a', { ':b': n }, { partition: 'x', sort: { to: { value: '1', inclusive: false } } }],
    [
      'a = :a and b = :b',
      { ':b': n },
      {
        partition: 'x',
        sort: { from: { value: '1', inclusive: true }, to: { value: '1', inclusive: true } },
      },
    ],
    [
      'a = :a and b between :b and :c',
      { ':b': n, ':c': { N: '2.50' } },
      {
        partition: 'x',
        sort: { from: { value: '1', inclusive: true }, to: { value: '2.5', inclusive: true } },
      },
    ],
  ])('%s is a range of keys', (text, values, range) => {
    const compiled = compileExpressions({
      KeyConditionExpression: text,
      ExpressionAttributeValues: { ':a': s, ...values },
    })
    expect(compiled.keyCondition?.rangeOf({ partitionKey: key, sortKey: sort })).toEqual(range)
  })

  test('prefixes of strings and binaries', () => {
    const prefix = (value: unknown, type: 'string' | 'binary'): unknown =>
      compileExpressions({
        KeyConditionExpression: 'a = :a and begins_with(b, :b)',
        ExpressionAttributeValues: { ':a': s, ':b': value },
      }).keyCondition?.rangeOf({ partitionKey: key, sortKey: { name: 'b', type } }).sort
    expect(prefix({ S: 'p' }, 'string')).toEqual({ prefix: 'p' })
    expect(prefix({ B: 'YQ==' }, 'binary')).toEqual({ prefix: Buffer.from('a') })
  })
})
