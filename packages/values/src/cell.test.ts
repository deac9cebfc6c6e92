import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cellBytes, copyCell, makeBatch, makeColumn, readCell, resetBatch, writeCell } from './cell.ts'
import type { TextColumn } from './column.ts'
import { parseSqlType } from './sql-type-text.ts'
import { schemaWithRows, typedCell } from './testing/rows.ts'

test('a written cell reads back as itself, in any order of writing, and after growing', () => {
  fc.assert(
    fc.property(schemaWithRows, ({ schema, rows }) => {
      const batch = makeBatch(schema, 1)
      for (let row = rows.length - 1; row >= 0; row--) {
        schema.fields.forEach((field, i) => {
          writeCell(batch.columns[i]!, row, field.type, rows[row]![i]!)
        })
      }
      const read = rows.map((_, row) =>
        schema.fields.map((field, i) => readCell(batch.columns[i]!, row, field.type)),
      )
      expect(read).toEqual(rows)
    }),
  )
})

test('a cell can be overwritten and copied', () => {
  fc.assert(
    fc.property(
      typedCell.chain(({ type, cell }) => fc.record({ type: fc.constant(type), first: cell, second: cell })),
      ({ type, first, second }) => {
        const [from, to] = [makeColumn(type), makeColumn(type)]
        writeCell(from, 3, type, first)
        writeCell(to, 9, type, second)
        writeCell(from, 3, type, second)
        copyCell(from, 3, to, 70)
        writeCell(from, 3, type, first)
        expect([readCell(from, 3, type), readCell(to, 9, type), readCell(to, 70, type)]).toEqual([
          first,
          second,
          second,
        ])
      },
    ),
  )
})

test('an emptied batch takes new rows and leaves slices taken before as they were', () => {
  const type = parseSqlType('VARCHAR(10)')
  const batch = makeBatch({ fields: [{ name: 'a', type, nullable: true }] })
  const column = batch.columns[0] as TextColumn
  writeCell(column, 0, type, 'first')
  const bytes = cellBytes(column, 0)
  resetBatch(batch)
  writeCell(column, 0, type, 'other')
  expect([Buffer.from(bytes).toString(), readCell(column, 0, type)]).toEqual(['first', 'other'])
})

test('a value of the wrong form is refused', () => {
  const column = makeColumn(parseSqlType('BIGINT'))
  expect(() => writeCell(column, 0, { kind: 'BIGINT' }, 5)).toThrow(
    /^VAL1002 .*BIGINT cell cannot take number 5/,
  )
  expect(() => writeCell(makeColumn({ kind: 'DATE' }), 0, { kind: 'DATE' }, 'x')).toThrow(/^VAL1002 /)
})
