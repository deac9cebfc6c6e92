/** The rows of a derived table, once, when the first record with a row comes, or else with the first bound. */
import type { TableSourceNode } from '../plan.ts'
import type { RunningNode } from './node.ts'
import type { Row, Step } from './row.ts'

export class RunningTableSource implements RunningNode {
  readonly inputs: readonly RunningNode[] = []
  readonly #node: TableSourceNode
  #done = false

  constructor(node: TableSourceNode) {
    this.#node = node
  }

  rows(_: readonly (readonly Row[])[], step: Step): Row[] {
    const { time } = step
    if (this.#done || time === undefined) return []
    this.#done = true
    // While a bound is being handled no record is at hand.
    const origin = step.origin ?? step.records
    // The end of all input is no time.
    const rowtime = Number.isFinite(time) ? time : 0
    return step.tableRows(this.#node.table).map((values) => ({ values, rowtime, origin }))
  }

  outputBound(): number {
    return this.#done ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }

  save(): unknown {
    return this.#done
  }

  load(saved: unknown): void {
    this.#done = saved === true
  }
}
