/**
 * Running aggregates of one group: rows go in, none comes out again. They answer as the aggregate functions do over the
 * list of rows (functions/aggregates.ts). Sums are exact: a number while it is safe, a bigint beyond; floating sums as
 * exact-float-sum.ts keeps them. Calls without a form of constant size keep their arguments and ask the function table.
 */

import { doubleOf, unscaledOf } from '../functions/argument-values.ts'
import { ExactFloatSum } from '../functions/exact-float-sum.ts'
import { compareValues } from '../functions/index.ts'
import { divideRounded, exactResult, floatResult } from '../functions/numbers.ts'
import { isApproximate, isIntegerKind } from '../functions/types.ts'
import { aggregate } from '../interpreter/over.ts'
import type { AggregateCall, SqlValue } from '../plan.ts'
import type { StateValue } from './state-values.ts'

export interface Accumulator {
  add(args: readonly SqlValue[]): void
  result(): SqlValue
  save(): StateValue
  /** Takes what `save` gave. */
  load(saved: StateValue): void
}

export function makeAccumulator(call: AggregateCall): Accumulator {
  if (!call.distinct) {
    switch (call.fn) {
      case 'COUNT':
        return new Count(call)
      case 'SUM':
      case 'AVG':
        return isApproximate(call.args[0]!.type) ? new FloatSum(call) : new ExactSum(call)
      case 'MIN':
        return new Extreme(call, -1)
      case 'MAX':
        return new Extreme(call, 1)
    }
  }
  return new Rows(call)
}

class Count implements Accumulator {
  readonly #all: boolean
  #count = 0

  constructor(call: AggregateCall) {
    this.#all = call.args.length === 0
  }

  add(args: readonly SqlValue[]): void {
    if (this.#all || args[0] !== null) this.#count++
  }

  result(): SqlValue {
    return BigInt(this.#count)
  }

  save(): StateValue {
    return this.#count
  }

  load(saved: StateValue): void {
    this.#count = saved as number // What `save` gave.
  }
}

class ExactSum implements Accumulator {
  readonly #call: AggregateCall
  #sum: number | bigint = 0
  #count = 0

  constructor(call: AggregateCall) {
    this.#call = call
  }

  add(args: readonly SqlValue[]): void {
    const value = args[0]!
    if (value === null) return
    this.#count++
    if (typeof this.#sum === 'number') {
      const sum = this.#sum + Number(value)
      if (Number.isSafeInteger(sum) && Number.isSafeInteger(Number(value))) {
        this.#sum = sum
        return
      }
    }
    this.#sum = BigInt(this.#sum) + unscaledOf(value)
  }

  result(): SqlValue {
    if (this.#count === 0) return null
    const { fn, type } = this.#call
    const sum = BigInt(this.#sum)
    if (fn === 'SUM') return exactResult(sum, type)
    const count = BigInt(this.#count)
    return exactResult(isIntegerKind(type.kind) ? sum / count : divideRounded(sum, count), type)
  }

  save(): StateValue {
    return [this.#sum, this.#count]
  }

  load(saved: StateValue): void {
    ;[this.#sum, this.#count] = saved as readonly [number | bigint, number] // What `save` gave.
  }
}

class FloatSum implements Accumulator {
  readonly #call: AggregateCall
  #sum = new ExactFloatSum()
  #count = 0

  constructor(call: AggregateCall) {
    this.#call = call
  }

  add(args: readonly SqlValue[]): void {
    const value = args[0]!
    if (value === null) return
    this.#count++
    this.#sum.add(doubleOf(value, this.#call.args[0]!.type))
  }

  result(): SqlValue {
    if (this.#count === 0) return null
    const sum = this.#sum.value
    return floatResult(this.#call.fn === 'SUM' ? sum : sum / this.#count, this.#call.type)
  }

  save(): StateValue {
    return [this.#count, this.#sum.parts]
  }

  load(saved: StateValue): void {
    const [count, parts] = saved as readonly [number, readonly number[]] // What `save` gave.
    this.#count = count
    this.#sum = new ExactFloatSum(parts)
  }
}

class Extreme implements Accumulator {
  readonly #call: AggregateCall
  readonly #direction: 1 | -1
  #best: SqlValue = null

  constructor(call: AggregateCall, direction: 1 | -1) {
    this.#call = call
    this.#direction = direction
  }

  add(args: readonly SqlValue[]): void {
    const value = args[0]!
    if (value === null) return
    const { type } = this.#call.args[0]!
    // Of equal values the first stays.
    if (this.#best === null || compareValues(value, type, this.#best, type) * this.#direction > 0)
      this.#best = value
  }

  result(): SqlValue {
    return this.#best
  }

  save(): StateValue {
    return this.#best
  }

  load(saved: StateValue): void {
    this.#best = saved as SqlValue // What `save` gave.
  }
}

class Rows implements Accumulator {
  readonly #call: AggregateCall
  #rows: (readonly SqlValue[])[] = []

  constructor(call: AggregateCall) {
    this.#call = call
  }

  add(args: readonly SqlValue[]): void {
    this.#rows.push(args)
  }

  result(): SqlValue {
    return aggregate(this.#call, this.#rows)
  }

  save(): StateValue {
    return this.#rows
  }

  load(saved: StateValue): void {
    this.#rows = [...(saved as readonly SqlValue[][])] // What `save` gave.
  }
}
