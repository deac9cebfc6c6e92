/** What the page says: 1,000 rows before and after the second file, the changed item, and what it was before. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type TestedApp, testApp } from 'millrace/testing'
import { afterAll, expect, test } from 'vitest'
import orderLake from './order-lake.app.ts'

const work = mkdtempSync(join(tmpdir(), 'millrace-order-lake-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))
const changes = fileURLToPath(new URL('changes.csv', import.meta.url))

const count = 'SELECT count(*) AS orders, sum(amount) AS total FROM sales.orders'
const item = (table: string) =>
  `SELECT product, amount FROM sales.${table} WHERE orderId = 3801 AND itemId = 23`

async function run(
  use: (app: TestedApp) => Promise<void>,
  options = {},
  startMs = Date.parse('2026-01-02T08:00:00Z'),
) {
  const app = await testApp(orderLake, { dataDir: work, options, startMs })
  try {
    await app.runUntilIdle()
    expect(app.report().ledgerBalanced).toBe(true)
    await use(app)
  } finally {
    await app.close()
  }
}

test('a changed order replaces the row of its key; the old one is found in the past', async () => {
  await run(async (app) => {
    expect(app.items('Orders')).toHaveLength(1_000)
    expect(await app.query(count)).toEqual([{ orders: 1000, total: 116329.76 }])
    expect(await app.query(item('orders'))).toEqual([{ product: 'teapot', amount: 15.86 }])
  })
  await run(
    async (app) => {
      expect(app.report().stages.find(({ name }) => name === 'lake')).toMatchObject({ out: 1001, dead: 0 })
      expect(await app.query(count)).toEqual([{ orders: 1000, total: 116562.9 }])
      expect(await app.query(item('orders'))).toEqual([{ product: 'samovar', amount: 249 }])
      expect(await app.query(item('"orders@1"'))).toEqual([{ product: 'teapot', amount: 15.86 }])
      expect(await app.query(item('"orders@2026-01-02T09:00:00Z"'))).toEqual([
        { product: 'teapot', amount: 15.86 },
      ])
    },
    { changes },
    Date.parse('2026-01-02T10:00:00Z'),
  )
})

test('a copy that comes late changes nothing', async () => {
  await run(
    async (app) => {
      app.put('lines', 'late', '3801,23,teapot,1,15.86,2026-01-01T09:42:00Z')
      await app.runUntilIdle()
      expect(app.items('Orders')).toContainEqual(
        expect.objectContaining({ orderId: 3801, itemId: 23, product: 'teapot' }),
      )
      expect(await app.query(item('orders'))).toEqual([{ product: 'samovar', amount: 249 }])
    },
    { changes },
    Date.parse('2026-01-02T11:00:00Z'),
  )
})
