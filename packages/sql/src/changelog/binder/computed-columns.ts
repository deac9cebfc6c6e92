/**
 * Columns that an operator needs beside those of its input: expressions become columns of a projection put in front of it.
 * The input's own columns keep their indexes.
 */
import { sameExpr } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import type { ChangelogNode } from '../plan.ts'
import { columnsOfNode, makeProject, namesOf } from './nodes.ts'

export class ComputedColumns {
  readonly #input: ChangelogNode
  readonly #exprs: Expr[] = []

  constructor(input: ChangelogNode) {
    this.#input = input
  }

  /** The column that holds the expression. */
  column(expr: Expr): number {
    if (expr.kind === 'column') return expr.index
    const known = this.#exprs.findIndex((each) => sameExpr(each, expr))
    return known < 0 ? this.copy(expr) : this.#width + known
  }

  /** A column of its own for the expression, whatever others there are. */
  copy(expr: Expr): number {
    return this.#width + this.#exprs.push(expr) - 1
  }

  get node(): ChangelogNode {
    const input = this.#input
    if (this.#exprs.length === 0) return input
    const { span } = input
    const names = this.#exprs.map((_, i) => `$${i}`)
    const exprs = [...columnsOfNode(input, span), ...this.#exprs]
    return makeProject(input, exprs, [...namesOf(input), ...names], span)
  }

  get #width(): number {
    return this.#input.schema.fields.length
  }
}
