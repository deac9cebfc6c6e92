/**
 * Bound expressions as text for EXPLAIN: columns by name, functions as calls, infix where that reads better.
 */
import type { Schema } from '@millrace/values'
import { plainText } from '../functions/index.ts'
import type { Expr, LiteralExpr } from '../plan.ts'

const infix = new Set([
  '+',
  '-',
  '*',
  '/',
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  '||',
  'AND',
  'OR',
  'IS DISTINCT FROM',
  'IS NOT DISTINCT FROM',
  'LIKE',
  'SIMILAR TO',
])

export function formatExpr(expr: Expr, schema: Schema): string {
  switch (expr.kind) {
    case 'literal':
      return formatLiteral(expr)
    case 'rowtime':
      return 'ROWTIME'
    case 'column':
      return JSON.stringify(schema.fields[expr.index]?.name ?? `#${expr.index}`)
    case 'call': {
      const args = expr.args.map((arg) => formatExpr(arg, schema))
      if (infix.has(expr.fn) && args.length >= 2) {
        return expr.args
          .map((arg, i) => (arg.kind === 'call' && infix.has(arg.fn) ? `(${args[i]})` : args[i]))
          .join(` ${expr.fn} `)
      }
      if (expr.fn === 'CAST' || expr.fn === 'ASSIGN') return `${expr.fn}(${args[0]} AS ${formatType(expr)})`
      if (expr.fn.startsWith('IS ')) return `${args[0]} ${expr.fn}`
      return `${expr.fn}(${args.join(', ')})`
    }
  }
}

export function formatType(of: { type: Expr['type']; nullable: boolean }): string {
  const { type } = of
  const parameters =
    type.kind === 'DECIMAL' ? `(${type.precision},${type.scale})` : 'length' in type ? `(${type.length})` : ''
  return `${type.kind}${parameters}${of.nullable ? '' : ' NOT NULL'}`
}

function formatLiteral(expr: LiteralExpr): string {
  const { value, type } = expr
  if (value === null) return 'NULL'
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (value instanceof Uint8Array)
    return `X'${[...value].map((byte) => byte.toString(16).padStart(2, '0')).join('')}'`
  if (type.kind === 'INTERVAL_DAY') return `INTERVAL ${formatDuration(Number(value))}`
  if (type.kind === 'INTERVAL_MONTH') return `INTERVAL ${String(value)} MONTH`
  return plainText(value, type)
}

/** 1800000 as '30 min'. */
export function formatDuration(ms: number): string {
  if (ms === Number.POSITIVE_INFINITY) return 'unbounded'
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const
  const unit = units.find(([, size]) => ms !== 0 && ms % size === 0)
  return unit === undefined ? `${ms} ms` : `${ms / unit[1]} ${unit[0]}`
}
