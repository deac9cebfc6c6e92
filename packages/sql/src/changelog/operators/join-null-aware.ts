/**
 * NOT IN as an anti join: a left row stays out if it equals some right row, and also if it may equal one, which is when NULLs
 * stand where they would decide. Against no rows at all every left row comes out, also NULL.
 *
 * The keys are the compared columns. A key that is `nullSafe` is never unknown. The rest of the condition says which right
 * rows count for a left row, and only TRUE does; conditions of a correlated subquery belong there.
 *
 * Rows whose keys have no NULL meet by key; those with a NULL are kept apart and meet every row of the other side. The
 * number of right rows that keep a left row out is its `extra`.
 */
import type { Expr, SqlValue } from '../../plan.ts'
import { compileExpression } from '../expression/compile-expression.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { JoinNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import type { Key, RowEntry, RowsState } from '../state/state-store.ts'
import { sameValue, valueKey } from '../value.ts'
import { WatermarkMerge } from '../watermark-merge.ts'
import { asRowFailure, makePairTests, type PairTest } from './join-condition.ts'
import { UpdatePairs } from './join-updates.ts'

/** Key of rows that have a NULL where it is unknown whether they are equal. */
const nullKey = '~'

export function makeNullAwareJoin(node: JoinNode, context: OperatorContext, port: Port): Operator {
  const { condition } = node
  const updates = node.left.traits.changes === 'retract' ? new UpdatePairs(port) : undefined
  const out = updates ?? port
  const widths = { left: node.left.schema.fields.length, right: node.right.schema.fields.length }
  const tests = makePairTests(condition.residual, widths, context)
  const left = new Side('left', condition.leftKeys, condition.nullSafe, tests.left, node.leftTtl, context)
  const right = new Side('right', condition.rightKeys, condition.nullSafe, tests.right, node.rightTtl, context)
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
    const key = left.keyOf(values)
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
    const key = right.keyOf(values)
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
  readonly #values: readonly ((row: Row) => SqlValue)[]
  readonly #nullSafe: readonly boolean[]
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
    this.#values = keys.map((key) => compileExpression(key, context))
    this.#nullSafe = nullSafe
    this.#test = test
    this.#context = context
  }

  /** undefined: an expression failed, which was reported. */
  valuesOf(row: Row, kind: RowKind): SqlValue[] | undefined {
    try {
      return this.#values.map((value) => value(row))
    } catch (error) {
      const failure = asRowFailure(error)
      if (!isRetraction(kind)) this.#context.fail(row, failure)
      return undefined
    }
  }

  keyOf(values: readonly SqlValue[]): Key {
    let key = ''
    for (let i = 0; i < values.length; i++) {
      if (values[i] === null && this.#nullSafe[i] !== true) return nullKey
      key += valueKey(values[i]!)
    }
    // A list of one NULL that is safe would read like `nullKey`.
    return `=${key}`
  }

  /** Visits the rows of this side that equal, or may equal, `row` of the side `from`. */
  meet(
    from: Side,
    row: Row,
    values: readonly SqlValue[],
    report: boolean,
    visit: (key: Key, entry: RowEntry) => void,
  ): void {
    const key = this.keyOf(values)
    const keys = key === nullKey ? [...this.rows.keys()] : [key, nullKey]
    for (const each of keys) {
      const group = this.rows.get(each)
      if (group === undefined) continue
      for (const entry of group) {
        if (each !== key || key === nullKey) {
          if (!this.#mayEqual(this.#valuesOfStored(entry.row), values)) continue
        }
        if (from.#test === undefined || from.#test(row, entry.row, report)) visit(each, entry)
      }
    }
  }

  /** The keys did not fail when the row came. */
  #valuesOfStored(row: Row): SqlValue[] {
    return this.#values.map((value) => value(row))
  }

  #mayEqual(a: readonly SqlValue[], b: readonly SqlValue[]): boolean {
    for (let i = 0; i < a.length; i++) {
      const [x, y] = [a[i]!, b[i]!]
      if (this.#nullSafe[i] !== true && (x === null || y === null)) continue
      if (!sameValue(x, y)) return false
    }
    return true
  }
}
