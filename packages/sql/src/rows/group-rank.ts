/**
 * GROUP_RANK (spec 2.13): ranks the rows of one row time among themselves by a column. The group comes out when a row of
 * another row time arrives, or a bound has passed it, which in live running is what an idle time-out amounts to: bounds
 * follow the clock, so that a group waits for no longer than the clock's next tick. Equal values share a rank and the next
 * rank skips (RANK). NULL ranks as lower than every value.
 */
import type { StateValue } from '../engine/state-values.ts'
import { compareValues } from '../functions/index.ts'
import type { Expr, RowOperatorSpec, SqlValue } from '../plan.ts'
import type { RowOperator, RowSink } from './row-operator.ts'

type Spec = Extract<RowOperatorSpec, { kind: 'group-rank' }>

export class GroupRankedRows implements RowOperator {
  readonly #spec: Spec
  readonly #passed: number
  readonly #operand: Expr
  #time = Number.NEGATIVE_INFINITY
  #rows: (readonly SqlValue[])[] = []

  constructor(spec: Spec, operands: readonly Expr[], passed: number) {
    this.#spec = spec
    this.#passed = passed
    this.#operand = operands[0]!
  }

  get held(): number {
    return this.#rows.length
  }

  row(values: readonly SqlValue[], rowtime: number, sink: RowSink): void {
    if (rowtime !== this.#time) this.#flush(sink)
    this.#time = rowtime
    this.#rows.push(values)
    sink.keep()
  }

  release(bound: number, sink: RowSink): boolean {
    if (this.#rows.length === 0 || bound <= this.#time) return false
    this.#flush(sink)
    return true
  }

  outputBound(bound: number): number {
    return bound
  }

  save(): StateValue {
    return [this.#time, [...this.#rows]]
  }

  load(saved: StateValue): void {
    const [time, rows] = saved as unknown as [number, (readonly SqlValue[])[]] // What `save` gave.
    this.#time = time
    this.#rows = rows
  }

  #flush(sink: RowSink): void {
    const rows = this.#rows
    this.#rows = []
    const { descending, output, outputMax } = this.#spec
    const order = rows
      .map((_, i) => i)
      .sort((a, b) => (descending ? -1 : 1) * this.#compare(rows[a]!, rows[b]!))
    const ranks: number[] = []
    order.forEach((row, place) => {
      const before = order[place - 1]
      const ties = before !== undefined && this.#compare(rows[before]!, rows[row]!) === 0
      ranks[row] = ties ? ranks[before]! : place + 1
    })
    const out = output === 'input' ? rows.map((_, i) => i) : output === 'asc' ? order : order.reverse()
    const count = outputMax === 0 ? out.length : outputMax
    for (const row of out.slice(0, count))
      sink.emit([...rows[row]!.slice(0, this.#passed), ranks[row]!], this.#time)
  }

  #compare(a: readonly SqlValue[], b: readonly SqlValue[]): number {
    const [x, y] = [a[this.#passed]!, b[this.#passed]!]
    if (x === null || y === null) return x === y ? 0 : x === null ? -1 : 1
    const { type } = this.#operand
    return compareValues(x, type, y, type)
  }
}
