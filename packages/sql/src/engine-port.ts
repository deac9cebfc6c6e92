/**
 * What the runtime sees of a running query. Pure: no I/O, no clock, no threads; time comes in as bounds.
 *
 * Law: what has been put out, added up, equals the program over all that has come in, however the input was cut into
 * micro-batches, and also when the instance was stopped after any micro-batch and restored from its state.
 */
import type { RowBatch } from '@millrace/values'

/** What became of a source record in this micro-batch; a higher number wins. */
export const outcome = { filtered: 0, out: 1, late: 2, dead: 3 } as const

/** A row for the error stream. */
export interface ErrorRow {
  /** Index of the source record in the micro-batch, -1 if none. */
  readonly origin: number
  /** ParseError, CoercionError, DivideByZero, OutOfOrder, ValueOutOfRange, NotNullViolation, PreprocessingFailed, RowTooLarge. */
  readonly name: string
  readonly message: string
  readonly pump: string
  readonly rowtime: number
  /** The offending row: its columns as JSON text, for people. */
  readonly row: string
}

export interface MicroBatch {
  /** Rows of the input streams by name, already typed; origins index the source records. */
  readonly inputs: ReadonlyMap<string, RowBatch>
  /** Number of source records in this micro-batch. */
  readonly records: number
  /** Promise that no later row has a row time below this; -Infinity for none. */
  readonly bound: number
}

export interface MicroBatchResult {
  /**
   * Rows that left the program, by output stream. Valid until the next call of `process`. A row that the bound set free has
   * the number of records as origin: one past the last.
   */
  readonly outputs: ReadonlyMap<string, RowBatch>
  readonly errors: readonly ErrorRow[]
  /** By source record: a value of `outcome`. Length >= records; valid until the next call. */
  readonly outcomes: Uint8Array
}

export interface OperatorState {
  /** Fingerprint of what the operator computes: kind, keys, types, inputs' fingerprints. */
  readonly operator: string
  readonly blob: Uint8Array
  /** The blob is of no use once row time has passed this (ms); null: no such time. */
  readonly liveUntil: number | null
}

export interface QueryInstance {
  process(batch: MicroBatch): MicroBatchResult
  /** Replaces a reference table. The batch is copied. */
  setReference(table: string, rows: RowBatch): void
  /** Addresses of everything that keeps state. */
  readonly operators: readonly string[]
  /** What an operator is: group, window-join, ... */
  kindOf(operator: string): string | undefined
  /** Changes of operator state since the last call, to be committed with this micro-batch. */
  takeChanges(): OperatorState[]
  /** The whole state of one operator, as blobs that `restore` accepts in this order. */
  snapshot(operator: string): Uint8Array[]
  /** Feeds blobs back, before the first `process`: snapshot blobs, then changes, in the order they were written. */
  restore(operator: string, blob: Uint8Array): void
  /** Largest row time seen or promised; state whose liveUntil lies below it can be dropped. */
  readonly time: number
  stateInfo(): readonly { operator: string; kind: string; rows: number; bytes: number }[]
}
