/** The public types: what an app author's compiler accepts, refuses and infers. */
import { describe, expectTypeOf, it } from 'vitest'
import { type App, defineApp, type RecordOf, type StreamHandle } from '../index.ts'

describe('the compiler', () => {
  it('infers options from their defaults', () => {
    defineApp('types', (app) => {
      expectTypeOf(app.option.integer('a', { default: 1 })).toEqualTypeOf<number>()
      expectTypeOf(app.option.integer('b')).toEqualTypeOf<number | undefined>()
      expectTypeOf(app.option.integer('c', { min: 1, help: 'x' })).toEqualTypeOf<number | undefined>()
      expectTypeOf(app.option.string('d', { default: 'x' })).toEqualTypeOf<string>()
      expectTypeOf(app.option.path('e')).toEqualTypeOf<string | undefined>()
      expectTypeOf(app.option.boolean('f')).toEqualTypeOf<boolean>()
    })
  })

  it('carries the type of records from the stream to the handler', () => {
    interface Order {
      readonly orderId: number
    }
    const typed = (app: App): void => {
      const orders = app.stream<Order>('orders')
      expectTypeOf(orders).toEqualTypeOf<StreamHandle<Order>>()
      app.function('f', { from: orders }, (records, context) => {
        expectTypeOf(records).toEqualTypeOf<readonly RecordOf<Order>[]>()
        expectTypeOf(records[0]?.json()).toEqualTypeOf<Order | undefined>()
        context.emit(orders, { orderId: 1 }, { partitionKey: '1' })
      })
      app.function('g', { from: app.stream('raw') }, (records) => {
        expectTypeOf(records[0]?.json()).toEqualTypeOf<unknown>()
        expectTypeOf(records[0]?.json<Order>()).toEqualTypeOf<Order | undefined>()
      })
    }
    expectTypeOf(typed).toBeFunction()
  })

  it('gives per-record functions the value of their records, decoded or as the stream says', () => {
    interface Order {
      readonly orderId: number
    }
    const typed = (app: App): void => {
      const orders = app.stream<Order>('orders')
      const receipts = app.stream<{ readonly receipt: string }>('receipts')
      const items = app.table('items', { partitionKey: { orderId: 'number' } })
      app.each('f', { from: orders }, async (record, context) => {
        expectTypeOf(record.value).toEqualTypeOf<Order>()
        expectTypeOf(await context.once('k', () => 1)).toEqualTypeOf<number>()
        expectTypeOf(await context.once('k', async () => ({ a: 'x' }))).toEqualTypeOf<{ a: string }>()
        expectTypeOf(context.table(items)).toEqualTypeOf(items)
        context.emit(receipts, { receipt: 'x' })
        // @ts-expect-error no receipt
        context.emit(receipts, { orderId: 1 })
        // @ts-expect-error a string is no key of this table
        void context.table(items).get('1')
      })
      app.each('g', { from: orders, decode: (record) => record.text().length }, (record) => {
        expectTypeOf(record.value).toEqualTypeOf<number>()
      })
      app.each('h', { from: app.stream('raw') }, (record) => {
        expectTypeOf(record.value).toEqualTypeOf<unknown>()
      })
    }
    expectTypeOf(typed).toBeFunction()
  })

  it('gives tables the key types that they declare', () => {
    const typed = (app: App): void => {
      const pairs = app.table('Pairs', { partitionKey: { orderId: 'number' }, sortKey: 'itemId' })
      expectTypeOf(pairs.get).parameters.toEqualTypeOf<[partitionKey: number | bigint, sortKey: string]>()
      const single = app.table('Single', { partitionKey: 'id' })
      expectTypeOf(single.get).parameters.toEqualTypeOf<[partitionKey: string]>()
      // @ts-expect-error a string is no key of this table
      void pairs.get('1', 'a')
      // @ts-expect-error 'integer' is no key type
      app.table('Wrong', { partitionKey: { orderId: 'integer' } })
    }
    expectTypeOf(typed).toBeFunction()
  })

  it('wants a type and a path for each column', () => {
    const typed = (app: App): void => {
      const s = app.stream('s')
      app.query('q', {
        dialect: 'kda',
        sql: '',
        // @ts-expect-error no JSONPath
        input: { stream: s, columns: { a: 'INTEGER' } },
        output: { X: s, Y: { stream: s, partitionKey: 'a' } },
      })
    }
    expectTypeOf(typed).toBeFunction()
  })
})
