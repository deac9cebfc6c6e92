/**
 * Calls of functions of the Flink dialect for tests, the way a bound program calls them: types are inferred, arguments are
 * cast to what the function wants, NULL is handled by `nullIn`. A value is written with its type: ['INT', 7].
 */
import { parseSqlType, type SqlType } from '@millrace/values'
import type { SqlValue } from '../../../plan.ts'
import { castProblem, type EvaluateContext, isIdentityCast, lookupScalar } from '../../index.ts'
import { parseFlinkDate, parseFlinkTime, parseFlinkTimestamp } from '../datetime-text.ts'

export type TypedValue = readonly [type: string, value: SqlValue, column?: 'column']

/** Processing time of the tests: 2024-03-10 12:34:56.789 UTC. */
export const now = 1_710_074_096_789

export const zoneUtc: Pick<EvaluateContext, 'zone' | 'rowtime'> = { zone: 'UTC', rowtime: now }

export interface Called {
  readonly value: SqlValue
  readonly type: SqlType
  readonly nullable: boolean
}

/** The result of a call. Throws with the message of a call that is refused. */
export function callFlink(
  name: string,
  args: readonly TypedValue[],
  context: Partial<EvaluateContext> = {},
): Called {
  const fn = lookupScalar(name, 'flink')
  if (fn === undefined) throw new Error(`no function ${name}`)
  const given = args.map(([text, value, column]) => ({
    type: parseSqlType(text, 'flink'),
    nullable: value === null,
    ...(column === undefined ? { literal: value } : {}),
  }))
  const inferred = fn.infer(given)
  if (typeof inferred === 'string') throw new Error(`refused: ${inferred}`)
  if (inferred.value !== undefined) return { value: inferred.value, type: inferred.type, nullable: false }
  const argTypes = given.map(({ type }, i) => inferred.args?.[i] ?? type)
  const shared = { ...zoneUtc, ...context }
  const values = args.map(([, value], i) => castFlink(value, given[i]!.type, argTypes[i]!, shared))
  const value =
    fn.nullIn === 'null' && values.includes(null)
      ? null
      : fn.evaluate(values, { ...shared, type: inferred.type, argTypes })
  if (value === null && !inferred.nullable) throw new Error(`${name}: NULL of a type that has none`)
  return { value, type: inferred.type, nullable: inferred.nullable }
}

export function castFlink(
  value: SqlValue,
  from: SqlType,
  to: SqlType,
  context: Partial<EvaluateContext> = {},
  name: 'CAST' | 'TRY_CAST' = 'CAST',
): SqlValue {
  if (value === null || isIdentityCast(from, to)) return value
  const problem = castProblem('CAST', from, to, 'flink')
  if (problem !== undefined) throw new Error(`refused: ${problem}`)
  return lookupScalar(name, 'flink')!.evaluate([value], {
    ...zoneUtc,
    ...context,
    type: to,
    argTypes: [from],
  })
}

/** Values of times by their text. */
export const timestamp = (text: string): TypedValue => ['TIMESTAMP(3)', parseFlinkTimestamp(text)!]
export const instant = (text: string): TypedValue => ['TIMESTAMP_LTZ(3)', parseFlinkTimestamp(text)!]
export const date = (text: string): TypedValue => ['DATE', parseFlinkDate(text)!]
export const time = (text: string): TypedValue => ['TIME', parseFlinkTime(text)!]
export const text = (value: string | null): TypedValue => ['STRING', value]
export const int = (value: number | null): TypedValue => ['INT', value]
export const bigint = (value: bigint): TypedValue => ['BIGINT', value]
export const double = (value: number): TypedValue => ['DOUBLE', value]
/** decimal('12.50') is DECIMAL(4, 2). */
export function decimal(value: string, precision?: number): TypedValue {
  const [whole = '', fraction = ''] = value.replace('-', '').split('.')
  const digits = precision ?? Math.max(1, (whole.replace(/^0+/, '') + fraction).length)
  return [`DECIMAL(${digits}, ${fraction.length})`, BigInt(value.replace('.', ''))]
}
