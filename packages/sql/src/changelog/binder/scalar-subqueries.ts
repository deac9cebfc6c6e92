/**
 * Subqueries as values (spec 3.6). One that stands for itself has to give one row, and is joined to every row: NULL, or 0 for
 * COUNT, while it has no row. One that speaks of the rows around it has to be an aggregate with equalities in its WHERE: it
 * is grouped by the inner sides of these, and joined by them.
 */
import type { ExpressionScope } from '../../binder/bind-expression.ts'
import { makeCall } from '../../binder/make-call.ts'
import type { Scope } from '../../binder/scope.ts'
import { codes } from '../../diagnostic/codes.ts'
import { rewrite, some } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { Expression, Query, SelectQuery } from '../../syntax/tree.ts'
import type { ChangelogNode, JoinCondition } from '../plan.ts'
import { bindFlinkExpression } from './bind-flink-expression.ts'
import { scalarPlaceholder } from './bind-group.ts'
import type { FlinkContext } from './context.ts'
import { holds, holdsAggregate, namesIn } from './find-in-tree.ts'
import { columnOf, makeJoin } from './nodes.ts'
import { stateTtl } from './settings.ts'
import { splitKeys } from './split-keys.ts'
import { knows, shifted, subqueryPredicate, treeConjuncts } from './subquery-parts.ts'

interface ScalarJoin {
  readonly node: ChangelogNode
  /** Of the rows around it, for each column of `node` behind the value. */
  readonly keys: readonly Expr[]
  readonly span: Span
}

/** Subqueries as values of one clause: columns far beyond the row stand for them until they are joined. */
export class ScalarSubqueries {
  readonly #context: FlinkContext
  readonly #outer: Scope | undefined
  readonly #joins: ScalarJoin[] = []
  /** Column of each value by its number, once it is joined. */
  readonly #columns: number[] = []

  /** `outer`: names of the rows around, where the subqueries may speak of them. */
  constructor(context: FlinkContext, outer: Scope | undefined) {
    this.#context = context
    this.#outer = outer
  }

  replace(expression: Expression): Expr | undefined {
    if (subqueryPredicate(expression) !== undefined) {
      return this.#fail(
        expression.span,
        'IN and EXISTS with a subquery have to stand in WHERE, alone or joined by AND. Under OR, in CASE or in the select list write a LEFT JOIN, and test its columns.',
      )
    }
    if (expression.kind !== 'subquery' || expression.form !== 'VALUE') return undefined
    const { span, query } = expression
    const join = this.#correlated(query, span) ?? this.#single(query, span)
    const index = scalarPlaceholder + this.#joins.push(join) - 1
    const { type } = join.node.schema.fields[0]!
    const value: Expr = { kind: 'column', index, type, nullable: true, span }
    if (!isCount(query)) return value
    const zero: Expr = { kind: 'literal', value: 0n, type: { kind: 'BIGINT' }, nullable: false, span }
    return makeCall(this.#context.base, 'COALESCE', [value, zero], span)
  }

  #single(query: Query, span: Span): ScalarJoin {
    const node = this.#context.bind.query(this.#context, query)
    this.#checkWidth(node, span)
    if (!node.traits.keys.some((key) => key.length === 0)) {
      this.#fail(
        span,
        'a subquery as a value has to give one row. Aggregate it without GROUP BY, as in (SELECT MAX(x) FROM t), or join with it.',
      )
    }
    return { node, keys: [], span }
  }

  #checkWidth(node: ChangelogNode, span: Span): void {
    const { length } = node.schema.fields
    if (length !== 1) this.#fail(span, `a subquery as a value has to give one column, not ${length}.`)
  }

  /** The subquery grouped by what its WHERE compares with the rows around it; undefined if it stands for itself. */
  #correlated(query: Query, span: Span): ScalarJoin | undefined {
    const outer = this.#outer
    if (outer === undefined || query.kind !== 'select' || query.where === undefined) return undefined
    if (query.from === undefined) return undefined
    const parts = treeConjuncts(query.where)
    if (!parts.some((part) => namesIn(part).some((name) => knows(outer, name.parts[0]!.name))))
      return undefined
    const inner = this.#context.bind.from(this.#context, query.from).scope
    const isOuter = (expression: Expression): boolean =>
      namesIn(expression).some(
        ({ parts: [first] }) => !knows(inner, first!.name) && knows(outer, first!.name),
      )
    const correlated = parts.filter(isOuter)
    if (correlated.length === 0) return undefined
    const item = this.#aggregateOf(query, span)
    const sides = correlated.map((part) => this.#sidesOf(part, isOuter))
    const own = parts.filter((part) => !isOuter(part))
    const grouped: SelectQuery = {
      ...query,
      items: [item, ...sides.map(({ inside }) => ({ ...item, expression: inside, alias: undefined }))],
      where: own.length > 1 ? { kind: 'logic', op: 'AND', operands: own, span: query.where.span } : own[0],
      groupBy: sides.map(({ inside }) => inside),
    }
    const env: ExpressionScope = { scope: outer, sink: undefined, clause: 'a subquery' }
    const keys = sides.map(({ outside }) => bindFlinkExpression(this.#context, env, outside))
    return { node: this.#context.bind.query(this.#context, grouped), keys, span }
  }

  #aggregateOf(query: SelectQuery, span: Span): Extract<SelectQuery['items'][number], { kind: 'item' }> {
    const [item, second] = query.items
    const isPlain =
      query.groupBy === undefined &&
      query.having === undefined &&
      query.limit === undefined &&
      !query.distinct
    if (
      item?.kind === 'item' &&
      second === undefined &&
      isPlain &&
      holdsAggregate(this.#context, item.expression) &&
      // In an expression nobody could put 0 in the place of a group that is not there.
      (isCount(query) || !holds(item.expression, isCountCall))
    )
      return item
    return this.#fail(
      span,
      'a subquery as a value that speaks of the rows around it has to be one aggregate without GROUP BY, as in (SELECT MAX(b.x) FROM b WHERE b.k = a.k). Join with a grouped subquery instead.',
    )
  }

  #sidesOf(
    part: Expression,
    isOuter: (expression: Expression) => boolean,
  ): { readonly inside: Expression; readonly outside: Expression } {
    if (part.kind === 'binary' && part.op === '=') {
      const { left, right } = part
      const isAllOuter = (side: Expression): boolean =>
        namesIn(side).length > 0 && namesIn(side).every((name) => isOuter(name))
      if (isAllOuter(left) && !isOuter(right)) return { inside: right, outside: left }
      if (isAllOuter(right) && !isOuter(left)) return { inside: left, outside: right }
    }
    return this.#fail(
      part.span,
      'a subquery as a value may be compared with the rows around it by = only, as in b.k = a.k. Join with a grouped subquery instead.',
    )
  }

  isIn(expr: Expr): boolean {
    return some(expr, isScalar)
  }

  /** The node with each value as a further column. */
  join(node: ChangelogNode): ChangelogNode {
    return this.#joins.reduce<ChangelogNode>((left, { node: right, keys, span }) => {
      const width = left.schema.fields.length
      this.#columns.push(width)
      const ttl = stateTtl(this.#context, span)
      const condition = this.#conditionOf(right, keys, width)
      return makeJoin({
        left,
        right,
        join: 'left',
        condition,
        nullAware: false,
        leftTtl: ttl,
        rightTtl: ttl,
        span,
      })
    }, node)
  }

  #conditionOf(right: ChangelogNode, keys: readonly Expr[], width: number): JoinCondition {
    const parts = keys.map((key, i) =>
      makeCall(this.#context.base, '=', [key, shifted(columnOf(right, i + 1, key.span), width)], key.span),
    )
    return splitKeys(this.#context.base, parts, width)
  }

  /** The expression over the rows of `join`. */
  finish(expr: Expr): Expr {
    return rewrite(expr, (part) =>
      part.kind === 'column' && isScalar(part)
        ? { ...part, index: this.#columns[part.index - scalarPlaceholder]! }
        : undefined,
    )
  }

  #fail(span: Span, message: string): never {
    return this.#context.base.diagnostics.fail(codes.badSubquery, span, message)
  }
}

function isScalar(part: Expr): boolean {
  return part.kind === 'column' && part.index >= scalarPlaceholder
}

/** SELECT COUNT(...): without rows it is 0, not NULL. */
function isCount(query: Query): boolean {
  if (query.kind !== 'select' || query.groupBy !== undefined || query.having !== undefined) return false
  const [item, second] = query.items
  return item?.kind === 'item' && second === undefined && isCountCall(item.expression)
}

function isCountCall(expression: Expression): boolean {
  return expression.kind === 'call' && expression.name.name.toUpperCase() === 'COUNT'
}
