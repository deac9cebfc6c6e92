/**
 * A join condition to equalities between the two sides and the rest. An equality becomes a key only if neither side can
 * fail: a key is computed for every row, while the condition was to be computed for pairs only.
 */
import type { SqlType } from '@millrace/values'
import { codes } from '../diagnostic/codes.ts'
import { canFail, isLossless } from '../expression/can-fail.ts'
import { columnsOf, conjunction, conjuncts, mapColumns, some } from '../expression/expr-tools.ts'
import { commonType, isNumeric, isText, sameType } from '../functions/index.ts'
import { isIntegerKind } from '../functions/types.ts'
import type { Expr } from '../plan.ts'
import { literal } from './bind-literal.ts'
import type { BinderContext } from './context.ts'
import { makeCall } from './make-call.ts'

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

function equalSides(a: Expr, b: Expr, rightStart: number): { left: Expr; right: Expr } | undefined {
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

function widen(expr: Expr, type: SqlType): Expr {
  return sameType(expr.type, type)
    ? expr
    : { kind: 'call', fn: 'CAST', args: [expr], type, nullable: expr.nullable, span: expr.span }
}

/** CHAR compares with blanks at its end ignored, so only equal lengths may be compared as they are. */
function keyTypesMatch(a: Expr, b: Expr): boolean {
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

export interface SplitLookup {
  readonly inputKeys: readonly Expr[]
  readonly tableKeys: readonly number[]
  readonly residual: Expr | undefined
}

/**
 * As splitJoin for a reference table, whose keys have to be plain columns. The input's key is brought to the column's
 * type. A wider integer is narrowed to it; a value beyond the column's range becomes NULL, since it equals no value of it.
 */
export function splitLookup(
  context: BinderContext,
  condition: Expr | undefined,
  tableStart: number,
): SplitLookup {
  const inputKeys: Expr[] = []
  const tableKeys: number[] = []
  const rest: Expr[] = []
  for (const part of condition === undefined ? [] : conjuncts(condition)) {
    const sides =
      part.kind === 'call' && part.fn === '='
        ? equalSides(part.args[0]!, part.args[1]!, tableStart)
        : undefined
    const column = sides?.right
    const key =
      sides === undefined || column?.kind !== 'column' ? undefined : keyOfColumn(context, sides.left, column)
    if (key === undefined || column?.kind !== 'column') rest.push(part)
    else {
      inputKeys.push(key)
      tableKeys.push(column.index - tableStart)
    }
  }
  return { inputKeys, tableKeys, residual: conjunction(rest) }
}

function keyOfColumn(context: BinderContext, key: Expr, column: Expr): Expr | undefined {
  if (keyTypesMatch(key, column)) return key
  if (isNumeric(column.type) && isLossless(key.type, column.type)) return widen(key, column.type)
  const { kind } = column.type
  if (!isIntegerKind(kind) || !isIntegerKind(key.type.kind)) return undefined
  const bits = { TINYINT: 8n, SMALLINT: 16n, INTEGER: 32n, BIGINT: 64n }[kind]
  const limit = 1n << (bits - 1n)
  const bound = (value: bigint): Expr =>
    key.type.kind === 'BIGINT'
      ? literal(value, key.type, key.span)
      : literal(Number(value), key.type, key.span)
  const inRange = makeCall(context, 'BETWEEN', [key, bound(-limit), bound(limit - 1n)], key.span)
  const narrow: Expr = {
    kind: 'call',
    fn: 'CAST',
    args: [key],
    type: column.type,
    nullable: key.nullable,
    span: key.span,
  }
  return makeCall(context, 'CASE', [inRange, narrow, literal(null, column.type, key.span)], key.span)
}

/** Refuses a condition that is not BOOLEAN before it is split. */
export function checkJoinCondition(context: BinderContext, condition: Expr): Expr {
  if (condition.type.kind === 'BOOLEAN') return condition
  return context.diagnostics.fail(
    codes.notBoolean,
    condition.span,
    'the ON condition has to be BOOLEAN. Compare columns of the two sides.',
  )
}
