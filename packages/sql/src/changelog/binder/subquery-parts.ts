/**
 * What binders of subqueries share: conditions joined by AND, the forms of predicates, which names belong to which query.
 */
import type { Scope } from '../../binder/scope.ts'
import { mapColumns } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { Span } from '../../span.ts'
import type { Expression, Query } from '../../syntax/tree.ts'

export function treeConjuncts(expression: Expression): readonly Expression[] {
  return expression.kind === 'logic' && expression.op === 'AND'
    ? expression.operands.flatMap(treeConjuncts)
    : [expression]
}

export interface SubqueryPredicate {
  /** Of IN; undefined for EXISTS. */
  readonly operand: Expression | undefined
  readonly negated: boolean
  readonly query: Query
  readonly span: Span
}

export function subqueryPredicate(expression: Expression): SubqueryPredicate | undefined {
  switch (expression.kind) {
    case 'in': {
      const { choices, operand, negated, span } = expression
      return 'length' in choices ? undefined : { operand, negated, query: choices, span }
    }
    case 'subquery': {
      const { query, span } = expression
      return expression.form === 'EXISTS' ? { operand: undefined, negated: false, query, span } : undefined
    }
    case 'unary': {
      const inner = expression.op === 'NOT' ? subqueryPredicate(expression.operand) : undefined
      return inner && { ...inner, negated: !inner.negated, span: expression.span }
    }
    default:
      return undefined
  }
}

/** Whether the first part of a name is a source or a column here. */
export function knows(scope: Scope, name: string): boolean {
  return (
    scope.merged.has(name) ||
    scope.sources.some((source) => source.name === name || source.fields.some((field) => field.name === name))
  )
}

export function shifted(expr: Expr, by: number): Expr {
  return mapColumns(expr, (index) => index + by)
}

export function shiftedScope(scope: Scope, by: number): Scope {
  const merged = [...scope.merged].map(
    ([name, each]) => [name, { expr: shifted(each.expr, by), hidden: each.hidden + by }] as const,
  )
  return {
    sources: scope.sources.map((source) => ({ ...source, offset: source.offset + by })),
    rowtime: scope.rowtime,
    merged: new Map(merged),
  }
}
