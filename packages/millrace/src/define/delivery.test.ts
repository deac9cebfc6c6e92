/** `app.delivery`: what an app says, what is refused, and what comes out in a test of the app. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { dropped } from '@millrace/runtime'
import { describe, expect, it } from 'vitest'
import { type TestedApp, testApp } from '../testing/index.ts'
import type { App } from './app.ts'
import { defineApp } from './define-app.ts'
import type { DeliveryOptions } from './delivery.ts'

interface Order {
  readonly id: number
  readonly customer: string
}

/** Bytes of all objects of a bucket, by key without what makes it unique. */
async function objects(app: TestedApp, bucket = 'lake'): Promise<Record<string, Uint8Array>> {
  const store = app.bucket(bucket)
  const found: Record<string, Uint8Array> = {}
  for (const { key } of (await store.list('')).objects) {
    const shape = key.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'ID')
    found[shape] = (await store.get(key))!
  }
  return found
}

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
const texts = (found: Record<string, Uint8Array>): Record<string, string> =>
  Object.fromEntries(Object.entries(found).map(([key, bytes]) => [key, text(bytes)]))

function app(settings: (app: App) => Partial<DeliveryOptions<Order>>) {
  return defineApp('deliveries', (app: App) => {
    const orders = app.stream<Order>('orders')
    const lake = app.bucket('lake')
    app.delivery('ship', { from: orders, to: lake, ...settings(app) })
  })
}

describe('a delivery of an app', () => {
  it('puts the JSON of a stream under the hour of its arrival', async () => {
    await using tested = await testApp(app(() => ({})))
    tested.put('orders', 'a', { id: 1 })
    tested.put('orders', 'b', { id: 2 })
    await tested.runUntilIdle()
    expect(texts(await objects(tested))).toEqual({
      '2026/01/01/00/ship-1-2026-01-01-00-00-00-ID': '{"id":1}\n{"id":2}\n',
    })
    expect(tested.report().ledgerBalanced).toBe(true)
  })

  it('takes what clients put', async () => {
    const direct = defineApp('direct', (app: App) => {
      app.delivery('ship', {
        from: 'direct',
        to: './out',
        format: 'raw',
        compression: 'gzip',
        buffer: { seconds: 5 },
      })
    })
    await using tested = await testApp(direct)
    tested.put('ship.direct', '', 'hello ')
    tested.put('ship.direct', '', 'world')
    await tested.advance(5_000)
    const [[key, bytes] = ['', new Uint8Array()]] = Object.entries(await objects(tested, 'delivery-ship'))
    expect(key).toBe('2026/01/01/00/ship-1-2026-01-01-00-00-00-ID.gz')
    expect(gunzipSync(bytes).toString()).toBe('hello world')
  })

  it('transforms by a function of the app', async () => {
    await using tested = await testApp(
      app(() => ({
        transform: (records) =>
          records.map((record) => {
            const order = record.json()
            if (order.id === 2) return dropped
            return order.id === 3 ? new Error('not this one') : { ...order, seen: true }
          }),
      })),
    )
    for (const id of [1, 2, 3, 4]) tested.put('orders', 'a', { id })
    await tested.runUntilIdle()
    const found = texts(await objects(tested))
    expect(found['2026/01/01/00/ship-1-2026-01-01-00-00-00-ID']).toBe(
      '{"id":1,"seen":true}\n{"id":4,"seen":true}\n',
    )
    const errors = found['processing-failed/2026/01/01/00/ship-1-2026-01-01-00-00-00-ID']!
    expect(JSON.parse(errors)).toMatchObject({
      errorCode: 'Lambda.ProcessingFailedStatus',
      errorMessage: 'not this one',
      rawData: Buffer.from('{"id":3}').toString('base64'),
    })
    expect(tested.report()).toMatchObject({ ledgerBalanced: true })
  })

  it('transforms by a handler as Firehose calls it', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-transform-'))
    try {
      mkdirSync(join(dir, 'code'))
      writeFileSync(
        join(dir, 'code', 'index.mjs'),
        `export const handler = async ({ records, deliveryStreamArn }) => ({
          records: records.map(({ recordId, data }) => ({
            recordId, result: 'Ok', data: Buffer.from(Buffer.from(data, 'base64') + ' ' + deliveryStreamArn).toString('base64'),
          })),
        })`,
      )
      await using tested = await testApp(
        app(() => ({ transform: { code: join(dir, 'code'), handler: 'index.handler' } })),
      )
      tested.put('orders', 'a', 'text')
      await tested.runUntilIdle()
      expect(Object.values(texts(await objects(tested)))).toEqual([
        'text arn:aws:firehose:us-east-1:000000000000:deliverystream/ship\n',
      ])
    } finally {
      rmSync(dir, { recursive: true, force: true })
    }
  })

  it('spreads rows over partitions, by queries or by a function', async () => {
    const orders = [{ id: 1, customer: 'x' }, { id: 2, customer: 'y' }, { id: 3, customer: 'x' }, { id: 4 }]
    const byQuery = app(() => ({ partitionBy: { customer: '.customer' } }))
    const byFunction = app(() => ({
      prefix: 'customer=!{partitionKeyFromLambda:customer}/',
      partitionBy: (record) => ({ customer: record.json<{ customer?: string }>().customer ?? fail() }),
    }))
    for (const factory of [byQuery, byFunction]) {
      await using tested = await testApp(factory)
      for (const order of orders) tested.put('orders', 'a', order)
      await tested.runUntilIdle()
      const found = texts(await objects(tested))
      const {
        'errors/dynamic-partitioning-failed/2026/01/01/00/ship-1-2026-01-01-00-00-00-ID': errors,
        ...good
      } = found
      expect(good).toEqual({
        'customer=x/ship-1-2026-01-01-00-00-00-ID': '{"id":1,"customer":"x"}\n{"id":3,"customer":"x"}\n',
        'customer=y/ship-1-2026-01-01-00-00-00-ID': '{"id":2,"customer":"y"}\n',
      })
      expect(JSON.parse(errors!)).toMatchObject({ errorCode: 'DynamicPartitioning.MetadataExtractionFailed' })
      expect(tested.report()).toMatchObject({ ledgerBalanced: true })
    }
  })

  it('writes Parquet and CSV with the columns of a table, and refuses what does not fit', async () => {
    for (const format of ['parquet', 'csv'] as const) {
      const factory = app(() => ({
        format,
        table: 'sales.orders',
        columns: { id: 'bigint', customer: 'string' },
        prefix: 'orders/day=!{timestamp:yyyy-MM-dd}/',
      }))
      await using tested = await testApp(factory)
      tested.put('orders', 'a', { id: 1, customer: 'x' })
      tested.put('orders', 'a', { id: 'one' })
      await tested.runUntilIdle()
      const found = await objects(tested)
      const suffix = format === 'parquet' ? '.parquet' : ''
      const data = found[`orders/day=2026-01-01/ship-1-2026-01-01-00-00-00-ID${suffix}`]!
      if (format === 'csv') expect(text(data)).toBe('id,customer\n1,x\n')
      else expect(text(data.subarray(0, 4))).toBe('PAR1')
      const errors = found['errors/format-conversion-failed/2026/01/01/00/ship-1-2026-01-01-00-00-00-ID']!
      expect(JSON.parse(text(errors))).toMatchObject({
        lastErrorCode: 'DataFormatConversion.MalformedData',
        rawData: Buffer.from('{"id":"one"}').toString('base64'),
      })
    }
  })

  it('makes larger files of small ones where it is told to, beside the delivery', async () => {
    const settings: Partial<DeliveryOptions<Order>> = {
      format: 'parquet',
      table: 'orders',
      columns: { id: 'bigint', customer: 'string' },
      prefix: 'orders/',
      buffer: { seconds: 1 },
      compact: { targetBytes: 16 * 1024 * 1024, compression: 'zstd' },
    }
    await using tested = await testApp(app(() => settings))
    const keys = async () => (await tested.bucket('lake').list('orders/')).objects.map(({ key }) => key)
    const rows = async () => (await tested.query<Order>('SELECT id FROM orders')).map(({ id }) => id)
    for (let id = 0; id < 6; id++) {
      tested.put('orders', 'a', { id, customer: `customer ${id}` })
      await tested.advance(1_000)
    }
    expect((await keys()).length).toBe(6)
    await tested.advance(60_000)
    // Who asked before still reads the old ones, for a while.
    expect((await keys()).filter((key) => /\.compact-[0-9a-f]{16}\.parquet$/.test(key)).length).toBe(1)
    expect((await keys()).length).toBe(7)
    expect(await rows()).toEqual([0, 1, 2, 3, 4, 5])
    await tested.advance(16 * 60_000)
    expect((await keys()).length).toBe(1)
    expect(await rows()).toEqual([0, 1, 2, 3, 4, 5])
    expect(tested.report().ledgerBalanced).toBe(true)
  }, 60_000)

  it('keeps records as they came in a backup', async () => {
    await using tested = await testApp(
      app((app) => ({
        transform: () => [],
        backup: { to: app.bucket('raw'), prefix: 'raw/' },
      })),
    )
    tested.put('orders', 'a', 'one')
    await tested.runUntilIdle()
    expect(texts(await objects(tested, 'raw'))).toEqual({
      'raw/2026/01/01/00/ship-1-2026-01-01-00-00-00-ID': 'one',
    })
    expect(Object.keys(await objects(tested))).toEqual([
      'processing-failed/2026/01/01/00/ship-1-2026-01-01-00-00-00-ID',
    ])
  })

  it('tells the bucket what it has stored', async () => {
    const listening = defineApp('listening', (app: App) => {
      const orders = app.stream('orders')
      const seen = app.stream('seen')
      const lake = app.bucket('lake')
      app.delivery('ship', { from: orders, to: lake, buffer: { seconds: 1 } })
      app.function('hear', { from: lake.created }, (records, context) => {
        for (const record of records) context.emit(seen, record.text(), { partitionKey: 'a' })
      })
    })
    await using tested = await testApp(listening)
    tested.put('orders', 'a', 'one')
    await tested.runUntilIdle()
    expect(tested.records('seen')).toHaveLength(1)
  })

  it('has other settings from a time on', async () => {
    await using tested = await testApp(
      app(() => ({
        prefix: 'before/',
        later: {
          from: '2026-01-01T01:00:00Z',
          partitionBy: { customer: '.customer' },
          prefix: 'customer=!{partitionKeyFromQuery:customer}/',
        },
      })),
    )
    tested.put('orders', 'a', { id: 1, customer: 'x' })
    await tested.advance(3_600_000)
    tested.put('orders', 'a', { id: 2, customer: 'x' })
    await tested.runUntilIdle()
    expect(Object.keys(await objects(tested)).toSorted()).toEqual([
      'before/2026/01/01/00/ship-1-2026-01-01-00-00-00-ID',
      'customer=x/ship-2-2026-01-01-01-00-00-ID',
    ])
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown setting', { prefx: 'a' }, 'APP_SETTING_UNKNOWN'],
    ['a stream of nobody', { from: 'orders' }, 'APP_FOREIGN_HANDLE'],
    ['no place', { to: undefined }, 'APP_SETTING_MISSING'],
    ['a number as place', { to: 7 }, 'APP_FOREIGN_HANDLE'],
    ['a format of nobody', { format: 'orc' }, 'APP_VALUE_INVALID'],
    ['a compression of nobody', { compression: 'rar' }, 'APP_VALUE_INVALID'],
    ['Parquet without columns', { format: 'parquet' }, 'APP_SETTING_MISSING'],
    ['a type of nobody', { format: 'parquet', columns: { id: 'integr' } }, 'APP_COLUMN_INVALID'],
    ['a wrong prefix', { prefix: '!{timestamp:}' }, 'APP_VALUE_INVALID'],
    ['a zone of nobody', { timeZone: 'Mars/Olympus' }, 'APP_VALUE_INVALID'],
    ['a large buffer', { buffer: { seconds: 901 } }, 'APP_VALUE_INVALID'],
    ['partitions of nothing', { partitionBy: {} }, 'APP_VALUE_INVALID'],
    ['a query that is none', { partitionBy: { a: '.[' } }, 'APP_VALUE_INVALID'],
    ['a function without prefix', { partitionBy: () => ({}) }, 'APP_SETTING_MISSING'],
    ['partitions without keys', { partitionsMax: 10 }, 'APP_VALUE_INVALID'],
    ['a transform of nothing', { transform: {} }, 'APP_SETTING_MISSING'],
    [
      'small files that nobody lists',
      { format: 'parquet', columns: { id: 'bigint' }, compact: {} },
      'APP_VALUE_INVALID',
    ],
    [
      'a target of nobody',
      { format: 'parquet', table: 't', columns: { id: 'bigint' }, compact: { targetBytes: 1 } },
      'APP_VALUE_INVALID',
    ],
    ['a time of nobody', { later: { from: 'soon' } }, 'APP_VALUE_INVALID'],
  ])('refuses %s', (_, settings, code) => {
    expect(() => app(() => settings).build({ options: {}, env: {} })).toThrow(
      expect.objectContaining({ code }),
    )
  })
})

function fail(): never {
  throw new Error('no customer')
}
