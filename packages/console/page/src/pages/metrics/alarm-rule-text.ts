/**
 * An alarm rule for what a chart shows, as it stands in the file of rules: it fires when the highest value that was seen is passed.
 * The threshold is a beginning; whoever copies it knows better.
 */
import type { PointSeries } from '../../../../src/protocol/metrics.ts'

const members: Readonly<Record<string, string>> = {
  StreamName: 'stream',
  ShardId: 'shard',
  ConsumerName: 'consumer',
  FunctionName: 'function',
  TableName: 'table',
  Operation: 'operation',
  DeliveryStreamName: 'delivery',
  ReplicationTaskIdentifier: 'task',
}

/** Of the first series. Undefined: metrics of clients have no alarms. */
export function alarmRuleText([first]: readonly PointSeries[]): string | undefined {
  if (first === undefined || first.level === 'client') return undefined
  const { metric, dimensions, statistic, values, kind } = first
  const seen = values.filter((value) => value !== null)
  // Of calls that should all go well, fewer good ones are what is bad.
  const isShare = kind === 'success' && statistic !== 'Sum' && statistic !== 'SampleCount'
  const named: [string, string][] = []
  for (const [dimension, value] of dimensions) {
    const member = members[dimension]
    if (member !== undefined) named.push([member, value])
  }
  const rule = {
    name: [metric, ...named.map(([, value]) => value)].join('-').replace(/[^\w.-]/g, '-'),
    metric,
    ...Object.fromEntries(named),
    statistic,
    comparison: isShare ? '<' : '>',
    threshold: isShare ? 1 : Math.ceil(Math.max(0, ...seen)),
    forMinutes: 3,
  }
  return JSON.stringify({ alarms: [rule] }, undefined, 2)
}
