import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generateOrders } from './generate-orders.ts'
import { LINE_BYTES_MAX, OrderChangeWriter } from './order-bytes.ts'
import {
  CUSTOMERS,
  changeAt,
  customerAt,
  DEFAULT_START_TIME,
  FIRST_ORDER_ID,
  FIRST_PRODUCT_ID,
  type ItemData,
  type OrderChange,
  type OrderData,
  type OrderModelOptions,
  orderAt,
  productAt,
} from './order-model.ts'
import { OrderSequence } from './order-sequence.ts'

const decoder = new TextDecoder()

function model(over: Partial<OrderModelOptions> = {}): OrderModelOptions {
  return {
    products: 10,
    seed: 1,
    startTime: DEFAULT_START_TIME,
    intervalMicros: 1000,
    operation: 'insert',
    partitionKey: '$.data.orderId',
    ...over,
  }
}

function changes(options: OrderModelOptions, orders: number): OrderChange[] {
  const sequence = new OrderSequence(options.seed, { firstOrder: 0, endOrder: orders })
  return Array.from({ length: orders * 3 }, (_, index) => changeAt(options, sequence, index))
}

const isOrder = (change: OrderChange) => change.metadata['table-name'] === 'order'

describe('the order model', () => {
  test('written bytes equal JSON.stringify of the plain form, at any index, seed, range and option', () => {
    fc.assert(
      fc.property(
        fc.record({
          seed: fc.nat(0xffff_ffff),
          products: fc.integer({ min: 2, max: 5000 }),
          startTime: fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) }),
          intervalMicros: fc.oneof(fc.constant(1000), fc.double({ min: 0.01, max: 1e7, noNaN: true })),
          operation: fc.constantFrom('insert' as const, 'load' as const),
          partitionKey: fc.constantFrom('$.data.orderId' as const, 'schema.table' as const),
        }),
        fc.integer({ min: 0, max: 100_000_000 }),
        fc.integer({ min: 1, max: 40 }),
        (options, firstOrder, orders) => {
          const range = { firstOrder, endOrder: firstOrder + orders }
          const writer = new OrderChangeWriter(options, range)
          const sequence = new OrderSequence(options.seed, range)
          const target = new Uint8Array(LINE_BYTES_MAX + 7)
          for (let index = 0; index < orders * 3; index++) {
            const end = writer.write(index, target, 7)
            const change = changeAt(options, sequence, index)
            expect(decoder.decode(target.subarray(7, end))).toBe(JSON.stringify(change))
            expect(decoder.decode(target.subarray(writer.keyStart, writer.keyEnd))).toBe(
              String(change.data.orderId),
            )
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  test('any number of orders gives each order once, with exactly two items of two different products', () => {
    fc.assert(
      fc.property(
        fc.nat(0xffff_ffff),
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 2, max: 30 }),
        (seed, orders, products) => {
          const all = changes(model({ seed, products }), orders)
          const orderIds = all.filter(isOrder).map((change) => change.data.orderId)
          expect(orderIds.toSorted((a, b) => a - b)).toEqual(
            Array.from({ length: orders }, (_, i) => FIRST_ORDER_ID + i),
          )
          for (const change of all.filter(isOrder)) {
            const order = change.data as OrderData
            const items = all
              .filter((c) => !isOrder(c) && c.data.orderId === order.orderId)
              .map((c) => c.data as ItemData)
            expect(items.length).toBe(2)
            expect(items[0]?.itemId).not.toBe(items[1]?.itemId)
            expect(cents(order.orderAmount)).toBe(
              items.reduce((sum, item) => sum + cents(item.itemAmount), 0),
            )
            for (const item of items) {
              const product = productAt(seed, item.itemId - FIRST_PRODUCT_ID)
              expect(item.itemId - FIRST_PRODUCT_ID).toBeLessThan(products)
              expect(cents(item.itemAmount)).toBe(item.itemQuantity * cents(product.productPrice))
            }
          }
        },
      ),
      { numRuns: 40 },
    )
  })

  test('an order by its number has the rows of its changes', () => {
    const options = model({ seed: 7, products: 5 })
    const all = changes(options, 30)
    for (let n = 0; n < 30; n++) {
      const { order, items } = orderAt(options, n, Date.UTC(2026, 0, 1))
      const own = all.filter(({ data }) => data.orderId === order.orderId)
      const placed = own.find(isOrder)?.data as OrderData
      expect({ ...order, orderDateTime: placed.orderDateTime }).toEqual(placed)
      expect(order.orderDateTime).toBe('2026-01-01T00:00:00.000Z')
      const byId = (a: ItemData, b: ItemData) => a.itemId - b.itemId
      const others = own.filter((change) => !isOrder(change)).map(({ data }) => data as ItemData)
      expect([...items].sort(byId)).toEqual(others.sort(byId))
    }
  })

  test('changes come in the order of their times, items both before and after their order, within 24 changes', () => {
    const all = changes(model(), 400)
    const times = all.map((change) => change.metadata.timestamp)
    expect(times).toEqual(times.toSorted())
    const orderAt = new Map(all.flatMap((c, i) => (isOrder(c) ? [[c.data.orderId, i] as const] : [])))
    const distances = all.flatMap((c, i) =>
      isOrder(c) ? [] : [i - (orderAt.get(c.data.orderId) ?? Number.NaN)],
    )
    expect(Math.max(...distances)).toBeLessThan(24)
    expect(Math.min(...distances)).toBeGreaterThan(-24)
    const before = distances.filter((distance) => distance < 0).length / distances.length
    expect(before).toBeGreaterThan(0.05)
    expect(before).toBeLessThan(0.35)
  })

  test('values fit narrow programs: amounts below 1000 with two decimals, texts within 8, 16 and 32 characters', () => {
    for (const change of changes(model({ products: 1000, seed: 77 }), 3000)) {
      if (isOrder(change)) {
        const order = change.data as OrderData
        expect(order.orderAmount).toBeLessThan(1000)
        expect(order.orderAmount).toBe(cents(order.orderAmount) / 100)
        expect(order.orderStatus.length).toBeLessThanOrEqual(8)
        expect(new Date(order.orderDateTime).toISOString()).toBe(order.orderDateTime)
      } else {
        const item = change.data as ItemData
        expect(item.itemAmount).toBeLessThan(1000)
        expect(item.itemQuantity).toBeGreaterThanOrEqual(1)
        expect(item.itemStatus.length).toBeLessThanOrEqual(8)
      }
    }
    for (let customer = 0; customer < CUSTOMERS; customer++) {
      const shipTo = customerAt(77, customer)
      for (const text of [shipTo.shipToName, shipTo.shipToAddress, shipTo.shipToCity]) {
        expect(text.length).toBeLessThanOrEqual(32)
      }
      for (const text of [shipTo.shipToState, shipTo.shipToZip]) expect(text.length).toBeLessThanOrEqual(16)
    }
  })

  test('product names differ and have at most 32 characters; a product does not depend on how many there are', () => {
    const products = Array.from({ length: 5000 }, (_, index) => productAt(9, index))
    expect(new Set(products.map((product) => product.productName)).size).toBe(5000)
    for (const product of products) {
      expect(product.productName.length).toBeLessThanOrEqual(32)
      expect(product.productPrice).toBeGreaterThanOrEqual(1)
      expect(product.productPrice).toBeLessThan(100)
    }
    expect(products.at(-1)?.productId).toBe(FIRST_PRODUCT_ID + 4999)
  })
})

describe('generateOrders', () => {
  test('the files hold all products and all changes, and equal options give equal bytes', () => {
    const generated = generateOrders({ orders: 2000, products: 50, seed: 3 })
    expect(JSON.parse(generated.products)).toEqual(Array.from({ length: 50 }, (_, i) => productAt(3, i)))
    const text = () => Buffer.concat([...generated.changes()]).toString('utf8')
    const lines = text().split('\n')
    expect(lines.pop()).toBe('')
    expect(lines.length).toBe(generated.changeCount)
    const plain = changes(model({ products: 50, seed: 3, partitionKey: 'schema.table' }), 2000)
    expect(lines).toEqual(plain.map((change) => JSON.stringify(change)))
    expect(text()).toBe(`${lines.join('\n')}\n`)
  })

  test.each([
    [{ orders: -1, products: 10, seed: 1 }, '"orders" must be an integer from 0'],
    [{ orders: 1.5, products: 10, seed: 1 }, 'is 1.5'],
    [{ orders: 1, products: 1, seed: 1 }, '"products" must be an integer from 2'],
    [{ orders: 1, products: 10, seed: -1 }, '"seed" must be'],
    [{ orders: 1, products: 10, seed: 1, startTime: Number.NaN }, '"startTime" must be'],
  ])('refuses %j with the option, the range and the value', (options, message) => {
    expect(() => generateOrders(options)).toThrow(message)
  })
})

function cents(amount: number): number {
  return Math.round(amount * 100)
}
