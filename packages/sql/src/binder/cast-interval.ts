/**
 * CAST of an interval to a number or to text (KDA). What comes out depends on the units that the interval is written in:
 * those of a literal or of a difference of times; a sum has the greatest and the least of both sides. Where none are
 * written, as with a column of a subquery, they are DAY TO SECOND or YEAR TO MONTH.
 */
import { codes } from '../diagnostic/codes.ts'
import { isNumeric, isText } from '../functions/index.ts'
import type { Expr } from '../plan.ts'
import type { CastExpression, Expression, IntervalUnits, TimeUnit } from '../syntax/tree.ts'
import { textLiteral } from './bind-literal.ts'
import type { BinderContext } from './context.ts'
import { castTo, makeCall } from './make-call.ts'

const order: readonly TimeUnit[] = ['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND']

/** Undefined where the cast is not one of an interval to a number or to text. */
export function castInterval(
  context: BinderContext,
  expression: CastExpression,
  operand: Expr,
  type: Expr['type'],
): Expr | undefined {
  const { kind } = operand.type
  if (kind !== 'INTERVAL_DAY' && kind !== 'INTERVAL_MONTH') return undefined
  const { span } = expression
  const { from, to } = unitsOf(expression.operand) ?? {
    from: kind === 'INTERVAL_DAY' ? ('DAY' as const) : ('YEAR' as const),
    to: kind === 'INTERVAL_DAY' ? ('SECOND' as const) : ('MONTH' as const),
  }
  const last = to ?? from
  if (isText(type)) {
    const call = makeCall(
      context,
      'INTERVAL_TEXT',
      [operand, textLiteral(from, span), textLiteral(last, span)],
      span,
    )
    return { ...call, type }
  }
  if (!isNumeric(type)) return undefined
  if (from !== last)
    return context.diagnostics.fail(
      codes.badCast,
      span,
      `an interval of ${from} TO ${last} is not one number. Cast one of a single unit, such as (b - a) SECOND, or read a field of it with EXTRACT(unit FROM interval).`,
    )
  return castTo(context, makeCall(context, 'INTERVAL_NUMBER', [operand, textLiteral(from, span)], span), type)
}

function unitsOf(expression: Expression): IntervalUnits | undefined {
  switch (expression.kind) {
    case 'interval':
    case 'temporal-difference':
      return expression.units
    case 'unary':
      return unitsOf(expression.operand)
    case 'binary': {
      const [left, right] = [unitsOf(expression.left), unitsOf(expression.right)]
      if (left === undefined || right === undefined) return left ?? right
      const ends = [left, right].flatMap(({ from, to }) => [from, to ?? from])
      const places = ends.map((unit) => order.indexOf(unit))
      return { from: order[Math.min(...places)]!, to: order[Math.max(...places)] }
    }
    default:
      return undefined
  }
}
