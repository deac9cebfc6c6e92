/** Rows as the interpreter holds them, the frame in which its nodes run, and the equality of keys. */
import type { SqlType } from '@millrace/values'
import { compareValues, type Dialect, SqlRuntimeError } from '../functions/index.ts'
import type { Expr, SqlValue } from '../plan.ts'
import { interpretExpr } from './expression.ts'

export interface Row {
  readonly values: readonly SqlValue[]
  readonly rowtime: number
  /** Index of the source record whose processing made the row; the number of records if a bound did. */
  readonly origin: number
}

/** What a node may know and report while it handles the rows of one source record, or the bound after them. */
export interface Step {
  readonly dialect: Dialect
  readonly pump: string
  /** Number of source records of the micro-batch: the origin of what a bound sets free. */
  readonly records: number
  /** Row time of the first row of the step's source record, or the bound; undefined if the record gave no row. */
  readonly time: number | undefined
  /** Index of the source record at hand; undefined while a bound is handled. */
  readonly origin: number | undefined
  /** Rows that entered each stream in this step. */
  streamRows(stream: string): readonly Row[]
  /** What is promised about later rows of a stream; -Infinity while rows are handled. */
  streamBound(stream: string): number
  tableRows(table: string): readonly (readonly SqlValue[])[]
  /** A row is dropped because of `error`. */
  fail(row: Row, error: { readonly name: string; readonly message: string }): void
  /** A row was taken into a join window or a group, so its record counts as used even if nothing comes out of it now. */
  keep(row: Row): void
}

/** Evaluates over a row; a row-level failure is reported, drops the row and yields undefined. */
export function evaluateAll(exprs: readonly Expr[], row: Row, step: Step): SqlValue[] | undefined {
  return attempt(row, step, () =>
    exprs.map((expr) => interpretExpr(expr, row.values, row.rowtime, step.dialect)),
  )
}

export function attempt<T>(row: Row, step: Step, compute: () => T): T | undefined {
  try {
    return compute()
  } catch (error) {
    if (!(error instanceof SqlRuntimeError)) throw error
    step.fail(row, error)
    return undefined
  }
}

/** Equality of GROUP BY, DISTINCT and PARTITION BY: NULL equals NULL. */
export function sameKeys(a: readonly SqlValue[], b: readonly SqlValue[], types: readonly SqlType[]): boolean {
  return types.every((type, i) => {
    const [x, y] = [a[i]!, b[i]!]
    return x === null || y === null ? x === y : compareValues(x, type, y, type) === 0
  })
}

/** Equality of a join condition: NULL equals nothing. */
export function joinKeysMatch(
  a: readonly SqlValue[],
  b: readonly SqlValue[],
  types: readonly SqlType[],
): boolean {
  return !a.includes(null) && !b.includes(null) && sameKeys(a, b, types)
}

export function typesOf(exprs: readonly Expr[]): readonly SqlType[] {
  return exprs.map((expr) => expr.type)
}

export function nulls(count: number): readonly SqlValue[] {
  return new Array<SqlValue>(count).fill(null)
}

/**
 * Rows of several inputs as one list: of the rows that are next in each, that of the lowest row time, of equal ones that of
 * the earlier input.
 */
export function mergeRows<T extends { readonly rowtime: number }>(inputs: readonly (readonly T[])[]): T[] {
  const at = inputs.map(() => 0)
  const merged: T[] = []
  for (;;) {
    let best = -1
    inputs.forEach((rows, i) => {
      const next = rows[at[i]!]
      if (next !== undefined && (best < 0 || next.rowtime < inputs[best]![at[best]!]!.rowtime)) best = i
    })
    if (best < 0) return merged
    merged.push(inputs[best]![at[best]!++]!)
  }
}
