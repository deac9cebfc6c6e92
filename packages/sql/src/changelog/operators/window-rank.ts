/**
 * Top-N within each window: the rows with the numbers from..to of each partition, put out when the window fires, which is when
 * the watermark reaches its end - 1 ms (by processing time: when the clock reaches its end). Partitions come out in the order
 * in which they were met, rows by number, ties by arrival. A row of a window that has fired is late and dropped.
 *
 * Window columns are local to the window's zone; the instant at which it fires is that of `window_time` if the input has it.
 * State: the first `to` rows of each window and partition, as one sorted list. Cost of a row: O(log to), and O(to) if it enters.
 */
import { instantOf } from '../../functions/zone.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { WindowRankNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'
import { makeKey } from '../state/key.ts'
import type { Key, KeyedState } from '../state/state-store.ts'
import { makeRowOrder, placeBefore, placeBehind, type RowOrder } from './compare-rows.ts'
import { TimeQueue } from './join-time-queue.ts'

export function makeWindowRank(node: WindowRankNode, context: OperatorContext, out: Port): Operator {
  return new WindowRank(node, context, out)
}

class WindowRank implements Operator {
  readonly inputs: readonly Port[]
  readonly #node: WindowRankNode
  readonly #context: OperatorContext
  readonly #out: Port
  readonly #keyOf: (row: Row) => Key
  readonly #order: RowOrder
  readonly #proctime: boolean
  readonly #firesAt: (row: Row) => number
  readonly #tops: KeyedState<Row[]>
  /** Keys of `tops` by number, in the order in which they were met. */
  readonly #keys = new Map<number, Key>()
  readonly #queue = new TimeQueue()
  #watermark = Number.NEGATIVE_INFINITY
  #nextNumber = 0

  constructor(node: WindowRankNode, context: OperatorContext, out: Port) {
    this.#node = node
    this.#context = context
    this.#out = out
    this.#order = makeRowOrder(node.order)
    this.#proctime = node.time === 'proctime'
    this.#firesAt = makeFiresAt(node)
    const { fields } = node.input.schema
    const { window } = node.input.traits
    const start = window?.start === undefined ? [] : [window.start]
    const columns = [...start, node.end, ...node.partition]
    this.#keyOf = makeKey(
      columns,
      columns.map((column) => fields[column]!.type),
    )
    this.#tops = context.state.keyed('tops')
    this.inputs = [{ row: (row) => this.#row(row), watermark: (time) => this.#advanceTo(time) }]
    if (this.#proctime) context.onTime(this)
  }

  resume(): void {
    for (const [key, [row]] of this.#tops.entries()) this.#meet(key, this.#firesAt(row!))
  }

  #meet(key: Key, fires: number): void {
    const number = this.#nextNumber++
    this.#keys.set(number, key)
    this.#queue.push(fires, number)
  }

  #row(row: Row): void {
    const fires = this.#firesAt(row)
    if (fires <= (this.#proctime ? this.#context.now() - 1 : this.#watermark)) {
      this.#context.late(row)
      return
    }
    const key = this.#keyOf(row)
    const top = this.#tops.get(key)
    if (top === undefined) {
      this.#tops.set(key, [row])
      this.#meet(key, fires)
      return
    }
    const full = top.length === this.#node.to
    const latest = this.#node.latest === true
    const order = full ? this.#order(top[top.length - 1]!, row) : 1
    if (order < 0 || (order === 0 && !latest)) return
    top.splice((latest ? placeBefore : placeBehind)(top, row, this.#order), 0, row)
    if (full) top.pop()
    this.#tops.touch(key)
  }

  #advanceTo(time: number): void {
    this.#watermark = time
    if (!this.#proctime) this.#fire(time)
    this.#out.watermark(time)
  }

  advance(now: number): void {
    this.#fire(now - 1)
  }

  #fire(passed: number): void {
    const { from, number: withNumber } = this.#node
    while (this.#queue.size > 0 && this.#queue.firstTime <= passed) {
      const number = this.#queue.pop()
      const key = this.#keys.get(number)!
      this.#keys.delete(number)
      const top = this.#tops.get(key)!
      this.#tops.delete(key)
      for (let at = from - 1; at < top.length; at++)
        this.#out.row(withNumber ? [...top[at]!, at + 1] : top[at]!, rowKind.insert)
    }
  }
}

function makeFiresAt(node: WindowRankNode): (row: Row) => number {
  const { window } = node.input.traits
  const [time, zone] = [window?.time, window?.spec.zone]
  if (time !== undefined) return (row) => mustTime(row[time])
  return (row) => {
    const local = mustTime(row[node.end])
    return (zone === undefined ? local : instantOf(local, zone)) - 1
  }
}

function mustTime(value: Row[number] | undefined): number {
  if (typeof value !== 'number') throw new Error('window rank: a row without a window')
  return value
}
