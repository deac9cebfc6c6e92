/**
 * Semi join (IN, EXISTS) and anti join (NOT EXISTS): left rows that have a partner, or have none. NOT IN, which also looks at
 * NULLs, is in join-null-aware.ts.
 *
 * A left row is put out with the kind that it came with, if it qualifies then. When a right row is the first partner of left
 * rows, or the last one to leave, those come out (+I) or go (-D). A left row with a NULL in the key has no partner.
 *
 * Of the right side only the number of rows is kept for each key, unless the rest of the condition has to see them. If both
 * inputs only append, a left row with a partner is settled for good and is not kept.
 */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { JoinNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import {
  type Key,
  type KeyedState,
  type ListState,
  type RowEntry,
  RowList,
  type RowsState,
} from '../state/state-store.ts'
import { WatermarkMerge } from '../watermark-merge.ts'
import { type JoinKeyOf, makeJoinKey, makePairTests, type PairTest } from './join-condition.ts'
import { UpdatePairs } from './join-updates.ts'

/** Stands for the key of rows that have none. */
const noKey = Number.NEGATIVE_INFINITY

export function makeSemiJoin(node: JoinNode, context: OperatorContext, out: Port): Operator {
  return new SemiJoin(node, context, out)
}

class SemiJoin implements Operator {
  readonly inputs: readonly Port[]
  readonly #out: Port
  /** `out`, unless the left input appends. */
  readonly #updates: UpdatePairs | undefined
  /** Whether rows with a partner come out, or those without. */
  readonly #semi: boolean
  readonly #leftKey: JoinKeyOf
  readonly #rightKey: JoinKeyOf
  readonly #leftTest: PairTest | undefined
  readonly #rightTest: PairTest | undefined
  readonly #left: RowsState | undefined
  /** Left rows instead of `left`, where none is taken away alone. */
  readonly #leftList: ListState | undefined
  /** Right rows; undefined where their number is enough. `extra` of left entries is then the number of partners. */
  readonly #right: RowsState | undefined
  readonly #counts: KeyedState<number> | undefined
  readonly #rightAppends: boolean
  readonly #settles: boolean
  readonly #found: RowEntry[] = []

  constructor(node: JoinNode, context: OperatorContext, out: Port) {
    const { condition } = node
    const widths = { left: node.left.schema.fields.length, right: node.right.schema.fields.length }
    const tests = makePairTests(condition.residual, widths, context)
    this.#updates = node.left.traits.changes === 'retract' ? new UpdatePairs(out) : undefined
    this.#out = this.#updates ?? out
    this.#semi = node.join === 'semi'
    this.#leftKey = makeJoinKey(condition.leftKeys, condition.nullSafe, context)
    this.#rightKey = makeJoinKey(condition.rightKeys, condition.nullSafe, context)
    this.#leftTest = tests.left
    this.#rightTest = tests.right
    const differ = condition.residual !== undefined || node.leftTtl > 0 || node.rightTtl > 0
    const leftAppends = node.left.traits.changes === 'append'
    if (leftAppends && !differ) this.#leftList = context.state.lists('left')
    else this.#left = context.state.rows('left', { ttl: node.leftTtl })
    if (differ) this.#right = context.state.rows('right', { ttl: node.rightTtl })
    else this.#counts = context.state.keyed<number>('right')
    this.#rightAppends = node.right.traits.changes === 'append'
    this.#settles = this.#rightAppends && leftAppends

    const merge = new WatermarkMerge(2)
    const pass = (input: number) => (time: number) => {
      const least = merge.advance(input, time)
      if (least !== undefined) this.#out.watermark(least)
    }
    this.inputs = [
      { row: (row, kind) => this.#leftRow(row, kind), watermark: pass(0) },
      { row: (row, kind) => this.#rightRow(row, kind), watermark: pass(1) },
    ]
  }

  flush(): void {
    this.#updates?.flush()
  }

  #leftRow(row: Row, kind: RowKind): void {
    const key = this.#leftKey(row, kind)
    if (key === null) return
    if (key === undefined) {
      if (!this.#semi) this.#putRow(row, kind, noKey)
      return
    }
    let partners: number
    if (isRetraction(kind)) {
      const entry = mustRows(this.#left).remove(key, row)
      if (entry === undefined) return
      partners = this.#right === undefined ? this.#countOf(key) : entry.extra
    } else {
      partners = this.#partnersOf(key, row)
      if (partners === 0 || !this.#settles) {
        if (this.#left === undefined) this.#leftList!.add(key, row)
        else {
          const entry = this.#left.add(key, row)
          if (this.#right !== undefined) this.#left.setExtra(key, entry, partners)
        }
      }
    }
    if (partners > 0 === this.#semi) this.#putRow(row, kind, key)
  }

  #putRow(row: Row, kind: RowKind, key: Key): void {
    this.#updates?.begin(kind, 0, key)
    this.#out.row(row, kind)
    this.#updates?.end()
  }

  #countOf(key: Key): number {
    return this.#counts!.get(key) ?? 0
  }

  #partnersOf(key: Key, row: Row): number {
    if (this.#right === undefined) return this.#countOf(key)
    const group = this.#right.get(key)
    if (group === undefined) return 0
    let partners = 0
    for (const entry of group) {
      if (this.#leftTest === undefined || this.#leftTest(row, entry.row, true)) partners += entry.count
    }
    return partners
  }

  #rightRow(row: Row, kind: RowKind): void {
    const key = this.#rightKey(row, kind)
    if (key === undefined || key === null) return
    this.#updates?.flush()
    if (this.#right === undefined) this.#countRow(key, kind)
    else this.#testRow(this.#right, key, row, kind)
  }

  /** All left rows of the key have this right row as partner. */
  #countRow(key: Key, kind: RowKind): void {
    const count = this.#countOf(key)
    if (isRetraction(kind)) {
      if (count === 0) return
      if (count === 1) this.#counts!.delete(key)
      else this.#counts!.set(key, count - 1)
      if (count === 1) this.#putLeft(key, false)
    } else {
      if (count === 0 || !this.#rightAppends) this.#counts!.set(key, count + 1)
      if (count === 0) this.#putLeft(key, true)
    }
  }

  #putLeft(key: Key, matched: boolean): void {
    if (this.#left !== undefined) {
      const group = this.#left.get(key)
      if (group !== undefined) for (const entry of group) this.#putMatch(entry.row, entry.count, matched)
      return
    }
    const found = this.#leftList!.get(key)
    if (found === undefined) return
    if (this.#settles) this.#leftList!.delete(key)
    if (!(found instanceof RowList)) this.#putMatch(found, 1, matched)
    else for (const row of found.rows) this.#putMatch(row, 1, matched)
  }

  #testRow(right: RowsState, key: Key, row: Row, kind: RowKind): void {
    const retraction = isRetraction(kind)
    if (!retraction) right.add(key, row)
    else if (right.remove(key, row) === undefined) return
    const left = mustRows(this.#left)
    const group = left.get(key)
    if (group === undefined) return
    const found = this.#found
    found.length = 0
    for (const entry of group) {
      if (this.#rightTest === undefined || this.#rightTest(row, entry.row, !retraction)) found.push(entry)
    }
    for (const entry of found) {
      const partners = Math.max(0, entry.extra + (retraction ? -1 : 1))
      const turned = entry.extra > 0 !== partners > 0
      left.setExtra(key, entry, partners)
      if (turned) this.#putMatch(entry.row, entry.count, partners > 0)
      if (this.#settles) for (let n = entry.count; n > 0; n--) left.remove(key, entry.row)
    }
  }

  /** The copies of a left row have got their first partner, or lost the last. */
  #putMatch(row: Row, count: number, matched: boolean): void {
    const kind = matched === this.#semi ? rowKind.insert : rowKind.delete
    for (let n = count; n > 0; n--) this.#out.row(row, kind)
  }
}

function mustRows(rows: RowsState | undefined): RowsState {
  if (rows === undefined) throw new Error('semi join: an input that only appends has taken a row back')
  return rows
}
