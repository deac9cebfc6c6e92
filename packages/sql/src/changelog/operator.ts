/**
 * How operators of the changelog engine meet. Changes are pushed: a row goes all the way down before the next one comes, so
 * the answer cannot depend on how the input was cut. An operator is made with the port that it writes to, and offers one
 * port for each of its inputs.
 *
 * Watermarks flow the same way. W promises that no later row has a time <= W; it never goes back; +Infinity ends the input.
 * An operator with several inputs uses the least of them (watermark-merge.ts). An operator that keeps rows until a
 * watermark puts them out before it passes the watermark on.
 */
import type { Clock } from '@millrace/values'
import type { ExpressionContext } from './expression/compile-expression.ts'
import type { Row, RowKind } from './row.ts'
import type { StateStore } from './state/state-store.ts'

export interface Port {
  row(row: Row, kind: RowKind): void
  watermark(time: number): void
}

export interface Operator {
  readonly inputs: readonly Port[]
  /** Called when processing time has moved to `now`; only for those that asked by `context.onTime`. */
  advance?(now: number): void
  /** Called once after the state was restored, before anything else: what is derived from state can be built here. */
  resume?(): void
  /** Puts out what waits for the very next change; the instance calls it before anyone looks at the output. */
  flush?(): void
  /** Replaces the rows that a lookup join finds. */
  setLookup?(rows: readonly Row[]): void
  /** Waits until no call of an asynchronous function is under way. */
  settle?(): Promise<void>
  /** Calls under way, and how many there may be. */
  readonly pending?: { readonly calls: number; readonly capacity: number }
  /** Only of operators that hold watermarks back or make them: the watermark that has gone out. */
  readonly watermarkNow?: number
}

export interface OperatorContext extends ExpressionContext {
  /** Address of the node's state: fingerprint of what it computes. */
  readonly id: string
  /** Where the operator keeps what must outlive a restart. Structures are made in the constructor, names are stable. */
  readonly state: StateStore
  /** Timeouts and retries of asynchronous functions. */
  readonly clock?: Pick<Clock, 'sleep'> | undefined
  /** Puts the operator on the list of those whose `advance` is called whenever processing time moves. */
  onTime(operator: Operator): void
  /** A row came after its time: counted, and put on the `late` output with the node's name. */
  late(row: Row): void
  /** A row cannot be processed: CastError and the like. It is dropped, put on the error output and counted. */
  fail(row: Row, error: Error): void
}
