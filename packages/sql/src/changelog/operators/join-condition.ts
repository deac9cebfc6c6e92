/**
 * The condition of a join, compiled: the key under which each side's rows are kept, and the test of the rest.
 *
 * Rows with equal keys have equal key values (state/key.ts); a NULL that equals nothing gives no key. What cannot be
 * computed is reported once, with the row that comes, and never when the row is taken back: a row whose key fails is
 * dropped, a pair whose condition fails is no match.
 */
import { SqlRuntimeError } from '../../functions/index.ts'
import type { Expr, SqlValue } from '../../plan.ts'
import { compileExpression, compilePairPredicate } from '../expression/compile-expression.ts'
import { HostFunctionError } from '../expression/host-border.ts'
import type { OperatorContext } from '../operator.ts'
import { isRetraction, type Row, type RowKind } from '../row.ts'
import type { Key } from '../state/state-store.ts'
import { valueKey } from '../value.ts'
import { makeRowJoiners } from './join-row.ts'

/** undefined: a NULL that matches nothing; null: the row has no key because an expression failed, which was reported. */
export type JoinKey = Key | undefined | null
export type JoinKeyOf = (row: Row, kind: RowKind) => JoinKey

/** The rest of a condition over a row of one side and one of the other. `report`: whether a failure is reported. */
export type PairTest = (own: Row, other: Row, report: boolean) => boolean

export function makeJoinKey(
  exprs: readonly Expr[],
  nullSafe: readonly boolean[],
  context: OperatorContext,
): JoinKeyOf {
  const first = exprs[0]
  if (first === undefined) return () => 0
  if (exprs.length > 1) return listKey(exprs, nullSafe, context)
  const ofNull = nullSafe[0] === true ? '~' : undefined
  if (first.kind === 'column') {
    const column = first.index
    return (row) => {
      const value = row[column]!
      return value === null ? ofNull : singleKey(value)
    }
  }
  const evaluate = compileExpression(first, context)
  return (row, kind) => {
    try {
      const value = evaluate(row)
      return value === null ? ofNull : singleKey(value)
    } catch (error) {
      return dropped(row, kind, error, context)
    }
  }
}

/** A number is its own key, and so is a text unless it could be taken for NULL. */
function singleKey(value: SqlValue): Key {
  if (typeof value === 'number') return Number.isNaN(value) ? 'NaN' : value
  if (typeof value === 'string') return value.charCodeAt(0) === tilde ? `~${value}` : value
  return valueKey(value)
}
const tilde = 0x7e

function listKey(exprs: readonly Expr[], nullSafe: readonly boolean[], context: OperatorContext): JoinKeyOf {
  const values = exprs.map((expr) =>
    expr.kind === 'column' ? readColumn(expr.index) : compileExpression(expr, context),
  )
  return (row, kind) => {
    try {
      let key = ''
      for (let i = 0; i < values.length; i++) {
        const value = values[i]!(row)
        if (value === null && nullSafe[i] !== true) return undefined
        key += valueKey(value)
      }
      return key
    } catch (error) {
      return dropped(row, kind, error, context)
    }
  }
}

function readColumn(index: number): (row: Row) => SqlValue {
  return (row) => row[index]!
}

function dropped(row: Row, kind: RowKind, error: unknown, context: OperatorContext): null {
  const failure = asRowFailure(error)
  if (!isRetraction(kind)) context.fail(row, failure)
  return null
}

/** The error again if it is a failure of the row; what is not is a fault of the program itself and goes on. */
export function asRowFailure(error: unknown): Error {
  if (error instanceof SqlRuntimeError || error instanceof HostFunctionError) return error
  throw error
}

/** The test as each side sees it; undefined: all pairs with equal keys match. */
export function makePairTests(
  residual: Expr | undefined,
  widths: { readonly left: number; readonly right: number },
  context: OperatorContext,
): { readonly left: PairTest | undefined; readonly right: PairTest | undefined } {
  if (residual === undefined) return { left: undefined, right: undefined }
  const holds = compilePairPredicate(residual, context)
  const joiner = makeRowJoiners(widths.left, widths.right).left
  const test: PairTest = (left, right, report) => {
    try {
      return holds(left, right)
    } catch (error) {
      const failure = asRowFailure(error)
      if (report) context.fail(joiner.pair(left, right), failure)
      return false
    }
  }
  return { left: test, right: (right, left, report) => test(left, right, report) }
}

/** Whether at most one row at a time has a given key: some set of columns that tells the rows apart is part of it. */
export function isUniqueByKey(exprs: readonly Expr[], keys: readonly (readonly number[])[]): boolean {
  const columns = new Set(exprs.map((expr) => (expr.kind === 'column' ? expr.index : -1)))
  return keys.some((key) => key.every((column) => columns.has(column)))
}
