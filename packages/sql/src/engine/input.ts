/** An input stream: the rows of the micro-batch as they came. Bounds of the micro-batch are promises about it. */
import { RowBatch, type Schema } from '@millrace/values'
import { outcome } from '../engine-port.ts'
import { makeColumn } from './column-values.ts'
import type { Operator, Run } from './operator.ts'

export class InputOperator implements Operator {
  readonly kind = 'input'
  readonly output: [RowBatch, RowBatch]
  bound = Number.NEGATIVE_INFINITY
  readonly #empty: RowBatch
  readonly #leaves: boolean

  constructor(schema: Schema, options: { readonly leaves: boolean }) {
    this.#empty = new RowBatch(schema.fields.map(({ type }) => makeColumn(type)))
    this.output = [this.#empty, this.#empty]
    this.#leaves = options.leaves
  }

  /** The rows of the micro-batch to come; undefined: none. */
  set(rows: RowBatch | undefined): void {
    this.output[0] = rows ?? this.#empty
  }

  run(run: Run): void {
    if (run.pass === 1) {
      this.bound = run.bound
      return
    }
    if (!this.#leaves) return
    const { origin, length } = this.output[0]
    for (let i = 0; i < length; i++)
      if (run.outcomes[origin[i]!]! < outcome.out) run.outcomes[origin[i]!] = outcome.out
  }
}
