/**
 * Typing rules of the Flink dialect (spec 3.11): the type in which values meet, which conversions happen without a CAST,
 * and the DECIMAL types of results. DECIMAL has at most 38 digits; a result that needs more loses scale down to
 * min(scale, 6). BIGINT counts as DECIMAL(19,0), INT as (10,0), SMALLINT as (5,0), TINYINT as (3,0), literals too.
 */
import { type Field, formatFlinkType, type SqlType } from '@millrace/values'
import type { SqlValue } from '../../plan.ts'
import { type ArgumentType, SqlRuntimeError } from '../scalar-function.ts'
import { doubleType, familyOf, integerBounds, isApproximate, isIntegerKind, lengthOf } from '../types.ts'

export const flinkDecimalDigitsMax = 38

export const stringType: SqlType = { kind: 'VARCHAR', length: 2147483647 }
export const bytesType: SqlType = { kind: 'VARBINARY', length: 2147483647 }
export const realType: SqlType = { kind: 'REAL' }
export const dateType: SqlType = { kind: 'DATE' }
export const timeType: SqlType = { kind: 'TIME' }
export const timestamp3Type: SqlType = { kind: 'TIMESTAMP', precision: 3 }
export const instant3Type: SqlType = { kind: 'TIMESTAMP_LTZ', precision: 3 }

export interface Digits {
  readonly precision: number
  readonly scale: number
}

const integerDigits = { TINYINT: 3, SMALLINT: 5, INTEGER: 10, BIGINT: 19 } as const
const integerOrder = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'] as const

/** An exact number as DECIMAL. */
export function digitsOf(type: SqlType): Digits {
  if (type.kind === 'DECIMAL') return type
  return { precision: isIntegerKind(type.kind) ? integerDigits[type.kind] : flinkDecimalDigitsMax, scale: 0 }
}

/** DECIMAL of these digits; beyond 38 the scale gives way, but not below min(scale, 6). */
export function adjustedDecimal(precision: number, scale: number): SqlType {
  if (precision <= flinkDecimalDigitsMax) return { kind: 'DECIMAL', precision: Math.max(1, precision), scale }
  const whole = precision - scale
  return {
    kind: 'DECIMAL',
    precision: flinkDecimalDigitsMax,
    scale: Math.max(flinkDecimalDigitsMax - whole, Math.min(scale, 6)),
  }
}

/** The type in which two values meet for a comparison, CASE, COALESCE, an array; undefined if there is none. */
export function flinkCommonType(a: SqlType, b: SqlType): SqlType | undefined {
  if (a.kind === 'NULL') return b
  if (b.kind === 'NULL') return a
  const [left, right] = [familyOf(a), familyOf(b)]
  if (left !== right) {
    const kinds = [left, right].sort().join()
    if (kinds === 'date,timestamp' || kinds === 'date,instant') return left === 'date' ? b : a
    // A time without zone is read in the session's zone where it meets an instant.
    if (kinds === 'instant,timestamp') return finer({ kind: 'TIMESTAMP_LTZ' }, a, b)
    return undefined
  }
  switch (left) {
    case 'numeric':
      return commonNumeric(a, b)
    case 'text': {
      const length = Math.max(lengthOf(a), lengthOf(b))
      const kind = a.kind === 'CHAR' && b.kind === 'CHAR' && lengthOf(a) === lengthOf(b) ? 'CHAR' : 'VARCHAR'
      return { kind, length }
    }
    case 'binary': {
      const length = Math.max(lengthOf(a), lengthOf(b))
      const same = a.kind === 'BINARY' && b.kind === 'BINARY' && lengthOf(a) === lengthOf(b)
      return { kind: same ? 'BINARY' : 'VARBINARY', length }
    }
    case 'timestamp':
      return finer({ kind: 'TIMESTAMP' }, a, b)
    case 'instant':
      return finer({ kind: 'TIMESTAMP_LTZ' }, a, b)
    case 'nested':
      return commonNested(a, b)
    default:
      return a
  }
}

export function flinkCommonTypeOf(types: readonly SqlType[]): SqlType | undefined {
  let found: SqlType = { kind: 'NULL' }
  for (const type of types) {
    const common = flinkCommonType(found, type)
    if (common === undefined) return undefined
    found = common
  }
  return found
}

function commonNumeric(a: SqlType, b: SqlType): SqlType {
  if (isApproximate(a) || isApproximate(b)) {
    if (a.kind === 'DOUBLE' || b.kind === 'DOUBLE' || a.kind === 'DECIMAL' || b.kind === 'DECIMAL')
      return doubleType
    return realType
  }
  if (a.kind === 'DECIMAL' || b.kind === 'DECIMAL') {
    const [x, y] = [digitsOf(a), digitsOf(b)]
    const scale = Math.max(x.scale, y.scale)
    const whole = Math.max(x.precision - x.scale, y.precision - y.scale)
    return { kind: 'DECIMAL', precision: Math.min(flinkDecimalDigitsMax, whole + scale), scale }
  }
  const order: readonly string[] = integerOrder
  return order.indexOf(a.kind) >= order.indexOf(b.kind) ? a : b
}

function finer(of: { kind: 'TIMESTAMP' | 'TIMESTAMP_LTZ' }, a: SqlType, b: SqlType): SqlType {
  return { ...of, precision: Math.max(precisionOf(a), precisionOf(b)) }
}

/** Digits of the second that a timestamp type shows. */
export function precisionOf(type: SqlType): number {
  return type.kind === 'TIMESTAMP' || type.kind === 'TIMESTAMP_LTZ' ? (type.precision ?? 3) : 0
}

function commonNested(a: SqlType, b: SqlType): SqlType | undefined {
  if ((a.kind === 'ARRAY' || a.kind === 'MULTISET') && a.kind === b.kind) {
    const element = flinkCommonType(a.element, b.element)
    return element === undefined ? undefined : { kind: a.kind, element }
  }
  if (a.kind === 'MAP' && b.kind === 'MAP') {
    const [key, value] = [flinkCommonType(a.key, b.key), flinkCommonType(a.value, b.value)]
    return key === undefined || value === undefined ? undefined : { kind: 'MAP', key, value }
  }
  if (a.kind === 'ROW' && b.kind === 'ROW' && a.fields.length === b.fields.length) {
    const fields: Field[] = []
    for (const [i, field] of a.fields.entries()) {
      const other = b.fields[i]! // The lengths are equal.
      const type = flinkCommonType(field.type, other.type)
      if (type === undefined) return undefined
      fields.push({ name: field.name, type, nullable: field.nullable || other.nullable })
    }
    return { kind: 'ROW', fields }
  }
  return undefined
}

/**
 * Whether a value converts without a CAST, in INSERT and for arguments: up the numeric ladder (between DECIMALs of any
 * digits), text to text that can hold it, DATE to TIMESTAMP and the timestamps among each other; nested types by their
 * elements. A literal, when given, also converts to a type that holds just its value.
 */
export function implicitCast(from: SqlType, to: SqlType, literal?: SqlValue): boolean {
  if (from.kind === 'NULL') return true
  if (literal !== undefined && literal !== null && literalFits(literal, from, to)) return true
  switch (to.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INTEGER':
    case 'BIGINT': {
      const order: readonly string[] = integerOrder
      return isIntegerKind(from.kind) && order.indexOf(from.kind) <= order.indexOf(to.kind)
    }
    case 'DECIMAL':
    case 'DOUBLE':
      return familyOf(from) === 'numeric'
    case 'REAL':
      return familyOf(from) === 'numeric' && from.kind !== 'DOUBLE'
    case 'CHAR':
      return from.kind === 'CHAR'
    case 'VARCHAR':
      return from.kind === 'CHAR' || from.kind === 'VARCHAR'
    case 'BINARY':
      return from.kind === 'BINARY'
    case 'VARBINARY':
      return from.kind === 'BINARY' || from.kind === 'VARBINARY'
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return from.kind === 'DATE' || from.kind === 'TIMESTAMP' || from.kind === 'TIMESTAMP_LTZ'
    case 'ARRAY':
    case 'MULTISET':
      return from.kind === to.kind && implicitCast(from.element, to.element)
    case 'MAP':
      return from.kind === 'MAP' && implicitCast(from.key, to.key) && implicitCast(from.value, to.value)
    case 'ROW':
      return (
        from.kind === 'ROW' &&
        from.fields.length === to.fields.length &&
        from.fields.every((field, i) => implicitCast(field.type, to.fields[i]!.type))
      )
    default:
      return from.kind === to.kind
  }
}

function literalFits(literal: SqlValue, from: SqlType, to: SqlType): boolean {
  if (isIntegerKind(to.kind) && isIntegerKind(from.kind)) {
    const value = BigInt(Number(literal) === literal || typeof literal === 'bigint' ? literal : 0)
    return value >= integerBounds[to.kind].min && value <= integerBounds[to.kind].max
  }
  if (to.kind === 'REAL') return familyOf(from) === 'numeric'
  if (typeof literal === 'string' && to.kind === 'CHAR') return lengthOf(from) <= lengthOf(to)
  return false
}

/** Whether two types hold the same values in the same form, whatever the fields of a ROW are called. */
export function sameValues(a: SqlType, b: SqlType): boolean {
  if (a.kind === 'ROW' && b.kind === 'ROW') {
    return (
      a.fields.length === b.fields.length && a.fields.every((f, i) => sameValues(f.type, b.fields[i]!.type))
    )
  }
  if (a.kind === 'MAP' && b.kind === 'MAP') return sameValues(a.key, b.key) && sameValues(a.value, b.value)
  if ((a.kind === 'ARRAY' || a.kind === 'MULTISET') && a.kind === b.kind)
    return sameValues(a.element, b.element)
  return formatFlinkType(a) === formatFlinkType(b)
}

/** The types of arguments as messages show them. */
export function flinkTypesText(args: readonly ArgumentType[]): string {
  return args.map(({ type }) => formatFlinkType(type)).join(', ')
}

/** A DECIMAL result, HALF_UP done by the caller; NULL when it has too many digits. */
export function fittedDecimal(unscaled: bigint, precision: number): bigint | null {
  const limit = 10n ** BigInt(precision)
  return unscaled < limit && unscaled > -limit ? unscaled : null
}

/** Two's complement: what is left of an integer in the type's bits. */
export function wrapInteger(value: bigint, type: SqlType): number | bigint {
  switch (type.kind) {
    case 'TINYINT':
      return Number(BigInt.asIntN(8, value))
    case 'SMALLINT':
      return Number(BigInt.asIntN(16, value))
    case 'INTEGER':
      return Number(BigInt.asIntN(32, value))
    case 'BIGINT':
      return BigInt.asIntN(64, value)
    default:
      throw new SqlRuntimeError('ValueOutOfRange', `${value} is no ${formatFlinkType(type)}`)
  }
}
