/** UNION ALL: rows of the inputs by origin, then by row time, then in the order of the inputs. */
import { RowBatch, type Schema } from '@millrace/values'
import { makeColumn } from './column-values.ts'
import { mergeByOrigin } from './merge.ts'
import type { Operator, Run } from './operator.ts'

export class UnionOperator implements Operator {
  readonly kind = 'union'
  readonly output: readonly [RowBatch, RowBatch]
  bound = Number.NEGATIVE_INFINITY
  readonly #inputs: readonly Operator[]
  #port = new Uint8Array(64)

  constructor(inputs: readonly Operator[], schema: Schema) {
    this.#inputs = inputs
    const make = () => new RowBatch(schema.fields.map(({ type }) => makeColumn(type)))
    this.output = [make(), make()]
  }

  run(run: Run): void {
    if (run.pass === 1) this.bound = Math.min(...this.#inputs.map(({ bound }) => bound))
    const batches = this.#inputs.map(({ output }) => output[run.pass])
    const rows = batches.reduce((sum, { length }) => sum + length, 0)
    if (this.#port.length < rows) this.#port = new Uint8Array(rows * 2)
    mergeByOrigin(batches, this.output[run.pass], this.#port)
  }
}
