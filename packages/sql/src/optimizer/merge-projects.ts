/**
 * A projection over a projection becomes one, a filter over a filter too, and a projection that changes nothing goes.
 *
 * Errors: an expression of the lower projection that can fail must still be evaluated for every row. So it has to be used
 * above, outside of CASE, COALESCE, AND and OR, which may skip it. A calculation is not merged where it would run twice.
 * Which one of several errors of the same row is reported may change; that the row is one error row does not.
 */
import { canFail } from '../expression/can-fail.ts'
import { sizeOf, substitute } from '../expression/expr-tools.ts'
import { mapNodes } from '../expression/node-tools.ts'
import { lazyFunctions } from '../functions/index.ts'
import type { Expr, FilterNode, PlanNode, ProjectNode } from '../plan.ts'

export function mergeProjects(plan: PlanNode): PlanNode {
  const merged = mapNodes(plan, (node) => {
    if (node.kind === 'project' && node.input.kind === 'project') return mergeTwo(node, node.input) ?? node
    if (node.kind === 'filter' && node.input.kind === 'filter') return mergeFilters(node, node.input) ?? node
    return node
  })
  return dropIdentities(merged, true)
}

/** Nodes of an expression that merging may make; subqueries in each other could otherwise add up to a tree of any height. */
const mergedSizeMax = 2000

function mergeTwo(outer: ProjectNode, inner: ProjectNode): ProjectNode | undefined {
  const uses = countUses(outer, inner.exprs.length)
  const mergeable = inner.exprs.every((expr, i) => {
    const use = uses.columns[i]!
    if (canFail(expr) && use.strict === 0) return false
    return expr.kind !== 'call' || use.all <= 1
  })
  if (!mergeable) return undefined
  if (inner.rowtime !== undefined) {
    if (canFail(inner.rowtime) && outer.rowtime !== undefined && uses.rowtime.strict === 0) return undefined
    if (uses.rowtime.all > 0 && inner.rowtime.kind === 'call') return undefined
  }
  const through = (expr: Expr): Expr => substitute(expr, inner.exprs, inner.rowtime)
  const rowtime = outer.rowtime === undefined ? inner.rowtime : through(outer.rowtime)
  const exprs = outer.exprs.map(through)
  const isLarge = (expr: Expr, i: number): boolean =>
    outer.exprs[i]!.kind === 'call' && sizeOf(expr, mergedSizeMax) >= mergedSizeMax
  return exprs.some(isLarge) ? undefined : { ...outer, input: inner.input, exprs, rowtime }
}

interface Uses {
  all: number
  /** Uses that are evaluated for every row. */
  strict: number
}

function countUses(project: ProjectNode, columns: number): { columns: readonly Uses[]; rowtime: Uses } {
  const uses = {
    columns: Array.from({ length: columns }, (): Uses => ({ all: 0, strict: 0 })),
    rowtime: { all: 0, strict: 0 },
  }
  const count = (expr: Expr, strict: boolean): void => {
    const use =
      expr.kind === 'column' ? uses.columns[expr.index]! : expr.kind === 'rowtime' ? uses.rowtime : undefined
    if (use !== undefined) {
      use.all++
      if (strict) use.strict++
    }
    if (expr.kind === 'call') for (const arg of expr.args) count(arg, strict && !lazyFunctions.has(expr.fn))
  }
  for (const expr of project.exprs) count(expr, true)
  if (project.rowtime !== undefined) count(project.rowtime, true)
  return uses
}

/** AND goes on behind an UNKNOWN, where two filters would have stopped; so the upper condition must not fail. */
function mergeFilters(outer: FilterNode, inner: FilterNode): FilterNode | undefined {
  if (canFail(outer.predicate)) return undefined
  const args = [inner.predicate, outer.predicate].flatMap((part) =>
    part.kind === 'call' && part.fn === 'AND' ? part.args : [part],
  )
  const nullable = args.some((arg) => arg.nullable)
  const predicate: Expr = {
    kind: 'call',
    fn: 'AND',
    args,
    type: { kind: 'BOOLEAN' },
    nullable,
    span: outer.predicate.span,
  }
  return { ...outer, input: inner.input, predicate }
}

/** The top projection of a pump stays, since it carries the names and types of the target. */
function dropIdentities(plan: PlanNode, isTop: boolean): PlanNode {
  if (isTop && plan.kind === 'project') {
    const input = mapNodes(plan.input, dropIdentity)
    return input === plan.input ? plan : { ...plan, input }
  }
  return mapNodes(plan, dropIdentity)
}

function dropIdentity(node: PlanNode): PlanNode {
  if (node.kind !== 'project' || node.rowtime !== undefined) return node
  const { exprs, input } = node
  const same =
    exprs.length === input.schema.fields.length &&
    exprs.every((expr, i) => expr.kind === 'column' && expr.index === i)
  return same ? input : node
}
