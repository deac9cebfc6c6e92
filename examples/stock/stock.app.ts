/**
 * Stock of a shop: what a table can do. Orders take from the stock and never below zero; what runs low is found by an
 * index; every change is a record of a stream; reservations expire.
 *
 *   orders.ndjson -> orders -> reserve -> Stock (index byLeft, changes) -> watch -> low-stock
 *                                      -> Reservations (expire)
 */
import { defineApp, file, tableChange } from 'millrace'

interface Order {
  readonly order: string
  readonly product: string
  readonly shop: string
  readonly count: number
  /** ISO time. */
  readonly at: string
}

export interface Stock {
  readonly product: string
  readonly shop: string
  readonly left: number
}

const initialStock = 20
const lowMark = 5
const reservationSeconds = 3600

export default defineApp('stock', (app) => {
  const orders = app.stream<Order>('orders')
  const low = app.stream<Stock>('low-stock')
  const stock = app.table('Stock', {
    partitionKey: 'product',
    sortKey: 'shop',
    indexes: { byLeft: { partitionKey: 'shop', sortKey: { left: 'number' } } },
    changes: 'NEW_AND_OLD_IMAGES',
  })
  const reservations = app.table('Reservations', { partitionKey: 'order', ttl: 'expires' })

  app.source(
    file({ path: app.option.path('file', { default: './orders.ndjson' }), partitionKey: '$.product' }),
    {
      into: orders,
    },
  )

  app.each(
    'reserve',
    { from: orders, retries: 0 },
    async ({ value: { order, product, shop, count, at } }) => {
      // An order that comes twice is reserved once: the second throws, and is a dead letter.
      const expires = Math.floor(Date.parse(at) / 1000) + reservationSeconds
      await reservations.put(
        { order, product, shop, count, expires },
        { condition: 'attribute_not_exists(#order)', names: { '#order': 'order' } },
      )
      // The product's first order makes its item.
      await stock.update([product, shop], 'SET #left = if_not_exists(#left, :initial) - :count', {
        condition: 'attribute_not_exists(#left) OR #left >= :count',
        names: { '#left': 'left' },
        values: { ':initial': initialStock, ':count': count },
      })
    },
  )

  app.function('watch', { from: stock.changes }, (records, context) => {
    for (const record of records) {
      const { before, after } = tableChange<Stock>(record)
      const fell = after !== undefined && after.left <= lowMark && (before?.left ?? initialStock) > lowMark
      if (fell) context.emit(low, after, { partitionKey: after.product })
    }
  })
})
