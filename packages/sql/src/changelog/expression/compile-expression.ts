/**
 * Expressions of the changelog engine as functions over rows, compiled to JavaScript (expression-code.ts). They throw
 * SqlRuntimeError or HostFunctionError where the row has no value.
 *
 * Law: they answer as interpreter/expression.ts does over the widened row.
 */
import type { Expr, SqlValue } from '../../plan.ts'
import type { Row } from '../row.ts'
import { ExpressionCode } from './expression-code.ts'
import type { ExpressionContext } from './expression-context.ts'

export type { ExpressionContext }

export function compileExpression(expr: Expr, context: ExpressionContext): (row: Row) => SqlValue {
  const code = new ExpressionCode(context)
  return code.finish('r', code.whole(expr).text)
}

/** All expressions at once: what a projection makes of a row. */
export function compileProjection(
  exprs: readonly Expr[],
  context: ExpressionContext,
): (row: Row) => SqlValue[] {
  const code = new ExpressionCode(context)
  const values = exprs.map((expr) => code.whole(expr).text)
  return code.finish('r', `[${values.join(', ')}]`)
}

/** TRUE only; FALSE and UNKNOWN are false. */
export function compilePredicate(expr: Expr, context: ExpressionContext): (row: Row) => boolean {
  const code = new ExpressionCode(context)
  return code.finish('r', `${code.whole(expr).text} === true`)
}

/** A condition over a left and a right row without joining them first. The left one decides how many columns it has. */
export function compilePairPredicate(
  expr: Expr,
  context: ExpressionContext,
): (left: Row, right: Row) => boolean {
  const compiled = new Map<number, (left: Row, right: Row) => boolean>()
  let lastWidth = -1
  let last: ((left: Row, right: Row) => boolean) | undefined
  return (left, right) => {
    if (left.length !== lastWidth || last === undefined) {
      lastWidth = left.length
      last = compiled.get(lastWidth) ?? pairOf(expr, context, lastWidth)
      compiled.set(lastWidth, last)
    }
    return last(left, right)
  }
}

function pairOf(expr: Expr, context: ExpressionContext, width: number): (left: Row, right: Row) => boolean {
  const types = columnTypes(expr, new Map())
  const code = new ExpressionCode(context, (index) => ({
    text: index < width ? `r[${index}]` : `s[${index - width}]`,
    nullable: true,
    type: types.get(index)!,
  }))
  return code.finish('r, s', `${code.whole(expr).text} === true`)
}

function columnTypes(expr: Expr, found: Map<number, Expr['type']>): Map<number, Expr['type']> {
  if (expr.kind === 'column') found.set(expr.index, expr.type)
  if (expr.kind === 'call') for (const arg of expr.args) columnTypes(arg, found)
  return found
}
