import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import { compileExpressions } from '../expression/expressions.ts'
import { arbitraryItem, arbitraryValue } from '../testing/arbitrary-items.ts'
import { readAttributeValue, readItem } from '../values/read-attribute-value.ts'
import { TableRequestError } from '../values/request-error.ts'
import { legacyUpdate } from './attribute-updates.ts'
import { legacyProjection } from './attributes-to-get.ts'
import { expectedCondition, filterCondition, legacyKeyCondition } from './legacy-conditions.ts'

const invalid = 'One or more parameter values were invalid: '
const s = { S: 'a' }
const n = { N: '1' }

/** What each operator is in an expression, for an attribute that is there. */
const expressions: Record<string, string> = {
  EQ: '#a = :a',
  NE: '#a <> :a',
  LE: '#a <= :a',
  LT: '#a < :a',
  GE: '#a >= :a',
  GT: '#a > :a',
  NOT_NULL: 'attribute_exists(#a)',
  NULL: 'attribute_not_exists(#a)',
  CONTAINS: 'contains(#a, :a)',
  NOT_CONTAINS: 'attribute_exists(#a) AND NOT contains(#a, :a)',
  BEGINS_WITH: 'begins_with(#a, :a)',
  IN: '#a IN (:a, :b)',
  BETWEEN: '#a BETWEEN :a AND :b',
}

describe('conditions of the older form', () => {
  test('answer like their expressions', () => {
    const scalar = arbitraryValue.filter(isReadable).map(readAttributeValue)
    const item = arbitraryItem.filter((one) => tried(() => readItem(one)) !== undefined).map(readItem)
    let compared = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(expressions)),
        scalar,
        scalar,
        item,
        (operator, a, b, one) => {
          const text = expressions[operator]!
          const list = text.includes(':b') ? [a, b] : text.includes(':a') ? [a] : []
          const older = tried(() =>
            filterCondition(
              'ScanFilter',
              { a: { ComparisonOperator: operator, AttributeValueList: list } },
              undefined,
            ),
          )
          const values = Object.fromEntries(list.map((value, i) => [i === 0 ? ':a' : ':b', value]))
          const newer = tried(() =>
            compileExpressions({
              FilterExpression: text,
              ExpressionAttributeNames: { '#a': 'a' },
              ...(list.length > 0 && { ExpressionAttributeValues: values }),
            }),
          )
          // The older form refuses more types.
          if (older === undefined || newer === undefined) return
          compared++
          expect(older.holds(one)).toBe(newer.filter?.holds(one))
        },
      ),
      { numRuns: 2000 },
    )
    expect(compared).toBeGreaterThan(500)
  })

  test('all must hold, or one of them', () => {
    const expected = { a: { Value: n }, b: { Exists: false } }
    const item = (members: TypedItem): boolean[] =>
      [undefined, 'AND', 'OR'].map(
        (operator) => expectedCondition(expected, operator)?.holds(members) ?? false,
      )
    expect(item({ a: n })).toEqual([true, true, true])
    expect(item({ a: n, b: n })).toEqual([false, false, true])
    expect(item({ b: n })).toEqual([false, false, false])
    expect(expectedCondition(undefined, undefined)).toBeUndefined()
    expect(expectedCondition({}, undefined)).toBeUndefined()
  })

  test('KCL keeps a lease by its counter and owner', () => {
    const mine = expectedCondition(
      { leaseCounter: { Value: { N: '7' } }, leaseOwner: { Value: { S: 'w' }, Exists: true } },
      undefined,
    )
    expect(mine?.holds({ leaseCounter: { N: '7' }, leaseOwner: { S: 'w' } })).toBe(true)
    expect(mine?.holds({ leaseCounter: { N: '7' }, leaseOwner: { S: 'v' } })).toBe(false)
    expect(mine?.holds(undefined)).toBe(false)
  })

  test.each<[unknown, string]>([
    [{ a: {} }, 'Value must be provided when Exists is null for Attribute: a'],
    [{ a: { Exists: true } }, 'Value must be provided when Exists is true for Attribute: a'],
    [{ a: { Exists: false, Value: s } }, 'Value cannot be used when Exists is false for Attribute: a'],
    [
      { a: { Value: s, AttributeValueList: [s] } },
      'Value and AttributeValueList cannot be used together for Attribute: a',
    ],
    [
      { a: { AttributeValueList: [s] } },
      'AttributeValueList can only be used with a ComparisonOperator for Attribute: a',
    ],
    [
      { a: { Exists: true, ComparisonOperator: 'EQ' } },
      'Exists and ComparisonOperator cannot be used together for Attribute: a',
    ],
    [
      { a: { ComparisonOperator: 'EQ' } },
      'Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a',
    ],
    [
      { a: { ComparisonOperator: 'BETWEEN', Value: s } },
      'Invalid number of argument(s) for the BETWEEN ComparisonOperator',
    ],
    [
      { a: { ComparisonOperator: 'NULL', Value: s } },
      'Invalid number of argument(s) for the NULL ComparisonOperator',
    ],
    [
      { a: { ComparisonOperator: 'IN', AttributeValueList: [s, n] } },
      'AttributeValues inside AttributeValueList must be of same type',
    ],
    [
      { a: { ComparisonOperator: 'LT', Value: { L: [] } } },
      'ComparisonOperator LT is not valid for L AttributeValue type',
    ],
  ])('Expected %j', (expected, reason) => {
    expect(() => expectedCondition(expected, undefined)).toThrow(
      expect.objectContaining({ reason: invalid + reason }),
    )
  })

  test.each<[unknown, string]>([
    [
      { a: { ComparisonOperator: 'IN', AttributeValueList: [] } },
      `${invalid}Invalid number of argument(s) for the IN ComparisonOperator`,
    ],
    [
      { a: { ComparisonOperator: 'CONTAINS', AttributeValueList: [{ SS: ['a'] }] } },
      `${invalid}ComparisonOperator CONTAINS is not valid for SS AttributeValue type`,
    ],
    [
      { a: { ComparisonOperator: 'BEGINS_WITH', AttributeValueList: [n] } },
      `${invalid}ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type`,
    ],
    [
      { a: { ComparisonOperator: 'BETWEEN', AttributeValueList: [{ S: 'b' }, s] } },
      'The BETWEEN condition was provided a range where the lower bound is greater than the upper bound',
    ],
    [
      { a: { ComparisonOperator: 'EQ', AttributeValueList: [{ N: 'x' }] } },
      'The parameter cannot be converted to a numeric value: x',
    ],
    [
      { a: {} },
      "1 validation error detected: Value null at 'queryFilter.a.member.comparisonOperator' failed to satisfy constraint: Member must not be null",
    ],
    [
      { a: { ComparisonOperator: 'LIKE' } },
      "1 validation error detected: Value 'LIKE' at 'queryFilter.a.member.comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, BEGINS_WITH, GE, CONTAINS]",
    ],
    [{ a: 'x' }, 'Unexpected value type in payload'],
  ])('QueryFilter %j', (filter, reason) => {
    expect(() => filterCondition('QueryFilter', filter, undefined)).toThrow(
      expect.objectContaining({ reason }),
    )
  })

  test('ConditionalOperator joins at least two', () => {
    expect(() => expectedCondition(undefined, 'AND')).toThrow(
      'ConditionalOperator cannot be used without Filter or Expected',
    )
    expect(() => expectedCondition({ a: { Value: s } }, 'OR')).toThrow('two or more elements')
    expect(() => expectedCondition({ a: { Value: s } }, 'XOR')).toThrow('[OR, AND]')
  })

  test('NOT_CONTAINS is false where there is no attribute, and NE is true', () => {
    const holds = (operator: string): boolean | undefined =>
      filterCondition(
        'ScanFilter',
        { a: { ComparisonOperator: operator, AttributeValueList: [s] } },
        undefined,
      )?.holds({})
    expect([holds('NOT_CONTAINS'), holds('NE')]).toEqual([false, true])
  })
})

describe('key conditions of the older form', () => {
  const keys = {
    partitionKey: { name: 'a', type: 'string' },
    sortKey: { name: 'b', type: 'string' },
  } as const
  const equal = { ComparisonOperator: 'EQ', AttributeValueList: [s] }
  test('are ranges of keys', () => {
    const between = { ComparisonOperator: 'BETWEEN', AttributeValueList: [s, { S: 'c' }] }
    expect(legacyKeyCondition({ b: between, a: equal }).rangeOf(keys)).toEqual({
      partition: 'a',
      sort: { from: { value: 'a', inclusive: true }, to: { value: 'c', inclusive: true } },
    })
  })

  test.each<[unknown, string]>([
    [{}, 'Conditions can be of length 1 or 2 only'],
    [{ a: equal, b: equal, c: equal }, 'Conditions can be of length 1 or 2 only'],
    [
      { a: { ComparisonOperator: 'NE', AttributeValueList: [s] } },
      'Attempted conditional constraint is not an indexable operation',
    ],
    [
      { a: equal, b: { ComparisonOperator: 'NULL' } },
      'Attempted conditional constraint is not an indexable operation',
    ],
    [
      { a: equal, b: { ComparisonOperator: 'GT', AttributeValueList: [n] } },
      `${invalid}Condition parameter type does not match schema type`,
    ],
    [{ a: equal, c: equal }, 'Query condition missed key schema element: b'],
    [{ a: { ComparisonOperator: 'LE', AttributeValueList: [s] } }, 'Query key condition not supported'],
  ])('%j', (conditions, reason) => {
    expect(() => legacyKeyCondition(conditions).rangeOf(keys)).toThrow(expect.objectContaining({ reason }))
  })
})

describe('AttributeUpdates', () => {
  const key = { id: s }
  const before: TypedItem = { ...key, n, set: { SS: ['a', 'b'] }, list: { L: [n] } }
  test('put, add and delete', () => {
    const update = legacyUpdate({
      put: { Value: s },
      n: { Action: 'ADD', Value: { N: '2.5' } },
      set: { Action: 'DELETE', Value: { SS: ['a'] } },
      list: { Action: 'ADD', Value: { L: [s] } },
      gone: { Action: 'DELETE' },
    })
    const after = { ...key, put: s, n: { N: '3.5' }, set: { SS: ['b'] }, list: { L: [n, s] } }
    expect(update.apply({ ...before, gone: n }, key)).toEqual(after)
    expect(update.updatedOf(before)).toEqual({ n, set: before.set, list: before.list })
  })

  test('nothing to do makes an item, and taking away does not', () => {
    expect(legacyUpdate(undefined).apply(undefined, key)).toEqual(key)
    expect(legacyUpdate({}).apply(undefined, key)).toEqual(key)
    expect(legacyUpdate({ a: { Action: 'DELETE' } }).apply(undefined, key)).toBeUndefined()
    expect(legacyUpdate({ a: { Action: 'ADD', Value: n } }).apply(undefined, key)).toEqual({ ...key, a: n })
  })

  test.each<[string, AttributeValue]>([
    ['set', { NS: ['1'] }],
    ['n', { SS: ['a'] }],
    ['list', { N: '1' }],
  ])('ADD to %s of %j', (name, value) => {
    expect(() => legacyUpdate({ [name]: { Action: 'ADD', Value: value } }).apply(before, key)).toThrow(
      expect.objectContaining({ reason: 'Type mismatch for attribute to update' }),
    )
  })

  test.each<[unknown, string]>([
    [{ a: {} }, `${invalid}Only DELETE action is allowed when no attribute value is specified`],
    [
      { a: { Action: 'DELETE', Value: n } },
      `${invalid}DELETE action with value is not supported for the type N`,
    ],
    [{ a: { Action: 'ADD', Value: s } }, `${invalid}ADD action is not supported for the type S`],
    [
      { a: { Action: 'SET', Value: s } },
      "1 validation error detected: Value 'SET' at 'attributeUpdates.a.member.action' failed to satisfy constraint: Member must satisfy enum value set: [ADD, PUT, DELETE]",
    ],
    [
      [],
      'Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValueUpdate>',
    ],
  ])('%j', (updates, reason) => {
    expect(() => legacyUpdate(updates)).toThrow(expect.objectContaining({ reason }))
  })
})

test('AttributesToGet gives attributes by name, dots and all', () => {
  expect(legacyProjection(['a.b', 'x'])?.of({ 'a.b': n, a: { M: { b: s } } })).toEqual({ 'a.b': n })
  expect(() => legacyProjection(['a', 'a'])).toThrow(`${invalid}Duplicate value in attribute name: a`)
  expect(legacyProjection(undefined)).toBeUndefined()
})

function isReadable(value: AttributeValue): boolean {
  return tried(() => readAttributeValue(value)) !== undefined
}

function tried<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof TableRequestError) return undefined
    throw error
  }
}
