import { randomUUID } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { openParquetWriter, type ParquetWriter } from '../../parquet/open-parquet-writer.ts'
import type { LakeColumn } from '../../schema/lake-type.ts'
import { ChangeRows } from './change-rows.ts'
import { makeDebeziumEnvelope } from './envelope/debezium-envelope.ts'
import { makeDmsEnvelope } from './envelope/dms-envelope.ts'
import type { Envelope } from './envelope/envelope.ts'
import { plainEnvelope } from './envelope/plain-envelope.ts'
import { tableEnvelope } from './envelope/table-envelope.ts'
import { openUpsertLake, type UpsertLake } from './testing/upsert-lake.ts'

const opened: { lake: UpsertLake; writer: ParquetWriter }[] = []
afterEach(() => {
  for (const { lake, writer } of opened.splice(0)) {
    writer.close()
    lake.close()
  }
})

const columns: readonly LakeColumn[] = [
  { name: 'orderId', type: { kind: 'long' } },
  { name: 'item', type: { kind: 'string' } },
  { name: 'updatedAt', type: { kind: 'timestamp' } },
  { name: 'amount', type: { kind: 'decimal', precision: 10, scale: 2 } },
]
const key = ['orderId', 'item']

function rowsOf(envelope: Envelope, settings: { key?: readonly string[] } = {}): ChangeRows {
  return new ChangeRows({ columns, key, precombine: 'updatedAt', envelope, ...settings })
}

const bytes = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))

/** What was collected, as DuckDB sees it: `put 1 a 2026-01-01 00:00:00 1.50`. */
async function collected(rows: ChangeRows): Promise<string[]> {
  const lake = await openUpsertLake(randomUUID())
  const writer = await openParquetWriter({ duck: lake.duck })
  opened.push({ lake, writer })
  mkdirSync(lake.scratchDir, { recursive: true })
  const { source, close } = await rows.toSource(writer, join(lake.scratchDir, 'rows.parquet'))
  const connection = await lake.duck.connect()
  const result = await connection.runAndReadAll(
    `SELECT CASE __op WHEN 1 THEN 'put' ELSE 'gone' END, orderId, item, CAST(updatedAt AS VARCHAR), CAST(amount AS VARCHAR) FROM ${source.sql} ORDER BY __n`,
  )
  connection.closeSync()
  await close()
  return result.getRows().map((row) => row.map((value) => (value === null ? '~' : String(value))).join(' '))
}

describe('plain rows', () => {
  it('each object of a record is a row; names have no letter case, digits are kept', async () => {
    const rows = rowsOf(plainEnvelope)
    expect(
      rows.add(
        bytes(
          ' {"orderid":9007199254740993,"item":"a","UPDATEDAT":"2026-01-01T00:00:00Z","amount":"1.50","else":[1]}\n{"orderId":2,"item":"b"} ',
        ),
      ),
    ).toBe('taken')
    expect(rows.rows).toBe(2)
    expect(await collected(rows)).toEqual(['put 9007199254740993 a 2026-01-01 00:00:00 1.50', 'put 2 b ~ ~'])
  })

  it('a record is taken whole or not at all', async () => {
    const rows = rowsOf(plainEnvelope)
    expect(rows.add(bytes({ orderId: 1, item: 'a' }))).toBe('taken')
    const refused = [
      '',
      'x',
      '[1]',
      '{"orderId":2,"item":"b"} {"orderId":',
      '{"orderId":2,"item":"b"}{"orderId":"many","item":"c"}',
      '{"orderId":2,"item":"b"} {"item":"c"}',
      '{"orderId":2,"item":null}',
      '{"orderId":2,"item":"b","amount":123456789012}',
    ]
    for (const record of refused) {
      expect(rows.add(bytes(record)), record).toMatchObject({ code: expect.stringMatching(/^Iceberg\./) })
      expect(rows.rows, record).toBe(1)
    }
    expect(rows.add(bytes({ item: 'c' }))).toEqual({
      code: 'Iceberg.MalformedData',
      message: 'The row does not match the table. The column "orderId" of the key is null or not there.',
    })
    expect(rows.add(bytes({ orderId: 3, item: 'd' }))).toBe('taken')
    expect(await collected(rows)).toEqual(['put 1 a ~ ~', 'put 3 d ~ ~'])
  })
})

describe('messages of a migration task', () => {
  const message = (operation: string, data: unknown, more: object = {}) =>
    // The task indents by default, over several lines.
    JSON.stringify(
      {
        data,
        ...more,
        metadata: { timestamp: 't', 'record-type': 'data', operation, 'schema-name': 's', 'table-name': 't' },
      },
      null,
      '\t',
    )

  it('loads, inserts and updates are rows, deletions take them away, control is filtered', async () => {
    const rows = rowsOf(makeDmsEnvelope())
    expect(rows.add(bytes(message('load', { orderId: 1, item: 'a', amount: 1 })))).toBe('taken')
    expect(rows.add(bytes(message('insert', { orderId: 2, item: 'a', amount: '2.5' })))).toBe('taken')
    expect(
      rows.add(bytes(message('update', { orderId: 1, item: 'a', updatedAt: '2026-01-02T03:04:05Z' }))),
    ).toBe('taken')
    expect(rows.add(bytes(message('delete', { orderId: 2, item: 'a', amount: 'what it was' })))).toBe('taken')
    const control = {
      metadata: { 'record-type': 'control', operation: 'create-table' },
      control: { 'table-def': {} },
    }
    expect(rows.add(bytes(control))).toBe('filtered')
    expect(await collected(rows)).toEqual([
      'put 1 a ~ 1.00',
      'put 2 a ~ 2.50',
      'put 1 a 2026-01-02 03:04:05 ~',
      'gone 2 a ~ ~',
    ])
  })

  it('a changed key moves its row; an old image that says nothing of the key does not', async () => {
    const rows = rowsOf(makeDmsEnvelope())
    const update = (before: object) =>
      rows.add(bytes(message('update', { orderId: 1, item: 'b' }, { 'before-image': before })))
    expect(update({ orderId: 1, item: 'a', updatedAt: '2026-01-01T00:00:00Z' })).toBe('taken')
    expect(update({ orderId: 1, item: 'b' })).toBe('taken')
    expect(update({ amount: 3 })).toBe('taken')
    expect(await collected(rows)).toEqual([
      'gone 1 a 2026-01-01 00:00:00 ~',
      'put 1 b ~ ~',
      'put 1 b ~ ~',
      'put 1 b ~ ~',
    ])
  })

  it('says what it cannot read', () => {
    const rows = rowsOf(makeDmsEnvelope())
    expect(rows.add(bytes('{'))).toMatchObject({ code: 'Iceberg.ParseError' })
    expect(rows.add(bytes(message('merge', {})))).toMatchObject({
      message: expect.stringMatching(/"merge".*load, insert/),
    })
    expect(rows.add(bytes({ metadata: { operation: 'insert' } }))).toMatchObject({
      code: 'Iceberg.EnvelopeInvalid',
    })
    expect(
      rowsOf(makeDmsEnvelope(), { key: [] }).add(bytes(message('delete', { orderId: 1 }))),
    ).toMatchObject({
      message: expect.stringMatching(/key/),
    })
    expect(rows.rows).toBe(0)
  })
})

describe('change events of Debezium', () => {
  it.each([false, true])('with a schema around them: %s', async (isWrapped) => {
    const rows = rowsOf(makeDebeziumEnvelope())
    const add = (payload: unknown) =>
      rows.add(bytes(isWrapped ? { schema: { type: 'struct' }, payload } : payload))
    const row = (orderId: number, item: string, amount: number) => ({ orderId, item, amount })
    expect(add({ op: 'r', before: null, after: row(1, 'a', 1), source: {}, ts_ms: 1 })).toBe('taken')
    expect(add({ op: 'c', before: null, after: row(2, 'a', 2) })).toBe('taken')
    expect(add({ op: 'u', before: row(1, 'a', 1), after: row(1, 'a', 3) })).toBe('taken')
    expect(add({ op: 'u', before: row(1, 'a', 3), after: row(1, 'z', 3) })).toBe('taken')
    expect(add({ op: 'd', before: row(2, 'a', 2), after: null })).toBe('taken')
    expect(add({ op: 'm', message: {} })).toBe('filtered')
    expect(add({ ddl: 'ALTER TABLE', databaseName: 'x' })).toBe('filtered')
    expect(rows.add(bytes(''))).toBe('filtered')
    expect(add({ op: 'd', before: null })).toMatchObject({ code: 'Iceberg.EnvelopeInvalid' })
    expect(add({ op: 'u', after: null })).toMatchObject({ code: 'Iceberg.EnvelopeInvalid' })
    expect(add({ op: 'x' })).toMatchObject({ message: expect.stringMatching(/"x".*c, u, d, r, t/) })
    expect(await collected(rows)).toEqual([
      'put 1 a ~ 1.00',
      'put 2 a ~ 2.00',
      'put 1 a ~ 3.00',
      'gone 1 a ~ ~',
      'put 1 z ~ 3.00',
      'gone 2 a ~ ~',
    ])
  })

  it('a truncation forgets what came before it, and only that', async () => {
    const rows = rowsOf(makeDebeziumEnvelope())
    rows.add(bytes({ op: 'c', after: { orderId: 1, item: 'a' } }))
    expect(rows.add(bytes({ op: 't', before: null, after: null }))).toBe('taken')
    expect([rows.rows, rows.isTruncated]).toEqual([0, true])
    rows.add(bytes({ op: 'c', after: { orderId: 2, item: 'a' } }))
    expect(await collected(rows)).toEqual(['put 2 a ~ ~'])
  })
})

describe('changes of keyed tables', () => {
  const keys = { orderId: { N: '1' }, item: { S: 'a' } }
  const change = (eventName: string, dynamodb: object) =>
    bytes({ eventName, tableName: 'Orders', dynamodb: { Keys: keys, ...dynamodb } })

  it('images are rows, removals take them away', async () => {
    const rows = rowsOf(tableEnvelope)
    expect(rows.add(change('INSERT', { NewImage: { ...keys, amount: { N: '12345678.91' } } }))).toBe('taken')
    expect(
      rows.add(
        change('MODIFY', { NewImage: { ...keys, updatedAt: { S: '2026-01-01T00:00:00Z' } }, OldImage: keys }),
      ),
    ).toBe('taken')
    expect(
      rows.add(change('REMOVE', { OldImage: { ...keys, updatedAt: { S: '2026-01-01T00:00:00Z' } } })),
    ).toBe('taken')
    expect(rows.add(change('REMOVE', {}))).toBe('taken')
    expect(await collected(rows)).toEqual([
      'put 1 a ~ 12345678.91',
      'put 1 a 2026-01-01 00:00:00 ~',
      'gone 1 a 2026-01-01 00:00:00 ~',
      'gone 1 a ~ ~',
    ])
  })

  it('says what it cannot read', () => {
    const rows = rowsOf(tableEnvelope)
    expect(rows.add(change('INSERT', {}))).toMatchObject({ message: expect.stringMatching(/NEW_IMAGE/) })
    expect(rows.add(change('UPSERT', {}))).toMatchObject({
      message: expect.stringMatching(/INSERT, MODIFY or REMOVE/),
    })
    expect(rows.add(change('INSERT', { NewImage: { a: { X: 1 } } }))).toMatchObject({
      code: 'Iceberg.EnvelopeInvalid',
    })
    expect(rows.add(bytes('{"eventName":"INSERT"}'))).toMatchObject({ code: 'Iceberg.EnvelopeInvalid' })
    expect(rows.add(bytes('nothing'))).toMatchObject({ code: 'Iceberg.ParseError' })
    expect(rows.rows).toBe(0)
  })
})
