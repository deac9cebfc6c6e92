/**
 * TOP_K_ITEMS_TUMBLING and COUNT_DISTINCT_ITEMS_TUMBLING (spec 2.13): tumbling windows of row time, aligned to the epoch. What a
 * window gives comes out at its end, when a row of a later window or a bound has reached it; an empty window gives
 * nothing. Answers are exact. NULL is no item. The most frequent item comes first, of equally frequent ones the earlier seen.
 * Memory: each distinct item of one window.
 */
import { keyText } from '../engine/key-text.ts'
import type { StateValue } from '../engine/state-values.ts'
import type { Expr, RowOperatorSpec, SqlValue } from '../plan.ts'
import type { RowOperator, RowSink } from './row-operator.ts'

type Spec = Extract<RowOperatorSpec, { kind: 'top-k' | 'count-distinct' }>

interface Item {
  readonly value: SqlValue
  count: number
}

export class TumblingItems implements RowOperator {
  readonly #spec: Spec
  readonly #operand: Expr
  /** End of the open window; -Infinity if there is none. */
  #end = Number.NEGATIVE_INFINITY
  #items = new Map<string, Item>()

  constructor(spec: Spec, operands: readonly Expr[]) {
    this.#spec = spec
    this.#operand = operands[0]!
  }

  get held(): number {
    return this.#items.size
  }

  row(values: readonly SqlValue[], rowtime: number, sink: RowSink): void {
    const { ms } = this.#spec
    this.#closeAt(rowtime, sink)
    if (this.#end === Number.NEGATIVE_INFINITY) this.#end = (Math.floor(rowtime / ms) + 1) * ms
    sink.keep()
    const value = values[0]!
    if (value === null) return
    const key = keyText([value], [this.#operand])
    const item = this.#items.get(key)
    if (item === undefined) this.#items.set(key, { value, count: 1 })
    else item.count++
  }

  release(bound: number, sink: RowSink): boolean {
    return this.#closeAt(bound, sink)
  }

  outputBound(bound: number): number {
    return bound
  }

  save(): StateValue {
    return [this.#end, [...this.#items.values()].map(({ value, count }) => [value, count])]
  }

  load(saved: StateValue): void {
    const [end, items] = saved as [number, [SqlValue, number][]] // What `save` gave.
    this.#end = end
    this.#items = new Map(
      items.map(([value, count]) => [keyText([value], [this.#operand]), { value, count }]),
    )
  }

  #closeAt(time: number, sink: RowSink): boolean {
    if (this.#end === Number.NEGATIVE_INFINITY || this.#end > time) return false
    const { kind } = this.#spec
    if (kind === 'count-distinct') sink.emit([BigInt(this.#items.size)], this.#end)
    else {
      const items = [...this.#items.values()].sort((a, b) => b.count - a.count).slice(0, this.#spec.k)
      for (const { value, count } of items) sink.emit([value, BigInt(count)], this.#end)
    }
    this.#end = Number.NEGATIVE_INFINITY
    this.#items = new Map()
    return true
  }
}
