/**
 * Rows of the order model, as a database would give them, in DMS' envelope: the same records as the generator writes, so that what is
 * built on one runs on the other. Only what differs by design is left out: the partition key's kind and the newline at the end.
 */
import {
  type Column,
  type ColumnKind,
  type ColumnValue,
  makeEnvelope,
  type RowChange,
  type TableSchema,
} from '@millrace/cdc'
import { expect, test } from 'vitest'
import { changeAt, DEFAULT_START_TIME, type OrderChange, type OrderModelOptions } from './order-model.ts'
import { OrderSequence } from './order-sequence.ts'

const kinds: { readonly [column: string]: ColumnKind } = {
  orderId: 'integer',
  itemId: 'integer',
  itemQuantity: 'integer',
  orderAmount: 'decimal',
  itemAmount: 'decimal',
  orderDateTime: 'datetime',
}

function column(name: string): Column {
  const kind = kinds[name] ?? 'text'
  return {
    name,
    type: { kind, native: kind, ...(kind === 'decimal' ? { precision: 10, scale: 2 } : {}) },
    isNullable: false,
  }
}

/** As MySQL's reader gives it: DECIMAL(10,2) with both digits, DATETIME(3) as wall time. */
function stored(name: string, value: unknown): ColumnValue {
  const kind = kinds[name]
  if (kind === 'decimal') return Number(value).toFixed(2)
  if (kind === 'datetime') return String(value).slice(0, -1).replace('T', ' ')
  return value as ColumnValue // Numbers and texts of the model.
}

const schemas = new Map<string, TableSchema>()

function rowChange({ data, metadata }: OrderChange): RowChange {
  const names = Object.keys(data)
  const name = metadata['table-name']
  const schema = schemas.get(name) ?? {
    schema: metadata['schema-name'],
    table: name,
    columns: names.map(column),
    key: name === 'order' ? [0] : [0, 1],
  }
  schemas.set(name, schema)
  const number = metadata['transaction-id']
  return {
    kind: 'row',
    operation: metadata.operation,
    table: schema,
    before: undefined,
    after: Object.entries(data).map(([member, value]) => stored(member, value)),
    transaction:
      number === undefined
        ? undefined
        : { id: String(number), number, commitTimeUs: 0, place: 'mysql-bin.000001:4' },
    order: 0,
  }
}

test.each(['insert', 'load'] as const)('records of %s', (operation) => {
  const options: OrderModelOptions = {
    products: 10,
    seed: 3,
    startTime: DEFAULT_START_TIME,
    intervalMicros: 1234.5,
    operation,
    partitionKey: 'schema.table',
  }
  const source = { name: 'orders', kind: 'mysql', version: '8.0', database: '' } as const
  const envelope = makeEnvelope({ format: 'dms', partitionKey: 'schema-table' }, source)
  const sequence = new OrderSequence(options.seed, { firstOrder: 0, endOrder: 50 })
  for (let index = 0; index < sequence.length; index++) {
    const change = changeAt(options, sequence, index)
    const nowUs =
      Date.parse(change.metadata.timestamp.slice(0, 23).concat('Z')) * 1000 +
      Number(change.metadata.timestamp.slice(23, 26))
    const records: [string, string][] = []
    envelope.encode(rowChange(change), nowUs, (key, data) => records.push([key, data]))
    expect(records).toHaveLength(1)
    const [key, data] = records[0]!
    expect(key).toBe(`orders.${change.metadata['table-name']}`)
    expect(data.endsWith('}\n')).toBe(true)
    expect(JSON.parse(data)).toEqual(change)
    // Members in the same order too, which schema discovery shows.
    expect(Object.keys(JSON.parse(data).metadata)).toEqual(Object.keys(change.metadata))
  }
})
