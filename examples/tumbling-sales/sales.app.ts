/**
 * Sales of shops, added up over tumbling windows in two ways: from a stream of two shards, and from the changes of a table.
 *
 *   sale source -> sales (2 shards) -> totals-of-stream -----------> SalesTotals
 *                                   -> book -> Sales -> changes -> totals-of-table
 *
 * Both functions are Lambda handlers: they write with the AWS SDK to the app's own endpoint.
 */
import { defineApp } from 'millrace'
import { type Sale, saleSource } from './sale-source.ts'

export default defineApp('tumbling-sales', (app) => {
  const count = app.option.integer('sales', {
    default: 600,
    max: 1_000_000,
    help: 'how many sales there are',
  })
  const rate = app.option.integer('rate', { default: 10, min: 1, max: 1000, help: 'sales each second' })
  const seconds = app.option.integer('window', {
    default: 30,
    min: 1,
    max: 900,
    help: 'length of a window, s',
  })

  const sales = app.stream<Sale>('sales', { shards: 2 })
  const booked = app.table('Sales', { partitionKey: 'id', changes: 'NEW_IMAGE' })
  const totals = app.table('SalesTotals', { partitionKey: 'shardId', sortKey: 'windowStart' })

  app.source(saleSource({ sales: count, rate }), { into: sales })
  app.function('book', { from: sales }, (records) => booked.put(records))

  const settings = {
    code: 'handlers',
    environment: { TOTALS: totals.name },
    timeout: 30,
    memory: 256,
    maximumBatchingWindowInSeconds: 1,
    tumblingWindowInSeconds: seconds,
  }
  app.lambda('totals-of-stream', { ...settings, from: sales, handler: 'totals.ofStream' })
  app.lambda('totals-of-table', { ...settings, from: booked.changes, handler: 'totals.ofTable' })
})
