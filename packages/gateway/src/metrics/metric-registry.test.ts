import { type Random, seededRandom, VirtualClock } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isMetricName, metricDefinitions } from './metric-catalogue.ts'
import { MetricRegistry } from './metric-registry.ts'
import type { Series } from './series.ts'
import { type MinuteStatistics, minuteMs } from './statistics.ts'

const start = Date.UTC(2026, 0, 1)

/** The model: every observation is remembered, and asked for anew each time. */
interface Observation {
  readonly key: string
  readonly at: number
  readonly value: number
}

function modelMinutes(
  all: readonly Observation[],
  key: string,
  now: number,
  kept: number,
): MinuteStatistics[] {
  const newest = Math.floor(now / minuteMs)
  const minutes = new Map<number, number[]>()
  for (const { at, value, key: of } of all) {
    const minute = Math.floor(at / minuteMs)
    if (of === key && minute > newest - kept) minutes.set(minute, [...(minutes.get(minute) ?? []), value])
  }
  return [...minutes].map(([minute, values]) => ({
    minute,
    sum: values.reduce((a, b) => a + b, 0),
    count: values.length,
    min: Math.min(...values),
    max: Math.max(...values),
  }))
}

describe('the registry', () => {
  it('answers like a list of all observations, whatever the gaps between them and however few minutes are kept', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.array(
          fc.record({
            stream: fc.constantFrom('a', 'b', 'c'),
            value: fc.integer({ min: -1000, max: 1000 }),
            waitMs: fc.oneof(
              fc.constant(0),
              fc.integer({ min: 1, max: minuteMs }),
              fc.integer({ min: minuteMs, max: 12 * minuteMs }),
            ),
          }),
          { maxLength: 60 },
        ),
        async (minutesKept, steps) => {
          const clock = new VirtualClock(start)
          const registry = new MetricRegistry({ clock, minutesKept })
          const handles = new Map(
            ['a', 'b', 'c'].map((stream) => [stream, registry.metric('PutRecord.Latency', { stream })]),
          )
          const all: Observation[] = []
          for (const { stream, value, waitMs } of steps) {
            await clock.advance(waitMs)
            handles.get(stream)!.observe(value)
            all.push({ key: stream, at: clock.now(), value })
          }
          for (const stream of handles.keys()) {
            const [series] = registry.find({ stream })
            expect(series!.minutes(0, Number.POSITIVE_INFINITY)).toEqual(
              modelMinutes(all, stream, clock.now(), minutesKept),
            )
            const values = all.filter(({ key }) => key === stream).map(({ value }) => value)
            expect(series!.total).toEqual({ sum: values.reduce((a, b) => a + b, 0), count: values.length })
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('keeps a full window of 180 minutes, the running one included', async () => {
    const clock = new VirtualClock(start)
    const registry = new MetricRegistry({ clock })
    const handle = registry.metric('IncomingRecords', { stream: 's' })
    for (let minute = 0; minute < 400; minute++) {
      handle.observe(minute)
      await clock.advance(minute < 399 ? minuteMs : 0)
    }
    const [series] = registry.find({ stream: 's' })
    const minutes = series!.minutes(0, Number.POSITIVE_INFINITY)
    expect(minutes.map(({ sum }) => sum)).toEqual(Array.from({ length: 180 }, (_, i) => 220 + i))
    expect(minutes.at(-1)!.minute).toBe(registry.minute)
  })

  it('files under the newest minute what comes while the clock is set back', () => {
    let now = start + minuteMs
    const clock = { now: () => now, sleep: () => Promise.resolve() }
    const registry = new MetricRegistry({ clock })
    const handle = registry.metric('IncomingBytes', { stream: 's' })
    for (const minutes of [1, 0, -3, 2]) {
      now = start + minutes * minuteMs
      handle.observe(1)
    }
    const minutes = registry.find({ stream: 's' })[0]!.minutes(0, Number.POSITIVE_INFINITY)
    expect(minutes.map(({ minute, sum }) => [minute - start / minuteMs, sum])).toEqual([
      [1, 3],
      [2, 1],
    ])
  })

  it('gives the same handle for the same name and dimensions, and another for any other', () => {
    const registry = new MetricRegistry({ clock: new VirtualClock(start) })
    const shard = 'shardId-000000000000'
    const handles = [
      registry.metric('IncomingBytes', { stream: 's' }),
      registry.metric('IncomingRecords', { stream: 's' }),
      registry.metric('IncomingBytes', { stream: 't' }),
      registry.metric('IncomingBytes', { stream: 's', shard }),
      registry.metric('SubscribeToShard.Success', { stream: 's', consumer: 'c' }),
    ]
    expect(new Set(handles).size).toBe(handles.length)
    expect(registry.metric('IncomingBytes', { stream: 's', shard })).toBe(handles[3])
    expect(registry.find({ level: 'shard' })).toEqual([handles[3]])
    expect(registry.find({ level: 'stream', metric: 'IncomingBytes' })).toEqual([handles[0], handles[2]])
    expect(registry.find({ consumer: 'c' })).toEqual([handles[4]])
  })

  it('refuses a metric at a level that the catalogue does not have for it', () => {
    const registry = new MetricRegistry({ clock: new VirtualClock(start) })
    expect(() => registry.metric('OutgoingBytes', { stream: 's' })).toThrow(/of shard level, not of stream/)
    expect(() => registry.metric('PutRecord.Bytes', { stream: 's', shard: 'x' })).toThrow(/not of shard/)
    expect(() => registry.metric('IncomingBytes', { stream: 's', shard: 'x', consumer: 'y' })).toThrow(
      /not of both/,
    )
  })
})

describe('a full registry', () => {
  it('refuses further series and counts what is lost, without touching the others', () => {
    const registry = new MetricRegistry({ clock: new VirtualClock(start), seriesMax: 2 })
    const kept = [0, 1].map((i) => registry.metric('IncomingBytes', { stream: `s${i}` }))
    const refused = registry.metric('IncomingBytes', { stream: 's2' })
    for (const handle of [...kept, refused, refused]) handle.observe(5)
    expect(registry.own.overflow).toEqual({ seriesRefused: 1, observationsDropped: 2 })
    expect(registry.find({}).map((series) => series.total.sum)).toEqual([5, 5])
  })

  it('lets series go that were silent for all minutes kept; handles that callers hold find back with their totals', async () => {
    const clock = new VirtualClock(start)
    const registry = new MetricRegistry({ clock, seriesMax: 2, minutesKept: 3 })
    const silent = registry.metric('IncomingBytes', { stream: 'silent' })
    const busy = registry.metric('IncomingBytes', { stream: 'busy' })
    const early = registry.metric('IncomingBytes', { stream: 'late' })
    silent.observe(1)
    for (let i = 0; i < 3; i++) {
      await clock.advance(minuteMs)
      busy.observe(1)
    }
    // Refused in the first minute, kept now: the handle is the caller's first one.
    early.observe(7)
    expect(names(registry)).toEqual(['busy', 'late'])
    silent.observe(1)
    expect(registry.own.overflow).toEqual({ seriesRefused: 1, observationsDropped: 1 })
    for (let i = 0; i < 3; i++) {
      await clock.advance(minuteMs)
      busy.observe(1)
    }
    silent.observe(10)
    expect(names(registry)).toEqual(['busy', 'silent'])
    expect(registry.find({ stream: 'silent' })[0]!.total).toEqual({ sum: 11, count: 2 })
  })

  it('passes observations of an old handle on to the series that has its key now', async () => {
    const clock = new VirtualClock(start)
    const registry = new MetricRegistry({ clock, seriesMax: 1, minutesKept: 2 })
    const old = registry.metric('IncomingBytes', { stream: 'a' })
    await clock.advance(2 * minuteMs)
    registry.metric('IncomingBytes', { stream: 'b' }).observe(1)
    await clock.advance(2 * minuteMs)
    const current = registry.metric('IncomingBytes', { stream: 'a' })
    expect(current).not.toBe(old)
    old.observe(3)
    current.observe(4)
    expect(registry.find({ stream: 'a' }).map((series) => series.total)).toEqual([{ sum: 7, count: 2 }])
  })

  it('never holds more series than its bound, and drops or keeps every observation', async () => {
    const seed = 'full registry 1'
    const random: Random = seededRandom(seed)
    const clock = new VirtualClock(start)
    const registry = new MetricRegistry({ clock, seriesMax: 20, minutesKept: 5 })
    const held = new Map<string, Series>()
    const ever = new Set<Series>()
    let observed = 0
    for (let step = 0; step < 5000; step++) {
      const stream = `s${random.below(60)}`
      // The registry's handles are series; the cast reads their totals, also of those that were evicted.
      const handle = held.get(stream) ?? (registry.metric('IncomingBytes', { stream }) as Series)
      held.set(stream, handle)
      ever.add(handle)
      handle.observe(1)
      observed++
      if (random.below(40) === 0) await clock.advance(random.below(6) * minuteMs)
      if (random.below(30) === 0) held.delete(stream)
      expect(registry.own.size, seed).toBeLessThanOrEqual(20)
    }
    const { observationsDropped } = registry.own.overflow
    const counted = [...ever].reduce((count, series) => count + series.total.count, 0)
    expect(observationsDropped, seed).toBeGreaterThan(0)
    expect(counted + observationsDropped, seed).toBe(observed)
  })

  it('of clients leaves room for the gateway', () => {
    const registry = new MetricRegistry({ clock: new VirtualClock(start), clientSeriesMax: 1 })
    for (const metric of ['a', 'b']) {
      const id = { namespace: 'n', metric, unit: 'Count', dimensions: [] }
      registry.addFromClient(id, { sum: 6, count: 3, min: 1, max: 3 })
    }
    expect(registry.clients.overflow).toEqual({ seriesRefused: 1, observationsDropped: 1 })
    registry.metric('IncomingBytes', { stream: 's' }).observe(1)
    expect(registry.own.overflow).toEqual({ seriesRefused: 0, observationsDropped: 0 })
  })
})

describe('the catalogue', () => {
  it('knows its own names only', () => {
    for (const [name] of metricDefinitions) expect(isMetricName(name)).toBe(true)
    for (const name of ['toString', 'incomingBytes', '', '__proto__']) expect(isMetricName(name)).toBe(false)
  })

  it('has the seven shard-level metrics of enhanced monitoring', () => {
    const shard = metricDefinitions.filter(([, { levels }]) => levels.includes('shard'))
    expect(shard.map(([name]) => name)).toEqual([
      'IncomingBytes',
      'IncomingRecords',
      'OutgoingBytes',
      'OutgoingRecords',
      'IteratorAgeMilliseconds',
      'WriteProvisionedThroughputExceeded',
      'ReadProvisionedThroughputExceeded',
    ])
  })
})

function names(registry: MetricRegistry): string[] {
  return registry.find({}).map(({ id }) => id.dimensions[0]![1])
}
