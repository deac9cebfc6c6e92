/** UNION ALL: the rows of all inputs as they come. */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { UnionNode } from '../plan.ts'
import { WatermarkMerge } from '../watermark-merge.ts'

export function makeUnion(node: UnionNode, _: OperatorContext, out: Port): Operator {
  const merge = new WatermarkMerge(node.inputs.length)
  return {
    inputs: node.inputs.map((_, index) => ({
      row: (row, kind) => out.row(row, kind),
      watermark: (time) => {
        const least = merge.advance(index, time)
        if (least !== undefined) out.watermark(least)
      },
    })),
  }
}
