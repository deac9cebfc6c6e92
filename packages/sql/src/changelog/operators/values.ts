/** VALUES: rows that come once in the life of a program, also if it is restarted; then the end of the input. */
import { compileProjection } from '../expression/compile-expression.ts'
import type { Operator, OperatorContext, Port } from '../operator.ts'
import type { ValuesNode } from '../plan.ts'
import { type Row, rowKind } from '../row.ts'

export interface StartingOperator extends Operator {
  /** 'elsewhere': another part of the program puts the rows out. */
  start(rows: 'here' | 'elsewhere'): void
}

export function makeValues(node: ValuesNode, context: OperatorContext, out: Port): StartingOperator {
  const started = context.state.value('started', false)
  const makers = node.rows.map((exprs) => compileProjection(exprs, context))
  const none: Row = []
  return {
    inputs: [],
    start: (rows) => {
      if (started.get()) return
      started.set(true)
      for (const make of rows === 'here' ? makers : []) {
        let row: Row
        try {
          row = make(none)
        } catch (error) {
          context.fail(none, error as Error) // Expressions throw nothing else.
          continue
        }
        out.row(row, rowKind.insert)
      }
      out.watermark(Number.POSITIVE_INFINITY)
    },
    resume: () => {
      if (started.get()) out.watermark(Number.POSITIVE_INFINITY)
    },
  }
}
