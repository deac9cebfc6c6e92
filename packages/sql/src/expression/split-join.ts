/**
 * A join condition to equalities between the two sides and the rest. An equality becomes a key only if neither side can
 * fail: a key is computed for every row, while the condition was to be computed for pairs only. The rest is computed for
 * pairs of equal keys.
 */
import type { SqlType } from '@millrace/values'
import { commonType, isNumeric, isText, sameType } from '../functions/index.ts'
import type { Expr } from '../plan.ts'
import { canFail, isLossless } from './can-fail.ts'
import { columnsOf, conjunction, conjuncts, mapColumns, some } from './expr-tools.ts'

export interface SplitCondition {
  /** Over the left row. */
  readonly leftKeys: readonly Expr[]
  /** Over the right row. */
  readonly rightKeys: readonly Expr[]
  /** Over the joined row. */
  readonly residual: Expr | undefined
}

/** `condition` is over left columns, then right columns, of which the first is `rightStart`. */
export function splitJoin(condition: Expr | undefined, rightStart: number): SplitCondition {
  const leftKeys: Expr[] = []
  const rightKeys: Expr[] = []
  const rest: Expr[] = []
  for (const part of condition === undefined ? [] : conjuncts(condition)) {
    const sides =
      part.kind === 'call' && part.fn === '='
        ? equalSides(part.args[0]!, part.args[1]!, rightStart)
        : undefined
    const keys = sides === undefined ? undefined : alike(sides.left, sides.right)
    if (keys === undefined) rest.push(part)
    else {
      leftKeys.push(keys.left)
      rightKeys.push(mapColumns(keys.right, (index) => index - rightStart))
    }
  }
  return { leftKeys, rightKeys, residual: conjunction(rest) }
}

/** The sides of an equality between left and right, neither of which can fail. */
export function equalSides(a: Expr, b: Expr, rightStart: number): { left: Expr; right: Expr } | undefined {
  if (canFail(a) || canFail(b)) return undefined
  const [sideA, sideB] = [sideOf(a, rightStart), sideOf(b, rightStart)]
  if (sideA === 'left' && sideB === 'right') return { left: a, right: b }
  if (sideA === 'right' && sideB === 'left') return { left: b, right: a }
  return undefined
}

/** Both keys in one type: as they are, or cast to their common type where that changes no value. */
function alike(left: Expr, right: Expr): { left: Expr; right: Expr } | undefined {
  if (keyTypesMatch(left, right)) return { left, right }
  const type = commonType(left, right)
  if (type === undefined || !isNumeric(type) || !isLossless(left.type, type) || !isLossless(right.type, type))
    return undefined
  return { left: widen(left, type), right: widen(right, type) }
}

export function widen(expr: Expr, type: SqlType): Expr {
  return sameType(expr.type, type)
    ? expr
    : { kind: 'call', fn: 'CAST', args: [expr], type, nullable: expr.nullable, span: expr.span }
}

/** CHAR compares with blanks at its end ignored, so only equal lengths may be compared as they are. */
export function keyTypesMatch(a: Expr, b: Expr): boolean {
  if (sameType(a.type, b.type)) return true
  if (isText(a.type)) return a.type.kind === 'VARCHAR' && b.type.kind === 'VARCHAR'
  if (a.type.kind === 'DECIMAL' && b.type.kind === 'DECIMAL') return a.type.scale === b.type.scale
  return a.type.kind === 'VARBINARY' && b.type.kind === 'VARBINARY'
}

function sideOf(expr: Expr, rightStart: number): 'left' | 'right' | undefined {
  if (some(expr, (part) => part.kind === 'rowtime')) return undefined
  const columns = [...columnsOf(expr)]
  if (columns.length === 0) return undefined
  if (columns.every((index) => index < rightStart)) return 'left'
  return columns.every((index) => index >= rightStart) ? 'right' : undefined
}
