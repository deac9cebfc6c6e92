/**
 * OVER windows by definition (spec 2.10): for each arriving row the frame is found again among all rows so far of its
 * partition, and every aggregate is computed from it. A RANGE frame of n ms holds rows of row time at least t - n,
 * inclusive; a ROWS frame of n holds the row and n before it. Rows that come later, even of the same time, are not seen.
 *
 * A row whose partition keys or arguments fail is dropped and is in no frame. A row whose own result fails (a sum out of
 * range) is dropped too, but it did arrive: later frames hold it.
 */
import { lookupAggregate } from '../functions/index.ts'
import type { AggregateCall, Frame, OverNode, SqlValue } from '../plan.ts'
import type { RunningNode } from './node.ts'
import { attempt, evaluateAll, type Row, type Step, sameKeys, typesOf } from './row.ts'

interface Arrived {
  readonly rowtime: number
  /** For each window the partition keys, and for each of its calls the arguments. */
  readonly windows: readonly {
    readonly keys: readonly SqlValue[]
    readonly args: readonly (readonly SqlValue[])[]
  }[]
}

export class RunningOver implements RunningNode {
  readonly inputs: readonly RunningNode[]
  readonly #node: OverNode
  #arrived: Arrived[] = []

  constructor(node: OverNode, input: RunningNode) {
    this.inputs = [input]
    this.#node = node
  }

  rows([input]: readonly (readonly Row[])[], step: Step): Row[] {
    const out: Row[] = []
    for (const row of input!) {
      const current = this.#evaluateArguments(row, step)
      if (current === undefined) continue
      this.#arrived.push(current)
      const results = attempt(row, step, () => this.#results(current))
      if (results !== undefined) out.push({ ...row, values: [...row.values, ...results] })
    }
    return out
  }

  save(): unknown {
    return this.#arrived
  }

  load(saved: unknown): void {
    this.#arrived = saved as Arrived[] // What `save` gave.
  }

  #evaluateArguments(row: Row, step: Step): Arrived | undefined {
    const windows = []
    for (const window of this.#node.windows) {
      const keys = evaluateAll(window.partition, row, step)
      if (keys === undefined) return undefined
      const args = []
      for (const call of window.calls) {
        const values = evaluateAll(call.args, row, step)
        if (values === undefined) return undefined
        args.push(values)
      }
      windows.push({ keys, args })
    }
    return { rowtime: row.rowtime, windows }
  }

  #results(current: Arrived): SqlValue[] {
    return this.#node.windows.flatMap((window, w) => {
      const keyTypes = typesOf(window.partition)
      const partition = this.#arrived.filter((row) =>
        sameKeys(row.windows[w]!.keys, current.windows[w]!.keys, keyTypes),
      )
      const frame = frameOf(partition, current, window.frame)
      return window.calls.map((call, c) =>
        aggregate(
          call,
          frame.map((row) => row.windows[w]!.args[c]!),
        ),
      )
    })
  }
}

function frameOf(partition: readonly Arrived[], current: Arrived, frame: Frame): readonly Arrived[] {
  if (frame.kind === 'rows') return partition.slice(Math.max(0, partition.length - 1 - frame.preceding))
  return partition.filter((row) => row.rowtime >= current.rowtime - frame.preceding)
}

/** The value of an aggregate call over the argument rows of a frame or group. */
export function aggregate(call: AggregateCall, rows: readonly (readonly SqlValue[])[]): SqlValue {
  const fn = lookupAggregate(call.fn)
  if (fn === undefined) throw new Error(`plan: no aggregate ${call.fn}`)
  return fn.evaluate(rows, {
    type: call.type,
    argTypes: typesOf(call.args),
    distinct: call.distinct,
    ignoreNulls: call.ignoreNulls,
  })
}
