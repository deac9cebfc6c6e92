import { formatFlinkType } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import type { SqlValue } from '../../plan.ts'
import { bigint, callFlink, decimal, double, int, type TypedValue, text } from './testing/call-flink.ts'

const array = (...elements: SqlValue[]): TypedValue => ['ARRAY<INT>', elements]
const texts = (...elements: SqlValue[]): TypedValue => ['ARRAY<STRING>', elements]
const map = (of: Record<string, number | null>): TypedValue => [
  'MAP<STRING, INT>',
  new Map(Object.entries(of)),
]
const nothing: TypedValue = ['ARRAY<INT>', null]

describe('collections', () => {
  test.each<[string, TypedValue[], string, SqlValue]>([
    ['ARRAY', [int(1), bigint(2n)], 'ARRAY<BIGINT>', [1, 2]],
    ['ARRAY', [bigint(2n ** 60n), int(null)], 'ARRAY<BIGINT>', [2n ** 60n, null]],
    ['ARRAY', [decimal('1.5'), int(2)], 'ARRAY<DECIMAL(11, 1)>', [15, 20]],
    ['MAP', [text('a'), int(1), text('a'), int(2)], 'MAP<STRING, INT>', new Map([['a', 2]])],
    ['ROW', [int(1), text('x')], 'ROW<`EXPR$0` INT NOT NULL, `EXPR$1` STRING NOT NULL>', [1, 'x']],
    ['ITEM', [array(5, 6), int(1)], 'INT', 5],
    ['ITEM', [array(5, 6), int(3)], 'INT', null],
    ['ITEM', [['ARRAY<BIGINT>', [5]], int(1)], 'BIGINT', 5n],
    ['ITEM', [['ARRAY<DECIMAL(3, 1)>', [15]], int(1)], 'DECIMAL(3, 1)', 15n],
    ['ITEM', [map({ a: 1 }), text('a')], 'INT', 1],
    ['ITEM', [map({ a: 1 }), text('b')], 'INT', null],
    ['ITEM', [['MAP<BIGINT, STRING>', new Map([[7, 'x']])], int(7)], 'STRING', 'x'],
    [
      'ITEM',
      [
        ['MAP<ARRAY<INT>, STRING>', new Map([[[1, 2], 'x']])],
        ['ARRAY<INT>', [1, 2]],
      ],
      'STRING',
      'x',
    ],
    ['FIELD', [['ROW<a INT, b BIGINT>', [1, 2]], int(1)], 'BIGINT', 2n],
    ['CARDINALITY', [array(1, null)], 'INT', 2],
    ['CARDINALITY', [map({ a: 1, b: 2 })], 'INT', 2],
    [
      'CARDINALITY',
      [
        [
          'MULTISET<STRING>',
          new Map([
            ['a', 2],
            ['b', 1],
          ]),
        ],
      ],
      'INT',
      3,
    ],
    ['CARDINALITY', [nothing], 'INT', null],
    ['ELEMENT', [array(4)], 'INT', 4],
    ['ELEMENT', [array()], 'INT', null],
    ['ARRAY_CONTAINS', [array(1, 2), int(2)], 'BOOLEAN', true],
    ['ARRAY_CONTAINS', [array(1, null), int(null)], 'BOOLEAN', true],
    ['ARRAY_CONTAINS', [array(1), int(null)], 'BOOLEAN', false],
    ['ARRAY_CONTAINS', [nothing, int(1)], 'BOOLEAN', null],
    ['ARRAY_CONTAINS', [['ARRAY<DECIMAL(2, 1)>', [10]], int(1)], 'BOOLEAN', true],
    [
      'ARRAY_CONTAINS',
      [
        ['ARRAY<ROW<a INT>>', [[1]]],
        ['ROW<a INT>', [1]],
      ],
      'BOOLEAN',
      true,
    ],
    ['ARRAY_POSITION', [array(1, 2, 2), int(2)], 'INT', 2],
    ['ARRAY_POSITION', [array(1), int(3)], 'INT', 0],
    ['ARRAY_POSITION', [array(1), int(null)], 'INT', null],
    ['ARRAY_REMOVE', [array(1, 2, 1), int(1)], 'ARRAY<INT>', [2]],
    ['ARRAY_APPEND', [array(1), int(null)], 'ARRAY<INT>', [1, null]],
    ['ARRAY_PREPEND', [array(1), int(0)], 'ARRAY<INT>', [0, 1]],
    ['ARRAY_DISTINCT', [array(3, 1, 3, null, null)], 'ARRAY<INT>', [3, 1, null]],
    ['ARRAY_REVERSE', [array(1, 2, 3)], 'ARRAY<INT>', [3, 2, 1]],
    ['ARRAY_SLICE', [array(1, 2, 3, 4, 5), int(2), int(4)], 'ARRAY<INT>', [2, 3, 4]],
    ['ARRAY_SLICE', [array(1, 2, 3, 4, 5), int(-2)], 'ARRAY<INT>', [4, 5]],
    ['ARRAY_SLICE', [array(1, 2, 3), int(0), int(9)], 'ARRAY<INT>', [1, 2, 3]],
    ['ARRAY_SLICE', [array(1, 2, 3), int(3), int(2)], 'ARRAY<INT>', []],
    ['ARRAY_SORT', [array(3, null, 1)], 'ARRAY<INT>', [null, 1, 3]],
    ['ARRAY_SORT', [array(3, null, 1), ['BOOLEAN', false]], 'ARRAY<INT>', [3, 1, null]],
    ['ARRAY_SORT', [array(3, null, 1), ['BOOLEAN', true], ['BOOLEAN', false]], 'ARRAY<INT>', [1, 3, null]],
    ['ARRAY_CONCAT', [array(1, 2), array(2), array()], 'ARRAY<INT>', [1, 2, 2]],
    ['ARRAY_UNION', [array(1, 2), array(2, 3)], 'ARRAY<INT>', [1, 2, 3]],
    ['ARRAY_EXCEPT', [array(1, 2, 2), array(2)], 'ARRAY<INT>', [1, 2]],
    ['ARRAY_INTERSECT', [array(1, 2, 2), array(2, 3)], 'ARRAY<INT>', [2]],
    ['ARRAY_MAX', [array(1, null, 3)], 'INT', 3],
    ['ARRAY_MIN', [['ARRAY<DOUBLE>', [2.5, 1.5]]], 'DOUBLE', 1.5],
    ['ARRAY_MAX', [array(null)], 'INT', null],
    ['ARRAY_JOIN', [texts('a', null, 'b'), text(',')], 'STRING', 'a,b'],
    ['ARRAY_JOIN', [texts('a', null), text(','), text('?')], 'STRING', 'a,?'],
    ['MAP_KEYS', [map({ a: 1, b: 2 })], 'ARRAY<STRING>', ['a', 'b']],
    ['MAP_VALUES', [map({ a: 1, b: null })], 'ARRAY<INT>', [1, null]],
    ['MAP_ENTRIES', [map({ a: 1 })], 'ARRAY<ROW<`key` STRING, `value` INT>>', [['a', 1]]],
    [
      'MAP_FROM_ARRAYS',
      [texts('a', 'b'), array(1, 2)],
      'MAP<STRING, INT>',
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    ],
    [
      'MAP_UNION',
      [map({ a: 1, b: 2 }), map({ b: 3 })],
      'MAP<STRING, INT>',
      new Map([
        ['a', 1],
        ['b', 3],
      ]),
    ],
  ])('%# %s', (name, args, type, wanted) => {
    const called = callFlink(name, args)
    expect([formatFlinkType(called.type), called.value]).toEqual([type, wanted])
  })

  test('what does not fit is refused or fails the row', () => {
    expect(() => callFlink('ELEMENT', [array(1, 2)])).toThrow('it takes one')
    expect(() => callFlink('MAP_FROM_ARRAYS', [texts('a'), array()])).toThrow('1 keys and 0 values')
    expect(() => callFlink('ITEM', [array(1), int(0)])).toThrow('begins with 1')
    expect(() => callFlink('ITEM', [array(1), text('a')])).toThrow('is an integer')
    expect(() => callFlink('ARRAY', [int(1), text('a')])).toThrow('different families')
    expect(() => callFlink('ARRAY_CONTAINS', [array(1), text('a')])).toThrow('the elements are INT')
    expect(() => callFlink('ARRAY_SORT', [['ARRAY<ARRAY<INT>>', []]])).toThrow('no order')
    expect(() => callFlink('CARDINALITY', [double(1)])).toThrow('counts an ARRAY')
  })
})
