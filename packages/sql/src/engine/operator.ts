/**
 * The frame in which operators run. A micro-batch goes through all operators twice, in topological order: first its rows,
 * then its bound. In the second pass only what the bound set free flows, so that a bound acts after all rows of its
 * micro-batch have gone all the way; that is why the answer does not depend on how the input was cut.
 *
 * An operator owns one output batch for each pass, since the rows of the first are still to be read when the second runs.
 * Outputs are valid until the operator's next run of the same pass. Batches may share columns with their input.
 */
import type { RowBatch } from '@millrace/values'
import { type ErrorRow, type OperatorState, outcome } from '../engine-port.ts'

export interface Run {
  /** 0: rows; 1: what the bound sets free. */
  pass: 0 | 1
  /** The micro-batch's bound; only looked at in pass 1. */
  bound: number
  /** Number of source records. Rows that a bound sets free carry this as origin: one past the last record. */
  records: number
  outcomes: Uint8Array
  /** Error rows with the origin at which they came up; sorted by it at the end, so that a cut does not show. */
  readonly errors: { readonly error: ErrorRow; readonly at: number }[]
}

export interface Operator {
  readonly kind: string
  readonly output: readonly [RowBatch, RowBatch]
  /** What is promised about later rows of the output after the last pass 1; -Infinity: nothing. */
  readonly bound: number
  run(run: Run): void
}

/** An operator with state that outlives the micro-batch. */
export interface StatefulOperator extends Operator {
  /** Fingerprint of what the operator computes; the address of its state. */
  readonly id: string
  /** Row time that this operator has reached, or Infinity when it holds nothing that waits for time. */
  readonly clock: number
  takeChange(): OperatorState | undefined
  snapshot(): Uint8Array[]
  restore(blob: Uint8Array): void
  readonly stateRows: number
  readonly stateBytes: number
}

/**
 * A row is dropped: reports it and marks its source record. `blamed`: false if no single record brought the row, as with
 * the result of a group.
 */
export function reportRow(
  run: Run,
  error: Pick<ErrorRow, 'name' | 'message' | 'pump' | 'row' | 'rowtime'>,
  { origin, blamed }: { readonly origin: number; readonly blamed: boolean },
): void {
  const known = blamed && origin < run.records
  run.errors.push({ error: { ...error, origin: known ? origin : -1 }, at: origin })
  if (!known) return
  const what = error.name === 'OutOfOrder' ? outcome.late : outcome.dead
  if (run.outcomes[origin]! < what) run.outcomes[origin] = what
}

/** The error rows of a micro-batch in order of their records, then of the operators that met them. */
export function sortedErrors(run: Run): ErrorRow[] {
  return run.errors.sort((a, b) => a.at - b.at).map(({ error }) => error)
}
