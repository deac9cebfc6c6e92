/**
 * SELECT of Flink SQL. From below: its sources, WHERE with its subqueries, the group, HAVING, OVER, subqueries as values,
 * the projection, DISTINCT, ORDER BY with LIMIT.
 */
import type { ExpressionScope } from '../../binder/bind-expression.ts'
import { asCondition } from '../../binder/make-call.ts'
import { columnExpr, findSource, type Scope } from '../../binder/scope.ts'
import { codes } from '../../diagnostic/codes.ts'
import { conjunction, conjuncts, sameExpr } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import { columnsMax } from '../../syntax/limits.ts'
import type { Expression, SelectItem, SelectQuery, SortItem, WindowSpec } from '../../syntax/tree.ts'
import type { ChangelogNode, SortKey } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import { GroupBuilder, plainRows, type RowSource } from './bind-group.ts'
import { bindOrder } from './bind-order.ts'
import { OverBuilder } from './bind-over.ts'
import { bindWhere } from './bind-subquery.ts'
import type { BoundFrom, FlinkContext } from './context.ts'
import { holdsAggregate } from './find-in-tree.ts'
import { groupByColumns } from './grouping.ts'
import { withHints } from './hints.ts'
import { hoistAsync } from './hoist-async.ts'
import { columnOf, makeFilter, makeProject, makeValues, namesOf } from './nodes.ts'
import { ScalarSubqueries } from './scalar-subqueries.ts'
import { sortKey } from './sort-keys.ts'

export function bindSelect(context: FlinkContext, select: SelectQuery): ChangelogNode {
  const { diagnostics } = context.base
  refuseClauses(context, select)
  const hinted = withHints(context, select.hints)
  const from = select.from === undefined ? oneRow(select) : context.bind.from(hinted, select.from)
  const { scope } = from
  const below = select.where === undefined ? from.node : bindWhere(hinted, from, select.where)
  const items = expandStars(context, select.items, scope)
  if (items.length > columnsMax) {
    diagnostics.fail(
      codes.tooManyColumns,
      select.span,
      `the select list has ${items.length} columns; ${columnsMax} are allowed. Split the query.`,
    )
  }
  const grouped = isGrouped(context, select)
  const rows: RowSource = grouped
    ? new GroupBuilder(hinted, scope, below, select)
    : plainRows(context, scope, below)
  const over = new OverBuilder(context, rows.env, namedWindows(context, select))
  const scalars = new ScalarSubqueries(context, grouped ? undefined : scope)
  const env = listScope(rows.env, over, scalars)

  const bound = items.map((item) =>
    diagnostics.attempt(() => item.expr ?? bindFlinkExpression(context, env, item.expression)),
  )
  const order = select.orderBy.map((item) =>
    diagnostics.attempt(() => orderTarget(context, { ...env, clause: 'ORDER BY' }, item, items)),
  )
  const having = new Having(context, rows, select.having)

  let node = having.apply(rows.close())
  node = scalars.join(over.close(node, (expr) => rows.finish(expr)))
  const finish = (expr: Expr): Expr => scalars.finish(over.finish(rows.finish(expr)))
  const finished = bound.map((expr) => expr && diagnostics.attempt(() => finish(expr)))
  const exprs = finished.filter((expr) => expr !== undefined)
  // Leave only now, so that all faulty items have been reported.
  if (exprs.length < items.length || order.includes(undefined)) return diagnostics.abandon()
  const targets = order.flatMap((target) => target ?? []).map((t) => (typeof t === 'number' ? t : finish(t)))
  return finishSelect(context, select, node, exprs, unique(items.map((item) => item.name)), targets)
}

/** The list's clause: aggregates of the group, OVER, subqueries as values. */
function listScope(rows: ExpressionScope, over: OverBuilder, scalars: ScalarSubqueries): ExpressionScope {
  return {
    ...rows,
    sink: {
      aggregate: (call) =>
        call.over !== undefined || rows.sink === undefined ? over.call(call) : rows.sink.aggregate(call),
    },
    replace: (expression) => scalars.replace(expression) ?? rows.replace?.(expression),
  }
}

class Having {
  readonly #scalars: ScalarSubqueries
  readonly #rows: RowSource
  readonly #parts: readonly Expr[]
  readonly #span: Span | undefined

  constructor(context: FlinkContext, rows: RowSource, having: Expression | undefined) {
    this.#rows = rows
    this.#span = having?.span
    const scalars = new ScalarSubqueries(context, undefined)
    this.#scalars = scalars
    const env: ExpressionScope = {
      ...rows.env,
      clause: 'HAVING',
      replace: (expression) => scalars.replace(expression) ?? rows.env.replace?.(expression),
    }
    this.#parts =
      having === undefined
        ? []
        : conjuncts(
            asCondition(context.base, bindFlinkExpression(context, env, having), 'the HAVING condition'),
          )
  }

  apply(groups: ChangelogNode): ChangelogNode {
    const [first] = this.#parts
    if (first === undefined) return groups
    const scalars = this.#scalars
    const node = this.#parts.some((part) => scalars.isIn(part)) ? scalars.join(groups) : groups
    const predicate = conjunction(this.#parts.map((part) => scalars.finish(this.#rows.finish(part))))
    return makeFilter(node, predicate ?? first, this.#span ?? groups.span)
  }
}

/** Projection and what comes after it. `targets`: what ORDER BY goes by, items by index or other expressions. */
function finishSelect(
  context: FlinkContext,
  select: SelectQuery,
  input: ChangelogNode,
  exprs: readonly Expr[],
  names: readonly string[],
  targets: readonly (number | Expr)[],
): ChangelogNode {
  const { span } = select
  const columns = [...exprs]
  const allNames = [...names]
  const order = targets.map((target, i): SortKey => {
    const item = select.orderBy[i]!
    if (typeof target === 'number') return sortKey(item, target)
    let column = columns.findIndex((each) => sameExpr(each, target))
    if (column < 0) {
      column = columns.push(target) - 1
      const { expression } = item
      allNames.push(expression.kind === 'name' ? expression.parts.at(-1)!.name : `EXPR$${column}`)
    }
    return sortKey(item, column)
  })
  const hidden = columns.length > exprs.length
  if (hidden && select.distinct) {
    context.base.diagnostics.fail(
      codes.badSort,
      select.orderBy[0]!.span,
      'with DISTINCT the rows can only be ordered by selected columns. Add the expression to the select list.',
    )
  }
  // Asynchronous calls come out of the row's way.
  const hoisted = hoistAsync(context, input, columns)
  let node: ChangelogNode = makeProject(hoisted.node, hoisted.exprs, allNames, span)
  if (select.distinct) node = distinct(context, node, span)
  node = bindOrder(context, node, select, order)
  if (!hidden) return node
  const visible = exprs.map((_, i) => columnOf(node, i, span))
  return makeProject(node, visible, names, span)
}

function distinct(context: FlinkContext, input: ChangelogNode, span: Span): ChangelogNode {
  const keys = input.schema.fields.map((_, i) => i)
  const grouped = groupByColumns(context, { input, keys, calls: [], span })
  const asIs = grouped.keys.every((column, i) => column === i) && grouped.keys.length === keys.length
  if (asIs && grouped.node.schema.fields.length === keys.length) return grouped.node
  const exprs = grouped.keys.map((column) => columnOf(grouped.node, column, span))
  return makeProject(grouped.node, exprs, namesOf(input), span)
}

/** SELECT without FROM: one row without columns. */
function oneRow(select: SelectQuery): BoundFrom {
  return {
    node: makeValues([[]], [], select.span),
    scope: { sources: [], rowtime: undefined, merged: new Map() },
  }
}

type ListItem =
  | { readonly expr: Expr; readonly expression?: undefined; readonly name: string; readonly span: Span }
  | { readonly expr?: undefined; readonly expression: Expression; readonly name: string; readonly span: Span }

/** `*` and `source.*`: all columns in the order of FROM; what USING has merged comes once. */
function expandStars(context: FlinkContext, items: readonly SelectItem[], scope: Scope): readonly ListItem[] {
  const hidden = new Set([...scope.merged.values()].map((merged) => merged.hidden))
  let unnamed = 0
  return items.flatMap((item): ListItem[] => {
    if (item.kind === 'item') {
      const { expression, alias, span } = item
      const name =
        alias?.name ??
        (expression.kind === 'name'
          ? expression.parts.at(-1)!.name
          : expression.kind === 'field'
            ? expression.name.name
            : `EXPR$${unnamed++}`)
      return [{ expression, name, span }]
    }
    const { span } = item
    if (item.source === undefined && scope.sources.length === 0) {
      return context.base.diagnostics.fail(codes.unknownRelation, span, '* needs FROM with a table.')
    }
    const sources =
      item.source === undefined ? scope.sources : [findSource(scope, item.source, context.base.diagnostics)]
    return sources.flatMap((source) =>
      source.fields.flatMap((field, i): ListItem[] => {
        if (item.source === undefined && hidden.has(source.offset + i)) return []
        const merged = item.source === undefined ? scope.merged.get(field.name) : undefined
        return [{ expr: merged?.expr ?? columnExpr(source, i, span), name: field.name, span }]
      }),
    )
  })
}

/** Names that come twice get a number, as an outer query could not tell them apart. */
function unique(names: readonly string[]): readonly string[] {
  const taken = new Set(names)
  const used = new Set<string>()
  return names.map((name) => {
    let own = name
    for (let i = 0; used.has(own); i++) {
      const next = `${name}${i}`
      if (!taken.has(next)) own = next
    }
    used.add(own)
    return own
  })
}

/** An item of ORDER BY: the index of a select item by its name or number, or an expression. */
function orderTarget(
  context: FlinkContext,
  env: ExpressionScope,
  item: SortItem,
  items: readonly ListItem[],
): number | Expr {
  const { expression } = item
  if (expression.kind === 'number') {
    const place = Number(expression.text)
    if (Number.isInteger(place) && place >= 1 && place <= items.length) return place - 1
    return context.base.diagnostics.fail(
      codes.badSort,
      item.span,
      `ORDER BY ${expression.text} names no select item; there are ${items.length}.`,
    )
  }
  if (expression.kind === 'name' && expression.parts.length === 1) {
    const { name } = expression.parts[0]!
    const found = items.flatMap((each, i) => (each.name === name ? [i] : []))
    if (found.length === 1) return found[0]!
  }
  return bindFlinkExpression(context, env, expression)
}

function isGrouped(context: FlinkContext, select: SelectQuery): boolean {
  if (select.groupBy !== undefined || select.having !== undefined) return true
  return (
    select.items.some((item) => item.kind === 'item' && holdsAggregate(context, item.expression)) ||
    select.orderBy.some((item) => holdsAggregate(context, item.expression))
  )
}

function namedWindows(context: FlinkContext, select: SelectQuery): ReadonlyMap<string, WindowSpec> {
  const windows = new Map<string, WindowSpec>()
  for (const { name, spec } of select.windows) {
    if (windows.has(name.name)) {
      context.base.diagnostics.fail(
        codes.duplicateName,
        name.span,
        `the window "${name.name}" is declared twice. Rename one of them.`,
      )
    }
    windows.set(name.name, spec)
  }
  return windows
}

function refuseClauses(context: FlinkContext, select: SelectQuery): void {
  const { stagger, within } = select
  const foreign = stagger?.span ?? within?.span
  if (foreign === undefined) return
  context.base.diagnostics.fail(
    codes.notSupported,
    foreign,
    stagger === undefined
      ? 'ORDER BY ... WITHIN belongs to KDA SQL. Declare WATERMARK FOR the column, and sort by it.'
      : 'WINDOWED BY STAGGER belongs to KDA SQL. Use GROUP BY with a window table function.',
  )
}
