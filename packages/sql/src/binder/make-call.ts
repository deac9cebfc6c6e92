/**
 * Typed calls: looks the function up, has it infer the types, and casts the arguments to what it wants to see.
 */
import type { SqlType } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { didYouMean } from '../diagnostic/spelling.ts'
import {
  type ArgumentType,
  castProblem,
  type InferredType,
  isIdentityCast,
  sameType,
  typeText,
} from '../functions/index.ts'
import type { Expr } from '../plan.ts'
import type { Span } from '../span.ts'
import { expressionNodesMax } from '../syntax/limits.ts'
import { literal } from './bind-literal.ts'
import type { BinderContext } from './context.ts'
import { flinkCastProblem, isFlinkIdentity } from './flink-casts.ts'

export function makeCall(context: BinderContext, name: string, args: readonly Expr[], span: Span): Expr {
  const fn = context.functions.scalar(name)
  if (fn === undefined) return failUnknownFunction(context, name, span)
  const inferred = fn.infer(args.map(argumentType))
  if (typeof inferred === 'string') return failArguments(context, inferred, fn.forms, span)
  if (inferred.value !== undefined) return literal(inferred.value, inferred.type, span)
  const fitted = fitArguments(context, args, inferred)
  const call: Expr = {
    kind: 'call',
    fn: fn.name,
    args: fitted,
    type: inferred.type,
    nullable: inferred.nullable,
    span,
  }
  const size = sizeOf(context, call)
  context.sizes.set(call, size)
  if (size > expressionNodesMax) {
    return context.diagnostics.fail(
      codes.planTooLarge,
      span,
      `the expression has more than ${expressionNodesMax} parts when its operands are put in place. Compute parts of it in a subquery or another stream.`,
    )
  }
  return call
}

function sizeOf(context: BinderContext, expr: Expr): number {
  const known = context.sizes.get(expr)
  if (known !== undefined) return known
  return expr.kind === 'call' ? expr.args.reduce((size, arg) => size + sizeOf(context, arg), 1) : 1
}

export function failUnknownFunction(context: BinderContext, name: string, span: Span): never {
  const known = [
    ...context.functions.names(),
    ...context.userFunctions.keys(),
    ...(context.hosts?.keys() ?? []),
  ]
  const advice = didYouMean(name, known)
  return context.diagnostics.fail(
    codes.unknownFunction,
    span,
    `there is no function ${name} in this dialect.${advice === '' ? (context.dialect === 'flink' ? " Declare a function of the host with CREATE FUNCTION f AS 'id'." : ' Declare it with CREATE FUNCTION, or compute the value before it enters the stream.') : advice}`,
  )
}

export function failArguments(
  context: BinderContext,
  problem: string,
  forms: readonly string[],
  span: Span,
): never {
  return context.diagnostics.fail(codes.badArguments, span, `${problem}. Write ${forms.join(' or ')}.`)
}

export function fitArguments(
  context: BinderContext,
  args: readonly Expr[],
  inferred: InferredType,
): readonly Expr[] {
  const { args: wanted } = inferred
  return wanted === undefined ? args : args.map((arg, i) => castTo(context, arg, wanted[i] ?? arg.type))
}

export function argumentType(expr: Expr): ArgumentType {
  const { type, nullable } = expr
  return expr.kind === 'literal' ? { type, nullable, literal: expr.value } : { type, nullable }
}

/** `expr` as a value of `type`: itself where no conversion is needed, else a CAST. */
export function castTo(context: BinderContext, expr: Expr, type: SqlType): Expr {
  if (sameType(expr.type, type)) return expr
  if (expr.kind === 'literal' && expr.value === null) return literal(null, type, expr.span)
  if (context.dialect === 'flink' ? isFlinkIdentity(expr.type, type) : isIdentityCast(expr.type, type))
    return expr.kind === 'literal' ? { ...expr, type } : expr
  // Text of the program is CHAR of its length; as VARCHAR it is the same text.
  if (expr.kind === 'literal' && expr.type.kind === 'CHAR' && type.kind === 'VARCHAR') {
    if (type.length >= expr.type.length) return { ...expr, type }
  }
  const problem = conversionProblem(context, expr.type, type)
  if (problem !== undefined) return context.diagnostics.fail(codes.badCast, expr.span, `${problem}.`)
  return { kind: 'call', fn: 'CAST', args: [expr], type, nullable: expr.nullable, span: expr.span }
}

/** What is wrong with CAST(from AS to) in the dialect; undefined when it is allowed. */
export function conversionProblem(context: BinderContext, from: SqlType, to: SqlType): string | undefined {
  return context.dialect === 'flink' ? flinkCastProblem(from, to) : castProblem('CAST', from, to)
}

/** A condition: BOOLEAN, or a bare NULL, which is never true. */
export function asCondition(context: BinderContext, expr: Expr, what: string): Expr {
  if (expr.type.kind === 'BOOLEAN') return expr
  if (expr.type.kind === 'NULL') return castTo(context, expr, { kind: 'BOOLEAN' })
  return context.diagnostics.fail(
    codes.notBoolean,
    expr.span,
    `${what} has to be BOOLEAN, not ${typeText(expr.type)}. Compare the value with another one, or test it with IS NOT NULL.`,
  )
}
