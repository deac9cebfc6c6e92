/**
 * Orders in a lake that knows their updates and their past.
 *
 *   orders.csv, changes.csv -> lines -> load (a function) -> Orders (a table) -> its changes -> delivery, 60 s
 *                                                            -> bucket lake, Iceberg table sales.orders by order and item
 */
import { defineApp, file } from 'millrace'
import { readOrder } from './read-order.ts'

export default defineApp('order-lake', (app) => {
  const lines = app.stream<string>('lines')
  const orders = app.table('Orders', {
    partitionKey: { orderId: 'number' },
    sortKey: { itemId: 'number' },
    changes: 'NEW_AND_OLD_IMAGES',
  })
  const lake = app.bucket('lake')

  const path = app.option.path('file', { default: './orders.csv', help: 'orders, one a line' })
  app.source(file({ path, partitionKey: 'file:line' }), { into: lines, name: 'orders' })
  const changes = app.option.path('changes', { help: 'orders that have changed since' })
  if (changes !== undefined)
    app.source(file({ path: changes, partitionKey: 'file:line' }), { into: lines, name: 'changes' })

  app.function('load', { from: lines, batchSize: 100 }, async (records) => {
    await orders.put(records.flatMap((record) => readOrder(record.text()) ?? []))
  })

  app.delivery('lake', {
    from: orders.changes,
    to: lake,
    buffer: { seconds: 60 },
    format: 'iceberg',
    table: 'sales.orders',
    columns: {
      orderId: 'int',
      itemId: 'int',
      product: 'string',
      quantity: 'int',
      amount: 'decimal(10,2)',
      updatedAt: 'timestamp',
    },
    key: ['orderId', 'itemId'],
    precombine: 'updatedAt',
    envelope: 'table-changes',
    mode: 'copy-on-write',
  })
})
