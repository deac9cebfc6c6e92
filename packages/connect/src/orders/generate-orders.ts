/**
 * Files of the order model: `products.json` (a JSON array, one product a line) and `changes.ndjson` (DMS envelopes in the
 * order of their times, one a line). Equal options give equal bytes.
 */
import { assertIntegerOption } from '../errors.ts'
import { LINE_BYTES_MAX, OrderChangeWriter } from './order-bytes.ts'
import {
  assertOrderModel,
  DEFAULT_INTERVAL_MICROS,
  DEFAULT_START_TIME,
  ORDERS_MAX,
  type OrderModelOptions,
  type Product,
  productAt,
} from './order-model.ts'

const CHUNK_BYTES = 1 << 18

export interface GenerateOrdersOptions {
  readonly orders: number
  readonly products: number
  readonly seed: number
  /** Event time of the first change, ms. Default 2026-01-01T00:00:00Z. */
  readonly startTime?: number
  /** Event time between two changes, microseconds. Default 1000: 1,000 changes a second. */
  readonly intervalMicros?: number
  readonly operation?: 'insert' | 'load'
}

export interface GeneratedOrders {
  /** The text of products.json. */
  readonly products: string
  /** How many changes there are: three for each order. */
  readonly changeCount: number
  /** The bytes of changes.ndjson, in chunks of whole lines. Each chunk is the caller's. */
  changes(): Generator<Uint8Array, void, undefined>
}

export function generateOrders(options: GenerateOrdersOptions): GeneratedOrders {
  assertIntegerOption('generateOrders', 'orders', options.orders, { min: 0, max: ORDERS_MAX })
  const model: OrderModelOptions = {
    products: options.products,
    seed: options.seed,
    startTime: options.startTime ?? DEFAULT_START_TIME,
    intervalMicros: options.intervalMicros ?? DEFAULT_INTERVAL_MICROS,
    operation: options.operation ?? 'insert',
    partitionKey: 'schema.table',
  }
  assertOrderModel('generateOrders', model)
  return {
    products: productsText(generateProducts(options)),
    changeCount: options.orders * 3,
    changes: () => changeChunks(model, options.orders),
  }
}

export function generateProducts(options: { readonly products: number; readonly seed: number }): Product[] {
  return Array.from({ length: options.products }, (_, index) => productAt(options.seed, index))
}

/** A JSON array with one product a line, so that both tools for JSON and tools for lines can read it. */
export function productsText(products: readonly Product[]): string {
  const lines = products.map(
    ({ productId, productName, productPrice }) =>
      `  { "productId": ${productId}, "productName": ${JSON.stringify(productName)}, "productPrice": ${productPrice} }`,
  )
  return `[\n${lines.join(',\n')}\n]\n`
}

function* changeChunks(model: OrderModelOptions, orders: number): Generator<Uint8Array, void, undefined> {
  const writer = new OrderChangeWriter(model, { firstOrder: 0, endOrder: orders })
  const { length } = writer.sequence
  let index = 0
  while (index < length) {
    const chunk = new Uint8Array(CHUNK_BYTES)
    let end = 0
    while (index < length && end + LINE_BYTES_MAX < CHUNK_BYTES) {
      end = writer.write(index++, chunk, end)
      chunk[end++] = 0x0a
    }
    yield chunk.subarray(0, end)
  }
}
