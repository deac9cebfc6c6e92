/** Alarms as the console shows them: rules with their states, the series that each looks at, and changes of state. */
import {
  type AlarmEvent,
  type AlarmView,
  definitionOf,
  formatAlarmEvent,
  type MetricRegistry,
  type StoreGateway,
} from '@millrace/gateway'
import type { AlarmAnswer, AlarmChange, AlarmPointsAnswer, AlarmsAnswer } from '../../protocol/metrics.ts'
import { minuteRange, timesOf, valuesOf } from './series-points.ts'

export function alarmsAnswer(alarms: StoreGateway['alarms']): AlarmsAnswer {
  return {
    isWatching: alarms !== undefined,
    alarms: alarms?.views().map(alarmAnswer) ?? [],
    events: alarms?.events().map(changeOf) ?? [],
  }
}

export function alarmPoints(registry: MetricRegistry, view: AlarmView, minutes: number): AlarmPointsAnswer {
  const range = minuteRange(registry, minutes)
  return {
    alarm: alarmAnswer(view),
    times: timesOf(range),
    // A rule names its series by the members of a filter.
    values: valuesOf(registry.find(view.rule), range, view.rule.statistic),
  }
}

function alarmAnswer({ name, state, since, rule, hasWebhook }: AlarmView): AlarmAnswer {
  const { unit, definition } = definitionOf(rule.metric)
  const { metric, level, statistic, comparison, threshold, forMinutes, missing } = rule
  const named = { StreamName: rule.stream, ShardId: rule.shard, ConsumerName: rule.consumer }
  const others = {
    FunctionName: rule.function,
    TableName: rule.table,
    Operation: rule.operation,
    DeliveryStreamName: rule.delivery,
    ReplicationTaskIdentifier: rule.task,
  }
  const dimensions: Record<string, string> = {}
  for (const [dimension, value] of Object.entries({ ...named, ...others }))
    if (value !== undefined) dimensions[dimension] = value
  return {
    name,
    state,
    since,
    metric,
    unit,
    definition,
    dimensions,
    level,
    statistic,
    comparison,
    threshold,
    forMinutes,
    missing,
    hasWebhook,
  }
}

function changeOf(event: AlarmEvent): AlarmChange {
  const { rule, from, to, at } = event
  return { at, alarm: rule.name, from, to, text: formatAlarmEvent(event) }
}
