/**
 * What the function families need to know about types: families, names as a programmer writes them, ranges, and the type
 * that two arguments meet in. Rules: spec 2.2. DECIMAL has at most 18 digits, because the KDA dialect has.
 */
import type { SqlType, SqlTypeKind } from '@millrace/values'
import { formatSqlType as typeText } from '@millrace/values'
import type { SqlValue } from '../plan.ts'
import type { ArgumentType, InferredType } from './scalar-function.ts'

export const decimalDigitsMax = 18

export const booleanType: SqlType = { kind: 'BOOLEAN' }
export const integerType: SqlType = { kind: 'INTEGER' }
export const bigintType: SqlType = { kind: 'BIGINT' }
export const doubleType: SqlType = { kind: 'DOUBLE' }
export const timestampType: SqlType = { kind: 'TIMESTAMP' }

/** Integer types in order of width, with the number of decimal digits that hold any value of the type. */
const integerDigits = { TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19 } as const
export type IntegerKind = keyof typeof integerDigits
const integerKinds: readonly SqlTypeKind[] = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT']

export const integerBounds: Record<IntegerKind, { readonly min: bigint; readonly max: bigint }> = {
  TINYINT: { min: -128n, max: 127n },
  SMALLINT: { min: -32768n, max: 32767n },
  INTEGER: { min: -2147483648n, max: 2147483647n },
  BIGINT: { min: -9223372036854775808n, max: 9223372036854775807n },
}

export function isIntegerKind(kind: SqlTypeKind): kind is IntegerKind {
  return integerKinds.includes(kind)
}

export type TypeFamily =
  | 'boolean'
  | 'numeric'
  | 'text'
  | 'binary'
  | 'date'
  | 'time'
  | 'timestamp'
  | 'interval-day'
  | 'interval-month'
  | 'instant'
  | 'nested'
  | 'null'

const families: Record<SqlTypeKind, TypeFamily> = {
  BOOLEAN: 'boolean',
  TINYINT: 'numeric',
  SMALLINT: 'numeric',
  INTEGER: 'numeric',
  BIGINT: 'numeric',
  REAL: 'numeric',
  DOUBLE: 'numeric',
  DECIMAL: 'numeric',
  CHAR: 'text',
  VARCHAR: 'text',
  BINARY: 'binary',
  VARBINARY: 'binary',
  DATE: 'date',
  TIME: 'time',
  TIMESTAMP: 'timestamp',
  INTERVAL_DAY: 'interval-day',
  INTERVAL_MONTH: 'interval-month',
  NULL: 'null',
  TIMESTAMP_LTZ: 'instant',
  ARRAY: 'nested',
  MULTISET: 'nested',
  MAP: 'nested',
  ROW: 'nested',
}

export function familyOf(type: SqlType): TypeFamily {
  return families[type.kind]
}

export function isNumeric(type: SqlType): boolean {
  return families[type.kind] === 'numeric'
}

export function isText(type: SqlType): boolean {
  return families[type.kind] === 'text'
}

/** Values of these kinds are bigints outside columns. */
export function isBigintKind(kind: SqlTypeKind): boolean {
  return kind === 'BIGINT' || kind === 'DECIMAL'
}

export function scaleOf(type: SqlType): number {
  return type.kind === 'DECIMAL' ? type.scale : 0
}

export function sameType(a: SqlType, b: SqlType): boolean {
  return typeText(a) === typeText(b)
}

/** Precision and scale of a number as DECIMAL; a literal integer counts its own digits, so that `price / 2` stays narrow. */
export function asDecimal(argument: ArgumentType): { precision: number; scale: number } {
  const { type } = argument
  if (type.kind === 'DECIMAL') return { precision: type.precision, scale: type.scale }
  const value = argument.literal
  if (typeof value === 'number' || typeof value === 'bigint') {
    return { precision: BigInt(value).toString().replace('-', '').length, scale: 0 }
  }
  return {
    precision: isIntegerKind(type.kind)
      ? Math.min(integerDigits[type.kind], decimalDigitsMax)
      : decimalDigitsMax,
    scale: 0,
  }
}

/** DECIMAL of these digits, with both capped: the integer digits give way before the scale does. */
export function decimalType(precision: number, scale: number): SqlType {
  const capped = Math.min(scale, decimalDigitsMax)
  return {
    kind: 'DECIMAL',
    precision: Math.max(1, Math.min(precision, decimalDigitsMax), capped),
    scale: capped,
  }
}

/**
 * The type in which two arguments meet for a comparison, CASE, COALESCE and the like; undefined if there is none.
 * Numbers meet in the wider integer, in DECIMAL that holds both, or in DOUBLE; text in VARCHAR of the longer length;
 * all others only in their own type. A bare NULL meets anything.
 */
export function commonType(a: ArgumentType, b: ArgumentType): SqlType | undefined {
  if (a.type.kind === 'NULL') return b.type
  if (b.type.kind === 'NULL') return a.type
  const family = familyOf(a.type)
  if (family !== familyOf(b.type)) return undefined
  if (family === 'numeric') return commonNumeric(a, b)
  if (family === 'text') {
    const length = Math.max(lengthOf(a.type), lengthOf(b.type))
    return a.type.kind === 'CHAR' && b.type.kind === 'CHAR'
      ? { kind: 'CHAR', length }
      : { kind: 'VARCHAR', length }
  }
  if (family === 'binary') {
    const length = Math.max(lengthOf(a.type), lengthOf(b.type))
    return a.type.kind === 'BINARY' && b.type.kind === 'BINARY'
      ? { kind: 'BINARY', length }
      : { kind: 'VARBINARY', length }
  }
  return a.type
}

export function commonNumeric(a: ArgumentType, b: ArgumentType): SqlType {
  if (isApproximate(a.type) || isApproximate(b.type)) {
    return a.type.kind === 'REAL' && b.type.kind === 'REAL' ? a.type : doubleType
  }
  if (a.type.kind === 'DECIMAL' || b.type.kind === 'DECIMAL') {
    const left = asDecimal(a)
    const right = asDecimal(b)
    const scale = Math.max(left.scale, right.scale)
    return decimalType(Math.max(left.precision - left.scale, right.precision - right.scale) + scale, scale)
  }
  return integerKinds.indexOf(a.type.kind) >= integerKinds.indexOf(b.type.kind) ? a.type : b.type
}

export function isApproximate(type: SqlType): boolean {
  return type.kind === 'REAL' || type.kind === 'DOUBLE'
}

export function lengthOf(type: SqlType): number {
  return 'length' in type ? type.length : 0
}

/** The common type of many arguments, or undefined. */
export function commonTypeOf(args: readonly ArgumentType[]): SqlType | undefined {
  let found: ArgumentType | undefined
  for (const argument of args) {
    if (found === undefined) found = argument
    else {
      const type = commonType(found, argument)
      if (type === undefined) return undefined
      found = { type, nullable: false }
    }
  }
  return found?.type
}

export function anyNullable(args: readonly ArgumentType[]): boolean {
  return args.some((argument) => argument.nullable)
}

/** The usual result: NULL if any argument is, with casts of the arguments to `argTypes`. */
export function resultOf(
  type: SqlType,
  args: readonly ArgumentType[],
  argTypes?: readonly SqlType[],
): InferredType {
  const nullable = anyNullable(args)
  return argTypes === undefined ? { type, nullable } : { type, nullable, args: argTypes }
}

export function typesText(args: readonly ArgumentType[]): string {
  return args.map((argument) => typeText(argument.type)).join(', ')
}

/** Message for a call with too few or too many arguments; undefined when the count is right. */
export function countProblem(
  name: string,
  args: readonly unknown[],
  min: number,
  max = min,
): string | undefined {
  if (args.length >= min && args.length <= max) return undefined
  const wanted = min === max ? `${min}` : max === Infinity ? `at least ${min}` : `${min} to ${max}`
  return `${name} takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${args.length}`
}

/** The literal text of an argument that names a unit or a keyword. */
export function keywordOf(argument: ArgumentType | undefined): string | undefined {
  const value: SqlValue | undefined = argument?.literal
  return typeof value === 'string' ? value.toUpperCase() : undefined
}

/** The type as it is written in a program. */
export { typeText }
