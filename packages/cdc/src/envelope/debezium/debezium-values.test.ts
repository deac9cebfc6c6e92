/** Types and values of Debezium: the tables of its pages on MySQL and Postgres as cases, and laws of decimals and times. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { DatabaseKind } from '../../database/database.ts'
import type { ColumnValue } from '../../model/column-value.ts'
import { decimalText } from '../../model/decimal-text.ts'
import type { ColumnType } from '../../model/table-schema.ts'
import type { DebeziumOptions } from '../../source/cdc-options.ts'
import { mysqlSource, postgresSource } from '../../testing/change-samples.ts'
import { debeziumColumn } from './debezium-column.ts'
import { unscaledBase64 } from './debezium-decimal.ts'
import { readDebeziumOptions } from './debezium-options.ts'
import { epochText, intervalMicros, zonedTimeText } from './debezium-time.ts'

type Known = Exclude<ColumnValue, null | undefined>

function written(database: DatabaseKind, type: ColumnType, options: DebeziumOptions = {}, isNullable = true) {
  const source = database === 'postgres' ? postgresSource : mysqlSource
  const column = { name: 'c', type, isNullable }
  return debeziumColumn(database, column, readDebeziumOptions(options, source))
}

type Case = readonly [
  database: DatabaseKind,
  native: string,
  type: Omit<ColumnType, 'native'>,
  schema: string,
  values: readonly (readonly [Known, string | undefined])[],
  options?: DebeziumOptions,
]

const point = Buffer.alloc(25)
point.writeUInt32LE(4326, 0)
point[4] = 1
point.writeUInt32LE(1, 5)
point.writeDoubleLE(1.5, 9)
point.writeDoubleLE(-2, 17)
const ewkb = Buffer.concat([Buffer.from([1, 1, 0, 0, 0x20, 0xe6, 0x10, 0, 0]), Buffer.alloc(16)])

const cases: readonly Case[] = [
  ['mysql', 'tinyint', { kind: 'integer', bits: 8 }, 'int16', [[-1, '-1']]],
  [
    'mysql',
    'smallint unsigned',
    { kind: 'integer', bits: 16, isUnsigned: true },
    'int32',
    [[65535, '65535']],
  ],
  ['mysql', 'mediumint', { kind: 'integer', bits: 24 }, 'int32', [[1, '1']]],
  [
    'mysql',
    'int unsigned',
    { kind: 'integer', bits: 32, isUnsigned: true },
    'int64',
    [[4294967295, '4294967295']],
  ],
  [
    'mysql',
    'bigint',
    { kind: 'integer', bits: 64 },
    'int64',
    [[-9223372036854775808n, '-9223372036854775808']],
  ],
  [
    'mysql',
    'bit(1)',
    { kind: 'bits', bits: 1 },
    'boolean',
    [
      ['1', 'true'],
      ['0', 'false'],
    ],
  ],
  ['mysql', 'bit(10)', { kind: 'bits', bits: 10 }, 'bytes io.debezium.data.Bits', [['1000000001', '"AQI="']]],
  [
    'mysql',
    'decimal(10,2)',
    { kind: 'decimal', precision: 10, scale: 2 },
    'bytes org.apache.kafka.connect.data.Decimal',
    [
      ['12.50', '"BOI="'],
      ['-0.01', '"/w=="'],
    ],
  ],
  [
    'mysql',
    'decimal(10,2)',
    { kind: 'decimal', precision: 10, scale: 2 },
    'double',
    [['12.50', '12.50']],
    { decimalHandlingMode: 'double' },
  ],
  [
    'mysql',
    'decimal(10,2)',
    { kind: 'decimal', precision: 10, scale: 2 },
    'string',
    [['12.50', '"12.50"']],
    { decimalHandlingMode: 'string' },
  ],
  [
    'mysql',
    'double',
    { kind: 'float', bits: 64 },
    'double',
    [
      [0.1, '0.1'],
      [Number.NaN, '"NaN"'],
    ],
  ],
  ['mysql', 'float', { kind: 'float', bits: 32 }, 'float', [[Math.fround(0.1), '0.1']]],
  ['mysql', 'year', { kind: 'year' }, 'int32 io.debezium.time.Year', [[2024, '2024']]],
  [
    'mysql',
    'date',
    { kind: 'date' },
    'int32 io.debezium.time.Date',
    [
      ['1970-01-02', '1'],
      ['1969-12-31', '-1'],
      ['0000-00-00', undefined],
      ['2024-00-10', undefined],
    ],
  ],
  [
    'mysql',
    'time(3)',
    { kind: 'time', scale: 3 },
    'int64 io.debezium.time.MicroTime',
    [['-838:59:59.500', '-3020399500000']],
  ],
  [
    'mysql',
    'datetime(3)',
    { kind: 'datetime', scale: 3 },
    'int64 io.debezium.time.Timestamp',
    [
      ['1970-01-01 00:00:01.234', '1234'],
      ['1969-12-31 23:59:59.999', '-1'],
    ],
  ],
  [
    'mysql',
    'datetime(6)',
    { kind: 'datetime', scale: 6 },
    'int64 io.debezium.time.MicroTimestamp',
    [['9999-12-31 23:59:59.999999', '253402300799999999']],
  ],
  [
    'mysql',
    'timestamp',
    { kind: 'instant', scale: 0 },
    'string io.debezium.time.ZonedTimestamp',
    [
      ['2024-05-06 07:08:09', '"2024-05-06T07:08:09Z"'],
      ['0000-00-00 00:00:00', undefined],
    ],
  ],
  [
    'mysql',
    'datetime',
    { kind: 'datetime', scale: 0 },
    'int64 org.apache.kafka.connect.data.Timestamp',
    [['1970-01-01 00:00:01', '1000']],
    { timePrecisionMode: 'connect' },
  ],
  [
    'mysql',
    'time(6)',
    { kind: 'time', scale: 6 },
    'int32 org.apache.kafka.connect.data.Time',
    [['00:00:01.999999', '1999']],
    { timePrecisionMode: 'connect' },
  ],
  [
    'mysql',
    'datetime',
    { kind: 'datetime', scale: 0 },
    'int64 io.debezium.time.MicroTimestamp',
    [['1970-01-01 00:00:01', '1000000']],
    { timePrecisionMode: 'microseconds' },
  ],
  [
    'mysql',
    'datetime',
    { kind: 'datetime', scale: 0 },
    'int64 io.debezium.time.NanoTimestamp',
    [
      ['1970-01-01 00:00:01', '1000000000'],
      ['1970-01-01 00:00:00', '0'],
    ],
    { timePrecisionMode: 'nanoseconds' },
  ],
  [
    'mysql',
    'time',
    { kind: 'time', scale: 0 },
    'int64 io.debezium.time.NanoTime',
    [['100:00:00', '360000000000000']],
    { timePrecisionMode: 'nanoseconds' },
  ],
  [
    'mysql',
    'datetime',
    { kind: 'datetime', scale: 0 },
    'string io.debezium.time.IsoTimestamp',
    [['2024-05-06 07:08:09', '"2024-05-06T07:08:09Z"']],
    { timePrecisionMode: 'isostring' },
  ],
  [
    'mysql',
    'date',
    { kind: 'date' },
    'string io.debezium.time.IsoDate',
    [['2024-05-06', '"2024-05-06Z"']],
    { timePrecisionMode: 'isostring' },
  ],
  ['mysql', "enum('a')", { kind: 'enum', labels: ['a'] }, 'string io.debezium.data.Enum', [['a', '"a"']]],
  [
    'mysql',
    "set('a','b')",
    { kind: 'set', labels: ['a', 'b'] },
    'string io.debezium.data.EnumSet',
    [['a,b', '"a,b"']],
  ],
  ['mysql', 'json', { kind: 'json' }, 'string io.debezium.data.Json', [['{"a": 1.10}', '"{\\"a\\": 1.10}"']]],
  ['mysql', 'blob', { kind: 'bytes' }, 'bytes', [[Buffer.from([251, 255]), '"+/8="']]],
  [
    'mysql',
    'blob',
    { kind: 'bytes' },
    'string',
    [[Buffer.from([251, 255]), '"-_8="']],
    { binaryHandlingMode: 'base64-url-safe' },
  ],
  [
    'mysql',
    'blob',
    { kind: 'bytes' },
    'string',
    [[Buffer.from([251, 255]), '"fbff"']],
    { binaryHandlingMode: 'hex' },
  ],
  [
    'mysql',
    'point',
    { kind: 'geometry' },
    'struct io.debezium.data.geometry.Point',
    [[point, `{"x":1.5,"y":-2,"wkb":"${point.subarray(4).toString('base64')}","srid":4326}`]],
  ],
  ['postgres', 'boolean', { kind: 'boolean' }, 'boolean', [[true, 'true']]],
  [
    'postgres',
    'numeric',
    { kind: 'decimal' },
    'struct io.debezium.data.VariableScaleDecimal',
    [
      ['12.5', '{"scale":1,"value":"fQ=="}'],
      ['100', '{"scale":0,"value":"ZA=="}'],
    ],
  ],
  [
    'postgres',
    'numeric',
    { kind: 'decimal' },
    'string',
    [['NaN', '"NaN"']],
    { decimalHandlingMode: 'string' },
  ],
  [
    'postgres',
    'time without time zone',
    { kind: 'time' },
    'int64 io.debezium.time.MicroTime',
    [['07:08:09.5', '25689500000']],
  ],
  [
    'postgres',
    'time(3) without time zone',
    { kind: 'time', scale: 3 },
    'int32 io.debezium.time.Time',
    [['07:08:09.5', '25689500']],
  ],
  [
    'postgres',
    'time with time zone',
    { kind: 'time-zoned' },
    'string io.debezium.time.ZonedTime',
    [
      ['01:30:00.5+02', '"23:30:00.5Z"'],
      ['23:00:00-01:30', '"00:30:00Z"'],
    ],
  ],
  [
    'postgres',
    'timestamp without time zone',
    { kind: 'datetime' },
    'int64 io.debezium.time.MicroTimestamp',
    [
      ['infinity', '9223372036825200000'],
      ['-infinity', '-9223372036832400000'],
      ['0044-03-15 00:00:00 BC', '-63517824000000000'],
    ],
  ],
  [
    'postgres',
    'timestamp with time zone',
    { kind: 'instant' },
    'string io.debezium.time.ZonedTimestamp',
    [
      ['2024-05-06 07:08:09.5', '"2024-05-06T07:08:09.5Z"'],
      ['infinity', '"infinity"'],
    ],
  ],
  [
    'postgres',
    'interval',
    { kind: 'interval' },
    'int64 io.debezium.time.MicroDuration',
    [
      ['P1Y2M3DT4H5M6.7S', '37091106700000'],
      ['PT-0.5S', '-500000'],
      ['PT0S', '0'],
    ],
  ],
  [
    'postgres',
    'interval',
    { kind: 'interval' },
    'string io.debezium.time.Interval',
    [['P1Y', '"P1Y"']],
    { intervalHandlingMode: 'string' },
  ],
  ['postgres', 'uuid', { kind: 'uuid' }, 'string io.debezium.data.Uuid', [['u', '"u"']]],
  ['postgres', 'xml', { kind: 'text' }, 'string io.debezium.data.Xml', [['<a/>', '"<a/>"']]],
  ['postgres', 'inet', { kind: 'other' }, 'string', [['10.0.0.1', '"10.0.0.1"']]],
  [
    'postgres',
    'integer[]',
    { kind: 'array', element: { kind: 'integer', native: 'integer', bits: 32 } },
    'array',
    [[[1, null, [2]], '[1,null,[2]]']],
  ],
  [
    'postgres',
    'geometry',
    { kind: 'geometry' },
    'struct io.debezium.data.geometry.Geometry',
    [[ewkb, `{"wkb":"${ewkb.toString('base64')}","srid":4326}`]],
  ],
]

for (const [database, native, type, name, values, options] of cases)
  test(`${database} ${native} ${options === undefined ? '' : `${JSON.stringify(options)} `}is ${name}`, () => {
    const { schema, write } = written(database, { ...type, native }, options)
    expect(`${schema.type}${schema.name === undefined ? '' : ` ${schema.name}`}`).toBe(name)
    for (const [value, json] of values) expect([value, write(value)]).toEqual([value, json])
  })

test('zero dates of columns that cannot be null are the epoch', () => {
  const write = (type: ColumnType, value: string) => written('mysql', type, {}, false).write(value)
  expect(write({ kind: 'date', native: 'date' }, '0000-00-00')).toBe('0')
  expect(write({ kind: 'datetime', native: 'datetime', scale: 0 }, '0000-00-00 00:00:00')).toBe('0')
  expect(write({ kind: 'instant', native: 'timestamp', scale: 0 }, '0000-00-00 00:00:00')).toBe(
    '"1970-01-01T00:00:00Z"',
  )
})

test('NaN has no precise form: the message says which mode has one', () => {
  const { write } = written('postgres', { kind: 'decimal', native: 'numeric', precision: 5, scale: 1 })
  expect(() => write('NaN')).toThrow(/CDC_VALUE_INVALID column "c" holds NaN.*'string'/)
})

test('placeholders of what the log left out, in the form of the type', () => {
  const text = '__debezium_unavailable_value'
  const of = (type: ColumnType, options: DebeziumOptions = {}) =>
    written('postgres', type, options).unavailable
  expect(of({ kind: 'text', native: 'text' })).toBe(`"${text}"`)
  expect(of({ kind: 'bytes', native: 'bytea' })).toBe(`"${Buffer.from(text).toString('base64')}"`)
  expect(of({ kind: 'bytes', native: 'bytea' }, { binaryHandlingMode: 'hex' })).toBe(
    `"${Buffer.from(text).toString('hex')}"`,
  )
  expect(of({ kind: 'array', native: 'text[]', element: { kind: 'text', native: 'text' } })).toBe(
    `["${text}"]`,
  )
  expect(of({ kind: 'text', native: 'text' }, { unavailableValuePlaceholder: 'gone' })).toBe('"gone"')
})

describe('laws', () => {
  test('a precise decimal is the unscaled integer in the fewest bytes of two complement', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
        fc.nat(30),
        fc.boolean(),
        (value, scale, isSmall) => {
          const unscaled = isSmall ? BigInt.asIntN(40, value) : value
          const bytes = Buffer.from(unscaledBase64(decimalText({ unscaled, scale }), scale), 'base64')
          const bits = bytes.length * 8
          expect(BigInt.asIntN(bits, BigInt(`0x${bytes.toString('hex')}`))).toBe(unscaled)
          if (bytes.length > 1) expect(BigInt.asIntN(bits - 8, unscaled)).not.toBe(unscaled)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('a scale below zero counts hundreds', () => {
    expect(unscaledBase64('-1200', -2)).toBe(unscaledBase64('-12', 0))
    expect(unscaledBase64('0', -2)).toBe('AA==')
  })

  test('digits that are not written count as zeros', () => {
    expect(unscaledBase64('12.5', 2)).toBe(unscaledBase64('12.50', 2))
    expect(unscaledBase64('12', 2)).toBe(unscaledBase64('12.00', 2))
  })

  test('times since the epoch are those of Date, in every unit', () => {
    const ms = fc.integer({
      min: Date.UTC(1, 0, 1) - 62_135_596_800_000 + 62_135_596_800_000,
      max: Date.UTC(9999, 11, 31),
    })
    fc.assert(
      fc.property(ms, fc.nat(999), (time, micros) => {
        const text = `${new Date(time).toISOString().slice(0, -1).replace('T', ' ')}${String(micros).padStart(3, '0')}`
        expect(epochText(text, 'ms')).toBe(String(time))
        const us = BigInt(time) * 1000n + BigInt(micros)
        expect(epochText(text, 'us')).toBe(String(us))
        expect(epochText(text, 'ns')).toBe(String(us * 1000n))
      }),
      { numRuns: 2000 },
    )
  })

  test('a zoned time goes around midnight, and stays where it is none', () => {
    expect(zonedTimeText('00:00:00+14')).toBe('10:00:00Z')
    expect(zonedTimeText('noon')).toBe('noon')
    expect(intervalMicros('1 day')).toBeUndefined()
  })
})
