/**
 * Tumbling GROUP BY by definition (spec 2.8): the rows of the current step are kept, and when the time key changes, or a
 * bound reaches the next step, each group comes out as one row, in order of its first row, at the first instant of the
 * next step. No row comes out for a step without rows. NULLs are equal.
 *
 * A row whose keys or arguments fail is dropped. A group whose result fails is dropped and reported without a source
 * record (origin -1), since it belongs to none alone.
 */
import type { GroupNode, SqlValue } from '../plan.ts'
import { interpretExpr } from './expression.ts'
import type { RunningNode } from './node.ts'
import { aggregate } from './over.ts'
import { attempt, evaluateAll, type Row, type Step, sameKeys, typesOf } from './row.ts'

interface Group {
  readonly keys: readonly SqlValue[]
  /** For each row the arguments of each call. */
  readonly rows: (readonly (readonly SqlValue[])[])[]
}

export class RunningGroup implements RunningNode {
  readonly inputs: readonly RunningNode[]
  readonly #node: GroupNode
  /** Groups of the current step; all have the same time key. */
  #groups: Group[] = []
  #lastRowtime = Number.NEGATIVE_INFINITY

  constructor(node: GroupNode, input: RunningNode) {
    this.inputs = [input]
    this.#node = node
  }

  rows([input]: readonly (readonly Row[])[], step: Step): Row[] {
    const out: Row[] = []
    const { keys: keyExprs, timeKey, calls } = this.#node
    for (const row of input!) {
      const keys = evaluateAll(keyExprs, row, step)
      if (keys === undefined) continue
      const args = calls.map((call) => evaluateAll(call.args, row, step))
      if (args.includes(undefined)) continue
      const timeType = [keyExprs[timeKey]!.type]
      const open = this.#groups[0]
      if (open !== undefined && !sameKeys([open.keys[timeKey]!], [keys[timeKey]!], timeType)) {
        out.push(...this.#close(row.origin, row.rowtime, step))
      }
      step.keep(row)
      this.#lastRowtime = row.rowtime
      this.#groupOf(keys).rows.push(args.map((values) => values!))
    }
    return out
  }

  release(bound: number, step: Step): Row[] {
    const open = this.#groups[0]
    if (open === undefined) return []
    const next = this.#nextStep(open.keys, step)
    const ends = typeof next === 'number' ? next <= bound : bound === Number.POSITIVE_INFINITY
    return ends ? this.#close(step.records, this.#lastRowtime, step) : []
  }

  save(): unknown {
    return { groups: this.#groups, lastRowtime: this.#lastRowtime }
  }

  load(saved: unknown): void {
    const state = saved as { groups: Group[]; lastRowtime: number } // What `save` gave.
    this.#groups = state.groups
    this.#lastRowtime = state.lastRowtime
  }

  #groupOf(keys: readonly SqlValue[]): Group {
    const types = typesOf(this.#node.keys)
    let group = this.#groups.find((candidate) => sameKeys(candidate.keys, keys, types))
    if (group === undefined) {
      group = { keys, rows: [] }
      this.#groups.push(group)
    }
    return group
  }

  #nextStep(keys: readonly SqlValue[], step: Step): SqlValue {
    return interpretExpr(this.#node.nextStep, keys, this.#lastRowtime, step.dialect)
  }

  /** `at`: row time of the row that closes the groups, if one does. */
  #close(origin: number, at: number, step: Step): Row[] {
    const closed = this.#groups
    this.#groups = []
    const out: Row[] = []
    for (const { keys, rows } of closed) {
      const failed: Row = { values: keys, rowtime: this.#lastRowtime, origin: -1 }
      const row = attempt(failed, step, () => {
        const next = this.#nextStep(keys, step)
        const values = this.#node.calls.map((call, c) =>
          aggregate(
            call,
            rows.map((args) => args[c]!),
          ),
        )
        // A time key without a known next step lasts until a row with another value comes.
        return {
          values: [...keys, ...values],
          rowtime: typeof next === 'number' ? next : at,
          origin,
        }
      })
      if (row !== undefined) out.push(row)
    }
    return out
  }
}
