import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttributeValue, TypedItem } from '../attribute-value.ts'
import { arbitraryItem, arbitraryText, arbitraryValue } from '../testing/arbitrary-items.ts'
import { compareStrings, compareValues, equalItems, equalValues } from './compare.ts'
import { ITEM_BYTES_MAX, itemSize, valueSize } from './item-size.ts'
import { marshalItem, unmarshalItem } from './marshal.ts'
import { isPlain, itemFromJson, itemToJson } from './plain-json.ts'
import { readAttributeValue, readItem } from './read-attribute-value.ts'
import { TableRequestError } from './request-error.ts'

const readable = arbitraryItem
  .filter((item) => tried(() => readItem(item)) !== undefined)
  .map((item) => readItem(item))

describe('reading', () => {
  test('gives canonical items as they are, and reads what it gave as the same', () => {
    fc.assert(
      fc.property(readable, (item) => {
        expect(readItem(item)).toBe(item)
        expect(equalItems(readItem(JSON.parse(JSON.stringify(item))), item)).toBe(true)
      }),
    )
  })

  const empty = 'Supplied AttributeValue is empty, must contain exactly one of the supported datatypes'
  const several =
    'Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes'
  const invalid = 'One or more parameter values were invalid: '
  test.each<[unknown, string]>([
    [{}, empty],
    [{ a: '' }, empty],
    [{ S: null }, empty],
    [{ L: [{}] }, empty],
    [{ M: { a: { L: [{ N: '1' }, {}] } } }, empty],
    [{ S: 'a', N: '1' }, several],
    [{ S: 'a', N: '' }, 'The parameter cannot be converted to a numeric value'],
    [{ NULL: 'no' }, `${invalid}Null attribute value types must have the value of true`],
    [{ SS: [] }, `${invalid}An string set  may not be empty`],
    [{ NS: [] }, `${invalid}An number set  may not be empty`],
    [{ BS: [] }, `${invalid}Binary sets should not be empty`],
    [{ SS: ['a', 'a'] }, `${invalid}Input collection [a, a] contains duplicates.`],
    [{ BS: ['Yg==', 'Yg=='] }, `${invalid}Input collection [Yg==, Yg==]of type BS contains duplicates.`],
    [{ NS: ['1', 'b'] }, 'The parameter cannot be converted to a numeric value: b'],
    [{ NS: ['1', '1.0'] }, 'Input collection contains duplicates'],
    [
      deep(32),
      'Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond supported limit',
    ],
    [{ M: { '': { S: 'a' } } }, 'Empty attribute name'],
    [
      { M: { ['ä'.repeat(32_768)]: { S: 'a' } } },
      'Attribute name is too large, must be less than 65536 bytes',
    ],
  ])('refuses %j', (input, reason) => {
    expect(() => readAttributeValue(input)).toThrow(
      expect.objectContaining({ reason, exception: 'ValidationException' }),
    )
  })

  test.each<[unknown, string]>([
    ['a', 'Unexpected value type in payload'],
    [[], 'Unrecognized collection type class com.amazonaws.dynamodb.v20120810.AttributeValue'],
    [{ S: true }, 'TRUE_VALUE cannot be converted to String'],
    [{ N: 1 }, 'NUMBER_VALUE cannot be converted to String'],
    [{ N: 1.5 }, 'DECIMAL_VALUE cannot be converted to String'],
    [{ S: [] }, 'Unrecognized collection type class java.lang.String'],
    [{ S: {} }, 'Start of structure or map found where not expected'],
    [{ B: 'YQ=' }, 'Base64 encoded length is expected a multiple of 4 bytes but found: 3'],
    [{ B: 'YR==' }, 'Invalid last non-pad Base64 character dectected'],
    [{ B: 1 }, 'only base-64-encoded strings are convertible to bytes'],
    [{ BOOL: 'maybe' }, 'Unexpected token received from parser'],
    [{ NULL: 1 }, 'NUMBER_VALUE cannot be converted to Boolean'],
    [{ SS: 'a' }, 'Unexpected field type'],
    [{ SS: {} }, 'Start of structure or map found where not expected'],
    [{ BS: ['a'] }, 'Base64 encoded length is expected a multiple of 4 bytes but found: 1'],
    [{ L: ['a'] }, 'Unexpected value type in payload'],
    [{ M: { a: 1 } }, 'Unexpected value type in payload'],
    [
      { M: [] },
      'Unrecognized collection type java.util.Map<java.lang.String, com.amazonaws.dynamodb.v20120810.AttributeValue>',
    ],
  ])('refuses the form of %j', (input, reason) => {
    expect(() => readAttributeValue(input)).toThrow(
      expect.objectContaining({ reason, exception: 'SerializationException', code: 'TABLE_VALUE_INVALID' }),
    )
  })

  test('makes values canonical in depth, without touching what it was given', () => {
    const given = {
      M: { a: { L: [{ N: '1.0' }, { S: 'x' }] }, b: { BOOL: 'yes' }, n: { NULL: 'true', S: null } },
    }
    const before = JSON.stringify(given)
    expect(readAttributeValue(given)).toEqual({
      M: { a: { L: [{ N: '1' }, { S: 'x' }] }, b: { BOOL: true }, n: { NULL: true } },
    })
    expect(JSON.stringify(given)).toBe(before)
    expect(readAttributeValue(deep(31))).toEqual(deep(31))
  })
})

describe('equality and order', () => {
  test('equal values are equal whatever the order of their sets and maps', () => {
    fc.assert(
      fc.property(readable, (item) => {
        expect(equalItems(item, turned(item))).toBe(true)
      }),
    )
  })

  test('equality is that of the printed values, sorted', () => {
    const value = arbitraryValue.filter((one) => tried(() => readAttributeValue(one)) !== undefined)
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [x, y] = [readAttributeValue(a), readAttributeValue(b)]
        expect(equalValues(x, y)).toBe(printed(x) === printed(y))
      }),
    )
  })

  test('strings are ordered by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(arbitraryText, arbitraryText, (a, b) => {
        const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b))
        expect(Math.sign(compareStrings(a, b))).toBe(bytes)
      }),
      { numRuns: 500 },
    )
  })

  test('order is total within a type, and there is none between types', () => {
    const scalar = arbitraryValue
      .filter((one) => tried(() => readAttributeValue(one)) !== undefined)
      .map(readAttributeValue)
    fc.assert(
      fc.property(scalar, scalar, scalar, (a, b, c) => {
        const [ab, ba, bc, ac] = [
          compareValues(a, b),
          compareValues(b, a),
          compareValues(b, c),
          compareValues(a, c),
        ]
        expect(ab === undefined).toBe(ba === undefined)
        if (ab !== undefined && ba !== undefined) expect(Math.sign(ab) + Math.sign(ba)).toBe(0)
        if (ab !== undefined) expect(ab === 0).toBe(equalValues(a, b))
        if (ab !== undefined && bc !== undefined && ab <= 0 && bc <= 0) expect(ac).toBeLessThanOrEqual(0)
      }),
      { numRuns: 1000 },
    )
    expect(compareValues({ S: '1' }, { N: '1' })).toBeUndefined()
    expect(compareValues({ BOOL: true }, { BOOL: true })).toBeUndefined()
    expect(compareValues({ B: '/w==' }, { B: 'YQ==' })).toBeGreaterThan(0)
  })
})

describe('plain forms', () => {
  test('an item that plain JSON holds comes back from its text, digit for digit', () => {
    fc.assert(
      fc.property(readable, (item) => {
        const text = itemToJson(item)
        expect(() => JSON.parse(text)).not.toThrow()
        if (isPlain(item)) expect(printed({ M: itemFromJson(text) })).toBe(printed({ M: item }))
      }),
      { numRuns: 500 },
    )
  })

  test('JSON texts of JavaScript values read like marshalling those values', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue({ noUnicodeString: false })),
        (value) => {
          const plain = tried(() => marshalItem(JSON.parse(JSON.stringify(value)) as object))
          if (plain !== undefined) expect(itemFromJson(JSON.stringify(value, null, 1))).toEqual(plain)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('marshalling gives back what was unmarshalled, but for digits that binary64 has no room for', () => {
    const short = readable.filter((item) => !/[0-9.]{16}/.test(JSON.stringify(item)))
    fc.assert(
      fc.property(short, (item) => {
        expect(printed({ M: marshalItem(unmarshalItem(item)) })).toBe(printed({ M: item }))
      }),
    )
  })

  test('values of JavaScript become their types', () => {
    expect(
      marshalItem({
        text: 'a',
        integer: 12n ** 20n,
        fraction: 1e-7,
        bytes: new Uint8Array([97]),
        strings: new Set(['a']),
        numbers: new Set([1, 2n]),
        binaries: new Set([new Uint8Array([97])]),
        list: [1, undefined, [true]],
        when: new Date(0),
        nothing: undefined,
        none: null,
      }),
    ).toEqual({
      text: { S: 'a' },
      integer: { N: '3833759992447475122176' },
      fraction: { N: '0.0000001' },
      bytes: { B: 'YQ==' },
      strings: { SS: ['a'] },
      numbers: { NS: ['1', '2'] },
      binaries: { BS: ['YQ=='] },
      list: { L: [{ N: '1' }, { NULL: true }, { L: [{ BOOL: true }] }] },
      when: { S: '1970-01-01T00:00:00.000Z' },
      none: { NULL: true },
    })
  })

  test.each<[object, string]>([
    [{ a: { b: [Number.NaN] } }, 'a.b[0] is NaN'],
    [{ a: new Set() }, 'a is an empty set'],
    [{ a: new Set(['a', 1]) }, 'a is a set of mixed types'],
    [{ a: new Map() }, 'a is a Map'],
    [{ a: 1e200 }, 'a is 1e+200: Number overflow.'],
    [{ '': 1 }, 'the item has a member without a name'],
  ])('%j cannot be stored', (item, message) => {
    expect(() => marshalItem(item)).toThrow(message)
  })

  test('digits survive in text', () => {
    expect(
      itemFromJson('{"n": 12345678901234567890.123, "m": [1E+2, -0.0, "9999999999999999\\"e5"]}'),
    ).toEqual({
      n: { N: '12345678901234567890.123' },
      m: { L: [{ N: '100' }, { N: '0' }, { S: '9999999999999999"e5' }] },
    })
    expect(() => itemFromJson('[1]')).toThrow('an item is a JSON object')
    expect(() => itemFromJson('{"a":1e400}')).toThrow('Number overflow')
  })
})

describe('sizes', () => {
  test('are those of the service', () => {
    expect(itemSize({ pk: { S: 'k' }, big: { S: 'x'.repeat(409_594) } })).toBe(ITEM_BYTES_MAX)
    expect(valueSize({ L: [] })).toBe(3)
    expect(valueSize({ L: [{ S: 'a' }, { BOOL: true }] })).toBe(3 + 2 + 2)
    expect(valueSize({ M: { ä: { NULL: true } } })).toBe(3 + 1 + 2 + 1)
    expect(valueSize({ SS: ['a', 'ä'] })).toBe(3)
    expect(valueSize({ BS: ['YQ==', 'YWI=', 'YWJj', ''] })).toBe(6)
  })

  test('an item is as large as its parts', () => {
    fc.assert(
      fc.property(readable, (item) => {
        const parts = Object.entries(item).map(([name, value]) => Buffer.byteLength(name) + valueSize(value))
        expect(itemSize(item)).toBe(parts.reduce((sum, part) => sum + part, 0))
      }),
    )
  })
})

function deep(levels: number): AttributeValue {
  let value: AttributeValue = { S: 'leaf' }
  for (let i = 0; i < levels; i++) value = { M: { n: value } }
  return value
}

function tried<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (error instanceof TableRequestError) return undefined
    throw error
  }
}

/** The same item with its maps and sets the other way round. */
function turned(item: TypedItem): TypedItem {
  return Object.fromEntries(
    Object.entries(item)
      .reverse()
      .map(([name, value]) => [name, turnedValue(value)]),
  )
}

function turnedValue(value: AttributeValue): AttributeValue {
  if ('M' in value) return { M: turned(value.M) }
  if ('L' in value) return { L: value.L.map(turnedValue) }
  if ('SS' in value) return { SS: value.SS.toReversed() }
  if ('NS' in value) return { NS: value.NS.toReversed() }
  return 'BS' in value ? { BS: value.BS.toReversed() } : value
}

/** One text for each value: members and sets sorted. */
function printed(value: AttributeValue): string {
  if ('M' in value) {
    const members = Object.keys(value.M).sort()
    return `M{${members.map((name) => `${JSON.stringify(name)}:${printed(value.M[name]!)}`).join()}}`
  }
  if ('L' in value) return `L[${value.L.map(printed).join()}]`
  const [[type, content]] = Object.entries(value) as [[string, unknown]]
  return `${type}${JSON.stringify(Array.isArray(content) ? content.toSorted() : content)}`
}
