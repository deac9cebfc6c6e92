/**
 * From the nodes of a plan to operators that are joined by ports. One node object becomes one operator; a node with several
 * readers writes to all of them, a left input before a right one. A chain of filters and projections with one reader each becomes
 * one operator (operators/calc.ts).
 *
 * Order: operators are made from the sinks upwards, because each is made with the port that it writes to. The list that
 * comes back is the other way round, sources first, so that what is called for all (resume, advance) runs with the flow.
 */
import { inputsOf } from './binder/nodes.ts'
import type { CalcStep } from './expression/compile-calc.ts'
import type { Operator, OperatorContext, Port } from './operator.ts'
import { makeAggregate } from './operators/aggregate.ts'
import { makeAsyncProject } from './operators/async-project.ts'
import { makeCalc } from './operators/calc.ts'
import { makeCorrelate } from './operators/correlate.ts'
import { makeDedup } from './operators/dedup.ts'
import { makeExpand } from './operators/expand.ts'
import { FanOut } from './operators/fan-out.ts'
import { makeFilter } from './operators/filter.ts'
import { makeIntervalJoin } from './operators/interval-join.ts'
import { makeJoin } from './operators/join.ts'
import { makeLimit } from './operators/limit.ts'
import { makeLookupJoin } from './operators/lookup-join.ts'
import { makeMatch } from './operators/match.ts'
import { makeNormalize } from './operators/normalize.ts'
import { makeOver } from './operators/over.ts'
import { makeProject } from './operators/project.ts'
import { makeRank } from './operators/rank.ts'
import { makeSetOperation } from './operators/set-operation.ts'
import { makeSort } from './operators/sort.ts'
import { makeSource } from './operators/source.ts'
import { makeTemporalJoin } from './operators/temporal-join.ts'
import { makeUnion } from './operators/union.ts'
import { makeValues } from './operators/values.ts'
import { type ShardInHand, WatermarkOperator } from './operators/watermark.ts'
import { makeWindowAggregate } from './operators/window-aggregate.ts'
import { makeWindowAssign } from './operators/window-assign.ts'
import { makeWindowJoin } from './operators/window-join.ts'
import { makeWindowRank } from './operators/window-rank.ts'
import type { ChangelogNode, ChangelogNodeKind, FilterNode, ProjectNode } from './plan.ts'

type NodeOf<K extends ChangelogNodeKind> = Extract<ChangelogNode, { readonly kind: K }>
type Factories = {
  readonly [K in ChangelogNodeKind]: (
    node: NodeOf<K>,
    context: OperatorContext,
    out: Port,
    inHand: ShardInHand,
  ) => Operator
}

const factories = {
  source: makeSource,
  watermark: (node, context, out, inHand) => new WatermarkOperator(node, context, out, inHand),
  normalize: makeNormalize,
  values: makeValues,
  filter: makeFilter,
  project: makeProject,
  'async-project': makeAsyncProject,
  union: makeUnion,
  expand: makeExpand,
  aggregate: makeAggregate,
  'window-assign': makeWindowAssign,
  'window-aggregate': makeWindowAggregate,
  over: makeOver,
  join: makeJoin,
  'interval-join': makeIntervalJoin,
  'temporal-join': makeTemporalJoin,
  'lookup-join': makeLookupJoin,
  'window-join': makeWindowJoin,
  correlate: makeCorrelate,
  'set-operation': makeSetOperation,
  rank: makeRank,
  dedup: makeDedup,
  'window-rank': makeWindowRank,
  sort: makeSort,
  limit: makeLimit,
  match: makeMatch,
} satisfies Factories

/** All nodes above some, inputs before their readers, each once. */
export function nodesInOrder(roots: readonly ChangelogNode[]): ChangelogNode[] {
  const found = new Set<ChangelogNode>()
  const visit = (node: ChangelogNode) => {
    if (found.has(node)) return
    for (const input of inputsOf(node)) visit(input)
    found.add(node)
  }
  for (const root of roots) visit(root)
  return [...found]
}

export interface GraphNode {
  readonly node: ChangelogNode
  readonly operator: Operator
}

export interface GraphOptions {
  /** Plans with the ports that their rows go to. */
  readonly roots: readonly { readonly plan: ChangelogNode; readonly port: Port }[]
  contextFor(node: ChangelogNode): OperatorContext
  readonly inHand: ShardInHand
}

/** The operators, sources first. */
export function buildGraph({ roots, contextFor, inHand }: GraphOptions): GraphNode[] {
  const order = nodesInOrder(roots.map(({ plan }) => plan))
  const readers = new Map<ChangelogNode, Port[]>(order.map((node) => [node, []]))
  const readerCount = new Map<ChangelogNode, number>()
  const count = (node: ChangelogNode) => readerCount.set(node, (readerCount.get(node) ?? 0) + 1)
  for (const node of order) inputsOf(node).forEach(count)
  for (const { plan, port } of roots) {
    count(plan)
    readers.get(plan)!.push(port)
  }
  const made: GraphNode[] = []
  const fused = new Set<ChangelogNode>()
  for (const node of order.reverse()) {
    if (fused.has(node)) continue
    const ports = readers.get(node)!
    const out = ports.length === 1 ? ports[0]! : new FanOut(ports)
    if (node.kind === 'filter' || node.kind === 'project') {
      const chain = chainFrom(node, readerCount)
      for (const each of chain) fused.add(each)
      const first = chain[0]!
      const operator = makeCalc(
        { steps: chain.map(stepOf), retracts: first.input.traits.changes === 'retract' },
        contextFor(first),
        out,
      )
      made.push({ node: first, operator })
      readers.get(first.input)!.unshift(operator.inputs[0]!)
      continue
    }
    const operator = makeOperator(node, contextFor(node), out, inHand)
    made.push({ node, operator })
    const inputs = inputsOf(node)
    for (let i = inputs.length - 1; i >= 0; i--) readers.get(inputs[i]!)!.unshift(operator.inputs[i]!)
  }
  return made.reverse()
}

function makeOperator(
  node: ChangelogNode,
  context: OperatorContext,
  out: Port,
  inHand: ShardInHand,
): Operator {
  // The table has for each kind the factory of that kind's node.
  const factory = factories[node.kind] as Factories[ChangelogNodeKind] as (
    node: ChangelogNode,
    context: OperatorContext,
    out: Port,
    inHand: ShardInHand,
  ) => Operator
  return factory(node, context, out, inHand)
}

/** Filters and projections that end in `last` and that nothing else reads, first one first. */
function chainFrom(
  last: FilterNode | ProjectNode,
  readerCount: ReadonlyMap<ChangelogNode, number>,
): (FilterNode | ProjectNode)[] {
  const chain: (FilterNode | ProjectNode)[] = [last]
  for (let node = last.input; node.kind === 'filter' || node.kind === 'project'; node = node.input) {
    if (readerCount.get(node) !== 1) break
    chain.unshift(node)
  }
  return chain
}

function stepOf(node: FilterNode | ProjectNode): CalcStep {
  return node.kind === 'filter'
    ? { kind: 'filter', predicate: node.predicate }
    : { kind: 'project', exprs: node.exprs }
}
