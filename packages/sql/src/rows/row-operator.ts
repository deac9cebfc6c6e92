/**
 * Operators that work row by row and are rare enough not to need a columnar form (plan.ts, RowsNode). One class serves
 * both the interpreter's node (interpreter/rows.ts) and the compiled engine (engine/row-operator.ts), which hand it evaluated
 * arguments and take rows from the sink.
 *
 * An operator depends on nothing but its rows and bounds in order, so that replaying them after a restart gives the same
 * state; that is how the engine keeps changes. `save` gives the whole state as plain values.
 */
import type { StateValue } from '../engine/state-values.ts'
import type { SqlValue } from '../plan.ts'

export interface RowSink {
  /** A row comes out. */
  emit(values: readonly SqlValue[], rowtime: number): void
  /** A row is dropped and reported. `blamed`: false if no single source record brought it, as with a group's result. */
  fail(problem: RowProblem, values: readonly SqlValue[], rowtime: number, blamed: boolean): void
  /** The row at hand was taken in and waits for others, so its record counts as used. */
  keep(): void
}

export interface RowProblem {
  readonly name: string
  readonly message: string
}

export interface RowOperator {
  row(values: readonly SqlValue[], rowtime: number, sink: RowSink): void
  /** No later row lies below `bound`. True if the state changed. */
  release(bound: number, sink: RowSink): boolean
  /** What is then promised about the operator's own rows. */
  outputBound(bound: number): number
  save(): StateValue
  /** Takes what `save` gave in place of what is there. */
  load(saved: StateValue): void
  /** Rows, groups or combinations held. */
  readonly held: number
}

export const silent: RowSink = { emit: () => {}, fail: () => {}, keep: () => {} }
