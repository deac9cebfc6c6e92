/** Schema mapping and discovery by examples of the specification. */
import { expect, test } from 'vitest'
import { discoverSchema } from './discover-schema.ts'
import { makeRecordMapper, type RecordSchema } from './record-mapper.ts'

function json(columns: RecordSchema['columns'], recordRowPath?: string) {
  return makeRecordMapper({ recordFormat: 'JSON', columns, recordRowPath })
}

test('members, nested members, whole arrays; what is missing is NULL; several documents', () => {
  const map = json([
    ['A', 'INTEGER', '$.a'],
    ['C', 'VARCHAR(8)', '$.b.c'],
    ['L', 'VARCHAR(32)', '$.list[0:]'],
  ])
  expect(map('{"a": 1, "b": {"c": "x"}, "list": [1, {"y": 2}]} {"A": 5}')).toEqual({
    rows: [
      [1, 'x', '[1, {"y": 2}]'],
      [null, null, null],
    ],
  })
})

test('one row for each element of a flattened array, and one if it is empty', () => {
  const map = json([
    ['ID', 'INTEGER', '$.id'],
    ['N', 'VARCHAR(8)', '$.items[0:].n'],
  ])
  expect(map('{"id": 1, "items": [{"n": "a"}, {"m": 0}]}')).toEqual({
    rows: [
      [1, 'a'],
      [1, null],
    ],
  })
  expect(map('{"id": 2, "items": []}')).toEqual({ rows: [[2, null]] })
})

test('a row path leads to a row, or to an array of rows; column paths start at the root or at the row', () => {
  const columns: RecordSchema['columns'] = [
    ['X', 'INTEGER', '$.data.x'],
    ['Y', 'INTEGER', '$.y'],
  ]
  expect(json(columns, '$.data')('{"data": {"x": 1, "y": 2}}')).toEqual({ rows: [[1, 2]] })
  expect(json(columns, '$.data[0:]')('{"data": [{"x": 1}, {"y": 4}]}')).toEqual({
    rows: [
      [1, null],
      [null, 4],
    ],
  })
  expect(json(columns, '$.data')('{"other": 1}')).toEqual({ rows: [[null, null]] })
  expect(json([['X', 'INTEGER', '$.x']])('[{"x": 1}, {"x": 2}]')).toEqual({ rows: [[1], [2]] })
})

test('coercions that fail, and payloads that are not JSON', () => {
  const map = json([
    ['I', 'INTEGER', '$.i'],
    ['B', 'BOOLEAN', '$.b'],
    ['T', 'TIMESTAMP', '$.t'],
    ['V', 'VARCHAR(3)', '$.v'],
  ])
  expect(map('{"i": "42", "b": "yes", "t": "1992-02-14 18:35:44.0", "v": true}')).toEqual({
    rows: [[42, false, Date.UTC(1992, 1, 14, 18, 35, 44), 'tru']],
  })
  for (const bad of ['{"i": 123.4}', '{"i": [1]}', '{"t": 5}', '{"t": "noon"}', '{"i": 99999999999}'])
    expect(map(bad)).toMatchObject({ error: { name: 'CoercionError' } })
  for (const bad of ['', '{"i": 1', '{"i": 1} x', '[1,]'])
    expect(map(bad), bad).toMatchObject({ error: { name: 'ParseError' } })
})

test('CSV: delimiters, a prefix of the columns, quotes, empty fields', () => {
  const map = makeRecordMapper({
    recordFormat: 'CSV',
    recordRowDelimiter: '\n',
    recordColumnDelimiter: '|',
    columns: [
      ['A', 'INTEGER'],
      ['B', 'VARCHAR(8)'],
      ['C', 'DOUBLE'],
    ],
  })
  expect(map('1|x|2.5|more\r\n|"a|""b"""|\n3\n')).toEqual({
    rows: [
      [1, 'x', 2.5],
      [null, 'a|"b"', null],
      [3, null, null],
    ],
  })
  expect(map('one|x|1')).toMatchObject({ error: { name: 'CoercionError' } })
})

test('discovery: names, smallest types, lengths in powers of two, what it finds it can map', () => {
  const records = [
    '{"id": 5, "USER": "ab", "USER@DOMAIN": "12345", "@@": true, "p": 1.5, "n": {"deep": 300}, "l": [{"z": 70000}]}',
  ]
  const schema = discoverSchema(records)
  expect(schema.columns).toEqual([
    ['id', 'TINYINT', '$.id'],
    ['COL_USER', 'VARCHAR(4)', '$.USER'],
    ['COL_USERDOMAIN', 'VARCHAR(8)', '$.USER@DOMAIN'],
    ['COL_3', 'BOOLEAN', '$.@@'],
    ['p', 'DOUBLE', '$.p'],
    ['deep', 'SMALLINT', '$.n.deep'],
    ['z', 'INTEGER', '$.l[0:].z'],
  ])
  expect(makeRecordMapper(schema)(records[0]!)).toEqual({ rows: [[5, 'ab', '12345', true, 1.5, 300, 70000]] })
  const csv = discoverSchema(['1;two', '300;three and more'])
  expect(csv.columns).toEqual([
    ['COL_0', 'SMALLINT'],
    ['COL_1', 'VARCHAR(16)'],
  ])
  expect(makeRecordMapper(csv)('7;x')).toEqual({ rows: [[7, 'x']] })
})
