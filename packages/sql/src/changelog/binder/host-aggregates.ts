/**
 * Aggregates of the host where they have to take rows back, or to add one accumulator to another: those that cannot are
 * refused before a row has come.
 */
import { codes } from '../../diagnostic/codes.ts'
import type { AggregateNode, OverNode, WindowAggregateNode } from '../plan.ts'
import type { FlinkContext } from './context.ts'

export function checkHostAggregates<N extends AggregateNode | OverNode | WindowAggregateNode>(
  context: FlinkContext,
  node: N,
): N {
  for (const call of node.calls) {
    const host = [...context.hosts.values()].find((each) => each.name.toUpperCase() === call.fn)
    if (host?.kind !== 'aggregate') continue
    const retracts = reasonToRetract(node)
    if (retracts !== undefined && host.retract === undefined) {
      context.base.diagnostics.fail(
        codes.needsAppend,
        call.span,
        `${host.name} cannot take rows back, but ${retracts}. Give the function \`retract\`, or use it where rows are only added.`,
      )
    }
    const merges = reasonToMerge(node)
    if (merges !== undefined && host.merge === undefined) {
      context.base.diagnostics.fail(
        codes.badWindow,
        call.span,
        `${host.name} cannot merge what it has gathered, but ${merges}. Give the function \`merge\`, or use TUMBLE.`,
      )
    }
  }
  return node
}

function reasonToRetract(node: AggregateNode | OverNode | WindowAggregateNode): string | undefined {
  if (node.kind === 'over')
    return node.frame.preceding === Number.POSITIVE_INFINITY ? undefined : 'rows leave the frame'
  return node.input.traits.changes === 'retract' ? 'its input changes rows that it gave before' : undefined
}

function reasonToMerge(node: AggregateNode | OverNode | WindowAggregateNode): string | undefined {
  if (node.kind !== 'window-aggregate') return undefined
  switch (node.window.kind) {
    case 'hop':
    case 'cumulate':
      return `windows of ${node.window.kind.toUpperCase()} share their rows`
    case 'session':
      return 'sessions grow together'
    default:
      return undefined
  }
}
