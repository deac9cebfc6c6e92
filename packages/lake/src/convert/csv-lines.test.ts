import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { literal } from '../duck/open-duck.ts'
import { parseHiveType } from '../schema/hive-type.ts'
import { openCsvLines } from './csv-lines.ts'

const columns = Object.entries({
  id: 'bigint',
  name: 'string',
  paid: 'decimal(10,2)',
  at: 'timestamp',
  day: 'date',
  isNew: 'boolean',
  weight: 'double',
  raw: 'binary',
  tags: 'array<string>',
}).map(([name, type]) => ({ name, type: parseHiveType(type) }))

function text(bytes: Uint8Array | { readonly code: string }): string {
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString() : bytes.code
}

test('a record is a line for each object, in the form of its columns', () => {
  const csv = openCsvLines({ columns, header: true })
  expect(text(csv.header)).toBe('id,name,paid,at,day,isNew,weight,raw,tags\n')
  const record =
    '{"ID":9223372036854775807,"name":"a \\"b\\", c","paid":"7.5","at":1700000000.25,"day":"2026-1-2","isnew":true,"weight":1e3,"raw":"aGk=","tags":["x", null]}\n{"name":""}'
  expect(text(csv.convert(Buffer.from(record)))).toBe(
    '9223372036854775807,"a ""b"", c",7.50,2023-11-14 22:13:20.25,2026-01-02,true,1000,aGk=,"[""x"", null]"\n,"",,,,,,,\n',
  )
})

test('what does not suit a column is refused as in Parquet, nested values too', () => {
  const csv = openCsvLines({ columns, header: false })
  expect(csv.header.length).toBe(0)
  for (const record of ['{"id":1.5}', '{"tags":"x"}', '{"tags":[[1],{}]}{"day":1}'])
    expect(text(csv.convert(Buffer.from(record)))).toBe('DataFormatConversion.MalformedData')
  expect(text(csv.convert(Buffer.from('{"id":')))).toBe('DataFormatConversion.ParseError')
  expect(text(csv.convert(Buffer.from('{"id":2}')))).toBe('2,,,,,,,,\n')
})

test('another reader of CSV reads back the values', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-csv-'))
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    const csv = openCsvLines({ columns: columns.slice(0, 6), header: true })
    const names = ['', 'plain', 'with, comma', 'quote "', 'line\nbreak', "it's", ' space ', '漢🎬', 'NULL']
    const lines = names.map((name, i) =>
      csv.convert(Buffer.from(JSON.stringify({ id: i, name, paid: i / 4, at: 1e9 + i / 8 }))),
    )
    const path = join(dir, 'file.csv')
    writeFileSync(path, Buffer.concat([csv.header, ...lines.map((line) => Buffer.from(text(line)))]))
    const rows = await connection.runAndReadAll(
      `SELECT id, name, paid::VARCHAR, epoch_us("at")::VARCHAR, day FROM read_csv(${literal(path)}, header = true, allow_quoted_nulls = false, columns = {id: 'BIGINT', name: 'VARCHAR', paid: 'DECIMAL(10,2)', "at": 'TIMESTAMP', day: 'DATE', isNew: 'BOOLEAN'})`,
    )
    expect(rows.getRowsJson()).toEqual(
      names.map((name, i) => [String(i), name, (i / 4).toFixed(2), String((1e9 + i / 8) * 1e6), null]),
    )
  } finally {
    connection.closeSync()
    instance.closeSync()
    rmSync(dir, { recursive: true })
  }
})
