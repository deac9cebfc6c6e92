export { type CountedRecord, type CountedSourceOptions, countedSource } from './counted-source.ts'
export { ConnectError, type ConnectErrorCode, connectErrorCodes } from './errors.ts'
export { type FileOptions, file, type ReplayOptions, replay } from './files/file-source.ts'
export { type NexmarkConfig, nexmarkDefaults } from './nexmark/nexmark-config.ts'
export { type NexmarkEvent, nexmarkEvent } from './nexmark/nexmark-event.ts'
export { type NexmarkRow, nexmarkJson, nexmarkRow } from './nexmark/nexmark-row.ts'
export { type NexmarkOptions, nexmark } from './nexmark/nexmark-source.ts'
export {
  type GeneratedOrders,
  type GenerateOrdersOptions,
  generateOrders,
  generateProducts,
  productsText,
} from './orders/generate-orders.ts'
export {
  changeAt,
  customerAt,
  type ItemData,
  type OrderChange,
  type OrderData,
  type OrderModelOptions,
  type OrderPartitionKey,
  type Product,
  productAt,
} from './orders/order-model.ts'
export { OrderSequence } from './orders/order-sequence.ts'
export { type OrdersGeneratorOptions, ordersGenerator } from './orders/orders-generator.ts'
export { tableConnectors } from './tables/index.ts'
export {
  type ConnectorHost,
  checkOptions,
  partitionColumns,
  type TableConnector,
  type TableConnectors,
} from './tables/table-connector.ts'
