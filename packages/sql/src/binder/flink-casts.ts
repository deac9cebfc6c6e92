/**
 * Which conversions Flink SQL allows: with CAST, and without one (spec 3.11.4). How a value is converted is the business of
 * functions/. Nullability does not count here.
 */
import type { SqlType, SqlTypeKind } from '@millrace/values'
import { formatFlinkType as typeText } from '@millrace/values'
import { parseDate, parseTime, parseTimestamp } from '../functions/civil-time.ts'
import { isText, sameType } from '../functions/index.ts'
import type { Expr } from '../plan.ts'

const exact: readonly SqlTypeKind[] = ['TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT']
const numeric: readonly SqlTypeKind[] = [...exact, 'DECIMAL', 'REAL', 'DOUBLE']
const instants: readonly SqlTypeKind[] = ['TIMESTAMP', 'TIMESTAMP_LTZ']
const text: readonly SqlTypeKind[] = ['CHAR', 'VARCHAR']
const bytes: readonly SqlTypeKind[] = ['BINARY', 'VARBINARY']
const intervals: readonly SqlTypeKind[] = ['INTERVAL_DAY', 'INTERVAL_MONTH']

/** From which kinds CAST makes a value of a kind; text can be made of anything. */
const castSources: Readonly<Record<SqlTypeKind, readonly SqlTypeKind[]>> = {
  BOOLEAN: ['BOOLEAN', ...exact, ...text],
  TINYINT: [...numeric, 'BOOLEAN', ...text],
  SMALLINT: [...numeric, 'BOOLEAN', ...text],
  INTEGER: [...numeric, 'BOOLEAN', ...intervals, ...text],
  BIGINT: [...numeric, 'BOOLEAN', ...intervals, ...text],
  REAL: [...numeric, 'BOOLEAN', ...text],
  DOUBLE: [...numeric, 'BOOLEAN', ...text],
  DECIMAL: [...numeric, 'BOOLEAN', ...text],
  CHAR: [],
  VARCHAR: [],
  BINARY: [...bytes, ...text],
  VARBINARY: [...bytes, ...text],
  DATE: ['DATE', ...instants, ...text],
  TIME: ['TIME', ...instants, ...text],
  TIMESTAMP: [...instants, 'DATE', 'TIME', ...text],
  TIMESTAMP_LTZ: [...instants, 'DATE', 'TIME', ...text],
  INTERVAL_DAY: ['INTERVAL_DAY', ...text],
  INTERVAL_MONTH: ['INTERVAL_MONTH', ...text],
  ARRAY: ['ARRAY'],
  MULTISET: ['MULTISET'],
  MAP: ['MAP'],
  ROW: ['ROW'],
  NULL: [],
}

/** From which kinds a value is taken where no CAST is written. */
const implicitSources: Readonly<Record<SqlTypeKind, readonly SqlTypeKind[]>> = {
  BOOLEAN: ['BOOLEAN'],
  TINYINT: exact.slice(0, 1),
  SMALLINT: exact.slice(0, 2),
  INTEGER: exact.slice(0, 3),
  BIGINT: exact,
  DECIMAL: numeric,
  REAL: [...exact, 'DECIMAL', 'REAL'],
  DOUBLE: numeric,
  CHAR: ['CHAR'],
  VARCHAR: text,
  BINARY: ['BINARY'],
  VARBINARY: bytes,
  DATE: ['DATE'],
  TIME: ['TIME'],
  TIMESTAMP: [...instants, 'DATE'],
  TIMESTAMP_LTZ: [...instants, 'DATE'],
  INTERVAL_DAY: ['INTERVAL_DAY'],
  INTERVAL_MONTH: ['INTERVAL_MONTH'],
  ARRAY: ['ARRAY'],
  MULTISET: ['MULTISET'],
  MAP: ['MAP'],
  ROW: ['ROW'],
  NULL: [],
}

/** What is wrong with CAST(from AS to), with the allowed way; undefined when it is allowed. */
export function flinkCastProblem(from: SqlType, to: SqlType): string | undefined {
  const problem = `${typeText(from)} cannot be cast to ${typeText(to)}`
  if (from.kind === 'NULL' || isText(to)) return undefined
  if (!castSources[to.kind].includes(from.kind)) {
    if (to.kind === 'TIMESTAMP' || to.kind === 'TIMESTAMP_LTZ')
      return `${problem}: use TO_TIMESTAMP_LTZ(number, 3) for milliseconds since 1970`
    const allowed = castSources[to.kind]
    return `${problem}: allowed are ${allowed.length === 0 ? 'none' : [...new Set(allowed)].join(', ')}`
  }
  const inner = parts(from, to)
  if (inner === undefined) return `${problem}: they have different numbers of fields`
  for (const [a, b] of inner) {
    const inside = flinkCastProblem(a, b)
    if (inside !== undefined) return `${problem}: ${inside}`
  }
  return undefined
}

/** Whether a value of `from` is taken for one of `to` where no CAST is written. */
export function isImplicitlyCastable(from: SqlType, to: SqlType): boolean {
  if (from.kind === 'NULL') return true
  if (!implicitSources[to.kind].includes(from.kind)) return false
  return parts(from, to)?.every(([a, b]) => isImplicitlyCastable(a, b)) ?? false
}

/**
 * A number in the program's text may go to any numeric type that holds it, not only to wider ones; text that reads as a date
 * or time may go to such a type.
 */
export function literalFits(expr: Expr, to: SqlType): boolean {
  if (expr.kind !== 'literal' || expr.value === null) return false
  const { value } = expr
  if (typeof value === 'string') return readsAs(value, to)
  const bits = integerBits[to.kind]
  if (bits === undefined) return to.kind === 'REAL' && expr.type.kind === 'DOUBLE'
  if (!exact.includes(expr.type.kind) || (typeof value !== 'number' && typeof value !== 'bigint'))
    return false
  const limit = 1n << (bits - 1n)
  return BigInt(value) >= -limit && BigInt(value) < limit
}

const integerBits: Readonly<Partial<Record<SqlTypeKind, bigint>>> = {
  TINYINT: 8n,
  SMALLINT: 16n,
  INTEGER: 32n,
  BIGINT: 64n,
}

function readsAs(value: string, to: SqlType): boolean {
  switch (to.kind) {
    case 'DATE':
      return parseDate(value) !== undefined
    case 'TIME':
      return parseTime(value) !== undefined
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return parseTimestamp(value) !== undefined
    default:
      return false
  }
}

/** Whether every value of `from` is a value of `to` as it stands. */
export function isFlinkIdentity(from: SqlType, to: SqlType): boolean {
  if (from.kind !== to.kind) return false
  switch (from.kind) {
    case 'DECIMAL':
      return to.kind === 'DECIMAL' && from.scale === to.scale && from.precision <= to.precision
    case 'CHAR':
    case 'BINARY':
      return 'length' in to && from.length === to.length
    case 'VARCHAR':
    case 'VARBINARY':
      return 'length' in to && from.length <= to.length
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return 'precision' in to ? Math.min(from.precision ?? 3, 3) <= (to.precision ?? 3) : true
    case 'ARRAY':
    case 'MULTISET':
    case 'MAP':
    case 'ROW':
      return sameType(from, to) || (parts(from, to)?.every(([a, b]) => isFlinkIdentity(a, b)) ?? false)
    default:
      return true
  }
}

/** What nested types hold, side by side; undefined if they have different numbers of parts. */
function parts(from: SqlType, to: SqlType): readonly (readonly [SqlType, SqlType])[] | undefined {
  if ((from.kind === 'ARRAY' || from.kind === 'MULTISET') && to.kind === from.kind)
    return [[from.element, to.element]]
  if (from.kind === 'MAP' && to.kind === 'MAP')
    return [
      [from.key, to.key],
      [from.value, to.value],
    ]
  if (from.kind !== 'ROW' || to.kind !== 'ROW') return []
  if (from.fields.length !== to.fields.length) return undefined
  return from.fields.map((field, i) => [field.type, to.fields[i]!.type] as const)
}
