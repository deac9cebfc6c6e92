/**
 * The condition of a lookup join to keys of the reference table and the rest; see expression/split-join.ts.
 */
import { codes } from '../diagnostic/codes.ts'
import { isLossless } from '../expression/can-fail.ts'
import { conjunction, conjuncts } from '../expression/expr-tools.ts'
import { equalSides, keyTypesMatch, widen } from '../expression/split-join.ts'
import { isNumeric } from '../functions/index.ts'
import { isIntegerKind } from '../functions/types.ts'
import type { Expr } from '../plan.ts'
import { literal } from './bind-literal.ts'
import type { BinderContext } from './context.ts'
import { makeCall } from './make-call.ts'

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
