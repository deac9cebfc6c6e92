/**
 * What a Top-N puts out when a row has come into or gone out of a sorted list (rank.ts has the rules). Numbers count from 1;
 * places in lists from 0. Rows of the list may have more values than the output, which are left out.
 */
import type { Port } from '../operator.ts'
import type { RankNode } from '../plan.ts'
import { type Row, type RowKind, rowKind } from '../row.ts'
import { sameRow } from '../value.ts'

export class RankOutput {
  readonly #out: Port
  readonly #from: number
  readonly #to: number
  readonly #number: boolean
  readonly #width: number

  constructor(node: Pick<RankNode, 'input' | 'from' | 'to' | 'number'>, out: Port) {
    this.#out = out
    this.#from = node.from
    this.#to = node.to
    this.#number = node.number
    this.#width = node.input.schema.fields.length
  }

  /** Puts a row into a list of numbered rows, at most `to` of them, and puts out each number that has another row now. */
  putIn(list: Row[], place: number, row: Row): void {
    let moving: Row = row
    for (let at = place; at < this.#to; at++) {
      const before = list[at]
      const after = this.#numbered(moving, at)
      list[at] = after
      if (at >= this.#from - 1) {
        if (before === undefined) this.#out.row(after, rowKind.insert)
        else if (!sameRow(before, after)) {
          this.#out.row(before, rowKind.updateBefore)
          this.#out.row(after, rowKind.updateAfter)
        }
      }
      if (before === undefined) return
      moving = before
    }
  }

  /** A row has been put in at `place`; `fallen` was pushed out of a list that keeps its length. */
  added(list: readonly Row[], place: number, fallen: Row | undefined): void {
    if (place >= this.#to) return
    const first = Math.max(place, this.#from - 1)
    if (this.#number) {
      const before = (at: number): Row | undefined => list[at + 1] ?? fallen
      for (let at = first; at < list.length && at < this.#to; at++) this.#change(before(at), list[at], at)
      return
    }
    const left = list.length > this.#to ? list[this.#to] : fallen
    if (left !== undefined) this.#put(left, rowKind.delete)
    const entered = list[first]
    if (entered !== undefined) this.#put(entered, rowKind.insert)
  }

  /** A row has been taken out of `place`. */
  removed(list: readonly Row[], place: number, row: Row): void {
    if (place >= this.#to) return
    const first = Math.max(place, this.#from - 1)
    const before = (at: number): Row | undefined => (at === place ? row : list[at - 1])
    if (this.#number) {
      for (let at = first; at <= list.length && at < this.#to; at++) this.#change(before(at), list[at], at)
      return
    }
    const left = before(first)
    if (left !== undefined) this.#put(left, rowKind.delete)
    const entered = list[this.#to - 1]
    if (entered !== undefined) this.#put(entered, rowKind.insert)
  }

  /**
   * The first `to` rows were `before` and are now those of `list`; rows that stay are the same objects. `update`: one row became
   * another, which without numbers is an update if both are in the range.
   */
  replaced(
    before: readonly Row[],
    list: readonly Row[],
    update?: { readonly from: Row; readonly to: Row },
  ): void {
    const first = this.#from - 1
    const end = Math.min(this.#to, Math.max(before.length, list.length))
    if (this.#number) {
      for (let at = first; at < end; at++) if (before[at] !== list[at]) this.#change(before[at], list[at], at)
      return
    }
    const was = before.slice(first, end)
    const is = list.slice(first, end)
    const left = was.filter((row) => !is.includes(row))
    const entered = is.filter((row) => !was.includes(row))
    for (let at = 0; at < Math.max(left.length, entered.length); at++) {
      const updated = update !== undefined && left[at] === update.from && entered[at] === update.to
      this.#exchange(left[at], entered[at], updated)
    }
  }

  #exchange(left: Row | undefined, entered: Row | undefined, updated: boolean): void {
    if (left !== undefined && entered !== undefined && sameRow(this.#bare(left), this.#bare(entered))) return
    if (left !== undefined) this.#put(left, updated ? rowKind.updateBefore : rowKind.delete)
    if (entered !== undefined) this.#put(entered, updated ? rowKind.updateAfter : rowKind.insert)
  }

  /** The number at place `at` has another row. */
  #change(before: Row | undefined, after: Row | undefined, at: number): void {
    if (before === undefined) {
      if (after !== undefined) this.#putNumbered(after, at, rowKind.insert)
    } else if (after === undefined) this.#putNumbered(before, at, rowKind.delete)
    else {
      const [old, made] = [this.#numbered(before, at), this.#numbered(after, at)]
      if (sameRow(old, made)) return
      this.#out.row(old, rowKind.updateBefore)
      this.#out.row(made, rowKind.updateAfter)
    }
  }

  #put(row: Row, kind: RowKind): void {
    this.#out.row(this.#bare(row), kind)
  }

  #bare(row: Row): Row {
    return row.length === this.#width ? row : row.slice(0, this.#width)
  }

  #putNumbered(row: Row, at: number, kind: RowKind): void {
    this.#out.row(this.#numbered(row, at), kind)
  }

  #numbered(row: Row, at: number): Row {
    if (row.length === this.#width) return [...row, at + 1]
    const made = row.slice(0, this.#width + 1)
    made[this.#width] = at + 1
    return made
  }
}
