/** Memory of a delivery: many partitions share what it may hold, and no row is lost or doubled by buffers that go early. */
import {
  defineLetterTables,
  Latency,
  makeLambdaHost,
  noDeliveryMeter,
  noFunctionMeter,
  resolveLimits,
  Warnings,
} from '@millrace/runtime'
import { openStore } from '@millrace/store'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterEach, expect, it } from 'vitest'
import { DeliveryStage } from './delivery-stage.ts'
import { declaredStages } from './delivery-stages.ts'
import { MemoryBuckets, settingsOf, startMs, tempDir } from './testing/delivery-kit.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

const isNightly = process.env.MILLRACE_NIGHTLY === '1'
const partitions = isNightly ? 10_000 : 1_000
const rows = 6 * partitions
const memoryBytes = 1_600 * partitions

it(`${partitions} partitions stay within what a delivery may hold`, { timeout: 600_000 }, async () => {
  const temp = tempDir()
  opened.push(() => temp.remove())
  const clock = new VirtualClock(startMs)
  const store = await openStore({ dir: temp.dir, clock })
  opened.push(() => store.close())
  defineLetterTables(store)
  store.defineStream({ name: 'in', shards: 1, retentionMs: 86_400_000 })
  const encoder = new TextEncoder()
  const key = encoder.encode('k')
  const builder = store.builder()
  for (let n = 0; n < rows; builder.reset()) {
    for (const end = Math.min(rows, n + 5_000); n < end; n++) {
      const data = encoder.encode(JSON.stringify({ n, p: (n * 7919) % partitions, more: 'x'.repeat(600) }))
      builder.add(key, 0, key.length, data, 0, data.length, 0)
    }
    store.commit((transaction) => transaction.appendBatch('in', 0, builder))
  }
  const buckets = new MemoryBuckets(clock)
  const settings = settingsOf(
    {
      prefix: 'p=!{partitionKeyFromQuery:p}/',
      errorPrefix: 'errors/',
      format: { kind: 'raw', delimiter: '\n' },
      buffering: { bytes: 64 * 1024 * 1024, ms: 900_000 },
    },
    {
      source: { kind: 'stream', stream: 'in', startingPosition: 'TRIM_HORIZON' },
      partitioning: { queries: { p: '.p' }, activeMax: partitions, retryMs: 0 },
    },
  )
  const services = () => ({ buckets, catalog: undefined, transformer: () => undefined })
  const [definition] = declaredStages('d', settings, { services, memoryBytes })
  const stage = definition!.make({
    store,
    clock,
    random: seededRandom(1),
    limits: resolveLimits({}),
    warnings: new Warnings(),
    latency: new Latency(),
    tableLatency: new Latency(),
    lambdas: makeLambdaHost({
      services: { region: 'us-east-1', account: '000000000000', environment: {} },
      cacheDir: undefined,
    }),
    meter: noFunctionMeter,
    deliveryMeter: noDeliveryMeter,
    stopping: new AbortController().signal,
  })
  if (!(stage instanceof DeliveryStage)) throw new Error('the files of a delivery are made by its stage')
  await stage.open()
  opened.push(() => stage.close())
  let most = 0
  buckets.onPutStep = () => {
    most = Math.max(most, stage.held())
  }
  stage.flush()
  for (;;) {
    const result = await stage.step()
    most = Math.max(most, stage.held())
    if (result !== 'idle') continue
    if (!stage.busy()) break
    await new Promise<void>((resolve) => stage.onReady(resolve))
  }
  // One read may come on top, and the buffers that it doubles.
  expect(most).toBeLessThan(memoryBytes * 1.5)
  const seen = new Set<number>()
  let count = 0
  for (const [path, text] of Object.entries(buckets.texts())) {
    for (const line of text.trimEnd().split('\n')) {
      const { n, p } = JSON.parse(line) as { n: number; p: number }
      expect(path.startsWith(`p=${p}/`)).toBe(true)
      seen.add(n)
      count++
    }
  }
  expect([count, seen.size]).toEqual([rows, rows])
})
