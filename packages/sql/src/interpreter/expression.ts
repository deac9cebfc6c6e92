/**
 * The meaning of expressions: evaluation over one row by walking the tree and asking the function table. Arguments are
 * evaluated from the left; AND, OR, CASE and COALESCE stop as soon as their result is decided (functions/conditional.ts).
 * `a BETWEEN x AND y` is `x <= a AND a <= y`, and `a IN (x, y)` is `a = x OR a = y`, also in when they stop.
 */
import { hostScalar } from '../expression/host-scalar.ts'
import { type Dialect, lookupScalar } from '../functions/index.ts'
import type { CallExpr, Expr, SqlValue } from '../plan.ts'

/** The value of `expr` for a row. Throws SqlRuntimeError when the row has none. */
export function interpretExpr(
  expr: Expr,
  row: readonly SqlValue[],
  rowtime: number,
  dialect: Dialect = 'kda',
): SqlValue {
  switch (expr.kind) {
    case 'literal':
      return expr.value
    case 'column': {
      const value = row[expr.index]
      if (value === undefined) throw new Error(`plan: no column ${expr.index} in a row of ${row.length}`)
      return value
    }
    case 'rowtime':
      return rowtime
    case 'call':
      return interpretCall(expr, (arg) => interpretExpr(arg, row, rowtime, dialect), rowtime, dialect)
  }
}

function interpretCall(
  call: CallExpr,
  evaluate: (arg: Expr) => SqlValue,
  rowtime: number,
  dialect: Dialect,
): SqlValue {
  switch (call.fn) {
    case 'AND':
      return interpretConnective(call, evaluate, false)
    case 'OR':
      return interpretConnective(call, evaluate, true)
    case 'CASE':
      return interpretCase(call, evaluate)
    case 'COALESCE':
      return interpretCoalesce(call, evaluate)
    case 'BETWEEN': {
      const [value, low, high] = call.args as [Expr, Expr, Expr] // The function table checks the count.
      return interpretConnective(
        { ...call, args: [test(call, '<=', low, value), test(call, '<=', value, high)] },
        evaluate,
        false,
      )
    }
    case 'IN': {
      const [value, ...others] = call.args as [Expr, ...Expr[]] // As above.
      return interpretConnective(
        { ...call, args: others.map((other) => test(call, '=', value, other)) },
        evaluate,
        true,
      )
    }
    default: {
      const fn = call.host === undefined ? lookupScalar(call.fn, dialect) : hostScalar(call.host)
      if (fn === undefined) throw new Error(`plan: no function ${call.fn} in the ${dialect} dialect`)
      const args = call.args.map(evaluate)
      if (fn.nullIn === 'null' && args.includes(null)) return null
      return fn.evaluate(args, { type: call.type, argTypes: call.args.map((arg) => arg.type), rowtime })
    }
  }
}

function test(call: CallExpr, fn: string, a: Expr, b: Expr): CallExpr {
  return { ...call, fn, args: [a, b] }
}

/** AND is decided by FALSE, OR by TRUE; without such an argument UNKNOWN wins. */
function interpretConnective(call: CallExpr, evaluate: (arg: Expr) => SqlValue, decisive: boolean): SqlValue {
  let unknown = false
  for (const arg of call.args) {
    const value = evaluate(arg)
    if (value === decisive) return decisive
    if (value === null) unknown = true
  }
  return unknown ? null : !decisive
}

function interpretCase({ args }: CallExpr, evaluate: (arg: Expr) => SqlValue): SqlValue {
  for (let i = 0; i + 1 < args.length; i += 2) {
    if (evaluate(args[i]!) === true) return evaluate(args[i + 1]!)
  }
  return evaluate(args[args.length - 1]!)
}

function interpretCoalesce({ args }: CallExpr, evaluate: (arg: Expr) => SqlValue): SqlValue {
  for (const arg of args) {
    const value = evaluate(arg)
    if (value !== null) return value
  }
  return null
}
