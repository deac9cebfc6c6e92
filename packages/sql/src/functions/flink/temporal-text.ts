/**
 * Times from text and to text in the Flink dialect: DATE_FORMAT and TO_TIMESTAMP by patterns of Java's DateTimeFormatter
 * (time-pattern.ts); TO_DATE, UNIX_TIMESTAMP, FROM_UNIXTIME and CONVERT_TZ by those of SimpleDateFormat
 * (../datetime-pattern.ts), as in Flink. What does not parse is NULL; for UNIX_TIMESTAMP it is the least BIGINT.
 */
import { formatFlinkType, type SqlType, timestampMax, timestampMin } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { countOf, doubleOf, numberOf, textOf } from '../argument-values.ts'
import { dateOfTimestamp, dayMs } from '../civil-time.ts'
import {
  formatDatetime,
  type PatternItem,
  parseDatetimePattern,
  readDatetime,
  readZonedDatetime,
} from '../datetime-pattern.ts'
import {
  type ArgumentType,
  type InferredType,
  type ScalarFunction,
  SqlRuntimeError,
} from '../scalar-function.ts'
import { bigintType, familyOf, isApproximate, isIntegerKind, scaleOf } from '../types.ts'
import { instantOf, isZone, localTime } from '../zone.ts'
import { parseFlinkDate, parseFlinkTimestamp } from './datetime-text.ts'
import { define } from './define.ts'
import { formatTime, parseTimePattern, readTime, type TimePattern } from './time-pattern.ts'
import { dateType, instant3Type, stringType, timestamp3Type } from './types.ts'

const defaultPattern = 'yyyy-MM-dd HH:mm:ss'
const longMin = -9223372036854775808n

export const flinkTemporalText: readonly ScalarFunction[] = [
  withPattern(
    1,
    timePattern,
    define({
      name: 'DATE_FORMAT',
      parameters: ['any', 'text'],
      forms: ["DATE_FORMAT(timestamp, 'pattern')"],
      returns: ([value]) => {
        const family = familyOf(value!.type)
        if (['date', 'timestamp', 'instant', 'text'].includes(family)) return stringType
        return `DATE_FORMAT takes a timestamp or its text, not ${formatFlinkType(value!.type)}`
      },
      // Text is read as a TIMESTAMP; one that cannot be read gives NULL.
      nullable: 'always',
      evaluate: ([value, pattern], { argTypes, zone }) => {
        const local = localOf(value!, argTypes[0]!.kind, zone)
        return local === undefined ? null : (formatTime(timePattern(textOf(pattern)), local) ?? null)
      },
    }),
  ),
  withPattern(
    1,
    timePattern,
    define({
      name: 'TO_TIMESTAMP',
      parameters: ['text', 'text?'],
      forms: ["TO_TIMESTAMP(text [, 'pattern'])"],
      returns: timestamp3Type,
      nullable: 'always',
      evaluate: ([text, pattern]) =>
        (pattern === undefined
          ? parseFlinkTimestamp(textOf(text))
          : readTime(timePattern(textOf(pattern)), textOf(text))) ?? null,
    }),
  ),
  {
    name: 'TO_TIMESTAMP_LTZ',
    forms: ['TO_TIMESTAMP_LTZ(number [, 0 | 3])', "TO_TIMESTAMP_LTZ(text [, 'pattern' [, 'zone']])"],
    nullIn: 'null',
    infer: inferInstant,
    evaluate: (args, { argTypes }) => {
      if (typeof args[0] === 'string') return instantFromText(args.map(textOf))
      const unit = args[1] === undefined ? 3 : countOf(args[1])
      if (unit !== 0 && unit !== 3)
        throw new SqlRuntimeError(
          'ValueOutOfRange',
          `the precision of TO_TIMESTAMP_LTZ is 0 or 3, not ${unit}`,
        )
      const ms = Math.floor(
        unit === 0 ? secondsToMs(args[0]!, argTypes[0]!) : doubleOf(args[0], argTypes[0]!),
      )
      // Beyond the years of TIMESTAMP there is no value.
      return ms >= timestampMin && ms <= timestampMax ? ms : null
    },
  },
  withPattern(
    1,
    simplePattern,
    define({
      name: 'TO_DATE',
      parameters: ['text', 'text?'],
      forms: ["TO_DATE(text [, 'pattern'])"],
      returns: dateType,
      nullable: 'always',
      evaluate: ([text, pattern], { rowtime }) => {
        if (pattern === undefined) return parseFlinkDate(textOf(text)) ?? null
        const time = readDatetime(simplePattern(textOf(pattern)), textOf(text), rowtime)
        return time === undefined ? null : dateOfTimestamp(time)
      },
    }),
  ),
  withPattern(
    1,
    simplePattern,
    define({
      name: 'UNIX_TIMESTAMP',
      parameters: ['text?', 'text?'],
      forms: ['UNIX_TIMESTAMP()', "UNIX_TIMESTAMP(text [, 'pattern'])"],
      returns: bigintType,
      evaluate: ([text, pattern], { rowtime, zone }) => {
        if (text === undefined) return BigInt(Math.floor(rowtime / 1000))
        const items = simplePattern(pattern === undefined ? defaultPattern : textOf(pattern))
        const read = readZonedDatetime(items, textOf(text), rowtime)
        if (read === undefined) return longMin
        const { local, offset } = read
        const instant = offset === undefined ? instantOf(local, zone ?? 'UTC') : local - offset
        return BigInt(Math.floor(instant / 1000))
      },
    }),
  ),
  withPattern(
    1,
    simplePattern,
    define({
      name: 'FROM_UNIXTIME',
      parameters: ['integer', 'text?'],
      forms: ["FROM_UNIXTIME(seconds [, 'pattern'])"],
      returns: stringType,
      nullable: 'always',
      evaluate: ([seconds, pattern], { zone }) => {
        const ms = countOf(seconds) * 1000
        if (!(ms >= timestampMin && ms <= timestampMax)) return null
        const items = simplePattern(pattern === undefined ? defaultPattern : textOf(pattern))
        const local = localTime(ms, zone ?? 'UTC')
        return formatDatetime(items, local, local - ms)
      },
    }),
  ),
  checkedZones(
    define({
      name: 'CONVERT_TZ',
      parameters: ['text', 'text', 'text'],
      forms: ["CONVERT_TZ('yyyy-MM-dd HH:mm:ss', from zone, to zone)"],
      returns: stringType,
      nullable: 'always',
      evaluate: ([text, from, to], { rowtime }) => {
        const items = simplePattern(defaultPattern)
        const local = readDatetime(items, textOf(text), rowtime)
        if (local === undefined) return null
        return formatDatetime(items, localTime(instantOf(local, textOf(from)), textOf(to)))
      },
    }),
  ),
]

function localOf(value: SqlValue, kind: string, zone = 'UTC'): number | undefined {
  if (typeof value === 'string') return parseFlinkTimestamp(value.trim())
  const number = numberOf(value)
  return kind === 'DATE' ? number * dayMs : kind === 'TIMESTAMP_LTZ' ? localTime(number, zone) : number
}

function inferInstant(args: readonly ArgumentType[]): InferredType | string {
  const [value, second, third] = args
  if (value === undefined || args.length > 3)
    return `TO_TIMESTAMP_LTZ takes 1 to 3 arguments, not ${args.length}`
  const isText = (argument: ArgumentType) =>
    familyOf(argument.type) === 'text' || argument.type.kind === 'NULL'
  const types = args.map(({ type }) => (type.kind === 'NULL' ? bigintType : type))
  if (familyOf(value.type) === 'text') {
    if (!args.every(isText)) return 'TO_TIMESTAMP_LTZ of text takes a pattern and a zone as text'
    const pattern = second?.literal
    const problem = typeof pattern === 'string' ? parseTimePattern(pattern) : undefined
    if (typeof problem === 'string') return problem
    return { type: instant3Type, nullable: true, args: args.map(() => stringType) }
  }
  const isNumber = familyOf(value.type) === 'numeric' || value.type.kind === 'NULL'
  const precision = second?.literal
  if (!isNumber || third !== undefined || (second !== undefined && !isIntegerKind(types[1]!.kind)))
    return 'TO_TIMESTAMP_LTZ takes a number and its precision, 0 for seconds or 3 for milliseconds'
  if (typeof precision === 'number' && precision !== 0 && precision !== 3)
    return `the precision of TO_TIMESTAMP_LTZ is 0 for seconds or 3 for milliseconds, not ${precision}`
  return { type: instant3Type, nullable: true, args: types }
}

function secondsToMs(value: SqlValue, type: SqlType): number {
  if (isApproximate(type)) return numberOf(value) * 1000
  // Exactly, so that 0.29 seconds are 290 ms.
  const unscaled = typeof value === 'bigint' ? value : BigInt(numberOf(value))
  return Number((unscaled * 1000n) / 10n ** BigInt(scaleOf(type)))
}

/** Without a zone of its own the text is UTC, whatever the session's zone is. */
function instantFromText([text = '', pattern, zone]: readonly string[]): number | null {
  const local = pattern === undefined ? parseFlinkTimestamp(text) : readTime(timePattern(pattern), text)
  return local === undefined ? null : instantOf(local, zone ?? 'UTC')
}

/** Parsed patterns by notation; dropped as a whole when full, since almost all are literals. */
const timePatterns = new Map<string, TimePattern>()
const simplePatterns = new Map<string, readonly PatternItem[]>()
const patternsMax = 64

function timePattern(pattern: string): TimePattern {
  return parsedBy(timePatterns, parseTimePattern, pattern)
}

function simplePattern(pattern: string): readonly PatternItem[] {
  return parsedBy(simplePatterns, parseDatetimePattern, pattern)
}

function parsedBy<T>(known: Map<string, T>, parse: (pattern: string) => T | string, pattern: string): T {
  let items = known.get(pattern)
  if (items === undefined) {
    const parsed = parse(pattern)
    if (typeof parsed === 'string') throw new SqlRuntimeError('CoercionError', parsed)
    items = parsed
    if (known.size >= patternsMax) known.clear()
    known.set(pattern, items)
  }
  return items
}

/** Refuses a call whose pattern is a literal that cannot be used. */
function withPattern(index: number, parse: (pattern: string) => unknown, fn: ScalarFunction): ScalarFunction {
  return {
    ...fn,
    infer: (args) => {
      const pattern = args[index]?.literal
      if (typeof pattern === 'string') {
        try {
          parse(pattern)
        } catch (error) {
          if (error instanceof SqlRuntimeError) return error.message
          throw error
        }
      }
      return fn.infer(args)
    },
  }
}

function checkedZones(fn: ScalarFunction): ScalarFunction {
  return {
    ...fn,
    infer: (args) => {
      for (const { literal } of args.slice(1))
        if (typeof literal === 'string' && !isZone(literal)) return `'${literal}' is no time zone`
      return fn.infer(args)
    },
  }
}
