import { describe, expect, test } from 'vitest'
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import { compileExpressions } from './expressions.ts'
import type { Update } from './update.ts'

const key = { p: { S: 'k' } }
const n = (number: number): AttributeValue => ({ N: String(number) })
const list = (...numbers: number[]): AttributeValue => ({ L: numbers.map(n) })

function update(text: string, values?: Record<string, AttributeValue>): Update {
  const given = compileExpressions({ UpdateExpression: text, ExpressionAttributeValues: values }).update
  if (given === undefined) throw new Error('there is an update')
  return given
}

describe('an update sees the item before', () => {
  const one = { ':v': n(17), ':w': { S: 'w' }, ':l': list(8), ':s': { SS: ['x', 'y'] } }
  const only = (text: string): Record<string, AttributeValue> | undefined => {
    const used = Object.entries(one).filter(([name]) => text.includes(name))
    return used.length === 0 ? undefined : Object.fromEntries(used)
  }
  test.each<[string, TypedItem, TypedItem]>([
    ['REMOVE a SET b = a', { a: n(1) }, { b: n(1) }],
    ['SET a = b, b = a', { a: n(1), b: n(2) }, { a: n(2), b: n(1) }],
    ['REMOVE a[1] SET a[3] = :v', { a: list(2, 3, 4, 5, 6, 7) }, { a: list(2, 4, 17, 6, 7) }],
    ['SET a[3] = :v REMOVE a[1]', { a: list(2, 3, 4, 5, 6, 7) }, { a: list(2, 4, 17, 6, 7) }],
    ['REMOVE a[0], a[1]', { a: list(1, 2, 3) }, { a: list(3) }],
    ['REMOVE a[17], b.x, c', { a: list(1), b: { M: {} } }, { a: list(1), b: { M: {} } }],
    ['SET a[7] = :v', { a: list(1) }, { a: list(1, 17) }],
    [
      'SET a[84] = :v, a[37] = b, a[17] = c',
      { a: list(1), b: n(2), c: n(3) },
      { a: list(1, 3, 2, 17), b: n(2), c: n(3) },
    ],
    [
      'SET a.b.c = :v',
      { a: { M: { b: { M: {} }, z: n(1) } } },
      { a: { M: { b: { M: { c: n(17) } }, z: n(1) } } },
    ],
    ['SET a[1].b = :v REMOVE a[0]', { a: { L: [n(1), { M: {} }] } }, { a: { L: [{ M: { b: n(17) } }] } }],
    ['REMOVE a.b, c[0]', { a: { M: { b: n(1) } }, c: list(1) }, { a: { M: {} }, c: { L: [] } }],
    ['SET a = a + :v, b = b - a', { a: n(1), b: n(1) }, { a: n(18), b: n(0) }],
    ['SET a = if_not_exists(a, :v) + :v', {}, { a: n(34) }],
    ['SET a = if_not_exists(b, if_not_exists(c, :v))', { c: n(5) }, { c: n(5), a: n(5) }],
    ['SET a = list_append(a, :l), b = list_append(:l, a)', { a: list(1) }, { a: list(1, 8), b: list(8, 1) }],
    ['SET a = list_append(if_not_exists(a, :l), :l)', {}, { a: list(8, 8) }],
    ['ADD a :v, b :s', {}, { a: n(17), b: { SS: ['x', 'y'] } }],
    [
      'ADD a :v, b.c :s',
      { a: n(-20), b: { M: { c: { SS: ['a', 'x'] } } } },
      { a: n(-3), b: { M: { c: { SS: ['a', 'x', 'y'] } } } },
    ],
    ['DELETE a :s', { a: { SS: ['a', 'x'] } }, { a: { SS: ['a'] } }],
    ['DELETE a :s', { a: { SS: ['y', 'x'] } }, {}],
    ['DELETE a :s', { b: n(1) }, { b: n(1) }],
    ['SET a = p', {}, { a: { S: 'k' } }],
  ])('%s', (text, before, after) => {
    expect(update(text, only(text)).apply({ ...key, ...before }, key)).toEqual({ ...key, ...after })
  })

  const path = 'The document path provided in the update expression is invalid for update'
  const type = 'An operand in the update expression has an incorrect data type'
  const absent = 'The provided expression refers to an attribute that does not exist in the item'
  test.each<[string, TypedItem, string]>([
    ['SET a.b = :v', {}, path],
    ['SET a.b = :v', { a: list(1) }, path],
    ['SET a[0] = :v', { a: { M: {} } }, path],
    ['REMOVE a.b', {}, path],
    ['REMOVE a[0]', { a: { S: 'x' } }, path],
    ['SET a[5].b = :v', { a: list(1) }, path],
    ['ADD a.b :v', { a: { S: '' } }, path],
    ['SET a = b', {}, absent],
    ['SET x = :v, y = x', {}, absent],
    ['SET a = list_append(b, :l)', {}, absent],
    ['SET a = b, c.d = :v', {}, absent],
    ['SET a = b + :v', { b: { S: '1' } }, type],
    ['SET a = list_append(b, :l)', { b: { SS: ['a'] } }, type],
    ['ADD a :v', { a: { NS: ['1'] } }, type],
    ['ADD a :s', { a: { NS: ['1'] } }, type],
    ['DELETE a :s', { a: { NS: ['1'] } }, type],
  ])('%s does not fit', (text, before, reason) => {
    const given = update(text, only(text))
    expect(() => given.apply({ ...key, ...before }, key)).toThrow(
      expect.objectContaining({ reason, code: 'TABLE_UPDATE_INVALID', exception: 'ValidationException' }),
    )
  })

  test('sums that no number holds are refused', () => {
    expect(() => update('ADD a :v', { ':v': n(1) }).apply({ a: { N: `1${'0'.repeat(50)}` } }, key)).toThrow(
      'Number overflow',
    )
  })

  test('items nest 32 levels', () => {
    let deep: AttributeValue = { S: 'leaf' }
    for (let level = 0; level < 30; level++) deep = { L: [deep] }
    const set = update('SET a.b = :v', { ':v': deep })
    expect(set.apply({ a: { M: {} } }, key)).toBeDefined()
    const deeper = update('SET a.b = :v', { ':v': { M: { c: deep } } })
    expect(() => deeper.apply({ a: { M: {} } }, key)).toThrow('Nesting Levels have exceeded supported limits')
  })
})

describe('where there is no item', () => {
  test('one comes to be with its key, unless the update only takes away', () => {
    expect(update('SET a = :v', { ':v': n(1) }).apply(undefined, key)).toEqual({ ...key, a: n(1) })
    expect(update('REMOVE x DELETE a :s', { ':s': { SS: ['a'] } }).apply(undefined, key)).toBeUndefined()
    expect(() => update('REMOVE x.y').apply(undefined, key)).toThrow(
      'The document path provided in the update',
    )
    expect(update('REMOVE a SET b = :v', { ':v': n(1) }).createsItem).toBe(true)
  })
})

describe('what an update says of itself', () => {
  test('paths, attributes and types that tables check against their keys', () => {
    const given = update('SET a = :v, b.c = :v, d = if_not_exists(e, :w), f = g REMOVE h ADD i :v', {
      ':v': n(1),
      ':w': { S: 'w' },
    })
    expect([...given.attributes]).toEqual(['a', 'b', 'd', 'f', 'h', 'i'])
    expect([...given.nested]).toEqual(['b'])
    expect(given.assignments).toEqual([
      { attribute: 'a', type: 'N' },
      { attribute: 'd', type: 'S' },
      { attribute: 'f', type: undefined },
      { attribute: 'i', type: 'N' },
    ])
  })

  test('the old and the new values of what it names, lists closed up', () => {
    const before: TypedItem = { ...key, a: { M: { b: { S: 'x' }, c: list(1, 2, 3) } }, d: n(1) }
    const given = update('SET a.c[1] = :v, a.b = :v, e = :v REMOVE a.c[5]', { ':v': n(9) })
    const after = given.apply(before, key)
    expect(given.updatedOf(before)).toEqual({ a: { M: { b: { S: 'x' }, c: list(2) } } })
    expect(given.updatedOf(after)).toEqual({ a: { M: { b: n(9), c: list(9) } }, e: n(9) })
    expect(given.updatedOf(undefined)).toEqual({})
  })

  test('what moved to a removed place counts as its new value, as in the service', () => {
    const given = update('REMOVE a[1]')
    const after = given.apply({ a: list(1, 2, 3) }, key)
    expect(given.updatedOf(after)).toEqual({ a: list(3) })
  })
})

test('names that every object inherits are names like others', () => {
  const item = JSON.parse('{"__proto__":{"M":{"x":{"N":"1"}}},"a":{"N":"1"}}') as TypedItem
  const given = compileExpressions({
    UpdateExpression: 'SET #p.#c = :v, #t = #p',
    ConditionExpression: 'attribute_not_exists(#c) AND attribute_exists(#p.x)',
    ExpressionAttributeNames: { '#p': '__proto__', '#c': 'constructor', '#t': 'toString' },
    ExpressionAttributeValues: { ':v': n(2) },
  })
  expect(given.condition?.holds(item)).toBe(true)
  expect(given.condition?.holds({})).toBe(false)
  const after = given.update?.apply(item, key)
  expect(JSON.stringify(after)).toBe(
    '{"__proto__":{"M":{"x":{"N":"1"},"constructor":{"N":"2"}}},"a":{"N":"1"},"toString":{"M":{"x":{"N":"1"}}}}',
  )
})
