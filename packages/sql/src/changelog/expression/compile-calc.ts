/**
 * A chain of filters and projections as one function from row to row; undefined: the row does not pass. The values of a
 * projection that is not the last one are variables of that function, never a row. Those that nothing reads and that
 * cannot fail are not computed at all.
 */
import { canFail } from '../../expression/can-fail.ts'
import type { Expr } from '../../plan.ts'
import type { Row } from '../row.ts'
import type { Fragment } from './code.ts'
import { ExpressionCode } from './expression-code.ts'
import type { ExpressionContext } from './expression-context.ts'

export type CalcStep =
  | { readonly kind: 'filter'; readonly predicate: Expr }
  | { readonly kind: 'project'; readonly exprs: readonly Expr[] }

export function compileCalc(
  steps: readonly CalcStep[],
  context: ExpressionContext,
): (row: Row) => Row | undefined {
  let columns: readonly (Fragment | undefined)[] | undefined
  const code = new ExpressionCode(context, (index) => {
    if (columns === undefined) return undefined
    const found = columns[index]
    if (found === undefined) throw new Error(`plan: no column ${index} in a row of ${columns.length}`)
    return found
  })
  steps.forEach((step, i) => {
    if (step.kind === 'filter') {
      code.emit(`if (${code.whole(step.predicate).text} !== true) return undefined`)
      return
    }
    const read = columnsRead(steps.slice(i + 1))
    columns = step.exprs.map((expr, column) => {
      if (read !== undefined && !read.has(column) && !canFail(expr)) return undefined
      const { literal: _, ...fragment } = code.whole(expr)
      return fragment
    })
  })
  if (columns === undefined) return code.finish('r', 'r')
  return code.finish('r', `[${columns.map((column) => column!.text).join(', ')}]`)
}

/** Columns that some steps read of the row they get; undefined: all, because none of them projects. */
function columnsRead(steps: readonly CalcStep[]): ReadonlySet<number> | undefined {
  const found = new Set<number>()
  for (const step of steps) {
    if (step.kind === 'filter') collect(step.predicate, found)
    else {
      for (const expr of step.exprs) collect(expr, found)
      return found
    }
  }
  return undefined
}

function collect(expr: Expr, found: Set<number>): void {
  if (expr.kind === 'column') found.add(expr.index)
  if (expr.kind === 'call') for (const arg of expr.args) collect(arg, found)
}
