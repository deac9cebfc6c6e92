import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { SqlType } from './sql-type.ts'
import { formatFlinkType, formatSqlType, parseSqlType, physicalKind } from './sql-type-text.ts'
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

const flinkScalar: fc.Arbitrary<SqlType> = fc.oneof(
  fc.constantFrom<SqlType>(
    { kind: 'INTEGER' },
    { kind: 'BIGINT' },
    { kind: 'REAL' },
    { kind: 'DOUBLE' },
    { kind: 'VARCHAR', length: 2147483647 },
    { kind: 'VARBINARY', length: 2147483647 },
    { kind: 'VARCHAR', length: 7 },
    { kind: 'DECIMAL', precision: 38, scale: 18 },
  ),
  fc
    .tuple(fc.constantFrom('TIMESTAMP' as const, 'TIMESTAMP_LTZ' as const), fc.nat(9))
    .map(([kind, precision]): SqlType => ({ kind, precision })),
)
const flinkType: fc.Arbitrary<SqlType> = fc.letrec<{ type: SqlType }>((tie) => ({
  type: fc.oneof(
    { maxDepth: 3 },
    flinkScalar,
    tie('type').map((element): SqlType => ({ kind: 'ARRAY', element })),
    tie('type').map((element): SqlType => ({ kind: 'MULTISET', element })),
    fc.tuple(tie('type'), tie('type')).map(([key, value]): SqlType => ({ kind: 'MAP', key, value })),
    fc
      .array(fc.record({ name: fc.string(), type: tie('type'), nullable: fc.boolean() }), { maxLength: 3 })
      .map((fields): SqlType => ({ kind: 'ROW', fields })),
  ),
})).type

test('a Flink type reads back from both of its spellings', () => {
  fc.assert(
    fc.property(flinkType, (type) => {
      expect(parseSqlType(formatSqlType(type), 'flink')).toEqual(type)
      expect(parseSqlType(formatFlinkType(type), 'flink')).toEqual(type)
    }),
  )
})

test('the words that mean two types are read by the dialect', () => {
  const text: SqlType = { kind: 'VARCHAR', length: 2147483647 }
  expect(parseSqlType('FLOAT', 'flink')).toEqual({ kind: 'REAL' })
  expect(parseSqlType('FLOAT')).toEqual({ kind: 'DOUBLE' })
  expect(parseSqlType('VARCHAR', 'flink')).toEqual(text)
  expect(parseSqlType('TIMESTAMP', 'flink')).toEqual({ kind: 'TIMESTAMP', precision: 6 })
  expect(parseSqlType('DECIMAL', 'flink')).toEqual({ kind: 'DECIMAL', precision: 10, scale: 0 })
  expect(parseSqlType('TIMESTAMP(3) WITH LOCAL TIME ZONE', 'flink')).toEqual({
    kind: 'TIMESTAMP_LTZ',
    precision: 3,
  })
  expect(
    parseSqlType("row<a int not null comment 'x', `b c` map<string, array<decimal(3, 1)>>>", 'flink'),
  ).toEqual({
    kind: 'ROW',
    fields: [
      { name: 'a', type: { kind: 'INTEGER' }, nullable: false },
      {
        name: 'b c',
        type: {
          kind: 'MAP',
          key: text,
          value: { kind: 'ARRAY', element: { kind: 'DECIMAL', precision: 3, scale: 1 } },
        },
        nullable: true,
      },
    ],
  })
  expect(formatFlinkType(parseSqlType('ROW(a INT, b STRING NOT NULL)', 'flink'))).toBe(
    'ROW<`a` INT, `b` STRING NOT NULL>',
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
    'ARRAY<INT',
    'MAP<INT>',
    'ROW<INT>',
    'INT NOT NULL',
    'TIMESTAMP(10)',
  ]) {
    expect(() => parseSqlType(text)).toThrow(ValueError)
    expect(() => parseSqlType(text)).toThrow(/^VAL1001 /)
  }
})
