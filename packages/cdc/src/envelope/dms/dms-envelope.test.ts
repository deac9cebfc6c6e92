/** Records of DMS' form, member by member, as its guide describes them; what the guide leaves open is pinned here. */
import { expect, test } from 'vitest'
import type { SchemaChange } from '../../model/log-event.ts'
import type { DmsOptions } from '../../source/cdc-options.ts'
import {
  change,
  column,
  encodeAll,
  memberNames,
  mysqlSource,
  nowUs,
  parsed,
  table,
  transaction,
  types,
} from '../../testing/change-samples.ts'
import { makeEnvelope } from '../make-envelope.ts'

const orders = table([
  column('id', types.int, false),
  column('name', types.text),
  column('note', types.longtext),
])
const make = (options: DmsOptions = {}, state?: string) =>
  makeEnvelope({ format: 'dms', ...options }, mysqlSource, state === undefined ? {} : { state })

test('an insert is one line of data and metadata, with a newline at its end', () => {
  const [record] = encodeAll(make(), change('insert', orders, { after: [1, 'Ann', null] }))
  expect(record).toEqual({
    key: '1',
    data:
      '{"data":{"id":1,"name":"Ann"},"metadata":{"timestamp":"2023-11-14T22:13:20.000005Z","record-type":"data",' +
      '"operation":"insert","partition-key-type":"primary-key","schema-name":"shop","table-name":"orders","transaction-id":7}}\n',
  })
})

test('dms is the envelope unless another is named', () => {
  const event = change('insert', orders, { after: [1, 'Ann', null] })
  expect(encodeAll(makeEnvelope(undefined, mysqlSource), event)).toEqual(encodeAll(make(), event))
  expect(encodeAll(makeEnvelope('dms', mysqlSource), event)).toEqual(encodeAll(make(), event))
})

test('rows of a load are of no transaction', () => {
  const [record] = encodeAll(make(), change('load', orders, { after: [1, 'Ann', null] }))
  expect(parsed(record).metadata).toEqual({
    timestamp: '2023-11-14T22:13:20.000005Z',
    'record-type': 'data',
    operation: 'load',
    'partition-key-type': 'primary-key',
    'schema-name': 'shop',
    'table-name': 'orders',
  })
})

test('a deletion has what is known of the row', () => {
  const whole = encodeAll(make(), change('delete', orders, { before: [1, 'Ann', 'x'] }))
  const key = encodeAll(make(), change('delete', orders, { before: [1, undefined, undefined] }))
  expect(parsed(whole[0]).data).toEqual({ id: 1, name: 'Ann', note: 'x' })
  expect(parsed(key[0]).data).toEqual({ id: 1 })
})

test('null and empty columns are left out unless they are asked for, unknown ones always', () => {
  const schema = table([
    column('id', types.int),
    column('a', types.text),
    column('b', types.text),
    column('c', types.bytes),
    column('d', types.text),
    column('e', types.datetime),
  ])
  const event = change('insert', schema, {
    after: [1, null, '', Buffer.alloc(0), undefined, '0000-00-00 00:00:00'],
  })
  expect(parsed(encodeAll(make(), event)[0]).data).toEqual({ id: 1 })
  expect(parsed(encodeAll(make({ IncludeNullAndEmpty: true }), event)[0]).data).toEqual({
    id: 1,
    a: null,
    b: '',
    c: '0x',
    e: null,
  })
})

test('json is indented, and says the same as one line', () => {
  const event = change('update', orders, { before: [1, 'Ann', null], after: [1, 'Bob', null] })
  const settings = {
    IncludeTransactionDetails: true,
    IncludePartitionValue: true,
    BeforeImageSettings: { EnableBeforeImage: true, FieldName: 'before-image', ColumnFilter: 'all' },
  } as const
  const [line] = encodeAll(make(settings), event)
  const [indented] = encodeAll(make({ ...settings, MessageFormat: 'json' }), event)
  expect(parsed(indented)).toEqual(parsed(line))
  expect(indented!.data.split('\n')).toEqual(
    expect.arrayContaining([
      '{',
      '\t"data":\t{',
      '\t\t"id":\t1,',
      '\t},',
      '\t\t"operation":\t"update",',
      '}',
    ]),
  )
  expect(memberNames(indented!.data, 'metadata')).toEqual(memberNames(line!.data, 'metadata'))
})

test('transaction details: number in the transaction, the transaction before, commit time, place in the log', () => {
  const envelope = make({ IncludeTransactionDetails: true })
  const of = (number: number, order: number) =>
    change('insert', orders, { after: [order, 'x', null] }, { transaction: transaction(number), order })
  const records = encodeAll(envelope, of(7, 0), of(7, 1), of(9, 4)).map((record) => parsed(record).metadata)
  expect(records[0]).toMatchObject({
    'transaction-id': 7,
    'transaction-record-id': 1,
    'commit-timestamp': '2023-11-14T22:13:19.500000Z',
    'stream-position': 'mysql-bin.000024:700',
  })
  expect(records[0]).not.toHaveProperty('prev-transaction-id')
  expect(records[1]).toMatchObject({ 'transaction-record-id': 2 })
  expect(records[2]).toMatchObject({
    'transaction-id': 9,
    'transaction-record-id': 5,
    'prev-transaction-id': 7,
    'prev-transaction-record-id': 2,
  })
})

test('law: with its state an envelope goes on as if it had not been stopped', () => {
  const options = { IncludeTransactionDetails: true } as const
  const events = [3, 3, 5, 5, 8].map((number, order) =>
    change('insert', orders, { after: [order, 'x', null] }, { transaction: transaction(number), order }),
  )
  const whole = encodeAll(make(options), ...events)
  for (let cut = 0; cut <= events.length; cut++) {
    const first = make(options)
    const records = encodeAll(first, ...events.slice(0, cut))
    records.push(...encodeAll(make(options, first.state()), ...events.slice(cut)))
    expect(records).toEqual(whole)
  }
})

test('without transaction details nothing needs to be kept', () => {
  expect(make().state()).toBeUndefined()
})

test('before images: of the key, without LOBs, of all, under the name that was chosen; of updates and deletions', () => {
  const update = change('update', orders, { before: [1, 'Ann', 'long'], after: [1, 'Bob', 'long'] })
  const image = (ColumnFilter?: 'pk-only' | 'non-lob' | 'all') => {
    const settings = { EnableBeforeImage: true, FieldName: 'old', ...(ColumnFilter && { ColumnFilter }) }
    return parsed(encodeAll(make({ BeforeImageSettings: settings }), update)[0]).old
  }
  expect(image()).toEqual({ id: 1 })
  expect(image('pk-only')).toEqual({ id: 1 })
  expect(image('non-lob')).toEqual({ id: 1, name: 'Ann' })
  expect(image('all')).toEqual({ id: 1, name: 'Ann', note: 'long' })
  const all = { EnableBeforeImage: true, FieldName: 'old', ColumnFilter: 'all' } as const
  const deletion = change('delete', orders, { before: [1, 'Ann', null] })
  expect(parsed(encodeAll(make({ BeforeImageSettings: all }), deletion)[0]).old).toEqual({
    id: 1,
    name: 'Ann',
  })
  const insert = change('insert', orders, { after: [1, 'Ann', null] })
  expect(parsed(encodeAll(make({ BeforeImageSettings: all }), insert)[0])).not.toHaveProperty('old')
  const off = { ...all, EnableBeforeImage: false }
  expect(parsed(encodeAll(make({ BeforeImageSettings: off }), update)[0])).not.toHaveProperty('old')
})

test.each([
  ['schema-table', {}, 'schema-table', 'shop.items', undefined],
  ['primary-key', {}, 'primary-key', '1.b', '1.b'],
  ['primary-key', { PartitionIncludeSchemaTable: true }, 'primary-key', 'shop.items.1.b', 'shop.items.1.b'],
  ['transaction-id', {}, 'transaction-id', '7', '7'],
] as const)('partition key %s with %o', (partitionKey, more, type, key, value) => {
  const items = table([column('id', types.int), column('line', types.text)], [0, 1], {
    schema: 'shop',
    table: 'items',
  })
  const event = change('insert', items, { after: [1, 'b'] })
  const [record] = encodeAll(make({ partitionKey, IncludePartitionValue: true, ...more }), event)
  expect(record!.key).toBe(key)
  expect(parsed(record).metadata['partition-key-type']).toBe(type)
  expect(parsed(record).metadata['partition-key-value']).toBe(value)
})

test('a table without a key, and a load without a transaction, have the key of the table', () => {
  const heap = table([column('a', types.text)], [])
  const event = change('insert', heap, { after: ['x'] })
  expect(encodeAll(make(), event)[0]!.key).toBe('shop.orders')
  expect(parsed(encodeAll(make(), event)[0]).metadata['partition-key-type']).toBe('schema-table')
  const load = change('load', orders, { after: [1, 'x', null] })
  expect(encodeAll(make({ partitionKey: 'transaction-id' }), load)[0]!.key).toBe('shop.orders')
})

test('partition keys keep to 256 characters, and long ones that differ stay different', () => {
  const schema = table([column('k', types.longtext)])
  const keys = ['a', 'b', 'a'].map(
    (end) => encodeAll(make(), change('insert', schema, { after: [`${'x'.repeat(400)}${end}`] }))[0]!.key,
  )
  expect(keys[0]!.length).toBeLessThanOrEqual(256)
  expect(keys[0]).toBe(keys[2])
  expect(keys[0]).not.toBe(keys[1])
})

test('an update of the key deletes the old row and inserts the new one', () => {
  const records = encodeAll(
    make(),
    change('update', orders, { before: [1, 'Ann', null], after: [2, 'Ann', null] }),
  )
  expect(
    records.map((record) => [record.key, parsed(record).metadata.operation, parsed(record).data]),
  ).toEqual([
    ['1', 'delete', { id: 1, name: 'Ann' }],
    ['2', 'insert', { id: 2, name: 'Ann' }],
  ])
})

test('a warning where each table lands on one shard', () => {
  expect(make({ partitionKey: 'schema-table' }).warnings()).toMatchObject([{ code: 'CDC_ONE_SHARD' }])
  expect(make().warnings()).toEqual([])
})

const alter = (operation: SchemaChange['operation'], after = orders): SchemaChange => ({
  kind: 'schema',
  operation,
  table: { schema: 'shop', table: 'orders' },
  before: orders,
  after,
  statement: undefined,
  transaction: transaction(),
  order: 0,
})

test('each table begins with a create-table record, whose body is asked for by IncludeControlDetails', () => {
  const begin = (options: DmsOptions) => {
    const records: [string, unknown][] = []
    make(options).begin(orders, nowUs, (key, data) => records.push([key, JSON.parse(data)]))
    return records
  }
  const metadata = {
    timestamp: '2023-11-14T22:13:20.000005Z',
    'record-type': 'control',
    operation: 'create-table',
    'partition-key-type': 'task-id',
    'schema-name': 'shop',
    'table-name': 'orders',
  }
  expect(begin({})).toEqual([['shop-task.shop.orders', { control: {}, metadata }]])
  const definition = {
    columns: {
      id: { type: 'INT4', nullable: false },
      name: { type: 'WSTRING', length: 40, nullable: true },
      note: { type: 'NCLOB', nullable: true },
    },
    'primary-key': ['id'],
  }
  expect(begin({ IncludeControlDetails: true, IncludePartitionValue: true })).toEqual([
    [
      'shop-task.shop.orders',
      {
        control: { 'table-def': definition },
        metadata: { ...metadata, 'partition-key-value': 'shop-task.shop.orders' },
      },
    ],
  ])
})

test.each([
  'rename-table',
  'drop-table',
  'add-column',
  'drop-column',
  'rename-column',
  'column-type-change',
  'change-columns',
] as const)('%s is told by IncludeTableAlterOperations alone', (operation) => {
  expect(encodeAll(make(), alter(operation))).toEqual([])
  const [record] = encodeAll(make({ IncludeTableAlterOperations: true }), alter(operation))
  expect(parsed(record).metadata).toMatchObject({
    'record-type': 'control',
    operation,
    'table-name': 'orders',
  })
})

test('a renamed table is told under its old name, with its new one in the details', () => {
  const after = { ...orders, table: 'purchases' }
  const options = { IncludeTableAlterOperations: true, IncludeControlDetails: true }
  const [record] = encodeAll(make(options), alter('rename-table', after))
  expect(parsed(record).metadata['table-name']).toBe('orders')
  expect(parsed(record).control['renamed-to']).toEqual({ 'schema-name': 'shop', 'table-name': 'purchases' })
})

test('a table that the log creates or empties is always told', () => {
  const [created] = encodeAll(make(), alter('create-table'))
  expect(parsed(created).metadata.operation).toBe('create-table')
  const truncate = { kind: 'truncate', table: orders, transaction: transaction(), order: 0 } as const
  expect(parsed(encodeAll(make(), truncate)[0])).toMatchObject({
    control: {},
    metadata: { 'record-type': 'control', operation: 'truncate-table', 'table-name': 'orders' },
  })
})

test.each([
  [{ MessageFormat: 'xml' }, "envelope.MessageFormat is \"xml\". Allowed: 'json', 'json-unformatted'"],
  [{ NoHexPrefix: 'true' }, 'envelope.NoHexPrefix is "true". Allowed: true or false'],
  [{ IncludeNulls: true }, 'envelope has no option "IncludeNulls"'],
  [{ partitionKey: 'table' }, "Allowed: 'schema-table', 'primary-key', 'transaction-id'"],
  [{ BeforeImageSettings: true }, 'envelope.BeforeImageSettings is true'],
  [{ BeforeImageSettings: { EnableBeforeImage: true } }, 'FieldName is undefined'],
  [
    { BeforeImageSettings: { EnableBeforeImage: true, FieldName: 'data' } },
    'data, metadata, control are taken',
  ],
  [
    { BeforeImageSettings: { EnableBeforeImage: true, FieldName: 'x', ColumnFilter: 'pk' } },
    "'pk-only', 'non-lob', 'all'",
  ],
])('options %o are refused', (options, message) => {
  // Wrong on purpose.
  expect(() => make(options as DmsOptions)).toThrow(expect.objectContaining({ code: 'CDC_OPTION' }))
  expect(() => make(options as DmsOptions)).toThrow(message)
})

test('an envelope that is none is refused', () => {
  expect(() => makeEnvelope('avro' as 'dms', mysqlSource)).toThrow("Allowed: 'dms', 'debezium', 'flat'")
  expect(() => makeEnvelope({ format: 'avro' } as never, mysqlSource)).toThrow('envelope.format is "avro"')
})
