/**
 * A join condition to equalities between the two sides and the rest. Unlike in expression/split-join.ts a key may be able to
 * fail: in Flink, too, keys are computed for every row, before rows meet.
 */
import type { BinderContext } from '../../binder/context.ts'
import { castTo } from '../../binder/make-call.ts'
import { columnsOf, conjunction, mapColumns } from '../../expression/expr-tools.ts'
import { flinkCommonType, isNumeric, isText } from '../../functions/index.ts'
import { isIntegerKind } from '../../functions/types.ts'
import type { Expr } from '../../plan.ts'
import type { JoinCondition } from '../plan.ts'

/** `conditions` are over left columns, then right columns, of which the first is `rightStart`. All have to be true. */
export function splitKeys(
  context: BinderContext,
  conditions: readonly Expr[],
  rightStart: number,
): JoinCondition {
  const leftKeys: Expr[] = []
  const rightKeys: Expr[] = []
  const nullSafe: boolean[] = []
  const rest: Expr[] = []
  for (const condition of conditions) {
    const sides = equalSides(condition, rightStart)
    const keys = sides === undefined ? undefined : alike(context, sides.left, sides.right)
    if (keys === undefined) {
      rest.push(condition)
      continue
    }
    leftKeys.push(keys.left)
    rightKeys.push(mapColumns(keys.right, (index) => index - rightStart))
    nullSafe.push(condition.kind === 'call' && condition.fn === 'IS NOT DISTINCT FROM')
  }
  return { leftKeys, rightKeys, nullSafe, residual: conjunction(rest) }
}

/** The two sides if the condition is an equality between something of the left and something of the right. */
export function equalSides(
  condition: Expr,
  rightStart: number,
): { readonly left: Expr; readonly right: Expr } | undefined {
  if (condition.kind !== 'call' || (condition.fn !== '=' && condition.fn !== 'IS NOT DISTINCT FROM'))
    return undefined
  const [a, b] = condition.args
  if (a === undefined || b === undefined) return undefined
  const [sideA, sideB] = [sideOf(a, rightStart), sideOf(b, rightStart)]
  if (sideA === 'left' && sideB === 'right') return { left: a, right: b }
  if (sideA === 'right' && sideB === 'left') return { left: b, right: a }
  return undefined
}

/** The side whose columns an expression reads; undefined for both or none. */
export function sideOf(expr: Expr, rightStart: number): 'left' | 'right' | undefined {
  let side: 'left' | 'right' | undefined
  for (const index of columnsOf(expr)) {
    const each = index < rightStart ? 'left' : 'right'
    if (side !== undefined && side !== each) return undefined
    side = each
  }
  return side
}

/** Both keys so that equal values are held alike: as they are, or cast to the type in which the numbers meet. */
export function alike(
  context: BinderContext,
  left: Expr,
  right: Expr,
): { readonly left: Expr; readonly right: Expr } | undefined {
  const [a, b] = [left.type, right.type]
  // Integers of all widths are held as the same numbers.
  if (isIntegerKind(a.kind) && isIntegerKind(b.kind)) return { left, right }
  if (a.kind === 'DECIMAL' && b.kind === 'DECIMAL' && a.scale === b.scale) return { left, right }
  if (isNumeric(a) && isNumeric(b)) {
    if (a.kind === b.kind && a.kind !== 'DECIMAL') return { left, right }
    const type = flinkCommonType(a, b)
    if (type === undefined) return undefined
    return { left: castTo(context, left, type), right: castTo(context, right, type) }
  }
  if (isText(a) && isText(b)) return { left, right }
  return a.kind === b.kind ? { left, right } : undefined
}
