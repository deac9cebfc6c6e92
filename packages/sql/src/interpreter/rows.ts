/**
 * A row operator (rows/) in the interpreter: evaluated arguments go in, and what comes out carries the record at hand, or
 * the end of the micro-batch if a bound set it free. A row whose arguments fail is dropped.
 */

import type { StateValue } from '../engine/state-values.ts'
import type { RowsNode, SqlValue } from '../plan.ts'
import { makeRowOperator } from '../rows/make-row-operator.ts'
import type { RowOperator, RowProblem, RowSink } from '../rows/row-operator.ts'
import type { RunningNode } from './node.ts'
import { evaluateAll, type Row, type Step } from './row.ts'

export class RunningRows implements RunningNode {
  readonly inputs: readonly RunningNode[]
  readonly #node: RowsNode
  readonly #operator: RowOperator

  constructor(node: RowsNode, input: RunningNode) {
    this.inputs = [input]
    this.#node = node
    this.#operator = makeRowOperator(node)
  }

  rows([input]: readonly (readonly Row[])[], step: Step): Row[] {
    const out: Row[] = []
    for (const row of input!) {
      const values = evaluateAll(this.#node.args, row, step)
      if (values !== undefined) this.#operator.row(values, row.rowtime, new StepSink(step, row.origin, out))
    }
    return out
  }

  release(bound: number, step: Step): Row[] {
    const out: Row[] = []
    this.#operator.release(bound, new StepSink(step, step.records, out))
    return out
  }

  outputBound(bound: number): number {
    return this.#operator.outputBound(bound)
  }

  save(): unknown {
    return this.#operator.save()
  }

  load(saved: unknown): void {
    this.#operator.load(saved as StateValue) // What `save` gave.
  }
}

class StepSink implements RowSink {
  readonly #step: Step
  readonly #origin: number
  readonly #out: Row[]

  constructor(step: Step, origin: number, out: Row[]) {
    this.#step = step
    this.#origin = origin
    this.#out = out
  }

  emit(values: readonly SqlValue[], rowtime: number): void {
    this.#out.push({ values, rowtime, origin: this.#origin })
  }

  fail(problem: RowProblem, values: readonly SqlValue[], rowtime: number, blamed: boolean): void {
    this.#step.fail({ values, rowtime, origin: blamed ? this.#origin : -1 }, problem)
  }

  keep(): void {
    this.#step.keep({ values: [], rowtime: 0, origin: this.#origin })
  }
}
