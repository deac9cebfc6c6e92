/**
 * Subqueries over tables inside the conditions and items of a query over a stream (spec 2.7): IN, EXISTS and single values. Each
 * becomes a derived table that the stream's rows look up; the columns of these lookups stand behind the row of the node at
 * hand. While the clause is being bound they are placeholders; `apply` makes the joins and `finish` puts the columns in.
 *
 * `x IN (query)` is unknown if nothing matches and x is NULL, or the query has a NULL. IN and EXISTS may compare columns of
 * their tables with the stream's row by equality; single values cannot look outside.
 */
import type { Field, Schema } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { rewrite } from '../expression/expr-tools.ts'
import { columnOf } from '../expression/node-tools.ts'
import type { Expr, PlanNode, TablePlan } from '../plan.ts'
import type { Span } from '../span.ts'
import type { Expression, Query, SelectQuery } from '../syntax/tree.ts'
import { bindExpression, type ExpressionScope } from './bind-expression.ts'
import { literal } from './bind-literal.ts'
import { bindLogAccess } from './bind-log.ts'
import { addTable, bindTableFrom, bindTableQuery, filtered, isTableQuery } from './bind-table.ts'
import { type BinderContext, subqueryPlaceholder } from './context.ts'
import { makeCall } from './make-call.ts'
import type { Scope } from './scope.ts'
import { splitLookup } from './split-lookup.ts'

const placeholder = subqueryPlaceholder

/** Rows of tables, with the expressions over them that equal expressions over the outer row. */
interface Correlated {
  readonly rows: TablePlan
  readonly scope: Scope
  readonly keys: readonly Expr[]
  readonly operands: readonly Expr[]
}

interface Lookup {
  readonly table: string
  readonly fields: readonly Field[]
  /** Over the row at hand: the value that column i of the table equals. */
  readonly operands: readonly Expr[]
  /** Number of the lookup's first column among those of all lookups. */
  readonly first: number
}

export class Subqueries {
  readonly #context: BinderContext
  readonly #lookups: Lookup[] = []
  #columns = 0
  /** Columns of the node below the lookups; known once they are applied. */
  #width = 0

  constructor(context: BinderContext) {
    this.#context = context
  }

  /** The clause with its subqueries understood. */
  within(env: ExpressionScope): ExpressionScope {
    const replacing: ExpressionScope = {
      ...env,
      replace: (expression) => env.replace?.(expression) ?? this.#replace(replacing, expression),
    }
    return replacing
  }

  /** The node with the lookups over it; `finish` brings operands to the row of the node. */
  apply(node: PlanNode, finish: (expr: Expr) => Expr): PlanNode {
    this.#width = node.schema.fields.length
    for (const lookup of this.#lookups) node = this.#join(node, lookup, finish)
    return node
  }

  /** The expression over the row of the applied node. */
  finish(expr: Expr): Expr {
    if (this.#lookups.length === 0) return expr
    return rewrite(expr, (part) =>
      part.kind === 'column' && part.index >= placeholder
        ? { ...part, index: this.#width + part.index - placeholder }
        : undefined,
    )
  }

  #replace(env: ExpressionScope, expression: Expression): Expr | undefined {
    const { span } = expression
    const field = bindLogAccess(this.#context, env, expression)
    if (field !== undefined) return field
    if (expression.kind === 'in') {
      const { choices } = expression
      if ('length' in choices || !isTableQuery(this.#context, choices)) return undefined
      const found = this.#isIn(
        bindExpression(this.#context, env, expression.operand),
        choices,
        env.scope,
        span,
      )
      return expression.negated ? makeCall(this.#context, 'NOT', [found], span) : found
    }
    if (expression.kind !== 'subquery' || expression.form === 'CURSOR') return undefined
    if (!isTableQuery(this.#context, expression.query)) return undefined
    return expression.form === 'EXISTS'
      ? this.#exists(expression.query, env.scope, span)
      : this.#value(expression.query, span)
  }

  #isIn(operand: Expr, query: Query, outer: Scope, span: Span): Expr {
    const context = this.#context
    const found = this.#selected(query, outer, span)
    const { rows, keys, operands, item } = found
    const columns = [...keys, item]
    const project: TablePlan = { kind: 'project', input: rows, exprs: columns, schema: schemaOf(columns) }
    // A match is told by a column that is TRUE; the rest by how many rows, and rows that are not NULL, there are.
    const choices: TablePlan = { kind: 'distinct', input: project, schema: project.schema }
    const matched = this.#look(this.#marked(choices, span), [...operands, operand], span).at(-1)!
    const calls = [countOf([], span), countOf([item], span)]
    const counted: TablePlan = {
      kind: 'group',
      input: rows,
      keys,
      calls,
      schema: { fields: [...schemaOf(keys).fields, countField, countField] },
    }
    const counts = this.#look(counted, operands, span).slice(keys.length)
    const call = (name: string, ...args: Expr[]): Expr => makeCall(context, name, args, span)
    const zero = literal(0n, { kind: 'BIGINT' }, span)
    const truth = (value: boolean | null): Expr => literal(value, { kind: 'BOOLEAN' }, span)
    const unsure = call('OR', call('IS NULL', operand), call('<>', counts[0]!, counts[1]!))
    return call(
      'CASE',
      call('IS TRUE', matched),
      truth(true),
      // No group was found, or the one of all rows is empty.
      call('=', call('COALESCE', counts[0]!, zero), zero),
      truth(false),
      unsure,
      truth(null),
      truth(false),
    )
  }

  /** The one column of a query, over rows; and what of these rows the outer row meets by equality. */
  #selected(query: Query, outer: Scope, span: Span): Correlated & { readonly item: Expr } {
    const [first, second] = query.kind === 'select' ? query.items : []
    const correlated =
      query.kind === 'select' && second === undefined && first?.kind === 'item'
        ? this.#correlated(query, outer)
        : undefined
    if (correlated !== undefined && first?.kind === 'item') {
      const env = { scope: correlated.scope, sink: undefined, clause: 'a subquery that looks outside' }
      return { ...correlated, item: bindExpression(this.#context, env, first.expression) }
    }
    const rows = bindTableQuery(this.#context, query)
    const scope: Scope = { sources: [], rowtime: undefined, merged: new Map() }
    return { rows, scope, keys: [], operands: [], item: this.#onlyColumn(rows, span) }
  }

  #exists(query: Query, outer: Scope, span: Span): Expr {
    const context = this.#context
    const correlated = query.kind === 'select' ? this.#correlated(query, outer) : undefined
    if (correlated !== undefined) {
      const { rows, keys, operands } = correlated
      const project: TablePlan = { kind: 'project', input: rows, exprs: keys, schema: schemaOf(keys) }
      const distinct: TablePlan = { kind: 'distinct', input: project, schema: project.schema }
      const looked = this.#look(this.#marked(distinct, span), operands, span)
      return makeCall(context, 'IS TRUE', [looked.at(-1)!], span)
    }
    const plan = bindTableQuery(context, query)
    const counts: TablePlan = {
      kind: 'group',
      input: plan,
      keys: [],
      calls: [countOf([], span)],
      schema: { fields: [countField] },
    }
    const [count] = this.#look(counts, [], span)
    return makeCall(context, '>', [count!, literal(0n, { kind: 'BIGINT' }, span)], span)
  }

  /** The rows of a query that compares some of its columns with the outer row; undefined if it does not. */
  #correlated(select: SelectQuery, outer: Scope): Correlated | undefined {
    const context = this.#context
    if (select.from === undefined || select.where === undefined) return undefined
    if (select.groupBy !== undefined || select.having !== undefined) return undefined
    const { plan, scope } = bindTableFrom(context, select.from)
    const inner: Expression[] = []
    const keys: Expr[] = []
    const operands: Expr[] = []
    const env = (of: Scope): ExpressionScope => ({ scope: of, sink: undefined, clause: 'WHERE' })
    for (const part of conjunctsOf(select.where)) {
      if (!namesOutside(part, scope)) {
        inner.push(part)
        continue
      }
      if (part.kind !== 'binary' || part.op !== '=') return this.#failCorrelation(part.span)
      const [insideLeft, insideRight] = [!namesOutside(part.left, scope), !namesOutside(part.right, scope)]
      if (insideLeft === insideRight) return this.#failCorrelation(part.span)
      keys.push(bindExpression(context, env(scope), insideLeft ? part.left : part.right))
      operands.push(bindExpression(context, env(outer), insideLeft ? part.right : part.left))
    }
    if (keys.length === 0) return undefined
    let rows = plan
    for (const part of inner) rows = filtered(context, rows, scope, part)
    return { rows, scope, keys, operands }
  }

  #value(query: Query, span: Span): Expr {
    const plan = bindTableQuery(this.#context, query)
    this.#onlyColumn(plan, span)
    const isSingle =
      query.kind === 'select' &&
      query.groupBy === undefined &&
      plan.kind === 'project' &&
      plan.input.kind === 'group'
    if (!isSingle && !(plan.kind === 'values' && plan.rows.length === 1)) {
      return this.#context.diagnostics.fail(
        codes.notSupported,
        span,
        'a subquery as a value has to give one row for sure. Write an aggregate without GROUP BY, for example (SELECT MAX(x) FROM t).',
      )
    }
    return this.#look(plan, [], span)[0]!
  }

  #onlyColumn(plan: TablePlan, span: Span): Expr {
    const { fields } = plan.schema
    if (fields.length === 1) return columnOf(fields[0]!, 0, span)
    return this.#context.diagnostics.fail(
      codes.columnCount,
      span,
      `the subquery gives ${fields.length} columns where one value is needed. Select one.`,
    )
  }

  #failCorrelation(span: Span): never {
    return this.#context.diagnostics.fail(
      codes.notSupported,
      span,
      'a subquery may compare its tables with the row outside by equality only. Write WHERE table.column = stream.column AND ....',
    )
  }

  /** The table with a column behind it that is TRUE. */
  #marked(input: TablePlan, span: Span): TablePlan {
    const columns = input.schema.fields.map((field, i) => columnOf(field, i, span))
    const mark = literal(true, { kind: 'BOOLEAN' }, span)
    const schema = {
      fields: [...input.schema.fields, { name: '$MATCHED', type: mark.type, nullable: false }],
    }
    return { kind: 'project', input, exprs: [...columns, mark], schema }
  }

  /** Placeholders for the columns of the table's row whose first columns equal the operands. */
  #look(plan: TablePlan, operands: readonly Expr[], span: Span): Expr[] {
    const { name, schema } = addTable(this.#context, plan)
    const fields = schema.fields.map((field) => ({ ...field, nullable: true }))
    const first = this.#columns
    this.#columns += fields.length
    this.#lookups.push({ table: name, fields, operands, first })
    return fields.map((field, i) => columnOf(field, placeholder + first + i, span))
  }

  #join(node: PlanNode, { table, fields, operands }: Lookup, finish: (expr: Expr) => Expr): PlanNode {
    const context = this.#context
    const start = node.schema.fields.length
    const equalities = operands.map((operand, i) => {
      const own = this.finish(finish(operand))
      return makeCall(context, '=', [own, columnOf(fields[i]!, start + i, own.span)], own.span)
    })
    const on =
      equalities.length > 1 ? makeCall(context, 'AND', equalities, equalities[0]!.span) : equalities[0]
    return {
      kind: 'lookup-join',
      input: node,
      table,
      tableSchema: { fields },
      join: 'left',
      ...splitLookup(context, on, start),
      schema: { fields: [...node.schema.fields, ...fields] },
      span: node.span,
    }
  }
}

function schemaOf(exprs: readonly Expr[]): Schema {
  return { fields: exprs.map(({ type, nullable }, i) => ({ name: `$${i}`, type, nullable })) }
}

const countField: Field = { name: '$COUNT', type: { kind: 'BIGINT' }, nullable: false }

function countOf(args: readonly Expr[], span: Span) {
  const type = { kind: 'BIGINT' } as const
  return { fn: 'COUNT', args, distinct: false, ignoreNulls: false, type, nullable: false, span }
}

function conjunctsOf(expression: Expression): readonly Expression[] {
  return expression.kind === 'logic' && expression.op === 'AND'
    ? expression.operands.flatMap(conjunctsOf)
    : [expression]
}

/** Whether a name in the expression means nothing among the sources of `scope`. */
function namesOutside(part: unknown, scope: Scope): boolean {
  if (Array.isArray(part)) return part.some((each) => namesOutside(each, scope))
  if (typeof part !== 'object' || part === null) return false
  if ('kind' in part && part.kind === 'name')
    return !isInside(part as Extract<Expression, { kind: 'name' }>, scope)
  return Object.entries(part).some(([key, each]) => key !== 'span' && namesOutside(each, scope))
}

function isInside({ parts }: Extract<Expression, { kind: 'name' }>, scope: Scope): boolean {
  const column = parts.at(-1)!.name
  const sources =
    parts.length > 1 ? scope.sources.filter((source) => source.name === parts.at(-2)!.name) : scope.sources
  return sources.some((source) => source.fields.some((field) => field.name === column))
}
