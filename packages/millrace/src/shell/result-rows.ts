/**
 * A result that changes, as rows in the order of their arrival: what is there after all changes so far, and how that differs from what
 * was last told. Equal rows are told apart by nothing, so of several the newest is taken away.
 *
 * Shown are the newest rows, as many as `limit` and `bytesMax` allow; when one of them goes, an older one comes back. A row that is
 * updated (-U, then +U) keeps its id if it is shown; otherwise the new row is the newest. Of a result that only grows, rows that are no
 * longer shown are forgotten; of others all are kept, since any of them may be taken back.
 *
 * Law: the differences, applied one after the other, give the newest rows of the multiset that all changes add up to.
 */
import { type Row, type RowKind, rowKind } from '@millrace/sql'

export interface ResultRowsOptions<Cell> {
  readonly limit: number
  /** Of the texts of the rows that are shown. */
  readonly bytesMax?: number
  readonly isAppendOnly: boolean
  /** Rows whose cells have the same JSON are equal. */
  readonly cells: (row: Row) => readonly Cell[]
}

export interface ResultChange<Cell> {
  /** In the order of their ids, which is that of arrival. */
  readonly put: readonly (readonly [id: number, cells: readonly Cell[]])[]
  readonly removed: readonly number[]
}

interface Entry<Cell> {
  readonly id: number
  cells: readonly Cell[]
  key: string
  isThere: boolean
  /** In the list of all entries. */
  place: number
}

export class ResultRows<Cell> {
  readonly #options: ResultRowsOptions<Cell>
  readonly #bytesMax: number
  /** In order of arrival, with those that are gone until there are too many of them. */
  #entries: Entry<Cell>[] = []
  /** From this place on they are shown. */
  #from = 0
  readonly #shown = new Map<number, Entry<Cell>>()
  #shownBytes = 0
  /** Unused where the result only grows. */
  readonly #byKey = new Map<string, Entry<Cell>[]>()
  /** Taken back by a -U whose +U may come next. */
  #half: Entry<Cell> | undefined
  #nextId = 1
  #gone = 0
  readonly #touched = new Set<number>()
  readonly #told = new Set<number>()
  /** Rows of the result. */
  total = 0
  changes = 0

  constructor(options: ResultRowsOptions<Cell>) {
    this.#options = options
    this.#bytesMax = options.bytesMax ?? Number.POSITIVE_INFINITY
  }

  apply(row: Row, kind: RowKind): void {
    this.changes++
    const cells = this.#options.cells(row)
    const key = JSON.stringify(cells)
    const half = this.#half
    this.#half = undefined
    if (kind === rowKind.updateAfter && half !== undefined) {
      if (half.place >= this.#from) this.#replace(half, cells, key)
      else {
        this.#remove(half)
        this.#add(cells, key)
      }
      return
    }
    if (half !== undefined) this.#remove(half)
    if (kind === rowKind.insert || kind === rowKind.updateAfter) this.#add(cells, key)
    else {
      const found = this.#byKey.get(key)?.at(-1)
      if (found === undefined) return
      if (kind === rowKind.updateBefore) this.#half = found
      else this.#remove(found)
    }
  }

  /** The rows that are shown. */
  rows(): (readonly Cell[])[] {
    this.#settle()
    return this.#entries.slice(this.#from).flatMap(({ isThere, cells }) => (isThere ? [cells] : []))
  }

  /** What has changed since the last call; undefined if nothing that is shown. */
  take(): ResultChange<Cell> | undefined {
    this.#settle()
    const put: [number, readonly Cell[]][] = []
    const removed: number[] = []
    for (const id of this.#touched) {
      const entry = this.#shown.get(id)
      if (entry !== undefined) {
        put.push([id, entry.cells])
        this.#told.add(id)
      } else if (this.#told.delete(id)) removed.push(id)
    }
    this.#touched.clear()
    if (put.length === 0 && removed.length === 0) return undefined
    return { put: put.sort(([a], [b]) => a - b), removed }
  }

  #settle(): void {
    const half = this.#half
    this.#half = undefined
    if (half !== undefined) this.#remove(half)
  }

  #add(cells: readonly Cell[], key: string): void {
    const entry = { id: this.#nextId++, cells, key, isThere: true, place: this.#entries.length }
    this.#entries.push(entry)
    if (!this.#options.isAppendOnly) this.#note(entry)
    this.total++
    this.#show(entry)
    this.#hideOldest()
  }

  #replace(entry: Entry<Cell>, cells: readonly Cell[], key: string): void {
    this.#unnote(entry)
    this.#shownBytes += key.length - entry.key.length
    entry.cells = cells
    entry.key = key
    this.#note(entry)
    this.#touched.add(entry.id)
    this.#hideOldest()
    this.#showOlder()
  }

  #remove(entry: Entry<Cell>): void {
    this.#unnote(entry)
    entry.isThere = false
    this.total--
    this.#gone++
    if (entry.place >= this.#from) {
      this.#hide(entry)
      this.#showOlder()
    }
    this.#compact()
  }

  #note(entry: Entry<Cell>): void {
    const equal = this.#byKey.get(entry.key)
    if (equal === undefined) {
      this.#byKey.set(entry.key, [entry])
      return
    }
    // In the order of arrival; only a row that was changed in its place is not the newest.
    let at = equal.length
    while (at > 0 && equal[at - 1]!.id > entry.id) at--
    equal.splice(at, 0, entry)
  }

  #unnote(entry: Entry<Cell>): void {
    const equal = this.#byKey.get(entry.key)
    if (equal === undefined) return
    if (equal.length === 1) this.#byKey.delete(entry.key)
    else equal.splice(equal.lastIndexOf(entry), 1)
  }

  #show(entry: Entry<Cell>): void {
    this.#shown.set(entry.id, entry)
    this.#shownBytes += entry.key.length
    this.#touched.add(entry.id)
  }

  #hide(entry: Entry<Cell>): void {
    this.#shown.delete(entry.id)
    this.#shownBytes -= entry.key.length
    if (this.#told.has(entry.id)) this.#touched.add(entry.id)
    else this.#touched.delete(entry.id)
  }

  #hideOldest(): void {
    while (
      this.#shown.size > this.#options.limit ||
      (this.#shownBytes > this.#bytesMax && this.#shown.size > 1)
    ) {
      const entry = this.#entries[this.#from]!
      this.#from++
      if (!entry.isThere) continue
      this.#hide(entry)
      if (!this.#options.isAppendOnly) continue
      entry.isThere = false
      this.#gone++
    }
    this.#compact()
  }

  #showOlder(): void {
    while (this.#shown.size < this.#options.limit && this.#from > 0) {
      const entry = this.#entries[this.#from - 1]!
      if (entry.isThere && this.#shownBytes + entry.key.length > this.#bytesMax) return
      this.#from--
      if (entry.isThere) this.#show(entry)
    }
  }

  /** Half of the list may be entries that are gone. */
  #compact(): void {
    if (this.#gone < 64 || this.#gone * 2 < this.#entries.length) return
    let from = 0
    const kept: Entry<Cell>[] = []
    for (const entry of this.#entries) {
      if (!entry.isThere) continue
      if (entry.place < this.#from) from++
      entry.place = kept.length
      kept.push(entry)
    }
    this.#entries = kept
    this.#from = from
    this.#gone = 0
  }
}
