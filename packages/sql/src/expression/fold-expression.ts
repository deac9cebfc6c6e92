/**
 * Constant folding of one expression: a call whose arguments are all literals becomes its value. A call that raises an
 * error is left as it is, so that the error still appears row by row; so are calls that read the row time, the zone or chance.
 * AND and OR lose constant operands that do not decide; a deciding constant cuts what follows it, because evaluation would
 * stop there as well.
 */
import { isSettled, lazyFunctions, type ScalarFunction, SqlRuntimeError } from '../functions/index.ts'
import { sameType } from '../functions/types.ts'
import type { CallExpr, Expr, SqlValue } from '../plan.ts'

export type ScalarLookup = (name: string) => ScalarFunction | undefined

export function foldExpression(expr: Expr, lookup: ScalarLookup): Expr {
  if (expr.kind !== 'call') return expr
  const args = expr.args.map((arg) => foldExpression(arg, lookup))
  const call: CallExpr = args.every((arg, i) => arg === expr.args[i]) ? expr : { ...expr, args }
  if (call.fn === 'AND' || call.fn === 'OR') return foldLogic(call)
  if (call.fn === 'CASE') return foldCase(call)
  if (!isSettled(call) || lazyFunctions.has(call.fn)) return call
  const fn = lookup(call.fn)
  if (fn === undefined) return call
  const values: SqlValue[] = []
  for (const arg of call.args) {
    if (arg.kind !== 'literal') return call
    values.push(arg.value)
  }
  // A NULL in a column that forbids it is an error of the row.
  if (call.fn === 'ASSIGN' && !call.nullable && values[0] === null) return call
  try {
    const isNull = fn.nullIn === 'null' && values.includes(null)
    const context = { type: call.type, argTypes: call.args.map((arg) => arg.type), rowtime: 0 }
    const value = isNull ? null : fn.evaluate(values, context)
    return { kind: 'literal', value, type: call.type, nullable: value === null, span: call.span }
  } catch (failure) {
    if (failure instanceof SqlRuntimeError) return call
    throw failure
  }
}

function foldLogic(call: CallExpr): Expr {
  const deciding = call.fn === 'OR'
  const args: Expr[] = []
  for (const arg of call.args) {
    if (arg.kind !== 'literal' || arg.value === null) {
      args.push(arg)
      continue
    }
    if (arg.value !== deciding) continue
    args.push(arg)
    break
  }
  if (args.length === call.args.length) return call
  if (args.length === 0)
    return { kind: 'literal', value: !deciding, type: call.type, nullable: false, span: call.span }
  return args.length === 1 ? args[0]! : { ...call, args }
}

/** Branches whose condition is constant are taken or left out. */
function foldCase(call: CallExpr): Expr {
  const args: Expr[] = []
  const last = call.args.length - 1
  for (let i = 0; i < last; i += 2) {
    const when = call.args[i]!
    const then = call.args[i + 1]!
    if (when.kind !== 'literal') args.push(when, then)
    else if (when.value === true) return finishCase(call, args, then)
  }
  return args.length === last ? call : finishCase(call, args, call.args[last]!)
}

function finishCase(call: CallExpr, branches: readonly Expr[], otherwise: Expr): Expr {
  if (branches.length > 0) return { ...call, args: [...branches, otherwise] }
  return sameType(otherwise.type, call.type) ? otherwise : { ...call, fn: 'CAST', args: [otherwise] }
}
