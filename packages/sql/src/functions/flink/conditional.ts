/**
 * CASE, COALESCE, NULLIF, IF, IFNULL and the tests of text of the Flink dialect. Branches meet in their common type.
 * CASE and COALESCE are lazy (../conditional.ts). Compiled code treats IF as CASE and IFNULL as COALESCE; here they only
 * choose among values.
 */
import { formatFlinkType, type SqlType } from '@millrace/values'
import { booleanOf } from '../argument-values.ts'
import type { ScalarFunction } from '../scalar-function.ts'
import { booleanType, countProblem, familyOf, isIntegerKind } from '../types.ts'
import { compareFlinkValues } from './comparison.ts'
import { define } from './define.ts'
import { flinkCommonType, flinkCommonTypeOf, flinkTypesText } from './types.ts'

export const flinkConditional: readonly ScalarFunction[] = [
  {
    name: 'CASE',
    forms: [
      'CASE WHEN condition THEN value ... [ELSE value] END',
      'CASE value WHEN value THEN value ... [ELSE value] END',
    ],
    nullIn: 'called',
    infer: (args) => {
      if (args.length < 3 || args.length % 2 === 0)
        return 'CASE takes pairs of WHEN and THEN, then the ELSE value'
      const isCondition = (i: number) => i % 2 === 0 && i < args.length - 1
      const wrong = args.find(
        ({ type }, i) => isCondition(i) && type.kind !== 'BOOLEAN' && type.kind !== 'NULL',
      )
      if (wrong !== undefined) return `a WHEN condition is BOOLEAN, not ${formatFlinkType(wrong.type)}`
      const results = args.filter((_, i) => !isCondition(i))
      const type = flinkCommonTypeOf(results.map((argument) => argument.type))
      if (type === undefined)
        return `the results of CASE have types of different families: ${flinkTypesText(results)}`
      return {
        type,
        nullable: results.some((argument) => argument.nullable),
        args: args.map((_, i) => (isCondition(i) ? booleanType : type)),
      }
    },
    evaluate: (args) => {
      for (let i = 0; i + 1 < args.length; i += 2) {
        if (args[i] !== null && booleanOf(args[i])) return args[i + 1]!
      }
      return args[args.length - 1]!
    },
  },
  firstOf('COALESCE', 1, Number.POSITIVE_INFINITY),
  firstOf('IFNULL', 2, 2),
  {
    name: 'IF',
    forms: ['IF(condition, value, otherwise)'],
    nullIn: 'called',
    infer: (args) => {
      const problem = countProblem('IF', args, 3)
      if (problem !== undefined) return problem
      const [condition, then, otherwise] = [args[0]!, args[1]!, args[2]!]
      if (condition.type.kind !== 'BOOLEAN' && condition.type.kind !== 'NULL')
        return `the condition of IF is BOOLEAN, not ${formatFlinkType(condition.type)}`
      const type = flinkCommonType(then.type, otherwise.type)
      if (type === undefined)
        return `the results of IF have types of different families: ${flinkTypesText([then, otherwise])}`
      return { type, nullable: then.nullable || otherwise.nullable, args: [booleanType, type, type] }
    },
    evaluate: ([condition, then, otherwise]) => (condition === true ? then! : otherwise!),
  },
  {
    name: 'NULLIF',
    forms: ['NULLIF(value, value)'],
    nullIn: 'called',
    infer: (args) => {
      const problem = countProblem('NULLIF', args, 2)
      if (problem !== undefined) return problem
      const common = flinkCommonType(args[0]!.type, args[1]!.type)
      if (common === undefined)
        return `NULLIF cannot compare ${flinkTypesText(args)}: the types belong to different families`
      const types = args.map(({ type }) => (type.kind === 'NULL' ? common : type))
      return { type: types[0]!, nullable: true, args: types }
    },
    evaluate: ([a, b], { argTypes }) => {
      if (a === null || b === null) return a!
      return compareFlinkValues(a!, argTypes[0]!, b!, argTypes[1]!) === 0 ? null : a!
    },
  },
  textTest('IS_ALPHA', /^\p{L}+$/u, () => false),
  textTest('IS_DIGIT', /^\p{Nd}+$/u, ({ kind }) => isIntegerKind(kind)),
  textTest('IS_DECIMAL', /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/, () => true),
]

function firstOf(name: string, min: number, max: number): ScalarFunction {
  return {
    name,
    forms: [max === 2 ? `${name}(value, otherwise)` : `${name}(value, value, ...)`],
    nullIn: 'called',
    infer: (args) => {
      const problem = countProblem(name, args, min, max)
      if (problem !== undefined) return problem
      const type = flinkCommonTypeOf(args.map((argument) => argument.type))
      if (type === undefined)
        return `the arguments of ${name} have types of different families: ${flinkTypesText(args)}`
      return { type, nullable: args.every((argument) => argument.nullable), args: args.map(() => type) }
    },
    evaluate: (args) => args.find((value) => value !== null) ?? null,
  }
}

/** TRUE when all of the text is of the form; FALSE for NULL, and for text that is empty. Numbers are of theirs. */
function textTest(name: string, form: RegExp, isOfNumber: (type: SqlType) => boolean): ScalarFunction {
  return define({
    name,
    parameters: ['any'],
    forms: [`${name}(text)`],
    returns: ([argument]) => {
      const family = familyOf(argument!.type)
      if (family === 'text' || family === 'numeric') return booleanType
      return `${name} tests text or a number, not ${formatFlinkType(argument!.type)}`
    },
    nullable: 'never',
    nullIn: 'called',
    evaluate: ([value], { argTypes }) => {
      if (typeof value === 'string') return form.test(value)
      return value !== null && isOfNumber(argTypes[0]!)
    },
  })
}
