/**
 * The rows of a derived table, once (rules of interpreter/table-source.ts). State: whether they have come out; the blob is one
 * byte, 1.
 */
import { RowBatch, type Schema } from '@millrace/values'
import type { OperatorState } from '../engine-port.ts'
import { makeColumn } from './column-values.ts'
import { copyBatch } from './copy-batch.ts'
import type { ReferenceTableRows } from './lookup-join.ts'
import type { Operator, Run, StatefulOperator } from './operator.ts'

export class TableSourceOperator implements StatefulOperator {
  readonly kind = 'table-source'
  readonly id: string
  readonly clock = Number.POSITIVE_INFINITY
  readonly stateRows = 0
  readonly stateBytes = 1
  readonly output: [RowBatch, RowBatch]
  bound = Number.NEGATIVE_INFINITY

  readonly #empty: RowBatch
  readonly #table: ReferenceTableRows
  readonly #inputs: Iterable<Operator>
  #done = false
  #changed = false

  /** `inputs`: the input streams of the program; looked at when it runs. */
  constructor(id: string, schema: Schema, table: ReferenceTableRows, inputs: Iterable<Operator>) {
    this.id = id
    this.#table = table
    this.#inputs = inputs
    this.#empty = new RowBatch(schema.fields.map(({ type }) => makeColumn(type)))
    this.output = [this.#empty, this.#empty]
  }

  run(run: Run): void {
    this.output[run.pass] = this.#empty
    if (!this.#done) {
      if (run.pass === 0) this.#atFirstRow()
      else if (run.bound > Number.NEGATIVE_INFINITY)
        this.#emit(1, Number.isFinite(run.bound) ? run.bound : 0, run.records)
    }
    if (run.pass === 1) this.bound = this.#done ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY
  }

  #atFirstRow(): void {
    let [origin, rowtime] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
    for (const { output } of this.#inputs) {
      const [rows] = output
      if (rows.length === 0 || rows.origin[0]! > origin) continue
      rowtime = rows.origin[0]! < origin ? rows.rowtime[0]! : Math.min(rowtime, rows.rowtime[0]!)
      origin = rows.origin[0]!
    }
    if (origin < Number.POSITIVE_INFINITY) this.#emit(0, rowtime, origin)
  }

  #emit(pass: 0 | 1, rowtime: number, origin: number): void {
    const rows = copyBatch(this.#table.rows, this.#table.types)
    rows.rowtime.fill(rowtime, 0, rows.length)
    rows.origin.fill(origin, 0, rows.length)
    this.output[pass] = rows
    this.#done = true
    this.#changed = true
  }

  takeChange(): OperatorState | undefined {
    if (!this.#changed) return undefined
    this.#changed = false
    return { operator: this.id, blob: Uint8Array.of(1), liveUntil: null }
  }

  snapshot(): Uint8Array[] {
    return this.#done ? [Uint8Array.of(1)] : []
  }

  restore(blob: Uint8Array): void {
    if (blob.length !== 1 || blob[0] !== 1)
      throw new Error('engine: state of a table source has an unknown form')
    this.#done = true
  }
}
