/**
 * Expressions of the changelog engine as functions over rows. Throws SqlRuntimeError where the row has no value.
 * This first form asks the interpreter.
 */
import type { HostFunctions } from '../../host-function.ts'
import { interpretExpr } from '../../interpreter/expression.ts'
import type { Expr, SqlValue } from '../../plan.ts'
import { narrow, type Row, widen } from '../row.ts'

/** What expressions see besides the row. */
export interface ExpressionContext {
  /** Processing time, ms: CURRENT_TIMESTAMP, PROCTIME(). */
  now(): number
  /** IANA name of the session zone. */
  readonly zone: string
  readonly functions: HostFunctions
  /** CURRENT_WATERMARK(column). */
  watermark(): number | undefined
}

export function compileExpression(expr: Expr, context: ExpressionContext): (row: Row) => SqlValue {
  const types: Expr['type'][] = []
  collect(expr, types)
  return (row) =>
    narrow(
      interpretExpr(
        expr,
        row.map((value, i) => (types[i] === undefined ? value : widen(value, types[i]))),
        context.now(),
        'flink',
      ),
    )
}

/** All expressions at once: what a projection makes of a row. */
export function compileProjection(
  exprs: readonly Expr[],
  context: ExpressionContext,
): (row: Row) => SqlValue[] {
  const parts = exprs.map((expr) => compileExpression(expr, context))
  return (row) => parts.map((part) => part(row))
}

/** TRUE only; FALSE and UNKNOWN are false. */
export function compilePredicate(expr: Expr, context: ExpressionContext): (row: Row) => boolean {
  const value = compileExpression(expr, context)
  return (row) => value(row) === true
}

/** A condition over a left and a right row without joining them first. */
export function compilePairPredicate(
  expr: Expr,
  context: ExpressionContext,
): (left: Row, right: Row) => boolean {
  const value = compileExpression(expr, context)
  return (left, right) => value([...left, ...right]) === true
}

function collect(expr: Expr, types: Expr['type'][]): void {
  if (expr.kind === 'column') types[expr.index] = expr.type
  if (expr.kind === 'call') for (const arg of expr.args) collect(arg, types)
}
