import { formatFlinkType, parseSqlType } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SqlValue } from '../../plan.ts'
import {
  bigint,
  callFlink,
  date,
  decimal,
  double,
  int,
  type TypedValue,
  text,
  timestamp,
} from './testing/call-flink.ts'
import { flinkCommonType } from './types.ts'

const value = (name: string, ...args: TypedValue[]) => callFlink(name, args).value

describe('comparison', () => {
  test.each<[string, TypedValue[], SqlValue]>([
    ['=', [decimal('1.50'), decimal('1.5')], true],
    ['=', [bigint(1n), decimal('1.0')], true],
    ['<', [int(1), double(1.5)], true],
    ['=', [double(Number.NaN), double(Number.NaN)], false],
    ['<>', [double(Number.NaN), double(1)], true],
    ['>', [double(Number.POSITIVE_INFINITY), double(1)], true],
    ['=', [double(Number.POSITIVE_INFINITY), double(Number.POSITIVE_INFINITY)], true],
    ['<', [text('a'), text('b')], true],
    ['=', [text('a'), text('a ')], false],
    ['=', [date('2024-01-02'), text('2024-01-02')], true],
    ['<', [timestamp('2024-01-02 10:00:00'), text('2024-01-02 10:00:01')], true],
    ['=', [date('2024-01-02'), timestamp('2024-01-02 00:00:00')], true],
    ['=', [int(null), int(1)], null],
    [
      '=',
      [
        ['ARRAY<INT>', [1, 2]],
        ['ARRAY<BIGINT>', [1, 2]],
      ],
      true,
    ],
    [
      '<>',
      [
        ['ROW<a INT, b STRING>', [1, 'x']],
        ['ROW<c INT, d STRING>', [1, 'y']],
      ],
      true,
    ],
    [
      'IS DISTINCT FROM',
      [
        ['ARRAY<INT>', null],
        ['ARRAY<INT>', [1]],
      ],
      true,
    ],
    ['IS NOT DISTINCT FROM', [int(null), int(null)], true],
    [
      'IS NOT DISTINCT FROM',
      [
        ['MAP<STRING, INT>', new Map([['a', 1]])],
        ['MAP<STRING, INT>', new Map([['a', 1]])],
      ],
      true,
    ],
    ['BETWEEN', [int(2), int(1), int(2)], true],
    ['BETWEEN', [int(3), int(null), int(2)], false],
    ['BETWEEN', [int(1), int(null), int(2)], null],
    ['IN', [int(1), int(2), bigint(1n)], true],
    ['IN', [int(1), int(2), int(null)], null],
    ['IN', [int(1), int(1), int(null)], true],
    ['GREATEST', [int(1), bigint(3n), int(2)], 3n],
    ['LEAST', [text('b'), text('a')], 'a'],
    ['GREATEST', [int(1), int(null)], null],
  ])('%# %s', (name, args, wanted) => {
    expect(value(name, ...args)).toEqual(wanted)
  })

  test('what cannot meet is refused', () => {
    expect(() => value('=', int(1), text('1'))).toThrow('cannot compare INT, STRING')
    expect(() => value('<', ['ARRAY<INT>', [1]], ['ARRAY<INT>', [2]])).toThrow('has no order')
    expect(() => value('=', ['ROW<a INT>', [1]], ['ROW<a INT, b INT>', [1, 2]])).toThrow('cannot compare')
  })

  test('IN is = OR =, BETWEEN is <= AND <=', () => {
    const number = fc.option(fc.integer({ min: 0, max: 3 }))
    fc.assert(
      fc.property(number, number, number, (a, b, c) => {
        const either = value(
          'OR',
          ['BOOLEAN', value('=', int(a), int(b))],
          ['BOOLEAN', value('=', int(a), int(c))],
        )
        expect(value('IN', int(a), int(b), int(c))).toBe(either)
        const both = value(
          'AND',
          ['BOOLEAN', value('<=', int(b), int(a))],
          ['BOOLEAN', value('<=', int(a), int(c))],
        )
        expect(value('BETWEEN', int(a), int(b), int(c))).toBe(both)
      }),
    )
  })
})

describe('the common type', () => {
  test.each([
    ['INT', 'BIGINT', 'BIGINT'],
    ['INT', 'DECIMAL(5, 2)', 'DECIMAL(12, 2)'],
    ['DECIMAL(5, 2)', 'DECIMAL(10, 4)', 'DECIMAL(10, 4)'],
    ['DECIMAL(38, 0)', 'DECIMAL(38, 10)', 'DECIMAL(38, 10)'],
    ['DECIMAL(5, 2)', 'FLOAT', 'DOUBLE'],
    ['BIGINT', 'FLOAT', 'FLOAT'],
    ['FLOAT', 'DOUBLE', 'DOUBLE'],
    ['CHAR(1)', 'CHAR(3)', 'VARCHAR(3)'],
    ['VARCHAR(2)', 'STRING', 'STRING'],
    ['DATE', 'TIMESTAMP(3)', 'TIMESTAMP(3)'],
    ['TIMESTAMP(3)', 'TIMESTAMP(6)', 'TIMESTAMP(6)'],
    ['TIMESTAMP(6)', 'TIMESTAMP_LTZ(3)', 'TIMESTAMP_LTZ(6)'],
    ['ARRAY<INT>', 'ARRAY<BIGINT>', 'ARRAY<BIGINT>'],
    ['ROW<a INT>', 'ROW<b DECIMAL(3, 1)>', 'ROW<`a` DECIMAL(11, 1)>'],
  ])('of %s and %s is %s', (a, b, wanted) => {
    const [x, y] = [parseSqlType(a, 'flink'), parseSqlType(b, 'flink')]
    expect(formatFlinkType(flinkCommonType(x, y)!)).toBe(wanted)
    expect(flinkCommonType({ kind: 'NULL' }, x)).toEqual(x)
  })

  test('strangers have none', () => {
    for (const [a, b] of [
      ['INT', 'STRING'],
      ['DATE', 'TIME'],
      ['BOOLEAN', 'INT'],
      ['ARRAY<INT>', 'MAP<INT, INT>'],
    ])
      expect(flinkCommonType(parseSqlType(a!, 'flink'), parseSqlType(b!, 'flink'))).toBeUndefined()
  })
})

describe('conditions', () => {
  const boolean = (of: boolean | null): TypedValue => ['BOOLEAN', of]
  test.each<[string, TypedValue[], string, SqlValue]>([
    ['CASE', [boolean(false), int(1), decimal('2.5')], 'DECIMAL(11, 1)', 25n],
    ['CASE', [boolean(null), int(1), boolean(true), int(2), ['NULL', null]], 'INT', 2],
    ['COALESCE', [int(null), bigint(3n)], 'BIGINT', 3n],
    ['IFNULL', [text(null), text('x')], 'STRING', 'x'],
    ['IF', [boolean(null), text('a'), text('b')], 'STRING', 'b'],
    ['IF', [boolean(true), int(1), bigint(2n)], 'BIGINT', 1n],
    ['NULLIF', [int(5), int(5)], 'INT', null],
    ['NULLIF', [int(5), bigint(0n)], 'INT', 5],
    ['IS_ALPHA', [text('Wörter')], 'BOOLEAN', true],
    ['IS_ALPHA', [text('a1')], 'BOOLEAN', false],
    ['IS_ALPHA', [text(null)], 'BOOLEAN', false],
    ['IS_DIGIT', [text('123')], 'BOOLEAN', true],
    ['IS_DIGIT', [int(5)], 'BOOLEAN', true],
    ['IS_DECIMAL', [double(1.5)], 'BOOLEAN', true],
    ['IS_DIGIT', [text('')], 'BOOLEAN', false],
    ['IS_DECIMAL', [text('-1.5')], 'BOOLEAN', true],
    ['IS_DECIMAL', [text('1.5x')], 'BOOLEAN', false],
    ['TYPEOF', [int(1)], 'STRING', 'INT NOT NULL'],
    ['TYPEOF', [['ROW<a FLOAT, b ARRAY<STRING>>', null]], 'STRING', 'ROW<`a` FLOAT, `b` ARRAY<STRING>>'],
  ])('%# %s', (name, args, type, wanted) => {
    const called = callFlink(name, args)
    expect([formatFlinkType(called.type), called.value]).toEqual([type, wanted])
  })
})
