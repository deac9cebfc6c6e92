/**
 * The series of a registry as the console lists them: the gateway's own and those that clients sent, filtered by words, in an order in
 * which what belongs together stands together. Cost: one pass over all series, at most some thousands; the list is bounded.
 */
import {
  definitionOf,
  isMetricName,
  levelOfSeries,
  type MetricRegistry,
  minuteMs,
  type Series,
  statisticOf,
} from '@millrace/gateway'
import { type MetricSeries, seriesId, usualStatistic } from '../../protocol/metrics.ts'

export const listedMax = 2_000

/** Every word of `filter` has to be in the namespace, the metric or a dimension's value; letters' case does not count. */
export function listSeries(
  registry: MetricRegistry,
  filter: string,
): { readonly series: MetricSeries[]; readonly more: boolean } {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const found: Series[] = []
  for (const series of allSeries(registry)) {
    const { namespace, metric, dimensions } = series.id
    const text = [namespace, metric, ...dimensions.map(([, value]) => value)].join(' ').toLowerCase()
    if (words.every((word) => text.includes(word))) found.push(series)
  }
  const order = found
    .map((series) => ({ series, key: orderKey(registry, series) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const listed = order.slice(0, listedMax).map(({ series }) => describeSeries(registry, series))
  return { series: listed, more: order.length > listedMax }
}

/** By their ids, in the ids' order; those that are not there are left out. */
export function findSeries(registry: MetricRegistry, ids: readonly string[]): Series[] {
  const found = new Map<string, Series>()
  const asked = new Set(ids)
  for (const series of allSeries(registry)) {
    const id = seriesId(series.id)
    if (asked.has(id)) found.set(id, series)
  }
  return ids.flatMap((id) => found.get(id) ?? [])
}

export function describeSeries(registry: MetricRegistry, series: Series): MetricSeries {
  const { id } = series
  const isOwn = isOwnSeries(registry, series)
  const definition = isOwn && isMetricName(id.metric) ? definitionOf(id.metric) : undefined
  const { minute: running, minutesKept } = registry
  // A minute that still runs says less than one that is over, if that one has anything to say.
  const sets = series.minutes(running - minutesKept + 1, running)
  const last = sets.at(-1)?.minute === running ? (sets.at(-2) ?? sets.at(-1)) : sets.at(-1)
  return {
    id: seriesId(id),
    namespace: id.namespace,
    metric: id.metric,
    dimensions: id.dimensions,
    unit: id.unit,
    level: isOwn ? levelOfSeries(id) : 'client',
    ...(definition === undefined ? {} : { kind: definition.kind, definition: definition.definition }),
    ...(last === undefined
      ? {}
      : {
          last: {
            at: last.minute * minuteMs,
            value: statisticOf(last, usualStatistic(definition?.kind)),
          },
        }),
  }
}

/** A client may send a metric under any name, also one of ours: the set that keeps it says whose it is. */
function isOwnSeries(registry: MetricRegistry, series: Series): boolean {
  return registry.own.get(series.key) === series
}

function* allSeries(registry: MetricRegistry): Generator<Series> {
  yield* registry.own.all()
  yield* registry.clients.all()
}

function orderKey(registry: MetricRegistry, series: Series): string {
  const { namespace, dimensions, metric } = series.id
  const isClient = isOwnSeries(registry, series) ? 0 : 1
  return JSON.stringify([isClient, namespace, dimensions.map((dimension) => dimension.join(' ')), metric])
}
