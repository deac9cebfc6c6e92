import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  divideHalfUp,
  fitsPrecision,
  formatDecimal,
  narrow,
  parseDecimal,
  parseDoubleBytes,
  rescale,
  type Scaled,
} from './decimal.ts'

const scale = fc.integer({ min: 0, max: 38 })
const unscaled = fc
  .oneof(
    fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }),
    fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
  )
  .map(narrow)

test('a formatted decimal reads back as itself', () => {
  fc.assert(
    fc.property(unscaled, scale, (value, s) => {
      expect(parseDecimal(formatDecimal(value, s), s, true)).toBe(value)
    }),
  )
})

test('every value has one form: a number exactly while it fits in 53 bits', () => {
  fc.assert(
    fc.property(unscaled, scale, scale, (value, from, to) => {
      const result = rescale(value, from, to)
      const safe = result <= Number.MAX_SAFE_INTEGER && result >= Number.MIN_SAFE_INTEGER
      expect(typeof result).toBe(safe ? 'number' : 'bigint')
      if (typeof result === 'number') expect(Number.isInteger(result)).toBe(true)
    }),
  )
})

/** Half up by the definition: the nearest integer, ties away from zero. */
function halfUpByDefinition(value: bigint, divisor: bigint): Scaled {
  const magnitude = value < 0n ? -value : value
  const whole = magnitude / divisor
  const up = 2n * (magnitude % divisor) >= divisor ? 1n : 0n
  return narrow((value < 0n ? -1n : 1n) * (whole + up))
}

test('dropping digits rounds half away from zero', () => {
  fc.assert(
    fc.property(unscaled, fc.integer({ min: 1, max: 20 }), (value, digits) => {
      const expected = halfUpByDefinition(BigInt(value), 10n ** BigInt(digits))
      expect(rescale(value, digits, 0)).toBe(expected)
      expect(parseDecimal(formatDecimal(value, digits), 0)).toBe(expected)
    }),
  )
  expect(parseDecimal('1.005', 2)).toBe(101)
  expect(parseDecimal('-1.005', 2)).toBe(-101)
  expect(parseDecimal('0.4999999999999999999999', 0)).toBe(0)
  expect(divideHalfUp(7n, -2n)).toBe(-4)
})

test('widening the scale and narrowing it back changes nothing', () => {
  fc.assert(
    fc.property(
      unscaled,
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: 0, max: 20 }),
      (value, from, more) => {
        expect(rescale(rescale(value, from, from + more), from + more, from)).toBe(value)
      },
    ),
  )
})

test('an exponent moves the point and nothing else', () => {
  fc.assert(
    fc.property(
      unscaled,
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 0, max: 12 }),
      (value, s, exponent) => {
        const plain = parseDecimal(formatDecimal(value, s), s + exponent, true)
        expect(parseDecimal(`${formatDecimal(value, s + exponent)}e+${exponent}`, s, true)).toBe(value)
        expect(plain).toBe(rescale(value, s, s + exponent))
      },
    ),
  )
  expect(parseDecimal('12e-1', 1, true)).toBe(12)
  expect(parseDecimal('1e2', 0, true)).toBe(100)
  expect(parseDecimal('123.4', 0, true)).toBe('inexact')
  expect(parseDecimal('123.000', 0, true)).toBe(123)
  expect(parseDecimal('1e999999999', 0)).toBe('out of range')
  expect(parseDecimal('1e-999999999', 0)).toBe(0)
  expect(parseDecimal('0e999999999', 2)).toBe(0)
})

test('text that is no number is malformed', () => {
  for (const text of [
    '',
    '-',
    '+',
    '.',
    '1.2.3',
    '1e',
    '1e+',
    'e5',
    '1x',
    'NaN',
    '0x10',
    '1 2',
    '--1',
    '1_0',
  ]) {
    expect(parseDecimal(text, 2)).toBe('malformed')
  }
})

test('the precision check agrees with counting digits', () => {
  fc.assert(
    fc.property(unscaled, fc.integer({ min: 1, max: 38 }), (value, precision) => {
      const digits = value === 0 ? 0 : String(value).replace('-', '').length
      expect(fitsPrecision(value, precision)).toBe(digits <= precision)
    }),
  )
})

test('a binary float read from bytes is the one JavaScript reads', () => {
  const text = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
    fc.tuple(fc.integer(), fc.nat(1_000_000)).map(([a, b]) => `${a}.${b}`),
    fc.tuple(fc.bigInt(), fc.integer({ min: -320, max: 320 })).map(([a, e]) => `${a}e${e}`),
  )
  fc.assert(
    fc.property(text, (t) => {
      const bytes = Buffer.from(t)
      expect(parseDoubleBytes(bytes, 0, bytes.length)).toBe(Number(t))
    }),
  )
})
