/** CBOR: what is written is read back, published vectors read as they should, and every broken body is refused by type. */
import { cbor } from '@smithy/core/cbor'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseBody } from './body-codec.ts'
import { decodeCbor } from './cbor-decode.ts'
import { encodeCbor } from './cbor-encode.ts'
import { WireError } from './wire-error.ts'

const seed = Number(process.env.SEED ?? 20_261_121)
const runs = { seed, numRuns: 500 }

const tree = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small' },
    fc.string({ unit: 'binary' }),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    fc.date({ noInvalidDate: true }),
    fc.array(tie('tree')),
    fc.dictionary(fc.string({ unit: 'binary' }), tie('tree')),
  ),
})).tree

test('decode(encode(x)) = x', () => {
  fc.assert(
    fc.property(tree, (value) => {
      expect(decodeCbor(encodeCbor(value))).toEqual(plain(value))
    }),
    runs,
  )
})

/** fast-check makes records without a prototype; we make ordinary ones. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array || value instanceof Date) return value
  const entries = Object.entries(value).map(([name, member]) => [name, plain(member)])
  return Object.fromEntries(entries)
}

test('every truncation is refused, and every changed byte is refused or read as something else', () => {
  fc.assert(
    fc.property(tree, fc.nat(), fc.nat(255), (value, at, byte) => {
      const bytes = encodeCbor({ value })
      for (let length = 0; length < bytes.length; length++) expectRefused(bytes.subarray(0, length))
      const changed = Buffer.from(bytes)
      changed[at % changed.length] = byte
      expectReadOrRefused(changed)
    }),
    { seed, numRuns: 200 },
  )
})

test('no bytes whatever do anything but decode or be refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => expectReadOrRefused(bytes)),
    { seed, numRuns: 5000 },
  )
})

test('the independent codec reads what we write, and we read what it writes', () => {
  const shared = fc.dictionary(
    fc.string(),
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.array(fc.string()),
    ),
  )
  fc.assert(
    fc.property(shared, (value) => {
      fc.pre(!Object.hasOwn(value, '__proto__'))
      expect(plain(cbor.deserialize(encodeCbor(value)))).toEqual(plain(value))
      expect(decodeCbor(cbor.serialize(value))).toEqual(plain(value))
    }),
    runs,
  )
})

describe('vectors of RFC 8949, appendix A', () => {
  test.each([
    ['00', 0],
    ['17', 23],
    ['1818', 24],
    ['1903e8', 1000],
    ['1a000f4240', 1_000_000],
    ['1b000000e8d4a51000', 1_000_000_000_000],
    ['1bffffffffffffffff', 2 ** 64],
    ['c249010000000000000000', 2 ** 64],
    ['3bffffffffffffffff', -(2 ** 64)],
    ['c349010000000000000000', -(2 ** 64)],
    ['20', -1],
    ['3903e7', -1000],
    ['f90000', 0],
    ['f98000', -0],
    ['f93c00', 1],
    ['fb3ff199999999999a', 1.1],
    ['f93e00', 1.5],
    ['f97bff', 65_504],
    ['fa47c35000', 100_000],
    ['fa7f7fffff', 3.402_823_466_385_288_6e38],
    ['fb7e37e43c8800759c', 1e300],
    ['f90001', 2 ** -24],
    ['f90400', 2 ** -14],
    ['f9c400', -4],
    ['f97c00', Number.POSITIVE_INFINITY],
    ['f97e00', Number.NaN],
    ['f9fc00', Number.NEGATIVE_INFINITY],
    ['f4', false],
    ['f5', true],
    ['f6', null],
    ['f7', null],
    ['d74401020304', Buffer.of(1, 2, 3, 4)],
    ['d818456449455446', Buffer.from('dIETF')],
    ['40', Buffer.alloc(0)],
    ['60', ''],
    ['6449455446', 'IETF'],
    ['62225c', '"\\'],
    ['62c3bc', 'ü'],
    ['63e6b0b4', '水'],
    ['64f0908591', '𐅑'],
    ['80', []],
    ['8301820203820405', [1, [2, 3], [4, 5]]],
    ['a0', {}],
    ['a26161016162820203', { a: 1, b: [2, 3] }],
    ['5f42010243030405ff', Buffer.of(1, 2, 3, 4, 5)],
    ['7f657374726561646d696e67ff', 'streaming'],
    ['9fff', []],
    ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
    ['83018202039f0405ff', [1, [2, 3], [4, 5]]],
    ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
    ['bf6346756ef563416d7421ff', { Fun: true, Amt: -2 }],
  ])('%s', (hex, value) => {
    expect(decodeCbor(Buffer.from(hex, 'hex'))).toEqual(value)
  })
})

test('a timestamp is tag 1 over an integer of milliseconds, both ways', () => {
  const time = new Date(1_700_000_000_123)
  const bytes = encodeCbor({ t: time })
  expect(bytes.toString('hex')).toBe('a16174c11b0000018bcfe5687b')
  expect(decodeCbor(bytes)).toEqual({ t: time })
  expect(decodeCbor(Buffer.from('c1fb4278bcfe5687b800', 'hex'))).toEqual(time)
})

test('members that are undefined are left out', () => {
  expect(encodeCbor({ a: undefined, b: 1 }).toString('hex')).toBe('a1616201')
})

test('a member of the name __proto__ is a member like others', () => {
  const read = decodeCbor(encodeCbor(JSON.parse('{"__proto__":{"polluted":true}}')))
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype)
  expect(Object.keys(read as object)).toEqual(['__proto__'])
})

describe('refused', () => {
  test.each([
    ['lengths beyond the input', '9bffffffffffffffff'],
    ['the length of a map beyond the input', 'baffffffff'],
    ['a reserved head', '1c'],
    ['a reserved simple value', 'f8ff'],
    ['a break in place of a value', 'ff'],
    ['an unfinished indefinite array', '9f01'],
    ['a piece of another type in a string', '5f6161ff'],
    ['an indefinite piece in a string', '7f7fffff'],
    ['a name that is no text', 'a10102'],
    ['text that is not UTF-8', '61ff'],
    ['half a surrogate pair', '63eda080'],
    ['a timestamp of no number', 'c16161'],
    ['a timestamp that is not a number', 'c1f97e00'],
    ['a timestamp beyond all dates', 'c11bffffffffffffffff'],
    ['a big integer of no bytes', 'c201'],
    ['bytes after the end', '0000'],
    ['nothing', ''],
  ])('%s', (_name, hex) => expectRefused(Buffer.from(hex, 'hex')))

  test('nesting beyond 64, whatever it is made of', () => {
    const nested = (head: string, depth: number) => Buffer.from(`${head.repeat(depth)}00`, 'hex')
    expect(decodeCbor(nested('81', 64))).toBeInstanceOf(Array)
    for (const head of ['81', 'a16161', 'd7', '9f']) expectRefused(nested(head, 1_000_000))
    expectRefused(nested('81', 65))
  })

  test('a small body of millions of values', () => {
    const bytes = Buffer.concat([Buffer.from('9a001e8480', 'hex'), Buffer.alloc(2_000_000, 0xa0)])
    expectRefused(bytes)
  })

  test('a body that is no map', () => {
    for (const hex of ['80', '01', '6161', '4101', 'c100', 'f6']) {
      expect(() => parseBody(Buffer.from(hex, 'hex'), 'cbor')).toThrow(/has to be an object/)
    }
  })
})

function expectRefused(bytes: Uint8Array): void {
  let refusal: unknown
  try {
    decodeCbor(bytes)
  } catch (error) {
    refusal = error
  }
  expect(refusal).toBeInstanceOf(WireError)
  expect(refusal).toMatchObject({ type: 'SerializationException', status: 400 })
}

function expectReadOrRefused(bytes: Uint8Array): void {
  try {
    decodeCbor(bytes)
  } catch (error) {
    expect(error).toMatchObject({ type: 'SerializationException' })
  }
}
