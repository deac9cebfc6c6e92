import { describe, expect, test } from 'vitest'
import { testApp } from '../testing/index.ts'
import type { App } from './app.ts'
import { defineApp } from './define-app.ts'

const startMs = Date.UTC(2026, 10, 21, 10)

test('declared datasets and views are in the catalog when the app starts, and a change makes a version', async () => {
  const app = defineApp('lake', (app) => {
    const lake = app.bucket('lake')
    app.stream('orders')
    app.dataset('sales.orders', {
      bucket: lake,
      format: 'json',
      files: 'external',
      columns: { id: 'bigint', total: 'decimal(10,2)' },
      partitions: { day: 'date' },
    })
    app.view('sales.days', { sql: 'SELECT day, sum(total) AS total FROM orders GROUP BY day ORDER BY day' })
    app.view('kept', { sql: 'SELECT count(*) AS n FROM sales.orders', refresh: '1 hour', bucket: 'results' })
    app.crawler('incoming', { bucket: lake, prefix: 'incoming/', database: 'raw', every: '15 minutes' })
  })
  const tested = await testApp(app, { startMs })
  const put = (key: string, text: string) => tested.bucket('lake').put(key, { bytes: Buffer.from(text) })
  await tested.advance(1_000)
  expect(await tested.query('SELECT * FROM kept')).toEqual([{ n: 0 }])
  await put('orders/day=2026-11-20/a.json', '{"id":1,"total":"2.50"}\n')
  await put('orders/day=2026-11-21/a.json', '{"id":2,"total":4}\n')
  await put('incoming/shops.csv', 'shop,city\n1,Rom\n')
  expect(await tested.query('SELECT * FROM days', { database: 'sales' })).toEqual([
    { day: '2026-11-20', total: 2.5 },
    { day: '2026-11-21', total: 4 },
  ])
  expect(await tested.query('SELECT * FROM kept')).toEqual([{ n: 0 }])
  await tested.advance(15 * 60_000)
  expect(await tested.query('SELECT * FROM incoming', { database: 'raw' })).toEqual([
    { shop: 1, city: 'Rom' },
  ])
  await tested.advance(45 * 60_000)
  expect(await tested.query('SELECT * FROM kept')).toEqual([{ n: 2 }])
  expect((await tested.bucket('results').list('')).objects).toHaveLength(2)
  expect(tested.report()).toMatchObject({ warnings: [], ledgerBalanced: true })
  await tested.close()
}, 120_000)

describe('what cannot be is refused where it is declared', () => {
  test.each<[string, (app: App) => void, RegExp]>([
    ['APP_NAME_INVALID', (app) => app.view('Sales', { sql: 'SELECT 1' }), /"sales" would do/],
    ['APP_NAME_INVALID', (app) => app.view('a.b.c', { sql: 'SELECT 1' }), /DATABASE\.TABLE/],
    ['APP_VALUE_INVALID', (app) => app.view('v', { sql: ' ' }), /the text of a SELECT/],
    [
      'APP_VALUE_INVALID',
      (app) => app.view('v', { sql: 'SELECT 1', refresh: '10 s' }),
      /'15 minutes'.*from 60 seconds/,
    ],
    ['APP_VALUE_INVALID', (app) => app.view('v', { sql: 'SELECT 1', refresh: 'daily' }), /'1 hour'/],
    [
      'APP_SETTING_UNKNOWN',
      (app) => app.view('v', { sql: 'SELECT 1', ...{ refesh: '1 hour' } }),
      /Did you mean "refresh"\?/,
    ],
    [
      'APP_NAME_TAKEN',
      (app) => {
        app.view('v', { sql: 'SELECT 1' })
        app.view('default.v', { sql: 'SELECT 1' })
      },
      /default\.v/,
    ],
    [
      'APP_COLUMN_INVALID',
      (app) => app.dataset('t', { bucket: 'lake', columns: { id: 'bigit' } }),
      /column "id"/,
    ],
    [
      'APP_VALUE_INVALID',
      (app) => app.dataset('t', { bucket: 'X', columns: { id: 'int' } }),
      /Bucket of dataset "t"/,
    ],
    [
      'APP_VALUE_INVALID',
      (app) => app.dataset('t', { bucket: 'lake', columns: { id: 'int' }, prefix: '/x' }),
      /ends with "\/"/,
    ],
    ['APP_VALUE_INVALID', (app) => app.crawler('c', { bucket: 'lake', every: '' }), /Every of crawler "c"/],
  ])('%s', (code, describeApp, reason) => {
    let thrown: unknown
    try {
      defineApp('bad', describeApp).build({ options: {}, env: {} })
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code })
    expect(String(thrown)).toMatch(reason)
  })
})
