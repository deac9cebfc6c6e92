/**
 * Functions of time: FLOOR, CEIL and STEP of datetimes, EXTRACT, differences, epoch ms, and the CURRENT_ family, which
 * reads the row time, so that a replay answers alike (spec 1.3, 2.8, 2.14). All of it is UTC.
 */
import type { SqlType } from '@millrace/values'
import { numberOf, textOf, unscaledOf } from './argument-values.ts'
import {
  addMonthsToDays,
  checkDate,
  checkTimestamp,
  civilOf,
  dateOfTimestamp,
  dayMs,
  daysOf,
  timeOfTimestamp,
} from './civil-time.ts'
import { exactResult } from './numbers.ts'
import {
  type ArgumentType,
  type InferredType,
  type ScalarFunction,
  SqlRuntimeError,
} from './scalar-function.ts'
import {
  anyNullable,
  bigintType,
  countProblem,
  familyOf,
  isIntegerKind,
  keywordOf,
  resultOf,
  timestampType,
  typesText,
  typeText,
} from './types.ts'

const dateType: SqlType = { kind: 'DATE' }
const timeType: SqlType = { kind: 'TIME' }
const secondType: SqlType = { kind: 'DECIMAL', precision: 5, scale: 3 }

/** Units of fixed length, in ms. */
const fixedUnits: Record<string, number> = { SECOND: 1000, MINUTE: 60_000, HOUR: 3_600_000, DAY: dayMs }
/** Calendar units, in months. */
const calendarUnits: Record<string, number> = { MONTH: 1, QUARTER: 3, YEAR: 12 }

const extractUnits = ['YEAR', 'QUARTER', 'MONTH', 'WEEK', 'DAY', 'DOY', 'DOW', 'HOUR', 'MINUTE', 'SECOND']

/** The functions of time whose meaning the dialects share; the Flink dialect has its own, for its types and zones. */
export const temporal: readonly ScalarFunction[] = [
  toUnit('FLOOR_TIME'),
  toUnit('CEIL_TIME'),
  {
    name: 'STEP_TIME',
    forms: ["STEP(datetime BY INTERVAL 'n' unit)"],
    nullIn: 'null',
    infer: inferStep,
    evaluate: ([value, step], { argTypes }) => {
      const by = numberOf(step)
      if (by <= 0)
        throw new SqlRuntimeError('ValueOutOfRange', `STEP by an interval of ${by}: it must be above 0`)
      const [from, interval] = [argTypes[0]!, argTypes[1]!]
      const ms = toMs(numberOf(value), from)
      return fromMs(interval.kind === 'INTERVAL_MONTH' ? floorMonths(ms, by) : Math.floor(ms / by) * by, from)
    },
  },
  {
    name: 'TEMPORAL_DIFF',
    forms: ['(datetime - datetime) unit', '(datetime - datetime) unit TO unit'],
    nullIn: 'null',
    infer: (args) => {
      const problem =
        countProblem('a difference of datetimes', args, 3) ?? sameDatetime('a difference', args.slice(0, 2))
      if (problem !== undefined) return problem
      const unit = keywordOf(args[2]) ?? ''
      if (unit in fixedUnits) return resultOf({ kind: 'INTERVAL_DAY' }, args)
      if (unit === 'MONTH' || unit === 'YEAR') return resultOf({ kind: 'INTERVAL_MONTH' }, args)
      return `unit ${unit} of a difference: allowed are DAY, HOUR, MINUTE, SECOND, MONTH, YEAR`
    },
    evaluate: ([a, b, unit], { argTypes }) => {
      const name = textOf(unit)
      const later = toMs(numberOf(a), argTypes[0]!)
      const earlier = toMs(numberOf(b), argTypes[1]!)
      const months = calendarUnits[name]
      if (months !== undefined) return Math.trunc(monthsBetween(earlier, later) / months) * months + 0
      // SECOND carries its fraction; larger units drop what is below them, toward zero.
      const length = name === 'SECOND' ? 1 : fixedUnits[name]!
      return Math.trunc((later - earlier) / length) * length + 0
    },
  },
  {
    name: 'TSDIFF',
    forms: ['TSDIFF(earlier, later)'],
    nullIn: 'null',
    infer: (args) =>
      countProblem('TSDIFF', args, 2) ?? sameDatetime('TSDIFF', args) ?? resultOf(bigintType, args),
    evaluate: ([a, b], { argTypes }) =>
      BigInt(toMs(numberOf(b), argTypes[1]!) - toMs(numberOf(a), argTypes[0]!)),
  },
  current('CURRENT_DATE', dateType, dateOfTimestamp),
  current('CURRENT_TIME', timeType, timeOfTimestamp),
  current('LOCALTIME', timeType, timeOfTimestamp),
  current('CURRENT_TIMESTAMP', timestampType, (rowtime) => rowtime),
  current('LOCALTIMESTAMP', timestampType, (rowtime) => rowtime),
  current('CURRENT_ROW_TIMESTAMP', timestampType, (rowtime) => rowtime),
]

/** The functions of time whose meaning or type is the KDA dialect's own (spec 1.3). */
export const kdaTemporal: readonly ScalarFunction[] = [
  extract(),
  {
    name: 'UNIX_TIMESTAMP',
    forms: ['UNIX_TIMESTAMP(timestamp)'],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem('UNIX_TIMESTAMP', args, 1)
      if (problem !== undefined) return problem
      const { type } = args[0]!
      if (type.kind === 'NULL') return resultOf(bigintType, args, [timestampType])
      if (type.kind !== 'TIMESTAMP' && type.kind !== 'DATE')
        return `UNIX_TIMESTAMP takes a TIMESTAMP, not ${typeText(type)}`
      return resultOf(bigintType, args)
    },
    evaluate: ([a], { argTypes }) => BigInt(toMs(numberOf(a), argTypes[0]!)),
  },
  {
    name: 'TO_TIMESTAMP',
    forms: ['TO_TIMESTAMP(ms)'],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem('TO_TIMESTAMP', args, 1)
      if (problem !== undefined) return problem
      const { type } = args[0]!
      if (type.kind !== 'NULL' && !isIntegerKind(type.kind)) {
        return `TO_TIMESTAMP takes ms since 1970 as BIGINT, not ${typeText(type)}; for text use CHAR_TO_TIMESTAMP(format, text) or CAST`
      }
      return resultOf(timestampType, args, [bigintType])
    },
    evaluate: ([a]) => checkTimestamp(Number(unscaledOf(a))),
  },
]

/** First instant of the unit that holds a time; `months` is the length of a calendar unit. */
export function floorMonths(ms: number, months: number): number {
  const { year, month } = civilOf(dateOfTimestamp(ms))
  const index = Math.floor((year * 12 + month - 1) / months) * months
  const floorYear = Math.floor(index / 12)
  return daysOf(floorYear, index - floorYear * 12 + 1, 1) * dayMs
}

function toUnit(name: 'FLOOR_TIME' | 'CEIL_TIME'): ScalarFunction {
  const shown = name.slice(0, -5)
  return {
    name,
    forms: [`${shown}(datetime TO unit)`, `${shown}(interval TO unit)`],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem(shown, args, 2)
      if (problem !== undefined) return problem
      const { type } = args[0]!
      const unit = keywordOf(args[1]) ?? ''
      const units =
        type.kind === 'TIME' || type.kind === 'INTERVAL_DAY'
          ? Object.keys(fixedUnits)
          : [...Object.keys(fixedUnits), ...Object.keys(calendarUnits)]
      if (!units.includes(unit))
        return `${shown} TO ${unit} of ${typeText(type)}: allowed units are ${units.join(', ')}`
      if (type.kind === 'NULL') return resultOf(timestampType, args, [timestampType, args[1]!.type])
      if (!isDatetime(type) && type.kind !== 'INTERVAL_DAY')
        return `${shown} TO ${unit} takes a datetime or an interval of days or less, not ${typeText(type)}`
      return resultOf(type, args)
    },
    evaluate: ([value, unit], { argTypes }) => {
      const type = argTypes[0]!
      const ms = toMs(numberOf(value), type)
      const months = calendarUnits[textOf(unit)]
      const length = fixedUnits[textOf(unit)]
      const floor = months !== undefined ? floorMonths(ms, months) : Math.floor(ms / length!) * length!
      if (name === 'FLOOR_TIME' || floor === ms) return fromMs(floor, type)
      const ceiling =
        months !== undefined ? addMonthsToDays(dateOfTimestamp(floor), months) * dayMs : floor + length!
      return fromMs(ceiling, type)
    },
  }
}

function inferStep(args: readonly ArgumentType[]): InferredType | string {
  const problem = countProblem('STEP', args, 2)
  if (problem !== undefined) return problem
  const [value, step] = [args[0]!, args[1]!]
  const stepFamily = familyOf(step.type)
  if (!isDatetime(value.type) || (stepFamily !== 'interval-day' && stepFamily !== 'interval-month')) {
    return `STEP takes a datetime BY an interval, or a number BY a number, not ${typesText(args)}`
  }
  if (value.type.kind === 'TIME' && stepFamily === 'interval-month') return 'a TIME has no months or years'
  if (typeof step.literal === 'number' && step.literal <= 0) return 'the interval of STEP must be above 0'
  return resultOf(value.type, args)
}

function extract(): ScalarFunction {
  return {
    name: 'EXTRACT',
    forms: ['EXTRACT(unit FROM datetime)', 'EXTRACT(unit FROM interval)'],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem('EXTRACT', args, 2)
      if (problem !== undefined) return problem
      const unit = keywordOf(args[0]) ?? ''
      const { type } = args[1]!
      const allowed = unitsOf(type)
      if (allowed === undefined) return `EXTRACT takes a datetime or an interval, not ${typeText(type)}`
      if (!allowed.includes(unit))
        return `EXTRACT(${unit} FROM ${typeText(type)}): allowed units are ${allowed.join(', ')}`
      const result = unit === 'SECOND' ? secondType : bigintType
      return resultOf(result, args, [args[0]!.type, type.kind === 'NULL' ? timestampType : type])
    },
    evaluate: ([unit, value], { argTypes, type }) =>
      exactResult(BigInt(extractUnit(textOf(unit), numberOf(value), argTypes[1]!)), type),
  }
}

function unitsOf(type: SqlType): readonly string[] | undefined {
  switch (type.kind) {
    case 'DATE':
      return extractUnits.slice(0, 7)
    case 'TIME':
      return extractUnits.slice(7)
    case 'TIMESTAMP':
    case 'NULL':
      return extractUnits
    case 'INTERVAL_DAY':
      return ['DAY', 'HOUR', 'MINUTE', 'SECOND']
    case 'INTERVAL_MONTH':
      return ['YEAR', 'MONTH']
    default:
      return undefined
  }
}

/** The field's value; seconds in thousandths. Fields of a negative interval are negative. */
function extractUnit(unit: string, value: number, type: SqlType): number {
  if (type.kind === 'INTERVAL_MONTH') return Math.trunc(unit === 'YEAR' ? value / 12 : value % 12)
  if (type.kind === 'INTERVAL_DAY' && unit === 'DAY') return Math.trunc(value / dayMs)
  const ms = toMs(value, type)
  const dayTime = type.kind === 'INTERVAL_DAY' ? ms % dayMs : timeOfTimestamp(ms)
  switch (unit) {
    case 'HOUR':
      return Math.trunc(dayTime / 3_600_000)
    case 'MINUTE':
      return Math.trunc(dayTime / 60_000) % 60
    case 'SECOND':
      return dayTime % 60_000
    default:
      return extractDateUnit(unit, dateOfTimestamp(ms))
  }
}

export function extractDateUnit(unit: string, days: number): number {
  const { year, month, day } = civilOf(days)
  switch (unit) {
    case 'YEAR':
      return year
    case 'QUARTER':
      return Math.floor((month - 1) / 3) + 1
    case 'MONTH':
      return month
    case 'DAY':
      return day
    case 'DOY':
      return days - daysOf(year, 1, 1) + 1
    case 'DOW':
      // 1 is Sunday; 1970-01-01 was a Thursday.
      return ((((days + 4) % 7) + 7) % 7) + 1
    case 'WEEK':
      return isoWeek(days)
    default:
      throw new Error(`function table: unit ${unit}`)
  }
}

/** ISO 8601 week: the week belongs to the year that holds its Thursday. */
export function isoWeek(days: number): number {
  const weekday = (((days + 3) % 7) + 7) % 7
  const thursday = days - weekday + 3
  return Math.floor((thursday - daysOf(civilOf(thursday).year, 1, 1)) / 7) + 1
}

/** Whole months from the earlier to the later time; negative when they are the other way round. */
export function monthsBetween(earlier: number, later: number): number {
  if (later < earlier) return -monthsBetween(later, earlier)
  const from = civilOf(dateOfTimestamp(earlier))
  const to = civilOf(dateOfTimestamp(later))
  const months = (to.year - from.year) * 12 + (to.month - from.month)
  const restOfLater = to.day * dayMs + timeOfTimestamp(later)
  const restOfEarlier = from.day * dayMs + timeOfTimestamp(earlier)
  return restOfLater < restOfEarlier ? months - 1 : months
}

function current(name: string, type: SqlType, read: (rowtime: number) => number): ScalarFunction {
  return {
    name,
    forms: [name],
    nullIn: 'called',
    infer: (args) => countProblem(name, args, 0) ?? { type, nullable: anyNullable(args) },
    evaluate: (_, { rowtime }) => read(rowtime),
  }
}

function sameDatetime(name: string, args: readonly ArgumentType[]): string | undefined {
  const kinds = new Set(args.map(({ type }) => type.kind).filter((kind) => kind !== 'NULL'))
  const ok = args.every(({ type }) => type.kind === 'NULL' || isDatetime(type)) && kinds.size <= 1
  return ok ? undefined : `${name} takes two datetimes of one type, not ${typesText(args)}`
}

function isDatetime(type: SqlType): boolean {
  return type.kind === 'DATE' || type.kind === 'TIME' || type.kind === 'TIMESTAMP'
}

function toMs(value: number, type: SqlType): number {
  return type.kind === 'DATE' ? value * dayMs : value
}

function fromMs(ms: number, type: SqlType): number {
  if (type.kind === 'DATE') return checkDate(dateOfTimestamp(ms))
  if (type.kind === 'TIME') return timeOfTimestamp(ms)
  if (type.kind === 'INTERVAL_DAY') return ms + 0
  return checkTimestamp(ms)
}
