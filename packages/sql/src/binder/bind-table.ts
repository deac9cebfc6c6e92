/**
 * Queries over reference tables and constants alone: they are finite, so all of SQL's set operations, grouping and joins have
 * a meaning on them. Each becomes a derived table, which queries over streams then join like a reference table.
 */
import type { Field, Schema } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { rewrite, sameExpr } from '../expression/expr-tools.ts'
import { foldExpression } from '../expression/fold-expression.ts'
import { columnOf } from '../expression/node-tools.ts'
import { commonType, typeText } from '../functions/index.ts'
import type { AggregateCall, DerivedTable, Expr, JoinKind, TablePlan } from '../plan.ts'
import type { FromItem, FunctionCall, Query, SelectQuery, SetQuery, ValuesQuery } from '../syntax/tree.ts'
import { bindAggregate, sameCall } from './bind-aggregate.ts'
import { type AggregateSink, bindExpression, type ExpressionScope } from './bind-expression.ts'
import type { BinderContext } from './context.ts'
import { joinCondition, nullableFields, renamed, shifted } from './join-sources.ts'
import { asCondition, castTo } from './make-call.ts'
import type { Scope } from './scope.ts'
import { expandStars, nameOf } from './select-items.ts'

/** Whether a query reads nothing but tables and constants. */
export function isTableQuery(context: BinderContext, query: Query): boolean {
  switch (query.kind) {
    case 'values':
      return true
    case 'set':
      return query.branches.every((branch) => isTableQuery(context, branch))
    case 'select':
      return !query.stream && (query.from === undefined || isTableSource(context, query.from))
    case 'with':
      return false
  }
}

export function isTableSource(context: BinderContext, from: FromItem): boolean {
  switch (from.kind) {
    case 'named':
      return context.relations.get(from.name.at(-1)!.name)?.kind === 'table'
    case 'derived':
      return isTableQuery(context, from.query)
    case 'join':
      return isTableSource(context, from.left) && isTableSource(context, from.right)
    default:
      return false
  }
}

/** The table that a finite query stands for. */
export function deriveTable(context: BinderContext, query: Query): DerivedTable {
  return addTable(context, bindTableQuery(context, query))
}

export function addTable(context: BinderContext, plan: TablePlan): DerivedTable {
  const tables = context.derived ?? []
  // No program can name it: a name without quotes has no dollar sign in front.
  const table = { name: `$TABLE${tables.length + 1}`, schema: plan.schema, plan }
  tables.push(table)
  return table
}

export function bindTableQuery(context: BinderContext, query: Query): TablePlan {
  switch (query.kind) {
    case 'values':
      return bindValues(context, query)
    case 'set':
      return bindSet(context, query)
    case 'select':
      return bindSelect(context, query)
    case 'with':
      return context.diagnostics.fail(
        codes.notSupported,
        query.span,
        'WITH is not part of KDA SQL. Write CREATE VIEW for each of its tables.',
      )
  }
}

function bindValues(context: BinderContext, query: ValuesQuery): TablePlan {
  const scope: Scope = { sources: [], rowtime: undefined, merged: new Map() }
  const rows = query.rows.map((row) =>
    row.map((part) => bindExpression(context, { scope, sink: undefined, clause: 'VALUES' }, part)),
  )
  const first = rows[0]!
  const uneven = rows.findIndex((row) => row.length !== first.length)
  if (uneven >= 0) {
    context.diagnostics.fail(
      codes.unionMismatch,
      query.rows[uneven]![0]?.span ?? query.span,
      `this row of VALUES has ${rows[uneven]!.length} values, the first one ${first.length}. Give all rows equally many.`,
    )
  }
  const types = first.map((_, i) =>
    commonTypeOf(
      context,
      rows.map((row) => row[i]!),
      'VALUES',
    ),
  )
  const typed = rows.map((row) =>
    row.map((part, i) => foldExpression(castTo(context, part, types[i]!), context.functions.scalar)),
  )
  const fields = types.map(
    (type, i): Field => ({ name: `EXPR$${i}`, type, nullable: typed.some((row) => row[i]!.nullable) }),
  )
  return { kind: 'values', rows: typed, schema: { fields } }
}

function commonTypeOf(context: BinderContext, parts: readonly Expr[], where: string): Expr['type'] {
  return parts.slice(1).reduce((type, part) => {
    const common = commonType({ type, nullable: true }, { type: part.type, nullable: true })
    return (
      common ??
      context.diagnostics.fail(
        codes.unionMismatch,
        part.span,
        `this is ${typeText(part.type)}, and the same column of ${where} is ${typeText(type)} before. Cast one of them.`,
      )
    )
  }, parts[0]!.type)
}

function bindSet(context: BinderContext, query: SetQuery): TablePlan {
  const inputs = query.branches.map((branch) => bindTableQuery(context, branch))
  const first = inputs[0]!
  const width = first.schema.fields.length
  for (const [i, input] of inputs.entries()) {
    if (input.schema.fields.length === width) continue
    context.diagnostics.fail(
      codes.unionMismatch,
      query.branches[i]!.span,
      `this branch of ${query.op} has ${input.schema.fields.length} columns, the first one ${width}. Select equally many.`,
    )
  }
  const columns = inputs.map((input, b) =>
    input.schema.fields.map((field, i) => columnOf(field, i, query.branches[b]!.span)),
  )
  const types = first.schema.fields.map((_, i) =>
    commonTypeOf(
      context,
      columns.map((list) => list[i]!),
      query.op,
    ),
  )
  const schema = {
    fields: first.schema.fields.map((field, i) => ({
      name: field.name,
      type: types[i]!,
      nullable: columns.some((list) => list[i]!.nullable),
    })),
  }
  const alike = inputs.map(
    (input, b): TablePlan => ({
      kind: 'project',
      input,
      exprs: columns[b]!.map((column, i) => castTo(context, column, types[i]!)),
      schema,
    }),
  )
  return { kind: 'set', op: query.op, all: query.all, inputs: alike, schema }
}

export interface TableSource {
  readonly plan: TablePlan
  readonly scope: Scope
}

export function bindTableFrom(context: BinderContext, from: FromItem): TableSource {
  if (from.kind === 'join') return bindTableJoin(context, from)
  if (from.kind !== 'named' && from.kind !== 'derived')
    throw new Error('unreachable: asked by isTableSource before')
  const relation = from.kind === 'named' ? context.relations.get(from.name.at(-1)!.name) : undefined
  let plan: TablePlan
  if (from.kind === 'derived') plan = bindTableQuery(context, from.query)
  else if (relation?.kind === 'table') plan = { kind: 'table', table: relation.name, schema: relation.schema }
  else throw new Error('unreachable: asked by isTableSource before')
  if (from.over !== undefined) {
    context.diagnostics.fail(codes.badWindow, from.span, 'a table takes no window. Remove OVER (...).')
  }
  const name = from.alias?.name ?? (from.kind === 'named' ? from.name.at(-1)!.name : undefined)
  const fields = renamed(context, plan.schema.fields, from.columns)
  const source = { name, fields, offset: 0, rowtime: undefined, span: from.span }
  return { plan, scope: { sources: [source], rowtime: undefined, merged: new Map() } }
}

const kinds = { INNER: 'inner', LEFT: 'left', RIGHT: 'right', FULL: 'full', CROSS: 'inner' } as const

function bindTableJoin(context: BinderContext, join: Extract<FromItem, { kind: 'join' }>): TableSource {
  const left = bindTableFrom(context, join.left)
  const right = bindTableFrom(context, join.right)
  const kind: JoinKind = kinds[join.join]
  const [leftNull, rightNull] = [kind === 'right' || kind === 'full', kind === 'left' || kind === 'full']
  const leftSources = shifted(left.scope, 0, leftNull)
  const rightSources = shifted(right.scope, left.plan.schema.fields.length, rightNull)
  const scope: Scope = { sources: [...leftSources, ...rightSources], rowtime: undefined, merged: new Map() }
  const condition = joinCondition(context, join, leftSources, rightSources, scope, kind)
  const schema: Schema = {
    fields: [
      ...nullableFields(left.plan.schema.fields, leftNull),
      ...nullableFields(right.plan.schema.fields, rightNull),
    ],
  }
  return {
    plan: { kind: 'join', left: left.plan, right: right.plan, join: kind, condition: condition.on, schema },
    scope: { ...scope, merged: condition.merged },
  }
}

function bindSelect(context: BinderContext, select: SelectQuery): TablePlan {
  const { diagnostics } = context
  if (select.stagger !== undefined || select.orderBy.length > 0) {
    diagnostics.fail(
      codes.notSupported,
      select.span,
      'a query over tables has neither stagger windows nor ORDER BY, since a stream looks rows up by value. Leave them out.',
    )
  }
  const noColumns: Scope = { sources: [], rowtime: undefined, merged: new Map() }
  const source: TableSource =
    select.from === undefined
      ? { plan: { kind: 'values', rows: [[]], schema: { fields: [] } }, scope: noColumns }
      : bindTableFrom(context, select.from)
  const { scope } = source
  let { plan } = source
  if (select.where !== undefined) plan = filtered(context, plan, scope, select.where)
  const builder = new TableGroups(context, scope, plan, select)
  const env: ExpressionScope = { scope, sink: builder, clause: 'the select list' }
  const items = expandStars(context, select.items, scope)
  const bound = items.map((item) =>
    'expr' in item ? item.expr : bindExpression(context, env, item.expression),
  )
  const having =
    select.having === undefined
      ? undefined
      : asCondition(context, bindExpression(context, { ...env, clause: 'HAVING' }, select.having), 'HAVING')
  plan = builder.close(having !== undefined)
  if (having !== undefined)
    plan = { kind: 'filter', input: plan, predicate: builder.finish(having), schema: plan.schema }
  const exprs = bound.map((expr) => builder.finish(expr))
  const fields = exprs.map(
    (expr, i): Field => ({ name: nameOf(items[i]!, i), type: expr.type, nullable: expr.nullable }),
  )
  const project: TablePlan = { kind: 'project', input: plan, exprs, schema: { fields } }
  return select.distinct ? { kind: 'distinct', input: project, schema: project.schema } : project
}

export function filtered(
  context: BinderContext,
  input: TablePlan,
  scope: Scope,
  where: Parameters<typeof bindExpression>[2],
): TablePlan {
  const env = { scope, sink: undefined, clause: 'WHERE' }
  const predicate = asCondition(context, bindExpression(context, env, where), 'the WHERE condition')
  return { kind: 'filter', input, predicate, schema: input.schema }
}

const placeholder = 1_000_000

/** GROUP BY over a table: any keys, or none. */
class TableGroups implements AggregateSink {
  readonly #context: BinderContext
  readonly #scope: Scope
  readonly #input: TablePlan
  readonly #keys: readonly Expr[]
  readonly #groups: boolean
  readonly #calls: AggregateCall[] = []
  #closed = false

  constructor(context: BinderContext, scope: Scope, input: TablePlan, select: SelectQuery) {
    this.#context = context
    this.#scope = scope
    this.#input = input
    this.#groups = select.groupBy !== undefined
    const env = { scope, sink: undefined, clause: 'GROUP BY' }
    this.#keys = (select.groupBy ?? []).map((key) => bindExpression(context, env, key))
  }

  aggregate(call: FunctionCall): Expr {
    if (call.over !== undefined) {
      return this.#context.diagnostics.fail(
        codes.notSupported,
        call.span,
        'OVER has no meaning over a table, whose rows have no order. Use GROUP BY.',
      )
    }
    const bound = bindAggregate(this.#context, this.#scope, call, 'group')
    let index = this.#calls.findIndex((each) => sameCall(each, bound))
    if (index < 0) index = this.#calls.push(bound) - 1
    return { kind: 'column', index: placeholder + index, type: bound.type, nullable: true, span: call.span }
  }

  close(hasHaving: boolean): TablePlan {
    this.#closed = this.#groups || hasHaving || this.#calls.length > 0
    if (!this.#closed) return this.#input
    const fields = [...this.#keys, ...this.#calls].map(
      ({ type }, i): Field => ({ name: `$${i}`, type, nullable: true }),
    )
    return { kind: 'group', input: this.#input, keys: this.#keys, calls: this.#calls, schema: { fields } }
  }

  finish(expr: Expr): Expr {
    if (!this.#closed) return expr
    return rewrite(expr, (part) => {
      const key = this.#keys.findIndex((each) => sameExpr(each, part))
      if (key >= 0) return { kind: 'column', index: key, type: part.type, nullable: true, span: part.span }
      if (part.kind !== 'column') return undefined
      if (part.index >= placeholder) return { ...part, index: this.#keys.length + part.index - placeholder }
      return this.#context.diagnostics.fail(
        codes.notGrouped,
        part.span,
        `"${this.#input.schema.fields[part.index]?.name ?? '?'}" is neither in GROUP BY nor inside an aggregate. Add it to GROUP BY.`,
      )
    })
  }
}
