/**
 * + - * / MOD and unary minus of the Flink dialect (spec 3.11). Integers keep the wider operand's type and wrap around
 * silently; their division drops the fraction. DECIMAL is rounded HALF_UP to its result type, and is NULL when that has too
 * few digits. DOUBLE follows IEEE 754. Division of an exact number by zero fails the row. The temporal forms are those of
 * temporal-arithmetic.ts.
 */
import { formatFlinkType, type SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { doubleOf, numberOf, unscaledOf } from '../argument-values.ts'
import { divideRounded, powerOfTen, rescale } from '../numbers.ts'
import {
  type ArgumentType,
  type EvaluateContext,
  type InferredType,
  type ScalarFunction,
  SqlRuntimeError,
} from '../scalar-function.ts'
import {
  anyNullable,
  countProblem,
  doubleType,
  integerType,
  isApproximate,
  isIntegerKind,
  isNumeric,
  resultOf,
  scaleOf,
} from '../types.ts'
import { evaluateInstant, inferFlinkTemporal } from './temporal-arithmetic.ts'
import {
  adjustedDecimal,
  digitsOf,
  fittedDecimal,
  flinkCommonType,
  flinkTypesText,
  wrapInteger,
} from './types.ts'

type Sign = '+' | '-' | '*' | '/' | 'MOD'

const formsOf: Record<Sign, readonly string[]> = {
  '+': ['number + number', 'datetime + interval', 'interval + interval'],
  '-': ['number - number', 'datetime - interval', 'interval - interval'],
  '*': ['number * number', 'interval * number'],
  '/': ['number / number', 'interval / number'],
  MOD: ['MOD(number, number)', 'number % number'],
}

export const flinkArithmetic: readonly ScalarFunction[] = [
  binary('+'),
  binary('-'),
  binary('*'),
  binary('/'),
  binary('MOD'),
  {
    name: 'NEGATE',
    forms: ['- number', '- interval'],
    nullIn: 'null',
    infer: (args) => {
      const argument = args[0]
      if (argument === undefined) return 'unary minus takes 1 argument'
      const { type } = argument
      if (type.kind === 'NULL') return { type: integerType, nullable: true, args: [integerType] }
      if (!isNumeric(type) && type.kind !== 'INTERVAL_DAY' && type.kind !== 'INTERVAL_MONTH')
        return `unary minus takes a number or an interval, not ${formatFlinkType(type)}`
      return resultOf(type, args)
    },
    evaluate: ([a], { type }) => {
      if (isIntegerKind(type.kind)) return wrapInteger(-unscaledOf(a), type)
      return type.kind === 'DECIMAL' ? -unscaledOf(a) : -numberOf(a)
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
      if (isNumeric(context.argTypes[0]!) && isNumeric(context.argTypes[1]!)) {
        return evaluateNumeric(sign, a, b, context)
      }
      if (sign === 'MOD') throw new Error('function table: MOD of what is no number')
      return evaluateInstant(sign, a, b, context)
    },
  }
}

function inferBinary(sign: Sign, args: readonly ArgumentType[]): InferredType | string {
  const problem = countProblem(sign, args, 2)
  if (problem !== undefined) return problem
  const temporal = sign === 'MOD' ? undefined : inferFlinkTemporal(sign, args)
  if (temporal !== undefined) return temporal
  if (!args.every(({ type }) => isNumeric(type) || type.kind === 'NULL')) {
    return `${sign} takes numbers, not ${flinkTypesText(args)}. Forms: ${formsOf[sign].join('; ')}`
  }
  const first = args[0]!.type
  const second = args[1]!.type
  const a = first.kind !== 'NULL' ? first : second.kind !== 'NULL' ? second : integerType
  const b = second.kind !== 'NULL' ? second : a
  const { type, mayOverflow } = numericResult(sign, a, b)
  const types = isApproximate(type) ? [type, type] : [a, b]
  return { type, nullable: mayOverflow || anyNullable(args), args: types }
}

function numericResult(sign: Sign, a: SqlType, b: SqlType): { type: SqlType; mayOverflow: boolean } {
  const common = flinkCommonType(a, b) ?? doubleType
  if (isApproximate(common)) return { type: common, mayOverflow: false }
  if (common.kind !== 'DECIMAL') return { type: sign === 'MOD' ? b : common, mayOverflow: false }
  const [x, y] = [digitsOf(a), digitsOf(b)]
  const scale = Math.max(x.scale, y.scale)
  const [left, right] = [x.precision - x.scale, y.precision - y.scale]
  const result = (precision: number, of: number) => ({
    type: adjustedDecimal(precision, of),
    mayOverflow: precision > 38,
  })
  switch (sign) {
    case '+':
    case '-':
      return result(scale + Math.max(left, right) + 1, scale)
    case '*':
      return result(x.precision + y.precision + 1, x.scale + y.scale)
    case '/': {
      const quotient = Math.max(6, x.scale + y.precision + 1)
      return result(left + y.scale + quotient, quotient)
    }
    case 'MOD':
      return result(Math.min(left, right) + scale, scale)
  }
}

function evaluateNumeric(
  sign: Sign,
  a: SqlValue | undefined,
  b: SqlValue | undefined,
  { type, argTypes }: EvaluateContext,
): SqlValue {
  const [aType, bType] = [argTypes[0]!, argTypes[1]!]
  if (isApproximate(type)) {
    const value = floating(sign, doubleOf(a, aType), doubleOf(b, bType))
    return type.kind === 'REAL' ? Math.fround(value) : value
  }
  const [x, y] = [unscaledOf(a), unscaledOf(b)]
  if (type.kind !== 'DECIMAL') return wrapInteger(whole(sign, x, y), type)
  const [aScale, bScale] = [scaleOf(aType), scaleOf(bType)]
  if (sign === '*') return fitted(x * y, aScale + bScale, type)
  if (sign === '/') {
    if (y === 0n) throw divideByZero()
    const shift = type.scale + bScale - aScale
    const quotient =
      shift >= 0 ? divideRounded(x * powerOfTen(shift), y) : divideRounded(x, y * powerOfTen(-shift))
    return fittedDecimal(quotient, type.precision)
  }
  const scale = Math.max(aScale, bScale)
  return fitted(whole(sign, rescale(x, aScale, scale), rescale(y, bScale, scale)), scale, type)
}

function fitted(unscaled: bigint, scale: number, type: SqlType & { kind: 'DECIMAL' }): bigint | null {
  return fittedDecimal(rescale(unscaled, scale, type.scale), type.precision)
}

function whole(sign: Sign, a: bigint, b: bigint): bigint {
  switch (sign) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    default:
      if (b === 0n) throw divideByZero()
      // bigint / and % work toward zero: the remainder has the sign of the first argument.
      return sign === '/' ? a / b : a % b
  }
}

function floating(sign: Sign, a: number, b: number): number {
  switch (sign) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return a / b
    case 'MOD':
      return a % b
  }
}

function divideByZero(): SqlRuntimeError {
  return new SqlRuntimeError('DivideByZero', 'division by zero')
}
