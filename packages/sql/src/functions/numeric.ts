/** Numeric functions of spec 2.14: ABS, FLOOR, CEIL, STEP exactly in their argument's type; EXP, LN, LOG10, POWER in DOUBLE. */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../plan.ts'
import { doubleOf, numberOf, unscaledOf } from './argument-values.ts'
import { exactResult, floatResult, powerOfTen, rescale } from './numbers.ts'
import {
  type ArgumentType,
  type EvaluateContext,
  type InferredType,
  type ScalarFunction,
  SqlRuntimeError,
} from './scalar-function.ts'
import {
  commonNumeric,
  countProblem,
  decimalType,
  doubleType,
  isApproximate,
  isIntegerKind,
  isNumeric,
  resultOf,
  scaleOf,
  typesText,
} from './types.ts'

export const numeric: readonly ScalarFunction[] = [
  {
    name: 'ABS',
    forms: ['ABS(number)'],
    nullIn: 'null',
    infer: (args) => numbers('ABS', args, 1, (type) => type),
    evaluate: ([a], { type }) => {
      if (isApproximate(type)) return Math.abs(numberOf(a))
      const value = unscaledOf(a)
      return exactResult(value < 0n ? -value : value, type)
    },
  },
  rounded('FLOOR', Math.floor, floorDivide),
  rounded('CEIL', Math.ceil, (a, b) => -floorDivide(-a, b)),
  {
    name: 'STEP',
    forms: ['STEP(number BY number)'],
    nullIn: 'null',
    infer: (args) => {
      const problem = numbers('STEP', args, 2, (type) => type)
      if (typeof problem === 'string') return problem
      const [a, b] = [args[0]!, args[1]!]
      if (a.type.kind === 'NULL' || b.type.kind === 'NULL') return problem
      if (isApproximate(a.type) || isApproximate(b.type))
        return resultOf(doubleType, args, [doubleType, doubleType])
      return resultOf(commonNumeric(a, b), args, [a.type, b.type])
    },
    // (n / m) * m with the division of integers, toward zero (spec 2.8).
    evaluate: ([a, b], context) => {
      const { type } = context
      if (isApproximate(type)) {
        const by = numberOf(b)
        if (by === 0) throw new SqlRuntimeError('DivideByZero', `STEP of ${numberOf(a)} by zero`)
        return floatResult(Math.trunc(numberOf(a) / by) * by, type)
      }
      const scale = Math.max(scaleOf(context.argTypes[0]!), scaleOf(context.argTypes[1]!))
      const value = rescale(unscaledOf(a), scaleOf(context.argTypes[0]!), scale)
      const by = rescale(unscaledOf(b), scaleOf(context.argTypes[1]!), scale)
      if (by === 0n) throw new SqlRuntimeError('DivideByZero', 'STEP by zero')
      return exactResult(rescale((value / by) * by, scale, scaleOf(type)), type)
    },
  },
  floating('EXP', Math.exp),
  floating('LN', (value) => (value > 0 ? Math.log(value) : notPositive('LN', value))),
  floating('LOG10', (value) => (value > 0 ? Math.log10(value) : notPositive('LOG10', value))),
  {
    name: 'POWER',
    forms: ['POWER(base, exponent)'],
    nullIn: 'null',
    infer: (args) => numbers('POWER', args, 2, () => doubleType),
    evaluate: ([a, b], { argTypes, type }) =>
      floatResult(doubleOf(a, argTypes[0]!) ** doubleOf(b, argTypes[1]!), type),
  },
]

/** FLOOR and CEIL: integers and floating numbers keep their type, a DECIMAL loses its scale. */
function rounded(
  name: string,
  ofDouble: (value: number) => number,
  ofExact: (value: bigint, unit: bigint) => bigint,
): ScalarFunction {
  return {
    name,
    forms: [`${name}(number)`, `${name}(datetime TO unit)`],
    nullIn: 'null',
    infer: (args) =>
      numbers(name, args, 1, (type) =>
        type.kind === 'DECIMAL' && type.scale > 0 ? decimalType(type.precision - type.scale + 1, 0) : type,
      ),
    evaluate: ([a], context) => {
      if (isApproximate(context.type)) return ofDouble(numberOf(a)) + 0
      if (isIntegerKind(context.type.kind)) return a!
      return exactResult(ofExact(unscaledOf(a), powerOfTen(scaleOf(context.argTypes[0]!))), context.type)
    },
  }
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

function floating(name: string, compute: (value: number) => number): ScalarFunction {
  return {
    name,
    forms: [`${name}(number)`],
    nullIn: 'null',
    infer: (args) => numbers(name, args, 1, () => doubleType),
    evaluate: ([a]: readonly SqlValue[], { argTypes, type }: EvaluateContext) =>
      floatResult(compute(doubleOf(a, argTypes[0]!)), type),
  }
}

function notPositive(name: string, value: number): never {
  throw new SqlRuntimeError('ValueOutOfRange', `${name} of ${value}: the argument must be above 0`)
}

function numbers(
  name: string,
  args: readonly ArgumentType[],
  count: number,
  result: (type: SqlType) => SqlType,
): InferredType | string {
  const problem = countProblem(name, args, count)
  if (problem !== undefined) return problem
  if (args.some(({ type }) => !isNumeric(type) && type.kind !== 'NULL')) {
    return `${name} takes ${count === 1 ? 'a number' : 'numbers'}, not ${typesText(args)}`
  }
  const types = args.map(({ type }) => (type.kind === 'NULL' ? doubleType : type))
  return resultOf(result(types[0]!), args, types)
}
