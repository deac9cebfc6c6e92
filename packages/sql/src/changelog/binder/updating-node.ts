/** Which node of a plan makes updates, in words, for those who cannot take them. */
import type { ChangelogNode } from '../plan.ts'
import { inputsOf } from './nodes.ts'

/** The lowest node on the way down whose changes are not those of its inputs; `node` itself puts out updates. */
export function updatingNode(node: ChangelogNode): ChangelogNode {
  const below = inputsOf(node).find((input) => input.traits.changes === 'retract')
  return below === undefined ? node : updatingNode(below)
}

export function describeUpdates(node: ChangelogNode): string {
  switch (node.kind) {
    case 'source':
    case 'normalize':
      return 'it reads a table whose rows change'
    case 'aggregate':
      return 'a GROUP BY without windows changes its results with every row'
    case 'join':
      return `a ${node.join === 'anti' ? 'NOT IN or NOT EXISTS' : `${node.join} join`} takes back rows without a partner when one comes`
    case 'rank':
      return 'a Top-N changes when better rows come'
    case 'dedup':
      return 'keeping one row for each key replaces it'
    case 'set-operation':
      return `${node.op.toUpperCase()} takes back rows`
    case 'window-aggregate':
      return 'windows with early results correct them'
    default:
      return `${node.kind} changes its rows`
  }
}
