/**
 * The expressions of a node, whatever they are over.
 */
import type { Expr } from '../../plan.ts'
import type { AggregateCall, ChangelogNode, JoinCondition } from '../plan.ts'

export function exprsOf(node: ChangelogNode): readonly Expr[] {
  switch (node.kind) {
    case 'watermark':
      return [node.watermark]
    case 'values':
      return node.rows.flat()
    case 'filter':
      return [node.predicate]
    case 'project':
      return node.exprs
    case 'async-project':
      return node.args
    case 'aggregate':
    case 'window-aggregate':
    case 'over':
      return node.calls.flatMap(exprsOfCall)
    case 'join':
    case 'interval-join':
    case 'temporal-join':
    case 'window-join':
      return exprsOfCondition(node.condition)
    case 'lookup-join':
      return [...node.inputKeys, ...optional(node.residual)]
    case 'correlate':
      return [
        ...(node.source.kind === 'unnest' ? [node.source.collection] : node.source.args),
        ...optional(node.residual),
      ]
    case 'match':
      return [
        ...node.measures,
        ...node.define.map(({ condition }) => condition),
        ...node.references.flatMap((reference) =>
          reference.kind === 'aggregate'
            ? exprsOfCall(reference.call)
            : 'expr' in reference
              ? [reference.expr]
              : [],
        ),
      ]
    default:
      return []
  }
}

export function exprsOfCall(call: AggregateCall): readonly Expr[] {
  return [...call.args, ...optional(call.filter)]
}

export function exprsOfCondition(condition: JoinCondition): readonly Expr[] {
  return [...condition.leftKeys, ...condition.rightKeys, ...optional(condition.residual)]
}

function optional(expr: Expr | undefined): readonly Expr[] {
  return expr === undefined ? [] : [expr]
}
