/**
 * CHAR_TO_DATE, CHAR_TO_TIME, CHAR_TO_TIMESTAMP and DATE_TO_CHAR, TIME_TO_CHAR, TIMESTAMP_TO_CHAR of the KDA dialect: the
 * pattern comes first (datetime-pattern.ts). A text that does not match, or has a field out of its range, fails its row; TIMESTAMP_TO_CHAR of NULL is the
 * text 'null' (spec 2.14).
 */
import type { SqlType } from '@millrace/values'
import { numberOf, textOf } from './argument-values.ts'
import { shorten } from './cast.ts'
import { checkTimestamp, dateOfTimestamp, dayMs, timeOfTimestamp } from './civil-time.ts'
import { formatDatetime, type PatternItem, parseDatetimePattern, readDatetime } from './datetime-pattern.ts'
import {
  type ArgumentType,
  type InferredType,
  type ScalarFunction,
  SqlRuntimeError,
} from './scalar-function.ts'
import { varchar } from './string.ts'
import { countProblem, isText, resultOf, typesText, typeText } from './types.ts'

const dateType: SqlType = { kind: 'DATE' }
const timeType: SqlType = { kind: 'TIME' }
const timestampType: SqlType = { kind: 'TIMESTAMP' }

/** No pattern of at most 128 characters gives more: nine characters for each, as in 'Wednesday'. */
const formattedLengthMax = 1152

export const datetimeText: readonly ScalarFunction[] = [
  reader('CHAR_TO_DATE', dateType, dateOfTimestamp),
  reader('CHAR_TO_TIME', timeType, timeOfTimestamp),
  reader('CHAR_TO_TIMESTAMP', timestampType, (timestamp) => timestamp),
  writer('DATE_TO_CHAR', dateType, (days) => days * dayMs),
  writer('TIME_TO_CHAR', timeType, (ms) => ms),
  timestampWriter(),
]

function reader(name: string, type: SqlType, finish: (timestamp: number) => number): ScalarFunction {
  return {
    name,
    forms: [`${name}(pattern, text)`],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem(name, args, 2) ?? patternProblem(name, args[0]!)
      if (problem !== undefined) return problem
      if (!args.every((argument) => isText(argument.type) || argument.type.kind === 'NULL')) {
        return `${name} takes a pattern and a text, not ${typesText(args)}`
      }
      return resultOf(type, args)
    },
    evaluate: ([pattern, text], { rowtime }) => {
      const timestamp = readDatetime(itemsOf(textOf(pattern)), textOf(text), rowtime, 'keep')
      if (timestamp === undefined) {
        throw new SqlRuntimeError(
          'CoercionError',
          `'${shorten(textOf(text))}' does not match the pattern '${textOf(pattern)}'`,
        )
      }
      return finish(checkTimestamp(timestamp))
    },
  }
}

function writer(name: string, type: SqlType, timestampOf: (value: number) => number): ScalarFunction {
  return {
    name,
    forms: [`${name}(pattern, ${type.kind.toLowerCase()})`],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem(name, args, 2) ?? patternProblem(name, args[0]!)
      if (problem !== undefined) return problem
      const value = args[1]!.type
      if (value.kind !== type.kind && value.kind !== 'NULL') {
        return `${name} formats a ${type.kind}, not ${typeText(value)}`
      }
      return resultOf(varchar(formattedLengthMax), args)
    },
    evaluate: ([pattern, value]) => formatDatetime(itemsOf(textOf(pattern)), timestampOf(numberOf(value))),
  }
}

function timestampWriter(): ScalarFunction {
  const base = writer('TIMESTAMP_TO_CHAR', timestampType, (timestamp) => timestamp)
  return {
    ...base,
    nullIn: 'called',
    infer: (args): InferredType | string => {
      const typed = base.infer(args)
      return typeof typed === 'string' ? typed : { ...typed, nullable: args[0]!.nullable }
    },
    evaluate: (args, context) => {
      if (args[0] === null) return null
      return args[1] === null ? 'null' : base.evaluate(args, context)
    },
  }
}

function patternProblem(name: string, pattern: ArgumentType): string | undefined {
  if (!isText(pattern.type) && pattern.type.kind !== 'NULL') {
    return `the first argument of ${name} is the pattern, not ${typeText(pattern.type)}`
  }
  const parsed = typeof pattern.literal === 'string' ? parseDatetimePattern(pattern.literal) : undefined
  return typeof parsed === 'string' ? parsed : undefined
}

/** Parsed patterns; dropped as a whole when full, since almost all are literals. */
const parsedPatterns = new Map<string, readonly PatternItem[]>()
const parsedPatternsMax = 64

function itemsOf(pattern: string): readonly PatternItem[] {
  let items = parsedPatterns.get(pattern)
  if (items === undefined) {
    const parsed = parseDatetimePattern(pattern)
    if (typeof parsed === 'string') throw new SqlRuntimeError('CoercionError', parsed)
    items = parsed
    if (parsedPatterns.size >= parsedPatternsMax) parsedPatterns.clear()
    parsedPatterns.set(pattern, items)
  }
  return items
}
