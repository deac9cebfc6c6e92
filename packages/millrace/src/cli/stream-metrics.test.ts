import { MetricRegistry } from '@millrace/gateway'
import { openStore } from '@millrace/store'
import { seededRandom, VirtualClock } from '@millrace/values'
import { expect, it } from 'vitest'
import { temporaryFolder } from './cli-process.test-kit.ts'
import { streamMetricsInto } from './stream-metrics.ts'

it('the metric of a stream grows to what its log got, whoever wrote it', async () => {
  const folder = temporaryFolder()
  const clock = new VirtualClock(Date.UTC(2026, 0, 1))
  const store = await openStore({ dir: folder.path, clock })
  const registry = new MetricRegistry({ clock })
  const stopping = new AbortController()
  const seed = 20_261_121
  const random = seededRandom(seed)
  const append = (stream: string, count: number) =>
    store.commit((transaction) =>
      transaction.append(
        stream,
        Array.from({ length: count }, () => ({
          key: Buffer.from(`key-${random.below(100)}`),
          data: Buffer.from('x'.repeat(94)),
        })),
      ),
    )
  const total = (metric: 'IncomingRecords' | 'IncomingBytes', stream: string) =>
    registry.find({ metric, stream, level: 'stream' })[0]?.total.sum ?? 0
  store.defineStream({ name: 'orders', shards: 3, retentionMs: 3_600_000 })
  // Before the start: not counted.
  append('orders', 7)
  const following = streamMetricsInto(registry, store, { clock, signal: stopping.signal })
  const came = { orders: 0, late: 0 }
  try {
    for (let second = 0; second < 60; second++) {
      if (second === 30) store.defineStream({ name: 'late', shards: 1, retentionMs: 3_600_000 })
      for (const stream of second < 30 ? (['orders'] as const) : (['orders', 'late'] as const)) {
        const count = random.below(5)
        if (count > 0) append(stream, count)
        came[stream] += count
        // Some of them by calls of clients, which the gateway counts itself, sometimes after the next look at the log.
        const put = random.below(3)
        if (put > 0) {
          append(stream, put)
          came[stream] += put
          if (random.below(2) === 0) await clock.advance(1_000)
          registry.metric('IncomingRecords', { stream }).observe(put)
          registry.metric('IncomingBytes', { stream }).observe(put * 100)
        }
      }
      await clock.advance(1_000)
    }
    // A second in which the app alone writes, and more than could have been counted twice.
    append('orders', 10)
    append('late', 10)
    await clock.advance(1_000)
    for (const stream of ['orders', 'late'] as const) {
      const records = came[stream] + 10
      expect(total('IncomingRecords', stream), `seed ${seed}`).toBe(records)
      expect(total('IncomingBytes', stream) / records).toBeGreaterThan(90)
      expect(total('IncomingBytes', stream) / records).toBeLessThan(110)
    }
  } finally {
    stopping.abort()
    await clock.advance(1_000)
    await following
    await store.close()
    folder.remove()
  }
})
