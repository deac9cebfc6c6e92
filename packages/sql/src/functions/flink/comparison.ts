/**
 * Comparisons of the Flink dialect: = <> < <= > >=, IS [NOT] DISTINCT FROM, BETWEEN, IN, GREATEST, LEAST. Arguments meet in
 * their common type (types.ts); text beside a date or a time is read as one. Numbers compare exactly unless one is floating;
 * NaN equals nothing. Arrays, rows and maps have equality, by their elements; a NULL inside equals a NULL inside.
 */
import type { SqlType } from '@millrace/values'
import { sameValue } from '../../changelog/value.ts'
import type { SqlValue } from '../../plan.ts'
import { doubleOf, numberOf, textOf, unscaledOf } from '../argument-values.ts'
import { rescale } from '../numbers.ts'
import type { ArgumentType, EvaluateContext, InferredType, ScalarFunction } from '../scalar-function.ts'
import { compareText } from '../text.ts'
import {
  anyNullable,
  booleanType,
  countProblem,
  doubleType,
  familyOf,
  isApproximate,
  scaleOf,
} from '../types.ts'
import { flinkCommonType, flinkCommonTypeOf, flinkTypesText } from './types.ts'

export const flinkComparison: readonly ScalarFunction[] = [
  ordered('=', (order) => order === 0),
  ordered('<>', (order) => order !== 0),
  ordered('<', (order) => order < 0),
  ordered('<=', (order) => order <= 0),
  ordered('>', (order) => order > 0),
  ordered('>=', (order) => order >= 0),
  distinct('IS DISTINCT FROM', true),
  distinct('IS NOT DISTINCT FROM', false),
  {
    name: 'BETWEEN',
    forms: ['value BETWEEN low AND high'],
    nullIn: 'called',
    infer: (args) => countProblem('BETWEEN', args, 3) ?? inferComparison('BETWEEN', args),
    evaluate: ([value, low, high], { argTypes }) => {
      const [valueType, lowType, highType] = argTypes as [SqlType, SqlType, SqlType] // The count is checked.
      const above = compareNullable(low, lowType, value, valueType)
      const below = compareNullable(value, valueType, high, highType)
      // Not <= rather than >, so that NaN lies between nothing.
      if ((above !== null && !(above <= 0)) || (below !== null && !(below <= 0))) return false
      return above === null || below === null ? null : true
    },
  },
  {
    name: 'IN',
    forms: ['value IN (value, ...)'],
    nullIn: 'called',
    infer: (args) => countProblem('IN', args, 2, Number.POSITIVE_INFINITY) ?? inferComparison('IN', args),
    evaluate: (args, { argTypes }) => {
      let unknown = false
      for (let i = 1; i < args.length; i++) {
        const order = compareNullable(args[0], argTypes[0]!, args[i], argTypes[i]!)
        if (order === 0) return true
        if (order === null) unknown = true
      }
      return unknown ? null : false
    },
  },
  extreme('GREATEST', (order) => order > 0),
  extreme('LEAST', (order) => order < 0),
]

function compareNullable(
  a: SqlValue | undefined,
  aType: SqlType,
  b: SqlValue | undefined,
  bType: SqlType,
): number | null {
  if (a === null || b === null || a === undefined || b === undefined) return null
  return compareFlinkValues(a, aType, b, bType)
}

/** The order of two non-null values that meet in one type: negative, zero, positive, or NaN beside a NaN. */
export function compareFlinkValues(a: SqlValue, aType: SqlType, b: SqlValue, bType: SqlType): number {
  if (isApproximate(aType) || isApproximate(bType)) {
    const [x, y] = [doubleOf(a, aType), doubleOf(b, bType)]
    return x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN
  }
  if (aType.kind === 'DECIMAL' || bType.kind === 'DECIMAL') {
    const scale = Math.max(scaleOf(aType), scaleOf(bType))
    const x = rescale(unscaledOf(a), scaleOf(aType), scale)
    const y = rescale(unscaledOf(b), scaleOf(bType), scale)
    return x < y ? -1 : x > y ? 1 : 0
  }
  switch (typeof a) {
    case 'string':
      return compareText(a, textOf(b))
    case 'boolean':
      return Number(a) - Number(b)
    case 'bigint':
    case 'number': {
      // < and > work across number and bigint.
      const other = typeof b === 'bigint' ? b : numberOf(b)
      return a < other ? -1 : a > other ? 1 : 0
    }
  }
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  // Arrays, rows and maps are only tested for equality.
  return sameValue(a, b) ? 0 : 1
}

function ordered(name: string, test: (order: number) => boolean): ScalarFunction {
  return {
    name,
    forms: [`value ${name} value`],
    nullIn: 'null',
    infer: (args) => countProblem(name, args, 2) ?? inferComparison(name, args),
    evaluate: ([a, b], { argTypes }) => test(compareFlinkValues(a!, argTypes[0]!, b!, argTypes[1]!)),
  }
}

function distinct(name: string, whenDifferent: boolean): ScalarFunction {
  return {
    name,
    forms: [`value ${name} value`],
    nullIn: 'called',
    infer: (args) => {
      const typed = countProblem(name, args, 2) ?? inferComparison(name, args)
      return typeof typed === 'string' ? typed : { ...typed, nullable: false }
    },
    evaluate: ([a, b], context) => isDistinct(a!, b!, context) === whenDifferent,
  }
}

function isDistinct(a: SqlValue, b: SqlValue, { argTypes }: EvaluateContext): boolean {
  if (a === null || b === null) return a !== b
  return compareFlinkValues(a, argTypes[0]!, b, argTypes[1]!) !== 0
}

/** NULL if any argument is. */
function extreme(name: string, better: (order: number) => boolean): ScalarFunction {
  return {
    name,
    forms: [`${name}(value, value, ...)`],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem(name, args, 1, Number.POSITIVE_INFINITY)
      if (problem !== undefined) return problem
      const type = flinkCommonTypeOf(args.map((argument) => argument.type))
      if (type === undefined) return `${name} cannot compare ${flinkTypesText(args)}`
      if (familyOf(type) === 'nested') return `${name} has no order for ${flinkTypesText(args)}`
      return { type, nullable: anyNullable(args), args: args.map(() => type) }
    },
    evaluate: (args, { type }) => {
      let best: SqlValue = args[0]!
      for (const value of args) {
        if (better(compareFlinkValues(value!, type, best!, type))) best = value
      }
      return best
    },
  }
}

const equalities = new Set(['=', '<>', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM', 'IN'])

function inferComparison(name: string, args: readonly ArgumentType[]): InferredType | string {
  const common = comparedType(args)
  if (common === undefined) {
    return `${name} cannot compare ${flinkTypesText(args)}: the types belong to different families. Convert one side with CAST`
  }
  const family = familyOf(common)
  if (family === 'nested' && !equalities.has(name)) return `${name} has no order for ${flinkTypesText(args)}`
  const nullable = anyNullable(args)
  if (common.kind === 'NULL') return { type: booleanType, nullable }
  const types = args.map(({ type }) => {
    if (type.kind === 'NULL') return common
    // Numbers and text compare as they are; a floating one makes all of them DOUBLE.
    if (family === 'numeric') return isApproximate(common) ? floatOf(type) : type
    return family === 'text' ? type : common
  })
  return { type: booleanType, nullable, args: types }
}

function floatOf(type: SqlType): SqlType {
  return type.kind === 'REAL' ? type : doubleType
}

/** The common type; text beside dates and times takes part as one of them. */
function comparedType(args: readonly ArgumentType[]): SqlType | undefined {
  const types = args.map(({ type }) => type)
  const found = flinkCommonTypeOf(types)
  if (found !== undefined) return found
  const times = flinkCommonTypeOf(types.filter((type) => familyOf(type) !== 'text'))
  const readable = ['date', 'time', 'timestamp', 'instant']
  if (times === undefined || !readable.includes(familyOf(times))) return undefined
  return flinkCommonType(times, times)
}
