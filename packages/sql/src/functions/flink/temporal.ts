/**
 * Functions of time of the Flink dialect that take times apart and move them: EXTRACT and its short forms, FLOOR and CEIL to
 * a unit, TIMESTAMPADD, TIMESTAMPDIFF, OVERLAPS, and the CURRENT_ family, which reads processing time (EvaluateContext.
 * rowtime). A TIMESTAMP_LTZ is taken apart in the session's zone, and moved on the UTC axis.
 */
import { formatFlinkType, type SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { countOf, numberOf, textOf } from '../argument-values.ts'
import { addMonthsToDays, civilOf, dateOfTimestamp, dayMs, daysOf, timeOfTimestamp } from '../civil-time.ts'
import type { ArgumentType, EvaluateContext, InferredType, ScalarFunction } from '../scalar-function.ts'
import { extractDateUnit, floorMonths, monthsBetween } from '../temporal.ts'
import {
  bigintType,
  booleanType,
  countProblem,
  familyOf,
  integerType,
  keywordOf,
  resultOf,
} from '../types.ts'
import { instantOf, localTime } from '../zone.ts'
import { define } from './define.ts'
import {
  dateType,
  flinkCommonType,
  flinkTypesText,
  instant3Type,
  timestamp3Type,
  timeType,
  wrapInteger,
} from './types.ts'

const unitMs: Readonly<Record<string, number>> = {
  MILLISECOND: 1,
  SECOND: 1000,
  MINUTE: 60_000,
  HOUR: 3_600_000,
  DAY: dayMs,
  WEEK: 7 * dayMs,
}
const unitMonths: Readonly<Record<string, number>> = {
  MONTH: 1,
  QUARTER: 3,
  YEAR: 12,
  DECADE: 120,
  CENTURY: 1200,
  MILLENNIUM: 12_000,
}
const dateUnits = ['DAY', 'WEEK', ...Object.keys(unitMonths)]
const timeUnits = ['HOUR', 'MINUTE', 'SECOND', 'MILLISECOND']
const extractDateUnits = [
  'YEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'DOY',
  'DOW',
  'ISODOW',
  'ISOYEAR',
  'EPOCH',
  'DECADE',
  'CENTURY',
  'MILLENNIUM',
]
const extractTimeUnits = ['HOUR', 'MINUTE', 'SECOND', 'MILLISECOND', 'MICROSECOND', 'NANOSECOND']

export const flinkTemporal: readonly ScalarFunction[] = [
  roundToUnit('FLOOR_TIME'),
  roundToUnit('CEIL_TIME'),
  {
    name: 'EXTRACT',
    forms: ['EXTRACT(unit FROM datetime)', 'EXTRACT(unit FROM interval)'],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem('EXTRACT', args, 2)
      if (problem !== undefined) return problem
      return inferExtract(keywordOf(args[0]) ?? '', args[1]!, (type) => [args[0]!.type, type])
    },
    evaluate: ([unit, value], { argTypes, zone }) =>
      extract(textOf(unit), numberOf(value), argTypes[1]!, zone),
  },
  ...[
    ['YEAR', 'YEAR'],
    ['QUARTER', 'QUARTER'],
    ['MONTH', 'MONTH'],
    ['WEEK', 'WEEK'],
    ['DAYOFYEAR', 'DOY'],
    ['DAYOFMONTH', 'DAY'],
    ['DAYOFWEEK', 'DOW'],
    ['HOUR', 'HOUR'],
    ['MINUTE', 'MINUTE'],
    ['SECOND', 'SECOND'],
  ].map(([name, unit]) => part(name!, unit!)),
  {
    name: 'TIMESTAMPADD',
    forms: ['TIMESTAMPADD(unit, count, datetime)'],
    nullIn: 'null',
    infer: inferTimestampAdd,
    evaluate: ([unit, count, value], { argTypes, type }) => {
      const n = countOf(count)
      const from = argTypes[2]!
      const months = unitMonths[textOf(unit)]
      if (type.kind === 'TIME') {
        return (((numberOf(value) + n * unitMs[textOf(unit)]!) % dayMs) + dayMs) % dayMs
      }
      const ms = toMs(numberOf(value), from)
      const moved =
        months === undefined
          ? ms + n * unitMs[textOf(unit)]!
          : addMonthsToDays(dateOfTimestamp(ms), n * months) * dayMs + timeOfTimestamp(ms)
      return type.kind === 'DATE' ? dateOfTimestamp(moved) : moved
    },
  },
  {
    name: 'TIMESTAMPDIFF',
    forms: ['TIMESTAMPDIFF(unit, from, to)'],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem('TIMESTAMPDIFF', args, 3)
      if (problem !== undefined) return problem
      const unit = keywordOf(args[0]) ?? ''
      if (unitMs[unit] === undefined && unitMonths[unit] === undefined)
        return `TIMESTAMPDIFF of ${unit}: allowed units are ${[...timeUnits, ...dateUnits].join(', ')}`
      const types = meeting(args.slice(1))
      if (types === undefined)
        return `TIMESTAMPDIFF takes two datetimes that can meet, not ${flinkTypesText(args.slice(1))}`
      return resultOf(integerType, args, [args[0]!.type, types, types])
    },
    evaluate: ([unit, from, to], { argTypes }) => {
      const [a, b] = [toMs(numberOf(from), argTypes[1]!), toMs(numberOf(to), argTypes[2]!)]
      const months = unitMonths[textOf(unit)]
      const count = months === undefined ? (b - a) / unitMs[textOf(unit)]! : monthsBetween(a, b) / months
      return wrapInteger(BigInt(Math.trunc(count)), integerType)
    },
  },
  temporalDifference(),
  overlaps(),
  current('CURRENT_DATE', dateType, ({ rowtime, zone }) => dateOfTimestamp(local(rowtime, zone))),
  current('CURRENT_TIME', timeType, timeNow),
  current('LOCALTIME', timeType, timeNow),
  current('LOCALTIMESTAMP', timestamp3Type, ({ rowtime, zone }) => local(rowtime, zone)),
  ...['CURRENT_TIMESTAMP', 'NOW', 'CURRENT_ROW_TIMESTAMP', 'PROCTIME'].map((name) =>
    current(name, instant3Type, ({ rowtime }) => rowtime),
  ),
  define({
    name: 'CURRENT_WATERMARK',
    parameters: ['moment'],
    returns: ([time]) => (time!.type.kind === 'TIMESTAMP_LTZ' ? instant3Type : timestamp3Type),
    nullable: 'always',
    nullIn: 'called',
    evaluate: (_, { watermark }) => {
      const time = watermark?.()
      return time === undefined || !Number.isFinite(time) ? null : time
    },
  }),
]

function local(instant: number, zone = 'UTC'): number {
  return localTime(instant, zone)
}

/** TIME has whole seconds. */
function timeNow({ rowtime, zone }: EvaluateContext): number {
  const time = timeOfTimestamp(local(rowtime, zone))
  return time - (time % 1000)
}

function current(
  name: string,
  type: SqlType,
  evaluate: (context: EvaluateContext) => number,
): ScalarFunction {
  return define({
    name,
    parameters: [],
    forms: [name.startsWith('LOCAL') || /^CURRENT_(DATE|TIME|TIMESTAMP)$/.test(name) ? name : `${name}()`],
    returns: type,
    nullIn: 'called',
    evaluate: (_, context) => evaluate(context),
  })
}

/** A datetime in ms: for an instant UTC, for a DATE its midnight. */
function toMs(value: number, type: SqlType): number {
  return type.kind === 'DATE' ? value * dayMs : value
}

function isPoint(type: SqlType): boolean {
  return ['date', 'time', 'timestamp', 'instant'].includes(familyOf(type))
}

/** The type in which two datetimes are subtracted; undefined if there is none. */
function meeting(args: readonly ArgumentType[]): SqlType | undefined {
  const type = flinkCommonType(args[0]!.type, args[1]!.type)
  if (type === undefined) return undefined
  if (type.kind === 'NULL') return timestamp3Type
  return isPoint(type) ? type : undefined
}

function unitsFor(type: SqlType): readonly string[] {
  if (type.kind === 'TIME') return timeUnits
  return type.kind === 'DATE' ? dateUnits : [...timeUnits, ...dateUnits]
}

function roundToUnit(name: 'FLOOR_TIME' | 'CEIL_TIME'): ScalarFunction {
  const shown = name.slice(0, -5)
  return {
    name,
    forms: [`${shown}(datetime TO unit)`],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem(shown, args, 2)
      if (problem !== undefined) return problem
      const type = args[0]!.type.kind === 'NULL' ? timestamp3Type : args[0]!.type
      const unit = keywordOf(args[1]) ?? ''
      if (!isPoint(type)) return `${shown} TO ${unit} takes a datetime, not ${formatFlinkType(type)}`
      const units = unitsFor(type)
      if (!units.includes(unit))
        return `${shown}(${formatFlinkType(type)} TO ${unit}): allowed units are ${units.join(', ')}`
      return resultOf(type, args, [type, args[1]!.type])
    },
    evaluate: ([value, unit], { type, zone }) => {
      const number = numberOf(value)
      const isInstant = type.kind === 'TIMESTAMP_LTZ'
      const ms = isInstant ? local(number, zone) : toMs(number, type)
      const rounded = roundTime(name, ms, textOf(unit))
      if (type.kind === 'DATE') return dateOfTimestamp(rounded)
      if (type.kind === 'TIME') return timeOfTimestamp(rounded)
      return isInstant ? instantOf(rounded, zone ?? 'UTC') : rounded
    },
  }
}

/** Weeks begin on Sunday, decades and the like with the year that ends in 1 for CENTURY and MILLENNIUM, in 0 for DECADE. */
function roundTime(name: 'FLOOR_TIME' | 'CEIL_TIME', ms: number, unit: string): number {
  const months = unitMonths[unit]
  const floor =
    months === undefined
      ? floorFixed(ms, unit)
      : months > 120
        ? floorEra(ms, months / 12)
        : floorMonths(ms, months)
  if (name === 'FLOOR_TIME' || floor === ms) return floor
  return months === undefined
    ? floor + unitMs[unit]!
    : addMonthsToDays(dateOfTimestamp(floor), months) * dayMs
}

function floorFixed(ms: number, unit: string): number {
  // 1970-01-01 was a Thursday, four days after a Sunday.
  const shift = unit === 'WEEK' ? 4 * dayMs : 0
  const size = unitMs[unit]!
  return Math.floor((ms + shift) / size) * size - shift
}

/** Centuries and millennia count from the year 1. */
function floorEra(ms: number, years: number): number {
  const { year } = civilOf(dateOfTimestamp(ms))
  return daysOf(Math.floor((year - 1) / years) * years + 1, 1, 1) * dayMs
}

function part(name: string, unit: string): ScalarFunction {
  return {
    name,
    forms: [`${name}(datetime)`],
    nullIn: 'null',
    infer: (args) => countProblem(name, args, 1) ?? inferExtract(unit, args[0]!, (type) => [type]),
    evaluate: ([value], { argTypes, zone }) => extract(unit, numberOf(value), argTypes[0]!, zone),
  }
}

function inferExtract(
  unit: string,
  argument: ArgumentType,
  casts: (type: SqlType) => readonly SqlType[],
): InferredType | string {
  const type = argument.type.kind === 'NULL' ? timestamp3Type : argument.type
  const allowed = extractable(type)
  if (allowed === undefined) return `EXTRACT takes a datetime or an interval, not ${formatFlinkType(type)}`
  if (!allowed.includes(unit))
    return `EXTRACT(${unit} FROM ${formatFlinkType(type)}): allowed units are ${allowed.join(', ')}`
  return { type: bigintType, nullable: argument.nullable, args: casts(type) }
}

function extractable(type: SqlType): readonly string[] | undefined {
  switch (type.kind) {
    case 'DATE':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return [...extractDateUnits, ...extractTimeUnits]
    case 'TIME':
      return extractTimeUnits
    case 'INTERVAL_DAY':
      return ['DAY', ...extractTimeUnits]
    case 'INTERVAL_MONTH':
      return ['YEAR', 'QUARTER', 'MONTH']
    default:
      return undefined
  }
}

/** MILLISECOND and finer count from the last full minute, as in Calcite. */
function extract(unit: string, value: number, type: SqlType, zone: string | undefined): bigint {
  return BigInt(extractNumber(unit, value, type, zone))
}

function extractNumber(unit: string, value: number, type: SqlType, zone: string | undefined): number {
  if (type.kind === 'INTERVAL_MONTH') {
    if (unit === 'YEAR') return Math.trunc(value / 12)
    return unit === 'QUARTER' ? Math.trunc((value % 12) / 3) + 1 : value % 12
  }
  if (type.kind === 'INTERVAL_DAY' && unit === 'DAY') return Math.trunc(value / dayMs)
  if (unit === 'EPOCH') return Math.floor(toMs(value, type) / 1000)
  const ms = type.kind === 'TIMESTAMP_LTZ' ? local(value, zone) : toMs(value, type)
  const time = type.kind === 'INTERVAL_DAY' ? ms % dayMs : timeOfTimestamp(ms)
  switch (unit) {
    case 'HOUR':
      return Math.trunc(time / 3_600_000)
    case 'MINUTE':
      return Math.trunc(time / 60_000) % 60
    case 'SECOND':
      return Math.trunc(time / 1000) % 60
    case 'MILLISECOND':
      return time % 60_000
    case 'MICROSECOND':
      return (time % 60_000) * 1000
    case 'NANOSECOND':
      return (time % 60_000) * 1_000_000
    default:
      return dateField(unit, dateOfTimestamp(ms))
  }
}

function dateField(unit: string, days: number): number {
  const { year } = civilOf(days)
  switch (unit) {
    case 'ISODOW':
      return ((((days + 3) % 7) + 7) % 7) + 1
    case 'ISOYEAR':
      // The year of the week's Thursday.
      return civilOf(days - ((((days + 3) % 7) + 7) % 7) + 3).year
    case 'DECADE':
      return Math.floor(year / 10)
    case 'CENTURY':
      return Math.floor((year + 99) / 100)
    case 'MILLENNIUM':
      return Math.floor((year + 999) / 1000)
    default:
      return extractDateUnit(unit, days)
  }
}

function inferTimestampAdd(args: readonly ArgumentType[]): InferredType | string {
  const problem = countProblem('TIMESTAMPADD', args, 3)
  if (problem !== undefined) return problem
  const unit = keywordOf(args[0]) ?? ''
  const given = args[2]!.type
  const type = given.kind === 'NULL' ? timestamp3Type : given
  if (!isPoint(type)) return `TIMESTAMPADD moves a datetime, not ${formatFlinkType(type)}`
  const count = args[1]!.type
  if (count.kind !== 'NULL' && !['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'].includes(count.kind))
    return `the count of TIMESTAMPADD is an integer, not ${formatFlinkType(count)}`
  const isTimeUnit = timeUnits.includes(unit)
  const allowed = type.kind === 'TIME' ? timeUnits : [...timeUnits, ...dateUnits]
  if (!allowed.includes(unit)) return `TIMESTAMPADD of ${unit}: allowed units are ${allowed.join(', ')}`
  // A DATE moved by hours has a time of the day.
  const result = type.kind === 'DATE' && isTimeUnit ? timestamp3Type : type
  return resultOf(result, args, [args[0]!.type, count.kind === 'NULL' ? integerType : count, result])
}

/** (t1 - t2) unit, as an interval. */
function temporalDifference(): ScalarFunction {
  return {
    name: 'TEMPORAL_DIFF',
    forms: ['(datetime - datetime) unit', '(datetime - datetime) unit TO unit'],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem('a difference of datetimes', args, 3)
      if (problem !== undefined) return problem
      const type = meeting(args)
      if (type === undefined)
        return `a difference takes two datetimes that can meet, not ${flinkTypesText(args.slice(0, 2))}`
      const unit = keywordOf(args[2]) ?? ''
      const casts = [type, type, args[2]!.type]
      if (unit === 'MONTH' || unit === 'YEAR') return resultOf({ kind: 'INTERVAL_MONTH' }, args, casts)
      if (['DAY', 'HOUR', 'MINUTE', 'SECOND'].includes(unit))
        return resultOf({ kind: 'INTERVAL_DAY' }, args, casts)
      return `unit ${unit} of a difference: allowed are DAY, HOUR, MINUTE, SECOND, MONTH, YEAR`
    },
    evaluate: ([a, b, unit], { argTypes }) => {
      const name = textOf(unit)
      const later = toMs(numberOf(a), argTypes[0]!)
      const earlier = toMs(numberOf(b), argTypes[1]!)
      const months = unitMonths[name]
      if (months !== undefined) return Math.trunc(monthsBetween(earlier, later) / months) * months
      // SECOND carries its fraction; larger units drop what is below them, toward zero.
      const length = name === 'SECOND' ? 1 : unitMs[name]!
      return Math.trunc((later - earlier) / length) * length
    },
  }
}

/**
 * (s1, e1) OVERLAPS (s2, e2): whether the periods share an instant, their ends included. An end may come as an interval
 * from the start; ends in the wrong order are swapped.
 */
function overlaps(): ScalarFunction {
  return {
    name: 'OVERLAPS',
    forms: ['(start, end) OVERLAPS (start, end)', '(start, interval) OVERLAPS (start, interval)'],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem('OVERLAPS', args, 4)
      if (problem !== undefined) return problem
      let common: SqlType = { kind: 'NULL' }
      for (const [i, argument] of args.entries()) {
        const family = familyOf(argument.type)
        if (i % 2 === 1 && (family === 'interval-day' || family === 'interval-month')) continue
        const next = flinkCommonType(common, argument.type)
        if (next === undefined || (next.kind !== 'NULL' && !isPoint(next)))
          return `OVERLAPS takes two periods of datetimes, not ${flinkTypesText(args)}`
        common = next
      }
      const type = common.kind === 'NULL' ? timestamp3Type : common
      return resultOf(
        booleanType,
        args,
        args.map((argument) => (familyOf(argument.type).startsWith('interval') ? argument.type : type)),
      )
    },
    evaluate: (args, { argTypes }) => {
      const [s1, e1] = period(args[0]!, args[1]!, argTypes[0]!, argTypes[1]!)
      const [s2, e2] = period(args[2]!, args[3]!, argTypes[2]!, argTypes[3]!)
      return s1 <= e2 && s2 <= e1
    },
  }
}

function period(
  start: SqlValue,
  end: SqlValue,
  startType: SqlType,
  endType: SqlType,
): readonly [number, number] {
  const from = toMs(numberOf(start), startType)
  const to =
    endType.kind === 'INTERVAL_DAY'
      ? from + numberOf(end)
      : endType.kind === 'INTERVAL_MONTH'
        ? addMonthsToDays(dateOfTimestamp(from), numberOf(end)) * dayMs + timeOfTimestamp(from)
        : toMs(numberOf(end), endType)
  return from <= to ? [from, to] : [to, from]
}
