/**
 * Whether time alone can bring rows out of a program: groups that end, and rows of an outer windowed join whose window
 * ends without a match. Other state only forgets by time, and need not be told of it while nothing arrives.
 */
import type { PlanNode, Program } from '@millrace/sql'

export function waitsForTime(program: Program): boolean {
  return program.pumps.some((pump) => !pump.stopped && nodeWaits(pump.plan))
}

/** Operators whose rows come out when they arrive; and the time sort, which looks at the times in its rows alone. */
const atOnce: ReadonlySet<string> = new Set([
  'in-order',
  'distinct',
  'time-sort',
  'random-cut-forest',
  'hotspots',
])

function nodeWaits(node: PlanNode): boolean {
  switch (node.kind) {
    case 'group':
      return true
    case 'rows':
      return !atOnce.has(node.operator.kind) || nodeWaits(node.input)
    case 'window-join':
      return node.join !== 'inner' || nodeWaits(node.left) || nodeWaits(node.right)
    case 'union':
      return node.inputs.some(nodeWaits)
    case 'scan':
      return false
    case 'table-source':
      return true
    default:
      return nodeWaits(node.input)
  }
}
