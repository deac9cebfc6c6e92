/**
 * What metrics cost. After `npm run build`:
 *
 *   node --expose-gc node_modules/.bin/jiti packages/gateway/src/metrics/metrics.bench.ts
 *
 * ns per observation (median, least and most of 9 rounds), memory of 10,000 series when new and when full, and the time of
 * a scrape and of a minute of alarms over them. Figures of one run compare with each other only.
 */
import { systemClock, VirtualClock } from '@millrace/values'
import { type AlarmRule, AlarmWatcher, MetricRegistry, metricsRoutes } from '../../dist/index.js'

const rounds = 9
const observations = 2_000_000
const seriesCount = 10_000

observeCost('one handle, system clock', 1, systemClock)
observeCost('1,000 handles in turn, system clock', 1_000, systemClock)
observeCost('one handle, clock that stands still', 1, new VirtualClock(0))
lookUpCost()
await memory()

function observeCost(name: string, handleCount: number, clock: typeof systemClock): void {
  const registry = new MetricRegistry({ clock })
  const handles = Array.from({ length: handleCount }, (_, i) =>
    registry.metric('PutRecords.Latency', { stream: `stream-${i}` }),
  )
  report(name, 'ns/observation', observations, () => {
    for (let i = 0; i < observations; i++) handles[i % handleCount]!.observe(i * 0.5)
  })
}

function lookUpCost(): void {
  const registry = new MetricRegistry({ clock: systemClock })
  const shard = 'shardId-000000000000'
  report('look-up of a known shard-level handle', 'ns', 500_000, () => {
    for (let i = 0; i < 500_000; i++) registry.metric('IncomingBytes', { stream: 'orders', shard })
  })
}

async function memory(): Promise<void> {
  const clock = new VirtualClock(0)
  const before = memoryBytes()
  const registry = new MetricRegistry({ clock, seriesMax: seriesCount })
  const handles = Array.from({ length: seriesCount }, (_, i) =>
    registry.metric('IncomingBytes', { stream: `stream-${i}` }),
  )
  for (const handle of handles) handle.observe(1)
  print(`${seriesCount} series, one minute`, `${megabytes(memoryBytes() - before)} MB`)
  for (let minute = 0; minute < 180; minute++) {
    await clock.advance(60_000)
    for (const handle of handles) handle.observe(minute)
  }
  print(`${seriesCount} series, 180 minutes`, `${megabytes(memoryBytes() - before)} MB`)

  const routes = metricsRoutes(registry)
  let length = 0
  report('scrape of all of them', 'ms', 1e6, () => {
    length = routes.get('/metrics')!({ query: new URLSearchParams() }).body.length
  })
  print('length of the scrape', `${megabytes(length)} MB`)
  const rule: AlarmRule = {
    name: 'a',
    metric: 'IncomingBytes',
    level: 'stream',
    stream: 'stream-77',
    statistic: 'Sum',
    comparison: '>',
    threshold: 1,
    forMinutes: 5,
    missing: 'notBreaching',
  }
  const watcher = new AlarmWatcher({ registry, rules: Array(100).fill(rule) })
  const times: number[] = []
  for (let round = 0; round < rounds; round++) {
    await clock.advance(60_000)
    const started = performance.now()
    watcher.decideWholeMinutes()
    times.push(performance.now() - started)
  }
  print('a minute of 100 alarms', `${median(times).toFixed(1)} ms`)
}

function report(name: string, unit: string, count: number, work: () => void): void {
  work()
  const costs: number[] = []
  for (let round = 0; round < rounds; round++) {
    const started = performance.now()
    work()
    costs.push(((performance.now() - started) * 1e6) / count)
  }
  const range = `${Math.min(...costs).toFixed(1)} to ${Math.max(...costs).toFixed(1)}`
  print(name, `${median(costs).toFixed(1)} ${unit} (${range})`)
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1]!
}

function memoryBytes(): number {
  for (let i = 0; i < 3; i++) globalThis.gc?.()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}

function print(name: string, figure: string): void {
  console.log(`${name.padEnd(40)} ${figure}`)
}
