import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ITEM_KEY_ROOM, readItemKey, writeItemKey } from './item-key.ts'
import { ITEM_KEY_BYTES_MAX } from './limits.ts'
import type { KeyValue, TableDefinition } from './port.ts'

const types = ['string', 'number', 'binary'] as const
type Type = (typeof types)[number]

const table = (first: Type, second?: Type): TableDefinition => ({
  name: 't',
  partitionKey: { name: 'p', type: first },
  ...(second === undefined ? {} : { sortKey: { name: 's', type: second } }),
})

function encode(definition: TableDefinition, partition: KeyValue, sort?: KeyValue): Buffer {
  const bytes = new Uint8Array(ITEM_KEY_ROOM + 3)
  return Buffer.from(bytes.subarray(3, writeItemKey(bytes, 3, definition, partition, sort)))
}

const strings = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom('\0', '\u0001', 'a', '\u00ff', '\uffff', '\u{10000}'), maxLength: 6 }),
)
const binaries = fc.uint8Array({ maxLength: 8 }).chain((bytes) =>
  fc.constantFrom(
    bytes,
    Uint8Array.from(bytes, (byte) => (byte < 128 ? 0 : byte)),
  ),
)
const numbers = fc.oneof(
  fc.integer({ min: -300, max: 300 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)
const valuesOf = (type: Type): fc.Arbitrary<KeyValue> =>
  type === 'string' ? strings : type === 'number' ? numbers : binaries

function compareValues(a: KeyValue, b: KeyValue): number {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b))
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  return a < b ? -1 : a > b ? 1 : 0
}

const cases = fc.constantFrom(...types).chain((first) =>
  fc.constantFrom(...types, undefined).chain((second) => {
    const key = fc.tuple(valuesOf(first), second === undefined ? fc.constant(undefined) : valuesOf(second))
    return fc.record({ definition: fc.constant(table(first, second)), a: key, b: key })
  }),
)

describe('item key', () => {
  test('byte order is the order of partition key, then sort key', () => {
    fc.assert(
      fc.property(cases, ({ definition, a, b }) => {
        const expected =
          compareValues(a[0], b[0]) ||
          (a[1] === undefined || b[1] === undefined ? 0 : compareValues(a[1], b[1]))
        const actual = Buffer.compare(encode(definition, a[0], a[1]), encode(definition, b[0], b[1]))
        expect(Math.sign(actual)).toBe(Math.sign(expected))
      }),
      { numRuns: 5_000 },
    )
  })

  test('reading gives back what was written', () => {
    fc.assert(
      fc.property(cases, ({ definition, a }) => {
        const plain = (value: KeyValue | undefined): unknown =>
          value instanceof Uint8Array
            ? Buffer.from(value).toString('hex')
            : typeof value === 'bigint' || typeof value === 'number'
              ? Number(value) + 0
              : value
        const { partitionKey, sortKey } = readItemKey(encode(definition, a[0], a[1]), definition)
        expect([plain(partitionKey), plain(sortKey)]).toEqual([plain(a[0]), plain(a[1])])
      }),
      { numRuns: 2_000 },
    )
  })

  test('values of another type, missing and superfluous ones are refused by name', () => {
    expect(() => encode(table('string'), 1)).toThrow(/"p" is a number, but must be a string/)
    expect(() => encode(table('number'), new Uint8Array(1))).toThrow(/STORE_KEY_INVALID/)
    expect(() => encode(table('string', 'number'), 'a')).toThrow(/"s" is missing, but must be a number/)
    expect(() => encode(table('string'), 'a', 'b')).toThrow(/has no sort key/)
    expect(() => encode(table('string'), '\ud800')).toThrow(/lone surrogate/)
  })

  test('a key of the limit passes, one byte more is refused', () => {
    const fits = 'a'.repeat(ITEM_KEY_BYTES_MAX - 2)
    expect(encode(table('string'), fits).length).toBe(ITEM_KEY_BYTES_MAX)
    expect(() => encode(table('string'), `${fits}a`)).toThrow(/STORE_KEY_TOO_LARGE/)
    expect(() => encode(table('string', 'string'), fits, '')).toThrow(/STORE_KEY_TOO_LARGE/)
    expect(() => encode(table('binary'), new Uint8Array(ITEM_KEY_BYTES_MAX))).toThrow(/STORE_KEY_TOO_LARGE/)
  })
})
