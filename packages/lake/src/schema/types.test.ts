import { DuckDBInstance } from '@duckdb/node-api'
import { seededRandom } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import { RandomRows } from '../parquet/testing/random-schema.ts'
import { checkSchema } from './check-schema.ts'
import { duckTypeText, parseDuckType } from './duck-type.ts'
import { formatHiveType, parseHiveType } from './hive-type.ts'
import type { LakeType } from './lake-type.ts'
import { canWiden, sameType, widenColumns, widenType } from './widen-type.ts'

const seed = '77'
function randomTypes(count: number): LakeType[] {
  const make = new RandomRows(seededRandom(seed))
  return Array.from({ length: count }, () => make.type(0))
}

describe("Hive's form", () => {
  test(`parse(format(t)) is t, for random types (seed ${seed})`, () => {
    for (const type of randomTypes(2000)) expect(parseHiveType(formatHiveType(type))).toEqual(type)
  })

  test.each([
    ['tinyint', { kind: 'int' }],
    ['SMALLINT', { kind: 'int' }],
    [' bigint ', { kind: 'long' }],
    ['varchar(20)', { kind: 'string' }],
    ['char(3)', { kind: 'string' }],
    ['double precision', { kind: 'double' }],
    ['decimal', { kind: 'decimal', precision: 10, scale: 0 }],
    ['decimal(38 , 18)', { kind: 'decimal', precision: 38, scale: 18 }],
    ['timestamp with local time zone', { kind: 'timestamptz' }],
    ['array<int>', { kind: 'list', element: { kind: 'int' } }],
    [
      'map < string , array<date> >',
      { kind: 'map', key: { kind: 'string' }, value: { kind: 'list', element: { kind: 'date' } } },
    ],
    [
      "struct<a:int comment 'it''s one', `b c`:string>",
      {
        kind: 'struct',
        fields: [
          { name: 'a', type: { kind: 'int' }, comment: "it's one" },
          { name: 'b c', type: { kind: 'string' } },
        ],
      },
    ],
  ] as const)('%s is read', (text, type) => {
    expect(parseHiveType(text)).toEqual(type)
  })

  test.each([
    ['', 1, 'the name of a type'],
    ['integr', 7, 'there is no type "integr"'],
    ['array<int', 10, '">" should be here'],
    ['decimal(39,1)', 14, '1 to 38'],
    ['decimal(3,4)', 13, 'at most its precision'],
    ['struct<a int>', 13, '":" should be here'],
    ['struct<>', 9, 'at least one field'],
    ['int int', 5, 'should end here'],
    ['uniontype<int>', 10, 'uniontype is not supported'],
    [`${'array<'.repeat(40)}int${'>'.repeat(40)}`, undefined, 'nested deeper'],
  ])('%s is refused at its character %s: %s', (text, at, reason) => {
    const failure = expect.objectContaining({
      code: 'LAKE_TYPE_INVALID',
      message: expect.stringContaining(reason),
    })
    expect(() => parseHiveType(text)).toThrow(failure)
    if (at !== undefined) expect(() => parseHiveType(text)).toThrow(`character ${at}:`)
  })
})

describe("DuckDB's form", () => {
  test(`parse(text(t)) is t, and DuckDB prints the same text (seed ${seed})`, async () => {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    for (const type of randomTypes(300)) {
      const text = duckTypeText(type)
      expect(parseDuckType(text)).toEqual(type)
      const [[printed] = []] = (await connection.runAndReadAll(`SELECT typeof(NULL::${text})`)).getRowsJson()
      expect(parseDuckType(String(printed)), String(printed)).toEqual(type)
    }
    connection.closeSync()
    instance.closeSync()
  })

  test.each([
    ['HUGEINT', { kind: 'decimal', precision: 38, scale: 0 }],
    ['UBIGINT', { kind: 'decimal', precision: 20, scale: 0 }],
    ['INTEGER[3]', { kind: 'list', element: { kind: 'int' } }],
    ["ENUM('a', 'b,)')[]", { kind: 'list', element: { kind: 'string' } }],
    ['TIMESTAMP_NS', { kind: 'timestamp' }],
    ['INTERVAL', undefined],
    ['STRUCT(a UNION(x INTEGER))', undefined],
    ['TIME WITH TIME ZONE', undefined],
  ] as const)('%s is read as %j', (text, type) => {
    expect(parseDuckType(text)).toEqual(type)
  })

  test('text that is no type is an error', () => {
    expect(() => parseDuckType('STRUCT(')).toThrow(expect.objectContaining({ code: 'LAKE_TYPE_INVALID' }))
  })
})

describe('widening', () => {
  test(`is idempotent, commutative, and above both (seed ${seed})`, () => {
    const types = randomTypes(400)
    for (const a of types) {
      expect(sameType(widenType(a, a), a)).toBe(true)
      for (const b of types.slice(0, 60)) {
        const both = widenType(a, b)
        expect(shape(widenType(b, a))).toEqual(shape(both))
        expect(
          canWiden(b, both) && shape(widenType(both, a)) === shape(both),
          `${shape(a)} ${shape(b)} ${shape(both)}`,
        ).toBe(true)
      }
    }
  })

  test.each([
    ['int', 'bigint', 'bigint'],
    ['int', 'float', 'double'],
    ['bigint', 'double', 'double'],
    ['int', 'decimal(5,2)', 'decimal(12,2)'],
    ['decimal(10,2)', 'decimal(8,5)', 'decimal(13,5)'],
    ['decimal(38,0)', 'decimal(38,38)', 'double'],
    ['date', 'timestamp', 'timestamp'],
    ['int', 'boolean', 'string'],
    ['array<int>', 'array<bigint>', 'array<bigint>'],
    ['array<int>', 'int', 'string'],
    ['struct<a:int,b:string>', 'struct<B:string,c:date>', 'struct<a:int,b:string,c:date>'],
  ])('%s and %s give %s', (a, b, both) => {
    expect(formatHiveType(widenType(parseHiveType(a), parseHiveType(b)))).toBe(both)
  })

  test('a column that one side lacks is required no more', () => {
    const int = { kind: 'int' } as const
    const columns = widenColumns(
      [
        { name: 'a', type: int, isRequired: true },
        { name: 'b', type: int, isRequired: true },
      ],
      [
        { name: 'A', type: int, isRequired: true },
        { name: 'c', type: int, isRequired: true },
      ],
    )
    expect(columns).toEqual([
      { name: 'a', type: int, isRequired: true },
      { name: 'b', type: int },
      { name: 'c', type: int },
    ])
  })

  /** Fields in one order, since which side was first does not matter here. */
  function shape(type: LakeType): string {
    if (type.kind === 'struct')
      return `struct<${type.fields
        .map((field) => `${field.name.toLowerCase()}:${shape(field.type)}`)
        .sort()
        .join()}>`
    if (type.kind === 'list') return `list<${shape(type.element)}>`
    if (type.kind === 'map') return `map<${shape(type.key)},${shape(type.value)}>`
    return formatHiveType(type)
  }
})

describe('a schema', () => {
  const int = { kind: 'int' } as const
  test.each([
    ['no columns', []],
    [
      'two names that differ in letter case',
      [
        { name: 'a', type: int },
        { name: 'A', type: int },
      ],
    ],
    ['an empty name', [{ name: '', type: int }]],
    ['a control character', [{ name: 'a\n', type: int }]],
    ['a struct without fields', [{ name: 'a', type: { kind: 'struct', fields: [] } }]],
    [
      'two fields of one name',
      [
        {
          name: 'a',
          type: {
            kind: 'list',
            element: {
              kind: 'struct',
              fields: [
                { name: 'x', type: int },
                { name: 'X', type: int },
              ],
            },
          },
        },
      ],
    ],
    ['a decimal of 39 digits', [{ name: 'a', type: { kind: 'decimal', precision: 39, scale: 0 } }]],
    ['nested keys', [{ name: 'a', type: { kind: 'map', key: { kind: 'list', element: int }, value: int } }]],
    [
      'an id twice',
      [
        { name: 'a', type: int, fieldId: 1 },
        { name: 'b', type: { kind: 'list', element: int, elementId: 1 } },
      ],
    ],
  ] as const)('with %s is refused', (_, columns) => {
    expect(() => checkSchema({ columns }, 'table "t"')).toThrow(
      expect.objectContaining({ code: 'LAKE_SCHEMA_INVALID' }),
    )
  })
})
