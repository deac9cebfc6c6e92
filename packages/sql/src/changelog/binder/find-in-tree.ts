/**
 * What stands inside an expression of the tree, without looking into its subqueries.
 */
import { isFlinkAggregate } from '../../binder/bind-flink-forms.ts'
import type { Expression, NameExpression } from '../../syntax/tree.ts'
import type { FlinkContext } from './context.ts'

/** Calls that are nothing without OVER. */
const overOnly = new Set(
  'ROW_NUMBER RANK DENSE_RANK PERCENT_RANK CUME_DIST NTILE LAG LEAD NTH_VALUE'.split(' '),
)

/** Whether an aggregate over groups stands in the expression. */
export function holdsAggregate(context: FlinkContext, expression: Expression): boolean {
  return some(expression, (part) => {
    if (part.kind === 'json') return part.name.endsWith('AGG')
    if (part.kind !== 'call' || part.over !== undefined) return false
    const name = part.name.name.toUpperCase()
    return isFlinkAggregate(context.base, name) && !overOnly.has(name)
  })
}

export function holdsOver(expression: Expression): boolean {
  return some(expression, (part) => part.kind === 'call' && part.over !== undefined)
}

export function namesIn(expression: Expression): readonly NameExpression[] {
  const names: NameExpression[] = []
  some(expression, (part) => {
    if (part.kind === 'name') names.push(part)
    return false
  })
  return names
}

/** Whether the test holds of some part of the expression. */
export function holds(expression: Expression, test: (part: Expression) => boolean): boolean {
  return some(expression, test)
}

function some(part: unknown, test: (expression: Expression) => boolean): boolean {
  if (Array.isArray(part)) return part.some((each) => some(each, test))
  if (typeof part !== 'object' || part === null) return false
  if ('kind' in part) {
    if (part.kind === 'subquery' || part.kind === 'select' || part.kind === 'set' || part.kind === 'with')
      return false
    // Windows, behaviours and such have kinds of their own, which no test asks for.
    if (test(part as Expression)) return true
  }
  return Object.entries(part).some(([key, each]) => key !== 'span' && some(each, test))
}
