import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { AsyncProjectNode } from '../plan.ts'

export function makeAsyncProject(node: AsyncProjectNode, _: OperatorContext, __: Port): Operator {
  throw new Error(`changelog: ${node.fn}`)
}
