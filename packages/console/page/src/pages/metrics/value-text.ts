/** Values of metrics with their units, as people read them. */
import { type MetricSeries, type Statistic, unitOf } from '../../../../src/protocol/metrics.ts'
import { bytesText, countText, durationText } from '../../kit/numbers.ts'

export function textOfUnit(unit: string): (value: number) => string {
  switch (unit) {
    case 'Bytes':
      return bytesText
    case 'Bytes/Second':
      return (value) => `${bytesText(value)}/s`
    case 'Milliseconds':
      return timeText
    case 'Seconds':
      return (value) => timeText(value * 1_000)
    case 'Count/Second':
      return (value) => `${countText(value)}/s`
    case 'Percent':
      return (value) => `${countText(value)} %`
    case 'Share':
      return (value) => `${countText(100 * value)} %`
    default:
      return countText
  }
}

/** Calls often take parts of a millisecond. */
function timeText(ms: number): string {
  return ms > 0 && ms < 10 ? `${ms.toFixed(2)} ms` : ms === 0 ? '0 ms' : durationText(ms)
}

export function valueText(
  series: Pick<MetricSeries, 'unit' | 'kind'>,
  statistic: Statistic,
  value: number,
): string {
  return textOfUnit(unitOf(series, statistic))(value)
}

/** What a series is of: `save`, `orders shardId-000000000001`. */
export function thingOf({ dimensions, namespace }: Pick<MetricSeries, 'dimensions' | 'namespace'>): string {
  return dimensions.length === 0 ? namespace : dimensions.map(([, value]) => value).join(' ')
}
