import { seededRandom } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import type { SingleValue } from '../table-port.ts'
import { lowerBound, upperBound } from './metrics.ts'
import { murmur3 } from './murmur3.ts'
import { compareSingleValues, readSingleValue, writeSingleValue } from './single-value.ts'
import { applyTransform, parseTransform, partitionText } from './transform.ts'
import { textOfValue, valueOfPlain, valueOfText } from './value-text.ts'
import { parseValueType } from './value-type.ts'

const type = (text: string) => parseValueType(text, 'a column')
const value = (typeText: string, text: string) => valueOfText(type(typeText), text)!
const transformed = (transform: string, typeText: string, text: string) =>
  applyTransform(parseTransform(transform), type(typeText), value(typeText, text))

describe('hashes of buckets are those of the specification', () => {
  // Apache Iceberg, format/spec.md, appendix B.
  test.each([
    ['int', '34', 2017239379],
    ['long', '34', 2017239379],
    ['decimal(9,2)', '14.20', -500754589],
    ['date', '2017-11-16', -653330422],
    ['time', '22:31:08', -662762989],
    ['timestamp', '2017-11-16 22:31:08', -2047944441],
    ['timestamp', '2017-11-16 22:31:08.000001', -1207196810],
    ['timestamptz', '2017-11-16 22:31:08+00', -2047944441],
    ['string', 'iceberg', 1210000089],
    ['uuid', 'f79c3e09-677c-4bbd-a479-3f349cb785e7', 1488055340],
    ['binary', '\\x00\\x01\\x02\\x03', -188683207],
  ])('%s %s', (typeText, text, hash) => {
    // As many buckets as there are hashes without a sign: the bucket is the hash.
    expect(transformed('bucket[2147483647]', typeText, text)).toBe((hash & 0x7fff_ffff) % 2147483647)
  })

  test('murmur3 of tails of each length', () => {
    // From the reference implementation in C++ (MurmurHash3_x86_32, seed 0).
    expect(murmur3(new Uint8Array())).toBe(0)
    expect(murmur3(Buffer.from('hello'))).toBe(613153351)
    expect(murmur3(Buffer.from('hello, world')) >>> 0).toBe(0x149bbb7f)
    expect(murmur3(Buffer.from('The quick brown fox jumps over the lazy dog')) >>> 0).toBe(0x2e4ff723)
  })
})

describe('transforms', () => {
  test.each([
    ['truncate[10]', 'int', '1', 0],
    ['truncate[10]', 'int', '-1', -10],
    ['truncate[10]', 'long', '-1', -10n],
    ['truncate[50]', 'decimal(9,2)', '10.65', 1050n],
    ['truncate[3]', 'string', 'iceberg', 'ice'],
    ['truncate[2]', 'string', '🧊🧊x', '🧊🧊'],
    ['year', 'date', '1969-12-31', -1],
    ['month', 'date', '1970-02-01', 1],
    ['month', 'date', '1969-12-31', -1],
    ['day', 'timestamp', '1969-12-31 23:59:59.999999', -1],
    ['day', 'timestamptz', '2017-11-16 22:31:08+00', 17486],
    ['hour', 'timestamp', '1969-12-31 23:59:59.999999', -1],
    ['hour', 'timestamp', '1970-01-02 01:00:00', 25],
    ['identity', 'boolean', 'true', true],
    ['void', 'string', 'x', null],
  ])('%s of %s %s', (transform, typeText, text, expected) => {
    expect(transformed(transform, typeText, text)).toEqual(expected)
    expect(applyTransform(parseTransform(transform), type(typeText), null)).toBeNull()
  })

  test('are named for people', () => {
    const text = (transform: string, typeText: string, given: SingleValue) =>
      partitionText(parseTransform(transform), type(typeText), given)
    expect(text('year', 'date', -1)).toBe('1969')
    expect(text('month', 'date', -1)).toBe('1969-12')
    expect(text('day', 'date', 17486)).toBe('2017-11-16')
    expect(text('hour', 'timestamp', -1)).toBe('1969-12-31-23')
    expect(text('identity', 'decimal(9,2)', -5n)).toBe('-0.05')
  })

  test('what is unknown is read and not written', () => {
    const unknown = parseTransform('zorder[3]')
    expect(unknown).toEqual({ kind: 'unknown', text: 'zorder[3]' })
    expect(() => applyTransform(unknown, type('int'), 1)).toThrow(/ICEBERG_PARTITION_INVALID/)
    expect(parseTransform('bucket[0]').kind).toBe('unknown')
  })
})

describe('single values', () => {
  const samples: readonly (readonly [string, readonly string[]])[] = [
    ['boolean', ['false', 'true']],
    ['int', ['-2147483648', '-1', '0', '34', '2147483647']],
    ['long', ['-9223372036854775808', '-1', '0', '9007199254740993', '9223372036854775807']],
    ['float', ['-inf', '-1.5', '0', '3.4028234663852886e+38', 'inf']],
    ['double', ['-1.7976931348623157e+308', '-0.1', '0', '5e-324', '0.1']],
    ['date', ['0044-03-15 (BC)', '0001-01-01', '1969-12-31', '2026-11-21', '9999-12-31']],
    ['time', ['00:00:00', '12:30:00.5', '23:59:59.999999']],
    ['timestamp', ['0044-03-15 00:00:00 (BC)', '1969-12-31 23:59:59.999999', '2026-11-21 10:00:00']],
    ['timestamptz', ['1969-12-31 23:59:59+00', '2026-11-21 10:00:00.000001+00']],
    ['string', ['', 'a', 'a\u{ffff}', 'a🧊', 'b']],
    ['binary', ['', '\\x00', '\\x00\\xFF', '\\x01', '\\xFF']],
    [
      'decimal(38,2)',
      ['-999999999999999999999999999999999999.99', '-1.28', '0.00', '1.27', '1.28', '327.68'],
    ],
    ['uuid', ['00000000-0000-0000-0000-000000000001', 'f79c3e09-677c-4bbd-a479-3f349cb785e7']],
  ]
  test.each(samples)('%s: text, value and bytes turn into each other, in order', (typeText, texts) => {
    const of = type(typeText)
    const values = texts.map((text) => value(typeText, text))
    for (const [i, each] of values.entries()) {
      expect(readSingleValue(of, writeSingleValue(of, each))).toEqual(each)
      expect(valueOfText(of, textOfValue(of, each))).toEqual(each)
      for (const [j, other] of values.entries()) {
        expect(Math.sign(compareSingleValues(each, other)), `${texts[i]} and ${texts[j]}`).toBe(
          Math.sign(i - j),
        )
      }
    }
  })

  test('bytes of the specification', () => {
    const hex = (typeText: string, text: string) =>
      Buffer.from(writeSingleValue(type(typeText), value(typeText, text))).toString('hex')
    expect(hex('int', '34')).toBe('22000000')
    expect(hex('long', '-2')).toBe('feffffffffffffff')
    expect(hex('date', '1970-01-02')).toBe('01000000')
    expect(hex('decimal(9,2)', '1.27')).toBe('7f')
    expect(hex('decimal(9,2)', '1.28')).toBe('0080')
    expect(hex('decimal(9,2)', '-1.28')).toBe('80')
  })

  test('bounds of a column that was widened since are read', () => {
    const int = writeSingleValue({ kind: 'int' }, -7)
    expect(readSingleValue({ kind: 'long' }, int)).toBe(-7n)
    const float = writeSingleValue({ kind: 'float' }, 0.5)
    expect(readSingleValue({ kind: 'double' }, float)).toBe(0.5)
    expect(readSingleValue({ kind: 'long' }, new Uint8Array(3))).toBeUndefined()
  })

  test('what cannot be a value is refused or has no bound', () => {
    expect(valueOfText(type('int'), '2147483648')).toBeUndefined()
    expect(valueOfText(type('date'), 'infinity')).toBeUndefined()
    expect(() => valueOfPlain(type('int'), 1.5)).toThrow(/ICEBERG_PARTITION_INVALID/)
    expect(() => valueOfPlain(type('long'), 2n ** 63n)).toThrow(/ICEBERG_PARTITION_INVALID/)
    expect(() => parseValueType('timestamp_ns', 'column "at"')).toThrow(
      /column "at" has the type "timestamp_ns"/,
    )
  })
})

test('bounds hold for the value and are short', () => {
  const seed = 20261121
  const random = seededRandom(seed)
  const points = ['a', 'ß', '\u{d7ff}', '\u{ffff}', '\u{10ffff}', '🧊']
  for (let i = 0; i < 2000; i++) {
    const text = Array.from({ length: random.below(40) }, () => points[random.below(points.length)]!).join('')
    const lower = lowerBound(text) as string
    expect(compareSingleValues(lower, text), `seed ${seed}, ${text}`).toBeLessThanOrEqual(0)
    expect([...lower].length).toBeLessThanOrEqual(16)
    const upper = upperBound(text) as string | undefined
    if (upper === undefined) expect(text).toMatch(/^\u{10ffff}{16}/u)
    else {
      expect(compareSingleValues(upper, text), `seed ${seed}, ${text}`).toBeGreaterThanOrEqual(0)
      expect([...upper].length).toBeLessThanOrEqual(16)
      expect(Buffer.from(upper).toString()).toBe(upper)
    }
    const bytes = Uint8Array.from({ length: random.below(30) }, () => (random.below(3) === 0 ? 7 : 255))
    expect(compareSingleValues(lowerBound(bytes)!, bytes)).toBeLessThanOrEqual(0)
    const above = upperBound(bytes)
    if (above === undefined) expect(bytes.subarray(0, 16).every((byte) => byte === 255)).toBe(true)
    else expect(compareSingleValues(above, bytes)).toBeGreaterThanOrEqual(0)
  }
  expect(lowerBound(Number.NaN)).toBeUndefined()
  expect(Object.is(lowerBound(0), -0)).toBe(true)
  expect(Object.is(upperBound(-0), 0)).toBe(true)
})
