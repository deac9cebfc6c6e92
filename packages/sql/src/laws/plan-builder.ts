/**
 * Builds bound plans by hand, for tests and generators, with the rules the binder follows: a call is typed by the function
 * table, and its arguments are cast to the types that the function asks for.
 */
import type { Field, Schema, SqlType } from '@millrace/values'
import {
  castProblem,
  type Dialect,
  isIdentityCast,
  lookupAggregate,
  lookupScalar,
  sameType,
} from '../functions/index.ts'
import type { AggregateCall, CallExpr, Expr, PlanNode, ProjectNode, ScanNode, SqlValue } from '../plan.ts'

export const noSpan = { start: 0, end: 0 }

export const types = {
  boolean: { kind: 'BOOLEAN' },
  tinyint: { kind: 'TINYINT' },
  smallint: { kind: 'SMALLINT' },
  integer: { kind: 'INTEGER' },
  bigint: { kind: 'BIGINT' },
  real: { kind: 'REAL' },
  double: { kind: 'DOUBLE' },
  date: { kind: 'DATE' },
  time: { kind: 'TIME' },
  timestamp: { kind: 'TIMESTAMP' },
  interval: { kind: 'INTERVAL_DAY' },
  months: { kind: 'INTERVAL_MONTH' },
} as const satisfies Record<string, SqlType>

export function varchar(length: number): SqlType {
  return { kind: 'VARCHAR', length }
}

export function decimal(precision: number, scale: number): SqlType {
  return { kind: 'DECIMAL', precision, scale }
}

export function field(name: string, type: SqlType, nullable = true): Field {
  return { name, type, nullable }
}

export function literal(value: SqlValue, type: SqlType): Expr {
  return { kind: 'literal', value, type, nullable: value === null, span: noSpan }
}

export function integer(value: number): Expr {
  return literal(value, types.integer)
}

export function text(value: string): Expr {
  return literal(value, varchar(Math.max(1, [...value].length)))
}

export function milliseconds(ms: number): Expr {
  return literal(ms, types.interval)
}

export const rowtime: Expr = { kind: 'rowtime', type: types.timestamp, nullable: false, span: noSpan }

export function column(schema: Schema, index: number): Expr {
  const { type, nullable } = schema.fields[index]!
  return { kind: 'column', index, type, nullable, span: noSpan }
}

export class CallProblem extends Error {}

/** A call of a function, with its arguments cast. Throws CallProblem when the table refuses it. */
export function call(fn: string, args: readonly Expr[], dialect: Dialect = 'kda'): CallExpr {
  const scalar = lookupScalar(fn, dialect)
  if (scalar === undefined) throw new CallProblem(`no function ${fn}`)
  const inferred = scalar.infer(
    args.map((arg) => ({
      type: arg.type,
      nullable: arg.nullable,
      ...(arg.kind === 'literal' ? { literal: arg.value } : {}),
    })),
  )
  if (typeof inferred === 'string') throw new CallProblem(inferred)
  const cast = args.map((arg, i) => convertTo('CAST', arg, inferred.args?.[i] ?? arg.type))
  return {
    kind: 'call',
    fn: scalar.name,
    args: cast,
    type: inferred.type,
    nullable: inferred.nullable,
    span: noSpan,
  }
}

export function convertTo(fn: 'CAST' | 'ASSIGN', arg: Expr, type: SqlType): Expr {
  if (sameType(arg.type, type)) return arg
  if (fn === 'ASSIGN' && isIdentityCast(arg.type, type)) return arg
  const problem = castProblem(fn, arg.type, type)
  if (problem !== undefined) throw new CallProblem(problem)
  return { kind: 'call', fn, args: [arg], type, nullable: arg.nullable, span: noSpan }
}

export function aggregateCall(fn: string, args: readonly Expr[], ignoreNulls = false): AggregateCall {
  const aggregate = lookupAggregate(fn)
  if (aggregate === undefined) throw new CallProblem(`no aggregate ${fn}`)
  const inferred = aggregate.infer(args.map(({ type, nullable }) => ({ type, nullable })))
  if (typeof inferred === 'string') throw new CallProblem(inferred)
  const cast = args.map((arg, i) => convertTo('CAST', arg, inferred.args?.[i] ?? arg.type))
  const { type, nullable } = inferred
  return { fn, args: cast, distinct: false, ignoreNulls, type, nullable, span: noSpan }
}

export function scan(stream: string, schema: Schema): ScanNode {
  return { kind: 'scan', stream, schema, span: noSpan }
}

/** A projection that assigns expressions to the columns of a target. */
export function projectTo(
  input: PlanNode,
  exprs: readonly Expr[],
  target: Schema,
  rowtimeExpr?: Expr,
): ProjectNode {
  return {
    kind: 'project',
    input,
    exprs: exprs.map((expr, i) => convertTo('ASSIGN', expr, target.fields[i]!.type)),
    rowtime: rowtimeExpr,
    schema: target,
    span: noSpan,
  }
}

/** The schema of expressions, named after their place. */
export function schemaOf(
  exprs: readonly { readonly type: SqlType; readonly nullable: boolean }[],
  prefix = 'C',
): Schema {
  return { fields: exprs.map(({ type, nullable }, i) => field(`${prefix}${i}`, type, nullable)) }
}

export function joined(
  left: Schema,
  right: Schema,
  options: { leftNull: boolean; rightNull: boolean },
): Schema {
  const weaken = (schema: Schema, prefix: string, weak: boolean) =>
    schema.fields.map(({ name, type, nullable }) => field(`${prefix}${name}`, type, nullable || weak))
  return { fields: [...weaken(left, 'L_', options.leftNull), ...weaken(right, 'R_', options.rightNull)] }
}
