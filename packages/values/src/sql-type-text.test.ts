import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SqlType } from './sql-type.ts'
import { formatSqlType, parseSqlType, physicalKind } from './sql-type-text.ts'
import { ValueError } from './value-error.ts'

const length = fc.integer({ min: 1, max: 65535 })
const anyType: fc.Arbitrary<SqlType> = fc.oneof(
  fc.constantFrom<SqlType>(
    { kind: 'BOOLEAN' },
    { kind: 'TINYINT' },
    { kind: 'SMALLINT' },
    { kind: 'INTEGER' },
    { kind: 'BIGINT' },
    { kind: 'REAL' },
    { kind: 'DOUBLE' },
    { kind: 'DATE' },
    { kind: 'TIME' },
    { kind: 'TIMESTAMP' },
    { kind: 'INTERVAL_DAY' },
    { kind: 'INTERVAL_MONTH' },
    { kind: 'NULL' },
  ),
  fc
    .tuple(fc.integer({ min: 1, max: 38 }), fc.nat(38))
    .map(
      ([precision, scale]): SqlType => ({ kind: 'DECIMAL', precision, scale: Math.min(scale, precision) }),
    ),
  fc
    .tuple(
      fc.constantFrom('CHAR' as const, 'VARCHAR' as const, 'BINARY' as const, 'VARBINARY' as const),
      length,
    )
    .map(([kind, n]): SqlType => ({ kind, length: n })),
)

test('a formatted type reads back as itself, in any letter case', () => {
  fc.assert(
    fc.property(anyType, fc.boolean(), (type, lower) => {
      const text = formatSqlType(type)
      expect(parseSqlType(lower ? text.toLowerCase() : text)).toEqual(type)
      expect(['number', 'text']).toContain(physicalKind(type))
    }),
  )
})

test('both dialects spell the same types', () => {
  expect(parseSqlType('INT')).toEqual({ kind: 'INTEGER' })
  expect(parseSqlType('double  precision')).toEqual({ kind: 'DOUBLE' })
  expect(parseSqlType('DEC(5, 2)')).toEqual({ kind: 'DECIMAL', precision: 5, scale: 2 })
  expect(parseSqlType('NUMERIC')).toEqual({ kind: 'DECIMAL', precision: 18, scale: 0 })
  expect(parseSqlType('TIMESTAMP(3)')).toEqual({ kind: 'TIMESTAMP' })
  expect(parseSqlType('CHARACTER VARYING(7)')).toEqual({ kind: 'VARCHAR', length: 7 })
})

test('what is no type is refused with its text and what is allowed', () => {
  for (const text of [
    '',
    'VARCHAR(0)',
    'DECIMAL(39,0)',
    'DECIMAL(3,4)',
    'INT(4)',
    'BLOB',
    'VARCHAR(1,2)',
    'VARCHAR(8',
  ]) {
    expect(() => parseSqlType(text)).toThrow(ValueError)
    expect(() => parseSqlType(text)).toThrow(/^VAL1001 /)
  }
})
