import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { seededRandom } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JsonSerde, ParquetFormat } from '../delivery/delivery-settings.ts'
import type { Duck } from '../duck/duck-port.ts'
import { literal, openDuck } from '../duck/open-duck.ts'
import { openParquetWriter, type ParquetWriter } from '../parquet/open-parquet-writer.ts'
import { RandomRows } from '../parquet/testing/random-schema.ts'
import { duckTypeText } from '../schema/duck-type.ts'
import { formatHiveType, parseHiveType } from '../schema/hive-type.ts'
import type { LakeColumn, LakeType } from '../schema/lake-type.ts'
import { openConverter } from './open-converter.ts'
import { type NaiveSerde, naiveRow, parseTree } from './testing/naive-rows.ts'

let dir: string
let duck: Duck
let writer: ParquetWriter
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-convert-'))
  duck = await openDuck({ memoryBytes: 512 * 1024 * 1024, threads: 1, folders: [dir] })
  writer = await openParquetWriter({ duck })
})
afterAll(() => {
  writer.close()
  duck.close()
  rmSync(dir, { recursive: true })
})

const openX: JsonSerde = { kind: 'openx', caseInsensitive: true, dotsToUnderscores: false, keys: {} }
const hive: JsonSerde = { kind: 'hive', timestampFormats: [] }

function converterOf(columns: readonly LakeColumn[], serde: JsonSerde) {
  const format: ParquetFormat = {
    kind: 'parquet',
    schema: { kind: 'declared', columns },
    serde,
    parquet: {
      compression: 'SNAPPY',
      blockBytes: 256 * 1024 * 1024,
      pageBytes: 1024 * 1024,
      dictionary: true,
      version: 'V1',
    },
  }
  return openConverter({ writer, format, columns })
}

async function query(sql: string): Promise<Record<string, unknown>[]> {
  const connection = await duck.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowObjectsJson()
  } finally {
    connection.closeSync()
  }
}

/** What the values of one column become: text as DuckDB prints it, null, or the message of the refusal. */
async function convertAll(
  type: string,
  values: readonly string[],
  serde: JsonSerde = openX,
): Promise<unknown[]> {
  const rows = converterOf([{ name: 'v', type: parseHiveType(type) }], serde).begin()
  const answers = values.map((value) => rows.add(Buffer.from(`{"v":${value}}`)))
  const file = await rows.write(join(dir, 'values.parquet'))
  const cells = await query(`SELECT v::VARCHAR AS v FROM ${literal(file.path)}`)
  let next = 0
  return answers.map((error) => (error === undefined ? cells[next++]?.v : 'refused'))
}

describe('the coercion table', () => {
  test.each<[string, Record<string, string | null>]>([
    [
      'boolean',
      { true: 'true', false: 'false', '"TRUE"': 'true', null: null, '1': 'refused', '"yes"': 'refused' },
    ],
    [
      'int',
      {
        '2147483647': '2147483647',
        '-2147483648': '-2147483648',
        '2147483648': 'refused',
        '1.0': '1',
        '1e3': '1000',
        '1.5': 'refused',
        '"12"': '12',
        '"x"': 'refused',
        '""': 'refused',
        true: 'refused',
        '-0': '0',
        '[1]': 'refused',
      },
    ],
    [
      'bigint',
      {
        '9223372036854775807': '9223372036854775807',
        '-9223372036854775808': '-9223372036854775808',
        '9223372036854775808': 'refused',
        '9007199254740993': '9007199254740993',
        '"9007199254740993"': '9007199254740993',
        '1.00': '1',
      },
    ],
    [
      'double',
      {
        '0.1': '0.1',
        '1e400': 'refused',
        '"1.5"': '1.5',
        '"NaN"': 'nan',
        '"Infinity"': 'inf',
        '123456789012345678': '1.2345678901234568e+17',
      },
    ],
    ['float', { '0.1': '0.1', '1e39': 'refused' }],
    [
      'decimal(10,2)',
      {
        '12.34': '12.34',
        '12.345': '12.35',
        '-12.345': '-12.35',
        '0.30000000000000004': '0.30',
        '12345678.99': '12345678.99',
        '99999999.995': 'refused',
        '"7"': '7.00',
        '1e2': '100.00',
      },
    ],
    [
      'decimal(38,10)',
      { '1234567890123456789012345678.0123456789': '1234567890123456789012345678.0123456789' },
    ],
    [
      'string',
      {
        '"a\\u00e9\\n"': 'aé\n',
        '1.50': '1.50',
        true: 'true',
        '{"a": [1, 2]}': '{"a": [1, 2]}',
        '""': '',
        '"\\ud83c\\udfac"': '🎬',
      },
    ],
    ['binary', { '"aGVsbG8="': 'hello', '"aGVsbG8"': 'refused', '"?"': 'refused', '1': 'refused' }],
    [
      'date',
      {
        '"2026-11-21"': '2026-11-21',
        '"2026-1-2"': '2026-01-02',
        '"2026-02-30"': 'refused',
        '20000': 'refused',
        '"2026-11-21T23:59:59Z"': '2026-11-21',
      },
    ],
    ['time', { '"18:30:00.25"': '18:30:00.25', '"24:00:00"': 'refused', '5': 'refused' }],
    [
      'timestamp',
      {
        '"2026-11-21T18:30:00Z"': '2026-11-21 18:30:00',
        '"2026-11-21T18:30:00.123456789Z"': '2026-11-21 18:30:00.123456',
        '"2026-11-21T18:30:00.5"': '2026-11-21 18:30:00.5',
        '"2026-11-21T18:30:00+02:00"': '2026-11-21 16:30:00',
        '"2026-1-2 03:04:05.6"': '2026-01-02 03:04:05.6',
        '"2026-11-21"': '2026-11-21 00:00:00',
        '1700000000': '2023-11-14 22:13:20',
        '1700000000123': '2023-11-14 22:13:20.123',
        '1700000000.123456': '2023-11-14 22:13:20.123456',
        '"1700000000123"': '2023-11-14 22:13:20.123',
        '-1': '1969-12-31 23:59:59',
        '-0.5': '1969-12-31 23:59:59.5',
        '"9999-12-31T23:59:59.999999Z"': '9999-12-31 23:59:59.999999',
        '1700000000000000': 'refused',
        '""': 'refused',
        '"yesterday"': 'refused',
        true: 'refused',
      },
    ],
    ['array<int>', { '[1,null,3]': '[1, NULL, 3]', '[]': '[]', '[1,"x"]': 'refused', '1': 'refused' }],
    [
      'map<string,bigint>',
      { '{"a":1,"B":null}': '{a=1, B=NULL}', '{}': '{}', '{"a":1,"a":2}': 'refused', '[]': 'refused' },
    ],
    ['map<date,boolean>', { '{"2026-11-21":true}': '{2026-11-21=true}', '{"x":true}': 'refused' }],
    [
      'struct<a:int,b:array<struct<c:string>>>',
      {
        '{"B":[{"C":"x"},null,{}],"z":1}': "{'a': NULL, 'b': [{'c': x}, NULL, {'c': NULL}]}",
        '{"a":"x"}': 'refused',
        '[1]': 'refused',
      },
    ],
  ])('of OpenX: %s', async (type, cases) => {
    expect(await convertAll(type, Object.keys(cases))).toEqual(Object.values(cases))
  })

  test.each<[string, readonly string[], Record<string, string>]>([
    ['int', [], { '1': '1', '"1"': 'refused' }],
    ['boolean', [], { true: 'true', '"true"': 'refused' }],
    [
      'timestamp',
      [],
      {
        '"2026-1-2 03:04:05.678"': '2026-01-02 03:04:05.678',
        '"2026-11-21T18:30:00Z"': 'refused',
        '1700000000': 'refused',
      },
    ],
    [
      'timestamp',
      ['millis'],
      {
        '1700000000123': '2023-11-14 22:13:20.123',
        '"1700000000123"': '2023-11-14 22:13:20.123',
        '"2026-01-02"': 'refused',
      },
    ],
    [
      'timestamp',
      ["yyyy-MM-dd'T'HH:mm:ss.SSSZ", 'dd/MMM/yyyy hh:mm a', 'yyyyMMddHHmm', 'yyyy-DDD'],
      {
        '"2026-11-21T18:30:00.123+0100"': '2026-11-21 17:30:00.123',
        '"2026-11-21T18:30:00.123Z"': '2026-11-21 18:30:00.123',
        '"21/Nov/2026 12:05 AM"': '2026-11-21 00:05:00',
        '"21/November/2026 03:05 pm"': '2026-11-21 15:05:00',
        '"202611211830"': '2026-11-21 18:30:00',
        '"2026-325"': '2026-11-21 00:00:00',
        '"2026-366"': 'refused',
        '"2026-11-21"': 'refused',
        '"30/Feb/2026 01:00 AM"': 'refused',
      },
    ],
  ])('of Hive: %s with formats %j', async (type, timestampFormats, cases) => {
    expect(await convertAll(type, Object.keys(cases), { kind: 'hive', timestampFormats })).toEqual(
      Object.values(cases),
    )
  })

  test('a format with letters that are not read is refused when the delivery is made', () => {
    expect(() =>
      converterOf([{ name: 'v', type: { kind: 'timestamp' } }], {
        kind: 'hive',
        timestampFormats: ['yyyy-ww'],
      }),
    ).toThrow(expect.objectContaining({ code: 'DELIVERY_INVALID', message: expect.stringContaining('"w"') }))
  })
})

describe('keys', () => {
  const columns = [
    { name: 'order_id', type: { kind: 'int' } },
    { name: 'éclair', type: { kind: 'string' } },
  ] as const satisfies LakeColumn[]
  const table: readonly [string, JsonSerde, string, unknown][] = [
    ['letter case does not count', openX, '{"ORDER_ID":1,"Éclair":"x"}', [1, 'x']],
    [
      'unless it is said to',
      { ...openX, caseInsensitive: false },
      '{"ORDER_ID":1,"éclair":"x"}',
      [null, 'x'],
    ],
    ['dots may stand for underscores', { ...openX, dotsToUnderscores: true }, '{"order.id":1}', [1, null]],
    ['and do not otherwise', openX, '{"order.id":1}', [null, null]],
    [
      'a column may be mapped to a key',
      { ...openX, keys: { order_id: 'Id' } },
      '{"id":2,"order_id":7}',
      [2, null],
    ],
    ['escapes in keys are undone', openX, '{"order\\u005fid":3}', [3, null]],
    [
      'two keys of one column are refused',
      openX,
      '{"order_id":1,"ORDER_ID":1}',
      'DataFormatConversion.ParseError',
    ],
    ['others are ignored', hive, '{"x":{"order_id":[]},"order_id":4}', [4, null]],
  ]
  test.each(table)('%s', async (_, serde, record, wanted) => {
    const rows = converterOf(columns, serde).begin()
    // Twice, since the second time the shape is known.
    const answers = [rows.add(Buffer.from(record)), rows.add(Buffer.from(record))]
    if (typeof wanted === 'string') {
      expect(answers.map((answer) => answer?.code)).toEqual([wanted, wanted])
      expect(rows.count).toBe(0)
      return
    }
    expect(answers).toEqual([undefined, undefined])
    const file = await rows.write(join(dir, 'keys.parquet'))
    const found = await query(`SELECT [order_id::VARCHAR, "éclair"] AS r FROM ${literal(file.path)}`)
    const texts = (wanted as unknown[]).map((value) => (value === null ? null : String(value)))
    expect(found).toEqual([{ r: texts }, { r: texts }])
  })
})

describe('a record', () => {
  const columns: LakeColumn[] = [{ name: 'n', type: { kind: 'long' } }]

  test('of several objects gives a row for each, and none if one does not fit', async () => {
    const rows = converterOf(columns, openX).begin()
    expect(rows.add(Buffer.from('{"n":1}{"n":2}\n {"n":3} '))).toBe(undefined)
    expect(rows.add(Buffer.from('{"n":4}{"n":"x"}'))).toMatchObject({
      code: 'DataFormatConversion.MalformedData',
    })
    expect(rows.add(Buffer.from('{"n":5}{"n":6'))).toMatchObject({ code: 'DataFormatConversion.ParseError' })
    expect(rows.add(Buffer.from('{"n":7}'))).toBe(undefined)
    const file = await rows.write(join(dir, 'several.parquet'))
    expect(await query(`SELECT list(n)::VARCHAR AS n FROM ${literal(file.path)}`)).toEqual([
      { n: '[1, 2, 3, 7]' },
    ])
  })

  test('of thousands of objects is undone whole, also where blocks were closed meanwhile', async () => {
    const many: LakeColumn[] = [
      { name: 'n', type: { kind: 'long' } },
      { name: 'l', type: { kind: 'list', element: { kind: 'string' } } },
    ]
    const rows = converterOf(many, openX).begin()
    const objects = (from: number, count: number) =>
      Array.from(
        { length: count },
        (_, i) => `{"n":${from + i},"l":["element number ${from + i}",null]}`,
      ).join('')
    expect(rows.add(Buffer.from(objects(0, 3000)))).toBe(undefined)
    expect(rows.add(Buffer.from(`${objects(9000, 5000)}{"n":true}`))).toMatchObject({
      code: 'DataFormatConversion.MalformedData',
    })
    expect(rows.count).toBe(3000)
    expect(rows.add(Buffer.from(objects(3000, 3000)))).toBe(undefined)
    const file = await rows.write(join(dir, 'thousands.parquet'))
    expect(file.rows).toBe(6000)
    const wrong = `SELECT count(*)::INTEGER AS c FROM (SELECT n, l, row_number() OVER () - 1 AS r FROM ${literal(file.path)}) WHERE n <> r OR l <> ['element number ' || r, NULL]`
    expect(await query(wrong)).toEqual([{ c: 0 }])
  })

  test.each([
    ['', 'DataFormatConversion.ParseError', 'the record is empty'],
    [' \n', 'DataFormatConversion.ParseError', 'the record is empty'],
    ['[{"n":1}]', 'DataFormatConversion.MalformedData', 'Byte 0 begins another JSON value than an object'],
    ['{"n":1} 5', 'DataFormatConversion.MalformedData', 'Byte 8 begins another'],
    ['{"n":1', 'DataFormatConversion.ParseError', 'Byte 6:'],
    ['{"n":1}{"n":,}', 'DataFormatConversion.ParseError', 'Byte 12:'],
    ['\ufeff{"n":1}', 'DataFormatConversion.ParseError', 'byte order mark'],
    [
      '{"n":"12345678901234567890"}',
      'DataFormatConversion.MalformedData',
      'Column "n" of type bigint cannot hold 12345678901234567890',
    ],
  ])('%j is refused: %s, %s', (record, code, message) => {
    const rows = converterOf(columns, openX).begin()
    // Read as a part of larger bytes, so that nothing beyond the end can count.
    const bytes = Buffer.from(`{}${record}{"n":1}`)
    const answer = rows.add(bytes, 2, bytes.length - 7)
    expect(answer).toMatchObject({ code, message: expect.stringContaining(message) })
    expect(rows.count).toBe(0)
  })
})

describe('random records', () => {
  const seed = process.env.CONVERT_SEED ?? '41'
  const rounds = process.env.MILLRACE_NIGHTLY === undefined ? 150 : 4000
  test(`give the rows that the naive reading gives, refused ones too (seed ${seed})`, async () => {
    const random = seededRandom(seed)
    const make = new RandomRows(random)
    let taken = 0
    let refusals = 0
    for (let round = 0; round < rounds; round++) {
      const columns = make.schema().columns
      const naive: NaiveSerde = {
        isLenient: make.below(3) > 0,
        ignoreCase: true,
        dotsToUnderscores: false,
        keys: {},
      }
      const isOpen = naive.isLenient
      const serde: JsonSerde = isOpen ? openX : { kind: 'hive', timestampFormats: [] }
      const rows = converterOf(columns, serde).begin()
      const expected = writer.rows({ columns })
      for (let i = 0; i < 40; i++) {
        const text = randomObject(make, columns, isOpen ? 12 : 0)
        const wanted = naiveRow(parseTree(text), columns, naive)
        // Hive's serde reads no other form of time; the naive reading knows those of OpenX.
        if (!isOpen && /timestamp/.test(columns.map((column) => formatHiveType(column.type)).join())) continue
        const error = rows.add(Buffer.from(text))
        expect(
          error === undefined,
          `seed ${seed}, round ${round}: ${columns.map((c) => formatHiveType(c.type)).join()} ${text} ${error?.message}`,
        ).toBe(wanted !== undefined)
        if (wanted === undefined) refusals++
        else {
          taken++
          expected.add(wanted)
        }
      }
      const one = await rows.write(join(dir, 'one.parquet'))
      const other = await expected.write(join(dir, 'other.parquet'), {
        compression: 'SNAPPY',
        rowGroupBytes: 256 * 1024 * 1024,
        dictionary: true,
        version: 'V1',
      })
      expect(readFileSync(one.path).equals(readFileSync(other.path)), `seed ${seed}, round ${round}`).toBe(
        true,
      )
    }
    // Of both kinds enough, or the law says nothing.
    expect(taken).toBeGreaterThan(rounds * 8)
    expect(refusals).toBeGreaterThan(rounds)
  }, 600_000)
})

/** A JSON object with values that mostly suit the columns. One in `oddness` values is of another kind; 0: none. */
function randomObject(make: RandomRows, columns: readonly LakeColumn[], oddness: number): string {
  const members = columns
    .filter(() => make.below(8) > 0)
    .map(({ name, type }) => {
      const key = make.below(4) === 0 ? name.toUpperCase() : name
      return `${JSON.stringify(key)}:${space(make)}${randomJson(make, type, oddness)}`
    })
  if (make.below(3) === 0)
    members.splice(make.below(members.length + 1), 0, `"other":${make.pick(['1', '[{}]', '{"c0":1}'])}`)
  return `{${space(make)}${members.join(`,${space(make)}`)}}`
}

function space(make: RandomRows): string {
  return make.below(6) === 0 ? make.pick([' ', '\n', '\t']) : ''
}

function randomJson(make: RandomRows, type: LakeType, oddness: number): string {
  if (make.below(9) === 0) return 'null'
  if (oddness > 0 && make.below(oddness) === 0)
    return make.pick([
      'true',
      '1',
      '-12.5',
      '"x"',
      '""',
      '"17"',
      '[]',
      '{}',
      '1e3',
      '"2026-11-21"',
      '12345678901234567890',
      '"\\u0041"',
    ])
  const value = make.present(type)
  switch (type.kind) {
    case 'string':
      return escaped(make, String(value))
    case 'binary':
      return JSON.stringify(Buffer.from(value as Uint8Array).toString('base64'))
    case 'date':
      return JSON.stringify(new Date(Number(value) * 86_400_000).toISOString().slice(0, 10))
    case 'time':
      return JSON.stringify(make.pick(['00:00:00', '23:59:59.999999', '18:30:00.1', '01:02:03.123456789']))
    case 'timestamp':
    case 'timestamptz':
      return make.pick([
        JSON.stringify(new Date(make.below(4e12) - 1e12).toISOString()),
        JSON.stringify(
          new Date(make.below(4e12))
            .toISOString()
            .replace('T', ' ')
            .replace('Z', `${make.below(1e6)}`),
        ),
        String(make.below(4e9) - 1e9),
        String(make.below(4e12) + 1e11),
        `${make.below(4e9)}.${make.below(1e6)}`,
        `"${make.below(4e9)}"`,
        '"9876-5-4 03:02:01.000001"',
        '"2026-11-21T18:30:00.1234567-0830"',
      ])
    case 'float':
    case 'double':
    case 'int':
    case 'long':
      return String(value)
    case 'decimal':
      return numberText(make, String(value))
    case 'boolean':
      return String(value)
    case 'list':
      return `[${Array.from({ length: make.below(4) }, () => randomJson(make, type.element, oddness * 3)).join(`${space(make)},`)}]`
    case 'map':
      return `{${(value as [unknown, unknown][]).map(([key]) => `${JSON.stringify(keyText(type.key, key))}:${randomJson(make, type.value, oddness * 3)}`).join(',')}}`
    case 'struct':
      return randomObject(make, type.fields, oddness * 3)
  }
}

function keyText(type: LakeType, key: unknown): string {
  return type.kind === 'date' ? new Date(Number(key) * 86_400_000).toISOString().slice(0, 10) : String(key)
}

/** JSON numbers have no leading zeros; some have more digits than the scale, or an exponent. */
function numberText(make: RandomRows, text: string): string {
  const plain = text.replace(/^(-?)0+(?=\d)/, '$1')
  return make.below(5) === 0
    ? `${plain}e${make.below(5) - 2}`
    : plain.includes('.') && make.below(4) === 0
      ? `${plain}${make.below(1000)}`
      : plain
}

function escaped(make: RandomRows, text: string): string {
  const json = JSON.stringify(text)
  return make.below(3) === 0
    ? json.replace(/[a-e]/g, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)
    : json
}

test("DuckDB's own reading of the same JSON gives the same rows", async () => {
  const make = new RandomRows(seededRandom(8))
  const columns = Object.entries({
    id: 'bigint',
    small: 'int',
    amount: 'decimal(20,4)',
    ratio: 'double',
    flag: 'boolean',
    name: 'string',
    day: 'date',
    at: 'timestamp',
    place: 'struct<city:string,zip:int>',
    tags: 'array<string>',
    counts: 'map<string,bigint>',
    parts: 'array<struct<k:string,v:array<int>>>',
  }).map(([name, type]) => ({ name, type: parseHiveType(type) }))
  const records = Array.from({ length: 6000 }, () =>
    JSON.stringify(
      {
        id: make.below(2 ** 31) * 4_000_000,
        small: make.below(100) - 50,
        amount: (make.below(1e9) - 5e8) / 1e4,
        ratio: make.below(1e9) / 7,
        flag: make.below(2) === 1,
        name: make.text().replaceAll('\u0001', ''),
        day: new Date(make.below(2e9) * 1000).toISOString().slice(0, 10),
        at: new Date(make.below(2e12)).toISOString(),
        place: make.pick([null, { city: make.text().replaceAll('\u0001', ''), zip: make.below(9999) }, {}]),
        tags: make.pick([null, [], [make.pick(['a', 'b']), null]]),
        counts: { [`k${make.below(3)}`]: make.below(10), z: null },
        parts: [{ k: 'x', v: [make.below(9), null] }, null],
        more: [1],
      },
      (_, value: unknown) => (make.below(20) === 0 && typeof value !== 'object' ? undefined : value),
    ),
  )
  const rows = converterOf(columns, openX).begin()
  for (const record of records) expect(rows.add(Buffer.from(record))).toBe(undefined)
  const file = await rows.write(join(dir, 'ours.parquet'))
  writeFileSync(join(dir, 'same.ndjson'), records.join('\n'))
  const types = columns.map(({ name, type }) => `"${name}": ${literal(duckTypeText(type))}`).join(', ')
  const theirs = `(SELECT row_number() OVER () AS r, * FROM read_json(${literal(join(dir, 'same.ndjson'))}, format = 'newline_delimited', columns = {${types}}))`
  const ours = `(SELECT row_number() OVER () AS r, * FROM ${literal(file.path)})`
  const [counts] = await query(
    `SELECT (SELECT count(*) FROM ${ours})::INTEGER AS rows, (SELECT count(*) FROM (FROM ${ours} EXCEPT FROM ${theirs}))::INTEGER AS other`,
  )
  expect(counts).toEqual({ rows: 6000, other: 0 })
})
