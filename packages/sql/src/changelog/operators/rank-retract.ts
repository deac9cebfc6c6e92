/**
 * Top-N (rank.ts) of an input that retracts. An update (-U and the +U that follows at once, in the same partition) is one change:
 * only numbers and rows that differ before and after it come out. So what a -U does waits for the very next change; `flush`,
 * which the instance calls before anyone looks, ends the waiting.
 *
 * State: all rows, because any may move up. Each is stored once with a serial number behind it, and the sorted lists of
 * partitions are made of them again after a restart. Cost of a change: as in sorted-rows.ts; a row
 * that is taken back is found by the key of the input, or else by looking through its ties. Taking back a row that is not
 * there (it was forgotten) gives nothing.
 */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import { makeKey } from '../state/key.ts'
import type { Key, RowsState } from '../state/state-store.ts'
import { sameValue } from '../value.ts'
import { makeRowOrder, type RowOrder } from './compare-rows.ts'
import { RankOutput } from './rank-output.ts'
import { partitionKey, type RankParts } from './rank-parts.ts'
import { SortedRows } from './sorted-rows.ts'

/** A row with its serial number behind it, so that equal rows are different ones in the state. */
type Stored = Row

export class RetractRank implements Operator {
  readonly inputs: readonly Port[]
  readonly #keyOf: (row: Row) => Key
  readonly #order: RowOrder
  readonly #width: number
  readonly #kept: RowsState
  readonly #ttl: number
  readonly #output: RankOutput
  /** Sorted, of the rows in `kept`; those of a partition that was forgotten are dropped when it is met again. */
  readonly #lists = new Map<Key, SortedRows>()
  /** Order of stored rows: ties by serial number. */
  readonly #stored: RowOrder
  /** Tells the rows of the input apart at any time, if the input has a key. */
  readonly #rowKeyOf: ((row: Row) => Key) | undefined
  readonly #byKey = new Map<Key, Stored>()
  readonly #to: number
  /** Of a -U that waits: its partition, the first `to` rows before it, and the row that it took away. */
  #waiting: { readonly key: Key; readonly before: readonly Stored[]; readonly from: Stored } | undefined
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
    this.#to = node.to
    this.inputs = [
      {
        row: (row, kind) => this.#row(row, kind),
        watermark: (time) => {
          this.flush()
          out.watermark(time)
        },
      },
    ]
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
      if (list.length > 0) this.#lists.set(key, this.#makeList(list))
    }
  }

  /** Lists of partitions that the state has forgotten are dropped now and then. */
  advance(now: number): void {
    if (now < this.#nextSweep) return
    this.#nextSweep = now + this.#ttl
    for (const [key, list] of this.#lists) if (this.#kept.get(key) === undefined) this.#forgetList(key, list)
  }

  flush(): void {
    const waiting = this.#waiting
    if (waiting === undefined) return
    this.#waiting = undefined
    this.#output.replaced(waiting.before, this.#lists.get(waiting.key)?.first ?? [])
  }

  #row(row: Row, kind: RowKind): void {
    const key = this.#keyOf(row)
    const waiting = this.#waiting
    if (waiting !== undefined) {
      if (kind === rowKind.updateAfter && waiting.key === key) {
        this.#waiting = undefined
        const to = this.#add(key, row).stored
        this.#output.replaced(waiting.before, this.#lists.get(key)!.first, { from: waiting.from, to })
        return
      }
      this.flush()
    }
    const list = this.#listOf(key)
    if (!isRetraction(kind)) {
      const { place } = this.#add(key, row)
      if (place >= 0) this.#output.added(this.#lists.get(key)!.first, place, undefined)
      return
    }
    if (list === undefined) return
    const before = kind === rowKind.updateBefore ? list.first.slice(0, this.#to) : []
    const taken = this.#take(list, row)
    if (taken === undefined) return
    const { row: stored, place } = taken
    this.#kept.remove(key, stored)
    this.#forgetKey(stored)
    if (list.isEmpty) this.#lists.delete(key)
    if (place < 0 || place >= this.#to) return
    if (kind === rowKind.updateBefore) this.#waiting = { key, before, from: stored }
    else this.#output.removed(list.first, place, stored)
  }

  #add(key: Key, row: Row): { stored: Stored; place: number } {
    const stored = [...row, this.#nextSerial++]
    this.#kept.add(key, stored)
    this.#noteKey(stored)
    const list = this.#lists.get(key)
    if (list !== undefined) return { stored, place: list.add(stored) }
    this.#lists.set(key, this.#makeList([stored]))
    return { stored, place: 0 }
  }

  /** The output looks one row beyond the last number. */
  #makeList(sorted: readonly Stored[]): SortedRows {
    return new SortedRows(this.#order, this.#to + 1, sorted)
  }

  /** Of equal rows the one that came first; undefined if the row is not there. */
  #take(list: SortedRows, row: Row): { row: Stored; place: number } | undefined {
    if (this.#rowKeyOf !== undefined) {
      const known = this.#byKey.get(this.#rowKeyOf(row))
      if (known !== undefined && this.#isSame(known, row)) {
        const taken = list.take(known, this.#stored, (each) => each === known)
        if (taken !== undefined) return taken
      }
    }
    return list.take(row, this.#order, (each) => this.#isSame(each, row))
  }

  #noteKey(stored: Stored): void {
    if (this.#rowKeyOf !== undefined) this.#byKey.set(this.#rowKeyOf(stored), stored)
  }

  #forgetKey(stored: Stored): void {
    if (this.#rowKeyOf === undefined) return
    const key = this.#rowKeyOf(stored)
    if (this.#byKey.get(key) === stored) this.#byKey.delete(key)
  }

  #forgetList(key: Key, list: SortedRows): void {
    this.#lists.delete(key)
    for (const stored of list) this.#forgetKey(stored)
  }

  #listOf(key: Key): SortedRows | undefined {
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
  return stored[stored.length - 1] as number // #add put it there.
}
