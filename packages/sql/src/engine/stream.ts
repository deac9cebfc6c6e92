/**
 * An in-application stream: what its pumps write, merged by origin, row time and the order of the pumps. Row times ascend on
 * every stream (spec 2.4): a row below the last one written is dropped and reported as OutOfOrder; so is a row with NULL
 * in a NOT NULL column, as NotNullViolation. A row of an output stream marks its source record `out`.
 *
 * With one writer, the usual case, the writer's batch is passed on without copying.
 * State: the last row time written, kept only where writers can fall behind (a row time of their own, or windows that
 * end); elsewhere the input's order implies it. Blob: u8 version 1, 7 bytes zero, f64 last row time.
 */
import { RowBatch, type Schema } from '@millrace/values'
import { type OperatorState, outcome } from '../engine-port.ts'
import { makeColumn, rowText } from './column-values.ts'
import { gatherColumn, gatherTimes } from './gather.ts'
import { mergeByOrigin } from './merge.ts'
import { type Run, reportRow, type StatefulOperator } from './operator.ts'

export interface StreamSpec {
  readonly id: string
  readonly name: string
  readonly schema: Schema
  readonly writers: readonly {
    readonly operator: { readonly output: readonly [RowBatch, RowBatch]; readonly bound: number }
    readonly pump: string
  }[]
  /** Whether a writer's row times can fall behind, so that the last one is state. */
  readonly keepsTime: boolean
  /** Whether the stream's rows leave the program. */
  readonly leaves: boolean
}

export class StreamOperator implements StatefulOperator {
  readonly kind = 'stream'
  readonly id: string
  readonly output: [RowBatch, RowBatch]
  readonly clock = Number.POSITIVE_INFINITY
  readonly stateRows = 0
  bound = Number.NEGATIVE_INFINITY

  readonly #spec: StreamSpec
  readonly #merged: readonly [RowBatch, RowBatch]
  readonly #kept: readonly [RowBatch, RowBatch]
  readonly #empty: RowBatch
  /** Columns that must not be NULL. */
  readonly #required: readonly number[]
  #last = Number.NEGATIVE_INFINITY
  #changed = false
  #rows = new Int32Array(64)
  /** The writer of each merged row. */
  #port = new Uint8Array(64)

  constructor(spec: StreamSpec) {
    this.#spec = spec
    this.id = spec.id
    this.#required = spec.schema.fields.flatMap(({ nullable }, c) => (nullable ? [] : [c]))
    const make = () => new RowBatch(spec.schema.fields.map(({ type }) => makeColumn(type)))
    this.#merged = [make(), make()]
    this.#kept = [make(), make()]
    this.#empty = make()
    this.output = [this.#empty, this.#empty]
  }

  get stateBytes(): number {
    return this.#spec.keepsTime ? 8 : 0
  }

  run(run: Run): void {
    const { writers } = this.#spec
    const { pass } = run
    if (pass === 1)
      this.bound = writers.reduce(
        (least, { operator }) => Math.min(least, operator.bound),
        Number.POSITIVE_INFINITY,
      )
    let batch = this.#empty
    let ports = false
    if (writers.length === 1) batch = writers[0]!.operator.output[pass]
    else if (writers.length > 1) {
      const inputs = writers.map(({ operator }) => operator.output[pass])
      batch = this.#merged[pass]
      const rows = inputs.reduce((sum, { length }) => sum + length, 0)
      if (this.#port.length < rows) this.#port = new Uint8Array(rows * 2)
      mergeByOrigin(inputs, batch, this.#port)
      ports = true
    }
    this.output[pass] = this.#admit(batch, ports, run)
  }

  /** Drops rows that may not enter, and marks the source records of those that leave. */
  #admit(batch: RowBatch, ports: boolean, run: Run): RowBatch {
    const { rowtime, origin, length } = batch
    for (const c of this.#required) {
      const { nulls } = batch.columns[c]!
      for (let i = 0; i < length; i++) if (nulls[i] !== 0) return this.#admitSome(batch, ports, run)
    }
    let last = this.#last
    for (let i = 0; i < length; i++) {
      const time = rowtime[i]!
      if (time < last) return this.#admitSome(batch, ports, run)
      last = time
    }
    if (this.#spec.leaves) {
      const { outcomes, records } = run
      for (let i = 0; i < length; i++) {
        const record = origin[i]!
        if (record < records && outcomes[record]! < outcome.out) outcomes[record] = outcome.out
      }
    }
    this.#reached(last)
    return batch
  }

  #admitSome(batch: RowBatch, ports: boolean, run: Run): RowBatch {
    const { name, schema, leaves } = this.#spec
    if (this.#rows.length < batch.length) this.#rows = new Int32Array(batch.length * 2)
    let last = this.#last
    let kept = 0
    for (let i = 0; i < batch.length; i++) {
      const time = batch.rowtime[i]!
      const record = batch.origin[i]!
      const missing = this.#required.find((c) => batch.columns[c]!.nulls[i] !== 0)
      if (missing !== undefined) {
        const column = schema.fields[missing]!.name
        this.#refuse(
          batch,
          i,
          ports,
          run,
          'NotNullViolation',
          `column "${column}" of stream "${name}" is NOT NULL, but its value is NULL`,
        )
      } else if (time < last) {
        const message = `row time ${iso(time)} lies before ${iso(last)}, the last written to stream "${name}"; rows of a stream have ascending row times`
        this.#refuse(batch, i, ports, run, 'OutOfOrder', message)
      } else {
        last = time
        this.#rows[kept++] = i
        if (leaves && record < run.records && run.outcomes[record]! < outcome.out)
          run.outcomes[record] = outcome.out
      }
    }
    const out = this.#kept[run.pass]
    out.reserve(kept)
    batch.columns.forEach((column, c) => {
      gatherColumn(column, out.columns[c]!, this.#rows, kept)
    })
    gatherTimes(batch, out, this.#rows, kept)
    out.length = kept
    this.#reached(last)
    return out
  }

  #refuse(batch: RowBatch, i: number, ports: boolean, run: Run, name: string, message: string): void {
    const { writers, schema } = this.#spec
    const pump = writers[ports ? this.#port[i]! : 0]!.pump
    reportRow(
      run,
      { name, message, pump, rowtime: batch.rowtime[i]!, row: rowText(batch, i, schema) },
      { origin: batch.origin[i]!, blamed: true },
    )
  }

  #reached(time: number): void {
    if (time === this.#last) return
    this.#last = time
    this.#changed = true
  }

  takeChange(): OperatorState | undefined {
    if (!this.#changed || !this.#spec.keepsTime) return undefined
    this.#changed = false
    // A row may fall behind at any later time, so the last row time never loses its use.
    return { operator: this.id, blob: this.#blob(), liveUntil: null }
  }

  snapshot(): Uint8Array[] {
    return this.#spec.keepsTime && this.#last > Number.NEGATIVE_INFINITY ? [this.#blob()] : []
  }

  #blob(): Uint8Array {
    const blob = new Uint8Array(16)
    const view = new DataView(blob.buffer)
    view.setUint8(0, 1)
    view.setFloat64(8, this.#last, true)
    return blob
  }

  restore(blob: Uint8Array): void {
    const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
    if (blob.length !== 16 || view.getUint8(0) !== 1)
      throw new Error(`engine: state of stream "${this.#spec.name}" has an unknown form`)
    this.#last = Math.max(this.#last, view.getFloat64(8, true))
  }
}

function iso(time: number): string {
  return Number.isFinite(time) && Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time)
}
