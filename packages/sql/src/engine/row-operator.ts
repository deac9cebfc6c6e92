/**
 * A row operator (rows/) in the compiled engine: rows out of the input's columns go through it one by one, and what it gives
 * is written into columns again. For operators that are rare or heavy anyway; a row costs its values as objects.
 *
 * State blobs are lists of values (state-values.ts): a change is [0, events], the rows and bounds since the change before,
 * which are played to the operator again; a snapshot is [1, whole state]. An event is [row time, ...arguments] or [bound].
 */
import { RowBatch } from '@millrace/values'
import { type OperatorState, outcome } from '../engine-port.ts'
import type { RowsNode, SqlValue } from '../plan.ts'
import { makeRowOperator } from '../rows/make-row-operator.ts'
import { type RowOperator, type RowProblem, type RowSink, silent } from '../rows/row-operator.ts'
import { makeColumn, setValue, valueAt } from './column-values.ts'
import { type Operator, type Run, reportRow, type StatefulOperator } from './operator.ts'
import { decodeValues, encodeValues, type StateValue } from './state-values.ts'
import { TextArena } from './text-arena.ts'

export interface RowsSpec {
  readonly id: string
  readonly node: RowsNode
  /** Yields the arguments of the node. */
  readonly input: Operator
  readonly pump: string
}

const changeBlob = 0
const snapshotBlob = 1

export class RowsOperator implements StatefulOperator, RowSink {
  readonly kind: string
  readonly id: string
  readonly output: readonly [RowBatch, RowBatch]
  /** Its state is needed as long as it is; nothing here is dropped by time alone. */
  readonly clock = Number.POSITIVE_INFINITY
  bound = Number.NEGATIVE_INFINITY

  readonly #spec: RowsSpec
  readonly #operator: RowOperator
  readonly #arenas = [new TextArena(), new TextArena()] as const
  #events: StateValue[] = []
  // The row being processed, for the sink.
  #run: Run | undefined
  #origin = 0

  constructor(spec: RowsSpec) {
    this.#spec = spec
    this.id = spec.id
    this.kind = spec.node.operator.kind
    this.#operator = makeRowOperator(spec.node)
    const make = () => new RowBatch(spec.node.schema.fields.map(({ type }) => makeColumn(type)))
    this.output = [make(), make()]
  }

  run(run: Run): void {
    const { input, node } = this.#spec
    const rows = input.output[run.pass]
    const out = this.output[run.pass]
    this.#arenas[run.pass].reset()
    out.length = 0
    for (const column of out.columns) {
      if (column.kind === 'text') column.pages = []
      else column.wide = null
    }
    this.#run = run
    for (let i = 0; i < rows.length; i++) {
      const values = node.args.map(({ type }, c) => valueAt(rows.columns[c]!, i, type))
      const rowtime = rows.rowtime[i]!
      this.#events.push([rowtime, ...values])
      this.#origin = rows.origin[i]!
      this.#operator.row(values, rowtime, this)
    }
    if (run.pass === 0) return
    this.#origin = run.records
    if (this.#operator.release(input.bound, this)) this.#events.push([input.bound])
    this.bound = this.#operator.outputBound(input.bound)
  }

  emit(values: readonly SqlValue[], rowtime: number): void {
    const { pass } = this.#run!
    const out = this.output[pass]
    const n = out.length
    out.reserve(n + 1)
    for (let c = 0; c < values.length; c++) setValue(out.columns[c]!, n, values[c]!, this.#arenas[pass])
    out.rowtime[n] = rowtime
    out.origin[n] = this.#origin
    out.length = n + 1
  }

  fail(problem: RowProblem, values: readonly SqlValue[], rowtime: number, blamed: boolean): void {
    const { name, message } = problem
    const { pump, node } = this.#spec
    const shown = values.map((value, i) => [
      node.schema.fields[i]?.name ?? `$${i}`,
      value === null ? null : String(value),
    ])
    const row = JSON.stringify(Object.fromEntries(shown))
    reportRow(this.#run!, { name, message, pump, rowtime, row }, { origin: this.#origin, blamed })
  }

  keep(): void {
    const { outcomes, records } = this.#run!
    if (this.#origin < records && outcomes[this.#origin]! < outcome.out) outcomes[this.#origin] = outcome.out
  }

  get stateRows(): number {
    return this.#operator.held
  }

  get stateBytes(): number {
    // An estimate: arrays and values of a row on the heap.
    return this.#operator.held * (64 + 24 * this.#spec.node.args.length)
  }

  takeChange(): OperatorState | undefined {
    if (this.#events.length === 0) return undefined
    const blob = encodeValues([changeBlob, this.#events])
    this.#events = []
    return { operator: this.id, blob, liveUntil: null }
  }

  snapshot(): Uint8Array[] {
    return [encodeValues([snapshotBlob, this.#operator.save()])]
  }

  restore(blob: Uint8Array): void {
    // Written by takeChange or snapshot, and checked by its version.
    const [kind, state] = decodeValues(blob) as [number, StateValue]
    if (kind === snapshotBlob) {
      this.#operator.load(state)
      return
    }
    for (const [time, ...values] of state as unknown as [number, ...SqlValue[]][]) {
      if (values.length === 0) this.#operator.release(time, silent)
      else this.#operator.row(values, time, silent)
    }
    this.#events = []
  }
}
