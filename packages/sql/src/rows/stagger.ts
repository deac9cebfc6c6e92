/**
 * Stagger windows (spec 2.9): for each key a window opens at the row time of its first row and ends `ms` later; a row exactly
 * at the end is the first of the next window. One row comes out for each window, at its end, when a row of any key or a
 * bound has reached it. Windows have one length, so they end in the order in which they were opened.
 */
import { type Accumulator, makeAccumulator } from '../engine/accumulator.ts'
import { keyText } from '../engine/key-text.ts'
import type { StateValue } from '../engine/state-values.ts'
import { SqlRuntimeError } from '../functions/index.ts'
import type { Expr, RowOperatorSpec, SqlValue } from '../plan.ts'
import type { RowOperator, RowSink } from './row-operator.ts'

type Spec = Extract<RowOperatorSpec, { kind: 'stagger' }>

interface Window {
  readonly end: number
  readonly keys: readonly SqlValue[]
  readonly accumulators: readonly Accumulator[]
}

type SavedWindow = readonly [number, readonly SqlValue[], readonly StateValue[]]

export class StaggerRows implements RowOperator {
  readonly #spec: Spec
  readonly #keys: readonly Expr[]
  /** Open windows by key, in the order in which they were opened. */
  readonly #windows = new Map<string, Window>()

  constructor(spec: Spec, operands: readonly Expr[]) {
    this.#spec = spec
    this.#keys = operands.slice(0, spec.keys)
  }

  get held(): number {
    return this.#windows.size
  }

  row(values: readonly SqlValue[], rowtime: number, sink: RowSink): void {
    this.#close(rowtime, sink)
    const keys = values.slice(0, this.#spec.keys)
    const text = keyText(keys, this.#keys)
    let window = this.#windows.get(text)
    if (window === undefined) {
      window = this.#open(rowtime + this.#spec.ms, keys)
      this.#windows.set(text, window)
    }
    let at = this.#spec.keys
    this.#spec.calls.forEach(({ args }, c) => {
      window.accumulators[c]!.add(values.slice(at, at + args.length))
      at += args.length
    })
    sink.keep()
  }

  release(bound: number, sink: RowSink): boolean {
    return this.#close(bound, sink)
  }

  outputBound(bound: number): number {
    return bound
  }

  save(): StateValue {
    return [...this.#windows.values()].map(({ end, keys, accumulators }) => [
      end,
      keys,
      accumulators.map((each) => each.save()),
    ])
  }

  load(saved: StateValue): void {
    this.#windows.clear()
    // What `save` gave.
    for (const [end, keys, accumulators] of saved as unknown as readonly SavedWindow[]) {
      const window = this.#open(end, keys)
      window.accumulators.forEach((each, i) => {
        each.load(accumulators[i]!)
      })
      this.#windows.set(keyText(keys, this.#keys), window)
    }
  }

  #open(end: number, keys: readonly SqlValue[]): Window {
    return { end, keys, accumulators: this.#spec.calls.map(makeAccumulator) }
  }

  #close(time: number, sink: RowSink): boolean {
    let closed = false
    for (const [text, { end, keys, accumulators }] of this.#windows) {
      if (end > time) break
      this.#windows.delete(text)
      closed = true
      try {
        sink.emit([...keys, ...accumulators.map((each) => each.result())], end)
      } catch (error) {
        if (!(error instanceof SqlRuntimeError)) throw error
        sink.fail(error, keys, end, false)
      }
    }
    return closed
  }
}
