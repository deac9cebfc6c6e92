/**
 * Watches the registry by alarm rules: when a minute is over, every rule is decided over its last whole minutes, and each
 * change of state becomes an event, for a callback and for the rule's webhook.
 *
 * Every minute is decided once and in order, also when the process was held up over several; so the events depend on the
 * observations alone. A rule that names no stream (shard, consumer, function, table, operation, delivery, task) is about the observations of all of them together:
 * one rule has one state. A webhook is not told of the first OK after the start. States are not durable.
 *
 * Cost: one pass over the series for each rule and minute.
 */
import type { GatewayError } from '../../errors.ts'
import type { MetricRegistry } from '../metric-registry.ts'
import type { Series } from '../series.ts'
import { mergeSets, minuteMs, minuteOf, type StatisticSet, statisticOf } from '../statistics.ts'
import { type AlarmEvent, alarmEventBody } from './alarm-event.ts'
import type { AlarmRule } from './alarm-rule.ts'
import { type AlarmState, decideAlarm, type Period } from './decide-alarm.ts'
import { WebhookQueue } from './webhook-queue.ts'
import { fetchWebhook, type WebhookTransport } from './webhook-transport.ts'

export interface AlarmWatcherOptions {
  readonly registry: MetricRegistry
  readonly rules: readonly AlarmRule[]
  /** Every transition, in order of minutes, then of rules. */
  readonly onEvent?: (event: AlarmEvent) => void
  /** Events that a webhook did not take. */
  readonly onProblem?: (problem: GatewayError) => void
  readonly transport?: WebhookTransport
}

export interface AlarmStatus {
  readonly name: string
  readonly state: AlarmState
  /** Ms since the epoch. */
  readonly since: number
}

/** An alarm as it is shown: without its webhook's address, which may hold a secret. */
export interface AlarmView extends AlarmStatus {
  readonly rule: AlarmEvent['rule']
  readonly hasWebhook: boolean
}

/** So many changes of state are remembered. */
const eventsKept = 256

export class AlarmWatcher {
  readonly #registry: MetricRegistry
  readonly #onEvent: (event: AlarmEvent) => void
  readonly #alarms: { readonly rule: AlarmRule; state: AlarmState; since: number }[]
  /** By address. */
  readonly #queues = new Map<string, WebhookQueue>()
  /** Oldest first, at most `eventsKept`. */
  readonly #events: AlarmEvent[] = []
  /** The first minute that is not decided yet. */
  #next: number

  constructor({ registry, rules, onEvent, onProblem, transport = fetchWebhook }: AlarmWatcherOptions) {
    this.#registry = registry
    this.#onEvent = onEvent ?? (() => {})
    const { clock } = registry
    const now = clock.now()
    this.#next = registry.minute
    this.#alarms = rules.map((rule) => {
      if (rule.forMinutes >= registry.minutesKept) {
        throw new Error(`gateway invariant: alarm ${rule.name} looks back further than the registry`)
      }
      return { rule, state: 'INSUFFICIENT_DATA', since: now }
    })
    for (const { webhook: url } of rules) {
      if (url === undefined || this.#queues.has(url)) continue
      this.#queues.set(url, new WebhookQueue({ url, clock, transport, onProblem: onProblem ?? (() => {}) }))
    }
  }

  /** Watches until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const deliveries = [...this.#queues.values()].map((queue) => queue.run(signal))
    const { clock } = this.#registry
    while (!signal.aborted) {
      this.decideWholeMinutes()
      await clock.sleep(this.#registry.minute * minuteMs + minuteMs - clock.now(), signal)
    }
    await Promise.all(deliveries)
  }

  /** Decides every minute that is over and was not decided. run() does it; alone it is for callers with a loop of theirs. */
  decideWholeMinutes(): void {
    const running = this.#registry.minute
    // After a longer sleep only minutes that are kept can be decided.
    this.#next = Math.max(this.#next, running - this.#registry.minutesKept + forMinutesOf(this.#alarms))
    for (; this.#next < running; this.#next++) {
      for (const alarm of this.#alarms) this.#decide(alarm, this.#next)
    }
  }

  statuses(): AlarmStatus[] {
    return this.#alarms.map(({ rule, state, since }) => ({ name: rule.name, state, since }))
  }

  /** With the rules, in their order. */
  views(): AlarmView[] {
    return this.#alarms.map(({ rule: { webhook, ...rule }, state, since }) => ({
      name: rule.name,
      state,
      since,
      rule,
      hasWebhook: webhook !== undefined,
    }))
  }

  /** The last changes of state, newest first. */
  events(): AlarmEvent[] {
    return this.#events.toReversed()
  }

  #decide(alarm: { readonly rule: AlarmRule; state: AlarmState; since: number }, minute: number): void {
    const { rule, state: from } = alarm
    // A rule names its series by the members of a filter.
    const series = this.#registry.find(rule)
    const periods = this.#periods(rule, series, minute)
    const to = decideAlarm(rule, from, periods)
    if (to === from) return
    const at = (minute + 1) * minuteMs
    alarm.state = to
    alarm.since = at
    const { webhook, ...shownRule } = rule
    const values = periods.map((period) => (typeof period === 'number' ? period : undefined))
    const event: AlarmEvent = { rule: shownRule, from, to, at, values, worst: worstOf(rule, series, minute) }
    const isFirstOk = from === 'INSUFFICIENT_DATA' && to === 'OK'
    if (webhook !== undefined && !isFirstOk) {
      this.#queues.get(webhook)?.push(rule.name, alarmEventBody(event))
    }
    this.#events.push(event)
    if (this.#events.length > eventsKept) this.#events.shift()
    this.#onEvent(event)
  }

  #periods(rule: AlarmRule, series: readonly Series[], last: number): Period[] {
    const first = last - rule.forMinutes + 1
    const sets: (StatisticSet | undefined)[] = new Array(rule.forMinutes).fill(undefined)
    for (const one of series) {
      for (const set of one.minutes(first, last))
        sets[set.minute - first] = mergeSets(sets[set.minute - first], set)
    }
    const started = minuteOf(this.#registry.startedAt)
    return sets.map((set, i) => {
      if (set !== undefined) return statisticOf(set, rule.statistic)
      return first + i <= started ? 'unknown' : 'missing'
    })
  }
}

/** The longest look-back. */
function forMinutesOf(alarms: readonly { readonly rule: AlarmRule }[]): number {
  return alarms.reduce((longest, { rule }) => Math.max(longest, rule.forMinutes), 1)
}

function worstOf(
  rule: AlarmRule,
  series: readonly Series[],
  last: number,
): Record<string, string> | undefined {
  const sign = rule.comparison.startsWith('>') ? 1 : -1
  let worst: { series: Series; minute: number; value: number } | undefined
  for (const one of series) {
    const set = one.minutes(last - rule.forMinutes + 1, last).at(-1)
    if (set === undefined) continue
    const value = statisticOf(set, rule.statistic) * sign
    if (
      worst === undefined ||
      set.minute > worst.minute ||
      (set.minute === worst.minute && value > worst.value)
    ) {
      worst = { series: one, minute: set.minute, value }
    }
  }
  return worst === undefined ? undefined : Object.fromEntries(worst.series.id.dimensions)
}
