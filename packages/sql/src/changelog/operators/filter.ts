/** Rows for which the predicate is TRUE. */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { FilterNode } from '../plan.ts'
import { makeCalc } from './calc.ts'

export function makeFilter(node: FilterNode, context: OperatorContext, out: Port): Operator {
  const retracts = node.input.traits.changes === 'retract'
  return makeCalc({ steps: [{ kind: 'filter', predicate: node.predicate }], retracts }, context, out)
}
