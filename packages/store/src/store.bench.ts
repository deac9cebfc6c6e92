/**
 * Rates and latencies of the store on this machine. After `npm run build`:
 *
 *   npx jiti packages/store/src/store.bench.ts [directory]
 *
 * Prints one line for each case. Figures of one run compare with each other, not with another hour or machine.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '../dist/index.js'

const RECORD_BYTES = 360
const clock = {
  now: (): number => performance.timeOrigin + performance.now(),
  sleep: (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms)),
}

const base = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'millrace-bench-'))
const encoder = new TextEncoder()
const data = encoder.encode(`{"pad":"${'x'.repeat(RECORD_BYTES - 10)}"}`)
const key = encoder.encode('order-1234567')

try {
  await withStore('append 500', (store) => append(store, { records: 500_000, batch: 500, awaited: false }))
  await withStore('append 500, awaited', (store) =>
    append(store, { records: 250_000, batch: 500, awaited: true }),
  )
  await withStore('append 2000', (store) =>
    append(store, { records: 1_000_000, batch: 2_000, awaited: false }),
  )
  for (const batch of [500, 2_000]) {
    await withStore(`items rising ${batch}`, (store) =>
      putItems(store, { items: 1_000_000, batch, random: false }),
    )
  }
  await withStore('items random 2000', (store) =>
    putItems(store, { items: 200_000, batch: 2_000, random: true }),
  )
  await withStore('pipeline 2000', (store) => pipeline(store, 1_000_000, 2_000))
} finally {
  rmSync(base, { recursive: true })
}

async function withStore(name: string, run: (store: Store) => Promise<string>): Promise<void> {
  const dir = join(base, name)
  const store = await openStore({ dir, clock })
  store.defineStream({ name: 's', shards: 2, retentionMs: 86_400_000 })
  store.defineStream({ name: 'in', shards: 2, retentionMs: 86_400_000 })
  store.defineTable({
    name: 't',
    partitionKey: { name: 'orderId', type: 'number' },
    sortKey: { name: 'itemId', type: 'number' },
  })
  console.log(`${name.padEnd(22)} ${await run(store)}`)
  await store.close()
  rmSync(dir, { recursive: true })
}

async function append(
  store: Store,
  options: { records: number; batch: number; awaited: boolean },
): Promise<string> {
  const builder = store.builder()
  const times: number[] = []
  const start = performance.now()
  for (let done = 0; done < options.records; done += options.batch) {
    const from = performance.now()
    builder.reset()
    for (let i = 0; i < options.batch; i++) builder.add(key, 0, key.length, data, 0, data.length, 0)
    store.commit((transaction) => transaction.appendBatch('s', 0, builder))
    if (options.awaited) await store.flushed()
    times.push(performance.now() - from)
  }
  await store.flushed()
  const seconds = (performance.now() - start) / 1000
  const scanStart = performance.now()
  let position = 0
  let bytes = 0
  for (;;) {
    const { batches, atHead } = store.read('s', 0, position, { maxRecords: 2_000, maxBytes: 4_000_000 })
    for (const batch of batches) {
      if ('reason' in batch) throw new Error(batch.reason)
      position = batch.firstSequence + batch.count
      bytes += batch.bytes.length
    }
    if (atHead) break
  }
  const scanSeconds = (performance.now() - scanStart) / 1000
  if (position !== options.records) throw new Error(`read ${position} of ${options.records} records`)
  return `${rate(options.records, seconds)} commit ${percentiles(times)}  scan ${rate(position, scanSeconds)} ${Math.round(bytes / 1e6 / scanSeconds)} MB/s`
}

async function putItems(
  store: Store,
  options: { items: number; batch: number; random: boolean },
): Promise<string> {
  const times: number[] = []
  const start = performance.now()
  let seed = 1
  for (let done = 0; done < options.items; done += options.batch) {
    const from = performance.now()
    store.commit((transaction) => {
      for (let i = 0; i < options.batch; i++) {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
        const id = options.random ? seed : (done + i) >> 1
        transaction.putItem('t', id, (done + i) & 1, data)
      }
    })
    times.push(performance.now() - from)
  }
  const seconds = (performance.now() - start) / 1000
  return `${rate(options.items, seconds)} commit ${percentiles(times)}`
}

/** The store's part of the order pipeline: for 1M items, 1.5M records in, 1M out, 1M table items, join state as blobs. */
async function pipeline(store: Store, items: number, batch: number): Promise<string> {
  const builder = store.builder()
  const fill = (count: number): void => {
    builder.reset()
    for (let i = 0; i < count; i++) builder.add(key, 0, key.length, data, 0, data.length, 0)
  }
  const blob = new Uint8Array(batch * 200)
  const stage = encoder.encode('{"positions":[0,0]}')
  const times: number[] = []
  const start = performance.now()
  let position = 0
  for (let done = 0; done < items; done += batch) {
    fill((batch * 3) / 2)
    store.commit((transaction) => transaction.appendBatch('in', 0, builder))
    const { batches } = store.read('in', 0, position, { maxRecords: (batch * 3) / 2, maxBytes: 8_000_000 })
    for (const read of batches) if (!('reason' in read)) position = read.firstSequence + read.count
    fill(batch)
    const from = performance.now()
    store.commit((transaction) => {
      transaction.setStage('enrich', stage)
      transaction.appendState('enrich', 'join', blob, null)
      transaction.appendBatch('s', 0, builder)
      for (let i = 0; i < batch; i++) transaction.putItem('t', (done + i) >> 1, (done + i) & 1, data)
    })
    times.push(performance.now() - from)
  }
  const seconds = (performance.now() - start) / 1000
  return `${rate(items, seconds)} items, commit ${percentiles(times)}`
}

function rate(count: number, seconds: number): string {
  return `${Math.round(count / seconds / 1000)}k/s`
}

function percentiles(times: number[]): string {
  times.sort((a, b) => a - b)
  const at = (share: number): string =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(2)
  return `p50 ${at(0.5)} p99 ${at(0.99)} max ${at(1)} ms`
}
