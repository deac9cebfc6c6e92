/**
 * Comparisons and tests: = <> < <= > >=, IS [NOT] DISTINCT FROM, BETWEEN, IN. Arguments of one family compare; there is no
 * implicit conversion between families (spec 2.2). Exact numbers compare exactly whatever their scales, text by code
 * point; beside a CHAR value trailing blanks do not count, because CHAR is padded with them.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../plan.ts'
import { doubleOf, numberOf, textOf, unscaledOf } from './argument-values.ts'
import { rescale } from './numbers.ts'
import type { ArgumentType, EvaluateContext, InferredType, ScalarFunction } from './scalar-function.ts'
import { compareText, trimTrailingBlanks } from './text.ts'
import {
  booleanType,
  commonType,
  commonTypeOf,
  countProblem,
  doubleType,
  familyOf,
  isApproximate,
  resultOf,
  scaleOf,
  typesText,
} from './types.ts'

export const comparison: readonly ScalarFunction[] = [
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
      const above = compareNullable(low, argTypes[1]!, value, argTypes[0]!)
      const below = compareNullable(value, argTypes[0]!, high, argTypes[2]!)
      if ((above !== null && above > 0) || (below !== null && below > 0)) return false
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
]

/** The order of two values of one family, NULL if either is NULL. */
export function compareNullable(
  a: SqlValue | undefined,
  aType: SqlType,
  b: SqlValue | undefined,
  bType: SqlType,
): number | null {
  if (a === null || b === null || a === undefined || b === undefined) return null
  return compareValues(a, aType, b, bType)
}

/** The order of two non-null values of one family: negative, zero or positive. */
export function compareValues(a: SqlValue, aType: SqlType, b: SqlValue, bType: SqlType): number {
  if (isApproximate(aType) || isApproximate(bType)) return doubleOf(a, aType) - doubleOf(b, bType)
  if (typeof a === 'bigint' || typeof b === 'bigint') {
    const scale = Math.max(scaleOf(aType), scaleOf(bType))
    const x = rescale(unscaledOf(a), scaleOf(aType), scale)
    const y = rescale(unscaledOf(b), scaleOf(bType), scale)
    return x < y ? -1 : x > y ? 1 : 0
  }
  if (typeof a === 'string') {
    const other = textOf(b)
    if (aType.kind === 'CHAR' || bType.kind === 'CHAR') {
      return compareText(trimTrailingBlanks(a), trimTrailingBlanks(other))
    }
    return compareText(a, other)
  }
  if (typeof a === 'boolean') return Number(a) - Number(b)
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b)
  return numberOf(a) - numberOf(b)
}

function ordered(name: string, test: (order: number) => boolean): ScalarFunction {
  return {
    name,
    forms: [`value ${name} value`],
    nullIn: 'null',
    infer: (args) => countProblem(name, args, 2) ?? inferComparison(name, args),
    evaluate: ([a, b], { argTypes }) => test(compareValues(a!, argTypes[0]!, b!, argTypes[1]!)),
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
  return compareValues(a, argTypes[0]!, b, argTypes[1]!) !== 0
}

function inferComparison(name: string, args: readonly ArgumentType[]): InferredType | string {
  const common = commonTypeOf(args)
  if (common === undefined) {
    return `${name} cannot compare ${typesText(args)}: the types belong to different families. Convert one side with CAST`
  }
  if (common.kind === 'NULL') return resultOf(booleanType, args)
  // Exact numbers and text compare as they are; a floating argument makes all of them DOUBLE.
  const toDouble = familyOf(common) === 'numeric' && isApproximate(common)
  const types = args.map((argument) => {
    if (argument.type.kind === 'NULL') return common
    if (!toDouble) return argument.type
    return commonType({ type: common, nullable: false }, argument)?.kind === 'REAL' &&
      argument.type.kind === 'REAL'
      ? argument.type
      : doubleType
  })
  return resultOf(booleanType, args, types)
}
