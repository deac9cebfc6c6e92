/**
 * CASE, COALESCE, NULLIF, MONOTONIC. The branches meet in one type (types.ts), to which the binder casts them.
 *
 * CASE, COALESCE, AND and OR are lazy: an argument that does not decide the result is not evaluated, so
 * `CASE WHEN n <> 0 THEN 1 / n END` never divides by zero. Here they only choose among values; the interpreter and the
 * compiler evaluate in order and stop (see lazyFunctions).
 */
import { booleanOf } from './argument-values.ts'
import { compareValues } from './comparison.ts'
import type { ScalarFunction } from './scalar-function.ts'
import { booleanType, commonType, commonTypeOf, countProblem, typesText, typeText } from './types.ts'

/** Functions whose arguments are evaluated in order, only as far as needed. */
export const lazyFunctions: ReadonlySet<string> = new Set(['CASE', 'COALESCE', 'AND', 'OR'])

export const conditional: readonly ScalarFunction[] = [
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
      const conditions = args.filter((_, i) => i % 2 === 0 && i < args.length - 1)
      const results = args.filter((_, i) => i % 2 === 1 || i === args.length - 1)
      const wrong = conditions.find(({ type }) => type.kind !== 'BOOLEAN' && type.kind !== 'NULL')
      if (wrong !== undefined) return `a WHEN condition is BOOLEAN, not ${typeText(wrong.type)}`
      const type = commonTypeOf(results)
      if (type === undefined)
        return `the results of CASE have types of different families: ${typesText(results)}`
      return {
        type,
        nullable: results.some((argument) => argument.nullable),
        args: args.map((_, i) => (i % 2 === 0 && i < args.length - 1 ? booleanType : type)),
      }
    },
    evaluate: (args) => {
      for (let i = 0; i + 1 < args.length; i += 2) {
        if (args[i] !== null && booleanOf(args[i])) return args[i + 1]!
      }
      return args[args.length - 1]!
    },
  },
  {
    name: 'COALESCE',
    forms: ['COALESCE(value, value, ...)'],
    nullIn: 'called',
    infer: (args) => {
      const problem = countProblem('COALESCE', args, 1, Number.POSITIVE_INFINITY)
      if (problem !== undefined) return problem
      const type = commonTypeOf(args)
      if (type === undefined)
        return `the arguments of COALESCE have types of different families: ${typesText(args)}`
      return { type, nullable: args.every((argument) => argument.nullable), args: args.map(() => type) }
    },
    evaluate: (args) => args.find((value) => value !== null) ?? null,
  },
  {
    name: 'NULLIF',
    forms: ['NULLIF(value, value)'],
    nullIn: 'called',
    infer: (args) => {
      const problem = countProblem('NULLIF', args, 2)
      if (problem !== undefined) return problem
      const common = commonType(args[0]!, args[1]!)
      if (common === undefined)
        return `NULLIF cannot compare ${typesText(args)}: the types belong to different families`
      const types = args.map(({ type }) => (type.kind === 'NULL' ? common : type))
      return { type: types[0]!, nullable: true, args: types }
    },
    evaluate: ([a, b], { argTypes }) => {
      if (a === null || b === null) return a!
      return compareValues(a!, argTypes[0]!, b!, argTypes[1]!) === 0 ? null : a!
    },
  },
  {
    name: 'MONOTONIC',
    forms: ['MONOTONIC(value)'],
    nullIn: 'null',
    infer: (args) =>
      countProblem('MONOTONIC', args, 1) ?? { type: args[0]!.type, nullable: args[0]!.nullable },
    evaluate: ([a]) => a!,
  },
]
