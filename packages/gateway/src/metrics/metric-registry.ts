/**
 * The gateway's metrics: the Meter behind all operations, and what /metrics, alarms and tables read. Two bounded sets of
 * series: the gateway's own, and those that clients send by PutMetricData, so that one cannot crowd out the other.
 * Nothing is durable: totals count from the start of the process.
 */
import type { Clock } from '@millrace/values'
import type { Meter, MetricDimensions, MetricHandle } from './meter.ts'
import { definitionOf, type MetricName, namespaceOf } from './metric-catalogue.ts'
import type { MetricLevel } from './metric-definition.ts'
import type { Series, SeriesId } from './series.ts'
import { SeriesSet } from './series-set.ts'
import { minuteOf, type StatisticSet } from './statistics.ts'

export interface MetricRegistryOptions {
  readonly clock: Clock
  /** Minutes of statistic sets, the running one included. Default 180. */
  readonly minutesKept?: number
  /** The gateway's own series. Default 10,000: about 80 MB when each had observations in 180 minutes, 8 MB in one. */
  readonly seriesMax?: number
  /** Series that clients send. Default 1,000. */
  readonly clientSeriesMax?: number
}

export const defaultMinutesKept = 180

/** Which of the gateway's own series. Members that are left out match any. */
export interface SeriesFilter {
  readonly metric?: MetricName
  readonly level?: MetricLevel
  readonly stream?: string | undefined
  readonly shard?: string | undefined
  readonly consumer?: string | undefined
  readonly function?: string | undefined
  readonly table?: string | undefined
  readonly operation?: string | undefined
  readonly delivery?: string | undefined
  readonly task?: string | undefined
}

/** A figure that somebody else keeps, as it is at the moment of a scrape. */
export interface Gauge {
  /** At /metrics: `millrace_source_lag_ms`. One that ends in `_total` only grows. */
  readonly name: string
  /** A sentence part in plain characters. */
  readonly help: string
  readonly labels: { readonly [label: string]: string }
  readonly value: number
}

export class MetricRegistry implements Meter {
  /** Asked at each scrape of /metrics, for figures that have no minutes and no names of AWS. */
  gauges: () => Iterable<Gauge> = () => []
  readonly clock: Clock
  readonly minutesKept: number
  /** Ms since the epoch. */
  readonly startedAt: number
  readonly own: SeriesSet
  readonly clients: SeriesSet

  constructor(options: MetricRegistryOptions) {
    const { clock, minutesKept = defaultMinutesKept } = options
    this.clock = clock
    this.minutesKept = minutesKept
    this.startedAt = clock.now()
    this.own = new SeriesSet({ clock, minutesKept, seriesMax: options.seriesMax ?? 10_000 })
    this.clients = new SeriesSet({ clock, minutesKept, seriesMax: options.clientSeriesMax ?? 1_000 })
  }

  metric(name: MetricName, dimensions: MetricDimensions): MetricHandle {
    return this.#series(name, dimensions)
  }

  /** Many observations at once, filed under the minute in which they are told. */
  add(name: MetricName, dimensions: MetricDimensions, set: StatisticSet): void {
    this.#series(name, dimensions).add(set.sum, set.count, set.min, set.max)
  }

  #series(name: MetricName, dimensions: MetricDimensions): Series {
    // Names have no line feeds; a metric has one of the last parts at most. What it is of, its name says, but for the
    // names that streams and deliveries share. The id is made for new series only: operations that do not keep their
    // handles come here each time.
    const { stream, shard, consumer, table, operation, delivery, task } = dimensions
    const whole =
      delivery === undefined ? (stream ?? table ?? dimensions.function ?? task) : `delivery\n${delivery}`
    const key = `${name}\n${whole}\n${shard ?? operation ?? ''}\n${consumer ?? ''}`
    return this.own.get(key) ?? this.own.add(key, ownId(name, dimensions))
  }

  /** Observations that a client made, filed under the minute in which they arrive. */
  addFromClient(id: SeriesId, set: StatisticSet): void {
    const key = JSON.stringify([id.namespace, id.metric, id.unit, id.dimensions])
    const series = this.clients.get(key) ?? this.clients.add(key, id)
    series.add(set.sum, set.count, set.min, set.max)
  }

  find(filter: SeriesFilter): Series[] {
    const found: Series[] = []
    for (const series of this.own.all()) if (matches(series.id, filter)) found.push(series)
    return found
  }

  /** The running minute; the minutes before it are complete. */
  get minute(): number {
    return minuteOf(this.clock.now())
  }
}

export function levelOfSeries({ dimensions }: SeriesId): MetricLevel {
  const last = dimensions.at(-1)?.[0]
  if (last === 'FunctionName') return 'function'
  if (last === 'DeliveryStreamName') return 'delivery'
  if (last === 'ReplicationTaskIdentifier') return 'task'
  if (last === 'TableName') return 'table'
  if (last === 'Operation') return 'operation'
  return last === 'ShardId' ? 'shard' : last === 'ConsumerName' ? 'consumer' : 'stream'
}

export function dimensionOf({ dimensions }: SeriesId, name: string): string | undefined {
  for (const [known, value] of dimensions) if (known === name) return value
  return undefined
}

function ownId(name: MetricName, dimensions: MetricDimensions): SeriesId {
  const { levels, unit } = definitionOf(name)
  const level = levelOf(dimensions)
  if (!levels.includes(level)) {
    throw new Error(
      `gateway invariant: ${name} is a metric of ${levels.join(' and ')} level, not of ${level}`,
    )
  }
  const named: [string, string][] = []
  if (dimensions.function !== undefined) named.push(['FunctionName', dimensions.function])
  else if (dimensions.table !== undefined) named.push(['TableName', dimensions.table])
  else if (dimensions.delivery !== undefined) named.push(['DeliveryStreamName', dimensions.delivery])
  else if (dimensions.task !== undefined) named.push(['ReplicationTaskIdentifier', dimensions.task])
  else named.push(['StreamName', dimensions.stream])
  if (dimensions.shard !== undefined) named.push(['ShardId', dimensions.shard])
  if (dimensions.consumer !== undefined) named.push(['ConsumerName', dimensions.consumer])
  if (dimensions.operation !== undefined) named.push(['Operation', dimensions.operation])
  return { namespace: namespaceOf(level), metric: name, unit, dimensions: named }
}

function levelOf({ shard, consumer, ...rest }: MetricDimensions): MetricLevel {
  if (rest.function !== undefined) return 'function'
  if (rest.delivery !== undefined) return 'delivery'
  if (rest.task !== undefined) return 'task'
  if (rest.table !== undefined) return rest.operation === undefined ? 'table' : 'operation'
  if (shard === undefined) return consumer === undefined ? 'stream' : 'consumer'
  if (consumer === undefined) return 'shard'
  throw new Error('gateway invariant: a metric is of a shard or of a consumer, not of both')
}

function matches(id: SeriesId, filter: SeriesFilter): boolean {
  const { metric, level, stream, shard, consumer } = filter
  return (
    (metric === undefined || id.metric === metric) &&
    (level === undefined || levelOfSeries(id) === level) &&
    (stream === undefined || dimensionOf(id, 'StreamName') === stream) &&
    (shard === undefined || dimensionOf(id, 'ShardId') === shard) &&
    (consumer === undefined || dimensionOf(id, 'ConsumerName') === consumer) &&
    (filter.function === undefined || dimensionOf(id, 'FunctionName') === filter.function) &&
    (filter.table === undefined || dimensionOf(id, 'TableName') === filter.table) &&
    (filter.operation === undefined || dimensionOf(id, 'Operation') === filter.operation) &&
    (filter.delivery === undefined || dimensionOf(id, 'DeliveryStreamName') === filter.delivery) &&
    (filter.task === undefined || dimensionOf(id, 'ReplicationTaskIdentifier') === filter.task)
  )
}
