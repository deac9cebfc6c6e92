/**
 * Metrics as JSON under AWS's names: /metrics.json?stream=&function=&table=&delivery=&task=&metric=&minutes=
 *
 *   { "period": 60, "runningMinute": "2026-01-01T00:02:00.000Z",
 *     "metrics": [ { "namespace": "AWS/Kinesis", "metric": "IncomingBytes", "unit": "Bytes",
 *                    "dimensions": { "StreamName": "orders" },
 *                    "datapoints": [ { "timestamp": "2026-01-01T00:01:00.000Z",
 *                                      "Sum", "Average", "Minimum", "Maximum", "SampleCount" } ] } ] }
 *
 * Data points are of whole minutes, oldest first, those without observations left out; the last one may be of the running
 * minute and so still grow. Metrics that clients sent come after the gateway's own, under their own namespace.
 */
import { GatewayError } from '../errors.ts'
import { isMetricName, metricDefinitions } from './metric-catalogue.ts'
import { dimensionOf, type MetricRegistry } from './metric-registry.ts'
import type { MetricsReply } from './metrics-reply.ts'
import type { Series } from './series.ts'
import { shown } from './shown.ts'
import { type MinuteStatistics, minuteMs } from './statistics.ts'

/** As many as a call of CloudWatch's GetMetricData may return: about 15 MB of text here. */
const datapointsMax = 100_800
const minutesDefault = 60
const parameters = ['stream', 'function', 'table', 'delivery', 'task', 'metric', 'minutes']

export function metricsJsonReply(registry: MetricRegistry, query: URLSearchParams): MetricsReply {
  try {
    return { status: 200, contentType: 'application/json', body: JSON.stringify(answer(registry, query)) }
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error
    const body = JSON.stringify({ error: { code: error.code, message: error.message } })
    return { status: 400, contentType: 'application/json', body }
  }
}

function answer(registry: MetricRegistry, query: URLSearchParams): object {
  const { stream, ofFunction, table, delivery, task, metric, minutes } = readQuery(registry, query)
  const to = registry.minute
  const metrics: object[] = []
  let datapoints = 0
  for (const set of [registry.own, registry.clients]) {
    for (const series of set.all()) {
      if (metric !== undefined && series.id.metric !== metric) continue
      if (stream !== undefined && dimensionOf(series.id, 'StreamName') !== stream) continue
      if (ofFunction !== undefined && dimensionOf(series.id, 'FunctionName') !== ofFunction) continue
      if (table !== undefined && dimensionOf(series.id, 'TableName') !== table) continue
      if (delivery !== undefined && dimensionOf(series.id, 'DeliveryStreamName') !== delivery) continue
      if (task !== undefined && dimensionOf(series.id, 'ReplicationTaskIdentifier') !== task) continue
      const sets = series.minutes(to - minutes + 1, to)
      datapoints += sets.length
      if (datapoints > datapointsMax) {
        throw new GatewayError(
          'METRICS_REPLY_TOO_LARGE',
          `the reply would have more than ${datapointsMax} data points. Name a stream, a function, a table, a delivery, a task or a metric, or ask for fewer than ${minutes} minutes.`,
        )
      }
      metrics.push(describe(series, sets))
    }
  }
  return { period: 60, runningMinute: timeText(to), metrics }
}

function readQuery(registry: MetricRegistry, query: URLSearchParams) {
  for (const name of query.keys()) {
    if (!parameters.includes(name)) refuse(`there is no parameter ${shown(name)}`, parameters.join(', '))
  }
  const metric = query.get('metric') ?? undefined
  if (metric !== undefined && !isMetricName(metric) && !isOfClient(registry, metric)) {
    refuse(
      `"metric" is ${shown(metric)}, which neither the gateway nor a client has`,
      metricDefinitions.map(([name]) => name).join(', '),
    )
  }
  const text = query.get('minutes')
  const minutes = text === null ? Math.min(minutesDefault, registry.minutesKept) : Number(text)
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > registry.minutesKept) {
    refuse(`"minutes" is ${shown(text)}`, `an integer from 1 to ${registry.minutesKept}`)
  }
  return {
    stream: query.get('stream') ?? undefined,
    ofFunction: query.get('function') ?? undefined,
    table: query.get('table') ?? undefined,
    delivery: query.get('delivery') ?? undefined,
    task: query.get('task') ?? undefined,
    metric,
    minutes,
  }
}

function isOfClient(registry: MetricRegistry, metric: string): boolean {
  for (const { id } of registry.clients.all()) if (id.metric === metric) return true
  return false
}

function refuse(what: string, allowed: string): never {
  throw new GatewayError('METRICS_QUERY_INVALID', `/metrics.json: ${what}; allowed: ${allowed}. Ask again.`)
}

function describe({ id }: Series, sets: readonly MinuteStatistics[]): object {
  return {
    namespace: id.namespace,
    metric: id.metric,
    unit: id.unit,
    dimensions: Object.fromEntries(id.dimensions),
    datapoints: sets.map(({ minute, sum, count, min, max }) => ({
      timestamp: timeText(minute),
      Sum: sum,
      Average: sum / count,
      Minimum: min,
      Maximum: max,
      SampleCount: count,
    })),
  }
}

function timeText(minute: number): string {
  return new Date(minute * minuteMs).toISOString()
}
