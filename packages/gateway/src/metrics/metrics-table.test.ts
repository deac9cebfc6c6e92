import { VirtualClock } from '@millrace/values'
import { describe, expect, it } from 'vitest'
import { MetricRegistry } from './metric-registry.ts'
import { metricsSnapshot, metricsTable } from './metrics-table.ts'

const start = Date.UTC(2026, 0, 1)
const shard = 'shardId-000000000000'

function observe(registry: MetricRegistry, stream: string, records: number): void {
  registry.metric('IncomingRecords', { stream }).observe(records)
  registry.metric('IncomingBytes', { stream }).observe(records * 200)
  registry.metric('IncomingRecords', { stream, shard }).observe(records)
  registry.metric('GetRecords.Records', { stream }).observe(records)
  registry.metric('GetRecords.Bytes', { stream }).observe(records * 200)
  registry.metric('SubscribeToShardEvent.Records', { stream, consumer: 'c' }).observe(records)
  registry.metric('SubscribeToShardEvent.Bytes', { stream, consumer: 'c' }).observe(records * 200)
}

describe('the table', () => {
  it('shows a steady rate as it is, at any second of a minute and right after the start', async () => {
    const clock = new VirtualClock(start + 17_000)
    const registry = new MetricRegistry({ clock })
    for (let second = 0; second < 300; second++) {
      observe(registry, 'orders', 1_000)
      await clock.advance(1_000)
      const { streams } = metricsSnapshot(registry)
      expect(streams[0]!.inRecordsPerSecond).toBeCloseTo(1_000, 6)
      expect(streams[0]!.outBytesPerSecond).toBeCloseTo(400_000, 3)
    }
  })

  it('has a line for each stream, with throttles and the oldest reader', async () => {
    const clock = new VirtualClock(start)
    const registry = new MetricRegistry({ clock })
    observe(registry, 'orders', 60_000)
    observe(registry, 'clicks', 30)
    registry.metric('WriteProvisionedThroughputExceeded', { stream: 'orders' }).observe(1_234_567)
    registry.metric('ReadProvisionedThroughputExceeded', { stream: 'orders' }).observe(7)
    for (const age of [3, 40_000_000])
      registry.metric('GetRecords.IteratorAgeMilliseconds', { stream: 'orders' }).observe(age)
    registry
      .metric('SubscribeToShardEvent.MillisBehindLatest', { stream: 'orders', consumer: 'c' })
      .observe(61_000)
    await clock.advance(60_000)
    expect(metricsTable(metricsSnapshot(registry))).toEqual([
      'stream  in rec/s       in/s  out rec/s      out/s  throttled puts  throttled gets  iterator age',
      'clicks       0.5      100 B          1      200 B               0               0     no reader',
      'orders     1,000  195.3 KiB      2,000  390.6 KiB       1,234,567               7    11 h 6 min',
    ])
  })

  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_500, '1.5 s'],
    [61_000, '1 min 1 s'],
    [3_600_000, '1 h 0 min'],
  ])('writes an age of %i ms as %s', (age, text) => {
    const registry = new MetricRegistry({ clock: new VirtualClock(start) })
    registry.metric('GetRecords.IteratorAgeMilliseconds', { stream: 's' }).observe(age)
    expect(metricsTable(metricsSnapshot(registry))[1]).toMatch(new RegExp(`  ${text}$`))
  })

  it('says so when there is nothing to show', () => {
    const registry = new MetricRegistry({ clock: new VirtualClock(start) })
    expect(metricsTable(metricsSnapshot(registry))).toEqual(['no stream was used yet'])
  })
})
