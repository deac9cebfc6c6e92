/**
 * Speed of the compiled engine on one core, from ready batches: `npx tsc -b packages/sql && node --expose-gc
 * node_modules/.bin/jiti packages/sql/src/engine/engine.bench.ts`. It measures the built package, as its users run it.
 *
 * The program is that of the order pipeline (examples/orders/kda-orders.sql): three streams, three pumps, a lookup join
 * with 1,000 products and a join with windows of 30 minutes on both sides. 500,000 orders, each followed by two items, 15
 * columns wide, in micro-batches of 2,000 records; row times such that a window holds half of the run. Each micro-batch is
 * followed by takeChanges, as a commit would be. Figures: source rows per second, the slowest micro-batch, bytes of change
 * log and state per row, and the pauses of the garbage collector.
 */
import { readFileSync } from 'node:fs'
import { PerformanceObserver } from 'node:perf_hooks'
import { bindProgram, compileProgram, optimizeProgram } from '@millrace/sql'
import { makeBatch, parseSqlType, type RowBatch, type Schema, writeCell } from '@millrace/values'

const orders = Number(process.env.ORDERS ?? 500_000)
const batchRows = Number(process.env.BATCH ?? 2_000)
const logged = process.env.LOG !== '0'
const products = 1_000

const schemaOf = (columns: Record<string, string>): Schema => ({
  fields: Object.entries(columns).map(([name, type]) => {
    const parsed = parseSqlType(type)
    if (parsed === undefined) throw new Error(`no type ${type}`)
    return { name, type: parsed, nullable: true }
  }),
})

const input = schemaOf({
  orderId: 'INTEGER',
  itemId: 'INTEGER',
  itemQuantity: 'INTEGER',
  itemAmount: 'DECIMAL(10,2)',
  itemStatus: 'VARCHAR(64)',
  orderAmount: 'DECIMAL(10,2)',
  orderStatus: 'VARCHAR(64)',
  orderDateTime: 'TIMESTAMP',
  shipToName: 'VARCHAR(64)',
  shipToAddress: 'VARCHAR(64)',
  shipToCity: 'VARCHAR(64)',
  shipToState: 'VARCHAR(64)',
  shipToZip: 'VARCHAR(64)',
  recordType: 'VARCHAR(16)',
})
const table = schemaOf({ productId: 'INTEGER', productName: 'VARCHAR(64)', productPrice: 'DECIMAL(10,2)' })

const text = readFileSync(new URL('../../../../examples/orders/kda-orders.sql', import.meta.url), 'utf8')
const compileStart = performance.now()
const { program, diagnostics } = bindProgram({
  text,
  fileName: 'kda-orders.sql',
  dialect: 'kda',
  inputs: [{ name: 'SOURCE_SQL_STREAM_001', schema: input }],
  references: [{ name: 'products', schema: table }],
  outputs: ['ORDER_ITEM_ENRICHED_STREAM'],
})
if (program === undefined) throw new Error(JSON.stringify(diagnostics))
const query = compileProgram(optimizeProgram(program), {
  ...(process.env.SOURCE === '1'
    ? { onSource: (pump: string, source: string) => console.log(`--- ${pump}\n${source}\n`) }
    : {}),
})
const compileMs = performance.now() - compileStart

const reference = makeBatch(table, products)
for (let i = 0; i < products; i++) {
  writeCell(reference.columns[0]!, i, table.fields[0]!.type, i)
  writeCell(reference.columns[1]!, i, table.fields[1]!.type, `Product number ${i}`)
  writeCell(reference.columns[2]!, i, table.fields[2]!.type, BigInt(i * 100))
}
reference.length = products
query.setReference('products', reference)

/** Row r: every third is an order, then its two items. */
function fill(batch: RowBatch, first: number): void {
  for (let i = 0; i < batchRows; i++) {
    const r = first + i
    const order = Math.floor(r / 3)
    const item = r % 3
    const isOrder = item === 0
    const values = isOrder
      ? [
          order,
          null,
          null,
          null,
          null,
          12345n,
          'PLACED',
          1.7e12 + r,
          `Customer ${order}`,
          `${order} Main Street, Flat ${order % 17}`,
          'Springfield',
          'Illinois',
          '62701',
          'order',
        ]
      : [
          order,
          (order * 2 + item) % products,
          item,
          995n,
          'SHIPPED',
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          null,
          'order_item',
        ]
    values.forEach((value, c) => {
      writeCell(batch.columns[c]!, i, input.fields[c]!.type, value)
    })
    batch.rowtime[i] = 1.7e12 + Math.floor(r * ((60 * 60_000) / (orders * 3)))
    batch.origin[i] = i
  }
  batch.length = batchRows
}

let gcMax = 0
let gcTotal = 0
new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    gcMax = Math.max(gcMax, duration)
    gcTotal += duration
  }
}).observe({ entryTypes: ['gc'] })

// A batch is made anew while the clock stands, so that making it costs nothing here.
let spent = 0
let rows = 0
let slowest = 0
let out = 0
let logBytes = 0
const start = performance.now()
for (let first = 0; first + batchRows <= orders * 3; first += batchRows) {
  const batch = makeBatch(input, batchRows)
  fill(batch, first)
  const from = performance.now()
  const result = query.process({
    inputs: new Map([['SOURCE_SQL_STREAM_001', batch]]),
    records: batchRows,
    bound: Number.NEGATIVE_INFINITY,
  })
  out += result.outputs.get('ORDER_ITEM_ENRICHED_STREAM')?.length ?? 0
  if (logged) for (const { blob } of query.takeChanges()) logBytes += blob.length
  const took = performance.now() - from
  spent += took
  rows += batchRows
  if (first > 20 * batchRows) slowest = Math.max(slowest, took)
}
await new Promise((resolve) => setTimeout(resolve, 50))
const state = query
  .stateInfo()
  .reduce((sum, info) => ({ rows: sum.rows + info.rows, bytes: sum.bytes + info.bytes }), {
    rows: 0,
    bytes: 0,
  })
console.log(
  JSON.stringify({
    compileMs: Math.round(compileMs),
    rows,
    out,
    rowsPerSecond: Math.round(rows / (spent / 1000)),
    slowestMs: Number(slowest.toFixed(1)),
    logBytesPerRow: Math.round(logBytes / rows),
    stateRows: state.rows,
    stateBytesPerRow: Math.round(state.bytes / Math.max(1, state.rows)),
    gcMaxMs: Number(gcMax.toFixed(1)),
    gcTotalMs: Math.round(gcTotal),
    heapMb: Math.round(process.memoryUsage().heapUsed / 1e6),
    elapsedMs: Math.round(performance.now() - start),
  }),
)
