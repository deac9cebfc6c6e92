/**
 * A complete changelog out of one by key (a table whose changes say what the row of a key is now). +I and +U set the row of the
 * key: +I if it is new, -U and +U if it has another row, nothing if it is the same. -D and -U put out -D of the row that is
 * known, because the change itself may carry the key alone; unknown keys are passed over. State: one row for each key.
 */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { NormalizeNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import { makeKey } from '../state/key.ts'
import type { KeyedState } from '../state/state-store.ts'
import { sameRow } from '../value.ts'

export function makeNormalize(node: NormalizeNode, context: OperatorContext, out: Port): Operator {
  const { fields } = node.input.schema
  const keyOf = makeKey(
    node.key,
    node.key.map((column) => fields[column]!.type),
  )
  const rows: KeyedState<Row> = context.state.keyed('rows')
  const change = (row: Row, kind: RowKind): void => {
    const key = keyOf(row)
    const known = rows.get(key)
    if (isRetraction(kind)) {
      if (known === undefined) return
      rows.delete(key)
      out.row(known, rowKind.delete)
    } else if (known === undefined) {
      rows.set(key, row)
      out.row(row, rowKind.insert)
    } else if (!sameRow(known, row)) {
      rows.set(key, row)
      out.row(known, rowKind.updateBefore)
      out.row(row, rowKind.updateAfter)
    }
  }
  return { inputs: [{ row: change, watermark: (time) => out.watermark(time) }] }
}
