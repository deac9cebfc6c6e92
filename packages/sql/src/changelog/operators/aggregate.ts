/**
 * Group aggregation (spec 3.6): GROUP BY without windows, and DISTINCT, which has no calls. For each key the state is one
 * accumulator whose first two slots are the number of rows and the row that was put out last, so that what is taken back is
 * what was put out.
 *
 * A row that would take away from a key that is not there is passed over: its state has expired, or nothing was ever put out.
 */
import type { AggregateProgram } from '../aggregates/aggregate-program.ts'
import { DistinctSets } from '../aggregates/distinct-sets.ts'
import { keepsSet, makeAggregateProgram } from '../aggregates/make-aggregate-program.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { AggregateNode } from '../plan.ts'
import { type Row, type RowKind, rowKind } from '../row.ts'
import { makeKey } from '../state/key.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { sameValue } from '../value.ts'

export function makeAggregate(node: AggregateNode, context: OperatorContext, out: Port): Operator {
  return node.calls.length === 0 && node.input.traits.changes === 'append'
    ? new FirstOfKey(node, context, out)
    : new GroupAggregate(node, context, out)
}

const countSlot = 0
const rowSlot = 1

class GroupAggregate implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #keyOf: (row: Row) => Key
  readonly #keys: readonly number[]
  readonly #program: AggregateProgram
  readonly #state: KeyedState<unknown[]>
  readonly #sets: DistinctSets | undefined
  readonly #ttl: boolean

  constructor(node: AggregateNode, context: OperatorContext, out: Port) {
    this.#context = context
    this.#out = out
    this.#keys = node.keys
    this.#keyOf = keyOfNode(node)
    // A group that expires cannot drop its sets, so there the values stay in the accumulator.
    const retracts = node.input.traits.changes === 'retract'
    const beside = node.ttl === 0 && node.calls.some((call) => keepsSet(call, retracts))
    this.#sets = beside ? new DistinctSets(context.state) : undefined
    this.#program = makeAggregateProgram(
      {
        calls: node.calls,
        retracts,
        reserved: 2,
        keys: node.keys,
        ...(this.#sets === undefined ? {} : { sets: this.#sets }),
      },
      context,
    )
    this.#state = context.state.keyed('groups', { ttl: node.ttl })
    this.#ttl = node.ttl > 0
  }

  resume(): void {
    this.#sets?.resume()
  }

  row(row: Row, kind: RowKind): void {
    const key = this.#keyOf(row)
    const accumulator = this.#state.get(key)
    if ((kind & 1) === 1) {
      if (accumulator !== undefined) this.#retract(key, accumulator, row)
      return
    }
    if (accumulator === undefined) {
      this.#begin(key, row)
      return
    }
    let after: Row
    try {
      this.#program.add(accumulator, row)
      this.#state.touch(key)
      ;(accumulator[countSlot] as number)++ // The number of rows.
      after = this.#program.output(accumulator, row)
    } catch (error) {
      this.#context.fail(row, error as Error) // `fail` passes on what is no Error.
      return
    }
    this.#replace(accumulator, after)
  }

  watermark(time: number): void {
    this.#out.watermark(time)
  }

  #begin(key: Key, row: Row): void {
    const accumulator = this.#program.create()
    let first: Row
    try {
      this.#program.add(accumulator, row)
      first = this.#program.output(accumulator, row)
    } catch (error) {
      this.#program.drop(accumulator)
      this.#context.fail(row, error as Error) // As above.
      return
    }
    accumulator[countSlot] = 1
    accumulator[rowSlot] = first
    this.#state.set(key, accumulator)
    this.#out.row(first, rowKind.insert)
  }

  #retract(key: Key, accumulator: unknown[], row: Row): void {
    let after: Row | undefined
    try {
      this.#program.retract(accumulator, row)
      this.#state.touch(key)
      const count = (accumulator[countSlot] as number) - 1 // The number of rows.
      accumulator[countSlot] = count
      // This holds for the one group of an aggregation without keys as well: of no rows there is no result, as at the start.
      if (count > 0) after = this.#program.output(accumulator, row)
    } catch (error) {
      this.#context.fail(row, error as Error) // As above.
      return
    }
    if (after !== undefined) {
      this.#replace(accumulator, after)
      return
    }
    this.#state.delete(key)
    this.#program.drop(accumulator)
    this.#out.row(accumulator[rowSlot] as Row, rowKind.delete) // The row that was put out.
  }

  #replace(accumulator: unknown[], after: Row): void {
    const before = accumulator[rowSlot] as Row // As above.
    // With a time to live the row is news even if it is the same: it keeps state further down alive.
    if (!this.#ttl && sameFrom(before, after, this.#keys.length)) return
    accumulator[rowSlot] = after
    this.#out.row(before, rowKind.updateBefore)
    this.#out.row(after, rowKind.updateAfter)
  }
}

/** DISTINCT over rows that are never taken back: the first row of each key. */
class FirstOfKey implements Operator, Port {
  readonly inputs: readonly Port[] = [this]
  readonly #out: Port
  readonly #keyOf: (row: Row) => Key
  readonly #keys: readonly number[]
  readonly #seen: KeyedState<boolean>
  readonly #ttl: boolean

  constructor(node: AggregateNode, context: OperatorContext, out: Port) {
    this.#out = out
    this.#keyOf = keyOfNode(node)
    this.#keys = node.keys
    this.#seen = context.state.keyed('seen', { ttl: node.ttl })
    this.#ttl = node.ttl > 0
  }

  row(row: Row): void {
    const key = this.#keyOf(row)
    if (this.#seen.has(key)) {
      if (this.#ttl) this.#seen.touch(key)
      return
    }
    this.#seen.set(key, true)
    this.#out.row(
      this.#keys.map((column) => row[column]!),
      rowKind.insert,
    )
  }

  watermark(time: number): void {
    this.#out.watermark(time)
  }
}

function keyOfNode(node: AggregateNode): (row: Row) => Key {
  const { fields } = node.input.schema
  return makeKey(
    node.keys,
    node.keys.map((column) => fields[column]!.type),
  )
}

/** Whether two rows are equal from a column on; NaN equals NaN. */
export function sameFrom(a: Row, b: Row, from: number): boolean {
  for (let i = from; i < b.length; i++) {
    const [x, y] = [a[i]!, b[i]!]
    if (x !== y && !sameValue(x, y) && !(Number.isNaN(x) && Number.isNaN(y))) return false
  }
  return true
}
