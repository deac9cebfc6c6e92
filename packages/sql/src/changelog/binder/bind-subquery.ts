/**
 * Subqueries in conditions (spec 3.6): IN and EXISTS become semi joins, NOT IN and NOT EXISTS anti joins, over windows where
 * both sides carry the same windows. The subquery may speak of the rows around it in its WHERE. Subqueries as values are in
 * scalar-subqueries.ts.
 */
import type { ExpressionScope } from '../../binder/bind-expression.ts'
import { asCondition, makeCall } from '../../binder/make-call.ts'
import { resolveName, type Scope } from '../../binder/scope.ts'
import { codes } from '../../diagnostic/codes.ts'
import { conjunction, conjuncts } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { Expression, SelectQuery } from '../../syntax/tree.ts'
import type { ChangelogNode } from '../plan.ts'
import { absorbWhere } from './absorb-where.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import { boundRanks } from './bind-rank.ts'
import type { BoundFrom, FlinkContext } from './context.ts'
import { holdsAggregate, holdsOver, namesIn } from './find-in-tree.ts'
import { joinNode } from './join-nodes.ts'
import { columnOf, makeFilter } from './nodes.ts'
import { ScalarSubqueries } from './scalar-subqueries.ts'
import { stateTtl } from './settings.ts'
import {
  knows,
  type SubqueryPredicate,
  shifted,
  shiftedScope,
  subqueryPredicate,
  treeConjuncts,
} from './subquery-parts.ts'

/** WHERE over a node: conditions on rows first, then those that need another table. */
export function bindWhere(context: FlinkContext, from: BoundFrom, where: Expression): ChangelogNode {
  const { scope } = from
  const scalars = new ScalarSubqueries(context, scope)
  const env: ExpressionScope = {
    scope,
    sink: undefined,
    clause: 'WHERE',
    replace: (expression) => scalars.replace(expression),
  }
  const predicates: SubqueryPredicate[] = []
  const bound: Expr[] = []
  for (const part of treeConjuncts(where)) {
    const predicate = subqueryPredicate(part)
    if (predicate !== undefined) predicates.push(predicate)
    else {
      const expr = bindFlinkExpression(context, env, part)
      bound.push(...conjuncts(asCondition(context.base, expr, 'the WHERE condition')))
    }
  }
  const plain = bound.filter((expr) => !scalars.isIn(expr))
  const absorbed = absorbWhere(context, from, plain)
  const ranked = boundRanks(context, absorbed.from.node, absorbed.rest)
  let node = filtered(ranked.node, ranked.rest, where.span)
  for (const predicate of predicates) node = joinPredicate(context, node, scope, predicate)
  const rest = bound.filter((expr) => scalars.isIn(expr))
  if (rest.length === 0) return node
  node = scalars.join(node)
  return filtered(
    node,
    rest.map((expr) => scalars.finish(expr)),
    where.span,
  )
}

function filtered(node: ChangelogNode, parts: readonly Expr[], span: Span): ChangelogNode {
  const predicate = conjunction(parts)
  return predicate === undefined ? node : makeFilter(node, predicate, span)
}

/** What a subquery is joined by: its rows, the values that IN compares with, and what its WHERE says of both sides. */
interface BoundSubquery {
  readonly node: ChangelogNode
  /** Over the joined row. */
  readonly values: readonly Expr[]
  readonly correlation: readonly Expr[]
}

function joinPredicate(
  context: FlinkContext,
  left: ChangelogNode,
  scope: Scope,
  predicate: SubqueryPredicate,
): ChangelogNode {
  const { operand, negated, span } = predicate
  const right = bindSubquery(context, left, scope, predicate)
  const env: ExpressionScope = { scope, sink: undefined, clause: 'WHERE' }
  const operands = operand === undefined ? [] : operand.kind === 'row' ? operand.elements : [operand]
  if (operand !== undefined && operands.length !== right.values.length) {
    context.base.diagnostics.fail(
      codes.badSubquery,
      predicate.query.span,
      `IN compares ${operands.length} value${operands.length === 1 ? '' : 's'} with a subquery of ${right.values.length} columns. Select equally many.`,
    )
  }
  const compared = operands.map((each, i) => {
    const value = bindFlinkExpression(context, env, each)
    return makeCall(context.base, '=', [value, right.values[i]!], span)
  })
  const condition = [...compared, ...right.correlation]
  const unknowns = negated && compared.some((expr) => expr.nullable)
  const beyondWindows = right.correlation.filter((part) => !equatesWindows(left, right.node, part))
  if (unknowns && beyondWindows.length > 0) {
    context.base.diagnostics.fail(
      codes.notSupported,
      span,
      'NOT IN with values that may be NULL is not supported where the subquery speaks of the rows around it. Write NOT EXISTS, which takes NULL as unequal.',
    )
  }
  const ttl = stateTtl(context, span)
  return joinNode(context, {
    left: { node: left, ttl },
    right: { node: right.node, ttl },
    join: negated ? 'anti' : 'semi',
    conditions: condition,
    nullAware: unknowns,
    span,
  })
}

/** left.window_start = right.window_start, and the same of the ends: windows meet without a comparison of NULLs. */
function equatesWindows(left: ChangelogNode, right: ChangelogNode, part: Expr): boolean {
  const [a, b] = [left.traits.window, right.traits.window]
  if (a === undefined || b === undefined || part.kind !== 'call' || part.fn !== '=') return false
  const columns = part.args.map((arg) => (arg.kind === 'column' ? arg.index : -1))
  const meets = (x: number | undefined, y: number | undefined): boolean =>
    x !== undefined &&
    y !== undefined &&
    columns.includes(x) &&
    columns.includes(y + left.schema.fields.length)
  return meets(a.start, b.start) || meets(a.end, b.end)
}

function bindSubquery(
  context: FlinkContext,
  left: ChangelogNode,
  scope: Scope,
  predicate: SubqueryPredicate,
): BoundSubquery {
  const { query } = predicate
  const width = left.schema.fields.length
  const correlated =
    query.kind === 'select' ? bindCorrelated(context, width, scope, query, predicate) : undefined
  if (correlated !== undefined) return correlated
  const node = context.bind.query(context, query)
  const values =
    predicate.operand === undefined
      ? []
      : node.schema.fields.map((_, i) => shifted(columnOf(node, i, query.span), width))
  return { node, values, correlation: [] }
}

/** The subquery taken apart if its WHERE speaks of the rows around it; undefined if it does not. */
function bindCorrelated(
  context: FlinkContext,
  width: number,
  outer: Scope,
  query: SelectQuery,
  predicate: SubqueryPredicate,
): BoundSubquery | undefined {
  if (query.from === undefined || query.where === undefined) return undefined
  const parts = treeConjuncts(query.where).map((expression) => ({ expression, names: namesIn(expression) }))
  if (!parts.some(({ names }) => names.some((name) => knows(outer, name.parts[0]!.name)))) return undefined
  const from = context.bind.from(context, query.from)
  const isOuter = (parts: readonly { readonly name: string }[]): boolean =>
    !knows(from.scope, parts[0]!.name) && knows(outer, parts[0]!.name)
  if (!parts.some(({ names }) => names.some((name) => isOuter(name.parts)))) return undefined
  refuseShape(context, query)
  const env: ExpressionScope = {
    scope: shiftedScope(from.scope, width),
    sink: undefined,
    clause: 'a subquery',
    replace: (expression) =>
      expression.kind === 'name' && isOuter(expression.parts)
        ? resolveName(outer, expression.parts, expression.span, context.base.diagnostics, 'flink')
        : undefined,
  }
  const correlation: Expr[] = []
  let { node } = from
  const own: Expression[] = []
  for (const { expression, names } of parts) {
    if (!names.some((name) => isOuter(name.parts))) own.push(expression)
    else {
      const expr = bindFlinkExpression(context, env, expression)
      correlation.push(...conjuncts(asCondition(context.base, expr, 'the WHERE condition')))
    }
  }
  for (const expression of own) node = bindWhere(context, { node, scope: from.scope }, expression)
  const values =
    predicate.operand === undefined
      ? []
      : query.items.map((item) =>
          item.kind === 'item'
            ? bindFlinkExpression(context, env, item.expression)
            : context.base.diagnostics.fail(
                codes.badSubquery,
                item.span,
                'name the column that IN compares with instead of *.',
              ),
        )
  return { node, values, correlation }
}

function refuseShape(context: FlinkContext, query: SelectQuery): void {
  const list = query.items.flatMap((item) => (item.kind === 'item' ? [item.expression] : []))
  const shape =
    query.groupBy !== undefined ||
    query.having !== undefined ||
    list.some((each) => holdsAggregate(context, each))
      ? 'groups'
      : query.limit !== undefined
        ? 'has LIMIT'
        : list.some(holdsOver)
          ? 'has OVER'
          : undefined
  if (shape === undefined) return
  context.base.diagnostics.fail(
    codes.badSubquery,
    query.span,
    `a subquery that ${shape} may not speak of the rows around it. Join with a subquery that is grouped by the compared columns instead.`,
  )
}
