/**
 * Warns of operators whose state grows without bound: regular joins, aggregations without windows, Top-N and first or last
 * rows by key, set operations, where no time to live is set. Once for each node; tables that end are not told apart.
 */
import { codes } from '../../diagnostic/codes.ts'
import type { DiagnosticList } from '../../diagnostic/diagnostic.ts'
import type { Span } from '../../span.ts'
import type { ChangelogNode } from '../plan.ts'
import { inputsOf } from './nodes.ts'

const advice =
  "SET 'table.exec.state.ttl' = '1 d' forgets what was idle for so long, at the price of wrong results for what comes later"

export interface UnboundedScope {
  readonly diagnostics: DiagnosticList
  /** Nodes that were warned of. */
  readonly seen: WeakSet<ChangelogNode>
  /** Nodes whose spans, and those below, point into another text. */
  readonly foreign: ReadonlySet<ChangelogNode>
  /** Where to point for those. */
  readonly span: Span
}

export function warnUnbounded(scope: UnboundedScope, node: ChangelogNode, isForeign = false): void {
  if (scope.seen.has(node)) return
  scope.seen.add(node)
  const foreign = isForeign || scope.foreign.has(node)
  const problem = unboundedState(node)
  if (problem !== undefined)
    scope.diagnostics.report(codes.unboundedState, foreign ? scope.span : node.span, problem)
  for (const input of inputsOf(node)) warnUnbounded(scope, input, foreign)
}

function unboundedState(node: ChangelogNode): string | undefined {
  switch (node.kind) {
    case 'join': {
      if (node.leftTtl > 0 && node.rightTtl > 0) return undefined
      if (isFixed(node)) return undefined
      const meets =
        node.condition.leftKeys.length === 0
          ? 'has no equality, so that each row meets all rows of the other side, and '
          : ''
      return `this join ${meets}keeps the rows of both sides for ever. Bound the distance of their times in ON (a.ts BETWEEN b.ts - INTERVAL '1' HOUR AND b.ts), or join windows, or: ${advice}.`
    }
    case 'aggregate':
      if (node.ttl > 0 || node.keys.length === 0 || isFixed(node.input)) return undefined
      return node.calls.length === 0
        ? `DISTINCT keeps every combination of values for ever. Add a window, or: ${advice}.`
        : `this aggregation keeps every group for ever. Group by windows (TUMBLE, HOP, ...), or: ${advice}.`
    case 'rank':
      if (node.ttl > 0 || node.partition.length === 0 || isFixed(node.input)) return undefined
      return `this Top-N keeps rows of every partition for ever. Rank within windows, or: ${advice}.`
    case 'dedup':
      if (node.ttl > 0 || isFixed(node.input)) return undefined
      return `a row of every key is kept for ever. Do it within windows, or: ${advice}.`
    case 'set-operation':
      return isFixed(node.left) && isFixed(node.right)
        ? undefined
        : `${node.op.toUpperCase()} keeps the rows of both sides for ever. Use a join of windows instead where that serves.`
    default:
      return undefined
  }
}

/** Whether all rows below come out of VALUES, so that they end. */
function isFixed(node: ChangelogNode): boolean {
  return node.kind !== 'source' && inputsOf(node).every(isFixed)
}
