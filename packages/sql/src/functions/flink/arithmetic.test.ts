import { formatFlinkType } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SqlValue } from '../../plan.ts'
import { bigint, callFlink, decimal, double, int, type TypedValue } from './testing/call-flink.ts'

const typed = (name: string, ...args: TypedValue[]): [string, SqlValue] => {
  const { type, value } = callFlink(name, args)
  return [formatFlinkType(type), value]
}

describe('integers', () => {
  test.each<[string, TypedValue, TypedValue, string, SqlValue]>([
    ['/', int(7), int(2), 'INT', 3],
    ['/', int(-7), int(2), 'INT', -3],
    ['/', bigint(-7n), int(2), 'BIGINT', -3n],
    ['MOD', int(-7), int(2), 'INT', -1],
    ['MOD', bigint(250n), int(123), 'INT', 4],
    ['MOD', int(7), bigint(-4n), 'BIGINT', 3n],
    ['+', int(2147483647), int(1), 'INT', -2147483648],
    ['-', int(-2147483648), int(1), 'INT', 2147483647],
    ['*', int(65536), int(65536), 'INT', 0],
    ['+', bigint(9223372036854775807n), int(1), 'BIGINT', -9223372036854775808n],
    ['+', ['TINYINT', 127], ['TINYINT', 1], 'TINYINT', -128],
    ['+', ['SMALLINT', 32767], ['TINYINT', 1], 'SMALLINT', -32768],
    ['/', int(-2147483648), int(-1), 'INT', -2147483648],
  ])('%# %s', (name, a, b, type, value) => {
    expect(typed(name, a, b)).toEqual([type, value])
  })

  test('the sum of any two integers is that of two’s complement', () => {
    const wide = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
    fc.assert(
      fc.property(wide, wide, fc.constantFrom('+', '-', '*'), (a, b, sign) => {
        const exact = sign === '+' ? a + b : sign === '-' ? a - b : a * b
        expect(callFlink(sign, [bigint(a), bigint(b)]).value).toBe(BigInt.asIntN(64, exact))
      }),
    )
  })

  test('division by zero fails the row', () => {
    expect(() => callFlink('/', [int(1), int(0)])).toThrow('division by zero')
    expect(() => callFlink('MOD', [bigint(1n), int(0)])).toThrow('division by zero')
    expect(() => callFlink('/', [decimal('1.5'), int(0)])).toThrow('division by zero')
  })
})

describe('floating numbers', () => {
  test.each<[string, TypedValue, TypedValue, string, SqlValue]>([
    ['/', double(1), int(0), 'DOUBLE', Number.POSITIVE_INFINITY],
    ['/', double(-1), double(0), 'DOUBLE', Number.NEGATIVE_INFINITY],
    ['/', double(0), int(0), 'DOUBLE', Number.NaN],
    ['+', decimal('1.5'), double(1), 'DOUBLE', 2.5],
    ['+', ['FLOAT', 0.5], int(1), 'FLOAT', 1.5],
    ['*', ['FLOAT', 0.5], decimal('1.5'), 'DOUBLE', 0.75],
  ])('%# %s', (name, a, b, type, value) => {
    expect(typed(name, a, b)).toEqual([type, value])
  })
})

describe('DECIMAL', () => {
  // Types by the table of spec 3.11.3.
  test.each<[string, TypedValue, TypedValue, string, SqlValue]>([
    ['*', decimal('0.908'), bigint(1000n), 'DECIMAL(23, 3)', 908000n],
    ['*', bigint(3n), decimal('0.908'), 'DECIMAL(23, 3)', 2724n],
    ['+', decimal('1.25'), decimal('2.5'), 'DECIMAL(4, 2)', 375n],
    ['+', decimal('1.25'), int(1), 'DECIMAL(13, 2)', 225n],
    ['-', ['DECIMAL(10, 2)', 100n], ['DECIMAL(5, 4)', 1n], 'DECIMAL(13, 4)', 9999n],
    ['/', decimal('1.0'), decimal('3.0'), 'DECIMAL(8, 6)', 333333n],
    ['/', ['DECIMAL(10, 2)', 100n], int(3), 'DECIMAL(21, 13)', 3333333333333n],
    ['MOD', decimal('7.5'), decimal('2.0'), 'DECIMAL(2, 1)', 15n],
    ['MOD', decimal('-7.5'), int(2), 'DECIMAL(2, 1)', -15n],
    ['*', ['DECIMAL(20, 10)', 15n], ['DECIMAL(20, 10)', 10n ** 10n], 'DECIMAL(38, 17)', 150000000n],
    ['*', ['DECIMAL(38, 18)', 1n], ['DECIMAL(38, 18)', 1n], 'DECIMAL(38, 6)', 0n],
    ['+', ['DECIMAL(38, 18)', 5n], ['DECIMAL(38, 18)', 5n], 'DECIMAL(38, 17)', 1n],
  ])('%# %s', (name, a, b, type, value) => {
    expect(typed(name, a, b)).toEqual([type, value])
  })

  test('a result of too many digits is NULL', () => {
    const big: TypedValue = ['DECIMAL(38, 0)', 10n ** 37n * 9n]
    expect(callFlink('+', [big, big])).toMatchObject({ value: null, nullable: true })
    expect(callFlink('*', [big, int(100)]).value).toBeNull()
  })

  test('results are the exact fraction rounded half up to their scale', () => {
    const anyDecimal = fc.record({
      unscaled: fc.bigInt({ min: -(10n ** 12n) + 1n, max: 10n ** 12n - 1n }),
      scale: fc.nat(8),
    })
    fc.assert(
      fc.property(anyDecimal, anyDecimal, fc.constantFrom('+', '-', '*', '/'), (a, b, sign) => {
        fc.pre(sign !== '/' || b.unscaled !== 0n)
        const { type, value } = callFlink(sign, [
          [`DECIMAL(12, ${a.scale})`, a.unscaled],
          [`DECIMAL(12, ${b.scale})`, b.unscaled],
        ])
        const [p, q] = [10n ** BigInt(a.scale), 10n ** BigInt(b.scale)]
        // a / p (sign) b / q as a fraction
        const [top, bottom] =
          sign === '*'
            ? [a.unscaled * b.unscaled, p * q]
            : sign === '/'
              ? [a.unscaled * q, b.unscaled * p]
              : [sign === '+' ? a.unscaled * q + b.unscaled * p : a.unscaled * q - b.unscaled * p, p * q]
        if (type.kind !== 'DECIMAL' || typeof value !== 'bigint') throw new Error('a DECIMAL expected')
        const one = 10n ** BigInt(type.scale)
        const size = (x: bigint) => (x < 0n ? -x : x)
        // |value / one - top / bottom| <= 1 / 2 one, and halves go away from zero
        const error = size(value * bottom - top * one) * 2n
        expect(error <= size(bottom)).toBe(true)
        if (error === size(bottom)) expect(size(value) * size(bottom) > size(top) * one).toBe(true)
      }),
    )
  })
})

describe('rounding functions', () => {
  test.each<[string, TypedValue[], string, SqlValue]>([
    ['ROUND', [decimal('2.5')], 'DECIMAL(2, 0)', 3n],
    ['ROUND', [decimal('-2.5')], 'DECIMAL(2, 0)', -3n],
    ['ROUND', [decimal('12.345'), int(1)], 'DECIMAL(4, 1)', 123n],
    ['ROUND', [decimal('12.345'), int(5)], 'DECIMAL(5, 3)', 12345n],
    ['ROUND', [decimal('156.5'), int(-1)], 'DECIMAL(4, 0)', 160n],
    ['ROUND', [double(2.5)], 'DOUBLE', 3],
    ['ROUND', [double(-1.005), int(2)], 'DOUBLE', -1.01],
    ['ROUND', [int(-25), int(-1)], 'INT', -30],
    ['TRUNCATE', [decimal('42.345'), int(2)], 'DECIMAL(5, 2)', 4234n],
    ['TRUNCATE', [double(42.345), int(2)], 'DOUBLE', 42.34],
    ['TRUNCATE', [double(42.345)], 'DOUBLE', 42],
    ['TRUNCATE', [double(-42.345), int(-1)], 'DOUBLE', -40],
    ['CEIL', [decimal('1.2')], 'DECIMAL(2, 0)', 2n],
    ['FLOOR', [decimal('-1.2')], 'DECIMAL(2, 0)', -2n],
    ['FLOOR', [double(1.9)], 'DOUBLE', 1],
    ['CEIL', [int(4)], 'INT', 4],
    ['ABS', [int(-2147483648)], 'INT', -2147483648],
    ['ABS', [decimal('-1.5')], 'DECIMAL(2, 1)', 15n],
    ['SIGN', [decimal('-1.5')], 'DECIMAL(2, 1)', -10n],
    ['SIGN', [bigint(5n)], 'BIGINT', 1n],
    ['NEGATE', [int(-2147483648)], 'INT', -2147483648],
  ])('%# %s', (name, args, type, value) => {
    expect(typed(name, ...args)).toEqual([type, value])
  })
})

describe('functions of DOUBLE and digits', () => {
  test.each<[string, TypedValue[], SqlValue]>([
    ['POWER', [int(2), int(10)], 1024],
    ['SQRT', [int(9)], 3],
    ['SQRT', [int(-1)], Number.NaN],
    ['LN', [int(0)], Number.NEGATIVE_INFINITY],
    ['LOG10', [int(1000)], 3],
    ['LOG2', [int(8)], 3],
    ['LOG', [int(2), int(8)], 3],
    ['EXP', [int(0)], 1],
    ['PI', [], Math.PI],
    ['E', [], Math.E],
    ['ATAN2', [int(0), int(1)], 0],
    ['DEGREES', [double(Math.PI)], 180],
    ['BIN', [int(12)], '1100'],
    ['BIN', [int(-1)], '1'.repeat(64)],
    ['HEX', [int(20)], '14'],
    ['HEX', [int(100)], '64'],
    ['HEX', [['STRING', 'hello,world']], '68656C6C6F2C776F726C64'],
  ])('%# %s', (name, args, value) => {
    expect(callFlink(name, args).value).toBe(value)
  })

  test('chance comes from the port', () => {
    const random = () => 0.75
    expect(callFlink('RAND', [], { random }).value).toBe(0.75)
    expect(callFlink('RAND_INTEGER', [int(10)], { random }).value).toBe(7)
    expect(callFlink('UUID', [], { random }).value).toBe('c000c000-c000-4000-8000-c000c000c000')
    expect(() => callFlink('RAND', [])).toThrow('no source')
    expect(() => callFlink('RAND_INTEGER', [int(0)], { random })).toThrow('above 0')
  })
})
