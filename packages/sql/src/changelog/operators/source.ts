/** Where a table's rows come in. The end of a source outlives a restart. */
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { SourceNode } from '../plan.ts'

export interface SourceOperator extends Operator {
  readonly table: string
  finish(): void
  readonly finished: boolean
}

export function makeSource(node: SourceNode, context: OperatorContext, out: Port): SourceOperator {
  const ended = context.state.value('ended', false)
  return {
    table: node.table,
    inputs: [out],
    finish: () => {
      if (ended.get()) return
      ended.set(true)
      out.watermark(Number.POSITIVE_INFINITY)
    },
    get finished() {
      return ended.get()
    },
    resume: () => {
      if (ended.get()) out.watermark(Number.POSITIVE_INFINITY)
    },
  }
}
