/**
 * Constant folding in every expression of a plan. A filter that is always true disappears. A filter that is never true
 * stays: its node still counts the rows that it drops.
 */
import { foldExpression, type ScalarLookup } from '../expression/fold-expression.ts'
import { mapExprs, mapNodes } from '../expression/node-tools.ts'
import type { PlanNode } from '../plan.ts'

export function foldConstants(plan: PlanNode, lookup: ScalarLookup): PlanNode {
  return mapNodes(plan, (node) => {
    const folded = mapExprs(node, (expr) => foldExpression(expr, lookup))
    const isTrue =
      folded.kind === 'filter' && folded.predicate.kind === 'literal' && folded.predicate.value === true
    return isTrue ? folded.input : folded
  })
}
