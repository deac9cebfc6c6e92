/**
 * What the page shows before anything is chosen: of each namespace the metrics that answer the first questions (docs/metrics.md), of
 * all things together that have them.
 */
import { type MetricSeries, type SeriesLevel, seriesAskedMax } from '../../../../src/protocol/metrics.ts'

/** In the order in which they are shown. */
const questions: readonly (readonly [metric: string, level: SeriesLevel])[] = [
  ['IncomingRecords', 'stream'],
  ['IncomingBytes', 'stream'],
  ['GetRecords.IteratorAgeMilliseconds', 'stream'],
  ['WriteProvisionedThroughputExceeded', 'stream'],
  ['ReadProvisionedThroughputExceeded', 'stream'],
  ['SubscribeToShardEvent.MillisBehindLatest', 'consumer'],
  ['IteratorAge', 'function'],
  ['Invocations', 'function'],
  ['Errors', 'function'],
  ['Duration', 'function'],
  ['DeliveryToS3.DataFreshness', 'delivery'],
  ['DeliveryToS3.Records', 'delivery'],
  ['SuccessfulRequestLatency', 'operation'],
  ['ThrottledRequests', 'operation'],
  ['CDCLatencySource', 'task'],
]

/** More lines than this are no picture. */
const linesMax = 6

/** Ids of series, chart by chart. */
export function overviewIds(series: readonly MetricSeries[]): string[] {
  const ids = questions.flatMap(([metric, level]) =>
    series
      .filter((one) => one.metric === metric && one.level === level && one.last !== undefined)
      .sort((a, b) => (b.last?.value ?? 0) - (a.last?.value ?? 0))
      .slice(0, linesMax)
      .map(({ id }) => id),
  )
  return ids.slice(0, seriesAskedMax)
}
