/** Tables that the lookup joins of a program ask; their rows come from the host. */
import { nodesInOrder } from './graph.ts'
import type { ChangelogProgram } from './plan.ts'

export function lookupTables(program: ChangelogProgram): string[] {
  const nodes = nodesInOrder(program.sinks.map(({ plan }) => plan))
  return [...new Set(nodes.flatMap((node) => (node.kind === 'lookup-join' ? [node.table] : [])))]
}
