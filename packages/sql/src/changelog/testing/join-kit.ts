/** What tests of joins share: nodes and expressions by hand, random changes of a side, and joins by nested loops. */
import type { SqlType } from '@millrace/values'
import fc from 'fast-check'
import type { Expr, SqlValue } from '../../plan.ts'
import type { ChangelogNode, JoinCondition, JoinKind, Traits } from '../plan.ts'
import { type Row, type RowKind, rowKind } from '../row.ts'
import { valueKey } from '../value.ts'

export const noSpan = { start: 0, end: 0 }
export const integer: SqlType = { kind: 'INTEGER' }
export const text: SqlType = { kind: 'VARCHAR', length: 2147483647 }
export const timestamp: SqlType = { kind: 'TIMESTAMP', precision: 3 }

/** A node that stands for an input. */
export function inputOf(types: readonly SqlType[], traits: Partial<Traits> = {}): ChangelogNode {
  return {
    kind: 'source',
    table: 'input',
    schema: { fields: types.map((type, i) => ({ name: `c${i}`, type, nullable: true })) },
    traits: { changes: 'append', times: [], keys: [], window: undefined, ...traits },
    span: noSpan,
  }
}

export function column(index: number, type: SqlType = integer): Expr {
  return { kind: 'column', index, type, nullable: true, span: noSpan }
}

export function call(fn: string, args: readonly Expr[], type: SqlType = { kind: 'BOOLEAN' }): Expr {
  return { kind: 'call', fn, args, type, nullable: true, span: noSpan }
}

export function literal(value: SqlValue, type: SqlType = integer): Expr {
  return { kind: 'literal', value, type, nullable: value === null, span: noSpan }
}

/** Equality of the first columns, of which there are as many as `nullSafe` says. */
export function keysOf(nullSafe: readonly boolean[], residual?: Expr): JoinCondition {
  const keys = nullSafe.map((_, i) => column(i))
  return { leftKeys: keys, rightKeys: keys, nullSafe, residual }
}

export interface Step {
  readonly side: 0 | 1
  readonly action: 'add' | 'remove' | 'update' | 'restart'
  readonly row: Row
  /** Which of the rows that are there is taken away. */
  readonly pick: number
}

/** Changes of both sides over rows of `width` small integers and NULLs. */
export function stepsOf(width: number, actions: readonly Step['action'][]): fc.Arbitrary<Step[]> {
  const cell = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 2 }) }, fc.constant(null))
  return fc.array(
    fc.record({
      side: fc.constantFrom(0 as const, 1 as const),
      action: fc.constantFrom(...actions),
      row: fc.tuple(...new Array<typeof cell>(width).fill(cell)),
      pick: fc.nat(20),
    }),
    { maxLength: 24 },
  )
}

/** Applies a step to the rows of its side: the changes that it is. A removal needs a row, an update makes one of another. */
export function changesOf(step: Step, rows: Row[]): { readonly row: Row; readonly kind: RowKind }[] {
  if (step.action === 'add' || rows.length === 0) {
    rows.push(step.row)
    return [{ row: step.row, kind: rowKind.insert }]
  }
  const at = step.pick % rows.length
  const before = rows[at]!
  if (step.action === 'remove') {
    rows.splice(at, 1)
    return [{ row: [...before], kind: rowKind.delete }]
  }
  rows[at] = step.row
  return [
    { row: [...before], kind: rowKind.updateBefore },
    { row: step.row, kind: rowKind.updateAfter },
  ]
}

/** TRUE, FALSE or NULL for unknown. */
export type Matches = (left: Row, right: Row) => boolean | null

/** The join by nested loops, as sorted texts like those of `accumulate`. */
export function naiveJoin(
  left: readonly Row[],
  right: readonly Row[],
  join: JoinKind,
  matches: Matches,
  options: { readonly nullAware?: boolean; readonly width?: number } = {},
): string[] {
  const out: Row[] = []
  const padding = new Array<null>(options.width ?? 2).fill(null)
  const hit = (l: Row, r: Row) => {
    const answer = matches(l, r)
    return options.nullAware === true ? answer !== false : answer === true
  }
  for (const l of left) {
    const partners = right.filter((r) => hit(l, r))
    if (join === 'semi' || join === 'anti') {
      if (partners.length > 0 === (join === 'semi')) out.push(l)
      continue
    }
    for (const r of partners) out.push([...l, ...r])
    if (partners.length === 0 && (join === 'left' || join === 'full')) out.push([...l, ...padding])
  }
  if (join === 'right' || join === 'full') {
    for (const r of right) if (!left.some((l) => hit(l, r))) out.push([...padding, ...r])
  }
  return textsOf(out)
}

export function textsOf(rows: readonly Row[]): string[] {
  return rows.map((row) => row.map(valueKey).join('')).sort()
}

/** Three-valued equality and order of integers. */
export function equal(a: SqlValue | undefined, b: SqlValue | undefined): boolean | null {
  return a === null || b === null ? null : a === b
}

export function less(a: SqlValue | undefined, b: SqlValue | undefined): boolean | null {
  return typeof a === 'number' && typeof b === 'number' ? a < b : null
}

export function both(...parts: readonly (boolean | null)[]): boolean | null {
  if (parts.includes(false)) return false
  return parts.includes(null) ? null : true
}
