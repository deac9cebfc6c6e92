/**
 * How well promotions work: clicks on each of them and the orders that came through it, as a ratio.
 *
 *   clicks -> count-clicks (SQL, stagger window)   -> click-counts -> delivery, JSON    -> bucket click-stream -> crawler -> table
 *   orders -> add-up-orders (SQL, tumbling window) -> order-totals -> delivery, Parquet -> bucket order-stream, table orders
 *                                                       views over both tables -> conversion_ratio, kept, every hour
 */
import { defineApp } from 'millrace'
import { clickAt, orderAt, traffic } from './traffic.ts'

export default defineApp('ad-conversion', (app) => {
  const minutes = app.option.integer('minutes', {
    default: 5,
    min: 0,
    max: 10_000,
    help: 'minutes of traffic',
  })
  const clicksPerMinute = app.option.integer('clicks', {
    default: 120,
    min: 1,
    max: 6_000,
    help: 'clicks each minute',
  })
  const ordersPerMinute = app.option.integer('orders', {
    default: 12,
    min: 1,
    max: 6_000,
    help: 'orders each minute',
  })

  const clicks = app.stream('clicks')
  const orders = app.stream('orders')
  app.source(
    traffic({
      count: minutes * clicksPerMinute,
      perMinute: clicksPerMinute,
      make: clickAt,
      keyOf: ({ UserId }) => UserId,
    }),
    { into: clicks },
  )
  app.source(
    traffic({
      count: minutes * ordersPerMinute,
      perMinute: ordersPerMinute,
      make: orderAt,
      keyOf: ({ OrderId }) => String(OrderId),
    }),
    { into: orders },
  )

  const clickCounts = app.stream('click-counts')
  app.query('count-clicks', {
    dialect: 'kda',
    file: './clicks.sql',
    input: {
      stream: clicks,
      columns: {
        Event: 'VARCHAR(16) $.Event',
        EventType: 'VARCHAR(16) $.EventType',
        ClickedAt: 'TIMESTAMP $.Timestamp',
      },
    },
    output: { CLICK_COUNTS: clickCounts },
  })
  const orderTotals = app.stream('order-totals')
  app.query('add-up-orders', {
    dialect: 'kda',
    file: './orders.sql',
    input: {
      stream: orders,
      format: { record: 'JSON', rowPath: '$.Lines' },
      columns: {
        Promotion: 'VARCHAR(16) $.Promotion',
        UnitPrice: 'DECIMAL(10,2) $.UnitPrice',
        Quantity: 'INTEGER $.Quantity',
      },
    },
    output: { ORDER_TOTALS: orderTotals },
  })

  const buffer = { seconds: 60, bytes: 1_048_576 }
  // Files that nobody has described: the crawler finds out what is in them.
  const clickStream = app.bucket('click-stream')
  app.delivery('click-files', {
    from: clickCounts,
    to: clickStream,
    prefix: 'clicks/!{timestamp:yyyy/MM/dd/HH}/',
    buffer,
  })
  app.crawler('clicks', { bucket: clickStream, every: '15 minutes' })
  // Files with a table from the beginning.
  app.delivery('order-files', {
    from: orderTotals,
    to: app.bucket('order-stream'),
    prefix: 'orders/day=!{timestamp:yyyy-MM-dd}/',
    buffer,
    format: 'parquet',
    table: 'orders',
    columns: { promotion: 'string', ordercount: 'int', revenue: 'decimal(18,2)', minute: 'timestamp' },
    keys: { promotion: 'Promotion', ordercount: 'OrderCount', revenue: 'Revenue', minute: 'Minute' },
  })

  app.view('clicks_by_promotion', {
    sql: 'SELECT Promotion AS promotion, sum(ClickCount) AS clicks FROM clicks GROUP BY Promotion',
  })
  app.view('orders_by_promotion', {
    sql: 'SELECT promotion, sum(ordercount) AS orders, sum(revenue) AS revenue FROM orders GROUP BY promotion',
  })
  app.view('conversion_ratio', {
    sql: `
      SELECT c.promotion, c.clicks, coalesce(o.orders, 0) AS orders, coalesce(o.revenue, 0) AS revenue,
             round(100.0 * coalesce(o.orders, 0) / c.clicks, 2) AS ratio
      FROM clicks_by_promotion c LEFT JOIN orders_by_promotion o ON o.promotion = c.promotion
      ORDER BY c.promotion`,
    refresh: '1 hour',
  })
})
