/** Formats: what is written reads back, and what is no record is a problem, never a throw. */
import { parseSqlType } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import type { TableInfo } from '../plan.ts'
import type { Row } from '../row.ts'
import { decoderOf, encoderOf } from './format.ts'
import { FormatError } from './format-contract.ts'

const columns: readonly (readonly [string, string, Row[number], Row[number]])[] = [
  ['b', 'BOOLEAN', true, false],
  ['i', 'INTEGER', -7, 2147483647],
  ['l', 'BIGINT', 12, 9223372036854775807n],
  ['d', 'DECIMAL(10,2)', 1250, -1],
  ['f', 'DOUBLE', 1.5, -1e300],
  ['s', 'VARCHAR(100)', 'a "quoted", text;\nline 2', 'ü𝄞'],
  ['day', 'DATE', 20_454, 0],
  ['t', 'TIME', 3_723_000, 0],
  ['ts', 'TIMESTAMP', 1_767_225_600_123, 0],
  ['n', 'VARCHAR(5)', null, 'x'],
]

function table(options: Record<string, string>, names = columns): TableInfo {
  return {
    name: 'T',
    temporary: false,
    columns: names.map(([name, type]) => ({
      name,
      type: parseSqlType(type),
      nullable: true,
      metadata: undefined,
      computed: undefined,
    })),
    primaryKey: undefined,
    partitionedBy: [],
    options,
    comment: undefined,
  }
}

function decodeAll(info: TableInfo, text: string | Uint8Array) {
  const changes: [Row, number][] = []
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
  const problem = decoderOf(info).decode(bytes, (row, kind) => changes.push([row, kind]))
  return { changes, problem }
}

describe('what is written reads back', () => {
  for (const options of [
    { format: 'json' },
    { format: 'json', 'json.timestamp-format.standard': 'ISO-8601' },
    { format: 'csv', 'csv.null-literal': 'NULL' },
    { format: 'csv', 'csv.null-literal': 'NULL', 'csv.field-delimiter': ';' },
    { format: 'debezium-json' },
  ]) {
    test(JSON.stringify(options), () => {
      const info = table(options)
      for (const place of [2, 3] as const) {
        const row = columns.map((column) => column[place])
        expect(decodeAll(info, encoderOf(info).encode(row, 0)!)).toEqual({
          changes: [[row, 0]],
          problem: undefined,
        })
      }
    })
  }
})

test('debezium-json is a changelog', () => {
  const info = table({ format: 'debezium-json' }, [['i', 'INTEGER', 1, 2]])
  expect(decodeAll(info, '{"before":{"i":1},"after":{"i":2},"op":"u"}').changes).toEqual([
    [[1], 1],
    [[2], 2],
  ])
  expect(decodeAll(info, '{"payload":{"before":{"i":1},"after":null,"op":"d"}}').changes).toEqual([[[1], 3]])
  expect(decodeAll(info, '{"before":null,"after":{"i":2},"op":"u"}').problem?.message).toMatch(/whole rows/)
  expect(decodeAll(info, '').changes).toEqual([])
})

test('one record may hold several documents or rows', () => {
  const one = [['i', 'INTEGER', 1, 2]] as const
  expect(decodeAll(table({ format: 'json' }, one), '{"i":1}\n{"i":2}').changes).toHaveLength(2)
  expect(decodeAll(table({ format: 'json' }, one), '[{"i":1},{"i":2}]').changes).toHaveLength(2)
  expect(decodeAll(table({ format: 'csv' }, one), '1\r\n2\n').changes).toHaveLength(2)
})

test.each([
  [{ format: 'json' }, '{"i": ', 'ParseError', /not JSON/],
  [{ format: 'json' }, '{"i": "x"}', 'CoercionError', /"i".*whole number of INT/],
  [{ format: 'json' }, '3', 'CoercionError', /not an object/],
  [{ format: 'json', 'json.fail-on-missing-field': 'true' }, '{}', 'CoercionError', /"i" is missing/],
  [{ format: 'csv' }, '1,2', 'CoercionError', /2 fields.*1 physical/],
  [{ format: 'csv' }, '"1', 'CoercionError', /not closed/],
] as const)('%j refuses %s', (options, text, name, message) => {
  const { changes, problem } = decodeAll(table(options, [['i', 'INTEGER', 1, 2]]), text)
  expect(changes).toEqual([])
  expect(problem?.name).toBe(name)
  expect(problem?.message).toMatch(message)
})

test('a bad record can be passed over if the table says so', () => {
  const info = table({ format: 'json', 'json.ignore-parse-errors': 'true' }, [['i', 'INTEGER', 1, 2]])
  expect(decodeAll(info, 'nonsense')).toEqual({ changes: [], problem: undefined })
})

test.each([
  [{ format: 'protobuf' }, /no format 'protobuf'.*json, csv, raw, debezium-json/],
  [{ format: 'json', 'json.unknown': '1' }, /no option 'json.unknown'/],
  [{ format: 'json', 'json.ignore-parse-errors': 'maybe' }, /'true', 'false'/],
  [{ format: 'raw' }, /one physical column/],
])('%j is no format of a table', (options, message) => {
  expect(() => decoderOf(table(options))).toThrow(FormatError)
  expect(() => decoderOf(table(options))).toThrow(message)
})

test('long numbers keep every digit, short ones cost nothing more', () => {
  const info = table({ format: 'json' }, [
    ['l', 'BIGINT', 1, 1],
    ['d', 'DECIMAL(38,2)', 1, 1],
    ['s', 'VARCHAR(9)', 'a', 'b'],
  ])
  const read = (text: string) => decodeAll(info, text).changes[0]?.[0]
  expect(read('{"l":9007199254740993,"d":123456789012345678.25,"s":"12345678901234567890"}')).toEqual([
    9007199254740993n,
    12345678901234567825n,
    '12345678901234567890',
  ])
  expect(read('{"l":-1,"d":1e20,"s":"x"}')).toEqual([-1, 10000000000000000000000n, 'x'])
  expect(decodeAll(info, '{"l":1e30}').problem?.message).toMatch(/64 bits|whole number/)
})

test.each([
  ['2026-01-01 00:00:00.123', 1_767_225_600_123],
  ['2026-01-01T00:00:00.123', 1_767_225_600_123],
  ['2026-01-01T00:00:00.123Z', 1_767_225_600_123],
  ['2026-01-01 00:00', 1_767_225_600_000],
  ['2024-02-29 23:59:59.999', Date.UTC(2024, 1, 29, 23, 59, 59, 999)],
  ['2023-02-29 00:00:00.000', undefined],
  ['2026-13-01 00:00:00.000', undefined],
  ['2026-01-01 24:00:00.000', undefined],
  ['2026-01-01 0a:00:00.000', undefined],
])('the timestamp %s', (text, ms) => {
  const info = table({ format: 'json' }, [['ts', 'TIMESTAMP', 0, 0]])
  const { changes, problem } = decodeAll(info, JSON.stringify({ ts: text }))
  expect(changes[0]?.[0][0]).toBe(ms)
  expect(problem === undefined).toBe(ms !== undefined)
})
