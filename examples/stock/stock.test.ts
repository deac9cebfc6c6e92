/** What the page says: never below zero, once per order, what runs low, and reservations that expire. */
import { testApp } from 'millrace/testing'
import { expect, test } from 'vitest'
import stock, { type Stock } from './stock.app.ts'

test('the orders of the page', async () => {
  const app = await testApp(stock)
  await app.runUntilIdle()
  expect(app.items('Stock')).toEqual([
    { product: 'chair', shop: 'north', left: 8 },
    { product: 'desk', shop: 'north', left: 18 },
    { product: 'lamp', shop: 'north', left: 4 },
    { product: 'lamp', shop: 'south', left: 17 },
  ])
  expect(app.records('low-stock').map((record) => record.json())).toEqual([
    { product: 'lamp', shop: 'north', left: 4 },
  ])
  // o-2 came twice, and eight lamps for o-4 were not there.
  expect(app.items<{ sequence: number }>('dead-letters').map(({ sequence }) => sequence)).toEqual([3, 4])
  expect(app.items<{ order: string }>('Reservations').map(({ order }) => order)).toEqual([
    'o-1',
    'o-2',
    'o-3',
    'o-5',
    'o-6',
  ])
  // Virtual time begins at midnight; an hour after its order each reservation ends.
  await app.advance(11 * 3_600_000)
  expect(app.items('Reservations')).toEqual([])
  expect(app.report().ledgerBalanced).toBe(true)
  await app.close()
})

test('whatever the orders, no stock is below zero and what is reserved is what is gone', async () => {
  const app = await testApp(stock)
  await app.runUntilIdle()
  for (let n = 0; n < 300; n++) {
    const count = 1 + ((n * 7) % 5)
    const order = { order: `x-${n}`, product: `p-${n % 9}`, shop: n % 2 === 0 ? 'north' : 'south', count }
    app.put('orders', order.product, { ...order, at: '2026-01-01T09:00:00Z' })
  }
  await app.runUntilIdle()
  const reserved = new Map<string, number>()
  for (const item of app.items<{ product: string; shop: string; count: number }>('Reservations')) {
    const place = `${item.product} ${item.shop}`
    reserved.set(place, (reserved.get(place) ?? 0) + item.count)
  }
  const left = app.items<Stock>('Stock')
  expect(left.length).toBe(reserved.size)
  for (const item of left) {
    expect(item.left).toBeGreaterThanOrEqual(0)
    expect(20 - item.left).toBe(reserved.get(`${item.product} ${item.shop}`))
  }
  const report = app.report()
  expect(report.stages.find(({ name }) => name === 'reserve')).toMatchObject({ in: 307, inFlight: 0 })
  expect(report.ledgerBalanced).toBe(true)
  await app.close()
})
