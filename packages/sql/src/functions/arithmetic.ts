/**
 * + - * / MOD and unary minus over numbers, with the DECIMAL result types of spec 2.2, and the operators' temporal forms,
 * which temporal-arithmetic.ts computes. Integers stay integers: the result is the wider operand type, at least INTEGER,
 * and a result outside it is ValueOutOfRange. Division by zero of any type is DivideByZero.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../plan.ts'
import { doubleOf, numberOf, unscaledOf } from './argument-values.ts'
import { divideRounded, exactResult, floatResult, powerOfTen, rescale } from './numbers.ts'
import {
  type ArgumentType,
  type EvaluateContext,
  type InferredType,
  type ScalarFunction,
  SqlRuntimeError,
} from './scalar-function.ts'
import { evaluateTemporal, inferTemporal } from './temporal-arithmetic.ts'
import {
  asDecimal,
  commonNumeric,
  countProblem,
  decimalDigitsMax,
  decimalType,
  doubleType,
  integerType,
  isApproximate,
  isIntegerKind,
  isNumeric,
  resultOf,
  scaleOf,
  typesText,
  typeText,
} from './types.ts'

type Sign = '+' | '-' | '*' | '/'

const formsOf: Record<Sign, readonly string[]> = {
  '+': ['number + number', 'datetime + interval', 'interval + datetime', 'interval + interval'],
  '-': ['number - number', 'datetime - interval', 'interval - interval', '(datetime - datetime) unit'],
  '*': ['number * number', 'interval * number', 'number * interval'],
  '/': ['number / number', 'interval / number'],
}

export const arithmetic: readonly ScalarFunction[] = [
  binary('+'),
  binary('-'),
  binary('*'),
  binary('/'),
  {
    name: 'MOD',
    forms: ['MOD(number, number)', 'number % number'],
    nullIn: 'null',
    infer: (args) => {
      const problem = countProblem('MOD', args, 2) ?? numbersProblem('MOD', args)
      if (problem !== undefined) return problem
      const [a, b] = numericPair(args)
      return resultOf(atLeastInteger(commonNumeric(a, b)), args, exactArgTypes(a, b))
    },
    evaluate: ([a, b], context) => {
      const { type } = context
      if (isApproximate(type)) {
        const [x, y] = doubles(a, b, context)
        if (y === 0) throw divideByZero(a, context)
        return floatResult(x % y, type)
      }
      const [x, y] = alignedPair(a, b, context)
      if (y === 0n) throw divideByZero(a, context)
      // bigint % keeps the sign of the dividend, as SQL does.
      return exactResult(rescale(x % y, maxScale(context), scaleOf(type)), type)
    },
  },
  {
    name: 'NEGATE',
    forms: ['- number', '- interval'],
    nullIn: 'null',
    infer: (args) => {
      const argument = args[0]
      if (argument === undefined) return 'unary minus takes 1 argument'
      if (argument.type.kind === 'NULL') return { type: integerType, nullable: true, args: [integerType] }
      if (argument.type.kind === 'INTERVAL_DAY' || argument.type.kind === 'INTERVAL_MONTH')
        return resultOf(argument.type, args)
      if (!isNumeric(argument.type))
        return `unary minus takes a number or an interval, not ${typeText(argument.type)}`
      return resultOf(atLeastInteger(argument.type), args)
    },
    evaluate: ([a], { type }) => {
      if (isIntegerKind(type.kind) || type.kind === 'DECIMAL') return exactResult(-unscaledOf(a), type)
      return 0 - numberOf(a)
    },
  },
]

function binary(sign: Sign): ScalarFunction {
  return {
    name: sign,
    forms: formsOf[sign],
    nullIn: 'null',
    infer: (args) => inferBinary(sign, args),
    evaluate: ([a, b], context) => {
      if (context.argTypes.every(isNumeric)) return evaluateNumeric(sign, a, b, context)
      return evaluateTemporal(sign, a, b, context)
    },
  }
}

function inferBinary(sign: Sign, args: readonly ArgumentType[]): InferredType | string {
  const problem = countProblem(sign, args, 2)
  if (problem !== undefined) return problem
  const temporal = inferTemporal(sign, args)
  if (temporal !== undefined) return temporal
  const numbers = numbersProblem(sign, args)
  if (numbers !== undefined) return `${numbers}. Forms: ${formsOf[sign].join('; ')}`
  const [a, b] = numericPair(args)
  return resultOf(numericResult(sign, a, b), args, exactArgTypes(a, b))
}

function numericResult(sign: Sign, a: ArgumentType, b: ArgumentType): SqlType {
  if (isApproximate(a.type) || isApproximate(b.type)) return commonNumeric(a, b)
  if (a.type.kind !== 'DECIMAL' && b.type.kind !== 'DECIMAL') return atLeastInteger(commonNumeric(a, b))
  const left = asDecimal(a)
  const right = asDecimal(b)
  switch (sign) {
    case '+':
    case '-': {
      const scale = Math.max(left.scale, right.scale)
      const whole = Math.max(left.precision - left.scale, right.precision - right.scale)
      return decimalType(whole + scale + 1, scale)
    }
    case '*':
      return decimalType(left.precision + right.precision, left.scale + right.scale)
    case '/': {
      const whole = Math.min(left.precision - left.scale + right.scale, decimalDigitsMax)
      const wanted = Math.max(6, left.scale + right.precision + 1)
      const scale = Math.max(Math.min(wanted, decimalDigitsMax - whole), left.scale)
      return decimalType(whole + scale, scale)
    }
  }
}

function evaluateNumeric(
  sign: Sign,
  a: SqlValue | undefined,
  b: SqlValue | undefined,
  context: EvaluateContext,
): SqlValue {
  const { type } = context
  if (isApproximate(type)) return evaluateFloat(sign, a, b, context)
  const scale = scaleOf(type)
  switch (sign) {
    case '+':
    case '-': {
      const [x, y] = alignedPair(a, b, context)
      return exactResult(rescale(sign === '+' ? x + y : x - y, maxScale(context), scale), type)
    }
    case '*': {
      const product = unscaledOf(a) * unscaledOf(b)
      return exactResult(rescale(product, argScale(context, 0) + argScale(context, 1), scale), type)
    }
    case '/': {
      const divisor = unscaledOf(b)
      if (divisor === 0n) throw divideByZero(a, context)
      const dividend = unscaledOf(a)
      if (type.kind !== 'DECIMAL') return exactResult(dividend / divisor, type)
      const shift = scale + argScale(context, 1) - argScale(context, 0)
      const quotient =
        shift >= 0
          ? divideRounded(dividend * powerOfTen(shift), divisor)
          : divideRounded(dividend, divisor * powerOfTen(-shift))
      return exactResult(quotient, type)
    }
  }
}

function evaluateFloat(
  sign: Sign,
  a: SqlValue | undefined,
  b: SqlValue | undefined,
  context: EvaluateContext,
): SqlValue {
  const [x, y] = doubles(a, b, context)
  if (sign === '/' && y === 0) throw divideByZero(a, context)
  const value = sign === '+' ? x + y : sign === '-' ? x - y : sign === '*' ? x * y : x / y
  return floatResult(value, context.type)
}

/** A bare NULL takes the type of the other side; two of them are INTEGER. */
function numericPair(args: readonly ArgumentType[]): [ArgumentType, ArgumentType] {
  const a = args[0]!
  const b = args[1]!
  return [
    a.type.kind === 'NULL' ? { type: b.type.kind === 'NULL' ? integerType : b.type, nullable: true } : a,
    b.type.kind === 'NULL' ? { type: a.type.kind === 'NULL' ? integerType : a.type, nullable: true } : b,
  ]
}

/** Exact numbers stay as they are (the evaluation aligns scales); beside a floating one both become DOUBLE. */
function exactArgTypes(a: ArgumentType, b: ArgumentType): readonly SqlType[] {
  if (!isApproximate(a.type) && !isApproximate(b.type)) return [a.type, b.type]
  if (a.type.kind === 'REAL' && b.type.kind === 'REAL') return [a.type, b.type]
  return [doubleType, doubleType]
}

function numbersProblem(name: string, args: readonly ArgumentType[]): string | undefined {
  if (args.every((argument) => isNumeric(argument.type) || argument.type.kind === 'NULL')) return undefined
  return `${name} takes numbers, not ${typesText(args)}`
}

function atLeastInteger(type: SqlType): SqlType {
  return type.kind === 'TINYINT' || type.kind === 'SMALLINT' ? integerType : type
}

function argScale(context: EvaluateContext, index: number): number {
  return scaleOf(context.argTypes[index]!)
}

function maxScale(context: EvaluateContext): number {
  return Math.max(argScale(context, 0), argScale(context, 1))
}

function alignedPair(
  a: SqlValue | undefined,
  b: SqlValue | undefined,
  context: EvaluateContext,
): [bigint, bigint] {
  const scale = maxScale(context)
  return [
    rescale(unscaledOf(a), argScale(context, 0), scale),
    rescale(unscaledOf(b), argScale(context, 1), scale),
  ]
}

function doubles(
  a: SqlValue | undefined,
  b: SqlValue | undefined,
  context: EvaluateContext,
): [number, number] {
  return [doubleOf(a, context.argTypes[0]!), doubleOf(b, context.argTypes[1]!)]
}

function divideByZero(dividend: SqlValue | undefined, context: EvaluateContext): SqlRuntimeError {
  const type = context.argTypes[0]!
  const shown = isApproximate(type)
    ? doubleOf(dividend, type)
    : `${unscaledOf(dividend)}${scaleOf(type) > 0 ? `e-${scaleOf(type)}` : ''}`
  return new SqlRuntimeError('DivideByZero', `division of ${shown} by zero`)
}
