/**
 * Top-N: the rows with the numbers from..to within each partition, in the order of the sort keys, ties by arrival. What has been
 * put out adds up to exactly these rows after every change.
 *
 * A row that comes or goes moves those behind it (3.6):
 *   with the number     -U and +U for each number that has another row now, then +I or -D of the last one
 *   without             -D of the row that has left the range, then +I of the one that has entered it
 *
 * State, input that only appends: the first `to` rows of each partition, as one sorted list, with the number if it is put out,
 * so that what is taken back is the very row that came out; a row that falls off never comes back. Cost of a row: O(log to), and O(to) if it enters.
 * State, input that retracts: all rows, because any may move up. Each is stored once with a serial number behind it, and the
 * sorted lists of partitions are made of them again after a restart. Cost of a change: O(log n) to find the place, and moving
 * the list; a row that is taken back is found by the key of the input, or else by looking through its ties. Taking back a row
 * that is not there (it was forgotten) gives nothing.
 */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { RankNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind } from '../row.ts'
import { makeKey } from '../state/key.ts'
import type { Key, KeyedState, RowsState } from '../state/state-store.ts'
import { sameValue } from '../value.ts'
import { makeRowOrder, placeBefore, placeBehind, type RowOrder } from './compare-rows.ts'
import { RankOutput } from './rank-output.ts'

/** What both forms read of the node; a limit without order is a rank as well. */
export type RankParts = Pick<RankNode, 'input' | 'partition' | 'order' | 'from' | 'to' | 'number' | 'ttl'>

export function makeRank(node: RankParts, context: OperatorContext, out: Port): Operator {
  return node.input.traits.changes === 'append'
    ? new AppendRank(node, context, out)
    : new RetractRank(node, context, out)
}

export function partitionKey(node: Pick<RankNode, 'input' | 'partition'>): (row: Row) => Key {
  const { fields } = node.input.schema
  return makeKey(
    node.partition,
    node.partition.map((column) => fields[column]!.type),
  )
}

class AppendRank implements Operator {
  readonly inputs: readonly Port[]
  readonly #keyOf: (row: Row) => Key
  readonly #order: RowOrder
  readonly #size: number
  readonly #numbered: boolean
  readonly #tops: KeyedState<Row[]>
  readonly #output: RankOutput

  constructor(node: RankParts, context: OperatorContext, out: Port) {
    this.#keyOf = partitionKey(node)
    this.#order = makeRowOrder(node.order)
    this.#size = node.to
    this.#numbered = node.number
    this.#tops = context.state.keyed('tops', { ttl: node.ttl })
    this.#output = new RankOutput(node, out)
    this.inputs = [{ row: (row) => this.#row(row), watermark: (time) => out.watermark(time) }]
  }

  #row(row: Row): void {
    const key = this.#keyOf(row)
    let top = this.#tops.get(key)
    if (top === undefined) {
      top = []
      this.#tops.set(key, top)
    }
    const full = top.length === this.#size
    if (full && this.#order(top[top.length - 1]!, row) <= 0) return
    const place = placeBehind(top, row, this.#order)
    this.#tops.touch(key)
    if (this.#numbered) {
      this.#output.putIn(top, place, row)
      return
    }
    top.splice(place, 0, row)
    const fallen = full ? top.pop() : undefined
    this.#output.added(top, place, fallen)
  }
}

/** A row with its serial number behind it, so that equal rows are different ones in the state. */
type Stored = Row

class RetractRank implements Operator {
  readonly inputs: readonly Port[]
  readonly #keyOf: (row: Row) => Key
  readonly #order: RowOrder
  readonly #width: number
  readonly #kept: RowsState
  readonly #ttl: number
  readonly #output: RankOutput
  /** Sorted, of the rows in `kept`; those of a partition that was forgotten are dropped when it is met again. */
  readonly #lists = new Map<Key, Stored[]>()
  /** Order of stored rows: ties by serial number. */
  readonly #stored: RowOrder
  /** Tells the rows of the input apart at any time, if the input has a key. */
  readonly #rowKeyOf: ((row: Row) => Key) | undefined
  readonly #byKey = new Map<Key, Stored>()
  #nextSerial = 0
  #nextSweep = 0

  constructor(node: RankParts, context: OperatorContext, out: Port) {
    this.#keyOf = partitionKey(node)
    this.#order = makeRowOrder(node.order)
    this.#stored = (a, b) => this.#order(a, b) || serialOf(a) - serialOf(b)
    const { schema, traits } = node.input
    this.#width = schema.fields.length
    const [columns] = traits.keys
    this.#rowKeyOf =
      columns &&
      makeKey(
        columns,
        columns.map((column) => schema.fields[column]!.type),
      )
    this.#ttl = node.ttl
    this.#kept = context.state.rows('rows', { ttl: node.ttl })
    this.#output = new RankOutput(node, out)
    this.inputs = [{ row: (row, kind) => this.#row(row, kind), watermark: (time) => out.watermark(time) }]
    if (node.ttl > 0) context.onTime(this)
  }

  resume(): void {
    for (const key of this.#kept.keys()) {
      const list: Stored[] = []
      for (const { row } of this.#kept.get(key) ?? []) {
        list.push(row)
        this.#noteKey(row)
        this.#nextSerial = Math.max(this.#nextSerial, serialOf(row) + 1)
      }
      list.sort(this.#stored)
      if (list.length > 0) this.#lists.set(key, list)
    }
  }

  /** Lists of partitions that the state has forgotten are dropped now and then. */
  advance(now: number): void {
    if (now < this.#nextSweep) return
    this.#nextSweep = now + this.#ttl
    for (const [key, list] of this.#lists) if (this.#kept.get(key) === undefined) this.#forgetList(key, list)
  }

  #row(row: Row, kind: RowKind): void {
    const key = this.#keyOf(row)
    const list = this.#listOf(key)
    if (isRetraction(kind)) {
      if (list !== undefined) this.#remove(key, list, row)
      return
    }
    const stored = [...row, this.#nextSerial++]
    this.#kept.add(key, stored)
    this.#noteKey(stored)
    if (list === undefined) {
      this.#lists.set(key, [stored])
      this.#output.added([stored], 0, undefined)
      return
    }
    const place = placeBehind(list, row, this.#order)
    list.splice(place, 0, stored)
    this.#output.added(list, place, undefined)
  }

  #remove(key: Key, list: Stored[], row: Row): void {
    const place = this.#placeOf(list, row)
    if (place < 0) return
    const stored = list[place]!
    list.splice(place, 1)
    this.#kept.remove(key, stored)
    this.#forgetKey(stored)
    if (list.length === 0) this.#lists.delete(key)
    this.#output.removed(list, place, stored)
  }

  /** Of equal rows the one that came first; -1 if the row is not there. */
  #placeOf(list: readonly Stored[], row: Row): number {
    if (this.#rowKeyOf !== undefined) {
      const known = this.#byKey.get(this.#rowKeyOf(row))
      if (known !== undefined && this.#isSame(known, row)) {
        const place = placeBefore(list, known, this.#stored)
        if (list[place] === known) return place
      }
    }
    for (let place = placeBefore(list, row, this.#order); place < list.length; place++) {
      const stored = list[place]!
      if (this.#order(stored, row) !== 0) return -1
      if (this.#isSame(stored, row)) return place
    }
    return -1
  }

  #noteKey(stored: Stored): void {
    if (this.#rowKeyOf !== undefined) this.#byKey.set(this.#rowKeyOf(stored), stored)
  }

  #forgetKey(stored: Stored): void {
    if (this.#rowKeyOf === undefined) return
    const key = this.#rowKeyOf(stored)
    if (this.#byKey.get(key) === stored) this.#byKey.delete(key)
  }

  #forgetList(key: Key, list: readonly Stored[]): void {
    this.#lists.delete(key)
    for (const stored of list) this.#forgetKey(stored)
  }

  #listOf(key: Key): Stored[] | undefined {
    const list = this.#lists.get(key)
    if (list === undefined || this.#ttl === 0 || this.#kept.get(key) !== undefined) return list
    this.#forgetList(key, list)
    return undefined
  }

  #isSame(stored: Stored, row: Row): boolean {
    for (let i = 0; i < this.#width; i++) if (!sameValue(stored[i]!, row[i]!)) return false
    return true
  }
}

function serialOf(stored: Stored): number {
  return stored[stored.length - 1] as number // #row put it there.
}
