import { seededRandom, systemClock, VirtualClock } from '@millrace/values'
import { describe, expect, it } from 'vitest'
import { startGateway } from '../gateway.ts'
import { definitionOf, type MetricName, metricDefinitions } from './metric-catalogue.ts'
import type { MetricLevel } from './metric-definition.ts'
import { levelOfSeries, MetricRegistry } from './metric-registry.ts'
import { metricsRoutes } from './metrics-routes.ts'
import { prometheusNames } from './prometheus-text.ts'
import type { Series } from './series.ts'
import { parsePrometheusText, type Sample } from './testing/parse-prometheus-text.ts'

const start = Date.UTC(2026, 0, 1)
const shard = 'shardId-000000000003'
const hostileNames = ['quote " here', 'back\\slash', 'line\nfeed', '\\n', 'brace}{=,', 'ümlaut 事', '']

function get(registry: MetricRegistry, path: string, query = '') {
  const reply = metricsRoutes(registry).get(path)!({ query: new URLSearchParams(query) })
  return { ...reply, json: () => JSON.parse(reply.body) }
}

const scrape = (registry: MetricRegistry) => parsePrometheusText(get(registry, '/metrics').body)

function dimensionsOf(level: MetricLevel, stream: string) {
  if (level === 'function') return { function: `function of ${stream}` }
  if (level === 'table') return { table: `table of ${stream}` }
  if (level === 'operation') return { table: `table of ${stream}`, operation: 'Query' }
  if (level === 'delivery') return { delivery: stream }
  if (level === 'task') return { task: stream }
  if (level === 'shard') return { stream, shard }
  return level === 'consumer' ? { stream, consumer: `consumer of ${stream}` } : { stream }
}

/** A registry with every metric at every level for some streams, over some minutes. */
async function fullRegistry(seed: string): Promise<MetricRegistry> {
  const random = seededRandom(seed)
  const clock = new VirtualClock(start)
  const registry = new MetricRegistry({ clock })
  for (let minute = 0; minute < 5; minute++) {
    for (const stream of ['orders', ...hostileNames]) {
      for (const [name, { levels }] of metricDefinitions) {
        for (const level of levels) {
          const handle = registry.metric(name, dimensionsOf(level, stream))
          for (let i = random.below(4); i > 0; i--) handle.observe(random.below(1e6) / 8)
        }
      }
    }
    await clock.advance(minute === 4 ? 10_000 : 60_000)
  }
  for (const name of hostileNames) {
    const dimensions: [string, string][] = [
      ['a-b', name],
      ['a_b', name],
      [`${name}!`, 'x'],
    ]
    registry.addFromClient(
      { namespace: name, metric: name, unit: 'None', dimensions },
      { sum: -5, count: 2, min: -3, max: -2 },
    )
  }
  return registry
}

describe('/metrics', () => {
  it('is well formed, and says exactly what the registry holds', async () => {
    const seed = 'metrics 1'
    const registry = await fullRegistry(seed)
    const families = scrape(registry)
    const expected: Record<string, Record<string, number>> = {}
    for (const series of registry.own.all()) {
      for (const [name, value] of expectedSamples(series, registry.minute)) {
        expected[name] ??= {}
        expected[name][labelKey(expectedLabels(series))] = value
      }
    }
    const found: Record<string, Record<string, number>> = {}
    for (const { samples } of families.values()) {
      for (const { name, labels, value } of samples) {
        if (!name.startsWith('aws_')) continue
        found[name] ??= {}
        found[name][labelKey(labels)] = value
      }
    }
    expect(found, seed).toEqual(expected)
  })

  it('has a family with help and type for each metric and level, no name twice', async () => {
    const families = scrape(await fullRegistry('metrics 2'))
    const names = metricDefinitions.flatMap(([name, { levels }]) =>
      levels.flatMap((level) => prometheusNames(name, level).families.map((family) => family.name)),
    )
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) {
      expect(families.get(name)?.help, name).toMatch(/^[A-Z].*\.$/)
      expect(name).toMatch(/^aws_(kinesis|lambda|dynamodb|firehose|dms)_[a-z0-9_]+$/)
    }
  })

  it('names bytes, successes, latencies and ages as documented', async () => {
    const registry = new MetricRegistry({ clock: new VirtualClock(start) })
    registry.metric('IncomingBytes', { stream: 'orders' }).observe(10)
    registry.metric('PutRecord.Success', { stream: 'orders' }).observe(1)
    registry.metric('PutRecord.Success', { stream: 'orders' }).observe(0)
    for (const ms of [3, 5]) registry.metric('GetRecords.Latency', { stream: 'orders' }).observe(ms)
    for (const ms of [3, 5])
      registry.metric('GetRecords.IteratorAgeMilliseconds', { stream: 'orders' }).observe(ms)
    registry.metric('IteratorAgeMilliseconds', { stream: 'orders', shard }).observe(9)
    registry
      .metric('SubscribeToShardEvent.MillisBehindLatest', { stream: 'orders', consumer: 'c' })
      .observe(2)
    registry.metric('Duration', { function: 'save' }).observe(12)
    for (const running of [1, 2, 1])
      registry.metric('ConcurrentExecutions', { function: 'save' }).observe(running)
    registry.metric('IteratorAge', { function: 'save' }).observe(7)
    const samples = get(registry, '/metrics')
      .body.split('\n')
      .filter((line) => line.startsWith('aws_'))
    expect(samples).toEqual([
      'aws_kinesis_incoming_bytes_total{stream="orders"} 10',
      'aws_kinesis_shard_iterator_age_milliseconds_max{stream="orders",shard="shardId-000000000003"} 9',
      'aws_kinesis_put_record_success_total{stream="orders"} 1',
      'aws_kinesis_put_record_attempts_total{stream="orders"} 2',
      'aws_kinesis_get_records_latency_milliseconds_sum{stream="orders"} 8',
      'aws_kinesis_get_records_latency_milliseconds_count{stream="orders"} 2',
      'aws_kinesis_get_records_latency_milliseconds_max{stream="orders"} 5',
      'aws_kinesis_get_records_iterator_age_milliseconds_max{stream="orders"} 5',
      'aws_kinesis_subscribe_to_shard_event_behind_latest_milliseconds_max{stream="orders",consumer="c"} 2',
      'aws_lambda_duration_milliseconds_sum{function="save"} 12',
      'aws_lambda_duration_milliseconds_count{function="save"} 1',
      'aws_lambda_duration_milliseconds_max{function="save"} 12',
      'aws_lambda_concurrent_executions_max{function="save"} 2',
      'aws_lambda_iterator_age_milliseconds_max{function="save"} 7',
    ])
  })

  it('shows a maximum until the minute after next, and then none rather than an old one', async () => {
    const clock = new VirtualClock(start)
    const registry = new MetricRegistry({ clock })
    registry.metric('GetRecords.IteratorAgeMilliseconds', { stream: 's' }).observe(7)
    const ages = () => scrape(registry).get('aws_kinesis_get_records_iterator_age_milliseconds_max')?.samples
    await clock.advance(119_999)
    expect(ages()?.map(({ value }) => value)).toEqual([7])
    await clock.advance(1)
    expect(ages()).toEqual([])
  })

  it('shows what clients sent, whatever they called it', async () => {
    const registry = await fullRegistry('metrics 3')
    const samples = scrape(registry).get('cloudwatch_client_metric')!.samples
    const found = samples.map(({ name, labels, value }) => [name.slice(-5), value, [...labels]])
    expect(found).toEqual(
      hostileNames.flatMap((name) => {
        const odd = name.replace(/[^a-z]+/g, '_')
        const labels = [
          ['namespace', name],
          ['metric', name],
          ['unit', 'None'],
          ['dimension_a_b', name],
          ['dimension_a_b_2', name],
          [`dimension_${`${odd}_`.replace('__', '_')}`, 'x'],
        ]
        return [
          ['c_sum', -5, labels],
          ['count', 2, labels],
        ]
      }),
    )
  })

  it('writes numbers beyond the finite ones as the format wants them', () => {
    const registry = new MetricRegistry({ clock: new VirtualClock(start) })
    for (const [stream, values] of [
      ['huge', [1.7e308, 1.7e308]],
      ['exponent', [1e300]],
      ['small', [0.000_000_1]],
    ] as const) {
      for (const value of values) registry.metric('PutRecord.Bytes', { stream }).observe(value)
    }
    const samples = scrape(registry).get('aws_kinesis_put_record_bytes_total')!.samples
    expect(samples.map(({ value }) => value)).toEqual([Number.POSITIVE_INFINITY, 1e300, 1e-7])
  })

  it('counts what did not fit', () => {
    const registry = new MetricRegistry({ clock: new VirtualClock(start), seriesMax: 1 })
    for (const stream of ['a', 'b', 'c']) registry.metric('IncomingBytes', { stream }).observe(1)
    const value = (name: string) =>
      scrape(registry)
        .get(name)!
        .samples.find(({ labels }) => labels.get('of') === 'gateway')!.value
    expect(value('millrace_metrics_series')).toBe(1)
    expect(value('millrace_metrics_series_limit')).toBe(1)
    expect(value('millrace_metrics_series_refused_total')).toBe(2)
    expect(value('millrace_metrics_observations_dropped_total')).toBe(2)
  })
})

describe('mounted on the gateway', () => {
  it('the routes answer to GET without a signature', async () => {
    const registry = new MetricRegistry({ clock: systemClock })
    registry.metric('IncomingBytes', { stream: 'orders' }).observe(10)
    const gateway = await startGateway({ services: [], routes: metricsRoutes(registry), port: 0 })
    try {
      const text = await fetch(`${gateway.url}/metrics`)
      expect(text.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
      expect(await text.text()).toContain('aws_kinesis_incoming_bytes_total{stream="orders"} 10\n')
      const json = await fetch(`${gateway.url}/metrics.json?stream=orders&minutes=1`)
      expect(await json.json()).toMatchObject({ metrics: [{ metric: 'IncomingBytes' }] })
      expect((await fetch(`${gateway.url}/metrics.json?minutes=-1`)).status).toBe(400)
    } finally {
      await gateway.close()
    }
  })
})

describe('/metrics.json', () => {
  it('gives the statistics of each minute, under AWS names', async () => {
    const clock = new VirtualClock(start)
    const registry = new MetricRegistry({ clock })
    const handle = registry.metric('IncomingBytes', { stream: 'orders', shard })
    handle.observe(3)
    handle.observe(5)
    await clock.advance(120_000)
    handle.observe(1)
    const reply = get(registry, '/metrics.json')
    expect(reply).toMatchObject({ status: 200, contentType: 'application/json' })
    expect(reply.json()).toEqual({
      period: 60,
      runningMinute: '2026-01-01T00:02:00.000Z',
      metrics: [
        {
          namespace: 'AWS/Kinesis',
          metric: 'IncomingBytes',
          unit: 'Bytes',
          dimensions: { StreamName: 'orders', ShardId: shard },
          datapoints: [
            {
              timestamp: '2026-01-01T00:00:00.000Z',
              Sum: 8,
              Average: 4,
              Minimum: 3,
              Maximum: 5,
              SampleCount: 2,
            },
            {
              timestamp: '2026-01-01T00:02:00.000Z',
              Sum: 1,
              Average: 1,
              Minimum: 1,
              Maximum: 1,
              SampleCount: 1,
            },
          ],
        },
      ],
    })
  })

  it('answers for one stream, one metric, some minutes', async () => {
    const registry = await fullRegistry('json 1')
    const all = get(registry, '/metrics.json').json().metrics
    const of = (query: string) => get(registry, '/metrics.json', query).json().metrics
    expect(of('stream=orders')).toEqual(
      all.filter((m: { dimensions: Record<string, string> }) => m.dimensions.StreamName === 'orders'),
    )
    expect(of('metric=IncomingBytes')).toEqual(
      all.filter((m: { metric: string }) => m.metric === 'IncomingBytes'),
    )
    const [one] = of('stream=orders&metric=PutRecord.Latency&minutes=2')
    for (const { timestamp } of one.datapoints) {
      expect(['2026-01-01T00:03:00.000Z', '2026-01-01T00:04:00.000Z']).toContain(timestamp)
    }
    expect(of('stream=nowhere')).toEqual([])
  })

  it('shows the series of one function under the namespace of functions', () => {
    const registry = new MetricRegistry({ clock: new VirtualClock(start) })
    registry.metric('IncomingBytes', { stream: 'save' }).observe(1)
    registry.add('Invocations', { function: 'save' }, { sum: 3, count: 3, min: 1, max: 1 })
    registry.metric('Invocations', { function: 'other' }).observe(1)
    const { metrics } = get(registry, '/metrics.json', 'function=save').json()
    expect(metrics).toMatchObject([
      {
        namespace: 'AWS/Lambda',
        metric: 'Invocations',
        dimensions: { FunctionName: 'save' },
        datapoints: [{ Sum: 3, SampleCount: 3, Maximum: 1 }],
      },
    ])
    expect(get(registry, '/metrics.json', 'stream=save').json().metrics).toHaveLength(1)
  })

  it.each([
    ['minutes=0', '"minutes" is "0"; allowed: an integer from 1 to 180'],
    ['minutes=181', '"minutes" is "181"'],
    ['minutes=x', '"minutes" is "x"'],
    ['minutes=1.5', '"minutes" is "1.5"'],
    ['metric=IncomingByte', '"metric" is "IncomingByte", which neither'],
    [
      'strem=orders',
      'there is no parameter "strem"; allowed: stream, function, table, delivery, task, metric, minutes',
    ],
  ])('refuses %s', (query, message) => {
    const registry = new MetricRegistry({ clock: new VirtualClock(start) })
    const reply = get(registry, '/metrics.json', query)
    expect(reply.status).toBe(400)
    expect(reply.json().error.code).toBe('METRICS_QUERY_INVALID')
    expect(reply.json().error.message).toContain(message)
  })

  it('refuses a reply without end, and says how to ask for less', async () => {
    const clock = new VirtualClock(start)
    const registry = new MetricRegistry({ clock })
    const handles = Array.from({ length: 600 }, (_, i) =>
      registry.metric('IncomingBytes', { stream: `s${i}` }),
    )
    for (let minute = 0; minute < 180; minute++) {
      for (const handle of handles) handle.observe(1)
      await clock.advance(minute < 179 ? 60_000 : 0)
    }
    const reply = get(registry, '/metrics.json', 'minutes=180')
    expect(reply.status).toBe(400)
    expect(reply.json().error.code).toBe('METRICS_REPLY_TOO_LARGE')
    expect(get(registry, '/metrics.json', 'minutes=180&stream=s5').json().metrics[0].datapoints).toHaveLength(
      180,
    )
  })
})

/** What a series has to look like, worked out apart from the writer: from the kinds alone. */
function expectedSamples(series: Series, minute: number): [string, number][] {
  // Series of the registry's own set have names of the catalogue.
  const name = series.id.metric as MetricName
  const { stem } = prometheusNames(name, levelOfSeries(series.id))
  const { sum, count } = series.total
  const maxima = series
    .minutes(0, Number.POSITIVE_INFINITY)
    .filter((set) => set.minute >= minute - 1)
    .map(({ max }) => max)
  const max: [string, number][] = maxima.length === 0 ? [] : [[`${stem}_max`, Math.max(...maxima)]]
  switch (definitionOf(name).kind) {
    case 'sum':
      return [[`${stem}_total`, sum]]
    case 'success':
      return [
        [`${stem}_total`, sum],
        [stem.replace('_success', '_attempts_total'), count],
      ]
    case 'duration':
      return [[`${stem}_sum`, sum], [`${stem}_count`, count], ...max]
    case 'level':
      return max
  }
}

function expectedLabels({ id }: Series): Sample['labels'] {
  const names = {
    StreamName: 'stream',
    ShardId: 'shard',
    ConsumerName: 'consumer',
    FunctionName: 'function',
    TableName: 'table',
    Operation: 'operation',
    DeliveryStreamName: 'delivery',
    ReplicationTaskIdentifier: 'task',
  } as const
  // Dimensions of the registry's own series are these.
  return new Map(id.dimensions.map(([name, value]) => [names[name as keyof typeof names], value]))
}

const labelKey = (labels: Sample['labels']) => JSON.stringify([...labels])
