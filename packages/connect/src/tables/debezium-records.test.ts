/** What CDC writes in Debezium's form, the SQL engine's debezium-json reads as the table's changes. */
import {
  type CdcOptions,
  type ColumnValue,
  type LogEvent,
  makeEnvelope,
  type RowOperation,
  type TableSchema,
} from '@millrace/cdc'
import { decoderOf } from '@millrace/sql'
import { parseSqlType } from '@millrace/values'
import { expect, test } from 'vitest'

const schema: TableSchema = {
  schema: 'shop',
  table: 'orders',
  columns: [
    { name: 'id', type: { kind: 'integer', native: 'bigint', bits: 64 }, isNullable: false },
    { name: 'name', type: { kind: 'text', native: 'text' }, isNullable: true },
    {
      name: 'amount',
      type: { kind: 'decimal', native: 'numeric(10,2)', precision: 10, scale: 2 },
      isNullable: true,
    },
    { name: 'at', type: { kind: 'datetime', native: 'datetime(3)', scale: 3 }, isNullable: true },
    { name: 'ok', type: { kind: 'boolean', native: 'boolean' }, isNullable: true },
  ],
  key: [0],
}

type Row = readonly ColumnValue[]
const row = (operation: RowOperation, before: Row | undefined, after: Row | undefined): LogEvent => ({
  kind: 'row',
  operation,
  table: schema,
  before,
  after,
  transaction:
    operation === 'load' ? undefined : { id: '771', number: 771, commitTimeUs: 0, place: '0/16B3748' },
  order: 0,
})

const ann = [9007199254740993n, 'Ann "A"\n', '12.50', '1970-01-01 00:00:01.234', true]
const bob = [1, null, '-0.01', null, false]

const readAnn = [9007199254740993n, 'Ann "A"\n', 1250, 1234, true]
const readBob = [1, null, -1, null, false]

function read(
  envelope: CdcOptions['envelope'],
  atType: string,
  options: { readonly [name: string]: string } = {},
) {
  const events = [
    row('load', undefined, ann),
    row('insert', undefined, bob),
    row('update', ann, [...ann.slice(0, 1), 'Bob', ...ann.slice(2)]),
    row('delete', bob, undefined),
  ]
  const source = { name: 'shop', kind: 'postgres', version: '15', database: 'db' } as const
  const types = ['BIGINT', 'VARCHAR(100)', 'DECIMAL(10,2)', atType, 'BOOLEAN']
  const decoder = decoderOf({
    name: 'orders',
    temporary: false,
    columns: schema.columns.map(({ name }, i) => ({
      name,
      type: parseSqlType(types[i]!),
      nullable: true,
      metadata: undefined,
      computed: undefined,
    })),
    primaryKey: undefined,
    partitionedBy: [],
    options: { format: 'debezium-json', ...options },
    comment: undefined,
  })
  const changes: [unknown, number][] = []
  const made = makeEnvelope(envelope, source)
  for (const event of events)
    made.encode(event, 0, (_, data) => {
      expect(
        decoder.decode(Buffer.from(data), (values, kind) => changes.push([values, kind])),
      ).toBeUndefined()
    })
  return changes
}

const updated = [readAnn[0], 'Bob', ...readAnn.slice(2)]
const expected = [
  [readAnn, 0],
  [readBob, 0],
  [readAnn, 1],
  [updated, 2],
  [readBob, 3],
]

test.each([
  ['decimals as numbers', { decimalHandlingMode: 'double' }],
  ['decimals as texts', { decimalHandlingMode: 'string' }],
  ['with schemas', { decimalHandlingMode: 'string', schemasEnable: true }],
  ['with tombstones', { decimalHandlingMode: 'string', tombstonesOnDelete: true }],
] as const)('%s, times in milliseconds', (_, options) => {
  expect(read({ format: 'debezium', ...options }, 'BIGINT')).toEqual(expected)
})

test('times as texts', () => {
  const envelope = {
    format: 'debezium',
    decimalHandlingMode: 'string',
    timePrecisionMode: 'isostring',
  } as const
  const iso = { 'debezium-json.timestamp-format.standard': 'ISO-8601' }
  expect(read(envelope, 'TIMESTAMP_LTZ(3)', iso)).toEqual(expected)
})
