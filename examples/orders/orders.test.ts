/**
 * The order pipeline as a whole, in this process and under virtual time. What must come out is computed from the
 * generator's own files with JSON.parse, by nothing that the pipeline uses.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { type AppFactory, generateOrders, generateProducts, type OptionValue, productsText } from 'millrace'
import { type TestedApp, testApp } from 'millrace/testing'
import { afterAll, describe, expect, test } from 'vitest'
import orders from './orders.app.ts'

const dir = mkdtempSync(join(tmpdir(), 'millrace-orders-test-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

type Row = { readonly [column: string]: unknown }
type Options = { readonly [name: string]: OptionValue | undefined }

const START = Date.UTC(2026, 5, 1, 12)
let files = 0

function write(name: string, content: string | Uint8Array): string {
  const path = join(dir, `${files++}-${name}`)
  writeFileSync(path, content)
  return path
}

/** Runs the app to its end and hands over what a test looks at. Whatever the test, the ledger must balance. */
async function run<T>(options: Options, look: (app: TestedApp) => T, app: AppFactory = orders): Promise<T> {
  await using tested = await testApp(app, { options, startMs: START })
  await tested.runUntilIdle()
  const report = tested.report()
  expect(report.ledgerBalanced).toBe(true)
  for (const stage of report.stages) {
    expect(stage.inFlight).toBe(0)
    expect(stage.in).toBe(stage.out + stage.late + stage.filtered + stage.dead)
  }
  return look(tested)
}

function lines(options: { orders: number; products?: number; seed?: number }): string[] {
  const generated = generateOrders({ products: 100, seed: 1, ...options })
  return Buffer.concat([...generated.changes()])
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
}

/** The table as it must be: from the changes' own JSON. */
function expectedItems(
  changes: readonly string[],
  products = generateProducts({ products: 100, seed: 1 }),
): Row[] {
  const rows = changes.map((line) => JSON.parse(line))
  const orderOf = new Map(
    rows.filter((row) => row.metadata['table-name'] === 'order').map((row) => [row.data.orderId, row.data]),
  )
  const nameOf = new Map(products.map((product) => [product.productId, product.productName]))
  return rows
    .filter((row) => row.metadata['table-name'] === 'order_item')
    .map(({ data }) => ({
      ...orderOf.get(data.orderId),
      ...data,
      productName: nameOf.get(data.itemId) ?? null,
    }))
    .toSorted((a, b) => a.orderId - b.orderId || a.itemId - b.itemId)
}

/** Items with the time of their arrival checked and taken out, and the order's time as ISO text. */
function comparable(items: readonly Row[]): Row[] {
  return items.map(({ event_ts: eventTime, ...item }) => {
    expect(isoOf(eventTime)).toBe(new Date(START).toISOString())
    return { ...item, orderDateTime: isoOf(item.orderDateTime) }
  })
}

function isoOf(timestamp: unknown): string {
  return new Date(`${String(timestamp).replace(' ', 'T').replace('Z', '')}Z`).toISOString()
}

function errorRows(app: TestedApp): Row[] {
  return app.records('enrich.error_stream').map((record) => record.json<Row>())
}

function stage(app: TestedApp, name: string) {
  const found = app.report().stages.find((candidate) => candidate.name === name)
  if (found === undefined) throw new Error(`no stage ${name}`)
  return found
}

/** The app with another definition: what a change of its file would make of it. */
function changed(change: (column: { name: string; path: string }) => string): AppFactory {
  return {
    ...orders,
    build(inputs) {
      const built = orders.build(inputs)
      const stages = built.definition.stages.map((each) => {
        if (each.kind !== 'query' || each.dialect !== 'kda') return each
        const columns = each.input.columns.map((column) => ({ ...column, path: change(column) }))
        return { ...each, input: { ...each.input, columns } }
      })
      return { ...built, definition: { ...built.definition, stages } }
    },
  }
}

describe('the order pipeline', () => {
  test('15 orders give exactly 30 items, right in every column, and nothing else', async () => {
    await run({ orders: 15 }, (app) => {
      const items = comparable(app.items('OrderEnriched'))
      expect(items.length).toBe(30)
      expect(items).toEqual(expectedItems(lines({ orders: 15 })))
      expect(errorRows(app)).toEqual([])
      expect(app.items('dead-letters')).toEqual([])
      expect(stage(app, 'enrich')).toMatchObject({ in: 45, out: 45, late: 0, filtered: 0, dead: 0 })
      expect(stage(app, 'save')).toMatchObject({ in: 30, out: 30, dead: 0 })
      expect(app.report().warnings).toEqual([])
      expect(app.report().latencyMs.count).toBe(30)
    })
  })

  test('N orders give 2 N items, right in every column, for any N, seed and number of products', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 70 }),
        fc.integer({ min: 0, max: 1000 }),
        fc.constantFrom(2, 7, 100),
        async (count, seed, products) => {
          await run({ orders: count, seed, products }, (app) => {
            const items = comparable(app.items('OrderEnriched'))
            expect(items.length).toBe(2 * count)
            const expected = expectedItems(
              lines({ orders: count, seed, products }),
              generateProducts({ products, seed }),
            )
            expect(items).toEqual(expected)
          })
        },
      ),
      { numRuns: 8 },
    )
  })

  test('the checked-in products are those of the default seed and number', () => {
    const text = readFileSync(join(import.meta.dirname, 'products.json'), 'utf8')
    expect(text).toBe(productsText(generateProducts({ products: 100, seed: 1 })))
  })

  test('a file of changes gives the same items as the generator that wrote it, and so does its replay', async () => {
    const generated = generateOrders({ orders: 40, products: 30, seed: 5 })
    const file = write('changes.ndjson', Buffer.concat([...generated.changes()]))
    const products = write('products.json', generated.products)
    const expected = expectedItems(
      lines({ orders: 40, products: 30, seed: 5 }),
      generateProducts({ products: 30, seed: 5 }),
    )
    await run({ file, 'products-file': products }, (app) => {
      expect(comparable(app.items('OrderEnriched'))).toEqual(expected)
    })
    await using replayed = await testApp(orders, {
      options: { file, 'products-file': products, speed: '0.001' },
      startMs: START,
    })
    // 120 changes are 1 ms of event time apart: 119 s at this speed.
    await replayed.advance(60_000)
    const half = replayed.items('OrderEnriched').length
    expect(half).toBeGreaterThan(20)
    expect(half).toBeLessThan(60)
    await replayed.advance(65_000)
    const items = replayed.items<Row>('OrderEnriched').map(({ event_ts: _, ...item }) => item)
    expect(items.map((item) => ({ ...item, orderDateTime: isoOf(item.orderDateTime) }))).toEqual(expected)
    expect(replayed.report().ledgerBalanced).toBe(true)
  })

  test('at a rate, R items come each second, for ever', async () => {
    await using app = await testApp(orders, { options: { rate: 50 }, startMs: START })
    await app.advance(10_000)
    const { length } = app.items('OrderEnriched')
    // Of 750 changes, the last ones may still wait for their order.
    expect(length).toBeGreaterThan(475)
    expect(length).toBeLessThanOrEqual(500)
    expect(app.report().ledgerBalanced).toBe(true)
  })

  // Public programs for this pipeline are not ours to keep here: MILLRACE_ORDERS_SQL names one to try.
  test.skipIf(process.env.MILLRACE_ORDERS_SQL === undefined)(
    'a program written for the service, with narrow types, gives the same items unmodified',
    async () => {
      await run({ orders: 200, sql: process.env.MILLRACE_ORDERS_SQL }, (app) => {
        expect(comparable(app.items('OrderEnriched'))).toEqual(expectedItems(lines({ orders: 200 })))
        expect(errorRows(app)).toEqual([])
      })
    },
  )

  test.each([
    [{ file: 'x.ndjson', rate: 5 }, '--rate has no meaning with --file'],
    [{ speed: '2' }, '--speed has no meaning without --file'],
    [{ file: 'x.ndjson', speed: 'fast' }, '"speed" must be a number above 0'],
    [{ products: 1 }, '--products'],
  ])('the options %j are refused with what is allowed', (options, message) => {
    expect(() => orders.build({ options })).toThrow(message)
  })
})

describe('traps of the order pipeline are named', () => {
  test('itemId read from the order id: 15 items instead of 30, and a warning that two columns share a path', async () => {
    const app = changed(({ name, path }) => (name === 'itemId' ? '$.data.orderId' : path))
    await run(
      { orders: 15 },
      (tested) => {
        const items = tested.items<Row>('OrderEnriched')
        expect(items.length).toBe(15)
        expect(items.every((item) => item.productName === null)).toBe(true)
        const { warnings } = tested.report()
        expect(warnings.map((warning) => warning.code)).toEqual(['COLUMNS_SHARE_PATH'])
        for (const word of ['orderId', 'itemId', '$.data.orderId'])
          expect(warnings[0]?.message).toContain(word)
      },
      app,
    )
  })

  test('a misspelt path: the column is NULL in every item, and a warning names column and path', async () => {
    const app = changed(({ name, path }) => (name === 'itemQuantity' ? '$.data.itemQuanity' : path))
    await run(
      { orders: 40 },
      (tested) => {
        const items = tested.items<Row>('OrderEnriched')
        expect(items.length).toBe(80)
        expect(items.every((item) => item.itemQuantity === null)).toBe(true)
        const { warnings } = tested.report()
        expect(warnings.map((warning) => warning.code)).toEqual(['PATH_NEVER_MATCHED'])
        for (const word of ['itemQuantity', '$.data.itemQuanity'])
          expect(warnings[0]?.message).toContain(word)
      },
      app,
    )
  })

  test('a type that is too narrow: each row that does not fit is on the error stream with the reason', async () => {
    const program = readFileSync(join(import.meta.dirname, 'kda-orders.sql'), 'utf8')
    const sql = write('narrow.sql', program.replaceAll('DECIMAL(10,2)', 'DECIMAL(5,2)'))
    const changes = lines({ orders: 20 }).map((line, i) => {
      const row = JSON.parse(line)
      // Every third order costs 1,000 more than fits.
      if (row.data.orderAmount !== undefined && row.data.orderId % 3 === 0) row.data.orderAmount += 1000
      return i % 2 === 0 ? JSON.stringify(row) : JSON.stringify(row).replace('"data":', ' "data" : ')
    })
    const tooLarge = new Set(
      changes
        .map((line) => JSON.parse(line).data)
        .filter((data) => data.orderAmount >= 1000)
        .map((data) => data.orderId),
    )
    expect(tooLarge.size).toBeGreaterThan(4)
    await run({ file: write('large.ndjson', changes.join('\n')), sql }, (app) => {
      const expected = expectedItems(changes).filter((item) => !tooLarge.has(item.orderId))
      expect(comparable(app.items('OrderEnriched'))).toEqual(expected)
      const errors = errorRows(app)
      expect(errors.length).toBe(tooLarge.size)
      for (const error of errors) {
        expect(String(error.MESSAGE)).toContain('orderAmount')
        expect(String(error.MESSAGE)).toContain('DECIMAL(5,2)')
        expect(String(error.DATA_ROW)).not.toBe('')
      }
      expect(app.report().warnings.map((warning) => warning.code)).toContain('VALUES_OUT_OF_RANGE')
    })
  })
})

describe('bad input', () => {
  const item = (data: object, over: object = {}) =>
    JSON.stringify({
      data,
      metadata: { 'record-type': 'data', 'schema-name': 'orders', 'table-name': 'order_item', ...over },
    })
  const good = lines({ orders: 6 })
  const cases: readonly (readonly [
    what: string,
    line: string | Uint8Array,
    ends: 'error' | 'filtered' | 'dead' | 'out',
  ])[] = [
    ['truncated JSON', good[0]?.slice(0, -9) ?? '', 'error'],
    ['JSON cut inside its key', '{"data":{"orderId":1000', 'error'],
    ['no JSON', 'hello, world', 'error'],
    ['an array', '[1,2,3]', 'error'],
    ['an empty object', '{}', 'error'],
    ['NUL bytes', '\0\0\0\0', 'error'],
    ['a NUL byte inside JSON', '{"data":{"orderId":\x001}}', 'error'],
    ['bytes that are no UTF-8', Buffer.from([0xff, 0xfe, 0x7b]), 'error'],
    ['text for a number', item({ orderId: 'ten', itemId: 999900001 }), 'error'],
    ['an object for a number', item({ orderId: { id: 1 }, itemId: 999900001 }), 'error'],
    ['a number out of range', item({ orderId: 99999999999, itemId: 999900001 }), 'error'],
    ['a number far out of range', item({ orderId: 1, itemId: 999900001, itemAmount: 1e300 }), 'error'],
    ['an impossible time', item({ orderId: 1, itemId: 2, orderDateTime: '2026-02-30T00:00:00Z' }), 'error'],
    ['a duplicate key', '{"data":{"orderId":1,"orderId":2},"metadata":{"table-name":"order"}}', 'error'],
    ['an unknown table', item({ orderId: 1 }, { 'table-name': 'invoice' }), 'error'],
    ['no table name', item({ orderId: 1 }, { 'table-name': undefined }), 'error'],
    ['a table name that is no text', item({ orderId: 1 }, { 'table-name': 7 }), 'error'],
    [
      'a record of ten million bytes',
      item({ orderId: 1, itemId: 2, itemStatus: 'x'.repeat(10_000_000) }),
      'error',
    ],
    ['a control record', item({}, { 'record-type': 'control' }), 'filtered'],
    ['a row of another schema', item({ id: 1 }, { 'schema-name': 'audit', 'table-name': 'log' }), 'filtered'],
    ['an item without an order id', item({ itemId: 999900001 }), 'out'],
    ['a line above what a record may hold', item({ orderId: 1, note: 'x'.repeat(11_000_000) }), 'dead'],
  ]
  const count = (wanted: string) => cases.filter(([, , ends]) => ends === wanted).length

  test('every bad line is on the error stream or a dead letter, with its reason; the good ones are not disturbed', async () => {
    const parts = [...cases.map(([, line]) => line), ...good].flatMap((line) => [
      Buffer.from(line),
      Buffer.from('\n'),
    ])
    const file = write('bad.ndjson', Buffer.concat(parts))
    await run({ file }, (app) => {
      expect(comparable(app.items('OrderEnriched'))).toEqual(expectedItems(good))
      const enrich = stage(app, 'enrich')
      expect(enrich.in).toBe(good.length + cases.length - count('dead'))
      expect(enrich.filtered).toBe(count('filtered'))
      expect(enrich.dead).toBe(count('error'))
      expect(enrich.out).toBe(good.length + count('out'))
      const errors = errorRows(app)
      expect(errors.length).toBe(count('error'))
      for (const error of errors) {
        expect(String(error.MESSAGE).length).toBeGreaterThan(10)
        expect(String(error.ERROR_NAME)).not.toBe('')
      }
      const letters = app.items<Row>('dead-letters')
      expect(letters.length).toBe(count('dead'))
      expect(JSON.stringify(letters[0])).toContain(`bad.ndjson:${cases.length}`)
    })
  })

  test.each(cases)('%s', async (_what, line, ends) => {
    const file = write('one.ndjson', Buffer.concat([Buffer.from(`${good.join('\n')}\n`), Buffer.from(line)]))
    await run({ file }, (app) => {
      expect(comparable(app.items('OrderEnriched'))).toEqual(expectedItems(good))
      expect(errorRows(app).length).toBe(ends === 'error' ? 1 : 0)
      expect(stage(app, 'enrich').filtered).toBe(ends === 'filtered' ? 1 : 0)
      expect(app.items('dead-letters').length).toBe(ends === 'dead' ? 1 : 0)
    })
  })
})
