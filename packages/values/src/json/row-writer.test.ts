import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CellValue } from '../cell.ts'
import { makeBatch, readCell, writeCell } from '../cell.ts'
import type { RowBatch } from '../column.ts'
import type { Schema } from '../sql-type.ts'
import { parseSqlType } from '../sql-type-text.ts'
import { schemaWithRows } from '../testing/rows.ts'
import { ByteWriter } from './byte-writer.ts'
import { JsonRowReader } from './row-reader.ts'
import { JsonRowWriter, rowToJsonText } from './row-writer.ts'

function batchOf(schema: Schema, rows: readonly (readonly CellValue[])[]): RowBatch {
  const batch = makeBatch(schema, 1)
  batch.reserve(rows.length)
  rows.forEach((row, r) => {
    schema.fields.forEach((field, i) => {
      writeCell(batch.columns[i]!, r, field.type, row[i]!)
    })
  })
  batch.length = rows.length
  return batch
}

test('generated writing agrees with the slow version, whatever the writer’s buffer held', () => {
  fc.assert(
    fc.property(schemaWithRows, fc.nat(64), ({ schema, rows }, capacity) => {
      const batch = batchOf(schema, rows)
      const writer = new JsonRowWriter(schema)
      const out = new ByteWriter(capacity)
      let expected = ''
      for (let row = 0; row < rows.length; row++) {
        writer.write(batch, row, out)
        expected += rowToJsonText(schema, batch, row)
      }
      expect(Buffer.from(out.written()).toString()).toBe(expected)
    }),
    { numRuns: 400 },
  )
})

test('what the writer writes, the reader maps back to the same cells, with every digit', () => {
  fc.assert(
    fc.property(schemaWithRows, ({ schema, rows }) => {
      const batch = batchOf(schema, rows)
      const writer = new JsonRowWriter(schema)
      const columns = schema.fields.map(({ name, type }) => ({ name, type, path: `$['${name}']` }))
      const reader = new JsonRowReader(columns)
      const back = makeBatch(schema, 1)
      const out = new ByteWriter()
      const ends = rows.map((_, row) => {
        writer.write(batch, row, out)
        return out.length
      })
      const page = out.written().slice()
      reader.page(back, page)
      ends.forEach((end, row) => {
        expect(reader.locate(page, row === 0 ? 0 : ends[row - 1]!, end)).toBe(null)
        expect(reader.append(back, row, row)).toBe(null)
      })
      const read = rows.map((_, row) =>
        schema.fields.map((field, i) => readCell(back.columns[i]!, row, field.type)),
      )
      expect(read).toEqual(rows)
      expect([...back.rowtime.subarray(0, rows.length)]).toEqual(rows.map((_, row) => row))
    }),
    { numRuns: 400 },
  )
})

test('values have the text that the README of the mapping promises', () => {
  const cases: [string, CellValue, string][] = [
    ['DECIMAL(5,2)', 5n, '0.05'],
    ['DECIMAL(5,2)', -1200n, '-12.00'],
    ['DECIMAL(38,2)', 10n ** 37n, '100000000000000000000000000000000000.00'],
    ['DECIMAL(15,15)', 1n, '0.000000000000001'],
    ['BIGINT', 9223372036854775807n, '9223372036854775807'],
    ['BIGINT', -9007199254740991n, '-9007199254740991'],
    ['DOUBLE', 0.1, '0.1'],
    ['DOUBLE', 1e21, '1e+21'],
    ['DOUBLE', Number.NaN, 'null'],
    ['DOUBLE', Number.NEGATIVE_INFINITY, 'null'],
    ['TIMESTAMP', Date.UTC(2024, 1, 29, 1, 2, 3, 4), '"2024-02-29 01:02:03.004"'],
    ['TIMESTAMP', -1, '"1969-12-31 23:59:59.999"'],
    ['DATE', 0, '"1970-01-01"'],
    ['TIME', 1, '"00:00:00.001"'],
    ['VARCHAR(9)', 'a"\n\u0001é', '"a\\"\\n\\u0001é"'],
    ['VARBINARY(3)', Uint8Array.of(1, 255), '"X\'01FF\'"'],
    ['BOOLEAN', false, 'false'],
    ['INTEGER', null, 'null'],
    ['NULL', null, 'null'],
  ]
  for (const [typeText, value, text] of cases) {
    const schema = { fields: [{ name: 'a"b', type: parseSqlType(typeText), nullable: true }] }
    const batch = batchOf(schema, [[value]])
    const out = new ByteWriter(1)
    new JsonRowWriter(schema).write(batch, 0, out)
    expect(Buffer.from(out.written()).toString()).toBe(`{"a\\"b":${text}}`)
    expect(rowToJsonText(schema, batch, 0)).toBe(`{"a\\"b":${text}}`)
  }
})

test('integers and decimals near every power of ten keep their digits', () => {
  const schema = { fields: [{ name: 'n', type: parseSqlType('BIGINT'), nullable: true }] }
  for (let power = 0; power <= 18; power++) {
    for (const near of [-1n, 0n, 1n]) {
      for (const sign of [-1n, 1n]) {
        const value = sign * (10n ** BigInt(power) + near)
        const out = new ByteWriter()
        new JsonRowWriter(schema).write(batchOf(schema, [[value]]), 0, out)
        expect(Buffer.from(out.written()).toString()).toBe(`{"n":${value}}`)
      }
    }
  }
})
