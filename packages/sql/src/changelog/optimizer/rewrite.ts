/**
 * Going over a plan in which nodes are shared: each node is rewritten once, so what was one node stays one node.
 */
import type { Expr } from '../../plan.ts'
import { inputsOf, namesOf, renamed, withInputs } from '../binder/nodes.ts'
import type { ChangelogNode, ChangelogProgram, Sink } from '../plan.ts'

/** From the leaves up: each node over its new inputs goes through `rule`. */
export function rewriteSinks(
  sinks: readonly Sink[],
  rule: (node: ChangelogNode) => ChangelogNode,
): readonly Sink[] {
  const done = new Map<ChangelogNode, ChangelogNode>()
  const rewrite = (node: ChangelogNode): ChangelogNode => {
    const known = done.get(node)
    if (known !== undefined) return known
    const made = rule(withInputs(node, inputsOf(node).map(rewrite)))
    done.set(node, made)
    return made
  }
  return sinks.map((sink) => {
    // The names of a sink's rows are part of its answer; a node that stands for another may have others.
    const plan = renamed(rewrite(sink.plan), namesOf(sink.plan), sink.plan.span)
    return plan === sink.plan ? sink : { ...sink, plan }
  })
}

/** How many nodes and sinks read each node. */
export function readersOf(sinks: ChangelogProgram['sinks']): ReadonlyMap<ChangelogNode, number> {
  const counts = new Map<ChangelogNode, number>()
  const count = (node: ChangelogNode): void => {
    const known = counts.get(node) ?? 0
    counts.set(node, known + 1)
    if (known === 0) for (const input of inputsOf(node)) count(input)
  }
  for (const sink of sinks) count(sink.plan)
  return counts
}

/** Functions that give another value at each call: such calls are neither doubled nor made one. */
const volatile: ReadonlySet<string> = new Set(['RAND', 'RAND_INTEGER', 'UUID', 'CURRENT_WATERMARK'])

export function isVolatile(expr: Expr): boolean {
  return expr.kind === 'call' && (volatile.has(expr.fn) || expr.args.some(isVolatile))
}

/** What costs next to nothing to compute again: columns, literals, fields of a row. */
export function isCheap(expr: Expr): boolean {
  return expr.kind !== 'call' || (expr.fn === 'FIELD' && expr.args.every(isCheap))
}
