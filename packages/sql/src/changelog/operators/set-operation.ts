/**
 * INTERSECT and EXCEPT, with and without ALL, over changelogs. For each row the number of copies on both sides is kept, and the
 * number put out follows from it: INTERSECT ALL the lesser, EXCEPT ALL what the left has more; without ALL one copy if the
 * row is on both sides, or on the left only. A change moves that number by one at most, so it puts out one row or none.
 * NULL equals NULL. Rows that are on neither side are not kept.
 */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { SetOperationNode } from '../plan.ts'
import { isRetraction, type Row, type RowKind, rowKind } from '../row.ts'
import { makeKey } from '../state/key.ts'
import { WatermarkMerge } from '../watermark-merge.ts'

type Counts = [left: number, right: number]

export function makeSetOperation(node: SetOperationNode, context: OperatorContext, out: Port): Operator {
  const { fields } = node.schema
  const keyOf = makeKey(
    fields.map((_, i) => i),
    fields.map((field) => field.type),
  )
  const counts = context.state.keyed<Counts>('counts')
  const copies = node.op === 'intersect' ? copiesOfIntersect(node.all) : copiesOfExcept(node.all)
  const merge = new WatermarkMerge(2)

  const change = (side: 0 | 1, row: Row, kind: RowKind): void => {
    const key = keyOf(row)
    const stored = counts.get(key)
    const [left, right] = stored ?? [0, 0]
    const own = (side === 0 ? left : right) + (isRetraction(kind) ? -1 : 1)
    if (own < 0) return
    const after: Counts = side === 0 ? [own, right] : [left, own]
    if (after[0] === 0 && after[1] === 0) counts.delete(key)
    else counts.set(key, after)
    const moved = copies(after[0], after[1]) - copies(left, right)
    if (moved !== 0) out.row(row, moved > 0 ? rowKind.insert : rowKind.delete)
  }

  const port = (side: 0 | 1): Port => ({
    row: (row, kind) => change(side, row, kind),
    watermark: (time) => {
      const least = merge.advance(side, time)
      if (least !== undefined) out.watermark(least)
    },
  })
  return { inputs: [port(0), port(1)] }
}

function copiesOfIntersect(all: boolean): (left: number, right: number) => number {
  if (all) return (left, right) => Math.min(left, right)
  return (left, right) => (left > 0 && right > 0 ? 1 : 0)
}

function copiesOfExcept(all: boolean): (left: number, right: number) => number {
  if (all) return (left, right) => Math.max(0, left - right)
  return (left, right) => (left > 0 && right === 0 ? 1 : 0)
}
