/**
 * What window aggregations put out: one row for each key and window, with the window's properties; with `early`, also updates
 * of it before the window ends. Early output remembers what it has put out, so that the final row replaces it.
 */
import type { SqlValue } from '../../plan.ts'
import type { Accumulator, AggregateProgram } from '../aggregates/aggregate-program.ts'
import { DistinctSets } from '../aggregates/distinct-sets.ts'
import { dependsOnArrival, keepsSet, makeAggregateProgram } from '../aggregates/make-aggregate-program.ts'
import type { OperatorContext, Port } from '../operator.ts'
import type { WindowAggregateNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { sameFrom } from './aggregate.ts'
import type { WindowZone } from './window-spec.ts'

/** A window of a key at the moment of output; times are local. */
export interface WindowResult {
  readonly key: Key
  /** Values of the key columns. */
  readonly values: Row
  readonly start: number | undefined
  readonly end: number
  /** undefined: no row is left in it. */
  readonly accumulator: Accumulator | undefined
}

export class WindowOutput {
  readonly #node: WindowAggregateNode
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #program: AggregateProgram
  readonly #zone: WindowZone
  /** Rows put out early, by window and key. */
  readonly #shown: KeyedState<Row> | undefined

  constructor(
    node: WindowAggregateNode,
    context: OperatorContext,
    out: Port,
    parts: { readonly program: AggregateProgram; readonly zone: WindowZone },
  ) {
    this.#node = node
    this.#context = context
    this.#out = out
    this.#program = parts.program
    this.#zone = parts.zone
    this.#shown = node.early > 0 ? context.state.keyed('early') : undefined
  }

  /** The last word on a window. */
  final(result: WindowResult): void {
    if (this.#shown !== undefined) {
      this.update(result)
      this.#shown.delete(shownKey(result))
      return
    }
    const row = this.#rowOf(result)
    if (row !== undefined) this.#out.row(row, rowKind.insert)
  }

  /** What a window holds so far, in the place of what was shown of it. */
  update(result: WindowResult): void {
    const shown = this.#shown
    if (shown === undefined) return
    const key = shownKey(result)
    const before = shown.get(key)
    const row = this.#rowOf(result)
    if (row === undefined) {
      if (before === undefined) return
      shown.delete(key)
      this.#out.row(before, rowKind.delete)
    } else if (before === undefined) {
      shown.set(key, row)
      this.#out.row(row, rowKind.insert)
    } else if (!sameFrom(before, row, 0)) {
      shown.set(key, row)
      this.#out.row(before, rowKind.updateBefore)
      this.#out.row(row, rowKind.updateAfter)
    }
  }

  /** Takes back what was shown of a window that is no more: a session that has grown or joined another. */
  withdraw(window: Pick<WindowResult, 'key' | 'start' | 'end'>): void {
    const before = this.#shown?.get(shownKey(window))
    if (before === undefined) return
    this.#shown?.delete(shownKey(window))
    this.#out.row(before, rowKind.delete)
  }

  #rowOf({ values, start, end, accumulator }: WindowResult): Row | undefined {
    if (accumulator === undefined) return undefined
    const row: SqlValue[] = values.slice()
    try {
      this.#program.write(accumulator, row, row.length)
    } catch (error) {
      this.#context.fail(this.#inputRow(values), error as Error) // `fail` passes on what is no Error.
      return undefined
    }
    for (const property of this.#node.properties) {
      if (property === 'start') row.push(start ?? null)
      else row.push(property === 'end' ? end : this.#zone.instant(end - 1))
    }
    return row
  }

  /** The key columns in a row of the input, for messages. */
  #inputRow(values: Row): Row {
    const row = this.#node.input.schema.fields.map((): SqlValue => null)
    this.#node.keys.forEach((column, i) => {
      row[column] = values[i]!
    })
    return row
  }
}

function shownKey({ key, start, end }: Pick<WindowResult, 'key' | 'start' | 'end'>): string {
  return `${end} ${start} ${typeof key === 'number' ? 'n' : 's'}${key}`
}

/** When keys have news to put out early: `interval` ms of processing time after the first news since the last output. */
export class EarlyTimers {
  readonly #interval: number
  readonly #waiting = new Map<
    string,
    { readonly due: number; readonly key: Key; readonly window: number[] }
  >()

  constructor(interval: number) {
    this.#interval = interval
  }

  /** `window`: what the operator needs to find the window again. */
  note(now: number, key: Key, window: number[]): void {
    const name = `${window.join(' ')} ${typeof key === 'number' ? 'n' : 's'}${key}`
    if (!this.#waiting.has(name)) this.#waiting.set(name, { due: now + this.#interval, key, window })
  }

  /** Takes out what is due, in the order of the news. */
  take(now: number): { readonly key: Key; readonly window: readonly number[] }[] {
    const due: { key: Key; window: number[] }[] = []
    for (const [name, each] of this.#waiting) {
      if (each.due > now) continue
      this.#waiting.delete(name)
      due.push(each)
    }
    return due
  }
}

/**
 * The program of a window aggregation. Where rows of one window may lie in several accumulators (`merges`) these keep the
 * values of DISTINCT themselves, and a number for each row where the order of arrival counts; elsewhere large sets of
 * values lie beside them.
 */
export function makeWindowProgram(
  node: WindowAggregateNode,
  context: OperatorContext,
  merges: boolean,
): { readonly program: AggregateProgram; readonly sets: DistinctSets | undefined } {
  const retracts = node.input.traits.changes === 'retract'
  const beside = !merges && node.calls.some((call) => keepsSet(call, retracts))
  const sets = beside ? new DistinctSets(context.state) : undefined
  const ordered = merges && node.calls.some(dependsOnArrival)
  const program = makeAggregateProgram(
    {
      calls: node.calls,
      retracts,
      reserved: 1,
      ...(sets === undefined ? {} : { sets }),
      ...(ordered ? { arrival: arrivalNumbers(context) } : {}),
    },
    context,
  )
  return { program, sets }
}

function arrivalNumbers(context: OperatorContext): () => number {
  const arrivals = context.state.value('arrivals', 0)
  return () => {
    const number = arrivals.get()
    arrivals.set(number + 1)
    return number
  }
}
