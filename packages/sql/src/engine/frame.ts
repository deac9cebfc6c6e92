/**
 * The rows of one partition that its frame holds, and the values of its calls over them. COUNT, SUM and AVG keep
 * running sums, all exact; MIN and MAX a deque of candidates, oldest first, of which each is better than those after it;
 * all other calls are computed over the frame's rows.
 *
 * Rows come in at the end and leave at the front, so a frame is an array with a head that is cut off now and then.
 */

import { doubleOf, unscaledOf } from '../functions/argument-values.ts'
import { ExactFloatSum } from '../functions/exact-float-sum.ts'
import { compareValues } from '../functions/index.ts'
import { divideRounded, exactResult, floatResult } from '../functions/numbers.ts'
import { isApproximate, isIntegerKind } from '../functions/types.ts'
import { aggregate } from '../interpreter/over.ts'
import type { AggregateCall, SqlValue } from '../plan.ts'

/** The arguments of each call for one row. */
export type FrameRow = readonly (readonly SqlValue[])[]

export class FrameRows {
  readonly key: string
  readonly keys: readonly SqlValue[]
  readonly #calls: readonly RunningCall[]
  #rows: FrameRow[] = []
  #times: number[] = []
  #head = 0

  constructor(key: string, keys: readonly SqlValue[], calls: readonly AggregateCall[]) {
    this.key = key
    this.keys = keys
    this.#calls = calls.map((call, c) => runningCall(call, c))
  }

  get count(): number {
    return this.#rows.length - this.#head
  }

  add(rowtime: number, row: FrameRow): void {
    this.#rows.push(row)
    this.#times.push(rowtime)
    for (const call of this.#calls) call.enter(row, this.#rows.length - 1)
  }

  removeOldest(): void {
    const at = this.#head++
    for (const call of this.#calls) call.leave(this.#rows[at]!, at)
    if (this.#head >= 64 && this.#head * 2 > this.#rows.length) this.#cut()
  }

  results(): SqlValue[] {
    return this.#calls.map((call) => call.result(this.#rows, this.#head))
  }

  /** The rows held, oldest first. */
  *held(): Generator<{ rowtime: number; row: FrameRow }> {
    for (let i = this.#head; i < this.#rows.length; i++)
      yield { rowtime: this.#times[i]!, row: this.#rows[i]! }
  }

  #cut(): void {
    this.#rows = this.#rows.slice(this.#head)
    this.#times = this.#times.slice(this.#head)
    for (const call of this.#calls) call.shift(this.#head)
    this.#head = 0
  }
}

interface RunningCall {
  enter(row: FrameRow, at: number): void
  leave(row: FrameRow, at: number): void
  /** The rows before `by` were cut off: places count from there now. */
  shift(by: number): void
  result(rows: readonly FrameRow[], head: number): SqlValue
}

function runningCall(call: AggregateCall, c: number): RunningCall {
  const first = call.args[0]
  if (!call.distinct) {
    if (call.fn === 'COUNT') return new RunningCount(c, first === undefined)
    if ((call.fn === 'SUM' || call.fn === 'AVG') && first !== undefined) {
      return isApproximate(first.type) ? new RunningFloatSum(call, c) : new RunningSum(call, c)
    }
    if (call.fn === 'MIN') return new RunningExtreme(call, c, -1)
    if (call.fn === 'MAX') return new RunningExtreme(call, c, 1)
  }
  return {
    enter: () => {},
    leave: () => {},
    shift: () => {},
    result: (rows, head) => {
      const args: (readonly SqlValue[])[] = []
      for (let i = head; i < rows.length; i++) args.push(rows[i]![c]!)
      return aggregate(call, args)
    },
  }
}

class RunningCount implements RunningCall {
  readonly #c: number
  readonly #all: boolean
  #count = 0

  constructor(c: number, all: boolean) {
    this.#c = c
    this.#all = all
  }

  enter(row: FrameRow): void {
    if (this.#all || row[this.#c]![0] !== null) this.#count++
  }

  leave(row: FrameRow): void {
    if (this.#all || row[this.#c]![0] !== null) this.#count--
  }

  shift(): void {}

  result(): SqlValue {
    return BigInt(this.#count)
  }
}

class RunningSum implements RunningCall {
  readonly #call: AggregateCall
  readonly #c: number
  #sum = 0n
  #count = 0

  constructor(call: AggregateCall, c: number) {
    this.#call = call
    this.#c = c
  }

  enter(row: FrameRow): void {
    const value = row[this.#c]![0]!
    if (value === null) return
    this.#count++
    this.#sum += unscaledOf(value)
  }

  leave(row: FrameRow): void {
    const value = row[this.#c]![0]!
    if (value === null) return
    this.#count--
    this.#sum -= unscaledOf(value)
  }

  shift(): void {}

  result(): SqlValue {
    if (this.#count === 0) return null
    const { fn, type } = this.#call
    if (fn === 'SUM') return exactResult(this.#sum, type)
    const count = BigInt(this.#count)
    return exactResult(isIntegerKind(type.kind) ? this.#sum / count : divideRounded(this.#sum, count), type)
  }
}

class RunningFloatSum implements RunningCall {
  readonly #call: AggregateCall
  readonly #c: number
  #sum = new ExactFloatSum()
  #count = 0

  constructor(call: AggregateCall, c: number) {
    this.#call = call
    this.#c = c
  }

  enter(row: FrameRow): void {
    const value = row[this.#c]![0]!
    if (value === null) return
    this.#count++
    this.#sum.add(doubleOf(value, this.#call.args[0]!.type))
  }

  leave(row: FrameRow): void {
    const value = row[this.#c]![0]!
    if (value === null) return
    this.#count--
    this.#sum.add(-doubleOf(value, this.#call.args[0]!.type))
  }

  shift(): void {}

  result(rows: readonly FrameRow[], head: number): SqlValue {
    if (this.#count === 0) return null
    // A sum that overflowed once has lost its value; the rows still have theirs.
    if (!this.#sum.isFinite) this.#sumAgain(rows, head)
    const sum = this.#sum.value
    return floatResult(this.#call.fn === 'SUM' ? sum : sum / this.#count, this.#call.type)
  }

  #sumAgain(rows: readonly FrameRow[], head: number): void {
    this.#sum = new ExactFloatSum()
    for (let i = head; i < rows.length; i++) {
      const value = rows[i]![this.#c]![0]!
      if (value !== null) this.#sum.add(doubleOf(value, this.#call.args[0]!.type))
    }
  }
}

class RunningExtreme implements RunningCall {
  readonly #call: AggregateCall
  readonly #c: number
  readonly #direction: 1 | -1
  /** Places of the candidates; the first is the result. */
  #places: number[] = []
  #values: SqlValue[] = []
  #head = 0

  constructor(call: AggregateCall, c: number, direction: 1 | -1) {
    this.#call = call
    this.#c = c
    this.#direction = direction
  }

  enter(row: FrameRow, at: number): void {
    const value = row[this.#c]![0]!
    if (value === null) return
    const { type } = this.#call.args[0]!
    // An equal candidate stays in front: of equal values the first is the result.
    while (
      this.#values.length > this.#head &&
      compareValues(value, type, this.#values[this.#values.length - 1]!, type) * this.#direction > 0
    ) {
      this.#values.pop()
      this.#places.pop()
    }
    this.#values.push(value)
    this.#places.push(at)
  }

  leave(_: FrameRow, at: number): void {
    if (this.#places[this.#head] !== at) return
    this.#head++
    if (this.#head >= 64 && this.#head * 2 > this.#places.length) {
      this.#places = this.#places.slice(this.#head)
      this.#values = this.#values.slice(this.#head)
      this.#head = 0
    }
  }

  shift(by: number): void {
    for (let i = this.#head; i < this.#places.length; i++) this.#places[i]! -= by
  }

  result(): SqlValue {
    return this.#values[this.#head] ?? null
  }
}
