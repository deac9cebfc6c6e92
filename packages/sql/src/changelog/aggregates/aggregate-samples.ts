/** For tests of what aggregates: a schema with a column of each interesting type, random rows of it, random calls, and the
 * answer of the definition (functions/flink-aggregates.ts). */
import type { Schema, SqlType } from '@millrace/values'
import fc from 'fast-check'
import { lookupFlinkAggregate } from '../../functions/flink-aggregates.ts'
import type { ColumnExpr, Expr, SqlValue } from '../../plan.ts'
import type { AggregateCall } from '../plan.ts'
import { narrow, type Row } from '../row.ts'
import { valueKey } from '../value.ts'

const span = { start: 0, end: 0 }
const string: SqlType = { kind: 'VARCHAR', length: 2147483647 }

export const sampleTypes: readonly SqlType[] = [
  { kind: 'INTEGER' },
  { kind: 'BIGINT' },
  { kind: 'DECIMAL', precision: 10, scale: 2 },
  { kind: 'DOUBLE' },
  string,
  { kind: 'BOOLEAN' },
  { kind: 'VARBINARY', length: 100 },
  { kind: 'REAL' },
  { kind: 'TINYINT' },
  string,
]
export const sampleSchema: Schema = {
  fields: sampleTypes.map((type, i) => ({ name: `c${i}`, type, nullable: true })),
}

const values: readonly fc.Arbitrary<SqlValue>[] = [
  fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(2147483647, -2147483648)),
  fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(9007199254740991, 9223372036854775807n)),
  fc.integer({ min: -500, max: 500 }),
  fc.constantFrom(0.1, 0.2, 1e16, -1e16, 3, -7.25, 1e-9),
  fc.constantFrom('a', 'b', 'ab', '~', '\u{1F600}', '\uFFFD', ''),
  fc.boolean(),
  fc.constantFrom(new Uint8Array([1]), new Uint8Array([1, 255]), new Uint8Array([])),
  fc.constantFrom(0.5, Math.fround(0.1), 1024),
  fc.integer({ min: -128, max: 127 }),
]
export const sampleRow: fc.Arbitrary<Row> = fc.tuple(
  ...values.map((value) => fc.option(value, { nil: null, freq: 5 })),
  // The one column without NULL.
  fc.constantFrom('x', 'y'),
)

export function column(index: number, types = sampleTypes): ColumnExpr {
  return { kind: 'column', index, type: types[index]!, nullable: true, span }
}

export function call(
  fn: string,
  args: readonly Expr[],
  options: { readonly distinct?: boolean; readonly filter?: Expr } = {},
): AggregateCall {
  const inferred = lookupFlinkAggregate(fn)?.infer(
    args.map(({ type, nullable, ...rest }) =>
      'value' in rest ? { type, nullable, literal: rest.value } : { type, nullable },
    ),
  )
  if (inferred === undefined || typeof inferred === 'string') throw new Error(`${fn}: ${inferred}`)
  return {
    fn,
    args,
    distinct: false,
    filter: undefined,
    nullable: true,
    span,
    type: inferred.type,
    ...options,
  }
}

const numbers = [0, 1, 2, 3, 7, 8]
const spreads = [0, 2, 7, 8]
export const separator: Expr = { kind: 'literal', value: '; ', type: string, nullable: false, span }

/** Columns for each function; -1 stands for a call without arguments. */
const choices: readonly (readonly [string, readonly number[]])[] = [
  ['COUNT', [-1, 0, 4, 6]],
  ['SUM', numbers],
  ['AVG', numbers],
  ['MIN', [0, 1, 2, 3, 4, 5, 6]],
  ['MAX', [0, 1, 2, 3, 4, 5, 6]],
  ['STDDEV_POP', spreads],
  ['STDDEV_SAMP', spreads],
  ['VAR_POP', spreads],
  ['VAR_SAMP', spreads],
  ['APPROX_COUNT_DISTINCT', [0, 4, 6]],
  ['COLLECT', [0, 4, 6]],
]
const orderedChoices: typeof choices = [
  ['FIRST_VALUE', [0, 4, 6]],
  ['LAST_VALUE', [0, 4, 6]],
  ['LISTAGG', [4]],
  ['ARRAY_AGG', [0, 6]],
  ['JSON_ARRAYAGG', [0, 2, 4]],
  ['JSON_ARRAYAGG ABSENT', [1, 4]],
  ['JSON_OBJECTAGG', [2]],
]

function callsOf(from: typeof choices, distinct: fc.Arbitrary<boolean>): fc.Arbitrary<AggregateCall> {
  return fc
    .constantFrom(...from)
    .chain(([fn, columns]) =>
      fc.tuple(fc.constant(fn), fc.constantFrom(...columns), distinct, fc.constantFrom(undefined, 5)),
    )
    .map(([fn, index, isDistinct, filter]) => {
      const args = index < 0 ? [] : [column(index)]
      if (fn === 'LISTAGG' && isDistinct) args.push(separator as ColumnExpr) // Any expression will do.
      if (fn === 'JSON_OBJECTAGG') args.unshift(column(9))
      return call(fn, args, {
        distinct: isDistinct && index >= 0,
        ...(filter === undefined ? {} : { filter: column(filter) }),
      })
    })
}

/** Calls whose answer does not depend on the order of the rows. */
export const setCall = callsOf(choices, fc.boolean())
/** Calls whose answer does; with DISTINCT the place of a value that was taken back is not defined. */
export const orderedCall = (distinct: boolean) =>
  callsOf(orderedChoices, distinct ? fc.boolean() : fc.constant(false))

/** The definition's answer over the rows of a group. */
export function naive({ fn, args, filter, distinct, type }: AggregateCall, rows: readonly Row[]): SqlValue {
  const passing = filter?.kind === 'column' ? rows.filter((row) => row[filter.index] === true) : rows
  const lists = passing.map((row) =>
    args.map((arg) => (arg.kind === 'column' ? row[arg.index]! : arg.kind === 'literal' ? arg.value : null)),
  )
  const context = { type, argTypes: args.map((arg) => arg.type), distinct, ignoreNulls: false }
  return narrow(lookupFlinkAggregate(fn)!.evaluate(lists, context))
}

/** A text by which answers are compared: spread functions up to rounding, all others exactly. */
export function answerText({ fn }: AggregateCall, value: SqlValue, expected: SqlValue): string {
  const rounds = typeof value === 'number' && typeof expected === 'number' && /^(STDDEV|VAR)/.test(fn)
  const close = rounds && Math.abs(value - expected) <= 1e-6 * Math.max(1, Math.abs(expected))
  return valueKey(close ? expected : value)
}
