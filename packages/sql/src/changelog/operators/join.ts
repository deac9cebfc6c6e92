/**
 * Regular join: inner, left, right and full (semi and anti are in semi-join.ts). Both sides are kept by join key; a change
 * of one side meets the rows of the other at once, so the changes put out add up to the join of what has come in, after
 * every change.
 *
 * Order of changes (3.7), for a row that comes:
 *   no partner   outer side: +I of the row with NULLs
 *   partners     -D of those that stood with NULLs until now, then +I of the pairs
 * and for a row that leaves:
 *   no partner   outer side: -D of the row with NULLs
 *   partners     -D of the pairs, then +I with NULLs of those that have lost their last partner
 * An inner join passes the kind of the change on, so append inputs give +I only, and an update that keeps its key stays an
 * update (join-updates.ts).
 *
 * Rows that are equal count. A NULL in the key finds no partner, so such a row is not kept. Taking back what is not there (it
 * was forgotten, or failed when it came) gives nothing. Times to live are by key, as written; when a side was forgotten,
 * pairs with it that have come out are not taken back.
 * Cost of a change: the partners it has by key; of memory: see join-side.ts.
 */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { JoinNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import { type Key, type RowEntry, RowList } from '../state/state-store.ts'
import { WatermarkMerge } from '../watermark-merge.ts'
import { makeNullAwareJoin } from './join-null-aware.ts'
import { type JoinSide, makeJoinSides } from './join-side.ts'
import { UpdatePairs } from './join-updates.ts'
import { makeSemiJoin } from './semi-join.ts'

export function makeJoin(node: JoinNode, context: OperatorContext, out: Port): Operator {
  if (node.join === 'semi' || node.join === 'anti') {
    return node.nullAware ? makeNullAwareJoin(node, context, out) : makeSemiJoin(node, context, out)
  }
  if (node.join === 'inner') return new InnerJoin(node, context, out)
  const { left, right } = makeJoinSides(node, context)
  const merge = new WatermarkMerge(2)
  return {
    inputs: [new OuterInput(0, left, right, merge, out), new OuterInput(1, right, left, merge, out)],
  }
}

class InnerJoin implements Operator {
  readonly inputs: readonly Port[]
  readonly #updates: UpdatePairs | undefined

  constructor(node: JoinNode, context: OperatorContext, out: Port) {
    const { left, right } = makeJoinSides(node, context)
    const retracts = [node.left, node.right].some(({ traits }) => traits.changes === 'retract')
    this.#updates = retracts ? new UpdatePairs(out) : undefined
    const merge = new WatermarkMerge(2)
    this.inputs = [
      new InnerInput(0, left, right, merge, this.#updates ?? out, this.#updates),
      new InnerInput(1, right, left, merge, this.#updates ?? out, this.#updates),
    ]
  }

  flush(): void {
    this.#updates?.flush()
  }
}

class InnerInput implements Port {
  readonly #index: number
  readonly #own: JoinSide
  readonly #other: JoinSide
  readonly #merge: WatermarkMerge
  readonly #out: Port
  /** `out`, unless both inputs append. */
  readonly #updates: UpdatePairs | undefined

  constructor(
    index: number,
    own: JoinSide,
    other: JoinSide,
    merge: WatermarkMerge,
    out: Port,
    updates: UpdatePairs | undefined,
  ) {
    this.#index = index
    this.#own = own
    this.#other = other
    this.#merge = merge
    this.#out = out
    this.#updates = updates
  }

  row(row: Row, kind: RowKind): void {
    const key = this.#own.keyOf(row, kind)
    if (key === undefined || key === null) return
    if (!isRetraction(kind)) this.#own.add(key, row)
    else if (this.#own.remove(key, row) === undefined) return
    this.#updates?.begin(kind, this.#index, key)
    const { single, list } = this.#other
    if (list !== undefined) this.#meetList(list.get(key), row, kind)
    else if (single === undefined) this.#meetEntries(key, row, kind)
    else {
      const partner = single.get(key)
      if (partner !== undefined) this.#meet(row, partner, 1, kind)
    }
    this.#updates?.end()
  }

  #meetList(partners: Row | RowList | undefined, row: Row, kind: RowKind): void {
    if (partners === undefined) return
    if (!(partners instanceof RowList)) {
      this.#meet(row, partners, 1, kind)
      return
    }
    const { rows } = partners
    for (let i = 0; i < rows.length; i++) this.#meet(row, rows[i]!, 1, kind)
  }

  #meetEntries(key: Key, row: Row, kind: RowKind): void {
    const group = this.#other.rows!.get(key)
    if (group === undefined) return
    for (const entry of group) this.#meet(row, entry.row, entry.count, kind)
  }

  #meet(row: Row, partner: Row, count: number, kind: RowKind): void {
    const { test, joiner } = this.#own
    if (test !== undefined && !test(row, partner, !isRetraction(kind))) return
    const pair = joiner.pair(row, partner)
    for (let n = count; n > 0; n--) this.#out.row(pair, kind)
  }

  watermark(time: number): void {
    const least = this.#merge.advance(this.#index, time)
    if (least !== undefined) this.#out.watermark(least)
  }
}

class OuterInput implements Port {
  readonly #index: number
  readonly #own: JoinSide
  readonly #other: JoinSide
  readonly #merge: WatermarkMerge
  readonly #out: Port
  /** Partners of the row at hand, and their rows: an entry may have to make its row anew for each look. */
  readonly #partners: RowEntry[] = []
  readonly #rows: Row[] = []

  constructor(index: number, own: JoinSide, other: JoinSide, merge: WatermarkMerge, out: Port) {
    this.#index = index
    this.#own = own
    this.#other = other
    this.#merge = merge
    this.#out = out
  }

  row(row: Row, kind: RowKind): void {
    const key = this.#own.keyOf(row, kind)
    if (key === null) return
    if (key === undefined) {
      if (this.#own.outer)
        this.#putAlone(this.#own, row, 1, isRetraction(kind) ? rowKind.delete : rowKind.insert)
    } else if (isRetraction(kind)) this.#remove(key, row)
    else this.#add(key, row)
  }

  #add(key: Key, row: Row): void {
    const [own, other] = [this.#own, this.#other]
    const first = other.outer && !other.counted && !own.has(key)
    const partnerRows = this.#findPartners(key, row, true)
    const entry = own.add(key, row)
    if (own.counted) own.rows!.setExtra(key, entry!, partnerRows)
    if (partnerRows === 0) {
      if (own.outer) this.#putAlone(own, row, 1, rowKind.insert)
      return
    }
    if (other.counted) {
      for (const [i, partner] of this.#partners.entries()) {
        if (partner.extra === 0) this.#putAlone(other, this.#rows[i]!, partner.count, rowKind.delete)
        other.rows!.setExtra(key, partner, partner.extra + 1)
      }
    } else if (first) this.#putAllAlone(rowKind.delete)
    this.#putPairs(row, rowKind.insert)
  }

  #remove(key: Key, row: Row): void {
    const [own, other] = [this.#own, this.#other]
    const entry = own.remove(key, row)
    if (entry === undefined) return
    if (this.#findPartners(key, row, false) === 0) {
      // With partners in its count it has come out in pairs, and they were forgotten since.
      if (own.outer && entry.extra === 0) this.#putAlone(own, row, 1, rowKind.delete)
      return
    }
    this.#putPairs(row, rowKind.delete)
    if (other.counted) {
      for (const [i, partner] of this.#partners.entries()) {
        // A condition that has changed its answer (RAND) may never have counted this row.
        if (partner.extra === 0) continue
        const left = partner.extra - 1
        other.rows!.setExtra(key, partner, left)
        if (left === 0) this.#putAlone(other, this.#rows[i]!, partner.count, rowKind.insert)
      }
    } else if (other.outer && !own.has(key)) this.#putAllAlone(rowKind.insert)
  }

  /** Fills the list of partners; how many rows they are. */
  #findPartners(key: Key, row: Row, report: boolean): number {
    const [partners, rows] = [this.#partners, this.#rows]
    partners.length = 0
    rows.length = 0
    this.#other.collect(key, partners)
    const test = this.#own.test
    let count = 0
    for (let i = 0; i < partners.length; i++) {
      const partner = partners[i]!
      const partnerRow = partner.row
      if (test !== undefined && !test(row, partnerRow, report)) continue
      partners[rows.length] = partner
      rows.push(partnerRow)
      count += partner.count
    }
    partners.length = rows.length
    return count
  }

  #putPairs(row: Row, kind: RowKind): void {
    for (let i = 0; i < this.#rows.length; i++) {
      const pair = this.#own.joiner.pair(row, this.#rows[i]!)
      for (let n = this.#partners[i]!.count; n > 0; n--) this.#out.row(pair, kind)
    }
  }

  #putAllAlone(kind: RowKind): void {
    for (let i = 0; i < this.#rows.length; i++) {
      this.#putAlone(this.#other, this.#rows[i]!, this.#partners[i]!.count, kind)
    }
  }

  #putAlone(side: JoinSide, row: Row, count: number, kind: RowKind): void {
    const alone = side.joiner.alone(row)
    for (let n = count; n > 0; n--) this.#out.row(alone, kind)
  }

  watermark(time: number): void {
    const least = this.#merge.advance(this.#index, time)
    if (least !== undefined) this.#out.watermark(least)
  }
}
