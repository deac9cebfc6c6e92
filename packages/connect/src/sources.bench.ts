/**
 * Records per second that each source feeds into a store's builders, with routing, on one core. After `npm run build`:
 *
 *   npx jiti packages/connect/src/sources.bench.ts [directory]
 *
 * Nothing is committed: this is the cost of the sources alone. Figures of one run compare with each other only.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SourceFactory } from '@millrace/runtime'
import { openStore } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { file, generateOrders, ordersGenerator, replay } from './index.ts'

const ORDERS = 500_000
const ROUNDS = 3
const READ_BYTES = 1 << 20

const dir = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'millrace-bench-'))
const path = join(dir, 'changes.ndjson')
const model = { orders: ORDERS, products: 1000, seed: 1 }
try {
  const started = performance.now()
  const descriptor = openSync(path, 'w')
  for (const chunk of generateOrders(model).changes()) writeSync(descriptor, chunk)
  closeSync(descriptor)
  print('generateOrders to a file', ORDERS * 3, performance.now() - started)

  const partitionKey = '$.data.orderId'
  const timeAttribute = '$.data.orderDateTime'
  for (let round = 0; round < ROUNDS; round++) {
    await drain('ordersGenerator', ordersGenerator(model))
    await drain('file by order id', file({ path, partitionKey }))
    await drain('file by schema.table', file({ path, partitionKey: 'schema.table' }))
    await drain('replay at 10^9', replay({ path, partitionKey, timeAttribute, speed: 1e9 }))
  }
} finally {
  rmSync(dir, { recursive: true })
}

async function drain(name: string, factory: SourceFactory): Promise<void> {
  const store = await openStore({ dir: join(dir, 'data'), clock: systemClock })
  store.defineStream({ name: 's', shards: 2, retentionMs: 86_400_000 })
  const source = await factory({
    position: undefined,
    clock: systemClock,
    signal: new AbortController().signal,
    route: (key, start, end) => store.route('s', key, start, end),
    warn: (code, message) => console.log(code, message),
    kept: new Map(),
    name: 'source',
    report: () => {},
    directory: '',
  })
  const builders = [store.builder(), store.builder()]
  const started = performance.now()
  let records = 0
  for (let done = false; !done; ) {
    const read = await source.read(builders, READ_BYTES)
    records += read.taken
    done = read.done
    for (const builder of builders) builder.reset()
  }
  print(name, records, performance.now() - started)
  await source.close()
  await store.close()
}

function print(name: string, records: number, ms: number): void {
  console.log(
    `${name.padEnd(26)} ${Math.round(records / ms)} k records/s (${records} in ${Math.round(ms)} ms)`,
  )
}
