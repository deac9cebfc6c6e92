/**
 * Numeric functions of the Flink dialect (spec 3.10). ABS, SIGN, FLOOR, CEIL, ROUND and TRUNCATE are exact and keep their
 * argument's kind of number; the rest compute in DOUBLE, whose infinities and NaN are values. RAND, RAND_INTEGER and UUID
 * take their bits from EvaluateContext.random; they take no seed, because a call keeps no state from row to row.
 */
import type { SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { countOf, numberOf, textOf, unscaledOf } from '../argument-values.ts'
import { exactOfNumber, powerOfTen, rescale, truncateScale } from '../numbers.ts'
import {
  type ArgumentType,
  type EvaluateContext,
  type ScalarFunction,
  SqlRuntimeError,
} from '../scalar-function.ts'
import { doubleType, integerType, isApproximate, isIntegerKind, scaleOf } from '../types.ts'
import { define } from './define.ts'
import { bytesType, fittedDecimal, stringType, wrapInteger } from './types.ts'

const firstType = (args: readonly ArgumentType[]): SqlType => args[0]!.type

export const flinkNumeric: readonly ScalarFunction[] = [
  define({
    name: 'ABS',
    parameters: ['number'],
    returns: firstType,
    evaluate: ([a], { type }) => {
      if (isApproximate(type)) return Math.abs(numberOf(a))
      const value = unscaledOf(a)
      const size = value < 0n ? -value : value
      return type.kind === 'DECIMAL' ? size : wrapInteger(size, type)
    },
  }),
  define({
    name: 'SIGN',
    parameters: ['number'],
    returns: firstType,
    evaluate: ([a], { type }) => {
      if (isApproximate(type)) return Math.sign(numberOf(a))
      const value = unscaledOf(a)
      const sign = value < 0n ? -1n : value > 0n ? 1n : 0n
      return type.kind === 'DECIMAL' ? sign * powerOfTen(type.scale) : wrapInteger(sign, type)
    },
  }),
  toWhole('FLOOR', Math.floor, (value, unit) => floorDivide(value, unit)),
  toWhole('CEIL', Math.ceil, (value, unit) => -floorDivide(-value, unit)),
  define({
    name: 'ROUND',
    parameters: ['number', 'integer?'],
    returns: roundedType,
    evaluate: ([a, digits], context) =>
      roundTo(a!, digits === undefined ? 0 : countOf(digits), context, rescale),
  }),
  define({
    name: 'TRUNCATE',
    parameters: ['number', 'integer?'],
    // As in Flink, the type is that of ROUND.
    returns: roundedType,
    evaluate: ([a, digits], context) =>
      roundTo(a!, digits === undefined ? 0 : countOf(digits), context, truncateScale),
  }),
  define({
    name: 'POWER',
    parameters: ['double', 'double'],
    returns: doubleType,
    evaluate: ([a, b]) => numberOf(a) ** numberOf(b),
  }),
  define({
    name: 'LOG',
    parameters: ['double', 'double?'],
    forms: ['LOG(number)', 'LOG(base, number)'],
    returns: doubleType,
    evaluate: ([a, b]) => {
      const [base, value] = b === undefined ? [Math.E, numberOf(a)] : [numberOf(a), numberOf(b)]
      if (!(value > 0) || !(base > 1)) {
        throw new SqlRuntimeError(
          'ValueOutOfRange',
          `LOG of ${value} to the base ${base}: the number has to be above 0, the base above 1`,
        )
      }
      return b === undefined ? Math.log(value) : Math.log(value) / Math.log(base)
    },
  }),
  define({
    name: 'ATAN2',
    parameters: ['double', 'double'],
    returns: doubleType,
    evaluate: ([a, b]) => Math.atan2(numberOf(a), numberOf(b)),
  }),
  ofDouble('SQRT', Math.sqrt),
  ofDouble('LN', Math.log),
  ofDouble('LOG2', Math.log2),
  ofDouble('LOG10', Math.log10),
  ofDouble('EXP', Math.exp),
  ofDouble('SIN', Math.sin),
  ofDouble('COS', Math.cos),
  ofDouble('TAN', Math.tan),
  ofDouble('COT', (value) => 1 / Math.tan(value)),
  ofDouble('ASIN', Math.asin),
  ofDouble('ACOS', Math.acos),
  ofDouble('ATAN', Math.atan),
  ofDouble('SINH', Math.sinh),
  ofDouble('COSH', Math.cosh),
  ofDouble('TANH', Math.tanh),
  ofDouble('DEGREES', (value) => (value * 180) / Math.PI),
  ofDouble('RADIANS', (value) => (value / 180) * Math.PI),
  constant('PI', Math.PI),
  constant('E', Math.E),
  define({
    name: 'BIN',
    parameters: ['integer'],
    returns: stringType,
    evaluate: ([a]) => BigInt.asUintN(64, unscaledOf(a)).toString(2),
  }),
  define({
    name: 'HEX',
    parameters: ['any'],
    forms: ['HEX(integer)', 'HEX(text)'],
    returns: ([argument]) => {
      const { kind } = argument!.type
      if (isIntegerKind(kind) || kind === 'VARCHAR' || kind === 'CHAR') return stringType
      return 'HEX takes an integer or text'
    },
    evaluate: ([a]) =>
      typeof a === 'string'
        ? Buffer.from(a, 'utf8').toString('hex').toUpperCase()
        : BigInt.asUintN(64, unscaledOf(a)).toString(16).toUpperCase(),
  }),
  define({
    name: 'UNHEX',
    parameters: ['text'],
    returns: bytesType,
    nullable: 'always',
    evaluate: ([a]) => {
      const hex = textOf(a).length % 2 === 0 ? textOf(a) : `0${textOf(a)}`
      return /^[0-9a-fA-F]*$/.test(hex) ? new Uint8Array(Buffer.from(hex, 'hex')) : null
    },
  }),
  define({
    name: 'RAND',
    parameters: [],
    returns: doubleType,
    evaluate: (_, context) => randomOf(context)(),
  }),
  define({
    name: 'RAND_INTEGER',
    parameters: ['integer'],
    forms: ['RAND_INTEGER(bound)'],
    returns: integerType,
    evaluate: ([bound], context) => {
      const size = countOf(bound)
      if (size <= 0 || size > 2147483647)
        throw new SqlRuntimeError(
          'ValueOutOfRange',
          `the bound of RAND_INTEGER is above 0 and at most 2147483647, not ${size}`,
        )
      return Math.floor(randomOf(context)() * size)
    },
  }),
  define({
    name: 'UUID',
    parameters: [],
    returns: stringType,
    evaluate: (_, context) => uuid(randomOf(context)),
  }),
]

function randomOf(context: EvaluateContext): () => number {
  if (context.random === undefined)
    throw new SqlRuntimeError('ValueOutOfRange', 'there is no source of random numbers here')
  return context.random
}

/** Version 4 of RFC 9562: 122 random bits. */
function uuid(random: () => number): string {
  let hex = ''
  for (let i = 0; i < 8; i++)
    hex += Math.floor(random() * 65_536)
      .toString(16)
      .padStart(4, '0')
  const variant = ((Number.parseInt(hex[16]!, 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

function ofDouble(name: string, compute: (value: number) => number): ScalarFunction {
  return define({
    name,
    parameters: ['double'],
    returns: doubleType,
    evaluate: ([a]) => compute(numberOf(a)),
  })
}

function constant(name: string, value: number): ScalarFunction {
  return define({ name, parameters: [], returns: doubleType, evaluate: () => value })
}

/** FLOOR and CEIL: a DECIMAL loses its scale, other numbers keep their type. */
function toWhole(
  name: string,
  ofDoubles: (value: number) => number,
  ofExact: (value: bigint, unit: bigint) => bigint,
): ScalarFunction {
  return define({
    name,
    parameters: ['number'],
    forms: [`${name}(number)`, `${name}(datetime TO unit)`],
    returns: ([argument]) => {
      const { type } = argument!
      return type.kind === 'DECIMAL' ? { kind: 'DECIMAL', precision: type.precision, scale: 0 } : type
    },
    evaluate: ([a], { argTypes, type }) => {
      if (isApproximate(type)) return ofDoubles(numberOf(a))
      if (isIntegerKind(type.kind)) return a!
      return ofExact(unscaledOf(a), powerOfTen(scaleOf(argTypes[0]!)))
    },
  })
}

function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

/** ROUND to a literal count of digits has a DECIMAL of just that scale. */
function roundedType(args: readonly ArgumentType[]): SqlType {
  const { type } = args[0]!
  if (type.kind !== 'DECIMAL') return type
  const literal = args.length === 1 ? 0 : args[1]!.literal
  if (typeof literal !== 'number' || literal >= type.scale) return type
  const whole = Math.min(38, 1 + type.precision - type.scale)
  if (literal < 0) return { kind: 'DECIMAL', precision: whole, scale: 0 }
  return { kind: 'DECIMAL', precision: Math.min(38, whole + literal), scale: literal }
}

type Rescale = (value: bigint, from: number, to: number) => bigint

/** `value` to `digits` after the point; negative digits count before it. Halves away from zero when `shift` rounds. */
function roundTo(
  value: SqlValue,
  digits: number,
  { argTypes, type }: EvaluateContext,
  shift: Rescale,
): SqlValue {
  const from = argTypes[0]!
  const places = Math.max(-400, Math.min(400, digits))
  if (isApproximate(from)) {
    const double = numberOf(value)
    if (!Number.isFinite(double)) return double
    const exact = exactOfNumber(double)
    if (exact.scale <= places) return double
    const rounded = Number(`${shift(exact.unscaled, exact.scale, places)}e${-places}`)
    return from.kind === 'REAL' ? Math.fround(rounded) : rounded
  }
  const scale = scaleOf(from)
  const kept = places >= scale ? unscaledOf(value) : shift(unscaledOf(value), scale, places)
  const result = rescale(kept, Math.min(places, scale), scaleOf(type))
  return type.kind === 'DECIMAL' ? fittedDecimal(result, type.precision) : wrapInteger(result, type)
}
