/**
 * Asynchronous functions of the host out of expressions: each call becomes a column that an async-project node appends to the
 * rows, so that operators compute at once. Columns of the input keep their places.
 */
import { rewrite, sameExpr, some } from '../../expression/expr-tools.ts'
import type { CallExpr, Expr } from '../../plan.ts'
import type { ChangelogNode } from '../plan.ts'
import type { FlinkContext } from './context.ts'
import { makeAsyncProject } from './nodes.ts'

export function isAsyncCall(context: FlinkContext, expr: Expr): expr is CallExpr {
  // Calls carry the name that the function is registered by, which is also one of those it can be called by.
  return expr.kind === 'call' && context.hosts.get(expr.fn)?.kind === 'async'
}

export function hasAsyncCall(context: FlinkContext, expr: Expr): boolean {
  return some(expr, (part) => isAsyncCall(context, part))
}

/** `exprs` are over `node`; those that come back are over the node that comes back. */
export function hoistAsync(
  context: FlinkContext,
  node: ChangelogNode,
  exprs: readonly Expr[],
): { readonly node: ChangelogNode; readonly exprs: readonly Expr[] } {
  let input = node
  const made: { readonly call: CallExpr; readonly column: Expr }[] = []
  const hoist = (expr: Expr): Expr => {
    if (!hasAsyncCall(context, expr)) return expr
    return rewrite(expr, (part) => {
      if (!isAsyncCall(context, part)) return undefined
      // The arguments first: they may hold calls of their own.
      const args = part.args.map(hoist)
      const call: CallExpr = { ...part, args }
      const known = made.find((each) => sameExpr(each.call, call))
      if (known !== undefined) return known.column
      const index = input.schema.fields.length
      input = makeAsyncProject({ input, fn: part.fn, args, type: part.type, span: part.span })
      const column: Expr = { kind: 'column', index, type: part.type, nullable: true, span: part.span }
      made.push({ call, column })
      return column
    })
  }
  const hoisted = exprs.map(hoist)
  return { node: input, exprs: hoisted }
}
