/**
 * Streaming DISTINCT (spec 2.7): the first row of each combination comes out at once, later ones are dropped. The list holds
 * an expression that grows with time; when it moves on, no combination of before can come again, so all are forgotten.
 * NULLs are equal. Memory: the combinations of one value of the growing expression.
 */
import { keyText } from '../engine/key-text.ts'
import type { StateValue } from '../engine/state-values.ts'
import type { Expr, RowOperatorSpec, SqlValue } from '../plan.ts'
import type { RowOperator, RowSink } from './row-operator.ts'

type Spec = Extract<RowOperatorSpec, { kind: 'distinct' }>

export class DistinctRows implements RowOperator {
  readonly #passed: number
  readonly #compared: readonly Expr[]
  readonly #moving: readonly number[]
  readonly #operands: readonly Expr[]
  #seen = new Set<string>()
  #step = ''

  constructor(spec: Spec, operands: readonly Expr[], passed: number) {
    this.#passed = passed
    this.#operands = operands
    this.#compared = operands.slice(0, spec.compared)
    this.#moving = spec.moving
  }

  get held(): number {
    return this.#seen.size
  }

  row(values: readonly SqlValue[], rowtime: number, sink: RowSink): void {
    const passed = this.#passed
    const step = keyText(
      this.#moving.map((i) => values[passed + i]!),
      this.#moving.map((i) => this.#operands[i]!),
    )
    if (step !== this.#step) {
      this.#step = step
      this.#seen.clear()
    }
    const key = keyText(values.slice(passed, passed + this.#compared.length), this.#compared)
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    sink.emit(values.slice(0, passed), rowtime)
  }

  release(): boolean {
    return false
  }

  outputBound(bound: number): number {
    return bound
  }

  save(): StateValue {
    return [this.#step, [...this.#seen]]
  }

  load(saved: StateValue): void {
    const [step, seen] = saved as [string, string[]] // What `save` gave.
    this.#step = step
    this.#seen = new Set(seen)
  }
}
