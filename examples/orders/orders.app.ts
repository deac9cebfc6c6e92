/**
 * The order pipeline: changes of orders and their items come in as one stream, are tagged by a function, joined in SQL
 * with each other and with the products, and end as one table item for each order item.
 *
 *   changes -> orders -> enrich (SQL) -> orders-enriched -> save -> OrderEnriched
 *
 * The changes come from the order model's generator, from a file of them, or from a database by change data capture. Options: see
 * README.md.
 */
import { defineApp } from 'millrace'
import { orderChanges } from './order-changes.ts'
import { tagRecordType } from './tag-record-type.ts'

export default defineApp('orders', (app) => {
  const changes = app.stream('orders', { shards: 2 })
  const enriched = app.stream('orders-enriched', { shards: 2 })
  const orderEnriched = app.table('OrderEnriched', {
    partitionKey: { orderId: 'number' },
    sortKey: { itemId: 'number' },
  })

  const { source, productsFile } = orderChanges(app.option)
  app.source(source, { into: changes })

  app.query('enrich', {
    dialect: 'kda',
    file: app.option.path('sql', {
      default: './kda-orders.sql',
      help: 'another program that reads SOURCE_SQL_STREAM_001 and writes ORDER_ITEM_ENRICHED_STREAM',
    }),
    input: {
      stream: changes,
      preprocess: tagRecordType,
      columns: {
        orderId: 'INTEGER $.data.orderId',
        itemId: 'INTEGER $.data.itemId',
        itemQuantity: 'INTEGER $.data.itemQuantity',
        itemAmount: 'DECIMAL(10,2) $.data.itemAmount',
        itemStatus: 'VARCHAR(64) $.data.itemStatus',
        orderAmount: 'DECIMAL(10,2) $.data.orderAmount',
        orderStatus: 'VARCHAR(64) $.data.orderStatus',
        orderDateTime: 'TIMESTAMP $.data.orderDateTime',
        shipToName: 'VARCHAR(64) $.data.shipToName',
        shipToAddress: 'VARCHAR(64) $.data.shipToAddress',
        shipToCity: 'VARCHAR(64) $.data.shipToCity',
        shipToState: 'VARCHAR(64) $.data.shipToState',
        shipToZip: 'VARCHAR(64) $.data.shipToZip',
        recordType: 'VARCHAR(16) $.recordType',
      },
    },
    reference: {
      products: {
        file: productsFile,
        columns: {
          productId: 'INTEGER $.productId',
          productName: 'VARCHAR(64) $.productName',
          productPrice: 'DECIMAL(10,2) $.productPrice',
        },
      },
    },
    // Keyed by order, so that all changes of one item meet in one lane of `save`, in their order.
    output: { ORDER_ITEM_ENRICHED_STREAM: { stream: enriched, partitionKey: 'orderId' } },
  })

  app.function('save', { from: enriched, batchSize: 500, parallelization: 5 }, (records) =>
    orderEnriched.put(records),
  )
})
