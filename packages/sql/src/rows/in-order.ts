/**
 * Rows in the order of their row times (spec 2.4): a row below the last one is out of order, dropped and reported. It stands
 * between a subquery that gives rows times of their own and what counts on ascending times; a stream does the same by itself.
 */
import { formatTimestamp } from '@millrace/values'
import type { StateValue } from '../engine/state-values.ts'
import type { SqlValue } from '../plan.ts'
import type { RowOperator, RowSink } from './row-operator.ts'

export class InOrderRows implements RowOperator {
  readonly held = 0
  #last = Number.NEGATIVE_INFINITY

  row(values: readonly SqlValue[], rowtime: number, sink: RowSink): void {
    if (rowtime < this.#last) {
      const message = `row time ${formatTimestamp(rowtime)} lies before ${formatTimestamp(this.#last)}, the last one of a subquery that sets ROWTIME; sort it with ORDER BY ... WITHIN`
      sink.fail({ name: 'OutOfOrder', message }, values, rowtime, true)
      return
    }
    this.#last = rowtime
    sink.emit(values, rowtime)
  }

  release(): boolean {
    return false
  }

  outputBound(bound: number): number {
    return bound
  }

  save(): StateValue {
    return this.#last
  }

  load(saved: StateValue): void {
    this.#last = saved as number // What `save` gave.
  }
}
