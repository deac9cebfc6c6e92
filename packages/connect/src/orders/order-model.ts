/**
 * The order model: products, orders and exactly two items for each order, as pure functions of a seed and a number.
 * This is the plain form, with objects; order-bytes.ts writes the same values as bytes and a test holds the two equal.
 *
 * Columns and their bounds (narrow programs of this kind declare DECIMAL(5,2) and VARCHAR(8 | 16 | 32)):
 *   product  productId from 999900001, productName <= 32 characters, productPrice 1.00 to 99.99
 *   order    orderId from 10000001, orderAmount = sum of its items < 1000, orderStatus <= 8, orderDateTime ISO,
 *            shipToName, shipToAddress, shipToCity <= 32, shipToState <= 16, shipToZip <= 16
 *   item     orderId, itemId (the product's id), itemQuantity 1 to 4, itemAmount = quantity * price, itemStatus <= 8
 * The two items of an order are of two different products. Amounts are computed in cents and are exact.
 * A change is a DMS envelope: `data` and `metadata`; rows of a full load carry no transaction-id.
 */
import { assertIntegerOption, assertPositiveOption } from '../errors.ts'
import { mix32, type OrderRow, type OrderSequence } from './order-sequence.ts'
import {
  CITIES,
  FIRST_NAMES,
  ITEM_STATUSES,
  LAST_NAMES,
  ORDER_STATUSES,
  PRODUCT_ADJECTIVES,
  PRODUCT_NOUNS,
  STREETS,
} from './order-words.ts'

export const FIRST_ORDER_ID = 10_000_001
export const FIRST_PRODUCT_ID = 999_900_001
export const ORDERS_MAX = 2_000_000_000
export const PRODUCTS_MAX = 1_000_000
/** Start of event time unless given: 2026-01-01T00:00:00Z. A constant, so that equal options give equal bytes. */
export const DEFAULT_START_TIME = Date.UTC(2026, 0, 1)
/** Microseconds of event time from one change to the next unless a rate says otherwise: 1,000 changes a second. */
export const DEFAULT_INTERVAL_MICROS = 1000
/** Orders are shipped to this many customers, so that a customer's fields can be encoded once. */
export const CUSTOMERS = 4096
const FIRST_TRANSACTION_ID = 12_884_901_889

/** Partition key of each record: the order's id, which spreads the load over shards, or `orders.order` as DMS does. */
export type OrderPartitionKey = '$.data.orderId' | 'schema.table'

export interface OrderModelOptions {
  /** How many products there are, 2 to 1,000,000. */
  readonly products: number
  /** Any integer from 0 to 2^32 - 1. */
  readonly seed: number
  /** Event time of change 0, ms since the epoch. */
  readonly startTime: number
  /** Event time between two changes, microseconds; may have a fraction. */
  readonly intervalMicros: number
  /** `insert` for changes, `load` for rows of a full load. */
  readonly operation: 'insert' | 'load'
  readonly partitionKey: OrderPartitionKey
}

export interface Product {
  readonly productId: number
  readonly productName: string
  readonly productPrice: number
}

export interface OrderData {
  readonly orderId: number
  readonly orderAmount: number
  readonly orderStatus: string
  readonly orderDateTime: string
  readonly shipToName: string
  readonly shipToAddress: string
  readonly shipToCity: string
  readonly shipToState: string
  readonly shipToZip: string
}

export interface ItemData {
  readonly orderId: number
  readonly itemId: number
  readonly itemQuantity: number
  readonly itemAmount: number
  readonly itemStatus: string
}

export interface OrderChange {
  readonly data: OrderData | ItemData
  readonly metadata: {
    readonly timestamp: string
    readonly 'record-type': 'data'
    readonly operation: 'insert' | 'load'
    readonly 'partition-key-type': 'attribute-name' | 'schema-table'
    readonly 'schema-name': 'orders'
    readonly 'table-name': 'order' | 'order_item'
    readonly 'transaction-id'?: number
  }
}

export function assertOrderModel(source: string, options: OrderModelOptions): void {
  assertIntegerOption(source, 'products', options.products, { min: 2, max: PRODUCTS_MAX })
  assertIntegerOption(source, 'seed', options.seed, { min: 0, max: 0xffff_ffff })
  // Four-digit years only, so that every timestamp has the same width.
  assertIntegerOption(source, 'startTime', options.startTime, { min: 0, max: Date.UTC(9000, 0, 1) })
  assertPositiveOption(source, 'intervalMicros', options.intervalMicros, 3_600_000_000)
}

/** The drawn numbers of one order, before they become text. Filled again and again; holds no references. */
export class OrderDraw {
  orderStatus = 0
  customer = 0
  readonly product = new Int32Array(2)
  readonly quantity = new Int32Array(2)
  readonly itemStatus = new Int32Array(2)

  /** Draws order number `order` (from 0). */
  fill(seed: number, products: number, order: number): void {
    const first = mix32(seed, order, 1)
    this.customer = first % CUSTOMERS
    this.orderStatus = (first >>> 12) % ORDER_STATUSES.length
    this.quantity[0] = 1 + ((first >>> 16) & 3)
    this.quantity[1] = 1 + ((first >>> 18) & 3)
    this.itemStatus[0] = (first >>> 20) % ITEM_STATUSES.length
    this.itemStatus[1] = (first >>> 24) % ITEM_STATUSES.length
    const a = mix32(seed, order, 2) % products
    // A step of 1 to products - 1 around the circle: never the same product twice.
    const step = 1 + (mix32(seed, order, 3) % (products - 1))
    this.product[0] = a
    this.product[1] = (a + step) % products
  }
}

export function productPriceCents(seed: number, product: number): number {
  return 100 + (mix32(seed, product, 4) % 9900)
}

/** Product number `index` (from 0). Names differ between products; they do not depend on how many there are. */
export function productAt(seed: number, index: number): Product {
  const noun = PRODUCT_NOUNS[index % PRODUCT_NOUNS.length]
  const round = Math.floor(index / PRODUCT_NOUNS.length)
  const adjective =
    PRODUCT_ADJECTIVES[(round + (seed % PRODUCT_ADJECTIVES.length)) % PRODUCT_ADJECTIVES.length]
  const series = Math.floor(round / PRODUCT_ADJECTIVES.length)
  return {
    productId: FIRST_PRODUCT_ID + index,
    productName: series === 0 ? `${adjective} ${noun}` : `${adjective} ${noun} ${series + 1}`,
    productPrice: productPriceCents(seed, index) / 100,
  }
}

export interface ShipTo {
  readonly shipToName: string
  readonly shipToAddress: string
  readonly shipToCity: string
  readonly shipToState: string
  readonly shipToZip: string
}

export function customerAt(seed: number, customer: number): ShipTo {
  const draw = mix32(seed, customer, 5)
  const city = CITIES[(draw >>> 4) % CITIES.length] as (typeof CITIES)[number]
  const first = FIRST_NAMES[customer % FIRST_NAMES.length]
  const last = LAST_NAMES[Math.floor(customer / FIRST_NAMES.length) % LAST_NAMES.length]
  return {
    shipToName: `${first} ${last}`,
    shipToAddress: `${1 + ((draw >>> 8) % 250)} ${STREETS[draw % STREETS.length]}`,
    shipToCity: city[0],
    shipToState: city[1],
    shipToZip: `${city[2]}${String((draw >>> 16) % 1000).padStart(3, '0')}`,
  }
}

/** Event time of change `index`, microseconds since the epoch. */
export function changeTimeMicros(options: OrderModelOptions, index: number): number {
  return options.startTime * 1000 + Math.floor(index * options.intervalMicros)
}

/** Change `index` as an object: the plain form of what OrderChangeWriter writes. */
export function changeAt(options: OrderModelOptions, sequence: OrderSequence, index: number): OrderChange {
  sequence.seek(index)
  const { order, row } = sequence
  const globalIndex = sequence.range.firstOrder * 3 + index
  const micros = changeTimeMicros(options, globalIndex)
  const draw = new OrderDraw()
  draw.fill(options.seed, options.products, order)
  return {
    data: row === 0 ? orderData(options, draw, order, micros) : itemData(options, draw, order, row),
    metadata: {
      timestamp: isoMicros(micros),
      'record-type': 'data',
      operation: options.operation,
      'partition-key-type': options.partitionKey === 'schema.table' ? 'schema-table' : 'attribute-name',
      'schema-name': 'orders',
      'table-name': row === 0 ? 'order' : 'order_item',
      ...(options.operation === 'insert' ? { 'transaction-id': transactionId(order) } : {}),
    },
  }
}

/** Order number `order` (from 0) as rows of its two tables: the same as the changes of the model hold. */
export function orderAt(
  { seed, products }: Pick<OrderModelOptions, 'seed' | 'products'>,
  order: number,
  timeMs: number,
): { readonly order: OrderData; readonly items: readonly [ItemData, ItemData] } {
  const options = { seed, products }
  const draw = new OrderDraw()
  draw.fill(seed, products, order)
  return {
    order: orderData(options, draw, order, timeMs * 1000),
    items: [itemData(options, draw, order, 1), itemData(options, draw, order, 2)],
  }
}

export function transactionId(order: number): number {
  return FIRST_TRANSACTION_ID + order
}

export function itemCents(seed: number, draw: OrderDraw, item: 0 | 1): number {
  return (draw.quantity[item] as number) * productPriceCents(seed, draw.product[item] as number)
}

type Seeded = Pick<OrderModelOptions, 'seed'>

function orderData(options: Seeded, draw: OrderDraw, order: number, micros: number): OrderData {
  return {
    orderId: FIRST_ORDER_ID + order,
    orderAmount: (itemCents(options.seed, draw, 0) + itemCents(options.seed, draw, 1)) / 100,
    orderStatus: ORDER_STATUSES[draw.orderStatus] as string,
    orderDateTime: new Date(Math.floor(micros / 1000)).toISOString(),
    ...customerAt(options.seed, draw.customer),
  }
}

function itemData(options: Seeded, draw: OrderDraw, order: number, row: OrderRow): ItemData {
  const item = row === 1 ? 0 : 1
  return {
    orderId: FIRST_ORDER_ID + order,
    itemId: FIRST_PRODUCT_ID + (draw.product[item] as number),
    itemQuantity: draw.quantity[item] as number,
    itemAmount: itemCents(options.seed, draw, item) / 100,
    itemStatus: ITEM_STATUSES[draw.itemStatus[item] as number] as string,
  }
}

function isoMicros(micros: number): string {
  const ms = Math.floor(micros / 1000)
  return `${new Date(ms).toISOString().slice(0, 23)}${String(micros - ms * 1000).padStart(3, '0')}Z`
}
