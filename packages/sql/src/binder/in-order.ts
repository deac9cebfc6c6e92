/**
 * Where rows have times of their own (`expr AS ROWTIME` in a subquery or view) and what reads them counts on ascending ones:
 * windows, groups, joins and table functions. There a node stands between that drops rows out of order. A stream needs
 * none: it takes rows in order only.
 */
import type { PlanNode } from '../plan.ts'
import { keepsTimes } from './monotonic.ts'

export function inOrder(node: PlanNode): PlanNode {
  if (!givesTimes(node)) return node
  const { schema, span } = node
  const args = schema.fields.map(
    ({ type, nullable }, index) => ({ kind: 'column', index, type, nullable, span }) as const,
  )
  return {
    kind: 'rows',
    input: node,
    args,
    passed: args.length,
    operator: { kind: 'in-order' },
    schema,
    span,
  }
}

function givesTimes(node: PlanNode): boolean {
  switch (node.kind) {
    case 'project':
      return node.rowtime !== undefined || givesTimes(node.input)
    case 'filter':
    case 'lookup-join':
    case 'over':
      return givesTimes(node.input)
    case 'union':
      return node.inputs.some(givesTimes)
    case 'rows':
      return node.operator.kind !== 'in-order' && keepsTimes.has(node.operator.kind) && givesTimes(node.input)
    default:
      return false
  }
}
