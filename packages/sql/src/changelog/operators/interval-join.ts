/**
 * Interval join of two append-only inputs: equal keys, and lower <= right time - left time <= upper. Rows are kept as long as
 * a partner can still come, which the watermark W (no later row has a time <= W) decides:
 *
 *   a left row at l needs right rows up to l + upper: it leaves when W >= l + upper
 *   a right row at r needs left rows up to r - lower: it leaves when W >= r - lower
 *
 * A row of an outer side that leaves without ever having had a partner comes out with NULLs then, once; rows that leave by the
 * same watermark in order of their deadlines, then of arrival. Semi: a left row comes out with its first partner; anti: when
 * it leaves without one. A row whose key or time is NULL can have no partner and is settled when it comes.
 *
 * A late row (time <= W) meets the rows that are still kept, but is not kept itself. If that leaves it without any result, it
 * is reported as late.
 *
 * The watermark that goes on is held back by hold = max(0, upper, -lower), because rows come out with times of W - hold + 1
 * or later: a right row r > W meets left rows l >= r - upper, a left row l > W meets right rows r >= l + lower, and a row
 * with NULLs that leaves between two watermarks W < W' has l > W - upper or r > W + lower. It does come out before W' - hold
 * goes on. So both times remain time attributes.
 *
 * By processing time a row's time is the clock when it comes, rows leave when the clock has passed the deadline, and nothing is
 * late; the watermark goes through as it is, and the end of the inputs settles nothing.
 */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { IntervalJoinNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { WatermarkMerge } from '../watermark-merge.ts'
import { type JoinKeyOf, makeJoinKey, makePairTests, type PairTest } from './join-condition.ts'
import { makeRowJoiners, type RowJoiner } from './join-row.ts'
import { TimeQueue } from './join-time-queue.ts'

export function makeIntervalJoin(node: IntervalJoinNode, context: OperatorContext, out: Port): Operator {
  return new IntervalJoin(node, context, out)
}

/**
 * A kept row with its number of arrival and whether it has had a partner (0 or 1); 2 once it has left. The arrays are the
 * state, and by key they are shared with it.
 */
type Kept = [row: Row, time: number, mark: 0 | 1 | 2, number: number]

class Side {
  readonly index: 0 | 1
  readonly keyOf: JoinKeyOf
  readonly test: PairTest | undefined
  readonly joiner: RowJoiner
  readonly column: number
  /** Time of the last partner of a row at time 0. */
  readonly reach: number
  /** By number of arrival. */
  readonly kept: KeyedState<Kept>
  /** The rows of `kept` by key, in order of arrival; those that have left are still there until half of them have. */
  readonly byKey = new Map<Key, { rows: Kept[]; left: number }>()
  readonly deadlines = new TimeQueue()

  constructor(
    index: 0 | 1,
    keyOf: JoinKeyOf,
    test: PairTest | undefined,
    joiner: RowJoiner,
    column: number,
    reach: number,
    kept: KeyedState<Kept>,
  ) {
    this.index = index
    this.keyOf = keyOf
    this.test = test
    this.joiner = joiner
    this.column = column
    this.reach = reach
    this.kept = kept
  }

  keep(key: Key, kept: Kept): void {
    this.kept.set(kept[3], kept)
    this.hold(key, kept)
  }

  hold(key: Key, kept: Kept): void {
    const list = this.byKey.get(key)
    if (list === undefined) this.byKey.set(key, { rows: [kept], left: 0 })
    else list.rows.push(kept)
    this.deadlines.push(kept[1] + this.reach, kept[3])
  }

  mark(kept: Kept): void {
    kept[2] = 1
    this.kept.set(kept[3], kept)
  }

  drop(key: Key, kept: Kept): void {
    kept[2] = 2
    this.kept.delete(kept[3])
    const list = this.byKey.get(key)!
    list.left++
    if (list.left === list.rows.length) this.byKey.delete(key)
    else if (list.left * 2 > list.rows.length) {
      list.rows = list.rows.filter((each) => each[2] !== 2)
      list.left = 0
    }
  }
}

class IntervalJoin implements Operator {
  readonly inputs: readonly Port[]
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #join: IntervalJoinNode['join']
  /** Semi and anti: a left row has no more to expect once it has had a partner. */
  readonly #leftOnly: boolean
  readonly #proctime: boolean
  readonly #lower: number
  readonly #upper: number
  readonly #hold: number
  readonly #sides: readonly [Side, Side]
  readonly #merge = new WatermarkMerge(2)
  #watermarkNow = Number.NEGATIVE_INFINITY
  #nextNumber = 0

  constructor(node: IntervalJoinNode, context: OperatorContext, out: Port) {
    const { condition } = node
    const widths = { left: node.left.schema.fields.length, right: node.right.schema.fields.length }
    const tests = makePairTests(condition.residual, widths, context)
    const joiners = makeRowJoiners(widths.left, widths.right)
    this.#context = context
    this.#out = out
    this.#join = node.join
    this.#leftOnly = node.join === 'semi' || node.join === 'anti'
    this.#proctime = node.leftTime.kind === 'proctime'
    this.#lower = node.lower
    this.#upper = node.upper
    this.#hold = this.#proctime ? 0 : Math.max(0, node.upper, -node.lower)
    this.#sides = [
      new Side(
        0,
        makeJoinKey(condition.leftKeys, condition.nullSafe, context),
        tests.left,
        joiners.left,
        node.leftTime.column,
        node.upper,
        context.state.keyed('left'),
      ),
      new Side(
        1,
        makeJoinKey(condition.rightKeys, condition.nullSafe, context),
        tests.right,
        joiners.right,
        node.rightTime.column,
        -node.lower,
        context.state.keyed('right'),
      ),
    ]
    this.inputs = [
      { row: (row, kind) => this.#row(0, row, kind), watermark: (time) => this.#watermark(0, time) },
      { row: (row, kind) => this.#row(1, row, kind), watermark: (time) => this.#watermark(1, time) },
    ]
    if (this.#proctime) context.onTime(this)
  }

  /** What has gone out; while rows leave, still the one before. */
  get watermarkNow(): number {
    return this.#watermarkNow
  }

  resume(): void {
    for (const side of this.#sides) {
      for (const [, kept] of side.kept.entries()) {
        side.hold(mustKey(side, kept), kept)
        this.#nextNumber = Math.max(this.#nextNumber, kept[3] + 1)
      }
    }
  }

  /** No later row has a time up to this. */
  get #passed(): number {
    return this.#proctime ? this.#context.now() - 1 : this.#merge.current
  }

  #row(index: 0 | 1, row: Row, kind: RowKind): void {
    if (isRetraction(kind)) throw new Error('interval join: its inputs only append')
    const own = this.#sides[index]
    const key = own.keyOf(row, kind)
    if (key === null) return
    const passed = this.#passed
    if (this.#proctime) this.#expire(passed)
    const time = this.#proctime ? this.#context.now() : row[own.column]
    if (key === undefined || typeof time !== 'number') {
      this.#settle(own, row)
      return
    }
    const kept: Kept = [row, time, 0, this.#nextNumber]
    this.#meet(own, this.#sides[1 - index]!, key, kept)
    const matched = kept[2] === 1
    if (matched && this.#leftOnly && index === 0) return
    const late = time <= passed
    if (!late && passed < time + own.reach) {
      this.#nextNumber++
      own.keep(key, kept)
    } else if (!matched && !this.#settle(own, row) && late) this.#context.late(row)
  }

  /** Puts out what the row and the rows that are kept of the other side give. */
  #meet(own: Side, other: Side, key: Key, kept: Kept): void {
    const list = other.byKey.get(key)
    if (list === undefined) return
    const [row, time] = kept
    const from = own.index === 0 ? time + this.#lower : time - this.#upper
    const to = own.index === 0 ? time + this.#upper : time - this.#lower
    // The list gets another array when rows of it leave meanwhile.
    const { rows } = list
    for (let i = 0; i < rows.length; i++) {
      const partner = rows[i]!
      if (partner[1] < from || partner[1] > to || partner[2] === 2) continue
      if (own.test !== undefined && !own.test(row, partner[0], true)) continue
      kept[2] = 1
      if (!this.#leftOnly) {
        if (partner[2] === 0 && this.#isOuter(other)) other.mark(partner)
        this.#out.row(own.joiner.pair(row, partner[0]), rowKind.insert)
        continue
      }
      const left = own.index === 0 ? row : partner[0]
      if (own.index === 1) other.drop(key, partner)
      if (this.#join === 'semi') this.#out.row(left, rowKind.insert)
      if (own.index === 0) return
    }
  }

  #isOuter(side: Side): boolean {
    return this.#join === 'full' || this.#join === (side.index === 0 ? 'left' : 'right')
  }

  /** What comes of a row that has no partner; whether anything does. */
  #settle(side: Side, row: Row): boolean {
    if (this.#isOuter(side)) this.#out.row(side.joiner.alone(row), rowKind.insert)
    else if (side.index === 0 && this.#join === 'anti') this.#out.row(row, rowKind.insert)
    else return false
    return true
  }

  #watermark(index: 0 | 1, time: number): void {
    const least = this.#merge.advance(index, time)
    if (least === undefined) return
    if (!this.#proctime) this.#expire(least)
    this.#out.watermark(least - this.#hold)
    this.#watermarkNow = least - this.#hold
  }

  advance(now: number): void {
    this.#expire(now - 1)
  }

  /** Rows whose deadline has passed leave. */
  #expire(passed: number): void {
    const [left, right] = this.#sides
    for (;;) {
      const side = left.deadlines.firstTime <= right.deadlines.firstTime ? left : right
      // The queues are empty at Infinity, which may have passed too.
      if (side.deadlines.size === 0 || side.deadlines.firstTime > passed) return
      const kept = side.kept.get(side.deadlines.pop())
      // A row of a semi or anti join has left with its first partner.
      if (kept === undefined) continue
      const matched = kept[2] === 1
      side.drop(mustKey(side, kept), kept)
      if (!matched) this.#settle(side, kept[0])
    }
  }
}

/** A row is kept only if it has a key. */
function mustKey(side: Side, kept: Kept): Key {
  const key = side.keyOf(kept[0], rowKind.insert)
  if (key === undefined || key === null) throw new Error('interval join: a kept row has lost its key')
  return key
}
