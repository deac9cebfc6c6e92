/**
 * Alarm rules: what they say, and their file.
 *
 *   { "alarms": [ { "name": "iterator-age", "metric": "GetRecords.IteratorAgeMilliseconds", "stream": "orders",
 *                   "statistic": "Maximum", "comparison": ">", "threshold": 43200000, "forMinutes": 3,
 *                   "missing": "breaching", "webhook": "https://hooks.example.com/..." } ] }
 *
 * Reading a file finds all of its problems at once. No message shows a webhook's address: it may hold a secret.
 */
import { readFileSync } from 'node:fs'
import { scanJson } from '@millrace/values'
import { GatewayError } from '../../errors.ts'
import { definitionOf, isMetricName, type MetricName, metricDefinitions } from '../metric-catalogue.ts'
import type { MetricLevel } from '../metric-definition.ts'
import { defaultMinutesKept } from '../metric-registry.ts'
import { shown } from '../shown.ts'
import { type StatisticName, statisticNames } from '../statistics.ts'

export const comparisons = ['>', '>=', '<', '<='] as const
export type Comparison = (typeof comparisons)[number]

/** What a minute without observations counts as: as good, as bad, or as nothing, so that the state stays. */
export const missingTreatments = ['notBreaching', 'breaching', 'ignore'] as const
export type MissingTreatment = (typeof missingTreatments)[number]

export interface AlarmRule {
  /** Unique in its file. */
  readonly name: string
  readonly metric: MetricName
  /** Follows from the other members: which series of the metric are meant. */
  readonly level: MetricLevel
  /** Left out: the observations of all streams (shards, consumers, functions, tables, operations, deliveries, tasks) together. */
  readonly stream?: string
  readonly shard?: string
  readonly consumer?: string
  readonly function?: string
  readonly table?: string
  readonly operation?: string
  readonly delivery?: string
  /** A source that follows a database. */
  readonly task?: string
  readonly statistic: StatisticName
  readonly comparison: Comparison
  readonly threshold: number
  /** So many whole minutes in a row have to breach the threshold. */
  readonly forMinutes: number
  readonly missing: MissingTreatment
  /** http or https; may hold secrets, so it is never shown. */
  readonly webhook?: string
}

/** The running minute is kept too, but does not count yet. */
export const forMinutesMax = defaultMinutesKept - 1

/** Errors: ALARM_FILE_UNREADABLE, ALARM_FILE_INVALID, ALARM_RULE_INVALID. */
export function loadAlarmRules(path: string): AlarmRule[] {
  return parseAlarmRules(readRules(path), path)
}

/** `place` begins each message: the file's path. */
export function parseAlarmRules(bytes: Uint8Array, place: string): AlarmRule[] {
  const problem = scanJson(bytes)
  if (problem !== null) {
    throw new GatewayError(
      'ALARM_FILE_INVALID',
      `${place}:${lineAndColumn(bytes, problem.offset)}: not JSON: ${problem.reason}. Correct the text there.`,
    )
  }
  const file: unknown = JSON.parse(new TextDecoder().decode(bytes))
  if (!isObject(file) || !Array.isArray(file.alarms) || Object.keys(file).length !== 1) {
    throw new GatewayError(
      'ALARM_FILE_INVALID',
      `${place}: the file has to be an object with the one member "alarms", a list. Write { "alarms": [ ... ] }.`,
    )
  }
  const problems: string[] = []
  const rules: AlarmRule[] = []
  const names = new Map<string, number>()
  for (const [i, entry] of file.alarms.entries()) {
    const reader = new RuleReader(`${place}: alarms[${i}]`, problems)
    const rule = reader.read(entry)
    if (rule === undefined) continue
    const first = names.get(rule.name)
    if (first === undefined) names.set(rule.name, i)
    else reader.refuse('name', `is ${shown(rule.name)}, like that of alarms[${first}]`, 'a name of its own')
    rules.push(rule)
  }
  if (problems.length > 0) throw new GatewayError('ALARM_RULE_INVALID', problems.join('\n'))
  return rules
}

function readRules(path: string): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    // Errors of the file system carry the reason as a code.
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new GatewayError(
      'ALARM_FILE_UNREADABLE',
      `the alarm rules ${path} cannot be read (${reason}). Check the path, or run without alarms.`,
      { cause: error },
    )
  }
}

const ruleMembers = [
  'name',
  'metric',
  'stream',
  'shard',
  'consumer',
  'function',
  'table',
  'operation',
  'delivery',
  'task',
  'statistic',
  'comparison',
  'threshold',
  'forMinutes',
  'missing',
  'webhook',
] as const
type RuleMember = (typeof ruleMembers)[number]

// Of the Kinesis API: names of streams and consumers, and ids of shards. Rules share the alphabet, so that names can
// stand in a line of text as they are.
const namePattern = /^[a-zA-Z0-9_.-]{1,128}$/
const nameAllowed = '1 to 128 letters, digits, "_", "." and "-"'
const tablePattern = /^[a-zA-Z0-9_.-]{3,255}$/
const tableAllowed = '3 to 255 letters, digits, "_", "." and "-"'
const deliveryPattern = /^[a-zA-Z0-9_.-]{1,64}$/
const deliveryAllowed = '1 to 64 letters, digits, "_", "." and "-"'
const shardPattern = /^shardId-\d{12}$/

/** What is named first in each is the whole, of which the others are parts and may be named with it. */
const families: readonly (readonly MetricLevel[])[] = [
  ['stream', 'shard', 'consumer'],
  ['function'],
  ['table', 'operation'],
  ['delivery'],
  ['task'],
]

function isPart(level: MetricLevel): boolean {
  return level === 'shard' || level === 'consumer' || level === 'operation'
}

/** Reads one rule, adding what is wrong with it to the problems. */
class RuleReader {
  readonly #place: string
  readonly #problems: string[]

  constructor(place: string, problems: string[]) {
    this.#place = place
    this.#problems = problems
  }

  /** Undefined, or a rule that is not to be used, if a problem was added. */
  read(entry: unknown): AlarmRule | undefined {
    if (!isObject(entry)) {
      this.#problems.push(
        `${this.#place} is ${shown(entry)}; allowed: an object. Write { "name": ..., "metric": ... }.`,
      )
      return undefined
    }
    for (const member of Object.keys(entry)) {
      if (!ruleMembers.some((known) => known === member)) {
        this.#problems.push(
          `${this.#place}: there is no member ${shown(member)}; allowed: ${ruleMembers.join(', ')}. Remove or rename it.`,
        )
      }
    }
    const name = this.#matching(entry, 'name', namePattern, nameAllowed)
    const metric = this.#metric(entry)
    const statistic = this.#oneOf(entry, 'statistic', statisticNames)
    const comparison = this.#oneOf(entry, 'comparison', comparisons)
    const threshold = this.#number(entry, 'threshold', 'a number', Number.isFinite)
    const forMinutes = this.#number(
      entry,
      'forMinutes',
      `an integer from 1 to ${forMinutesMax}`,
      (n) => Number.isInteger(n) && n >= 1 && n <= forMinutesMax,
    )
    const missing = 'missing' in entry ? this.#oneOf(entry, 'missing', missingTreatments) : 'notBreaching'
    const stream = this.#optional(entry, 'stream', namePattern, nameAllowed)
    const shard = this.#optional(entry, 'shard', shardPattern, '"shardId-" and 12 digits')
    const consumer = this.#optional(entry, 'consumer', namePattern, nameAllowed)
    const ofFunction = this.#optional(entry, 'function', namePattern, nameAllowed)
    const table = this.#optional(entry, 'table', tablePattern, tableAllowed)
    const operation = this.#optional(entry, 'operation', namePattern, nameAllowed)
    const delivery = this.#optional(entry, 'delivery', deliveryPattern, deliveryAllowed)
    const task = this.#optional(entry, 'task', namePattern, nameAllowed)
    const webhook = this.#webhook(entry)
    if (
      name === undefined ||
      metric === undefined ||
      statistic === undefined ||
      comparison === undefined ||
      threshold === undefined ||
      forMinutes === undefined ||
      missing === undefined
    ) {
      return undefined
    }
    if (shard !== undefined && stream === undefined) {
      this.refuse('stream', 'is missing', 'the stream of the shard')
    }
    return {
      name,
      metric,
      level: this.#level(metric, {
        stream,
        shard,
        consumer,
        function: ofFunction,
        table,
        operation,
        delivery,
        task,
      }),
      ...(stream === undefined ? {} : { stream }),
      ...(shard === undefined ? {} : { shard }),
      ...(consumer === undefined ? {} : { consumer }),
      ...(ofFunction === undefined ? {} : { function: ofFunction }),
      ...(table === undefined ? {} : { table }),
      ...(operation === undefined ? {} : { operation }),
      ...(delivery === undefined ? {} : { delivery }),
      ...(task === undefined ? {} : { task }),
      statistic,
      comparison,
      threshold,
      forMinutes,
      missing,
      ...(webhook === undefined ? {} : { webhook }),
    }
  }

  refuse(member: RuleMember, what: string, allowed: string): undefined {
    this.#problems.push(`${this.#place}.${member} ${what}; allowed: ${allowed}. Correct it.`)
    return undefined
  }

  #refuseValue(member: RuleMember, value: unknown, allowed: string): undefined {
    return this.refuse(member, value === undefined ? 'is missing' : `is ${shown(value)}`, allowed)
  }

  #metric(entry: Members): MetricName | undefined {
    const { metric } = entry
    if (typeof metric === 'string' && isMetricName(metric)) return metric
    return this.#refuseValue('metric', metric, metricDefinitions.map(([name]) => name).join(', '))
  }

  /** The level that the members name; those that are given have to be levels of the metric. */
  #level(metric: MetricName, of: Readonly<Record<MetricLevel, string | undefined>>): MetricLevel {
    const { levels } = definitionOf(metric)
    const possible = families.filter((family) => family.some((level) => levels.includes(level)))
    const [first = []] = possible
    // A name may be of streams and of deliveries: what is given decides, and without it the first.
    const own = possible.find((family) => family.some((level) => of[level] !== undefined)) ?? first
    for (const level of families.flat()) {
      if (of[level] === undefined || (own.includes(level) && (!isPart(level) || levels.includes(level))))
        continue
      this.refuse(level, 'is given', `no ${level}, since ${metric} is kept for each ${levels.join(' and ')}`)
    }
    const part = levels.find((level) => isPart(level) && of[level] !== undefined)
    // Without one, a metric that has no stream level is asked for over all shards, consumers or operations.
    const ofFamily = levels.filter((level) => own.includes(level))
    return part ?? ofFamily.find((level) => !isPart(level)) ?? ofFamily[0] ?? 'stream'
  }

  #oneOf<Value extends string>(
    entry: Members,
    member: RuleMember,
    allowed: readonly Value[],
  ): Value | undefined {
    const value = entry[member]
    const found = allowed.find((one) => one === value)
    return found ?? this.#refuseValue(member, value, allowed.map((one) => JSON.stringify(one)).join(', '))
  }

  #number(
    entry: Members,
    member: RuleMember,
    allowed: string,
    isAllowed: (n: number) => boolean,
  ): number | undefined {
    const value = entry[member]
    if (typeof value === 'number' && isAllowed(value)) return value
    return this.#refuseValue(member, value, allowed)
  }

  #matching(entry: Members, member: RuleMember, pattern: RegExp, allowed: string): string | undefined {
    const value = entry[member]
    if (typeof value === 'string' && pattern.test(value)) return value
    return this.#refuseValue(member, value, allowed)
  }

  #optional(entry: Members, member: RuleMember, pattern: RegExp, allowed: string): string | undefined {
    return member in entry ? this.#matching(entry, member, pattern, allowed) : undefined
  }

  #webhook(entry: Members): string | undefined {
    if (!('webhook' in entry)) return undefined
    const { webhook } = entry
    const url = typeof webhook === 'string' && URL.canParse(webhook) ? new URL(webhook) : undefined
    if (url?.protocol === 'http:' || url?.protocol === 'https:') return url.href
    const what = url === undefined ? 'is not an absolute URL' : `has the scheme ${shown(url.protocol)}`
    return this.refuse(
      'webhook',
      `${what} (not shown, since it may hold a secret)`,
      'http://... or https://...',
    )
  }
}

type Members = Readonly<Record<string, unknown>>

function isObject(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function lineAndColumn(bytes: Uint8Array, offset: number): string {
  let line = 1
  let lineStart = 0
  for (let i = 0; i < offset; i++) {
    if (bytes[i] !== 0x0a) continue
    line++
    lineStart = i + 1
  }
  return `${line}:${offset - lineStart + 1}`
}
