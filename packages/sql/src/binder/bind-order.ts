/**
 * ORDER BY and DISTINCT of a SELECT over streams (spec 2.7, 2.16). A stream is sorted within the steps of a leading expression
 * that grows with ROWTIME, or by a time of its own WITHIN an interval; it is made distinct along an item that grows.
 */
import { codes } from '../diagnostic/codes.ts'
import { sameExpr, some } from '../expression/expr-tools.ts'
import { foldExpression } from '../expression/fold-expression.ts'
import { columnOf } from '../expression/node-tools.ts'
import { typeText } from '../functions/index.ts'
import type { Expr, PlanNode } from '../plan.ts'
import type { Span } from '../span.ts'
import type { SelectQuery, SortItem } from '../syntax/tree.ts'
import { bindExpression, type ExpressionScope } from './bind-expression.ts'
import { constantMilliseconds } from './bind-window.ts'
import type { BinderContext } from './context.ts'
import { grows, leadingOrder, overRowtime } from './monotonic.ts'
import type { BoundItem } from './select-items.ts'

export interface OrderKey {
  readonly expr: Expr
  readonly descending: boolean
  readonly span: Span
}

/** The keys of ORDER BY; a key may be the alias or the number of a select item. Streams are in the order of ROWTIME anyway. */
export function bindOrder(
  context: BinderContext,
  select: SelectQuery,
  env: ExpressionScope,
  items: readonly BoundItem[],
  bound: readonly (Expr | undefined)[],
  override: Expr | undefined,
): OrderKey[] {
  const keys = select.orderBy.map((item) => ({
    expr: orderExpr(context, select, env, item, items, bound, override),
    descending: item.descending,
    span: item.span,
  }))
  if (select.within !== undefined) checkTimeSort(context, keys, override)
  return keys
}

function orderExpr(
  context: BinderContext,
  select: SelectQuery,
  env: ExpressionScope,
  item: SortItem,
  items: readonly BoundItem[],
  bound: readonly (Expr | undefined)[],
  override: Expr | undefined,
): Expr {
  const { expression } = item
  if (expression.kind === 'name' && expression.parts.length === 1) {
    const { name } = expression.parts[0]!
    if (name === 'ROWTIME' && override !== undefined) return override
    const index = items.findIndex((each) => 'kind' in each && each.alias?.name === name)
    const aliased = index < 0 ? undefined : bound[index]
    if (aliased !== undefined) return { ...aliased, span: item.span }
  }
  if (expression.kind === 'number' && /^\d+$/.test(expression.text)) {
    const found = bound[Number(expression.text) - 1]
    if (found !== undefined) return { ...found, span: item.span }
    return context.diagnostics.fail(
      codes.unknownColumn,
      item.span,
      `ORDER BY ${expression.text} names an item of the select list, which has ${bound.length}. Write a number from 1 to ${bound.length}.`,
    )
  }
  const clause = { ...env, clause: 'ORDER BY' }
  if (expression.kind === 'name' || override !== undefined || select.groupBy !== undefined)
    return bindExpression(context, clause, expression)
  return bindExpression(context, { ...clause, replace: qualifiedTime(context, env) }, expression)
}

/**
 * Inside an expression ROWTIME has to say whose it is: alone it is the time of the row about to be produced, which sorting
 * is still to decide (spec 2.16). As a key by itself it is the order that the rows come in.
 */
function qualifiedTime(
  context: BinderContext,
  env: ExpressionScope,
): NonNullable<ExpressionScope['replace']> {
  return (part) => {
    if (part.kind === 'name' && part.parts.length === 1 && part.parts[0]!.name === 'ROWTIME')
      return context.diagnostics.fail(
        codes.badRowtime,
        part.span,
        'ROWTIME within an expression of ORDER BY needs the name of its stream. Write for example ORDER BY FLOOR(s.ROWTIME TO MINUTE), x.',
      )
    return env.replace?.(part)
  }
}

function checkTimeSort(context: BinderContext, keys: readonly OrderKey[], override: Expr | undefined): void {
  const [key, second] = keys
  const refuse = (span: Span, problem: string): never =>
    context.diagnostics.fail(
      codes.badRowtime,
      span,
      `${problem} Write SELECT STREAM t AS ROWTIME, ... ORDER BY t WITHIN INTERVAL '10' SECOND.`,
    )
  if (key === undefined) return
  if (second !== undefined) refuse(second.span, 'ORDER BY ... WITHIN sorts by one time.')
  if (key.descending) refuse(key.span, 'ORDER BY ... WITHIN sorts ascending, as ROWTIME is.')
  if (key.expr.type.kind !== 'TIMESTAMP')
    refuse(key.span, `ORDER BY ... WITHIN sorts by a TIMESTAMP, not by ${typeText(key.expr.type)}.`)
  if (override === undefined || !sameExpr(override, key.expr))
    refuse(key.span, 'the expression of ORDER BY ... WITHIN has to be in the select list AS ROWTIME.')
  if (some(key.expr, (part) => part.kind === 'rowtime'))
    refuse(
      key.span,
      'rows come in the order of ROWTIME already; ORDER BY ... WITHIN sorts by a time of their own.',
    )
}

/** The node in the order of the keys, which are over its row. */
export function sorted(
  context: BinderContext,
  node: PlanNode,
  keys: readonly OrderKey[],
  select: SelectQuery,
): PlanNode {
  const [first] = keys
  if (first === undefined) return node
  const columns = node.schema.fields.map((field, i) => columnOf(field, i, node.span))
  const exprs = keys.map(({ expr }) => foldExpression(expr, context.functions.scalar))
  const sort = { kind: 'rows', input: node, args: [...columns, ...exprs], passed: columns.length } as const
  const rest = { schema: node.schema, span: first.span }
  if (select.within !== undefined) {
    const ms = constantMilliseconds(context, select.within, 'the time of WITHIN')
    return { ...sort, operator: { kind: 'time-sort', ms }, ...rest }
  }
  const lead = first.descending ? undefined : leadingOrder(context, exprs[0]!, node)
  if (lead === undefined) {
    return context.diagnostics.fail(
      codes.notMonotonic,
      first.span,
      'a stream has no end, so it can be sorted only within steps of time: the first expression of ORDER BY has to grow with ROWTIME, ascending. Write for example ORDER BY FLOOR(s.ROWTIME TO MINUTE), x DESC; or SELECT STREAM t AS ROWTIME, ... ORDER BY t WITHIN INTERVAL ....',
    )
  }
  // Rows come in the order of ROWTIME anyway.
  if (lead.nextStep === undefined && exprs.length === 1) return node
  const nextStep =
    lead.nextStep === undefined ? undefined : foldExpression(lead.nextStep, context.functions.scalar)
  const descending = keys.map((key) => key.descending)
  return { ...sort, operator: { kind: 'sort', descending, nextStep }, ...rest }
}

/**
 * The first row of each combination of the projection's columns. ROWTIME among them does not count for comparing; where it
 * alone grows, no combination can ever be forgotten.
 */
export function distinctRows(
  context: BinderContext,
  project: PlanNode,
  items: readonly Expr[],
  input: PlanNode,
  select: SelectQuery,
): PlanNode {
  const growing = items.map((item) => grows(item, input))
  if (!growing.includes(true)) {
    return context.diagnostics.fail(
      codes.notMonotonic,
      select.span,
      'SELECT DISTINCT on a stream needs an item that grows with ROWTIME, else every combination would have to be remembered for ever. Add for example FLOOR(s.ROWTIME TO HOUR) to the list, or wrap what never falls in MONOTONIC(...).',
    )
  }
  const columns = project.schema.fields.map((field, i) => columnOf(field, i, project.span))
  const isTime = items.map((item) => item.kind === 'rowtime' || overRowtime(item, input)?.kind === 'rowtime')
  const compared = columns.filter((_, i) => !isTime[i])
  const operands = compared.length > 0 ? compared : columns.slice(0, 1)
  const moving = operands.flatMap((column, i) =>
    column.kind === 'column' && growing[column.index] === true ? [i] : [],
  )
  return {
    kind: 'rows',
    input: project,
    args: [...columns, ...operands],
    passed: columns.length,
    operator: { kind: 'distinct', compared: operands.length, moving },
    schema: project.schema,
    span: project.span,
  }
}
