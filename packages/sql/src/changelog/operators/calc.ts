/**
 * A chain of filters and projections as one operator. A row that fails is reported and dropped.
 *
 * Over an input that retracts, the halves of an update may fare differently: of -U and +U only one may pass. The -U is held
 * back until it is known: both pass: -U, +U; only the first: -D; only the second: +I. Nothing but the very next row decides,
 * and `flush` ends the waiting, so nothing of this is state.
 */
import { type CalcStep, compileCalc } from '../expression/compile-calc.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import { type Row, type RowKind, rowKind } from '../row.ts'

export interface CalcOptions {
  readonly steps: readonly CalcStep[]
  /** Whether the input holds -U, +U or -D. */
  readonly retracts: boolean
}

export function makeCalc(options: CalcOptions, context: OperatorContext, out: Port): Operator {
  const calc = compileCalc(options.steps, context)
  return options.retracts ? new RetractCalc(calc, context, out) : new AppendCalc(calc, context, out)
}

class AppendCalc implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #calc: (row: Row) => Row | undefined
  readonly #context: OperatorContext
  readonly #out: Port

  constructor(calc: (row: Row) => Row | undefined, context: OperatorContext, out: Port) {
    this.#calc = calc
    this.#context = context
    this.#out = out
  }

  row(row: Row, kind: RowKind): void {
    let result: Row | undefined
    try {
      result = this.#calc(row)
    } catch (error) {
      this.#context.fail(row, asError(error))
      return
    }
    if (result !== undefined) this.#out.row(result, kind)
  }

  watermark(time: number): void {
    this.#out.watermark(time)
  }
}

class RetractCalc implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #calc: (row: Row) => Row | undefined
  readonly #context: OperatorContext
  readonly #out: Port
  #held: Row | undefined

  constructor(calc: (row: Row) => Row | undefined, context: OperatorContext, out: Port) {
    this.#calc = calc
    this.#context = context
    this.#out = out
  }

  row(row: Row, kind: RowKind): void {
    let result: Row | undefined
    try {
      result = this.#calc(row)
    } catch (error) {
      this.#context.fail(row, asError(error))
    }
    if (kind === rowKind.updateAfter) {
      const before = this.#held
      this.#held = undefined
      if (before !== undefined) {
        this.#out.row(before, result === undefined ? rowKind.delete : rowKind.updateBefore)
      }
      if (result !== undefined) this.#out.row(result, before === undefined ? rowKind.insert : kind)
      return
    }
    this.flush()
    if (result === undefined) return
    if (kind === rowKind.updateBefore) this.#held = result
    else this.#out.row(result, kind)
  }

  watermark(time: number): void {
    this.flush()
    this.#out.watermark(time)
  }

  flush(): void {
    const held = this.#held
    if (held === undefined) return
    this.#held = undefined
    this.#out.row(held, rowKind.delete)
  }
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
