import { parseSqlType } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SqlValue } from '../../plan.ts'
import { castProblem } from '../index.ts'
import { javaDoubleText, javaFloatText, parseJavaDouble } from './java-number.ts'
import { castFlink, date, instant, time, timestamp } from './testing/call-flink.ts'
import { implicitCast } from './types.ts'

const cast = (value: SqlValue, from: string, to: string, zone = 'UTC') =>
  castFlink(value, parseSqlType(from, 'flink'), parseSqlType(to, 'flink'), { zone })

describe('CAST', () => {
  test.each<[SqlValue, string, string, SqlValue]>([
    // Numbers: toward zero, wrapping; HALF_UP into DECIMAL, NULL when it is too small.
    [1.9, 'DOUBLE', 'INT', 1],
    [-1.9, 'DOUBLE', 'INT', -1],
    [19n, 'DECIMAL(2, 1)', 'INT', 1],
    [-19n, 'DECIMAL(2, 1)', 'BIGINT', -1n],
    [300, 'INT', 'TINYINT', 44],
    [4294967296n, 'BIGINT', 'INT', 0],
    [1e20, 'DOUBLE', 'INT', 2147483647],
    [Number.NaN, 'DOUBLE', 'INT', 0],
    [1.005, 'DOUBLE', 'DECIMAL(5, 2)', 101n],
    [125n, 'DECIMAL(3, 2)', 'DECIMAL(3, 1)', 13n],
    [12345n, 'DECIMAL(5, 0)', 'DECIMAL(4, 0)', null],
    [7, 'INT', 'DECIMAL(10, 2)', 700n],
    [125n, 'DECIMAL(3, 2)', 'DOUBLE', 1.25],
    [0.1, 'DOUBLE', 'FLOAT', Math.fround(0.1)],
    // Booleans.
    [true, 'BOOLEAN', 'INT', 1],
    [false, 'BOOLEAN', 'DECIMAL(3, 1)', 0n],
    [2, 'INT', 'BOOLEAN', true],
    [' Yes ', 'STRING', 'BOOLEAN', true],
    ['0', 'STRING', 'BOOLEAN', false],
    [true, 'BOOLEAN', 'STRING', 'TRUE'],
    // Text to numbers.
    [' -42 ', 'STRING', 'INT', -42],
    ['1.9', 'STRING', 'INT', 1],
    ['1.255', 'STRING', 'DECIMAL(5, 2)', 126n],
    ['123456', 'STRING', 'DECIMAL(5, 2)', null],
    ['1e3', 'STRING', 'DOUBLE', 1000],
    ['-Infinity', 'STRING', 'DOUBLE', Number.NEGATIVE_INFINITY],
    ['9223372036854775807', 'STRING', 'BIGINT', 9223372036854775807n],
    // Numbers to text.
    [1, 'DOUBLE', 'STRING', '1.0'],
    [1e7, 'DOUBLE', 'STRING', '1.0E7'],
    [-150n, 'DECIMAL(5, 2)', 'STRING', '-1.50'],
    [Math.fround(0.1), 'FLOAT', 'STRING', '0.1'],
    // CHAR pads and cuts, VARCHAR cuts.
    ['ab', 'STRING', 'CHAR(4)', 'ab  '],
    ['abcdef', 'STRING', 'CHAR(4)', 'abcd'],
    ['abcdef', 'STRING', 'VARCHAR(4)', 'abcd'],
    [12345, 'INT', 'VARCHAR(3)', '123'],
    ['ab', 'CHAR(4)', 'STRING', 'ab'],
    // Bytes.
    ['hé', 'STRING', 'BYTES', new Uint8Array([0x68, 0xc3, 0xa9])],
    [new Uint8Array([0x68, 0x69]), 'BYTES', 'STRING', 'hi'],
    [new Uint8Array([1]), 'BYTES', 'BINARY(2)', new Uint8Array([1, 0])],
    // Times to text with the digits of the type.
    [timestamp('2024-01-02 03:04:05.678')[1], 'TIMESTAMP(3)', 'STRING', '2024-01-02 03:04:05.678'],
    [timestamp('2024-01-02 03:04:05')[1], 'TIMESTAMP(3)', 'STRING', '2024-01-02 03:04:05.000'],
    [timestamp('2024-01-02 03:04:05')[1], 'TIMESTAMP(0)', 'STRING', '2024-01-02 03:04:05'],
    [timestamp('2024-01-02 03:04:05.6')[1], 'TIMESTAMP(6)', 'STRING', '2024-01-02 03:04:05.600000'],
    [date('2024-01-02')[1], 'DATE', 'STRING', '2024-01-02'],
    [time('03:04:05')[1], 'TIME', 'STRING', '03:04:05'],
    [90_061_001, 'INTERVAL DAY TO SECOND', 'STRING', '+1 01:01:01.001'],
    [-14, 'INTERVAL YEAR TO MONTH', 'STRING', '-1-02'],
    ['+1 01:01:01.001', 'STRING', 'INTERVAL DAY TO SECOND', 90_061_001],
    ['-1-02', 'STRING', 'INTERVAL YEAR TO MONTH', -14],
    // Text to times.
    ['2024-01-02 03:04:05.678', 'STRING', 'TIMESTAMP(3)', timestamp('2024-01-02 03:04:05.678')[1]],
    ['2024-01-02 03:04:05.678', 'STRING', 'TIMESTAMP(1)', timestamp('2024-01-02 03:04:05.6')[1]],
    ['2024-1-2', 'STRING', 'TIMESTAMP(3)', timestamp('2024-01-02 00:00:00')[1]],
    ['2024-01-02 03:04:05', 'STRING', 'DATE', date('2024-01-02')[1]],
    ['03:04:05.678', 'STRING', 'TIME', time('03:04:05')[1]],
    // Times among each other.
    [
      timestamp('2024-01-02 03:04:05.678')[1],
      'TIMESTAMP(3)',
      'TIMESTAMP(0)',
      timestamp('2024-01-02 03:04:05')[1],
    ],
    [-1, 'TIMESTAMP(3)', 'DATE', -1],
    [date('2024-01-02')[1], 'DATE', 'TIMESTAMP(3)', timestamp('2024-01-02')[1]],
    [timestamp('2024-01-02 03:04:05.678')[1], 'TIMESTAMP(3)', 'TIME', time('03:04:05')[1]],
    // Nested types by their elements.
    [[1, null, 2], 'ARRAY<INT>', 'ARRAY<STRING>', ['1', null, '2']],
    [[19, 'x'], 'ROW<a DECIMAL(2, 1), b STRING>', 'ROW<c INT, d CHAR(2)>', [1, 'x ']],
    [new Map([['1', 2]]), 'MAP<STRING, INT>', 'MAP<INT, DOUBLE>', new Map([[1, 2]])],
    [[1, null], 'ARRAY<INT>', 'STRING', '[1, NULL]'],
    [[150, 'x'], 'ROW<a DECIMAL(3, 2), b STRING>', 'STRING', '(1.50, x)'],
    [new Map([['k', true]]), 'MAP<STRING, BOOLEAN>', 'STRING', '{k=TRUE}'],
    [null, 'INT', 'STRING', null],
  ])('%# of %s to %s', (value, from, to, wanted) => {
    expect(cast(value, from, to)).toEqual(wanted)
  })

  test('the session zone lies between local times and instants', () => {
    const zone = 'America/New_York'
    const [, noon] = timestamp('2024-07-01 12:00:00')
    const [, noonInNewYork] = instant('2024-07-01 16:00:00')
    expect(cast(noon, 'TIMESTAMP(3)', 'TIMESTAMP_LTZ(3)', zone)).toBe(noonInNewYork)
    expect(cast(noonInNewYork, 'TIMESTAMP_LTZ(3)', 'TIMESTAMP(3)', zone)).toBe(noon)
    expect(cast(noonInNewYork, 'TIMESTAMP_LTZ(0)', 'STRING', zone)).toBe('2024-07-01 12:00:00')
    expect(cast('2024-07-01 12:00:00', 'STRING', 'TIMESTAMP_LTZ(3)', zone)).toBe(noonInNewYork)
    expect(cast(instant('2024-07-01 02:00:00')[1], 'TIMESTAMP_LTZ(3)', 'DATE', zone)).toBe(
      date('2024-06-30')[1],
    )
  })

  test.each([
    ['abc', 'STRING', 'INT'],
    ['', 'STRING', 'INT'],
    ['1e3', 'STRING', 'INT'],
    ['128', 'STRING', 'TINYINT'],
    ['maybe', 'STRING', 'BOOLEAN'],
    ['x', 'STRING', 'DOUBLE'],
    ['2024-02-30', 'STRING', 'DATE'],
    ['2024-01-02T03:04:05', 'STRING', 'TIMESTAMP(3)'],
    ['25:00:00', 'STRING', 'TIME'],
  ])('%s cannot be read: CAST fails, TRY_CAST is NULL', (value, from, to) => {
    expect(() => cast(value, from, to)).toThrow(expect.objectContaining({ name: 'CoercionError' }))
    const [x, y] = [parseSqlType(from, 'flink'), parseSqlType(to, 'flink')]
    expect(castFlink(value, x, y, {}, 'TRY_CAST')).toBeNull()
  })

  test.each([
    ['INT', 'TIMESTAMP(3)', 'TO_TIMESTAMP'],
    ['TIMESTAMP(3)', 'BIGINT', 'UNIX_TIMESTAMP'],
    ['ARRAY<INT>', 'INT', 'allowed are'],
    ['ROW<a INT>', 'ROW<a INT, b INT>', 'as many fields'],
    ['DATE', 'TIME', 'allowed are'],
  ])('%s to %s is refused with a hint', (from, to, hint) => {
    const problem = castProblem('CAST', parseSqlType(from, 'flink'), parseSqlType(to, 'flink'), 'flink')
    expect(problem).toContain(hint)
  })
})

describe('implicit casts', () => {
  test.each([
    ['INT', 'BIGINT', true],
    ['BIGINT', 'INT', false],
    ['BIGINT', 'DOUBLE', true],
    ['INT', 'DECIMAL(5, 2)', true],
    ['DECIMAL(20, 2)', 'DECIMAL(5, 1)', true],
    ['DECIMAL(5, 2)', 'INT', false],
    ['DOUBLE', 'FLOAT', false],
    ['CHAR(3)', 'STRING', true],
    ['STRING', 'VARCHAR(3)', true],
    ['STRING', 'INT', false],
    ['INT', 'STRING', false],
    ['DATE', 'TIMESTAMP(3)', true],
    ['TIMESTAMP(3)', 'TIMESTAMP_LTZ(3)', true],
    ['TIMESTAMP_LTZ(3)', 'TIMESTAMP(6)', true],
    ['STRING', 'TIMESTAMP(3)', false],
    ['ARRAY<INT>', 'ARRAY<BIGINT>', true],
    ['ARRAY<BIGINT>', 'ARRAY<INT>', false],
    ['ROW<a INT, b DATE>', 'ROW<x BIGINT, y TIMESTAMP(3)>', true],
    ['MAP<STRING, INT>', 'MAP<STRING, STRING>', false],
    ['BOOLEAN', 'INT', false],
  ])('%s to %s: %s', (from, to, allowed) => {
    expect(implicitCast(parseSqlType(from, 'flink'), parseSqlType(to, 'flink'))).toBe(allowed)
  })

  test('a literal goes to a type that holds its value', () => {
    expect(implicitCast({ kind: 'INTEGER' }, { kind: 'TINYINT' }, 127)).toBe(true)
    expect(implicitCast({ kind: 'INTEGER' }, { kind: 'TINYINT' }, 128)).toBe(false)
    expect(implicitCast({ kind: 'VARCHAR', length: 2 }, { kind: 'INTEGER' }, '12')).toBe(false)
  })
})

describe('numbers as Java writes them', () => {
  test.each([
    [0, '0.0'],
    [-0, '-0.0'],
    [100, '100.0'],
    [0.001, '0.001'],
    [0.0001, '1.0E-4'],
    [9999999, '9999999.0'],
    [10000000, '1.0E7'],
    [123456789.5, '1.234567895E8'],
    [1.7976931348623157e308, '1.7976931348623157E308'],
    [4.9e-324, '5.0E-324'],
    [1e21, '1.0E21'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
  ])('%s is %s', (value, text) => {
    expect(javaDoubleText(value)).toBe(text)
  })

  test('a text reads back as the number, of 64 and of 32 bits', () => {
    fc.assert(
      fc.property(fc.double(), fc.float(), (double, float) => {
        expect(parseJavaDouble(javaDoubleText(double))).toBe(double)
        expect(Math.fround(parseJavaDouble(javaFloatText(float))!)).toBe(float)
      }),
    )
  })
})
