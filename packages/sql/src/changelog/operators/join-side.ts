/**
 * One side of a regular join: how its keys, tests and rows are made, and its rows by join key. Where the key holds columns
 * that tell the side's rows apart, a key has one row at most, and the row alone is kept: less memory than an entry with
 * its counts, and no list to walk.
 */
import type { OperatorContext } from '../operator.ts'
import type { JoinNode } from '../plan.ts'
import type { Row } from '../row.ts'
import type { Key, KeyedState, RowEntry, RowsState } from '../state/state-store.ts'
import { sameRow } from '../value.ts'
import { isUniqueByKey, type JoinKeyOf, makeJoinKey, makePairTests, type PairTest } from './join-condition.ts'
import { makeRowJoiners, type RowJoiner } from './join-row.ts'

export class JoinSide {
  readonly keyOf: JoinKeyOf
  readonly test: PairTest | undefined
  readonly joiner: RowJoiner
  /** Rows without a partner come out. */
  readonly outer: boolean
  /** `extra` of each entry is the number of its partners. Without it all rows of a key have the same partners. */
  readonly counted: boolean
  readonly single: KeyedState<Row> | undefined
  readonly rows: RowsState | undefined

  constructor(
    name: 'left' | 'right',
    parts: {
      readonly keyOf: JoinKeyOf
      readonly test: PairTest | undefined
      readonly joiner: RowJoiner
      readonly outer: boolean
      readonly counted: boolean
      readonly unique: boolean
      readonly ttl: number
    },
    context: OperatorContext,
  ) {
    this.keyOf = parts.keyOf
    this.test = parts.test
    this.joiner = parts.joiner
    this.outer = parts.outer
    this.counted = parts.counted
    const options = { ttl: parts.ttl }
    if (parts.unique && !parts.counted) this.single = context.state.keyed<Row>(name, options)
    else this.rows = context.state.rows(name, options)
  }

  has(key: Key): boolean {
    return this.single === undefined ? this.rows!.get(key) !== undefined : this.single.has(key)
  }

  add(key: Key, row: Row): RowEntry | undefined {
    if (this.single === undefined) return this.rows!.add(key, row)
    this.single.set(key, row)
    return undefined
  }

  /** The entry as it then is, also where only the row is kept; undefined: the row is not there. */
  remove(key: Key, row: Row): RowEntry | undefined {
    if (this.single === undefined) return this.rows!.remove(key, row)
    const stored = this.single.get(key)
    if (stored === undefined || !sameRow(stored, row)) return undefined
    this.single.delete(key)
    return { row, count: 0, extra: 0 }
  }

  /** The entries of a key, appended to `into`. */
  collect(key: Key, into: RowEntry[]): void {
    if (this.single === undefined) {
      const group = this.rows!.get(key)
      if (group !== undefined) for (const entry of group) into.push(entry)
      return
    }
    const row = this.single.get(key)
    if (row !== undefined) into.push({ row, count: 1, extra: 0 })
  }
}

export function makeJoinSides(
  node: JoinNode,
  context: OperatorContext,
): { readonly left: JoinSide; readonly right: JoinSide } {
  const { condition, join } = node
  const widths = { left: node.left.schema.fields.length, right: node.right.schema.fields.length }
  const tests = makePairTests(condition.residual, widths, context)
  const joiners = makeRowJoiners(widths.left, widths.right)
  // Rows of one key can differ in their partners by the rest of the condition, and by what was forgotten meanwhile.
  const differ = condition.residual !== undefined || node.leftTtl > 0 || node.rightTtl > 0
  const leftOuter = join === 'left' || join === 'full'
  const rightOuter = join === 'right' || join === 'full'
  const left = new JoinSide(
    'left',
    {
      keyOf: makeJoinKey(condition.leftKeys, condition.nullSafe, context),
      test: tests.left,
      joiner: joiners.left,
      outer: leftOuter,
      counted: leftOuter && differ,
      unique: isUniqueByKey(condition.leftKeys, node.left.traits.keys),
      ttl: node.leftTtl,
    },
    context,
  )
  const right = new JoinSide(
    'right',
    {
      keyOf: makeJoinKey(condition.rightKeys, condition.nullSafe, context),
      test: tests.right,
      joiner: joiners.right,
      outer: rightOuter,
      counted: rightOuter && differ,
      unique: isUniqueByKey(condition.rightKeys, node.right.traits.keys),
      ttl: node.rightTtl,
    },
    context,
  )
  return { left, right }
}
