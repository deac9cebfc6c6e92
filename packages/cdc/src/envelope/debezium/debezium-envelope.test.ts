/** Records of Debezium's form: operations, keys, source blocks, schemas, tombstones, transactions, placeholders. */
import { expect, test } from 'vitest'
import type { DebeziumOptions } from '../../source/cdc-options.ts'
import {
  change,
  column,
  encodeAll,
  mysqlSource,
  nowUs,
  type Parsed,
  parsed,
  postgresSource,
  table,
  transaction,
  types,
} from '../../testing/change-samples.ts'
import type { EnvelopeSource } from '../envelope.ts'
import { makeEnvelope } from '../make-envelope.ts'

const orders = table([column('id', types.int, false), column('name', types.text)])
const make = (options: DebeziumOptions = {}, source: EnvelopeSource = mysqlSource, state?: string) =>
  makeEnvelope({ format: 'debezium', ...options }, source, state === undefined ? {} : { state })

test.each([
  ['load', { after: [1, 'Ann'] }, 'r', null, { id: 1, name: 'Ann' }],
  ['insert', { after: [1, 'Ann'] }, 'c', null, { id: 1, name: 'Ann' }],
  ['update', { before: [1, 'Al'], after: [1, 'Ann'] }, 'u', { id: 1, name: 'Al' }, { id: 1, name: 'Ann' }],
  ['update', { after: [1, null] }, 'u', null, { id: 1, name: null }],
  ['delete', { before: [1, 'Ann'] }, 'd', { id: 1, name: 'Ann' }, null],
  ['delete', { before: [1, undefined] }, 'd', { id: 1 }, null],
] as const)('%s of %o is %s', (operation, rows, op, before, after) => {
  const [record, ...others] = encodeAll(make(), change(operation, orders, rows))
  expect(others).toEqual([])
  expect(record!.key).toBe('{"id":1}')
  expect(parsed(record)).toMatchObject({
    op,
    before,
    after,
    transaction: null,
    ts_ms: 1_700_000_000_000,
    ts_us: nowUs,
  })
  expect(Object.keys(parsed(record))).toEqual([
    'before',
    'after',
    'source',
    'transaction',
    'op',
    'ts_ms',
    'ts_us',
    'ts_ns',
  ])
})

test('the source of MySQL and MariaDB: file, position, GTID, row', () => {
  const event = change('insert', orders, { after: [1, 'Ann'] }, { order: 3 })
  expect(parsed(encodeAll(make(), event)[0]).source).toEqual({
    version: '8.0.39',
    connector: 'mysql',
    name: 'shop-task',
    ts_ms: 1_699_999_999_500,
    snapshot: 'false',
    db: 'shop',
    sequence: null,
    ts_us: 1_699_999_999_500_000,
    ts_ns: 1_699_999_999_500_000_000,
    table: 'orders',
    server_id: 0,
    gtid: '0-1-7',
    file: 'mysql-bin.000024',
    pos: 700,
    row: 3,
    thread: null,
    query: null,
  })
  const place = 'mysql-bin.000024:700'
  const withoutGtid = change(
    'insert',
    orders,
    { after: [1, 'x'] },
    { transaction: { ...transaction(7), id: place } },
  )
  expect(parsed(encodeAll(make(), withoutGtid)[0]).source.gtid).toBeNull()
  const load = change('load', orders, { after: [1, 'Ann'] })
  expect(parsed(encodeAll(make(), load)[0]).source).toMatchObject({
    snapshot: 'true',
    gtid: null,
    file: '',
    pos: 0,
  })
})

test('the source of Postgres: database, schema, transaction, LSN', () => {
  const event = change(
    'insert',
    orders,
    { after: [1, 'Ann'] },
    { transaction: transaction(771, '1/16B3748'), order: 2 },
  )
  const { source } = parsed(encodeAll(make({ topicPrefix: 'prod' }, postgresSource), event)[0])
  expect(source).toMatchObject({
    connector: 'postgresql',
    name: 'prod',
    db: 'shopdb',
    schema: 'shop',
    table: 'orders',
    txId: 771,
    lsn: 4_318_771_016,
    sequence: '["4318771016","2"]',
    xmin: null,
  })
  const load = change('load', orders, { after: [1, 'Ann'] })
  expect(parsed(encodeAll(make({}, postgresSource), load)[0]).source).toMatchObject({ txId: null, lsn: null })
})

test("keys of several columns in key order; tables without one have the sink's null key", () => {
  const pair = table([column('a', types.int), column('b', types.text)], [1, 0])
  const heap = table([column('a', types.int)], [])
  expect(encodeAll(make(), change('insert', pair, { after: [1, 'x"y'] }))[0]!.key).toBe('{"b":"x\\"y","a":1}')
  expect(encodeAll(make(), change('insert', heap, { after: [1] }))[0]!.key).toBe('default')
})

test('a change of the key is a deletion and an insert, with the tombstone between them', () => {
  const event = change('update', orders, { before: [1, 'Ann'], after: [2, 'Ann'] })
  const records = encodeAll(make({ tombstonesOnDelete: true }), event)
  expect(records.map(({ key, data }) => [key, data === '' ? 'tombstone' : JSON.parse(data).op])).toEqual([
    ['{"id":1}', 'd'],
    ['{"id":1}', 'tombstone'],
    ['{"id":2}', 'c'],
  ])
})

test('tombstones follow deletions only where they are asked for', () => {
  const event = change('delete', orders, { before: [1, 'Ann'] })
  expect(encodeAll(make(), event)).toHaveLength(1)
  expect(encodeAll(make({ tombstonesOnDelete: true }), event)[1]).toEqual({ key: '{"id":1}', data: '' })
  expect(encodeAll(make({ tombstonesOnDelete: true, skippedOperations: ['d'] }), event)).toEqual([])
})

test('a table that was emptied is op t, unless it is skipped', () => {
  const event = { kind: 'truncate', table: orders, transaction: transaction(), order: 0 } as const
  expect(parsed(encodeAll(make(), event)[0])).toMatchObject({ op: 't', before: null, after: null })
  expect(encodeAll(make({ skippedOperations: ['t'] }), event)).toEqual([])
})

test('what the log left out of a row has the placeholder', () => {
  const event = change('update', orders, { after: [1, undefined] })
  expect(parsed(encodeAll(make({}, postgresSource), event)[0]).after).toEqual({
    id: 1,
    name: '__debezium_unavailable_value',
  })
})

test('with schemas: a Connect schema beside the payload, whose fields are those of the payload', () => {
  const event = change('insert', orders, { after: [1, 'Ann'] })
  const [record] = encodeAll(make({ schemasEnable: true }), event)
  const { schema, payload } = parsed(record)
  expect(payload).toEqual(parsed(encodeAll(make(), event)[0]))
  expect(record!.key).toBe('{"id":1}')
  expect(schema).toMatchObject({
    type: 'struct',
    optional: false,
    name: 'shop-task.shop.orders.Envelope',
    version: 2,
  })
  const fieldNames = (of: Parsed | undefined) => of?.fields.map(({ field }) => field)
  expect(fieldNames(schema)).toEqual(Object.keys(payload))
  expect(schema.fields[0]).toEqual({
    type: 'struct',
    fields: [
      { type: 'int32', optional: false, field: 'id' },
      { type: 'string', optional: true, field: 'name' },
    ],
    optional: true,
    name: 'shop-task.shop.orders.Value',
    field: 'before',
  })
  expect(fieldNames(schema.fields[2])).toEqual(Object.keys(payload.source))
  const postgres = parsed(encodeAll(make({ schemasEnable: true }, postgresSource), event)[0])
  expect(fieldNames(postgres.schema.fields[2])).toEqual(Object.keys(postgres.payload.source))
})

const of = (number: number, id: number, schema = orders) =>
  change('insert', schema, { after: [id, 'x'] }, { transaction: transaction(number), order: id })
const items = { ...orders, table: 'items' }

test('transaction metadata: BEGIN and END with the counts, and a block in each change', () => {
  const records = encodeAll(
    make({ provideTransactionMetadata: true }),
    of(1, 1),
    of(1, 2, items),
    of(1, 3),
    of(2, 4),
  )
  expect(records.map((record) => parsed(record).status ?? parsed(record).transaction)).toEqual([
    'BEGIN',
    { id: '0-1-1', total_order: 1, data_collection_order: 1 },
    { id: '0-1-1', total_order: 2, data_collection_order: 1 },
    { id: '0-1-1', total_order: 3, data_collection_order: 2 },
    'END',
    'BEGIN',
    { id: '0-1-2', total_order: 1, data_collection_order: 1 },
  ])
  expect(records[4]).toEqual({
    key: '{"id":"0-1-1"}',
    data:
      '{"status":"END","id":"0-1-1","event_count":3,"data_collections":[{"data_collection":"shop.orders","event_count":2},' +
      '{"data_collection":"shop.items","event_count":1}],"ts_ms":1699999999500}',
  })
})

test('transactions are named as the connectors name them', () => {
  const id = (number: number, place: string, gtid: string, source: EnvelopeSource) =>
    parsed(
      encodeAll(
        make({ provideTransactionMetadata: true }, source),
        change(
          'insert',
          orders,
          { after: [1, 'x'] },
          { transaction: { ...transaction(number, place), id: gtid } },
        ),
      )[0],
    ).id
  expect(id(771, '0/16B3748', '771', postgresSource)).toBe('771:23803720')
  expect(id(4, 'bin.000001:4', 'bin.000001:4', mysqlSource)).toBe('file=bin.000001,pos=4')
})

test('law: with its state an envelope goes on counting as if it had not been stopped', () => {
  const options = { provideTransactionMetadata: true }
  const load = change('load', orders, { after: [9, 'x'] })
  const events = [of(1, 1), of(1, 2, items), load, of(2, 3), of(2, 4), of(2, 5), of(3, 6)]
  const whole = encodeAll(make(options), ...events)
  for (let cut = 0; cut <= events.length; cut++) {
    const first = make(options)
    const records = encodeAll(first, ...events.slice(0, cut))
    records.push(...encodeAll(make(options, mysqlSource, first.state()), ...events.slice(cut)))
    expect(records).toEqual(whole)
  }
})

test('changes of tables have no records', () => {
  const event = {
    kind: 'schema',
    operation: 'drop-table',
    table: orders,
    before: orders,
    after: undefined,
    statement: undefined,
    transaction: transaction(),
    order: 0,
  } as const
  expect(encodeAll(make(), event)).toEqual([])
})

test.each([
  [{ decimalHandlingMode: 'float' }, "'precise', 'double', 'string'"],
  [{ skippedOperations: ['x'] }, "a list of 'c', 'u', 'd', 't'"],
  [{ topicPrefix: '' }, 'a text that is not empty'],
  [{ decimalHandling: 'double' }, 'Did you mean "decimalHandlingMode"?'],
])('options %o are refused', (options, message) => {
  // Wrong on purpose.
  expect(() => make(options as DebeziumOptions)).toThrow(message)
})
