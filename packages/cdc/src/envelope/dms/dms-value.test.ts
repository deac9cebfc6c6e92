/** Types and values of DMS: the tables of its pages on MySQL and Postgres as cases. */
import { expect, test } from 'vitest'
import type { DatabaseKind } from '../../database/database.ts'
import type { ColumnValue } from '../../model/column-value.ts'
import type { ColumnType } from '../../model/table-schema.ts'
import { type DmsType, dmsType } from './dms-type.ts'
import { dmsValueWriter } from './dms-value.ts'

type Known = Exclude<ColumnValue, null | undefined>
type Case = readonly [
  native: string,
  type: Omit<ColumnType, 'native'>,
  dms: DmsType,
  values: readonly (readonly [Known, string | undefined])[],
]

const mysql: readonly Case[] = [
  ['tinyint(4)', { kind: 'integer', bits: 8 }, { type: 'INT1' }, [[-128, '-128']]],
  ['tinyint(3) unsigned', { kind: 'integer', bits: 8, isUnsigned: true }, { type: 'UINT1' }, [[255, '255']]],
  ['smallint(6)', { kind: 'integer', bits: 16 }, { type: 'INT2' }, [[32767, '32767']]],
  ['mediumint(9)', { kind: 'integer', bits: 24 }, { type: 'INT4' }, [[-8388608, '-8388608']]],
  ['int(11)', { kind: 'integer', bits: 32 }, { type: 'INT4' }, [[0, '0']]],
  [
    'int(10) unsigned',
    { kind: 'integer', bits: 32, isUnsigned: true },
    { type: 'UINT4' },
    [[4294967295, '4294967295']],
  ],
  [
    'bigint(20)',
    { kind: 'integer', bits: 64 },
    { type: 'INT8' },
    [[-9223372036854775808n, '-9223372036854775808']],
  ],
  [
    'bigint(20) unsigned',
    { kind: 'integer', bits: 64, isUnsigned: true },
    { type: 'UINT8' },
    [[18446744073709551615n, '18446744073709551615']],
  ],
  [
    'bit(1)',
    { kind: 'bits', bits: 1 },
    { type: 'BOOLEAN' },
    [
      ['1', 'true'],
      ['0', 'false'],
    ],
  ],
  [
    'bit(64)',
    { kind: 'bits', bits: 64 },
    { type: 'BYTES', length: 8 },
    [
      ['1'.repeat(64), '"0xffffffffffffffff"'],
      [`${'0'.repeat(62)}10`, '"0x0000000000000002"'],
    ],
  ],
  ['bit(10)', { kind: 'bits', bits: 10 }, { type: 'BYTES', length: 2 }, [['1000000001', '"0x0201"']]],
  [
    'decimal(30,10)',
    { kind: 'decimal', precision: 30, scale: 10 },
    { type: 'NUMERIC', precision: 30, scale: 10 },
    [
      ['-12345678901234567890.0000000001', '-12345678901234567890.0000000001'],
      ['0.5000000000', '0.5000000000'],
    ],
  ],
  [
    'decimal(65,0)',
    { kind: 'decimal', precision: 65, scale: 0 },
    { type: 'STRING', length: 67 },
    [['9'.repeat(65), '9'.repeat(65)]],
  ],
  [
    'double',
    { kind: 'float', bits: 64 },
    { type: 'REAL8' },
    [
      [0.1, '0.1'],
      [1e21, '1e+21'],
      [-0, '-0'],
      [5e-324, '5e-324'],
    ],
  ],
  [
    'float',
    { kind: 'float', bits: 32 },
    { type: 'REAL8' },
    [
      [Math.fround(0.1), '0.1'],
      [Math.fround(16777217), '16777216'],
      [Math.fround(3.4028235e38), '3.4028235e+38'],
    ],
  ],
  ['year(4)', { kind: 'year' }, { type: 'INT2' }, [[2024, '2024']]],
  [
    'date',
    { kind: 'date' },
    { type: 'DATE' },
    [
      ['2024-05-06', '"2024-05-06"'],
      ['0000-00-00', undefined],
    ],
  ],
  [
    'time(3)',
    { kind: 'time', scale: 3 },
    { type: 'STRING', length: 17 },
    [['-838:59:59.000', '"-838:59:59.000"']],
  ],
  [
    'datetime',
    { kind: 'datetime', scale: 0 },
    { type: 'DATETIME', scale: 0 },
    [
      ['2024-05-06 07:08:09', '"2024-05-06T07:08:09Z"'],
      ['0000-00-00 00:00:00', undefined],
    ],
  ],
  [
    'datetime(6)',
    { kind: 'datetime', scale: 6 },
    { type: 'DATETIME', scale: 6 },
    [['2024-05-06 07:08:09.000010', '"2024-05-06T07:08:09.000010Z"']],
  ],
  [
    'timestamp(3)',
    { kind: 'instant', scale: 3 },
    { type: 'DATETIME', scale: 3 },
    [['2024-05-06 07:08:09.120', '"2024-05-06T07:08:09.120Z"']],
  ],
  [
    'varchar(10)',
    { kind: 'text', length: 10 },
    { type: 'WSTRING', length: 10 },
    [['a"b\\c\n\u0001\ud800é😀', '"a\\"b\\\\c\\n\\u0001\ufffdé😀"']],
  ],
  ['text', { kind: 'text', length: 65535 }, { type: 'WSTRING', length: 65535 }, [['x', '"x"']]],
  ['longtext', { kind: 'text', isLarge: true }, { type: 'NCLOB' }, [['x', '"x"']]],
  ['json', { kind: 'json' }, { type: 'CLOB' }, [['{"a": 1.10}', '"{\\"a\\": 1.10}"']]],
  ["enum('a','bc')", { kind: 'enum', labels: ['a', 'bc'] }, { type: 'WSTRING', length: 2 }, [['bc', '"bc"']]],
  [
    "set('a','bc')",
    { kind: 'set', labels: ['a', 'bc'] },
    { type: 'WSTRING', length: 4 },
    [['a,bc', '"a,bc"']],
  ],
  [
    'varbinary(4)',
    { kind: 'bytes', length: 4 },
    { type: 'BYTES', length: 4 },
    [[Buffer.from([0, 10, 255]), '"0x000aff"']],
  ],
  ['longblob', { kind: 'bytes', isLarge: true }, { type: 'BLOB' }, [[Buffer.from([1]), '"0x01"']]],
  ['point', { kind: 'geometry' }, { type: 'BLOB' }, [[Buffer.from([0, 0, 0, 0, 1]), '"0x0000000001"']]],
]

const postgres: readonly Case[] = [
  [
    'boolean',
    { kind: 'boolean' },
    { type: 'BOOLEAN' },
    [
      [true, 'true'],
      [false, 'false'],
    ],
  ],
  ['integer', { kind: 'integer', bits: 32 }, { type: 'INT4' }, [[7, '7']]],
  ['bigint', { kind: 'integer', bits: 64 }, { type: 'INT8' }, [[9007199254740993n, '9007199254740993']]],
  [
    'numeric(10,2)',
    { kind: 'decimal', precision: 10, scale: 2 },
    { type: 'NUMERIC', precision: 10, scale: 2 },
    [
      ['1.50', '1.50'],
      ['NaN', '"NaN"'],
      ['-Infinity', '"-Infinity"'],
    ],
  ],
  [
    'numeric',
    { kind: 'decimal' },
    { type: 'NUMERIC' },
    [['1.2345678901234567890123', '1.2345678901234567890123']],
  ],
  ['real', { kind: 'float', bits: 32 }, { type: 'REAL4' }, [[0.1, '0.1']]],
  [
    'double precision',
    { kind: 'float', bits: 64 },
    { type: 'REAL8' },
    [
      [Number.NaN, '"NaN"'],
      [Number.POSITIVE_INFINITY, '"Infinity"'],
    ],
  ],
  ['character varying(5)', { kind: 'text', length: 5 }, { type: 'WSTRING', length: 5 }, [['x', '"x"']]],
  ['text', { kind: 'text' }, { type: 'NCLOB' }, [['x', '"x"']]],
  ['bytea', { kind: 'bytes' }, { type: 'BLOB' }, [[Buffer.from('hi'), '"0x6869"']]],
  ['bit(3)', { kind: 'bits', bits: 3 }, { type: 'STRING', length: 3 }, [['101', '"101"']]],
  [
    'date',
    { kind: 'date' },
    { type: 'DATE' },
    [
      ['infinity', '"infinity"'],
      ['0044-03-15 BC', '"0044-03-15 BC"'],
    ],
  ],
  ['time without time zone', { kind: 'time' }, { type: 'TIME' }, [['07:08:09.5', '"07:08:09.5"']]],
  ['time with time zone', { kind: 'time-zoned' }, { type: 'TIME' }, [['07:08:09+02', '"07:08:09+02"']]],
  [
    'timestamp with time zone',
    { kind: 'instant' },
    { type: 'DATETIME' },
    [
      ['2024-05-06 07:08:09.5', '"2024-05-06T07:08:09.5Z"'],
      ['-infinity', '"-infinity"'],
      ['0044-03-15 00:00:00 BC', '"0044-03-15 00:00:00 BC"'],
      ['12024-05-06 07:08:09', '"12024-05-06T07:08:09Z"'],
    ],
  ],
  ['interval', { kind: 'interval' }, { type: 'STRING', length: 128 }, [['P1DT2H', '"P1DT2H"']]],
  [
    'uuid',
    { kind: 'uuid' },
    { type: 'STRING', length: 36 },
    [['6f1d7c1e-0000-4000-8000-000000000001', '"6f1d7c1e-0000-4000-8000-000000000001"']],
  ],
  ['jsonb', { kind: 'json' }, { type: 'NCLOB' }, [['[1]', '"[1]"']]],
  ['mood', { kind: 'enum', labels: ['sad'] }, { type: 'STRING', length: 64 }, [['sad', '"sad"']]],
  ['money', { kind: 'other' }, { type: 'NUMERIC', precision: 38, scale: 4 }, [['$1,000.00', '"$1,000.00"']]],
  ['xml', { kind: 'text' }, { type: 'CLOB' }, [['<a/>', '"<a/>"']]],
  ['inet', { kind: 'other' }, { type: 'STRING', length: 50 }, [['10.0.0.1/8', '"10.0.0.1/8"']]],
  ['hstore', { kind: 'other' }, { type: 'NCLOB' }, [['"a"=>"1"', '"\\"a\\"=>\\"1\\""']]],
  ['int4range', { kind: 'other' }, { type: 'STRING', length: 255 }, [['[1,5)', '"[1,5)"']]],
  [
    'text[]',
    { kind: 'array', element: { kind: 'text', native: 'text' } },
    { type: 'NCLOB' },
    [
      [
        ['a', null, 'b c', 'x"y', '', 'NULL', ['1', '2']],
        '"{a,NULL,\\"b c\\",\\"x\\\\\\"y\\",\\"\\",\\"NULL\\",{1,2}}"',
      ],
    ],
  ],
]

const options = { UseLargeIntegerValue: true, NoHexPrefix: false }

for (const [database, cases] of [
  ['mysql', mysql],
  ['postgres', postgres],
] as const satisfies readonly (readonly [DatabaseKind, readonly Case[]])[])
  test.each(cases)(`${database}: %s`, (native, type, dms, values) => {
    const whole = { ...type, native }
    expect(dmsType(database, whole)).toEqual(dms)
    const write = dmsValueWriter(database, whole, options)
    for (const [value, json] of values) expect(write(value)).toBe(json)
  })

test('NoHexPrefix writes bare bytes', () => {
  const bare = { ...options, NoHexPrefix: true }
  expect(dmsValueWriter('mysql', { kind: 'bytes', native: 'blob' }, bare)(Buffer.from([171]))).toBe('"ab"')
  expect(dmsValueWriter('mysql', { kind: 'bits', native: 'bit(8)', bits: 8 }, bare)('10101011')).toBe('"ab"')
})

test.each([
  [9007199254740991, '9007199254740991'],
  [-1234567890123456, '-1234567890123456'],
  [12345678901234567n, '1.2345678901234567e+16'],
  [-9223372036854775808n, '-9.223372036854775808e+18'],
  [10000000000000000000n, '1e+19'],
])('without UseLargeIntegerValue %s is %s, with every digit', (value, text) => {
  const write = dmsValueWriter(
    'mysql',
    { kind: 'integer', native: 'bigint', bits: 64 },
    { ...options, UseLargeIntegerValue: false },
  )
  expect(write(value)).toBe(text)
  expect(Number(text)).toBe(Number(value))
})
