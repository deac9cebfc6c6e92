/**
 * LIMIT without ORDER BY: the rows offset + 1 to offset + limit in order of arrival. Of an input that only appends the number
 * of rows so far is all that is kept; of one that retracts, a rank without order, so that the next row takes the place of
 * one that leaves.
 */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { LimitNode } from '../plan.ts'
import { rowKind } from '../row.ts'
import { makeRank } from './rank.ts'

export function makeLimit(node: LimitNode, context: OperatorContext, out: Port): Operator {
  const { input, offset, limit } = node
  const end = offset + limit
  if (limit > 0 && input.traits.changes === 'retract') {
    const range = { from: offset + 1, to: end, number: false, ttl: 0 }
    return makeRank({ input, partition: [], order: [], ...range }, context, out)
  }
  const seen = context.state.value('seen', 0)
  return {
    inputs: [
      {
        row: (row) => {
          const before = seen.get()
          if (before >= end) return
          seen.set(before + 1)
          if (before >= offset) out.row(row, rowKind.insert)
        },
        watermark: (time) => out.watermark(time),
      },
    ],
  }
}
