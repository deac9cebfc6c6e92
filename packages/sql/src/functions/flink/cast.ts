/**
 * CAST, TRY_CAST and ASSIGN (the conversion of INSERT) of the Flink dialect (spec 3.11.4-5). Numbers lose their fraction
 * toward zero and wrap to narrower integers; into DECIMAL they are rounded HALF_UP, and NULL when it is too small. Text is
 * read leniently as to blanks; what cannot be read fails the row with CoercionError, or is NULL in TRY_CAST. Text that is
 * longer than its type is cut, CHAR is padded. Between TIMESTAMP and TIMESTAMP_LTZ lies the session's zone. Nested types
 * convert element by element.
 */
import { formatFlinkType, type SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { booleanOf, doubleOf, numberOf, unscaledOf } from '../argument-values.ts'
import { checkTimestamp, dateOfTimestamp, dayMs, timeOfTimestamp } from '../civil-time.ts'
import { exactOfNumber, parseExact, powerOfTen, rescale, truncateScale } from '../numbers.ts'
import { type EvaluateContext, type ScalarFunction, SqlRuntimeError } from '../scalar-function.ts'
import { codePointLength, codePointSlice } from '../text.ts'
import {
  familyOf,
  integerBounds,
  isApproximate,
  isIntegerKind,
  lengthOf,
  scaleOf,
  type TypeFamily,
} from '../types.ts'
import { instantOf, localTime } from '../zone.ts'
import { parseFlinkDate, parseFlinkTime, parseFlinkTimestamp } from './datetime-text.ts'
import { parseJavaDouble } from './java-number.ts'
import { arrayOf, inner, makeMap, mapOf, outer } from './nested-values.ts'
import { fittedDecimal, implicitCast, precisionOf, sameValues, wrapInteger } from './types.ts'
import { bytesOf, flinkText } from './value-text.ts'

/** From which families a value of a family can be CAST; nested types are compared by their elements. */
const castSources: Record<TypeFamily, readonly TypeFamily[]> = {
  boolean: ['boolean', 'text', 'numeric'],
  numeric: ['numeric', 'text', 'boolean', 'interval-day', 'interval-month'],
  text: [
    'text',
    'numeric',
    'boolean',
    'date',
    'time',
    'timestamp',
    'instant',
    'binary',
    'nested',
    'interval-day',
    'interval-month',
  ],
  binary: ['binary', 'text'],
  date: ['date', 'timestamp', 'instant', 'text'],
  time: ['time', 'timestamp', 'instant', 'text'],
  timestamp: ['timestamp', 'instant', 'date', 'time', 'text'],
  instant: ['instant', 'timestamp', 'date', 'time', 'text'],
  'interval-day': ['interval-day', 'text'],
  'interval-month': ['interval-month', 'text'],
  nested: [],
  null: [],
}

/** What is wrong with converting `from` to `to`, with the allowed way; undefined when it is allowed. */
export function flinkCastProblem(
  conversion: 'CAST' | 'ASSIGN',
  from: SqlType,
  to: SqlType,
): string | undefined {
  if (from.kind === 'NULL') return undefined
  const [x, y] = [formatFlinkType(from), formatFlinkType(to)]
  if (conversion === 'ASSIGN') {
    if (implicitCast(from, to)) return undefined
    const way = isCastable(from, to) ? `write CAST(... AS ${y})` : hintFor(from, to)
    return `${x} is not assigned to ${y} without a conversion: ${way}`
  }
  return isCastable(from, to) ? undefined : `${x} cannot be cast to ${y}: ${hintFor(from, to)}`
}

function isCastable(from: SqlType, to: SqlType): boolean {
  if (from.kind === 'NULL') return true
  switch (to.kind) {
    case 'ARRAY':
    case 'MULTISET':
      return from.kind === to.kind && isCastable(from.element, to.element)
    case 'MAP':
      return from.kind === 'MAP' && isCastable(from.key, to.key) && isCastable(from.value, to.value)
    case 'ROW':
      return (
        from.kind === 'ROW' &&
        from.fields.length === to.fields.length &&
        from.fields.every((field, i) => isCastable(field.type, to.fields[i]!.type))
      )
    default:
      if (to.kind === 'BOOLEAN' && familyOf(from) === 'numeric') return isIntegerKind(from.kind)
      // Intervals become whole numbers of ms or months.
      if (familyOf(from).startsWith('interval') && familyOf(to) === 'numeric')
        return to.kind === 'INTEGER' || to.kind === 'BIGINT'
      return castSources[familyOf(to)].includes(familyOf(from))
  }
}

function hintFor(from: SqlType, to: SqlType): string {
  const [source, target] = [familyOf(from), familyOf(to)]
  if (source === 'numeric' && target === 'timestamp')
    return 'use TO_TIMESTAMP(FROM_UNIXTIME(seconds)) or TO_TIMESTAMP_LTZ(number, 0 or 3)'
  if (source === 'numeric' && target === 'instant') return 'use TO_TIMESTAMP_LTZ(number, 0 or 3)'
  if ((source === 'timestamp' || source === 'instant') && target === 'numeric')
    return "use UNIX_TIMESTAMP(CAST(time AS STRING)) or TIMESTAMPDIFF(SECOND, TIMESTAMP '1970-01-01 00:00:00', time)"
  if (target === 'nested') return 'the elements have to be castable, and a ROW needs as many fields'
  return `allowed are ${castSources[target].join(', ')}`
}

/** Whether a value of `from` is a value of `to` as it stands. */
export function isFlinkIdentity(from: SqlType, to: SqlType): boolean {
  if (sameValues(from, to)) return true
  if (from.kind !== to.kind) return from.kind === 'CHAR' && to.kind === 'VARCHAR' && from.length <= to.length
  switch (from.kind) {
    case 'VARCHAR':
    case 'VARBINARY':
      return lengthOf(from) <= lengthOf(to)
    case 'DECIMAL':
      return scaleOf(from) === scaleOf(to) && to.kind === 'DECIMAL' && from.precision <= to.precision
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return precisionOf(from) <= precisionOf(to) || precisionOf(to) >= 3
    default:
      return false
  }
}

export const flinkCasts: readonly ScalarFunction[] = [
  {
    name: 'CAST',
    forms: ['CAST(value AS type)'],
    nullIn: 'null',
    infer: () => 'CAST takes its type from its target; check it with castProblem',
    evaluate: ([value], context) => castValue(value!, context.argTypes[0]!, context.type, context),
  },
  {
    name: 'ASSIGN',
    forms: ['INSERT INTO table SELECT value'],
    nullIn: 'null',
    infer: () => 'ASSIGN takes its type from its target; check it with castProblem',
    evaluate: ([value], context) => castValue(value!, context.argTypes[0]!, context.type, context),
  },
  {
    name: 'TRY_CAST',
    forms: ['TRY_CAST(value AS type)'],
    nullIn: 'null',
    infer: () => 'TRY_CAST takes its type from its target; check it with castProblem',
    evaluate: ([value], context) => {
      try {
        return castValue(value!, context.argTypes[0]!, context.type, context)
      } catch (error) {
        if (error instanceof SqlRuntimeError) return null
        throw error
      }
    },
  },
]

/** A value of `from` as one of `to`. Throws CoercionError. */
function castValue(value: SqlValue, from: SqlType, to: SqlType, context: EvaluateContext): SqlValue {
  if (value === null || isFlinkIdentity(from, to)) return value
  switch (familyOf(to)) {
    case 'numeric':
      return toNumber(value, from, to)
    case 'text':
      return fitText(flinkText(value, from, zoneOf(context)), to)
    case 'boolean':
      return toBoolean(value, from)
    case 'binary':
      return fitBytes(
        typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'utf8')) : bytesOf(value),
        to,
      )
    case 'date':
    case 'time':
    case 'timestamp':
    case 'instant':
      return toDatetime(value, from, to, zoneOf(context))
    case 'interval-day':
      return typeof value === 'string' ? dayInterval(value, to) : value
    case 'interval-month':
      return typeof value === 'string' ? monthInterval(value, to) : value
    case 'nested':
      return toNested(value, from, to, context)
    default:
      return value
  }
}

function zoneOf(context: EvaluateContext): string {
  return context.zone ?? 'UTC'
}

function toNumber(value: SqlValue, from: SqlType, to: SqlType): SqlValue {
  if (typeof value === 'boolean') return exactTo(value ? 1n : 0n, 0, to)
  if (typeof value === 'string') return numberFromText(value, to)
  if (isApproximate(to)) {
    const double = doubleOf(value, from)
    return to.kind === 'REAL' ? Math.fround(double) : double
  }
  if (!isApproximate(from)) return exactTo(unscaledOf(value), scaleOf(from), to)
  const double = numberOf(value)
  if (to.kind === 'DECIMAL') {
    if (!Number.isFinite(double)) return null
    const exact = exactOfNumber(double)
    return exactTo(exact.unscaled, exact.scale, to)
  }
  return saturated(double, to)
}

/** As Java narrows a double: NaN is 0, what is too large is the nearest INT or BIGINT, of which the low bits stay. */
function saturated(double: number, to: SqlType): number | bigint {
  const { min, max } = integerBounds[to.kind === 'BIGINT' ? 'BIGINT' : 'INTEGER']
  if (Number.isNaN(double)) return wrapInteger(0n, to)
  if (double >= Number(max)) return wrapInteger(max, to)
  if (double <= Number(min)) return wrapInteger(min, to)
  return wrapInteger(BigInt(Math.trunc(double)), to)
}

function exactTo(unscaled: bigint, scale: number, to: SqlType): SqlValue {
  if (to.kind === 'DECIMAL') return fittedDecimal(rescale(unscaled, scale, to.scale), to.precision)
  if (isApproximate(to)) return Number(unscaled) / Number(powerOfTen(scale))
  return wrapInteger(truncateScale(unscaled, scale, 0), to)
}

function numberFromText(text: string, to: SqlType): SqlValue {
  if (isApproximate(to)) {
    const value = parseJavaDouble(text)
    if (value === undefined) throw unreadable(text, to, 'a number such as -12.5 or 1E3')
    return to.kind === 'REAL' ? Math.fround(value) : value
  }
  const trimmed = text.trim()
  const exact = parseExact(trimmed)
  if (to.kind === 'DECIMAL') {
    if (exact === undefined) throw unreadable(text, to, 'a number such as -12.5')
    return fittedDecimal(rescale(exact.unscaled, exact.scale, to.scale), to.precision)
  }
  if (exact === undefined || !/^[+-]?\d+(?:\.\d*)?$/.test(trimmed) || !isIntegerKind(to.kind))
    throw unreadable(text, to, 'digits with an optional sign')
  const value = truncateScale(exact.unscaled, exact.scale, 0)
  const { min, max } = integerBounds[to.kind]
  if (value < min || value > max) throw unreadable(text, to, `a number from ${min} to ${max}`)
  return wrapInteger(value, to)
}

const trueWords = new Set(['t', 'true', 'y', 'yes', 'on', '1'])
const falseWords = new Set(['f', 'false', 'n', 'no', 'off', '0'])

function toBoolean(value: SqlValue, from: SqlType): boolean {
  if (typeof value !== 'string') return familyOf(from) === 'numeric' ? Number(value) !== 0 : booleanOf(value)
  const word = value.trim().toLowerCase()
  if (trueWords.has(word)) return true
  if (falseWords.has(word)) return false
  throw unreadable(value, { kind: 'BOOLEAN' }, 'TRUE, T, YES, Y, ON, 1 or FALSE, F, NO, N, OFF, 0')
}

function fitText(text: string, to: SqlType): string {
  const limit = lengthOf(to)
  if (text.length > limit) {
    const length = codePointLength(text)
    if (length > limit) return codePointSlice(text, 0, limit)
  }
  return to.kind === 'CHAR' ? text + ' '.repeat(Math.max(0, limit - codePointLength(text))) : text
}

function fitBytes(bytes: Uint8Array, to: SqlType): Uint8Array {
  const limit = lengthOf(to)
  if (bytes.length > limit) return bytes.slice(0, limit)
  if (to.kind !== 'BINARY' || bytes.length === limit) return bytes
  const padded = new Uint8Array(limit)
  padded.set(bytes)
  return padded
}

function toDatetime(value: SqlValue, from: SqlType, to: SqlType, zone: string): number {
  if (typeof value === 'string') return datetimeFromText(value, to, zone)
  // Everything by way of the local time in ms; a bare time of the day is one of 1970-01-01.
  const number = numberOf(value)
  const local =
    from.kind === 'DATE' ? number * dayMs : from.kind === 'TIMESTAMP_LTZ' ? localTime(number, zone) : number
  switch (to.kind) {
    case 'DATE':
      return dateOfTimestamp(local)
    case 'TIME': {
      // TIME has whole seconds.
      const time = timeOfTimestamp(local)
      return from.kind === 'TIME' ? time : time - (time % 1000)
    }
    case 'TIMESTAMP_LTZ':
      return toPrecision(from.kind === 'TIMESTAMP_LTZ' ? number : instantOf(local, zone), to)
    default:
      return toPrecision(local, to)
  }
}

/** Digits of the second beyond the type's are dropped, toward the past. */
export function toPrecision(ms: number, to: SqlType): number {
  const precision = precisionOf(to)
  if (precision >= 3) return ms
  const unit = 10 ** (3 - precision)
  return Math.floor(ms / unit) * unit
}

function datetimeFromText(text: string, to: SqlType, zone: string): number {
  const trimmed = text.trim()
  switch (to.kind) {
    case 'DATE': {
      const date = parseFlinkDate(trimmed)
      if (date === undefined) throw unreadable(text, to, 'yyyy-MM-dd')
      return date
    }
    case 'TIME': {
      const time = parseFlinkTime(trimmed)
      if (time === undefined) throw unreadable(text, to, 'HH:mm:ss')
      return time - (time % 1000)
    }
    default: {
      const local = parseFlinkTimestamp(trimmed)
      if (local === undefined) throw unreadable(text, to, 'yyyy-MM-dd HH:mm:ss[.SSS]')
      return toPrecision(to.kind === 'TIMESTAMP_LTZ' ? instantOf(checkTimestamp(local), zone) : local, to)
    }
  }
}

/** '[+-]days HH:mm:ss[.SSS]' in ms, as CAST to text writes it. */
function dayInterval(text: string, to: SqlType): number {
  const match = /^\s*([+-]?)(\d{1,9}) (\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d{1,9})?)\s*$/.exec(text)
  const time = match === null ? undefined : parseFlinkTime(match[3]!)
  if (match === null || time === undefined) throw unreadable(text, to, 'days HH:mm:ss[.SSS]')
  const size = Number(match[2]) * dayMs + time
  return match[1] === '-' ? -size : size
}

/** '[+-]years-months' in months. */
function monthInterval(text: string, to: SqlType): number {
  const match = /^\s*([+-]?)(\d{1,9})-(\d{1,2})\s*$/.exec(text)
  if (match === null) throw unreadable(text, to, 'years-months')
  const size = Number(match[2]) * 12 + Number(match[3])
  return match[1] === '-' ? -size : size
}

function toNested(value: SqlValue, from: SqlType, to: SqlType, context: EvaluateContext): SqlValue {
  const element = (part: SqlValue, x: SqlType, y: SqlType) => inner(castValue(outer(part, x), x, y, context))
  if (from.kind === 'ARRAY' && to.kind === 'ARRAY')
    return arrayOf(value).map((part) => element(part, from.element, to.element))
  if (from.kind === 'ROW' && to.kind === 'ROW')
    return arrayOf(value).map((part, i) => element(part, from.fields[i]!.type, to.fields[i]!.type))
  if (from.kind === 'MAP' && to.kind === 'MAP') {
    return makeMap(
      [...mapOf(value)].map(
        ([key, part]) => [element(key, from.key, to.key), element(part, from.value, to.value)] as const,
      ),
    )
  }
  if (from.kind === 'MULTISET' && to.kind === 'MULTISET') return multiset(value, from, to, element)
  throw new Error(`function table: ${from.kind} to ${to.kind}`)
}

/** Elements that become equal are counted together. */
function multiset(
  value: SqlValue,
  from: SqlType & { kind: 'MULTISET' },
  to: SqlType & { kind: 'MULTISET' },
  element: (part: SqlValue, from: SqlType, to: SqlType) => SqlValue,
): SqlValue {
  const counts = new Map<SqlValue, SqlValue>()
  for (const [part, count] of mapOf(value)) {
    const key = element(part, from.element, to.element)
    counts.set(key, numberOf(counts.get(key) ?? 0) + numberOf(count))
  }
  return counts
}

function unreadable(text: string, to: SqlType, wanted: string): SqlRuntimeError {
  const shown = text.length <= 60 ? text : `${text.slice(0, 57)}...`
  return new SqlRuntimeError(
    'CoercionError',
    `'${shown}' cannot be cast to ${formatFlinkType(to)}: wanted ${wanted}. TRY_CAST gives NULL instead`,
  )
}
