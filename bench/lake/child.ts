/** One measurement: `child.ts JOB`, with the job as JSON. Prints what it measured as its last line. */
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type DeliverySettings,
  duckTypeText,
  literal,
  openCatalog,
  openConverter,
  openDuck,
  openLakeQuery,
  openParquetWorkshop,
  type ParquetFormat,
  storeServices,
} from '@millrace/lake'
import { openStore } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { type Job, type Measured, timed } from './job.ts'
import { fill, withDelivery } from './log.ts'
import { orderColumns, orderKeys, orders } from './orders.ts'

const mebibyte = 1024 * 1024

const parquet: ParquetFormat = {
  kind: 'parquet',
  schema: { kind: 'declared', columns: orderColumns },
  serde: { kind: 'openx', caseInsensitive: true, dotsToUnderscores: false, keys: {} },
  parquet: {
    compression: 'SNAPPY',
    blockBytes: 256 * mebibyte,
    pageBytes: mebibyte,
    dictionary: true,
    version: 'V1',
  },
}

function settings(
  more: Partial<DeliverySettings> & Partial<{ readonly to: object }>,
): Omit<DeliverySettings, 'source'> {
  const { to, ...rest } = more
  return {
    destination: {
      kind: 'files',
      bucket: 'lake',
      prefix: 'orders/',
      timeZone: 'UTC',
      buffering: { bytes: 64 * mebibyte, ms: 900_000 },
      format: parquet,
      compression: 'UNCOMPRESSED',
      ...to,
    },
    ...rest,
  }
}

function keyed(name: string): Omit<DeliverySettings, 'source'> {
  return {
    destination: {
      kind: 'iceberg',
      bucket: 'lake',
      table: { database: 'default', name },
      columns: orderColumns,
      key: ['orderid'],
      precombine: 'orderedat',
      envelope: 'plain',
      mode: 'merge-on-read',
      partitionBy: [],
      timeZone: 'UTC',
      buffering: { bytes: 64 * mebibyte, ms: 900_000 },
    },
  }
}

const bytesFile = 'bytes.txt'
const linesFile = 'orders.ndjson'

async function writeLines(job: Job): Promise<void> {
  const file = await open(join(job.dir, linesFile), 'w')
  let lines: string[] = []
  for (const order of orders(shapeOf(job))) {
    lines.push(`${order}\n`)
    if (lines.length === 10_000) {
      await file.write(lines.join(''))
      lines = []
    }
  }
  await file.write(lines.join(''))
  await file.close()
}

async function measureDelivery(
  job: Job,
  measuredSettings: Omit<DeliverySettings, 'source'>,
  warmUp = measuredSettings,
): Promise<Measured> {
  // Orders are not made here again: their garbage would be measured.
  const bytes = Number(readFileSync(join(job.dir, bytesFile), 'utf8'))
  let measured: Measured | undefined
  const { files } = await withDelivery(job.dir, { measured: measuredSettings, warmUp }, async (deliver) => {
    measured = await timed(bytes, deliver)
  })
  if (measured === undefined) throw new Error('nothing was measured')
  return { ...measured, files }
}

function shapeOf({ records, partitions, isKeyed = false }: Job) {
  return partitions === undefined ? { records, isKeyed } : { records, isKeyed, customers: partitions }
}

const kinds: { readonly [kind in Job['kind']]: (job: Job) => Promise<Measured> } = {
  fill: (job) =>
    timed(0, async () => {
      writeFileSync(join(job.dir, bytesFile), String(await fill(job.dir, shapeOf(job))))
      // The same text for DuckDB, an order on each line.
      if (job.partitions === undefined && job.isKeyed !== true) await writeLines(job)
    }),
  parquet: (job) => measureDelivery(job, settings({})),
  raw: (job) =>
    measureDelivery(
      job,
      settings({
        to: {
          format: { kind: 'raw', delimiter: '\n' },
          compression: 'GZIP',
          buffering: { bytes: 5 * mebibyte, ms: 900_000 },
        },
      }),
    ),
  partitions: (job) =>
    measureDelivery(
      job,
      settings({
        to: { prefix: 'orders/customer=!{partitionKeyFromQuery:customer}/', errorPrefix: 'errors/' },
        partitioning: {
          queries: { customer: '.customer' },
          activeMax: job.partitions ?? 500,
          retryMs: 300_000,
        },
      }),
      settings({ to: { prefix: 'warm-up/' } }),
    ),
  async upserts(job) {
    const measured = await measureDelivery({ ...job, isKeyed: true }, keyed('orders'), keyed('warm_up'))
    return { ...measured, rowsPerSecond: (job.records * 1500) / measured.ms }
  },
  async copy(job) {
    const path = join(job.dir, linesFile)
    const bytes = statSync(path).size - job.records
    const duck = await openDuck({ memoryBytes: 4096 * mebibyte, threads: 1, folders: [job.dir] })
    const connection = await duck.connect()
    const columns = orderColumns.map(
      ({ type }, i) => `"${orderKeys[i]}": ${literal(duckTypeText(type).replaceAll('"', ''))}`,
    )
    const read = `read_json(${literal(path)}, format = 'newline_delimited', columns = {${columns.join(', ')}})`
    const measured = await timed(bytes, async () => {
      await connection.run(
        `COPY (FROM ${read}) TO ${literal(join(job.dir, 'orders.parquet'))} (FORMAT parquet, COMPRESSION snappy)`,
      )
    })
    connection.closeSync()
    duck.close()
    return measured
  },
  async convert(job) {
    const text = readFileSync(join(job.dir, linesFile))
    const starts = [0]
    for (let at = text.indexOf(10); at >= 0; at = text.indexOf(10, at + 1)) starts.push(at + 1)
    const writer = openParquetWorkshop({ dir: join(job.dir, 'work') })
    const rows = openConverter({ writer, format: parquet, columns: orderColumns }).begin()
    const convert = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const error = rows.add(text, starts[i], (starts[i + 1] ?? 0) - 1)
        if (error !== undefined) throw new Error(error.message)
      }
      await rows.write(writer.path())
    }
    // DuckDB is loaded with the first file, and code compiled.
    await convert(20_000)
    return timed(text.length - job.records, () => convert(job.records))
  },
  async lake(job) {
    await fill(job.dir, { records: job.records })
    const store = await openStore({ dir: job.dir, clock: systemClock })
    openCatalog({ store }).write((writer) =>
      writer.putTable({
        database: 'default',
        name: 'orders',
        format: 'parquet',
        bucket: 'lake',
        location: 'orders/',
        columns: orderColumns,
        partitionKeys: [],
        kind: 'managed',
        parameters: {},
      }),
    )
    await store.close()
    const bytes = Math.floor((job.records * 229) / (job.files ?? 1))
    const table = { database: 'default', name: 'orders' }
    const measured = settings({ to: { table, buffering: { bytes, ms: 900_000 } } })
    await withDelivery(job.dir, { measured, warmUp: settings({}) }, (deliver) => deliver())
    return timed(0, async () => {})
  },
  async queries(job) {
    const store = await openStore({ dir: job.dir, clock: systemClock })
    const { buckets, catalog } = storeServices(store)
    if (catalog === undefined) throw new Error('a store has a catalog')
    const files = [...catalog.files('default', 'orders')]
    const paths = await Promise.all(files.map(({ key }) => buckets.open('lake').localFile(key)))
    const query = openLakeQuery({ catalog, buckets, clock: systemClock, store })
    const duck = await openDuck({ memoryBytes: 512 * mebibyte, threads: 2, folders: [job.dir] })
    const connection = await duck.connect()
    const direct = `read_parquet([${paths.map(literal).join(', ')}])`
    const answers: Record<string, { lakeMs: number; duckMs: number }> = {}
    const texts = {
      'count(*)': 'SELECT count(*) FROM orders',
      'sum by status': 'SELECT status, sum(amount) FROM orders GROUP BY status ORDER BY 1',
      'top customers':
        'SELECT customer, sum(amount) AS total FROM orders GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10',
      'one order': 'SELECT * FROM orders WHERE orderid = 77',
    }
    const measured = await timed(0, async () => {
      for (const [name, text] of Object.entries(texts)) {
        const lake: number[] = []
        const plain: number[] = []
        for (let i = 0; i < 7; i++) {
          const from = performance.now()
          const ours: (readonly (string | null)[])[] = []
          for await (const chunk of (await query.run(text)).rows) ours.push(...chunk)
          lake.push(performance.now() - from)
          const again = performance.now()
          const theirs = await connection.runAndReadAll(text.replace('FROM orders', `FROM ${direct}`))
          plain.push(performance.now() - again)
          if (theirs.currentRowCount !== ours.length) throw new Error(`${name}: other rows`)
        }
        answers[name] = { lakeMs: median(lake), duckMs: median(plain) }
      }
    })
    const lookups = Array.from({ length: 21 }, () => {
      const from = performance.now()
      catalog.table('default', 'orders')
      if ([...catalog.files('default', 'orders')].length !== files.length)
        throw new Error('files came or went')
      return performance.now() - from
    })
    await query.close()
    connection.closeSync()
    duck.close()
    await store.close()
    return { ...measured, files: files.length, queries: answers, lookupMs: median(lookups) }
  },
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

// Whoever starts this process writes the job.
const job = JSON.parse(process.argv[2] ?? '{}') as Job
const measured = await kinds[job.kind](job)
console.log(JSON.stringify(measured))
process.exit(0)
