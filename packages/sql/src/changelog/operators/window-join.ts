/**
 * Window join: rows of both sides are collected by window and meet when it fires, which is when the watermark reaches its end
 * - 1 ms (by processing time: when the clock reaches its end). So the output only appends. Rows come out window by window, in
 * a window in the order in which the left rows came, for each of them in that of the right rows; rows of an outer right side
 * without a partner follow. Equal windows have the same end, and the same start where both sides tell it (sessions can end
 * together and be different). A row of a window that has fired is late and dropped.
 *
 * Window columns are local to the window's zone; the instant at which it fires is that of `window_time` if the side has it.
 * A retraction takes a row out of a window that has not fired.
 * State: each row once, by number of arrival. Cost: a hash join when a window fires.
 */
import { instantOf } from '../../functions/zone.ts'
import type { SqlValue } from '../../plan.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { ChangelogNode, WindowJoinNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { sameRow } from '../value.ts'
import { WatermarkMerge } from '../watermark-merge.ts'
import { TimeQueue } from './join-time-queue.ts'
import { makeWindowMatch, type WindowMatch, type WindowRow } from './window-match.ts'

export function makeWindowJoin(node: WindowJoinNode, context: OperatorContext, out: Port): Operator {
  return new WindowJoin(node, context, out)
}

interface Window {
  readonly key: Key
  /** Fires when no row with a time up to this can come any more. */
  readonly fires: number
  readonly rows: readonly [WindowRow[], WindowRow[]]
}

class WindowJoin implements Operator {
  readonly inputs: readonly Port[]
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #proctime: boolean
  readonly #match: WindowMatch
  readonly #columns: readonly [WindowSide, WindowSide]
  /** By number of arrival, which counts over both sides. */
  readonly #kept: readonly [KeyedState<Row>, KeyedState<Row>]
  readonly #windows = new Map<Key, Window>()
  /** Windows by the number of their first row. */
  readonly #byNumber = new Map<number, Window>()
  readonly #queue = new TimeQueue()
  readonly #merge = new WatermarkMerge(2)
  #nextNumber = 0

  constructor(node: WindowJoinNode, context: OperatorContext, out: Port) {
    this.#context = context
    this.#out = out
    this.#proctime = node.time === 'proctime'
    this.#match = makeWindowMatch(node, context)
    this.#kept = [context.state.keyed('left'), context.state.keyed('right')]
    const starts = [node.left, node.right].every(({ traits }) => traits.window?.start !== undefined)
    this.#columns = [sideOf(node.left, node.leftEnd, starts), sideOf(node.right, node.rightEnd, starts)]
    this.inputs = [
      { row: (row, kind) => this.#row(0, row, kind), watermark: (time) => this.#watermark(0, time) },
      { row: (row, kind) => this.#row(1, row, kind), watermark: (time) => this.#watermark(1, time) },
    ]
    if (this.#proctime) context.onTime(this)
  }

  resume(): void {
    const rows: { side: 0 | 1; number: number; row: Row }[] = []
    for (const side of [0, 1] as const) {
      // Numbers are the keys that #row gave.
      for (const [number, row] of this.#kept[side].entries())
        rows.push({ side, number: number as number, row })
    }
    rows.sort((a, b) => a.number - b.number)
    for (const { side, number, row } of rows) {
      const key = this.#match.keyOf(side, row, rowKind.insert)
      // A row without a key was not kept.
      if (key !== null) this.#windowOf(side, row, number).rows[side].push({ number, row, key })
      this.#nextNumber = number + 1
    }
  }

  #row(side: 0 | 1, row: Row, kind: RowKind): void {
    const columns = this.#columns[side]
    const windowKey = columns.keyOf(row)
    const window = this.#windows.get(windowKey)
    const passed = this.#proctime ? this.#context.now() - 1 : this.#merge.current
    if ((window?.fires ?? columns.firesAt(row)) <= passed) {
      this.#context.late(row)
      return
    }
    if (isRetraction(kind)) {
      if (window !== undefined) this.#takeBack(window.rows[side], side, row)
      return
    }
    const key = this.#match.keyOf(side, row, kind)
    if (key === null || (key === undefined && !this.#match.keepsWithoutKey(side))) return
    const number = this.#nextNumber++
    this.#kept[side].set(number, row)
    const into = window ?? this.#windowOf(side, row, number)
    into.rows[side].push({ number, row, key })
  }

  /** The window of a row; if it is new, the row is its first. */
  #windowOf(side: 0 | 1, row: Row, number: number): Window {
    const columns = this.#columns[side]
    const key = columns.keyOf(row)
    let window = this.#windows.get(key)
    if (window === undefined) {
      window = { key, fires: columns.firesAt(row), rows: [[], []] }
      this.#windows.set(key, window)
      this.#byNumber.set(number, window)
      this.#queue.push(window.fires, number)
    }
    return window
  }

  #takeBack(rows: WindowRow[], side: 0 | 1, row: Row): void {
    const at = rows.findLastIndex((each) => sameRow(each.row, row))
    if (at < 0) return
    this.#kept[side].delete(rows[at]!.number)
    rows.splice(at, 1)
  }

  #watermark(side: 0 | 1, time: number): void {
    const least = this.#merge.advance(side, time)
    if (least === undefined) return
    if (!this.#proctime) this.#fire(least)
    this.#out.watermark(least)
  }

  advance(now: number): void {
    this.#fire(now - 1)
  }

  #fire(passed: number): void {
    while (this.#queue.size > 0 && this.#queue.firstTime <= passed) {
      const number = this.#queue.pop()
      const window = this.#byNumber.get(number)!
      this.#byNumber.delete(number)
      this.#windows.delete(window.key)
      this.#match.put(window.rows[0], window.rows[1], this.#out)
      for (const side of [0, 1] as const) {
        for (const each of window.rows[side]) this.#kept[side].delete(each.number)
      }
    }
  }
}

/** What a side tells of the windows of its rows. */
interface WindowSide {
  keyOf(row: Row): Key
  firesAt(row: Row): number
}

function sideOf(node: ChangelogNode, end: number, withStart: boolean): WindowSide {
  const { window } = node.traits
  const start = withStart ? window?.start : undefined
  const [time, zone] = [window?.time, window?.spec.zone]
  return {
    keyOf: (row) =>
      start === undefined ? mustTime(row[end]) : `${mustTime(row[start])} ${mustTime(row[end])}`,
    firesAt: (row) => {
      if (time !== undefined) return mustTime(row[time])
      const local = mustTime(row[end])
      return (zone === undefined ? local : instantOf(local, zone)) - 1
    },
  }
}

function mustTime(value: SqlValue | undefined): number {
  if (typeof value !== 'number') throw new Error('window join: a row without a window')
  return value
}
