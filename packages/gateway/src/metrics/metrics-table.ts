/**
 * What is going on right now, stream by stream, for a terminal. Rates are over the running minute and the one before it
 * (or the time since the start, if that is less), so they move without jumping when a minute begins.
 */
import { dimensionOf, type MetricRegistry } from './metric-registry.ts'
import { minuteMs, type StatisticSet } from './statistics.ts'

export interface StreamRates {
  readonly stream: string
  readonly inRecordsPerSecond: number
  readonly inBytesPerSecond: number
  /** By GetRecords and fan-out together. */
  readonly outRecordsPerSecond: number
  readonly outBytesPerSecond: number
  /** Records refused in the window. */
  readonly writesThrottled: number
  /** GetRecords calls refused in the window. */
  readonly readsThrottled: number
  /** The oldest of all readers; undefined while nobody reads. */
  readonly iteratorAgeMs: number | undefined
}

export interface MetricsSnapshot {
  readonly windowMs: number
  /** In order of their names. */
  readonly streams: readonly StreamRates[]
}

const windowMinMs = 1_000

export function metricsSnapshot(registry: MetricRegistry): MetricsSnapshot {
  const minute = registry.minute
  const now = registry.clock.now()
  const from = Math.max((minute - 1) * minuteMs, registry.startedAt)
  const windowMs = Math.max(now - from, windowMinMs)
  const perSecond = 1_000 / windowMs
  const sums = new Map<string, Sums>()
  for (const series of registry.own.all()) {
    const stream = dimensionOf(series.id, 'StreamName')
    // Shards repeat what their stream says.
    if (stream === undefined || dimensionOf(series.id, 'ShardId') !== undefined) continue
    const sum = sums.get(stream) ?? noSums()
    for (const set of series.minutes(minute - 1, minute)) addTo(sum, series.id.metric, set)
    sums.set(stream, sum)
  }
  const streams = [...sums].map(([stream, sum]) => ({
    stream,
    inRecordsPerSecond: sum.inRecords * perSecond,
    inBytesPerSecond: sum.inBytes * perSecond,
    outRecordsPerSecond: sum.outRecords * perSecond,
    outBytesPerSecond: sum.outBytes * perSecond,
    writesThrottled: sum.writesThrottled,
    readsThrottled: sum.readsThrottled,
    iteratorAgeMs: sum.ageMs,
  }))
  return { windowMs, streams: streams.sort((a, b) => (a.stream < b.stream ? -1 : 1)) }
}

/** Lines of a table with a head; one line of text when there is no stream. */
export function metricsTable({ streams }: MetricsSnapshot): string[] {
  if (streams.length === 0) return ['no stream was used yet']
  const rows = [
    ['stream', 'in rec/s', 'in/s', 'out rec/s', 'out/s', 'throttled puts', 'throttled gets', 'iterator age'],
    ...streams.map((rates) => [
      rates.stream,
      countText(rates.inRecordsPerSecond),
      bytesText(rates.inBytesPerSecond),
      countText(rates.outRecordsPerSecond),
      bytesText(rates.outBytesPerSecond),
      countText(rates.writesThrottled),
      countText(rates.readsThrottled),
      rates.iteratorAgeMs === undefined ? 'no reader' : ageText(rates.iteratorAgeMs),
    ]),
  ]
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  return rows.map((row) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  )
}

interface Sums {
  inRecords: number
  inBytes: number
  outRecords: number
  outBytes: number
  writesThrottled: number
  readsThrottled: number
  ageMs: number | undefined
}

function noSums(): Sums {
  return {
    inRecords: 0,
    inBytes: 0,
    outRecords: 0,
    outBytes: 0,
    writesThrottled: 0,
    readsThrottled: 0,
    ageMs: undefined,
  }
}

function addTo(sums: Sums, metric: string, set: StatisticSet): void {
  switch (metric) {
    case 'IncomingRecords':
      sums.inRecords += set.sum
      break
    case 'IncomingBytes':
      sums.inBytes += set.sum
      break
    case 'GetRecords.Records':
    case 'SubscribeToShardEvent.Records':
      sums.outRecords += set.sum
      break
    case 'GetRecords.Bytes':
    case 'SubscribeToShardEvent.Bytes':
      sums.outBytes += set.sum
      break
    case 'WriteProvisionedThroughputExceeded':
      sums.writesThrottled += set.sum
      break
    case 'ReadProvisionedThroughputExceeded':
      sums.readsThrottled += set.sum
      break
    case 'GetRecords.IteratorAgeMilliseconds':
    case 'SubscribeToShardEvent.MillisBehindLatest':
      sums.ageMs = Math.max(sums.ageMs ?? 0, set.max)
  }
}

/** 0, 0.4, 12, 1,234. */
function countText(value: number): string {
  if (value > 0 && value < 10 && !Number.isInteger(value)) return value.toFixed(1)
  return String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',')
}

function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1_023.95 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

function ageText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  const seconds = Math.floor(ms / 1_000)
  if (seconds < 60) return `${(ms / 1_000).toFixed(1)} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
}
