/**
 * CAST and ASSIGN. CAST converts on request and fails with CoercionError (a text that is no number, a number whose text
 * is too long) or ValueOutOfRange (a number too large for its type). ASSIGN is the conversion of INSERT: only inside one
 * family, numbers as CAST does, but text longer than its column is ValueOutOfRange instead of being cut (spec 2.6).
 * A number made an integer is rounded to nearest, halves away from zero (spec 1.3).
 *
 * The casts of the Flink dialect are in flink/cast.ts; castProblem and isIdentityCast ask there for it.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../plan.ts'
import { booleanOf, numberOf, textOf, unscaledOf } from './argument-values.ts'
import {
  dateOfTimestamp,
  dateText,
  dayMs,
  parseDate,
  parseTime,
  parseTimestamp,
  timeOfTimestamp,
  timestampText,
  timeText,
} from './civil-time.ts'
import { flinkCastProblem, isFlinkIdentity } from './flink/cast.ts'
import { flinkText } from './flink/value-text.ts'
import {
  decimalText,
  decimalToNumber,
  type ExactNumber,
  exactOfNumber,
  exactResult,
  floatResult,
  outOfRange,
  parseExact,
  rescale,
} from './numbers.ts'
import { type EvaluateContext, type ScalarFunction, SqlRuntimeError } from './scalar-function.ts'
import { codePointLength, codePointSlice } from './text.ts'
import { familyOf, isApproximate, isNumeric, lengthOf, scaleOf, type TypeFamily, typeText } from './types.ts'

export type Conversion = 'CAST' | 'ASSIGN'

/** From which families a value of a family can be CAST. */
const castSources: Record<TypeFamily, readonly TypeFamily[]> = {
  boolean: ['boolean', 'text'],
  numeric: ['numeric', 'text'],
  text: ['text', 'numeric', 'boolean', 'date', 'time', 'timestamp'],
  binary: ['binary'],
  date: ['date', 'timestamp', 'text'],
  time: ['time', 'timestamp', 'text'],
  timestamp: ['timestamp', 'date', 'time', 'text'],
  'interval-day': ['interval-day'],
  'interval-month': ['interval-month'],
  // Types of the Flink dialect only, which has its own casts (flink/cast.ts).
  instant: [],
  nested: [],
  null: [],
}

/** What is wrong with converting `from` to `to`, with the allowed way; undefined when it is allowed. */
export function castProblem(
  conversion: Conversion,
  from: SqlType,
  to: SqlType,
  dialect: 'kda' | 'flink' = 'kda',
): string | undefined {
  if (dialect === 'flink') return flinkCastProblem(conversion, from, to)
  if (from.kind === 'NULL') return undefined
  const source = familyOf(from)
  const target = familyOf(to)
  const castable = castSources[target].includes(source)
  if (conversion === 'ASSIGN') {
    if (source === target) return undefined
    const way = castable ? `write CAST(... AS ${typeText(to)})` : hintFor(source, target)
    return `${typeText(from)} is not assigned to ${typeText(to)} without a conversion: ${way}`
  }
  return castable
    ? undefined
    : `${typeText(from)} cannot be cast to ${typeText(to)}: ${hintFor(source, target)}`
}

function hintFor(source: TypeFamily, target: TypeFamily): string {
  if (source === 'numeric' && target === 'timestamp') return 'use TO_TIMESTAMP(ms)'
  if (source === 'timestamp' && target === 'numeric') return 'use UNIX_TIMESTAMP(timestamp)'
  if (source === 'interval-day' || source === 'interval-month') return 'use EXTRACT(unit FROM interval)'
  if (target === 'interval-day') return 'multiply an interval literal by a number'
  if (source === 'boolean' && target === 'numeric') return 'use CASE WHEN ... THEN 1 ELSE 0 END'
  if (source === 'numeric' && target === 'boolean') return 'compare with a number'
  return `allowed are ${castSources[target].join(', ')}`
}

/** Whether only the Flink dialect has the type. */
function isFlinkOnly(type: SqlType): boolean {
  const family = familyOf(type)
  return (
    family === 'instant' || family === 'nested' || (type.kind === 'TIMESTAMP' && type.precision !== undefined)
  )
}

/** Whether any value of `from` is a value of `to` as it stands, so that no conversion is needed. */
export function isIdentityCast(from: SqlType, to: SqlType): boolean {
  if (isFlinkOnly(from) || isFlinkOnly(to)) return isFlinkIdentity(from, to)
  if (from.kind !== to.kind) return false
  if (from.kind === 'DECIMAL' && to.kind === 'DECIMAL')
    return from.scale === to.scale && from.precision <= to.precision
  if (from.kind === 'CHAR' || from.kind === 'BINARY') return lengthOf(from) === lengthOf(to)
  return lengthOf(from) <= lengthOf(to)
}

export const castFunctions: readonly ScalarFunction[] = [
  conversionFunction('CAST'),
  conversionFunction('ASSIGN'),
]

function conversionFunction(name: Conversion): ScalarFunction {
  return {
    name,
    forms: [name === 'CAST' ? 'CAST(value AS type)' : 'INSERT INTO stream SELECT value'],
    nullIn: 'null',
    infer: () => `${name} takes its type from its target; check it with castProblem`,
    evaluate: ([value], context) => convert(value!, context, name),
  }
}

function convert(value: SqlValue, context: EvaluateContext, conversion: Conversion): SqlValue {
  const from = context.argTypes[0]!
  const to = context.type
  switch (familyOf(to)) {
    case 'numeric':
      return familyOf(from) === 'text' ? numberFromText(textOf(value), to) : toNumeric(value, from, to)
    case 'text':
      return familyOf(from) === 'text' ? fitText(textOf(value), to, conversion) : textFrom(value, from, to)
    case 'boolean':
      return typeof value === 'boolean' ? value : booleanFromText(textOf(value))
    case 'binary':
      return fitBytes(value, to, conversion)
    case 'date':
    case 'time':
    case 'timestamp':
      return toDatetime(value, from, context)
    default:
      return value
  }
}

function toNumeric(value: SqlValue, from: SqlType, to: SqlType): SqlValue {
  if (isApproximate(to)) {
    const double = typeof value === 'bigint' ? decimalToNumber(value, scaleOf(from)) : numberOf(value)
    return floatResult(double, to)
  }
  if (isApproximate(from)) return exactTo(exactOfNumber(numberOf(value)), to)
  return exactTo({ unscaled: unscaledOf(value), scale: scaleOf(from) }, to)
}

function exactTo({ unscaled, scale }: ExactNumber, to: SqlType): number | bigint {
  return exactResult(rescale(unscaled, scale, scaleOf(to)), to)
}

function numberFromText(text: string, to: SqlType): SqlValue {
  const exact = parseExact(text.trim())
  if (exact === undefined) throw coercion(text, to, 'a number such as -12.5 or 1E3')
  return isApproximate(to) ? floatResult(Number(text.trim()), to) : exactTo(exact, to)
}

function booleanFromText(text: string): boolean | null {
  const word = text.trim().toUpperCase()
  if (word === 'TRUE') return true
  if (word === 'FALSE') return false
  if (word === 'UNKNOWN') return null
  throw coercion(text, { kind: 'BOOLEAN' }, 'TRUE, FALSE or UNKNOWN')
}

/** The text of a value of another family; one that does not fit is an error, since cut digits would lie. */
function textFrom(value: SqlValue, from: SqlType, to: SqlType): string {
  const text = plainText(value, from)
  const length = codePointLength(text)
  if (length > lengthOf(to)) throw coercion(text, to, `at most ${lengthOf(to)} characters`)
  return to.kind === 'CHAR' ? text + ' '.repeat(lengthOf(to) - length) : text
}

/** A value as CAST to an unbounded VARCHAR shows it. */
export function plainText(value: SqlValue, type: SqlType): string {
  switch (type.kind) {
    case 'BOOLEAN':
      return booleanOf(value) ? 'TRUE' : 'FALSE'
    case 'DATE':
      return dateText(numberOf(value))
    case 'TIME':
      return timeText(numberOf(value))
    case 'TIMESTAMP':
      return timestampText(numberOf(value))
    case 'DECIMAL':
      return decimalText(unscaledOf(value), type.scale)
    case 'TIMESTAMP_LTZ':
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW':
    case 'INTERVAL_DAY':
    case 'INTERVAL_MONTH':
      return flinkText(value, type, 'UTC')
    case 'BINARY':
    case 'VARBINARY':
      return value instanceof Uint8Array ? flinkText(value, type, 'UTC') : textOf(value)
    default:
      return isNumeric(type) ? String(value) : textOf(value)
  }
}

function fitText(text: string, to: SqlType, conversion: Conversion): string {
  const length = codePointLength(text)
  const limit = lengthOf(to)
  if (length > limit) {
    if (conversion === 'ASSIGN') {
      throw new SqlRuntimeError(
        'ValueOutOfRange',
        `text of ${length} characters '${shorten(text)}' does not fit ${typeText(to)}; cut it with CAST or SUBSTRING, or declare the column longer`,
      )
    }
    return codePointSlice(text, 0, limit)
  }
  return to.kind === 'CHAR' ? text + ' '.repeat(limit - length) : text
}

function fitBytes(value: SqlValue, to: SqlType, conversion: Conversion): Uint8Array {
  if (!(value instanceof Uint8Array)) throw new Error('function table: bytes expected')
  const limit = lengthOf(to)
  if (value.length > limit) {
    if (conversion === 'ASSIGN') throw outOfRange(`a value of ${value.length} bytes`, to)
    return value.slice(0, limit)
  }
  if (to.kind !== 'BINARY' || value.length === limit) return value
  const padded = new Uint8Array(limit)
  padded.set(value)
  return padded
}

function toDatetime(value: SqlValue, from: SqlType, { type: to, rowtime }: EvaluateContext): number {
  if (familyOf(from) === 'text') return datetimeFromText(textOf(value), to)
  const number = numberOf(value)
  if (from.kind === to.kind) return number
  if (to.kind === 'DATE') return dateOfTimestamp(number)
  if (to.kind === 'TIME') return timeOfTimestamp(number)
  // A bare time becomes a time of the row's own day, so that a replay answers alike.
  return from.kind === 'DATE' ? number * dayMs : dateOfTimestamp(rowtime) * dayMs + number
}

function datetimeFromText(text: string, to: SqlType): number {
  const trimmed = text.trim()
  const value =
    to.kind === 'DATE'
      ? parseDate(trimmed)
      : to.kind === 'TIME'
        ? parseTime(trimmed)
        : parseTimestamp(trimmed)
  if (value === undefined) throw coercion(text, to, datetimeForms[to.kind] ?? to.kind)
  return value
}

const datetimeForms: Record<string, string> = {
  DATE: 'yyyy-MM-dd',
  TIME: 'HH:mm:ss[.SSS]',
  TIMESTAMP: 'yyyy-MM-dd HH:mm:ss[.SSS]',
}

function coercion(text: string, to: SqlType, allowed: string): SqlRuntimeError {
  return new SqlRuntimeError(
    'CoercionError',
    `'${shorten(text)}' cannot be cast to ${typeText(to)}: wanted ${allowed}`,
  )
}

/** Long values are cut in messages, which have a limit of their own. */
export function shorten(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}
