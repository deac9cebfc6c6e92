import type { SqlType } from '@millrace/values'
import { formatSqlType } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import type { SqlValue } from '../plan.ts'
import { flinkAggregateNames, lookupFlinkAggregate } from './flink-aggregates.ts'

const integer: SqlType = { kind: 'INTEGER' }
const bigint: SqlType = { kind: 'BIGINT' }
const text: SqlType = { kind: 'VARCHAR', length: 5 }
const decimal = (precision: number, scale: number): SqlType => ({ kind: 'DECIMAL', precision, scale })

function typeOf(name: string, ...types: readonly SqlType[]): string {
  const inferred = lookupFlinkAggregate(name)?.infer(types.map((type) => ({ type, nullable: true })))
  if (inferred === undefined) return 'unknown'
  return typeof inferred === 'string' ? inferred : formatSqlType(inferred.type)
}

describe('types of aggregates (spec 3.11)', () => {
  test('SUM keeps the type of integers and floats; DECIMAL gets 38 digits', () => {
    expect(typeOf('SUM', integer)).toBe('INTEGER')
    expect(typeOf('SUM', { kind: 'TINYINT' })).toBe('TINYINT')
    expect(typeOf('SUM', { kind: 'REAL' })).toBe('REAL')
    expect(typeOf('SUM', decimal(10, 2))).toBe('DECIMAL(38,2)')
  })

  test('AVG keeps the type; DECIMAL gets 38 digits and a scale of at least 6', () => {
    expect(typeOf('AVG', bigint)).toBe('BIGINT')
    expect(typeOf('AVG', decimal(10, 2))).toBe('DECIMAL(38,6)')
    expect(typeOf('AVG', decimal(20, 9))).toBe('DECIMAL(38,9)')
  })

  test('counts are BIGINT, spreads DOUBLE, collections hold the type of the argument', () => {
    expect(typeOf('COUNT')).toBe('BIGINT')
    expect(typeOf('COUNT', integer, text)).toBe('BIGINT')
    expect(typeOf('APPROX_COUNT_DISTINCT', text)).toBe('BIGINT')
    expect(typeOf('ROW_NUMBER')).toBe('BIGINT')
    expect(typeOf('STDDEV_POP', integer)).toBe('DOUBLE')
    expect(typeOf('MAX', text)).toBe('VARCHAR(5)')
    expect(lookupFlinkAggregate('COLLECT')?.infer([{ type: text, nullable: true }])).toEqual({
      type: { kind: 'MULTISET', element: text },
      nullable: false,
    })
    expect(lookupFlinkAggregate('ARRAY_AGG')?.infer([{ type: text, nullable: true }])).toEqual({
      type: { kind: 'ARRAY', element: text },
      nullable: true,
    })
  })

  test('aliases look up what they stand for', () => {
    expect(lookupFlinkAggregate('STDDEV')?.name).toBe('STDDEV_SAMP')
    expect(lookupFlinkAggregate('VARIANCE')?.name).toBe('VAR_SAMP')
    expect(lookupFlinkAggregate('constructor')).toBeUndefined()
    expect(flinkAggregateNames()).toContain('VARIANCE')
  })

  test('what is wrong with an argument is said in words', () => {
    expect(typeOf('SUM', text)).toBe('SUM takes a number, not VARCHAR(5)')
    expect(typeOf('MAX', { kind: 'ARRAY', element: integer })).toContain('MAX takes a value with an order')
    expect(typeOf('LISTAGG', integer)).toBe('LISTAGG takes a text, not INT')
    expect(typeOf('LISTAGG', text, text)).toBe('the separator of LISTAGG is a text literal')
    expect(typeOf('LAG', text, integer)).toBe('the distance of LAG is an integer literal from 0 to 100000')
    expect(typeOf('JSON_OBJECTAGG', integer, integer)).toContain('the key of JSON_OBJECTAGG is a text')
    expect(typeOf('AVG')).toBe('AVG takes 1 argument, not 0')
  })
})

describe('the definition', () => {
  const evaluate = (name: string, type: SqlType, values: readonly SqlValue[], distinct = false) => {
    const fn = lookupFlinkAggregate(name)!
    const inferred = fn.infer([{ type, nullable: true }])
    if (typeof inferred === 'string') throw new Error(inferred)
    return fn.evaluate(
      values.map((value) => [value]),
      { type: inferred.type, argTypes: [type], distinct, ignoreNulls: false },
    )
  }

  test('NULL is skipped, except by ARRAY_AGG', () => {
    expect(evaluate('FIRST_VALUE', integer, [null, 2, 3])).toBe(2)
    expect(evaluate('LAST_VALUE', integer, [2, 3, null])).toBe(3)
    expect(evaluate('COUNT', integer, [2, null])).toBe(1)
    expect(evaluate('ARRAY_AGG', integer, [2, null, 2])).toEqual([2, null, 2])
    expect(evaluate('ARRAY_AGG', integer, [2, null, 2, null], true)).toEqual([2, null])
  })

  test('no values: NULL, or what is empty', () => {
    for (const name of ['SUM', 'AVG', 'MIN', 'FIRST_VALUE', 'STDDEV_POP', 'ARRAY_AGG'])
      expect(evaluate(name, integer, [])).toBeNull()
    expect(evaluate('COUNT', integer, [])).toBe(0)
    expect(evaluate('COLLECT', integer, [])).toEqual(new Map())
    expect(evaluate('JSON_ARRAYAGG', integer, [])).toBe('[]')
  })

  test('the sample forms need two values', () => {
    expect(evaluate('VAR_SAMP', integer, [4])).toBeNull()
    expect(evaluate('VAR_POP', integer, [4])).toBe(0)
    expect(evaluate('VAR_SAMP', integer, [1, 3])).toBe(2)
    expect(evaluate('STDDEV_POP', decimal(4, 1), [10n, 30n])).toBe(1)
  })

  test('a sum of doubles is exact and rounded once; NaN and infinities are contagious', () => {
    const double: SqlType = { kind: 'DOUBLE' }
    expect(evaluate('SUM', double, [1e16, 1, -1e16])).toBe(1)
    expect(evaluate('SUM', double, [Number.POSITIVE_INFINITY, 1])).toBe(Number.POSITIVE_INFINITY)
    expect(evaluate('AVG', double, [Number.NaN, 1])).toBeNaN()
    expect(evaluate('MAX', double, [1, Number.NaN, 2])).toBeNaN()
    expect(evaluate('MIN', double, [Number.NaN, 2])).toBe(2)
  })
})
