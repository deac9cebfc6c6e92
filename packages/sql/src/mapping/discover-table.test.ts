/** Tables out of samples: every sample is a row of its table, and types have room for what follows. */
import { formatFlinkType } from '@millrace/values'
import { expect, test } from 'vitest'
import { decoderOf } from '../changelog/format/format.ts'
import { discoverTable } from './discover-table.ts'

function discover(...records: readonly unknown[]) {
  const bytes = records.map((record) =>
    Buffer.from(typeof record === 'string' ? record : JSON.stringify(record)),
  )
  const { columns, options } = discoverTable(bytes)
  const decoder = decoderOf({
    name: 't',
    temporary: false,
    columns: columns.map((field) => ({ ...field, metadata: undefined, computed: undefined })),
    primaryKey: undefined,
    partitionedBy: [],
    options,
    comment: undefined,
  })
  const rows: unknown[] = []
  for (const each of bytes) expect(decoder.decode(each, (row) => rows.push(row))).toBeUndefined()
  return {
    columns: columns.map(({ name, type }) => `${name} ${formatFlinkType(type)}`),
    format: options.format,
    rows,
  }
}

test('JSON objects: types that hold all samples, nested members stay nested', () => {
  const found = discover(
    {
      id: 1,
      price: 2,
      name: 'a',
      on: true,
      at: '2026-01-01T00:00:00Z',
      local: '2026-01-01 00:00:00',
      tags: ['x'],
    },
    { id: 2 ** 40, price: 2.5, name: null, address: { city: 'B', zip: 1 }, day: '2026-01-01', tags: [] },
  )
  expect(found.columns).toEqual([
    'id BIGINT',
    'price DOUBLE',
    'name STRING',
    'on BOOLEAN',
    'at TIMESTAMP_LTZ(3)',
    'local TIMESTAMP(3)',
    'tags ARRAY<STRING>',
    'address ROW<`city` STRING, `zip` BIGINT>',
    'day DATE',
  ])
  expect(found.rows).toHaveLength(2)
})

test('values that have nothing in common are text', () => {
  expect(discover({ x: 1 }, { x: 'a' }, { x: { y: 1 } }).columns).toEqual(['x STRING'])
  expect(discover({ t: '2026-01-01 00:00:00' }, { t: 'soon' }).columns).toEqual(['t STRING'])
})

test('envelopes of changes give the columns of their images', () => {
  const found = discover(
    { before: null, after: { id: 1, name: 'a' }, op: 'c' },
    { before: { id: 1, name: 'a' }, after: { id: 1, name: 'b' }, op: 'u' },
  )
  expect(found).toMatchObject({ columns: ['id BIGINT', 'name STRING'], format: 'debezium-json' })
  expect(found.rows).toHaveLength(3)
})

test('lines of values are CSV, anything else is text', () => {
  expect(discover('1|a|2.5', '2|b|3')).toMatchObject({
    format: 'csv',
    columns: ['COL_0 BIGINT', 'COL_1 STRING', 'COL_2 DOUBLE'],
  })
  expect(discover('hello')).toMatchObject({ format: 'raw', columns: ['record STRING'] })
  expect(discoverTable([])).toMatchObject({ options: { format: 'raw' } })
})
