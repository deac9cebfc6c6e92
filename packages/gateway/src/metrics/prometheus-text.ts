/**
 * All metrics in the text format of Prometheus, version 0.0.4.
 *
 *   # HELP name text         \ and line feed escaped
 *   # TYPE name counter|gauge|summary
 *   name{label="value",...} number        in values \ " and line feed are escaped
 *
 * Names are AWS's in snake case behind `aws_kinesis_`, of functions `aws_lambda_`, of tables `aws_dynamodb_`, of deliveries `aws_firehose_`, of sources that follow databases `aws_dms_`; those of shard level behind
 * `aws_kinesis_shard_`, a family of their own, because a sum over a family must not count a record once for its stream and once for its shard. Times stay
 * in milliseconds (and say so), so that thresholds carry over from CloudWatch. What a metric becomes follows from its kind:
 *
 *   sum       counter ..._total
 *   success   counter ..._success_total, and counter ..._attempts_total: their quotient is the share of good calls
 *   duration  summary ..._milliseconds (sum and count, no quantiles), and gauge ..._milliseconds_max
 *   level     gauge ..._milliseconds_max, or ..._max of what is counted
 *
 * A `_max` gauge is the maximum of the running minute and the one before it, so that no scrape interval up to a minute
 * misses a peak. It has no line while nobody observed anything: no reader is not the same as no lag.
 *
 * Written by hand rather than with a client library: prom-client keeps totals of its own under labels of its own, so each
 * scrape would copy our series into a second registry, which knows neither minutes nor our bound; what it would save is
 * the escaping and some dozen lines below.
 *
 * Cost of a scrape: O(series); 10,000 series make about 3 MB.
 */
import { definitionOf, type MetricName, metricDefinitions } from './metric-catalogue.ts'
import type { MetricLevel } from './metric-definition.ts'
import { dimensionOf, type Gauge, levelOfSeries, type MetricRegistry } from './metric-registry.ts'
import type { MetricsReply } from './metrics-reply.ts'
import type { Series, SeriesId } from './series.ts'
import type { SeriesSet } from './series-set.ts'

export function prometheusReply(registry: MetricRegistry): MetricsReply {
  return {
    status: 200,
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    body: prometheusText(registry),
  }
}

export function prometheusText(registry: MetricRegistry): string {
  const byMetric = new Map<string, Series[]>()
  for (const series of registry.own.all()) {
    const key = `${series.id.metric}/${levelOfSeries(series.id)}`
    const group = byMetric.get(key)
    if (group === undefined) byMetric.set(key, [series])
    else group.push(series)
  }
  const lines: string[] = []
  for (const [name, { levels }] of metricDefinitions) {
    for (const level of levels) {
      const group = byMetric.get(`${name}/${level}`)
      if (group !== undefined) writeMetric(lines, { name, level, group, minute: registry.minute })
    }
  }
  writeClientMetrics(lines, registry)
  writeGauges(lines, registry)
  writeOwnState(lines, registry)
  return `${lines.join('\n')}\n`
}

export interface PrometheusNames {
  /** What the families of a metric begin with, unit included. */
  readonly stem: string
  /** The families, by what they hold. */
  readonly families: ReadonlyArray<{
    readonly name: string
    readonly type: 'counter' | 'gauge' | 'summary'
    readonly help: string
  }>
}

const prefixes: Readonly<Record<MetricLevel, string>> = {
  stream: 'aws_kinesis_',
  shard: 'aws_kinesis_shard_',
  consumer: 'aws_kinesis_',
  function: 'aws_lambda_',
  table: 'aws_dynamodb_',
  operation: 'aws_dynamodb_',
  delivery: 'aws_firehose_',
  task: 'aws_dms_',
}

/** How a metric of one level is called at /metrics. */
export function prometheusNames(name: MetricName, level: MetricLevel): PrometheusNames {
  const { kind, unit, definition } = definitionOf(name)
  // Said twice, the unit would read "millis_behind_latest_milliseconds".
  let stem =
    prefixes[level] + snakeCase(name.replace('MillisBehindLatest', 'BehindLatest').replace(/^CDC/, 'Cdc'))
  if (unit === 'Milliseconds' && !stem.endsWith('_milliseconds')) stem += '_milliseconds'
  if (unit === 'Seconds') stem += '_seconds'
  const help = `${definition} (${name}).`
  const max = { name: `${stem}_max`, type: 'gauge', help: `Maximum of the last minute: ${help}` } as const
  switch (kind) {
    case 'sum':
      return { stem, families: [{ name: `${stem}_total`, type: 'counter', help: sentence(help) }] }
    case 'success':
      return {
        stem,
        families: [
          { name: `${stem}_total`, type: 'counter', help: sentence(help) },
          {
            name: stem.replace(/_success$/, '_attempts_total'),
            type: 'counter',
            help: `Good and failed ones together: ${help}`,
          },
        ],
      }
    case 'duration':
      return { stem, families: [{ name: stem, type: 'summary', help: sentence(help) }, max] }
    case 'level':
      return { stem, families: [max] }
  }
}

interface MetricGroup {
  readonly name: MetricName
  readonly level: MetricLevel
  readonly group: readonly Series[]
  readonly minute: number
}

function writeMetric(lines: string[], { name, level, group, minute }: MetricGroup): void {
  for (const family of prometheusNames(name, level).families) {
    writeHead(lines, family.name, family.type, family.help)
    const counts = family.name.endsWith('_attempts_total')
    for (const series of group) {
      const labels = labelsOf(series.id)
      const { sum, count } = series.total
      if (family.type === 'counter') writeSample(lines, family.name, labels, counts ? count : sum)
      else if (family.type === 'summary') {
        writeSample(lines, `${family.name}_sum`, labels, sum)
        writeSample(lines, `${family.name}_count`, labels, count)
      } else writeMaximum(lines, family.name, labels, series, minute)
    }
  }
}

/**
 * What clients sent by PutMetricData. Their names follow no rules, and two of them could become one name of a family with
 * different meanings; so they are labels of one family.
 */
function writeClientMetrics(lines: string[], registry: MetricRegistry): void {
  const all = [...registry.clients.all()]
  if (all.length === 0) return
  const name = 'cloudwatch_client_metric'
  const labels = all.map(({ id }) => clientLabels(id))
  writeHead(lines, name, 'summary', 'What clients sent by PutMetricData.')
  all.forEach((series, i) => {
    writeSample(lines, `${name}_sum`, labels[i]!, series.total.sum)
    writeSample(lines, `${name}_count`, labels[i]!, series.total.count)
  })
  writeHead(lines, `${name}_max`, 'gauge', 'Maximum of the last minute: what clients sent by PutMetricData.')
  all.forEach((series, i) => {
    writeMaximum(lines, `${name}_max`, labels[i]!, series, registry.minute)
  })
}

function writeGauges(lines: string[], registry: MetricRegistry): void {
  const families = new Map<string, Gauge[]>()
  for (const gauge of registry.gauges()) {
    const family = families.get(gauge.name)
    if (family === undefined) families.set(gauge.name, [gauge])
    else family.push(gauge)
  }
  for (const [name, gauges] of families) {
    writeHead(lines, name, name.endsWith('_total') ? 'counter' : 'gauge', `${sentence(gauges[0]!.help)}.`)
    for (const { labels, value } of gauges) {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeValue(text)}"`)
      writeSample(lines, name, pairs.length === 0 ? '' : `{${pairs.join(',')}}`, value)
    }
  }
}

function writeOwnState(lines: string[], registry: MetricRegistry): void {
  const sets: [string, SeriesSet][] = [
    ['gateway', registry.own],
    ['clients', registry.clients],
  ]
  const families: [string, 'gauge' | 'counter', string, (set: SeriesSet) => number][] = [
    ['millrace_metrics_series', 'gauge', 'Series that are kept.', (set) => set.size],
    ['millrace_metrics_series_limit', 'gauge', 'How many series may be kept.', (set) => set.seriesMax],
    [
      'millrace_metrics_series_refused_total',
      'counter',
      'Look-ups of new series that found no room.',
      (set) => set.overflow.seriesRefused,
    ],
    [
      'millrace_metrics_observations_dropped_total',
      'counter',
      'Observations of series that have no room.',
      (set) => set.overflow.observationsDropped,
    ],
  ]
  for (const [name, type, help, value] of families) {
    writeHead(lines, name, type, help)
    for (const [of, set] of sets) writeSample(lines, name, `{of="${of}"}`, value(set))
  }
}

function writeHead(lines: string[], name: string, type: string, help: string): void {
  lines.push(`# HELP ${name} ${help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')}`)
  lines.push(`# TYPE ${name} ${type}`)
}

function writeSample(lines: string[], name: string, labels: string, value: number): void {
  lines.push(`${name}${labels} ${numberText(value)}`)
}

function writeMaximum(lines: string[], name: string, labels: string, series: Series, minute: number): void {
  let max = Number.NEGATIVE_INFINITY
  for (const set of series.minutes(minute - 1, minute)) max = Math.max(max, set.max)
  if (max !== Number.NEGATIVE_INFINITY) writeSample(lines, name, labels, max)
}

/** Sums can overflow to infinity; the format writes that in its own way. */
function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

const labelNames = [
  ['StreamName', 'stream'],
  ['ShardId', 'shard'],
  ['ConsumerName', 'consumer'],
  ['FunctionName', 'function'],
  ['TableName', 'table'],
  ['Operation', 'operation'],
  ['DeliveryStreamName', 'delivery'],
  ['ReplicationTaskIdentifier', 'task'],
] as const

function labelsOf(id: SeriesId): string {
  const labels: string[] = []
  for (const [dimension, label] of labelNames) {
    const value = dimensionOf(id, dimension)
    if (value !== undefined) labels.push(`${label}="${escapeValue(value)}"`)
  }
  return `{${labels.join(',')}}`
}

/** Dimensions of clients as labels `dimension_<name>`; of two that become the same label, the later one gets a number. */
function clientLabels({ namespace, metric, unit, dimensions }: SeriesId): string {
  const labels = new Map([
    ['namespace', namespace],
    ['metric', metric],
    ['unit', unit],
  ])
  for (const [name, value] of dimensions) {
    const label = `dimension_${snakeCase(name)}`
    let free = label
    for (let n = 2; labels.has(free); n++) free = `${label}_${n}`
    labels.set(free, value)
  }
  return `{${[...labels].map(([label, value]) => `${label}="${escapeValue(value)}"`).join(',')}}`
}

function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** GetRecords.IteratorAgeMilliseconds -> get_records_iterator_age_milliseconds. */
function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
