/** Settings that change between two runs: what was decided under the earlier ones is not decided again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { leftOver, openBench } from './testing/mapping-bench.ts'

const startMs = Date.UTC(2026, 0, 1)
const good = { failures: 0, throttles: 0 }
const bad = { failures: Number.POSITIVE_INFINITY, throttles: 0 }

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-changed-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

function put(store: Store, keys: string, from: number): void {
  const records = [...keys].map((key, i) => ({
    key: Buffer.from(key),
    data: Buffer.from(String(from + i)),
    shard: 0,
  }))
  store.commit((transaction) => transaction.append('in', records))
}

const without = (key: string): readonly string[] => [`{"partitionKey":[{"anything-but":["${key}"]}]}`]

test('filters that change while records are in flight: these go by the filters under which they were taken in', async () => {
  const clock = new VirtualClock(startMs)
  const first = await openBench({
    dir,
    clock,
    shards: 1,
    mapping: { filters: without('c'), batchSize: 2 },
    behaviours: [bad, good, good, good, good, good],
  })
  put(first.host.store, 'abcabc', 0)
  await first.host.runTo(startMs + 5_000)
  const stopped = leftOver(first.host).record
  expect(stopped).toMatchObject({ ledger: { out: 0, filtered: 2 }, shards: [{ read: 6, inFlight: 4 }] })
  await first.host.stop()

  const second = await openBench({
    dir,
    clock,
    shards: 1,
    mapping: { filters: without('a'), batchSize: 2 },
    behaviours: Array.from({ length: 9 }, () => good),
  })
  put(second.host.store, 'abc', 6)
  await second.host.runTo(startMs + 10_000)
  const left = leftOver(second.host)
  await second.host.stop()
  expect(left.out.map(({ key, number }) => `${key}${number}`)).toEqual(['a0', 'b1', 'a3', 'b4', 'b7', 'c8'])
  expect(left.record).toMatchObject({
    ledger: { out: 6, filtered: 3, dead: 0 },
    shards: [{ read: 9, inFlight: 0 }],
  })
})

test('windows switched on while lanes hold records: the lanes take turns, and each record counts once', async () => {
  const clock = new VirtualClock(startMs)
  const keys = 'abcdefghij'
  const first = await openBench({
    dir,
    clock,
    shards: 1,
    mapping: { parallelization: 4, maxRetries: Number.POSITIVE_INFINITY },
    behaviours: Array.from({ length: 10 }, () => bad),
  })
  put(first.host.store, keys, 0)
  await first.host.runTo(startMs + 500)
  await first.host.stop()

  const windows = { tumblingWindowMs: 10_000, parallelization: 4 }
  const second = await openBench({
    dir,
    clock,
    shards: 1,
    mapping: windows,
    behaviours: Array.from({ length: 12 }, () => good),
  })
  put(second.host.store, 'ab', 10)
  await second.host.runTo(startMs + 20_000)
  const left = leftOver(second.host)
  await second.host.stop()
  expect(left.windows).toEqual([{ start: startMs, count: 12 }])
  expect(left.record.shards).toMatchObject([{ lanes: [12], inFlight: 0 }])
})

test('windows switched off: the open one is dropped with its state', async () => {
  const clock = new VirtualClock(startMs)
  const behaviours = [good, good]
  const first = await openBench({ dir, clock, shards: 1, mapping: { tumblingWindowMs: 10_000 }, behaviours })
  put(first.host.store, 'a', 0)
  await first.host.runTo(startMs + 500)
  expect(leftOver(first.host).record.shards).toMatchObject([{ window: { start: startMs } }])
  await first.host.stop()
  const second = await openBench({ dir, clock, shards: 1, mapping: {}, behaviours })
  put(second.host.store, 'a', 1)
  await second.host.runTo(startMs + 20_000)
  const left = leftOver(second.host)
  expect([...second.host.store.readState('f')]).toEqual([])
  await second.host.stop()
  expect(left.windows).toEqual([])
  expect(left.record.shards[0]).not.toHaveProperty('window')
})
