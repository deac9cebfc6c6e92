/**
 * ORDER BY, LIMIT and OFFSET of a SELECT (spec 3.6): sorted by time as it passes, Top-N without a partition, the first rows,
 * or refused.
 */
import { codes } from '../../diagnostic/codes.ts'
import { foldExpression } from '../../expression/fold-expression.ts'
import type { Expression, SelectQuery } from '../../syntax/tree.ts'
import type { ChangelogNode, SortKey } from '../plan.ts'
import { requireAppend } from './append-only.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import type { FlinkContext } from './context.ts'
import { makeLimit, makeRank, makeSort } from './nodes.ts'
import { stateTtl } from './settings.ts'
import { timeAttribute } from './traits.ts'

/** `order`: over columns of the node. */
export function bindOrder(
  context: FlinkContext,
  node: ChangelogNode,
  select: SelectQuery,
  order: readonly SortKey[],
): ChangelogNode {
  const { diagnostics } = context.base
  const limit = bindCount(context, select.limit, 'LIMIT')
  const offset = bindCount(context, select.offset, 'OFFSET') ?? 0
  if (limit === undefined && select.offset !== undefined) {
    diagnostics.fail(
      codes.badSort,
      select.offset.span,
      'OFFSET without LIMIT leaves a table without an end. Add LIMIT, or leave OFFSET out.',
    )
  }
  const [first] = order
  if (first === undefined)
    return limit === undefined ? node : makeLimit({ input: node, offset, limit, span: select.span })
  if (limit === 0) return makeLimit({ input: node, offset: 0, limit, span: select.span })
  if (limit !== undefined) {
    return makeRank({
      input: node,
      partition: [],
      order,
      from: offset + 1,
      to: offset + limit,
      number: false,
      ttl: stateTtl(context, select.span),
      span: select.span,
    })
  }
  const item = select.orderBy[0]!
  const time = timeAttribute(node.traits, first.column)
  if (time === undefined || first.descending) {
    const { fields } = node.schema
    const attributes = node.traits.times.map((each) => `"${fields[each.column]?.name}"`).join(', ')
    return diagnostics.fail(
      codes.badSort,
      item.span,
      `an endless table can only be sorted by a time attribute first, ascending. ${attributes === '' ? 'None of the selected columns is one' : `Time attributes here: ${attributes}`}; add LIMIT to keep the first rows in this order.`,
    )
  }
  requireAppend(context, node, 'ORDER BY', item.span)
  return makeSort({ input: node, time, order, span: select.span })
}

function bindCount(
  context: FlinkContext,
  expression: Expression | undefined,
  what: string,
): number | undefined {
  if (expression === undefined) return undefined
  const { diagnostics, functions } = context.base
  const env = {
    scope: { sources: [], rowtime: undefined, merged: new Map() },
    sink: undefined,
    clause: what,
  }
  const expr = foldExpression(bindFlinkExpression(context, env, expression), functions.scalar)
  const value = expr.kind === 'literal' && expr.value !== null ? Number(expr.value) : Number.NaN
  const isWhole = expr.type.kind === 'INTEGER' || expr.type.kind === 'BIGINT'
  if (isWhole && Number.isSafeInteger(value) && value >= 0) return value
  return diagnostics.fail(
    codes.badSort,
    expression.span,
    `${what} takes a constant whole number of rows, 0 or more. Write for example ${what} 10.`,
  )
}
