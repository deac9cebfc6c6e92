import { expect, test } from 'vitest'
import { list, map, readInput, required, type Shape, structure, type ValueOf } from './shape.ts'
import { blob, boolean, integer, long, string, timestamp } from './shape-values.ts'
import { WireError } from './wire-error.ts'

const records = structure({
  Records: required(
    list(structure({ Data: required(blob({ max: 4 })), Key: required(string({ min: 1, max: 3 })) }), {
      min: 1,
      max: 12,
    }),
  ),
  Name: string({ min: 1, max: 5, pattern: '[a-z]+' }),
  Count: integer({ min: 1, max: 9 }),
  Mode: structure({ Kind: required(string({ enum: ['A', 'B'] })) }),
  Tags: map(string({ min: 1, max: 3 }), string({ min: 0, max: 2 }), { min: 1, max: 2 }),
  Keys: list(string({ min: 1, max: 3 })),
  At: timestamp(),
  Flag: boolean(),
  Long: long(),
})

// The type follows from the shape; this fails to compile if it does not.
const typed: ValueOf<typeof records> = {
  Records: [{ Data: new Uint8Array(1), Key: 'k' }],
  Mode: { Kind: 'A' },
  Tags: { a: 'b' },
  At: new Date(0),
}

function fault(shape: Shape<unknown>, body: unknown): string {
  try {
    readInput(shape, body)
  } catch (error) {
    if (error instanceof WireError) return `${error.type}: ${error.message}`
    throw error
  }
  return 'no error'
}

const good = { Records: [{ Data: '', Key: 'k' }] }

test('a body in JSON and one in CBOR give the same input', () => {
  const json = { Records: [{ Data: 'AQI=', Key: 'k' }], Mode: { Kind: 'A' }, Tags: { a: 'b' }, At: 1.5 }
  const cbor = {
    Records: [{ Data: Uint8Array.of(1, 2), Key: 'k' }],
    Mode: { Kind: 'A' },
    Tags: { a: 'b' },
    At: new Date(1500),
  }
  const expected = { ...typed, Records: [{ Data: Uint8Array.of(1, 2), Key: 'k' }], At: new Date(1500) }
  for (const body of [json, cbor]) {
    const input = readInput(records, body)
    expect({
      ...input,
      Records: input.Records.map(({ Data, Key }) => ({ Data: new Uint8Array(Data), Key })),
    }).toEqual(expected)
  }
})

test('unknown members are ignored, null is absence, fractions are floored, numbers bounded', () => {
  expect(readInput(records, { ...good, Other: {}, Name: null, Count: 3.9 })).toEqual({
    Records: [{ Data: new Uint8Array(0), Key: 'k' }],
    Count: 3,
  })
  expect(fault(records, { ...good, Count: 1e12 })).toContain("Value '2147483647' at 'count'")
  expect(readInput(records, { ...good, Long: 5e9 }).Long).toBe(5e9)
})

test('names that every object has are neither members nor lost as keys', () => {
  const shape = structure({ constructor: string(), toString: required(string()) })
  expect(fault(shape, {})).toBe(
    "ValidationException: 1 validation error detected: Value null at 'toString' failed to satisfy constraint: Member must not be null",
  )
  const tags = readInput(
    structure({ T: map(string({ min: 1, max: 20 }), string()) }),
    JSON.parse('{"T":{"__proto__":"x"}}'),
  )
  expect(Object.entries(tags.T ?? {})).toEqual([['__proto__', 'x']])
})

test('a wrong type is a SerializationException, also where constraints are broken before it', () => {
  const text = 'SerializationException: '
  const number = 'class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to'
  const cases: [object, string][] = [
    [{ Name: 1 }, `${number} an String`],
    [{ Name: true }, 'class java.lang.Boolean can not be converted to an String'],
    [{ Name: [] }, 'Start of list found where not expected'],
    [{ Name: {} }, 'Start of structure or map found where not expected.'],
    [{ Count: '1' }, 'class java.lang.String can not be converted to an Integer'],
    [{ Long: '1' }, 'class java.lang.String can not be converted to an Long'],
    [{ Flag: 'yes' }, "'YES' can not be converted to an Boolean"],
    [{ Flag: 1 }, `${number} an Boolean`],
    [{ At: 'now' }, 'class java.lang.String can not be converted to milliseconds since epoch'],
    [{ At: 1e300 }, '1e+300 can not be converted to milliseconds since epoch'],
    [{ Keys: 'a' }, 'Expected list or null'],
    [{ Keys: {} }, 'Start of structure or map found where not expected.'],
    [{ Keys: [null] }, 'A list may not hold null'],
    [{ Tags: 'a' }, 'Expected map or null'],
    [{ Tags: [] }, 'Start of list found where not expected'],
    [{ Mode: 'a' }, 'Expected null'],
    [{ Mode: [] }, 'Start of list found where not expected'],
    [{ Name: new Uint8Array(1) }, 'A byte string can not be converted to an String'],
    [{ Name: new Date(0) }, 'A timestamp can not be converted to an String'],
  ]
  for (const [member, expected] of cases) {
    expect(fault(records, { Name: '', ...member }), JSON.stringify(member)).toBe(text + expected)
  }
})

test('only whole, canonical base64 is a blob', () => {
  const shape = structure({ B: blob() })
  const blobFault = (value: unknown): string => fault(shape, { B: value })
  expect(blobFault('23456')).toBe(
    "SerializationException: '23456' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 5",
  )
  expect(blobFault('=+/=')).toBe(
    "SerializationException: '=+/=' can not be converted to a Blob: Invalid Base64 character: '='",
  )
  for (const text of ['+/+=', '====', 'AA======', 'A===', 'AAAA====']) {
    expect(blobFault(text), text).toContain('Invalid last non-pad Base64 character')
  }
  for (const text of ['A-_=', 'AB==CDEF', 'A\nA='])
    expect(blobFault(text), text).toContain('Invalid Base64 character')
  expect(blobFault(23)).toContain('can not be converted to a Blob')
  for (let length = 0; length < 70; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 89) & 255)
    const input = readInput(shape, { B: Buffer.from(bytes).toString('base64') })
    expect(new Uint8Array(input.B ?? [])).toEqual(bytes)
  }
})

test('broken constraints are told together, in the order of members, ten at most', () => {
  const detected = (count: number, ...faults: string[]): string =>
    `ValidationException: ${count} validation error${count > 1 ? 's' : ''} detected: ${faults.join('; ')}`
  const at = (value: string, path: string, rule: string): string =>
    `Value ${value} at '${path}' failed to satisfy constraint: ${rule}`
  expect(fault(records, {})).toBe(detected(1, at('null', 'records', 'Member must not be null')))
  expect(fault(records, { Records: [], Name: '', Count: 0, Mode: { Kind: 'C' } })).toBe(
    detected(
      5,
      at("'[]'", 'records', 'Member must have length greater than or equal to 1'),
      at("''", 'name', 'Member must satisfy regular expression pattern: [a-z]+'),
      at("''", 'name', 'Member must have length greater than or equal to 1'),
      at("'0'", 'count', 'Member must have value greater than or equal to 1'),
      at("'C'", 'mode.kind', 'Member must satisfy enum value set: [A, B]'),
    ),
  )
  expect(fault(records, { Records: [{ Data: 'AAAAAAA=' }] })).toBe(
    detected(
      2,
      at(
        "'java.nio.HeapByteBuffer[pos=0 lim=5 cap=5]'",
        'records.1.member.data',
        'Member must have length less than or equal to 4',
      ),
      at('null', 'records.1.member.key', 'Member must not be null'),
    ),
  )
  expect(fault(records, { ...good, Tags: { long1: 'a', b: 'long' }, Keys: ['', 'a'] })).toBe(
    detected(
      3,
      at(
        "'{long1=a, b=long}'",
        'tags',
        'Map keys must satisfy constraint: [Member must have length less than or equal to 3, Member must have length greater than or equal to 1]',
      ),
      at(
        "'{long1=a, b=long}'",
        'tags',
        'Map value must satisfy constraint: [Member must have length less than or equal to 2, Member must have length greater than or equal to 0]',
      ),
      at(
        "'[, a]'",
        'keys',
        'Member must satisfy constraint: [Member must have length less than or equal to 3, Member must have length greater than or equal to 1]',
      ),
    ),
  )
  const many = fault(records, { Records: Array.from({ length: 12 }, () => ({ Data: '', Key: '' })) })
  expect(many).toContain('10 validation errors detected')
  expect(many.split('; ')).toHaveLength(10)
})

test('the text of a large value stops early', () => {
  const entry = { Data: Buffer.alloc(3).toString('base64'), Key: 'k' }
  const told = fault(records, { Records: Array.from({ length: 100_000 }, () => entry) })
  expect(told).toContain("Value '[{Data=java.nio.HeapByteBuffer[pos=0 lim=3 cap=3], Key=k}, {Data=")
  expect(told.length).toBeLessThan(5000)
})

test('lengths count characters, and a pattern has to match the whole value', () => {
  const shape = structure({ S: string({ max: 2 }), P: string({ pattern: 'a|b' }) })
  expect(fault(shape, { S: '😀😀' })).toBe('no error')
  expect(fault(shape, { S: '😀😀😀' })).toContain('length less than or equal to 2')
  expect(fault(shape, { P: 'ab' })).toContain('regular expression pattern: a|b')
})
