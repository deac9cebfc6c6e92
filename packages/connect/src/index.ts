export { ConnectError, type ConnectErrorCode, connectErrorCodes } from './errors.ts'
export { type FileOptions, file, type ReplayOptions, replay } from './files/file-source.ts'
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
