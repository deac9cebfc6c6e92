import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NUMBER_KEY_BYTES_MAX, readNumberKey, writeNumberKey } from './number-key.ts'

function encode(value: number | bigint | string): Buffer {
  const bytes = new Uint8Array(NUMBER_KEY_BYTES_MAX)
  return Buffer.from(bytes.subarray(0, writeNumberKey(bytes, 0, value)))
}

/** A decimal as an exact fraction over 10^scale, so that two can be compared as bigints. */
const decimals = fc
  .tuple(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.integer({ min: 0, max: 60 }))
  .map(([digits, scale]) => ({ digits, scale, text: `${digits}e-${scale}` }))

const numbers = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.integer({ min: -20, max: 20 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
)

describe('number key', () => {
  test('byte order is number order for float64 values', () => {
    fc.assert(
      fc.property(numbers, numbers, (a, b) => {
        expect(Math.sign(Buffer.compare(encode(a), encode(b)))).toBe(a < b ? -1 : a > b ? 1 : 0)
      }),
      { numRuns: 3_000 },
    )
  })

  test('byte order is number order for decimals of 38 digits', () => {
    fc.assert(
      fc.property(decimals, decimals, (a, b) => {
        const left = a.digits * 10n ** BigInt(60 - a.scale)
        const right = b.digits * 10n ** BigInt(60 - b.scale)
        const expected = left < right ? -1 : left > right ? 1 : 0
        expect(Math.sign(Buffer.compare(encode(a.text), encode(b.text)))).toBe(expected)
      }),
      { numRuns: 3_000 },
    )
  })

  test('integers take the same bytes as number, bigint and text', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const bytes = encode(value)
        expect(encode(BigInt(value))).toEqual(bytes)
        expect(encode(`${value}.000`)).toEqual(bytes)
        expect(encode(`${value}00e-2`)).toEqual(bytes)
      }),
    )
  })

  test('reading gives back the number, and the end of its bytes', () => {
    fc.assert(
      fc.property(numbers, (value) => {
        const bytes = Buffer.concat([encode(value), Buffer.from([1, 2])])
        const read = readNumberKey(bytes, 0)
        expect(read.end).toBe(bytes.length - 2)
        // Integers beyond 53 bits come back as bigints.
        if (typeof read.value === 'number') expect(read.value).toBe(value === 0 ? 0 : value)
        else expect([Number.isSafeInteger(value), Number(read.value)]).toEqual([false, value])
      }),
      { numRuns: 3_000 },
    )
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), (value) => {
        expect(BigInt(readNumberKey(encode(value), 0).value)).toBe(value)
      }),
    )
    fc.assert(
      fc.property(decimals, ({ text }) => {
        expect(encode(readNumberKey(encode(text), 0).value)).toEqual(encode(text))
      }),
    )
  })

  test('the worked example of the layout holds', () => {
    expect(encode(1200).toString('hex')).toBe('6080040d00')
  })

  test('what is no finite decimal of 38 digits is refused', () => {
    for (const value of [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      '',
      '-',
      '.',
      '1x',
      'e5',
      '1e99999',
      10n ** 38n + 1n,
    ]) {
      expect(() => encode(value), String(value)).toThrow(/^STORE_KEY_INVALID/)
    }
  })
})
