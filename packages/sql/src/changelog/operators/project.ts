/** Each row as the values of expressions over it. */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { ProjectNode } from '../plan.ts'
import { makeCalc } from './calc.ts'

export function makeProject(node: ProjectNode, context: OperatorContext, out: Port): Operator {
  const retracts = node.input.traits.changes === 'retract'
  return makeCalc({ steps: [{ kind: 'project', exprs: node.exprs }], retracts }, context, out)
}
