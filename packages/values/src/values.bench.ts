/**
 * Speed of the hot paths on one core: `npx tsc -b packages/values && node --max-semi-space-size=64 node_modules/.bin/jiti
 * packages/values/src/values.bench.ts`. It measures the built package, as its users run it. Each figure is the median of
 * 25 passes over 4,000 records after 8 passes of warm-up; minimum and maximum show how quiet the machine was.
 *
 * Records are change-data envelopes (`data` and `metadata`) of two interleaved tables, mean 392 bytes, mapped to 21 columns.
 */
import {
  ByteWriter,
  JsonKeyReader,
  JsonRowReader,
  JsonRowWriter,
  makeBatch,
  parseSqlType,
  resetBatch,
  scanJson,
  seededRandom,
  shardOfKey,
} from '@millrace/values'

const recordCount = 4000
const random = seededRandom('values.bench')

const isoTime = (i: number) => new Date(1_700_000_000_000 + i * 37).toISOString()
const envelope = (i: number, table: string, data: Record<string, unknown>) => ({
  data,
  metadata: {
    timestamp: isoTime(i).replace('Z', '123Z'),
    'record-type': 'data',
    operation: 'insert',
    'partition-key-type': 'primary-key',
    'schema-name': 'orders',
    'table-name': table,
    'transaction-id': 1_000_000 + i,
  },
})
const order = (i: number) =>
  envelope(i, 'order', {
    orderId: 100_000 + i,
    customerId: random.below(100_000),
    orderAmount: random.below(99_999) / 100,
    orderStatus: 'PENDING',
    orderDateTime: `${isoTime(i).slice(0, 19)}Z`,
    shipToName: 'Jane Q. Public',
    shipToAddress: `${random.below(9999)} Main Street`,
    shipToCity: 'Seattle',
    shipToState: 'WA',
    shipToZip: String(10_000 + random.below(80_000)),
  })
const item = (i: number) =>
  envelope(i, 'order_item', {
    orderId: 100_000 + i,
    itemId: random.below(1e6),
    productId: random.below(1000),
    itemQuantity: 1 + random.below(9),
    itemAmount: random.below(99_999) / 100,
    itemStatus: 'NEW',
    orderDateTime: `${isoTime(i).slice(0, 19)}Z`,
  })

const columnTypes = {
  '$.data.orderId': 'BIGINT',
  '$.data.itemId': 'BIGINT',
  '$.data.customerId': 'INTEGER',
  '$.data.orderAmount': 'DECIMAL(10,2)',
  '$.data.itemAmount': 'DECIMAL(10,2)',
  '$.data.itemQuantity': 'INTEGER',
  '$.data.productId': 'INTEGER',
  '$.data.orderStatus': 'VARCHAR(16)',
  '$.data.itemStatus': 'VARCHAR(16)',
  '$.data.orderDateTime': 'TIMESTAMP',
  '$.data.shipToName': 'VARCHAR(64)',
  '$.data.shipToAddress': 'VARCHAR(64)',
  '$.data.shipToCity': 'VARCHAR(32)',
  '$.data.shipToState': 'VARCHAR(2)',
  '$.data.shipToZip': 'VARCHAR(10)',
  '$.metadata.timestamp': 'TIMESTAMP',
  '$.metadata.record-type': 'VARCHAR(16)',
  '$.metadata.operation': 'VARCHAR(16)',
  '$.metadata.table-name': 'VARCHAR(32)',
  '$.metadata.transaction-id': 'BIGINT',
  '$.recordType': 'VARCHAR(16)',
}
const columns = Object.entries(columnTypes).map(([path, type]) => ({
  name: path.slice(path.lastIndexOf('.') + 1),
  type: parseSqlType(type),
  path,
}))
const fields = columns.map(({ name, type }) => ({ name, type, nullable: true }))

/** Texts in one page, with where each begins. */
function pageOf(texts: readonly string[]): { page: Buffer; starts: number[] } {
  const page = Buffer.from(texts.join(''))
  const starts = [0]
  for (const text of texts) starts.push(starts.at(-1)! + Buffer.byteLength(text))
  return { page, starts }
}

function measure(name: string, pass: () => void): void {
  for (let i = 0; i < 8; i++) pass()
  const rates: number[] = []
  for (let i = 0; i < 25; i++) {
    const start = performance.now()
    pass()
    rates.push(recordCount / (performance.now() - start) / 1000)
  }
  rates.sort((a, b) => a - b)
  const [low, middle, high] = [rates[0]!, rates[12]!, rates[24]!].map((rate) => rate.toFixed(2))
  console.log(`${name.padEnd(44)} ${middle} M/s  [${low} .. ${high}]`)
}

function must(problem: unknown): void {
  if (problem !== null) throw new Error(JSON.stringify(problem))
}

const indexes = Array.from({ length: recordCount }, (_, i) => i)
const { page, starts } = pageOf(indexes.map((i) => JSON.stringify(i % 3 === 0 ? order(i) : item(i))))
const batch = makeBatch({ fields }, recordCount)

for (const learn of [true, false]) {
  const kind = learn ? 'learned' : 'general'
  const reader = new JsonRowReader(columns, { learn })
  measure(`locate, ${kind}`, () => {
    for (const i of indexes) must(reader.locate(page, starts[i]!, starts[i + 1]!))
  })
  measure(`locate + append, ${kind}`, () => {
    resetBatch(batch)
    reader.page(batch, page)
    for (const i of indexes) {
      must(reader.locate(page, starts[i]!, starts[i + 1]!))
      must(reader.append(batch, 0, i))
    }
  })
  measure(`locate + get + set + append, ${kind}`, () => {
    resetBatch(batch)
    reader.page(batch, page)
    for (const i of indexes) {
      must(reader.locate(page, starts[i]!, starts[i + 1]!))
      reader.set('recordType', reader.get('$.metadata.table-name') === 'order' ? 'order' : 'item')
      must(reader.append(batch, 0, i))
    }
  })
}

// Optional members: 16 shapes.
const sparse = pageOf(
  indexes.map((i) => {
    const data: Record<string, unknown> = { orderId: i }
    for (const name of ['itemId', 'orderAmount', 'shipToCity', 'shipToZip'])
      if (random.below(2) === 0) data[name] = 12.5
    return JSON.stringify(envelope(i, 'order', data))
  }),
)
const sparseReader = new JsonRowReader(columns)
measure('locate, learned, 16 shapes', () => {
  for (const i of indexes) must(sparseReader.locate(sparse.page, sparse.starts[i]!, sparse.starts[i + 1]!))
})

const writer = new JsonRowWriter({ fields: fields.slice(0, 15) })
const out = new ByteWriter(1 << 20)
measure('write 15 columns', () => {
  out.reset()
  for (const i of indexes) writer.write(batch, i, out)
})
const rowEnds = [0]
out.reset()
for (const i of indexes) {
  writer.write(batch, i, out)
  rowEnds.push(out.length)
}
const rows = out.written()
const keys = new JsonKeyReader(['orderId', 'itemId'])
let sum = 0
measure(`two keys of ${Math.round(rows.length / recordCount)} bytes`, () => {
  for (const i of indexes) {
    must(keys.locate(rows, rowEnds[i]!, rowEnds[i + 1]!))
    sum += Number(keys.value(0) ?? 0) + Number(keys.value(1) ?? 0)
  }
})
const routed = pageOf(indexes.map((i) => String(1_000_000 + i)))
measure('route a key of 7 bytes to one of 16 shards', () => {
  for (const i of indexes) sum += shardOfKey(routed.page, routed.starts[i]!, routed.starts[i + 1]!, 16)
})
measure('scanJson', () => {
  for (const i of indexes) must(scanJson(page, starts[i]!, starts[i + 1]!))
})
measure('JSON.parse, for scale', () => {
  for (const i of indexes) sum += JSON.parse(page.toString('latin1', starts[i]!, starts[i + 1]!)).data.orderId
})
if (sum === 0) throw new Error('nothing was measured')
