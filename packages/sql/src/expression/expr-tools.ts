/**
 * Walking, comparing and rewriting bound expressions. Everything returns the same object when nothing changed, so that
 * rewriters can test for progress with `===`.
 */

import { sameType } from '../functions/types.ts'
import type { Expr } from '../plan.ts'

/** A copy in which `replace` may put something in the place of any node, from the top; undefined keeps the node. */
export function rewrite(expr: Expr, replace: (expr: Expr) => Expr | undefined): Expr {
  const replaced = replace(expr)
  if (replaced !== undefined) return replaced
  if (expr.kind !== 'call') return expr
  const args = expr.args.map((arg) => rewrite(arg, replace))
  return args.every((arg, i) => arg === expr.args[i]) ? expr : { ...expr, args }
}

export function visit(expr: Expr, see: (expr: Expr) => void): void {
  see(expr)
  if (expr.kind === 'call') for (const arg of expr.args) visit(arg, see)
}

export function some(expr: Expr, test: (expr: Expr) => boolean): boolean {
  return test(expr) || (expr.kind === 'call' && expr.args.some((arg) => some(arg, test)))
}

/** The column indexes that an expression reads. */
export function columnsOf(expr: Expr, into = new Set<number>()): Set<number> {
  visit(expr, (part) => {
    if (part.kind === 'column') into.add(part.index)
  })
  return into
}

/** The expression over another row: column i becomes what `column` says. */
export function mapColumns(expr: Expr, column: (index: number) => number): Expr {
  return rewrite(expr, (part) => {
    if (part.kind !== 'column') return undefined
    const index = column(part.index)
    return index === part.index ? part : { ...part, index }
  })
}

/** The expression with each column replaced by the expression that computes it, and the row time by `rowtime` if given. */
export function substitute(expr: Expr, columns: readonly Expr[], rowtime?: Expr): Expr {
  return rewrite(expr, (part) => {
    if (part.kind === 'column') return columns[part.index]
    return part.kind === 'rowtime' ? rowtime : undefined
  })
}

/** Equal meaning by equal shape; spans do not count. */
export function sameExpr(a: Expr, b: Expr): boolean {
  if (a === b) return true
  if (!sameType(a.type, b.type)) return false
  switch (a.kind) {
    case 'rowtime':
      return b.kind === 'rowtime'
    case 'column':
      return b.kind === 'column' && a.index === b.index
    case 'literal':
      return b.kind === 'literal' && sameValue(a.value, b.value)
    case 'call':
      return (
        b.kind === 'call' &&
        a.fn === b.fn &&
        a.nullable === b.nullable &&
        a.args.length === b.args.length &&
        a.args.every((arg, i) => sameExpr(arg, b.args[i]!))
      )
  }
}

function sameValue(a: unknown, b: unknown): boolean {
  if (a instanceof Uint8Array && b instanceof Uint8Array) {
    return a.length === b.length && a.every((byte, i) => byte === b[i])
  }
  return Object.is(a, b)
}

/** Number of nodes, counted no further than `limit`. */
export function sizeOf(expr: Expr, limit: number): number {
  let size = 1
  if (expr.kind === 'call') for (const arg of expr.args) if (size < limit) size += sizeOf(arg, limit - size)
  return size
}

/** The parts of a condition that all have to be true. */
export function conjuncts(expr: Expr): Expr[] {
  return expr.kind === 'call' && expr.fn === 'AND' ? expr.args.flatMap(conjuncts) : [expr]
}

/** The condition that all parts are true; undefined if there are none. */
export function conjunction(parts: readonly Expr[]): Expr | undefined {
  const first = parts[0]
  if (first === undefined || parts.length === 1) return first
  return {
    kind: 'call',
    fn: 'AND',
    args: parts,
    type: { kind: 'BOOLEAN' },
    nullable: parts.some((part) => part.nullable),
    span: { start: first.span.start, end: parts.at(-1)!.span.end },
  }
}
