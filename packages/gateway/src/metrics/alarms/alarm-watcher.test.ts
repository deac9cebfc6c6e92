import { seededRandom, VirtualClock } from '@millrace/values'
import { describe, expect, it } from 'vitest'
import { MetricRegistry } from '../metric-registry.ts'
import { minuteMs, type StatisticName, statisticNames } from '../statistics.ts'
import { type AlarmEvent, formatAlarmEvent } from './alarm-event.ts'
import { type AlarmRule, comparisons, missingTreatments } from './alarm-rule.ts'
import { AlarmWatcher } from './alarm-watcher.ts'
import { type AlarmState, decideAlarm, type Period } from './decide-alarm.ts'

const start = Date.UTC(2026, 0, 1)

const ageRule: AlarmRule = {
  name: 'iterator-age',
  metric: 'GetRecords.IteratorAgeMilliseconds',
  level: 'stream',
  stream: 'orders',
  statistic: 'Maximum',
  comparison: '>',
  threshold: 1000,
  forMinutes: 3,
  missing: 'notBreaching',
}

interface Observation {
  readonly stream: string
  readonly minute: number
  readonly value: number
}

/** What happens, worked out from all observations at the end: each minute in turn, each statistic from the plain values. */
function naiveTransitions(
  rule: AlarmRule,
  all: readonly Observation[],
  firstMinute: number,
  minutes: number,
) {
  const transitions: [number, AlarmState, AlarmState][] = []
  let state: AlarmState = 'INSUFFICIENT_DATA'
  for (let minute = firstMinute; minute < firstMinute + minutes; minute++) {
    const periods: Period[] = []
    for (let m = minute - rule.forMinutes + 1; m <= minute; m++) {
      const values = all
        .filter((one) => one.minute === m && (rule.stream === undefined || one.stream === rule.stream))
        .map(({ value }) => value)
      periods.push(
        values.length > 0 ? plain(rule.statistic, values) : m <= firstMinute ? 'unknown' : 'missing',
      )
    }
    const next = decideAlarm(rule, state, periods)
    if (next !== state) transitions.push([(minute + 1) * minuteMs, state, next])
    state = next
  }
  return transitions
}

function plain(statistic: StatisticName, values: readonly number[]): number {
  const sum = values.reduce((a, b) => a + b, 0)
  return {
    Sum: sum,
    Average: sum / values.length,
    Minimum: Math.min(...values),
    Maximum: Math.max(...values),
    SampleCount: values.length,
  }[statistic]
}

describe('the watcher', () => {
  it('watches functions, one or all of them', async () => {
    const clock = new VirtualClock(start)
    const registry = new MetricRegistry({ clock })
    const lines: string[] = []
    const errors: AlarmRule = {
      name: 'errors',
      metric: 'Errors',
      level: 'function',
      function: 'save',
      statistic: 'Average',
      comparison: '>',
      threshold: 0.4,
      forMinutes: 1,
      missing: 'notBreaching',
    }
    const { function: _, ...any } = errors
    const watcher = new AlarmWatcher({
      registry,
      rules: [errors, { ...any, name: 'any' }],
      onEvent: (event) => lines.push(formatAlarmEvent(event)),
    })
    const minute = async (save: readonly number[], other: readonly number[]): Promise<void> => {
      await clock.advance(minuteMs)
      for (const failed of save) registry.metric('Errors', { function: 'save' }).observe(failed)
      for (const failed of other) registry.metric('Errors', { function: 'other' }).observe(failed)
      await clock.advance(minuteMs)
      watcher.decideWholeMinutes()
    }
    await minute([0, 0, 1], [1, 1, 1])
    expect(lines).toEqual([
      'OK errors: not Average of Errors > 0.4 for 1 minute, last 0.333 (function save)',
      'ALARM any: Average of Errors > 0.4 for 1 minute, last 0.667 (function other)',
    ])
  })

  it('tells the transitions that follow from the observations, also when it is held up for minutes', async () => {
    for (let round = 0; round < 60; round++) {
      const seed = `alarm watcher ${round}`
      const random = seededRandom(seed)
      const clock = new VirtualClock(start + random.below(minuteMs))
      const registry = new MetricRegistry({ clock, minutesKept: 30 })
      const rules = Array.from({ length: 8 }, (_, i): AlarmRule => {
        const { stream: _stream, ...rest } = ageRule
        return {
          ...rest,
          name: `rule-${i}`,
          ...(random.below(2) === 0 ? {} : { stream: `s${random.below(2)}` }),
          statistic: statisticNames[random.below(5)]!,
          comparison: comparisons[random.below(4)]!,
          threshold: random.below(8),
          forMinutes: 1 + random.below(4),
          missing: missingTreatments[random.below(3)]!,
        }
      })
      const told = new Map<string, [number, AlarmState, AlarmState][]>(rules.map(({ name }) => [name, []]))
      const watcher = new AlarmWatcher({
        registry,
        rules,
        onEvent: ({ rule, from, to, at }) => void told.get(rule.name)!.push([at, from, to]),
      })
      const stop = new AbortController()
      // Half of the rounds run by themselves; in the others the process comes to it only now and then.
      const running = round % 2 === 0 ? watcher.run(stop.signal) : undefined
      const all: Observation[] = []
      const firstMinute = registry.minute
      while (registry.minute < firstMinute + 40) {
        if (random.below(4) > 0) {
          const stream = `s${random.below(2)}`
          const value = random.below(8)
          registry.metric(ageRule.metric, { stream }).observe(value)
          all.push({ stream, minute: registry.minute, value })
        }
        await clock.advance(random.below(3) === 0 ? random.below(3 * minuteMs) : random.below(minuteMs / 2))
        if (running === undefined && random.below(6) === 0) watcher.decideWholeMinutes()
      }
      if (running === undefined) watcher.decideWholeMinutes()
      stop.abort()
      await running
      const minutes = registry.minute - firstMinute
      for (const rule of rules) {
        expect(told.get(rule.name), `${seed} ${JSON.stringify(rule)}`).toEqual(
          naiveTransitions(rule, all, firstMinute, minutes),
        )
      }
      expect(clock.pending, seed).toBe(0)
    }
  })

  it('raises an alarm after the minutes of its rule, names the worst series, and clears it', async () => {
    const clock = new VirtualClock(start)
    const registry = new MetricRegistry({ clock })
    const { stream: _, ...anyStream } = ageRule
    const events: AlarmEvent[] = []
    const watcher = new AlarmWatcher({ registry, rules: [anyStream], onEvent: (event) => events.push(event) })
    const stop = new AbortController()
    const running = watcher.run(stop.signal)
    const minute = async (ages: Record<string, number>) => {
      for (const [stream, age] of Object.entries(ages))
        registry.metric(ageRule.metric, { stream }).observe(age)
      await clock.advance(minuteMs)
      return events.splice(0).map(formatAlarmEvent)
    }
    expect(await minute({ orders: 0, items: 0 })).toEqual([
      'OK iterator-age: not Maximum of GetRecords.IteratorAgeMilliseconds > 1000 ms for 3 minutes, last 0 ms (stream orders)',
    ])
    for (let i = 0; i < 2; i++) expect(await minute({ orders: 1001, items: 5 })).toEqual([])
    expect(await minute({ orders: 1500, items: 2500 })).toEqual([
      'ALARM iterator-age: Maximum of GetRecords.IteratorAgeMilliseconds > 1000 ms for 3 minutes, last 2500 ms (stream items)',
    ])
    expect(watcher.statuses()).toEqual([{ name: 'iterator-age', state: 'ALARM', since: clock.now() }])
    expect(await minute({ orders: 1001 })).toEqual([])
    expect(await minute({})).toEqual([
      'OK iterator-age: not Maximum of GetRecords.IteratorAgeMilliseconds > 1000 ms for 3 minutes, last none (stream orders)',
    ])
    stop.abort()
    await running
  })

  it('raises nothing in the first minutes of a process, whatever is missing', async () => {
    const clock = new VirtualClock(start + 30_000)
    const registry = new MetricRegistry({ clock })
    const events: AlarmEvent[] = []
    const rule: AlarmRule = { ...ageRule, missing: 'breaching' }
    const watcher = new AlarmWatcher({ registry, rules: [rule], onEvent: (event) => events.push(event) })
    const stop = new AbortController()
    const running = watcher.run(stop.signal)
    // 30 s are left of the first minute, which is not missing; then three whole ones are.
    await clock.advance(30_000 + 3 * minuteMs - 1)
    expect(events).toEqual([])
    await clock.advance(1)
    expect(events.map(({ to, values }) => [to, values])).toEqual([
      ['ALARM', [undefined, undefined, undefined]],
    ])
    stop.abort()
    await running
  })

  it('watches the shard or consumer that a rule names, and no other', async () => {
    const clock = new VirtualClock(start)
    const registry = new MetricRegistry({ clock })
    const shard = 'shardId-000000000001'
    const rules: AlarmRule[] = [
      { ...ageRule, name: 'shard', metric: 'IncomingBytes', level: 'shard', shard, forMinutes: 1 },
      { ...ageRule, name: 'stream', metric: 'IncomingBytes', forMinutes: 1 },
      {
        ...ageRule,
        name: 'consumer',
        metric: 'SubscribeToShardEvent.MillisBehindLatest',
        level: 'consumer',
        consumer: 'c',
        forMinutes: 1,
      },
    ]
    const watcher = new AlarmWatcher({ registry, rules })
    const states = async () => {
      await clock.advance(minuteMs)
      watcher.decideWholeMinutes()
      return watcher.statuses().map(({ state }) => state)
    }
    registry.metric('IncomingBytes', { stream: 'orders', shard }).observe(5000)
    registry
      .metric('SubscribeToShardEvent.MillisBehindLatest', { stream: 'orders', consumer: 'c' })
      .observe(1)
    expect(await states()).toEqual(['ALARM', 'INSUFFICIENT_DATA', 'OK'])
    registry.metric('IncomingBytes', { stream: 'orders' }).observe(5000)
    registry.metric('IncomingBytes', { stream: 'orders', shard: 'shardId-000000000002' }).observe(5000)
    registry
      .metric('SubscribeToShardEvent.MillisBehindLatest', { stream: 'orders', consumer: 'd' })
      .observe(9000)
    expect(await states()).toEqual(['OK', 'ALARM', 'OK'])
  })
})
