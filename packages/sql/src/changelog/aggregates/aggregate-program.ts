/**
 * The aggregates of one node as one program over accumulators. An accumulator is plain data (it lives in a KeyedState).
 * Retraction is exact: MIN and MAX keep counts of values, DISTINCT keeps counts for each value and each FILTER, AVG is sum
 * over count.
 */

import type { SqlValue } from '../../plan.ts'
import type { AggregateCall } from '../plan.ts'
import type { Row } from '../row.ts'
import type { DistinctSets } from './distinct-sets.ts'

export type Accumulator = unknown[]

export interface AggregateProgram {
  create(): Accumulator
  /** Throws, with the accumulator as it was, where an argument or a filter has no value. */
  add(accumulator: Accumulator, row: Row): void
  /** Only if the program was made with `retracts`. */
  retract(accumulator: Accumulator, row: Row): void
  /** Adds what `other` holds: sessions that merge, slices of windows. `other` stays as it is. */
  merge(accumulator: Accumulator, other: Accumulator): void
  /** The accumulator is not used any more; only where the program was made with `sets`. */
  drop(accumulator: Accumulator): void
  /** The calls' values in order. */
  results(accumulator: Accumulator): SqlValue[]
  /** The same into `row` from index `at` on. */
  write(accumulator: Accumulator, row: SqlValue[], at: number): void
  /** A new row: `keys` of the given row, then the calls' values. */
  output(accumulator: Accumulator, row: Row): SqlValue[]
}

export interface AggregateOptions {
  readonly calls: readonly AggregateCall[]
  /** Whether rows can be taken away; without it MIN and MAX keep one value only. */
  readonly retracts: boolean
  /** Where DISTINCT, MIN and MAX keep their values instead of in the accumulators, which then cannot merge. */
  readonly sets?: DistinctSets
  /** Columns that `output` takes from its row. */
  readonly keys?: readonly number[]
  /** Slots at the front of each accumulator that are the caller's own; null at first, and passed over by `merge`. */
  readonly reserved?: number
  /**
   * A number that grows with each row added, over all accumulators. With it FIRST_VALUE, LAST_VALUE, LISTAGG and the like
   * keep the order of arrival when accumulators merge; without it the rows of `other` come after those that are there.
   */
  readonly arrival?: () => number
}
