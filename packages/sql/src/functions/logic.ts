/** Three-valued logic: AND, OR, NOT and the truth tests. UNKNOWN is NULL of type BOOLEAN. */
import type { SqlValue } from '../plan.ts'
import { booleanOf } from './argument-values.ts'
import type { ArgumentType, InferredType, ScalarFunction } from './scalar-function.ts'
import { booleanType, countProblem, resultOf, typesText } from './types.ts'

export const logic: readonly ScalarFunction[] = [
  connective('AND', false),
  connective('OR', true),
  {
    name: 'NOT',
    forms: ['NOT boolean'],
    nullIn: 'null',
    infer: (args) => countProblem('NOT', args, 1) ?? inferBooleans('NOT', args),
    evaluate: ([a]) => !booleanOf(a),
  },
  nullTest('IS NULL', true),
  nullTest('IS NOT NULL', false),
  truthTest('IS TRUE', (value) => value === true),
  truthTest('IS NOT TRUE', (value) => value !== true),
  truthTest('IS FALSE', (value) => value === false),
  truthTest('IS NOT FALSE', (value) => value !== false),
  truthTest('IS UNKNOWN', (value) => value === null),
  truthTest('IS NOT UNKNOWN', (value) => value !== null),
]

/** AND is decided by FALSE, OR by TRUE; otherwise any UNKNOWN makes the whole UNKNOWN. */
function connective(name: 'AND' | 'OR', decisive: boolean): ScalarFunction {
  return {
    name,
    forms: [`boolean ${name} boolean`],
    nullIn: 'called',
    infer: (args) => countProblem(name, args, 2, Number.POSITIVE_INFINITY) ?? inferBooleans(name, args),
    evaluate: (args) => (args.includes(decisive) ? decisive : args.includes(null) ? null : !decisive),
  }
}

function nullTest(name: string, whenNull: boolean): ScalarFunction {
  return {
    name,
    forms: [`value ${name}`],
    nullIn: 'called',
    infer: (args) => countProblem(name, args, 1) ?? { type: booleanType, nullable: false },
    evaluate: ([a]) => (a === null) === whenNull,
  }
}

function truthTest(name: string, test: (value: SqlValue) => boolean): ScalarFunction {
  return {
    name,
    forms: [`boolean ${name}`],
    nullIn: 'called',
    infer: (args) => {
      const typed = countProblem(name, args, 1) ?? inferBooleans(name, args)
      return typeof typed === 'string' ? typed : { ...typed, nullable: false }
    },
    evaluate: ([a]) => test(a!),
  }
}

function inferBooleans(name: string, args: readonly ArgumentType[]): InferredType | string {
  if (args.some((argument) => argument.type.kind !== 'BOOLEAN' && argument.type.kind !== 'NULL')) {
    return `${name} takes BOOLEAN, not ${typesText(args)}`
  }
  return resultOf(
    booleanType,
    args,
    args.map(() => booleanType),
  )
}
