/**
 * One side of a regular join: how its keys, tests and rows are made, and its rows by join key, in one of three forms:
 *
 *   single  the key holds columns that tell the side's rows apart, so it has one row at most: the row alone
 *   list    the input only appends: rows in order of arrival, no look for equal ones
 *   rows    otherwise, and where rows need a count of partners: entries with counts
 */
import type { OperatorContext } from '../operator.ts'
import type { JoinNode } from '../plan.ts'
import type { Row } from '../row.ts'
import {
  type Key,
  type KeyedState,
  type ListState,
  type RowEntry,
  RowList,
  type RowsState,
} from '../state/state-store.ts'
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
  readonly list: ListState | undefined
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
      readonly appends: boolean
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
    if (parts.counted) this.rows = context.state.rows(name, options)
    else if (parts.unique) this.single = context.state.keyed<Row>(name, options)
    else if (parts.appends) this.list = context.state.lists(name, options)
    else this.rows = context.state.rows(name, options)
  }

  has(key: Key): boolean {
    if (this.single !== undefined) return this.single.has(key)
    if (this.list !== undefined) return this.list.get(key) !== undefined
    return this.rows!.get(key) !== undefined
  }

  /** The entry where entries are kept. */
  add(key: Key, row: Row): RowEntry | undefined {
    if (this.single !== undefined) this.single.set(key, row)
    else if (this.list !== undefined) this.list.add(key, row)
    else return this.rows!.add(key, row)
    return undefined
  }

  /** The entry as it then is, also where only the row is kept; undefined: the row is not there. */
  remove(key: Key, row: Row): RowEntry | undefined {
    if (this.rows !== undefined) return this.rows.remove(key, row)
    if (this.single === undefined) throw new Error('join: an input that only appends has taken a row back')
    const stored = this.single.get(key)
    if (stored === undefined || !sameRow(stored, row)) return undefined
    this.single.delete(key)
    return aloneEntry(row, 0)
  }

  /** The entries of a key, appended to `into`. */
  collect(key: Key, into: RowEntry[]): void {
    if (this.rows !== undefined) {
      const group = this.rows.get(key)
      if (group !== undefined) for (const entry of group) into.push(entry)
      return
    }
    const found = this.single === undefined ? this.list!.get(key) : this.single.get(key)
    if (found === undefined) return
    if (!(found instanceof RowList)) into.push(aloneEntry(found, 1))
    else for (const row of found.rows) into.push(aloneEntry(row, 1))
  }
}

function aloneEntry(row: Row, count: number): RowEntry {
  return { row, count, extra: 0 }
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
      appends: node.left.traits.changes === 'append',
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
      appends: node.right.traits.changes === 'append',
      ttl: node.rightTtl,
    },
    context,
  )
  return { left, right }
}
