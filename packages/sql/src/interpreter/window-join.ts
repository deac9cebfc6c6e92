/**
 * Windowed stream-stream join by its definition (spec 2.11), scanning everything kept.
 *
 * The join has a time: the largest row time that came in on either side, or its bound. A window of n ms holds the rows of
 * its side whose row time is at least time - n (inclusive); a window of n rows holds the latest n + 1. Each arriving row,
 * in order of the source record, then of row time, then left before right, unless only the right side has a window: a window
 * holds the current row, so that a stream that is joined with itself finds each row in the window on either side:
 *   1. moves the time, which may end windows over unmatched rows of an outer side: these come out, filled with NULLs, at
 *      row time + n, in order of that moment, left before right, earlier arrival first;
 *   2. meets the rows in the other side's window, in order of their arrival: each pair that fulfils the condition comes
 *      out at the later row time of the two. A side without a window keeps no row, so nothing meets its past;
 *   3. is kept if its own side has a window; else, if its side is an outer one and it met nothing, it comes out at once.
 * A window of rows ends over a row when later rows of its side push it out: an unmatched row then comes out at the row
 * time of the row that pushed. A pair whose condition fails to evaluate is reported and dropped; its rows count as matched,
 * since nobody knows that they are not.
 */

import type { Expr, JoinWindow, SqlValue, WindowJoinNode } from '../plan.ts'
import { interpretExpr } from './expression.ts'
import type { RunningNode } from './node.ts'
import { attempt, evaluateAll, joinKeysMatch, nulls, type Row, type Step, typesOf } from './row.ts'

interface KeptRow {
  readonly row: Row
  readonly keys: readonly SqlValue[]
  matched: boolean
}

interface Side {
  readonly isLeft: boolean
  readonly window: JoinWindow | undefined
  /** Whether unmatched rows of this side come out. */
  readonly outer: boolean
  readonly keys: readonly Expr[]
  readonly width: number
  /** Rows of the window in order of arrival. */
  kept: KeptRow[]
}

export class RunningWindowJoin implements RunningNode {
  readonly inputs: readonly RunningNode[]
  readonly #node: WindowJoinNode
  readonly #left: Side
  readonly #right: Side
  #time = Number.NEGATIVE_INFINITY

  constructor(node: WindowJoinNode, left: RunningNode, right: RunningNode) {
    this.inputs = [left, right]
    this.#node = node
    this.#left = {
      isLeft: true,
      window: node.leftWindow,
      outer: node.join === 'left' || node.join === 'full',
      keys: node.leftKeys,
      width: node.left.schema.fields.length,
      kept: [],
    }
    this.#right = {
      isLeft: false,
      window: node.rightWindow,
      outer: node.join === 'right' || node.join === 'full',
      keys: node.rightKeys,
      width: node.right.schema.fields.length,
      kept: [],
    }
  }

  rows([leftRows, rightRows]: readonly (readonly Row[])[], step: Step): Row[] {
    const out: Row[] = []
    const rightFirst = this.#left.window === undefined && this.#right.window !== undefined
    let r = 0
    for (const row of leftRows!) {
      for (; r < rightRows!.length; r++) {
        const other = rightRows![r]!
        if (other.rowtime > row.rowtime || (other.rowtime === row.rowtime && !rightFirst)) break
        this.#arrive(other, this.#right, this.#left, out, step)
      }
      this.#arrive(row, this.#left, this.#right, out, step)
    }
    for (const row of rightRows!.slice(r)) this.#arrive(row, this.#right, this.#left, out, step)
    return out
  }

  release(bound: number, step: Step): Row[] {
    const out: Row[] = []
    this.#moveTime(bound, undefined, out, step)
    return out
  }

  save(): unknown {
    return { time: this.#time, left: this.#left.kept, right: this.#right.kept }
  }

  load(saved: unknown): void {
    const state = saved as { time: number; left: KeptRow[]; right: KeptRow[] } // What `save` gave.
    this.#time = state.time
    this.#left.kept = state.left
    this.#right.kept = state.right
  }

  #arrive(row: Row, own: Side, other: Side, out: Row[], step: Step): void {
    const keys = evaluateAll(own.keys, row, step)
    if (keys === undefined) return
    this.#moveTime(row.rowtime, row.origin, out, step)
    const arrived: KeptRow = { row, keys, matched: false }
    for (const partner of other.kept) this.#meet(arrived, partner, own, out, step)
    if (own.window === undefined) {
      if (own.outer && !arrived.matched) out.push(this.#unmatched(row, own, row.rowtime, row.origin))
      return
    }
    own.kept.push(arrived)
    step.keep(row)
    if (own.window.kind === 'rows' && own.kept.length > own.window.rows + 1) {
      const pushed = own.kept.shift()!
      if (own.outer && !pushed.matched) {
        out.push(this.#unmatched(pushed.row, own, Math.max(pushed.row.rowtime, row.rowtime), row.origin))
      }
    }
    // A row that was behind the time of the join may lie outside its own window already.
    this.#moveTime(this.#time, row.origin, out, step)
  }

  #meet(arrived: KeptRow, partner: KeptRow, own: Side, out: Row[], step: Step): void {
    const [left, right] = own.isLeft ? [arrived, partner] : [partner, arrived]
    if (!joinKeysMatch(left.keys, right.keys, typesOf(this.#node.leftKeys))) return
    const pair: Row = {
      values: [...left.row.values, ...right.row.values],
      rowtime: Math.max(left.row.rowtime, right.row.rowtime),
      origin: arrived.row.origin,
    }
    const { residual } = this.#node
    const holds =
      residual === undefined ||
      attempt(pair, step, () => interpretExpr(residual, pair.values, pair.rowtime, step.dialect))
    if (holds === true) out.push(pair)
    if (holds === true || holds === undefined) {
      left.matched = true
      right.matched = true
    }
  }

  /** Moves the time on and lets go of the rows that left a window of time. Origin undefined: a bound moved it. */
  #moveTime(time: number, origin: number | undefined, out: Row[], step: Step): void {
    this.#time = Math.max(this.#time, time)
    const ended = [...this.#endOf(this.#left), ...this.#endOf(this.#right)]
    ended.sort((a, b) => a.at - b.at || Number(b.side.isLeft) - Number(a.side.isLeft))
    for (const { kept, side, at } of ended) {
      if (side.outer && !kept.matched) out.push(this.#unmatched(kept.row, side, at, origin ?? step.records))
    }
  }

  #endOf(side: Side): { kept: KeptRow; side: Side; at: number }[] {
    const { window } = side
    if (window?.kind !== 'range') return []
    const ends = (kept: KeptRow) => kept.row.rowtime + window.ms < this.#time
    const ended = side.kept.filter(ends)
    side.kept = side.kept.filter((kept) => !ends(kept))
    return ended.map((kept) => ({ kept, side, at: kept.row.rowtime + window.ms }))
  }

  #unmatched(row: Row, side: Side, rowtime: number, origin: number): Row {
    const other = nulls((side.isLeft ? this.#right : this.#left).width)
    return { values: side.isLeft ? [...row.values, ...other] : [...other, ...row.values], rowtime, origin }
  }
}
