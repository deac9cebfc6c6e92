/** A chain of filters and projections as one function from row to row; undefined: the row does not pass. */
import type { Expr } from '../../plan.ts'
import type { Row } from '../row.ts'
import { compilePredicate, compileProjection, type ExpressionContext } from './compile-expression.ts'

export type CalcStep =
  | { readonly kind: 'filter'; readonly predicate: Expr }
  | { readonly kind: 'project'; readonly exprs: readonly Expr[] }

export function compileCalc(
  steps: readonly CalcStep[],
  context: ExpressionContext,
): (row: Row) => Row | undefined {
  const parts = steps.map((step) => {
    if (step.kind === 'project') return compileProjection(step.exprs, context)
    const passes = compilePredicate(step.predicate, context)
    return (row: Row) => (passes(row) ? row : undefined)
  })
  return (row) => {
    let result: Row | undefined = row
    for (const part of parts) {
      result = part(result)
      if (result === undefined) return undefined
    }
    return result
  }
}
