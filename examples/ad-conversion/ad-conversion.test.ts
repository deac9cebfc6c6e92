/** What the page says: five clicks within a minute count 5; the ratio is orders by clicks for each promotion, and kept for an hour. */
import { type TestedApp, testApp } from 'millrace/testing'
import { afterEach, expect, test } from 'vitest'
import adConversion from './ad-conversion.app.ts'
import { type Click, clickAt, type Order, orderAt, promotions } from './traffic.ts'

const startMs = Date.UTC(2026, 4, 17, 10, 30)
const apps: TestedApp[] = []
afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
})

async function start(options: Record<string, number>): Promise<TestedApp> {
  const app = await testApp(adConversion, { startMs, options })
  apps.push(app)
  return app
}

const minute = 60_000

test('five clicks on P701 within a minute give a ClickCount of 5, wherever the minute of the clock ends', async () => {
  const app = await start({ minutes: 0 })
  const click = (user: number, Event: string, EventType = 'Promotion') =>
    app.put('clicks', `user-${user}`, {
      UserId: `user-${user}`,
      Device: 'phone',
      Event,
      EventType,
      Timestamp: new Date(app.now()).toISOString(),
    })
  await app.advance(40_000)
  for (let user = 0; user < 5; user++) {
    click(user, 'P701')
    if (user < 2) click(user, 'P601')
    click(user, 'C301', 'Checkout')
    await app.advance(10_000)
  }
  await app.advance(minute)
  expect(app.records('click-counts').map((record) => record.json())).toEqual([
    { Promotion: 'P701', ClickCount: 5, FirstClick: expect.stringMatching(/^2026-05-17 10:30:40/) },
    { Promotion: 'P601', ClickCount: 2, FirstClick: expect.stringMatching(/^2026-05-17 10:30:40/) },
  ])
  click(9, 'P701')
  await app.advance(3 * minute)
  expect(
    app.records('click-counts').map((record) => record.json<{ ClickCount: number }>().ClickCount),
  ).toEqual([5, 2, 1])
})

test('orders and clicks of the views are those of the traffic, and the kept ratio is of the last full hour', async () => {
  const options = { minutes: 20, clicks: 60, orders: 12 }
  const app = await start(options)
  await app.advance(20 * minute)
  const early = await app.query('SELECT promotion, ratio FROM conversion_ratio')
  await app.advance(12 * minute)
  const shown = await app.query('SELECT promotion, clicks, orders, revenue, ratio FROM conversion_ratio')
  expect(shown).toEqual(expected(options))
  expect(early).not.toEqual(shown.map(({ promotion, ratio }) => ({ promotion, ratio })))
  expect(await app.query('SELECT sum(orders) AS n FROM orders_by_promotion')).toEqual([
    { n: expected(options).reduce((sum, { orders }) => sum + orders, 0) },
  ])
  expect(app.report()).toMatchObject({ ledgerBalanced: true, warnings: [] })
  // What comes later is in the views that are computed, and not in the one that is kept until the next hour.
  app.put('orders', 'late', {
    OrderId: -1,
    Lines: [{ ItemId: 'x', Promotion: 'P601', UnitPrice: 1, Quantity: 1 }],
  })
  await app.advance(5 * minute)
  const orders = async (view: string) =>
    (await app.query<{ orders: number }>(`SELECT orders FROM ${view} WHERE promotion = 'P601'`))[0]?.orders
  const before = shown[0]?.orders as number
  expect(await orders('orders_by_promotion')).toBe(before + 1)
  expect(await orders('conversion_ratio')).toBe(before)
  await app.advance(60 * minute)
  expect(await orders('conversion_ratio')).toBe(before + 1)
}, 300_000)

/** Counted one by one, from the traffic alone. */
function expected({ minutes, clicks, orders }: { minutes: number; clicks: number; orders: number }) {
  const all: Click[] = Array.from({ length: minutes * clicks }, (_, n) => clickAt(n, 0))
  const lines = Array.from({ length: minutes * orders }, (_, n): Order => orderAt(n, 0)).flatMap(
    ({ Lines }) => Lines,
  )
  return promotions.map((promotion) => {
    const clicked = all.filter(({ Event }) => Event === promotion).length
    const ordered = lines.filter((line) => line.Promotion === promotion)
    const cents = ordered.reduce(
      (sum, { UnitPrice, Quantity }) => sum + Math.round(UnitPrice * 100) * Quantity,
      0,
    )
    return {
      promotion,
      clicks: clicked,
      orders: ordered.length,
      revenue: cents / 100,
      ratio: Math.round((10_000 * ordered.length) / clicked) / 100,
    }
  })
}
