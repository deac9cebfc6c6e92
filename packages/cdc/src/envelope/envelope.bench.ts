/**
 * What envelopes cost. After `npm run build`:
 *
 *   node node_modules/.bin/jiti packages/cdc/src/envelope/envelope.bench.ts
 *
 * Rows of 8 columns a second of one core (median, least and most of 15 rounds), each written as UTF-8, beside JSON.stringify of the same objects,
 * built beforehand. Figures of one run compare with each other only: the last column is the ratio to JSON.stringify.
 */
import {
  type Column,
  type ColumnType,
  makeEnvelope,
  type RowChange,
  type TableSchema,
} from '../../dist/index.js'

const rounds = 15
const warmUp = 5
const rows = 20_000

const column = (name: string, type: ColumnType): Column => ({ name, type, isNullable: true })
const int: ColumnType = { kind: 'integer', native: 'int', bits: 32 }
const text: ColumnType = { kind: 'text', native: 'varchar(40)', length: 40 }
const table: TableSchema = {
  schema: 'shop',
  table: 'orders',
  columns: [
    column('orderId', int),
    column('orderAmount', { kind: 'decimal', native: 'decimal(10,2)', precision: 10, scale: 2 }),
    column('orderStatus', text),
    column('orderDateTime', { kind: 'datetime', native: 'datetime(3)', scale: 3 }),
    column('shipToName', text),
    column('shipToAddress', text),
    column('shipToCity', text),
    column('quantity', int),
  ],
  key: [0],
}

const changes = Array.from(
  { length: rows },
  (_, i): RowChange => ({
    kind: 'row',
    operation: 'insert',
    table,
    before: undefined,
    after: [
      10_000_001 + i,
      `${i % 900}.${10 + (i % 90)}`,
      'shipped',
      `2026-01-01 12:${10 + (i % 50)}:${10 + (i % 50)}.123`,
      `Ann Miller ${i}`,
      `${i} Long Street West`,
      'Springfield',
      (i % 4) + 1,
    ],
    transaction: {
      id: `0-1-${i}`,
      number: i,
      commitTimeUs: 1.7e15 + i * 1000,
      place: `mysql-bin.000001:${i}`,
    },
    order: 0,
  }),
)

const source = { name: 'orders', kind: 'mysql', version: '8.0', database: '' } as const
const target = Buffer.allocUnsafe(65_536)
const nowUs = 1_700_000_000_000_005

const runs = new Map<string, () => void>()
for (const format of ['dms', 'flat', 'debezium'] as const) {
  const envelope = makeEnvelope(format, source)
  runs.set(format, () => {
    for (const change of changes) envelope.encode(change, nowUs, (_, data) => target.write(data))
  })
}

/** What `dms` writes, as objects. */
const objects: object[] = []
for (const change of changes)
  makeEnvelope('dms', source).encode(change, nowUs, (_, data) => objects.push(JSON.parse(data)))
runs.set('JSON.stringify', () => {
  for (const object of objects) target.write(JSON.stringify(object))
})

// In turn, so that what else the machine does falls on all of them; time of the processor, for the same reason.
const seconds = new Map([...runs.keys()].map((name) => [name, [] as number[]]))
for (let round = -warmUp; round < rounds; round++)
  for (const [name, run] of runs) {
    const start = process.cpuUsage()
    run()
    const { user, system } = process.cpuUsage(start)
    if (round >= 0) seconds.get(name)?.push((user + system) / 1e6)
  }

const sortedOf = (name: string) => seconds.get(name)?.toSorted((a, b) => a - b) ?? []
const middle = Math.floor(rounds / 2)
for (const name of runs.keys()) {
  const sorted = sortedOf(name)
  const perSecond = (s = Number.NaN) => Math.round(rows / s).toLocaleString('en')
  const ratio = (sortedOf('JSON.stringify')[middle] ?? Number.NaN) / (sorted[middle] ?? Number.NaN)
  console.log(
    `${name.padEnd(16)} ${perSecond(sorted[middle]).padStart(10)} rows/s (${perSecond(sorted.at(-1))} to ` +
      `${perSecond(sorted[0])})  ${ratio.toFixed(2)}`,
  )
}
