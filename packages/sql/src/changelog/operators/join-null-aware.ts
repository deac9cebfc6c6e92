/**
 * NOT IN as an anti join: a left row stays out if it equals some right row, and also if it may equal one, which is when NULLs
 * stand where they would decide. Against no rows at all every left row comes out, also NULL.
 *
 * All of the condition compares (join-null-keys.ts), so what else a subquery asks of its rows stands in its own plan.
 *
 * Rows whose keys have no NULL meet by key; those with a NULL are kept apart and meet every row of the other side. The
 * number of right rows that keep a left row out is its `extra`.
 */
import type { Expr, SqlValue } from '../../plan.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { JoinNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import type { Key, RowEntry, RowsState } from '../state/state-store.ts'
import { WatermarkMerge } from '../watermark-merge.ts'
import { asRowFailure, makePairTests, type PairTest } from './join-condition.ts'
import { NullKeys, unknownKey, unlessFalse } from './join-null-keys.ts'
import { UpdatePairs } from './join-updates.ts'

export function makeNullAwareJoin(node: JoinNode, context: OperatorContext, port: Port): Operator {
  const { condition } = node
  const updates = node.left.traits.changes === 'retract' ? new UpdatePairs(port) : undefined
  const out = updates ?? port
  const widths = { left: node.left.schema.fields.length, right: node.right.schema.fields.length }
  const tests = makePairTests(unlessFalse(condition.residual), widths, context)
  const left = new Side('left', condition.leftKeys, condition.nullSafe, tests.left, node.leftTtl, context)
  const right = new Side(
    'right',
    condition.rightKeys,
    condition.nullSafe,
    tests.right,
    node.rightTtl,
    context,
  )
  const merge = new WatermarkMerge(2)
  const pass = (input: number) => (time: number) => {
    const least = merge.advance(input, time)
    if (least !== undefined) out.watermark(least)
  }

  const putLeft = (row: Row, kind: RowKind, key: Key): void => {
    updates?.begin(kind, 0, key)
    out.row(row, kind)
    updates?.end()
  }

  const leftRow = (row: Row, kind: RowKind): void => {
    const values = left.valuesOf(row, kind)
    if (values === undefined) return
    const key = left.keys.keyOf(values)
    if (isRetraction(kind)) {
      const entry = left.rows.remove(key, row)
      if (entry !== undefined && entry.extra === 0) putLeft(row, kind, key)
      return
    }
    let hits = 0
    right.meet(left, row, values, true, (_, partner) => {
      hits += partner.count
    })
    left.rows.setExtra(key, left.rows.add(key, row), hits)
    if (hits === 0) putLeft(row, kind, key)
  }

  const rightRow = (row: Row, kind: RowKind): void => {
    const values = right.valuesOf(row, kind)
    if (values === undefined) return
    updates?.flush()
    const retraction = isRetraction(kind)
    const key = right.keys.keyOf(values)
    if (!retraction) right.rows.add(key, row)
    else if (right.rows.remove(key, row) === undefined) return
    left.meet(right, row, values, !retraction, (leftKey, entry) => {
      const hits = Math.max(0, entry.extra + (retraction ? -1 : 1))
      const turned = entry.extra > 0 !== hits > 0
      left.rows.setExtra(leftKey, entry, hits)
      if (!turned) return
      const turn = hits > 0 ? rowKind.delete : rowKind.insert
      for (let n = entry.count; n > 0; n--) out.row(entry.row, turn)
    })
  }

  const inputs: readonly Port[] = [
    { row: leftRow, watermark: pass(0) },
    { row: rightRow, watermark: pass(1) },
  ]
  return { inputs, flush: () => updates?.flush() }
}

class Side {
  readonly rows: RowsState
  readonly keys: NullKeys
  readonly #test: PairTest | undefined
  readonly #context: OperatorContext

  constructor(
    name: string,
    keys: readonly Expr[],
    nullSafe: readonly boolean[],
    test: PairTest | undefined,
    ttl: number,
    context: OperatorContext,
  ) {
    this.rows = context.state.rows(name, { ttl })
    this.keys = new NullKeys(keys, nullSafe, context)
    this.#test = test
    this.#context = context
  }

  /** undefined: an expression failed, which was reported. */
  valuesOf(row: Row, kind: RowKind): SqlValue[] | undefined {
    try {
      return this.keys.valuesOf(row)
    } catch (error) {
      const failure = asRowFailure(error)
      if (!isRetraction(kind)) this.#context.fail(row, failure)
      return undefined
    }
  }

  /** Visits the rows of this side that equal, or may equal, `row` of the side `from`. */
  meet(
    from: Side,
    row: Row,
    values: readonly SqlValue[],
    report: boolean,
    visit: (key: Key, entry: RowEntry) => void,
  ): void {
    const key = this.keys.keyOf(values)
    for (const each of key === unknownKey ? [...this.rows.keys()] : [key, unknownKey]) {
      const group = this.rows.get(each)
      if (group === undefined) continue
      const certain = each === key && key !== unknownKey
      for (const entry of group) {
        // The keys did not fail when the row came.
        if (!certain && !this.keys.mayEqual(this.keys.valuesOf(entry.row), values)) continue
        if (from.#test === undefined || from.#test(row, entry.row, report)) visit(each, entry)
      }
    }
  }
}
