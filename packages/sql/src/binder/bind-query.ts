/**
 * Queries to plan nodes. A SELECT becomes, from below: its sources, a filter for WHERE, a group or windows, a filter for
 * HAVING, a projection. UNION ALL joins branches whose columns were brought to common types.
 */
import type { Field, SqlType } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { commonType, typeText } from '../functions/index.ts'
import type { Expr, PlanNode } from '../plan.ts'
import type { Span } from '../span.ts'
import { columnsMax } from '../syntax/limits.ts'
import type { Query, SelectQuery, SetQuery, WindowSpec } from '../syntax/tree.ts'
import { bindExpression, type ExpressionScope } from './bind-expression.ts'
import { bindFrom, withRowtimes } from './bind-from.ts'
import { GroupBuilder } from './bind-group.ts'
import { bindLogFields, isLogCall } from './bind-log.ts'
import { bindOrder, distinctRows, sorted } from './bind-order.ts'
import { OverBuilder } from './bind-over.ts'
import { Subqueries } from './bind-subquery.ts'
import { deriveTable, isTableQuery } from './bind-table.ts'
import type { BinderContext } from './context.ts'
import { inOrder } from './in-order.ts'
import { asCondition, castTo } from './make-call.ts'
import { rowFieldMark, rowtimeName } from './scope.ts'
import { type BoundItem, expandStars, nameOf } from './select-items.ts'

/** `expected`: the types of the target's columns, which a bare NULL takes. */
export function bindQuery(
  context: BinderContext,
  query: Query,
  expected: readonly (SqlType | undefined)[] = [],
): PlanNode {
  switch (query.kind) {
    case 'select':
      return bindSelect(context, query, expected)
    case 'set':
      return bindSet(context, query, expected)
    case 'with':
      return context.diagnostics.fail(
        codes.notSupported,
        query.span,
        'WITH is not part of KDA SQL. Write CREATE VIEW for each of its tables.',
      )
    case 'values':
      return tableSource(context, query)
  }
}

/** The rows of a finite query, which come out once. */
function tableSource(context: BinderContext, query: Query): PlanNode {
  const { name, schema } = deriveTable(context, query)
  return { kind: 'table-source', table: name, schema, span: query.span }
}

function bindSet(
  context: BinderContext,
  query: SetQuery,
  expected: readonly (SqlType | undefined)[],
): PlanNode {
  if (query.op !== 'UNION' || !query.all) {
    const shown = query.op === 'UNION' ? 'UNION without ALL' : query.op
    return context.diagnostics.fail(
      codes.notSupported,
      query.span,
      `${shown} on streams would have to remember every row. Use UNION ALL.`,
    )
  }
  const last = query.branches.at(-1)!
  if (last.kind === 'select' && last.orderBy.length > 0)
    return bindSortedUnion(context, query, last, expected)
  // A bare NULL takes the type of the target, or else of the first branch.
  const bindBranch = (branch: Query, types: readonly (SqlType | undefined)[]): PlanNode =>
    isTableQuery(context, branch) ? tableSource(context, branch) : bindQuery(context, branch, types)
  const first = bindBranch(query.branches[0]!, expected)
  const wanted = first.schema.fields.map((field, i) => expected[i] ?? field.type)
  const branches = [first, ...query.branches.slice(1).map((branch) => bindBranch(branch, wanted))]
  const types = first.schema.fields.map((field) => field.type)
  for (const branch of branches.slice(1)) {
    const { fields } = branch.schema
    const notes = [{ span: first.span, message: `the first branch has ${types.length} columns` }]
    if (fields.length !== types.length) {
      context.diagnostics.fail(
        codes.unionMismatch,
        branch.span,
        `this branch of UNION ALL has ${fields.length} columns, the first one ${types.length}. Select equally many.`,
        notes,
      )
    }
    for (const [i, field] of fields.entries()) {
      const common = commonType({ type: types[i]!, nullable: true }, { type: field.type, nullable: true })
      if (common === undefined) {
        context.diagnostics.fail(
          codes.unionMismatch,
          branch.span,
          `column ${i + 1} is ${typeText(field.type)} here and ${typeText(types[i]!)} in the first branch of UNION ALL. Cast one of them.`,
          notes,
        )
      } else types[i] = common
    }
  }
  const nullable = types.map((_, i) => branches.some((branch) => branch.schema.fields[i]!.nullable))
  const fields: Field[] = types.map((type, i) => ({
    name: first.schema.fields[i]!.name,
    type,
    nullable: nullable[i]!,
  }))
  const inputs = branches.map((branch): PlanNode => {
    const exprs = types.map((type, i) => castTo(context, outputColumn(branch, i), type))
    return {
      kind: 'project',
      input: branch,
      exprs,
      rowtime: undefined,
      schema: { fields: fields.map((field, i) => ({ ...field, nullable: exprs[i]!.nullable })) },
      span: branch.span,
    }
  })
  return { kind: 'union', inputs, schema: { fields }, span: query.span }
}

/** ORDER BY behind the last branch sorts the whole. */
function bindSortedUnion(
  context: BinderContext,
  query: SetQuery,
  last: SelectQuery,
  expected: readonly (SqlType | undefined)[],
): PlanNode {
  const { orderBy, within, span } = last
  const branches = [...query.branches.slice(0, -1), { ...last, orderBy: [], within: undefined }]
  const from = { query: { ...query, branches }, over: undefined, alias: undefined, columns: undefined, span }
  const whole: SelectQuery = {
    kind: 'select',
    stream: true,
    distinct: false,
    items: [{ kind: 'star', source: undefined, span }],
    from: { kind: 'derived', ...from },
    where: undefined,
    groupBy: undefined,
    stagger: undefined,
    having: undefined,
    windows: [],
    orderBy,
    within,
    span: query.span,
  }
  return bindSelect(context, whole, expected)
}

/** Column i of a node, with the span of the select item that made it, for messages. */
export function outputColumn(node: PlanNode, index: number): Expr {
  const field = node.schema.fields[index]!
  return { kind: 'column', index, type: field.type, nullable: field.nullable, span: itemSpan(node, index) }
}

export function itemSpan(node: PlanNode, index: number): Span {
  if (node.kind === 'project') {
    const expr = node.exprs[index]!
    return node.input.kind === 'union' || node.input.kind === 'project'
      ? itemSpan(node.input, expr.kind === 'column' ? expr.index : 0)
      : expr.span
  }
  if (node.kind === 'rows' && index < node.passed) return itemSpan(node.input, index)
  return node.kind === 'union' ? itemSpan(node.inputs[0]!, index) : node.span
}

function bindSelect(
  context: BinderContext,
  select: SelectQuery,
  expected: readonly (SqlType | undefined)[],
): PlanNode {
  if (select.from === undefined) {
    return context.diagnostics.fail(
      codes.notSupported,
      select.span,
      'a SELECT without FROM has no stream to run along. Add FROM and the name of a stream.',
    )
  }
  const windows = namedWindows(context, select)
  const grouped =
    select.groupBy !== undefined || select.stagger !== undefined || usesGroupAggregates(context, select)
  const plain = bindFrom(context, windows, (query) => bindQuery(context, query), select.from)
  // Sorting gives rows another time, so the time that they came with becomes a column.
  const source =
    select.orderBy.length > 0 && !grouped ? withRowtimes({ ...plain, span: select.from.span }) : plain
  let { node } = source
  const { scope } = source
  if (select.where !== undefined) {
    const subqueries = new Subqueries(context)
    const whereEnv = subqueries.within({ scope, sink: undefined, clause: 'WHERE' })
    const predicate = asCondition(
      context,
      bindExpression(context, whereEnv, select.where),
      'the WHERE condition',
    )
    node = subqueries.apply(node, (expr) => expr)
    node = {
      kind: 'filter',
      input: node,
      predicate: subqueries.finish(predicate),
      schema: node.schema,
      span: select.where.span,
    }
  }
  const items = expandStars(context, select.items, scope)
  const builder = grouped
    ? new GroupBuilder(context, scope, inOrder(node), select)
    : new OverBuilder(context, scope, node, windows)
  const subqueries = new Subqueries(context)
  const env = subqueries.within({ scope: builder.selectScope, sink: builder, clause: 'the select list' })
  const finish = (expr: Expr): Expr => subqueries.finish(builder.finish(expr))

  // `expr AS ROWTIME` sets the row time and is no column; ROWTIME elsewhere in the list then means that value.
  const timeItem = items.findLast((item) => isTimeItem(item))
  const override = timeItem === undefined ? undefined : boundItem(context, env, timeItem)
  const listEnv =
    override === undefined ? env : { ...env, scope: { ...builder.selectScope, rowtime: override } }
  const columns = items
    .filter((item) => item !== timeItem)
    .flatMap((item, i) => logItems(context, listEnv, item, i))
  if (columns.length > columnsMax) {
    context.diagnostics.fail(
      codes.tooManyColumns,
      select.span,
      `the select list has ${columns.length} columns; ${columnsMax} are allowed. Split the stream.`,
    )
  }
  const bound = columns.map((item, i) =>
    context.diagnostics.attempt(() => {
      const expr = boundItem(context, listEnv, item)
      return expr.type.kind === 'NULL' ? typedNull(context, expr, expected[i], item) : expr
    }),
  )
  const having =
    select.having === undefined
      ? undefined
      : asCondition(
          context,
          bindExpression(context, { ...env, clause: 'HAVING' }, select.having),
          'the HAVING condition',
        )
  const order = bindOrder(context, select, env, columns, bound, override)

  node = subqueries.apply(builder.close(), (expr) => builder.finish(expr))
  const exprs = bound.map((expr) =>
    expr === undefined ? undefined : context.diagnostics.attempt(() => finish(expr)),
  )
  if (having !== undefined)
    node = {
      kind: 'filter',
      input: node,
      predicate: finish(having),
      schema: node.schema,
      span: having.span,
    }
  const whole = exprs.filter((expr) => expr !== undefined)
  // Leave only now, so that all faulty items have been reported.
  if (whole.length < columns.length) return context.diagnostics.abandon()
  const time = override === undefined ? undefined : finish(override)
  const unsorted = node
  node = sorted(
    context,
    node,
    order.map((key) => ({ ...key, expr: finish(key.expr) })),
    select,
  )
  // The time sort sets the row time itself.
  const rowtime = time === undefined || select.within !== undefined ? undefined : rowtimeOf(context, time)
  const fields = whole.map(
    (expr, i): Field => ({ name: nameOf(columns[i]!, i), type: expr.type, nullable: expr.nullable }),
  )
  const project: PlanNode = {
    kind: 'project',
    input: node,
    exprs: whole,
    rowtime,
    schema: { fields },
    span: select.span,
  }
  return select.distinct ? distinctRows(context, project, whole, unsorted, select) : project
}

function rowtimeOf(context: BinderContext, expr: Expr): Expr | undefined {
  if (expr.type.kind !== 'TIMESTAMP') {
    return context.diagnostics.fail(
      codes.badRowtime,
      expr.span,
      `ROWTIME has to be TIMESTAMP, not ${typeText(expr.type)}. Cast the expression, or use TO_TIMESTAMP(ms).`,
    )
  }
  return expr.kind === 'rowtime' ? undefined : notNull(expr)
}

function boundItem(context: BinderContext, env: ExpressionScope, item: BoundItem): Expr {
  return 'expr' in item ? item.expr : bindExpression(context, env, item.expression)
}

/** A row-valued item stands for its fields. */
function logItems(context: BinderContext, env: ExpressionScope, item: BoundItem, index: number): BoundItem[] {
  if ('expr' in item || !isLogCall(item.expression)) return [item]
  const row = nameOf(item, index)
  return bindLogFields(context, env, item.expression).map(({ name, expr }) => ({
    expr,
    name: `${row}${rowFieldMark}${name}`,
    span: item.span,
  }))
}

function isTimeItem(item: BoundItem): boolean {
  return 'kind' in item && item.alias?.name === rowtimeName
}

function typedNull(context: BinderContext, expr: Expr, expected: SqlType | undefined, item: BoundItem): Expr {
  if (expected !== undefined) return castTo(context, expr, expected)
  return context.diagnostics.fail(
    codes.untypedNull,
    item.span,
    'the type of this NULL cannot be told. Write for example CAST(NULL AS VARCHAR(16)).',
  )
}

/** A row without a row time cannot take part in anything; it is an error row instead. */
function notNull(expr: Expr): Expr {
  return expr.nullable
    ? { kind: 'call', fn: 'ASSIGN', args: [expr], type: expr.type, nullable: false, span: expr.span }
    : expr
}

function namedWindows(context: BinderContext, select: SelectQuery): ReadonlyMap<string, WindowSpec> {
  const windows = new Map<string, WindowSpec>()
  for (const { name, spec } of select.windows) {
    if (windows.has(name.name)) {
      context.diagnostics.fail(
        codes.duplicateName,
        name.span,
        `the window "${name.name}" is declared twice. Rename one of them.`,
      )
    }
    windows.set(name.name, spec)
  }
  return windows
}

/** Whether an aggregate without OVER stands in the select list or in HAVING. */
function usesGroupAggregates(context: BinderContext, select: SelectQuery): boolean {
  if (select.having !== undefined) return true
  return select.items.some((item) => item.kind === 'item' && holdsGroupAggregate(context, item.expression))
}

function holdsGroupAggregate(context: BinderContext, part: unknown): boolean {
  if (Array.isArray(part)) return part.some((each) => holdsGroupAggregate(context, each))
  if (typeof part !== 'object' || part === null) return false
  if ('kind' in part && part.kind === 'subquery') return false
  if ('kind' in part && part.kind === 'call' && 'name' in part && 'over' in part) {
    const name = part.name
    const text = typeof name === 'object' && name !== null && 'name' in name ? String(name.name) : ''
    const isAggregate =
      context.functions.scalar(text) === undefined && context.functions.aggregate(text) !== undefined
    if (isAggregate && part.over === undefined) return true
  }
  for (const [key, each] of Object.entries(part)) {
    if (key !== 'span' && typeof each === 'object' && holdsGroupAggregate(context, each)) return true
  }
  return false
}
