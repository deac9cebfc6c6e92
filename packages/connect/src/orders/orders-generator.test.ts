import { describe, expect, test } from 'vitest'
import { CONTRACT_START, describeSourceContract, SourceRun, withTime } from '../source-contract.ts'
import { generateOrders } from './generate-orders.ts'
import { type OrdersGeneratorOptions, ordersGenerator } from './orders-generator.ts'

describeSourceContract('ordersGenerator', () => ({
  open: ordersGenerator({ orders: 21, products: 10, seed: 5 }),
  taken: 63,
  dead: 0,
  isPaced: false,
}))

describeSourceContract('ordersGenerator with a rate', () => ({
  open: ordersGenerator({ orders: 21, products: 10, seed: 5, rate: 30, partitionKey: 'schema.table' }),
  taken: 63,
  dead: 0,
  isPaced: true,
}))

async function start(options: OrdersGeneratorOptions, position?: unknown): Promise<SourceRun> {
  return new SourceRun(ordersGenerator(options), position).open()
}

describe('ordersGenerator', () => {
  const base = { products: 20, seed: 11 }

  test('emits what generateOrders writes, keyed by order id', async () => {
    const run = await (await start({ ...base, orders: 50 })).readToEnd()
    const records = run.shards().flat()
    const lines = Buffer.concat([...generateOrders({ ...base, orders: 50 }).changes()])
      .toString('latin1')
      .trimEnd()
      .replaceAll('schema-table', 'attribute-name')
      .split('\n')
    expect(records.map((record) => record.data).toSorted()).toEqual(lines.toSorted())
    for (const { key, data } of records) expect(key).toBe(String(JSON.parse(data).data.orderId))
  })

  test('at a rate, n items per second are due at equal steps, however late the reader comes', async () => {
    const run = await start({ ...base, orders: 30, rate: 10 })
    // 10 items are 15 changes a second. The reader is away for two seconds: 31 changes are due, 1000/15 ms apart.
    await run.clock.advance(2000)
    await run.read(1 << 20)
    expect(run.taken).toBe(31)
    await run.readToEnd()
    const times = run.builders.flatMap((builder) => builder.records.map((record) => record.originTime))
    const steps = times.toSorted((a, b) => a - b).map((time) => time - CONTRACT_START)
    expect(steps.length).toBe(90)
    for (const [i, step] of steps.entries()) expect(step).toBeCloseTo((i * 1000) / 15, 3)
  })

  test('a read that waits for its pace ends when it is aborted', async () => {
    const run = await start({ ...base, orders: 30, rate: 0.001 })
    await run.read(1 << 20)
    const waiting = run.startRead(1 << 20)
    run.abort.abort()
    expect((await waiting).taken).toBe(0)
  })

  test('without a number of orders it never ends', async () => {
    const run = await start(base)
    for (let i = 0; i < 5; i++) expect((await run.read(10_000)).done).toBe(false)
    expect(run.taken).toBeGreaterThan(100)
  })

  test.each([0, 1, 7, 8, 15])(
    '%i orders, then more on the same position: every order has three changes',
    async (orders) => {
      for (const later of [orders + 1, orders + 9, 40]) {
        const first = await (await start({ ...base, orders })).readToEnd()
        const second = await (await start({ ...base, orders: later }, first.position)).readToEnd()
        expectWholeOrders([first, second], later)
      }
    },
  )

  test.each([1, 5, 24, 30, 44])(
    'stopped after %i changes of an endless run, a finite one completes begun orders',
    async (n) => {
      const first = await start(base)
      while (first.taken < n) await first.read(1)
      for (const orders of [0, 3, 12, 20]) {
        const second = await (await start({ ...base, orders }, first.position)).readToEnd()
        const begun = Math.ceil(n / 24) * 8
        expectWholeOrders([first, second], Math.max(begun, orders))
      }
    },
  )

  test('another seed or number of products is refused, with both values; so is a foreign position', async () => {
    const run = await (await start({ ...base, orders: 3 })).readToEnd()
    await expect(start({ ...base, seed: 12, orders: 3 }, run.position)).rejects.toThrow(
      'SOURCE_POSITION ordersGenerator: this data directory holds orders generated with "seed" 11, but it is now 12',
    )
    await expect(start({ ...base, products: 21 }, run.position)).rejects.toThrow('"products" 20')
    for (const position of [7, null, {}, { offset: 3 }, 'x']) {
      await expect(start(base, position)).rejects.toThrow('is not one of this source')
    }
  })

  test.each([
    [{ rate: 0 }, '"rate" must be a number above 0'],
    [{ rate: Number.NaN }, 'is NaN'],
    [{ orders: -3 }, '"orders"'],
    [{ products: 1 }, '"products"'],
  ])('refuses %j where the app is defined', (over, message) => {
    expect(() => ordersGenerator({ ...base, ...over })).toThrow(message)
  })

  test('the time of a paced run is its own: event time starts at the first start and goes on after a restart', async () => {
    const first = await start({ ...base, rate: 100 })
    await withTime(first.clock, first.read(2000))
    const second = await start({ ...base, rate: 5 }, first.position)
    await second.read(1)
    const [record] = second.shards().flat()
    const index = first.taken
    const expected = CONTRACT_START + Math.floor((index * 1e6) / 150) / 1000
    expect(Date.parse(JSON.parse(record?.data ?? '').metadata.timestamp)).toBe(Math.floor(expected))
  })
})

function expectWholeOrders(runs: readonly SourceRun[], orders: number): void {
  const counts = new Map<number, number>()
  for (const { data } of runs.flatMap((run) => run.shards().flat())) {
    const id: number = JSON.parse(data).data.orderId
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  expect(counts.size).toBe(orders)
  for (const [id, count] of counts) expect([id, count]).toEqual([id, 3])
}
