/**
 * ORDER BY on streams (spec 2.16). `SortedRows` gathers the rows of one value of the leading key and gives them out sorted when
 * it changes, by a row or a bound; rows of equal keys keep their order of arrival, and NULL sorts above all values. Their
 * row time is the first instant of the next step, as with GROUP BY, since rows of one step have no ascending times any more;
 * where the leading key is the row time itself they keep it.
 *
 * `TimeSortedRows` reorders by a time of the rows' own: a row is let go once one at least `ms` newer has come, and a row older
 * than what may have been let go is late. Rows whose time is NULL are dropped in silence. Bounds of the input say nothing
 * about these times, except for the end of all input.
 */
import type { StateValue } from '../engine/state-values.ts'
import { compareValues, SqlRuntimeError } from '../functions/index.ts'
import { interpretExpr } from '../interpreter/expression.ts'
import type { Expr, RowOperatorSpec, SqlValue } from '../plan.ts'
import type { RowOperator, RowSink } from './row-operator.ts'

interface Held {
  readonly values: readonly SqlValue[]
  readonly rowtime: number
}

/** [[rowtime, values], ...] */
type SavedRows = readonly (readonly [number, readonly SqlValue[]])[]

export class SortedRows implements RowOperator {
  readonly #spec: Extract<RowOperatorSpec, { kind: 'sort' }>
  readonly #operands: readonly Expr[]
  readonly #passed: number
  #rows: Held[] = []

  constructor(spec: Extract<RowOperatorSpec, { kind: 'sort' }>, operands: readonly Expr[], passed: number) {
    this.#spec = spec
    this.#operands = operands
    this.#passed = passed
  }

  get held(): number {
    return this.#rows.length
  }

  row(values: readonly SqlValue[], rowtime: number, sink: RowSink): void {
    const last = this.#rows[this.#rows.length - 1]
    const lead = values[this.#passed]!
    if (last !== undefined && this.#compare(0, last.values[this.#passed]!, lead) !== 0) this.#flush(sink)
    this.#rows.push({ values, rowtime })
    sink.keep()
  }

  release(bound: number, sink: RowSink): boolean {
    if (this.#rows.length === 0 || this.#end() > bound) return false
    this.#flush(sink)
    return true
  }

  outputBound(bound: number): number {
    return bound
  }

  save(): StateValue {
    return this.#rows.map(({ values, rowtime }) => [rowtime, values])
  }

  load(saved: StateValue): void {
    this.#rows = heldOf(saved)
  }

  /** The first instant at which no row of the current step can come any more. */
  #end(): number {
    const last = this.#rows[this.#rows.length - 1]!
    const { nextStep } = this.#spec
    if (nextStep === undefined) return last.rowtime + 1
    const next = interpretExpr(nextStep, last.values.slice(this.#passed), last.rowtime)
    // A leading key that is NULL has no next step.
    return typeof next === 'number' ? next : last.rowtime
  }

  #flush(sink: RowSink): void {
    const rows = this.#rows
    const last = rows[rows.length - 1]!
    let end: number
    try {
      end = this.#spec.nextStep === undefined ? last.rowtime : this.#end()
    } catch (error) {
      if (!(error instanceof SqlRuntimeError)) throw error
      end = last.rowtime
    }
    this.#rows = []
    rows.sort((a, b) => {
      for (let i = 1; i < this.#operands.length; i++) {
        const order = this.#compare(i, a.values[this.#passed + i]!, b.values[this.#passed + i]!)
        if (order !== 0) return this.#spec.descending[i] === true ? -order : order
      }
      return 0
    })
    for (const { values } of rows) sink.emit(values.slice(0, this.#passed), end)
  }

  #compare(operand: number, a: SqlValue, b: SqlValue): number {
    if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1
    const { type } = this.#operands[operand]!
    return compareValues(a, type, b, type)
  }
}

export class TimeSortedRows implements RowOperator {
  readonly #ms: number
  readonly #passed: number
  /** Ascending by the time of the row, which is also kept as its row time; equal times in order of arrival. */
  #rows: Held[] = []
  #newest = Number.NEGATIVE_INFINITY
  #ended = false

  constructor(spec: Extract<RowOperatorSpec, { kind: 'time-sort' }>, passed: number) {
    this.#ms = spec.ms
    this.#passed = passed
  }

  get held(): number {
    return this.#rows.length
  }

  row(values: readonly SqlValue[], rowtime: number, sink: RowSink): void {
    const time = values[this.#passed]
    if (typeof time !== 'number') return
    if (time < this.#newest - this.#ms) {
      const behind = this.#newest - this.#ms - time
      sink.fail(
        {
          name: 'OutOfOrder',
          message: `the row's time ${time} is ${behind} ms too late to be sorted in: rows up to ${this.#newest - this.#ms} have been let go. Widen WITHIN to wait longer`,
        },
        values.slice(0, this.#passed),
        rowtime,
        true,
      )
      return
    }
    this.#insert({ values, rowtime: time })
    sink.keep()
    if (time > this.#newest) this.#newest = time
    this.#letGo(this.#newest - this.#ms, sink)
  }

  release(bound: number, sink: RowSink): boolean {
    if (bound !== Number.POSITIVE_INFINITY || this.#ended) return false
    this.#ended = true
    this.#letGo(bound, sink)
    return true
  }

  outputBound(bound: number): number {
    return bound === Number.POSITIVE_INFINITY ? bound : this.#newest - this.#ms
  }

  save(): StateValue {
    return [this.#newest, this.#rows.map(({ values, rowtime }) => [rowtime, values])]
  }

  load(saved: StateValue): void {
    const [newest, rows] = saved as [number, StateValue] // What `save` gave.
    this.#newest = newest
    this.#rows = heldOf(rows)
  }

  #insert(row: Held): void {
    let low = 0
    let high = this.#rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#rows[middle]!.rowtime <= row.rowtime) low = middle + 1
      else high = middle
    }
    this.#rows.splice(low, 0, row)
  }

  #letGo(upTo: number, sink: RowSink): void {
    let count = 0
    while (count < this.#rows.length && this.#rows[count]!.rowtime <= upTo) {
      const { values, rowtime } = this.#rows[count++]!
      sink.emit(values.slice(0, this.#passed), rowtime)
    }
    if (count > 0) this.#rows.splice(0, count)
  }
}

function heldOf(saved: StateValue): Held[] {
  // What `save` gave.
  return (saved as unknown as SavedRows).map(([rowtime, values]) => ({ values, rowtime }))
}
