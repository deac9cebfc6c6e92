/**
 * Where time stands in a graph. A node's watermark is that of what it reads; several inputs: the least.
 *
 * A source all of whose shards are idle says nothing about time. Where it meets other sources it must not hold them back, so
 * it goes along with the least of those that it meets and that are not idle.
 */
import { inputsOf } from './binder/nodes.ts'
import type { GraphNode } from './graph.ts'
import type { SourceOperator } from './operators/source.ts'
import { WatermarkOperator } from './operators/watermark.ts'
import type { ChangelogNode } from './plan.ts'

export class Watermarks {
  readonly all: readonly WatermarkOperator[]
  readonly #operators: ReadonlyMap<ChangelogNode, GraphNode['operator']>
  readonly #peers = new Map<WatermarkOperator, WatermarkOperator[]>()
  #idle: readonly WatermarkOperator[] = []

  constructor(graph: readonly GraphNode[]) {
    this.#operators = new Map(graph.map(({ node, operator }) => [node, operator]))
    this.all = graph.flatMap(({ operator }) => (operator instanceof WatermarkOperator ? [operator] : []))
    if (this.all.length > 1) for (const { node } of graph) this.#meet(node)
  }

  ofTable(table: string): readonly WatermarkOperator[] {
    return this.all.filter((operator) => operator.table === table)
  }

  /** The watermark that has gone out of a node. */
  of(node: ChangelogNode): number {
    const operator = this.#operators.get(node)
    if (operator?.watermarkNow !== undefined) return operator.watermarkNow
    if (node.kind === 'source') {
      // Made by makeSource.
      return (operator as SourceOperator).finished ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
    }
    let least = Number.POSITIVE_INFINITY
    for (const input of inputsOf(node)) least = Math.min(least, this.of(input))
    return least
  }

  /** Shards may have become idle: finds out whom others must carry along. */
  noteIdle(): void {
    this.#idle = this.all.filter((operator) => operator.idle && this.#peers.has(operator))
  }

  follow(): void {
    for (let i = 0; i < this.#idle.length; i++) {
      const operator = this.#idle[i]!
      if (!operator.idle) continue
      let least = Number.POSITIVE_INFINITY
      let active = false
      for (const peer of this.#peers.get(operator)!) {
        if (peer.idle) continue
        active = true
        least = Math.min(least, peer.watermarkNow)
      }
      if (active) operator.follow(least)
    }
  }

  /** All that stand above one node with several inputs are peers. */
  #meet(node: ChangelogNode): void {
    if (inputsOf(node).length < 2) return
    const above = new Set<WatermarkOperator>()
    const visited = new Set<ChangelogNode>()
    const visit = (each: ChangelogNode) => {
      if (visited.has(each)) return
      visited.add(each)
      const operator = this.#operators.get(each)
      if (operator instanceof WatermarkOperator) above.add(operator)
      inputsOf(each).forEach(visit)
    }
    visit(node)
    for (const operator of above) {
      const peers = new Set(this.#peers.get(operator) ?? [])
      for (const other of above) if (other !== operator) peers.add(other)
      if (peers.size > 0) this.#peers.set(operator, [...peers])
    }
  }
}
