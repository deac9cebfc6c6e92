/** A transition of an alarm, as the command line prints it and a webhook gets it. */
import { definitionOf } from '../metric-catalogue.ts'
import type { MetricUnit } from '../metric-definition.ts'
import type { AlarmRule } from './alarm-rule.ts'
import type { AlarmState } from './decide-alarm.ts'

export interface AlarmEvent {
  /** Without the webhook: events are shown and sent. */
  readonly rule: Omit<AlarmRule, 'webhook'>
  readonly from: AlarmState
  readonly to: AlarmState
  /** End of the minute that brought the transition, in ms since the epoch. */
  readonly at: number
  /** The statistic over each of the last `forMinutes` minutes, oldest first; undefined: no observations. */
  readonly values: ReadonlyArray<number | undefined>
  /** By AWS's names, of the series that is furthest on the side of the threshold, in the newest minute with observations. */
  readonly worst: Readonly<Record<string, string>> | undefined
}

/**
 * One line: `ALARM iterator-age: Maximum of GetRecords.IteratorAgeMilliseconds > 43200000 ms for 3 minutes, last 51000000
 * ms (stream orders)`.
 */
export function formatAlarmEvent({ rule, to, values, worst }: AlarmEvent): string {
  const { unit } = definitionOf(rule.metric)
  const suffix = rule.statistic === 'SampleCount' ? '' : suffixes[unit]
  const minutes = rule.forMinutes === 1 ? '1 minute' : `${rule.forMinutes} minutes`
  const condition = `${rule.statistic} of ${rule.metric} ${rule.comparison} ${rule.threshold}${suffix}`
  const last = values.at(-1)
  const lastText = last === undefined ? 'none' : `${formatNumber(last)}${suffix}`
  return `${to} ${rule.name}: ${to === 'ALARM' ? '' : 'not '}${condition} for ${minutes}, last ${lastText}${whereText(rule, worst)}`
}

/** The body of a webhook. `id` is the same for every attempt to deliver an event. */
export function alarmEventBody({ rule, from, to, at, values, worst }: AlarmEvent): string {
  return JSON.stringify({
    id: `${rule.name}/${at}`,
    alarm: rule.name,
    state: to,
    previousState: from,
    at: new Date(at).toISOString(),
    metric: rule.metric,
    unit: definitionOf(rule.metric).unit,
    stream: rule.stream,
    shard: rule.shard,
    consumer: rule.consumer,
    function: rule.function,
    table: rule.table,
    operation: rule.operation,
    delivery: rule.delivery,
    task: rule.task,
    statistic: rule.statistic,
    comparison: rule.comparison,
    threshold: rule.threshold,
    forMinutes: rule.forMinutes,
    values: values.map((value) => value ?? null),
    worst,
    text: formatAlarmEvent({ rule, from, to, at, values, worst }),
  })
}

function whereText(rule: AlarmEvent['rule'], worst: AlarmEvent['worst']): string {
  const parts: string[] = []
  for (const [word, dimension, asked] of [
    ['stream', 'StreamName', rule.stream],
    ['shard', 'ShardId', rule.shard],
    ['consumer', 'ConsumerName', rule.consumer],
    ['function', 'FunctionName', rule.function],
    ['table', 'TableName', rule.table],
    ['operation', 'Operation', rule.operation],
    ['delivery', 'DeliveryStreamName', rule.delivery],
    ['task', 'ReplicationTaskIdentifier', rule.task],
  ] as const) {
    const value = asked ?? worst?.[dimension]
    if (value !== undefined) parts.push(`${word} ${value}`)
  }
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

const suffixes: Readonly<Record<MetricUnit, string>> = {
  Bytes: ' B',
  Count: '',
  Milliseconds: ' ms',
  Seconds: ' s',
  'Bytes/Second': ' B/s',
  'Count/Second': ' per s',
}

/** At most three places after the point: averages have many. */
function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toFixed(3)))
}
