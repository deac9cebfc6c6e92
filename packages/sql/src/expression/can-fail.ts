/**
 * Whether evaluating an expression can raise a row-level error (overflow, division by zero, a value that does not fit).
 * The optimizer may drop, move before a filter or repeat only what cannot fail, because an error row is part of a
 * program's answer: a column that nobody reads must still report the value that did not fit it.
 * The list names what is known to be safe; everything else counts as able to fail.
 */

import type { SqlType } from '@millrace/values'
import { isIdentityCast } from '../functions/cast.ts'
import { isApproximate, isIntegerKind, isNumeric, isText } from '../functions/types.ts'
import type { CallExpr, Expr } from '../plan.ts'

const safe = new Set([
  ...[
    'AND',
    'OR',
    'NOT',
    '=',
    '<>',
    '<',
    '<=',
    '>',
    '>=',
    'BETWEEN',
    'IN',
    'CASE',
    'COALESCE',
    'NULLIF',
    'MONOTONIC',
  ],
  ...[
    'IS NULL',
    'IS NOT NULL',
    'IS TRUE',
    'IS NOT TRUE',
    'IS FALSE',
    'IS NOT FALSE',
    'IS UNKNOWN',
    'IS NOT UNKNOWN',
  ],
  ...[
    'IS DISTINCT FROM',
    'IS NOT DISTINCT FROM',
    'UPPER',
    'LOWER',
    'INITCAP',
    'CHAR_LENGTH',
    'POSITION',
    'TRIM',
  ],
  ...['FLOOR_TIME', 'EXTRACT', 'UNIX_TIMESTAMP', 'CURRENT_DATE', 'CURRENT_TIME', 'CURRENT_TIMESTAMP'],
  ...['LOCALTIME', 'LOCALTIMESTAMP', 'CURRENT_ROW_TIMESTAMP', 'FIELD', 'PROCTIME'],
])

export function canFail(expr: Expr): boolean {
  if (expr.kind !== 'call') return false
  if (expr.fn === 'CAST' || expr.fn === 'ASSIGN') return conversionCanFail(expr) || canFail(expr.args[0]!)
  return !safe.has(expr.fn) || expr.args.some(canFail)
}

function conversionCanFail(call: CallExpr): boolean {
  const argument = call.args[0]!
  if (argument.nullable && !call.nullable) return true
  return (
    !isLossless(argument.type, call.type) &&
    !(call.fn === 'CAST' && isText(argument.type) && isText(call.type))
  )
}

/** Whether every value of `from` has an equal value in `to`. */
export function isLossless(from: SqlType, to: SqlType): boolean {
  if (from.kind === 'NULL' || isIdentityCast(from, to)) return true
  if (isText(from) && isText(to)) return to.kind === 'VARCHAR' && lengthOf(from) <= lengthOf(to)
  if (!isNumeric(from) || !isNumeric(to)) return false
  if (to.kind === 'DOUBLE') return from.kind !== 'BIGINT' && from.kind !== 'DECIMAL'
  if (isApproximate(from) || isApproximate(to)) return false
  const fromScale = from.kind === 'DECIMAL' ? from.scale : 0
  const toScale = to.kind === 'DECIMAL' ? to.scale : 0
  if (isIntegerKind(from.kind) && isIntegerKind(to.kind)) return wholeDigits(from) <= wholeDigits(to)
  return (
    fromScale <= toScale &&
    wholeDigits(from) <= (to.kind === 'DECIMAL' ? wholeDigits(to) : wholeDigits(to) - 1)
  )
}

/** Digits before the point; an integer type counts all digits of its largest value. */
function wholeDigits(type: SqlType): number {
  switch (type.kind) {
    case 'TINYINT':
      return 3
    case 'SMALLINT':
      return 5
    case 'INTEGER':
      return 10
    case 'BIGINT':
      return 19
    case 'DECIMAL':
      return type.precision - type.scale
    default:
      return Number.POSITIVE_INFINITY
  }
}

function lengthOf(type: SqlType): number {
  return 'length' in type ? type.length : 0
}
