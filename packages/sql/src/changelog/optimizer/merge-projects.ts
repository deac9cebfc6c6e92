/**
 * Neighbours that are one: a projection over a projection, a filter over a filter, a projection that changes nothing. Values
 * that nothing reads are not computed, as Flink does not compute them either, so a failure in one goes unseen.
 *
 * A value that is read several times and costs something stays in a projection of its own.
 */
import { conjunction, conjuncts, substitute, visit } from '../../expression/expr-tools.ts'
import type { Expr } from '../../plan.ts'
import { makeFilter, makeProject, namesOf } from '../binder/nodes.ts'
import type { ChangelogNode, ProjectNode, Sink } from '../plan.ts'
import { isCheap, isVolatile, readersOf, rewriteSinks } from './rewrite.ts'

export function mergeProjects(sinks: readonly Sink[]): readonly Sink[] {
  const readers = readersOf(sinks)
  return rewriteSinks(sinks, (node) => mergeNode(node, readers))
}

function mergeNode(node: ChangelogNode, readers: ReadonlyMap<ChangelogNode, number>): ChangelogNode {
  if (node.kind === 'filter' && node.input.kind === 'filter' && (readers.get(node.input) ?? 1) <= 1) {
    const parts = [...conjuncts(node.input.predicate), ...conjuncts(node.predicate)]
    return makeFilter(node.input.input, conjunction(parts) ?? node.predicate, node.span)
  }
  if (node.kind !== 'project') return node
  const { input } = node
  if (input.kind === 'project' && canMerge(node, input, (readers.get(input) ?? 1) > 1)) {
    const exprs = node.exprs.map((expr) => substitute(expr, input.exprs))
    return mergeNode(makeProject(input.input, exprs, namesOf(node), node.span), readers)
  }
  return isIdentity(node) ? input : node
}

function canMerge(outer: ProjectNode, inner: ProjectNode, isShared: boolean): boolean {
  const uses = new Map<number, number>()
  for (const expr of outer.exprs) {
    visit(expr, (part) => {
      if (part.kind === 'column') uses.set(part.index, (uses.get(part.index) ?? 0) + 1)
    })
  }
  for (const [index, count] of uses) {
    const expr = inner.exprs[index]!
    // PROCTIME() makes a time attribute only where it stands alone.
    if (expr.kind === 'call' && expr.fn === 'PROCTIME' && count > 1) return false
    if (isVolatile(expr) && (count > 1 || isShared)) return false
    if ((count > 1 || isShared) && !isCheap(expr)) return false
  }
  return true
}

function isIdentity(node: ProjectNode): boolean {
  return (
    node.exprs.length === node.input.schema.fields.length &&
    node.exprs.every((expr: Expr, i) => expr.kind === 'column' && expr.index === i)
  )
}
