/**
 * Rows of derived tables (plan.ts, TablePlan) out of those of the tables they read: plain lists, computed whole. NULLs are
 * equal for grouping, DISTINCT and set operations; a join condition is met when it is TRUE. A row whose expression fails is
 * left out. Cost: that of the plain algorithms, a join is every pair; for tables that are small and rarely replaced.
 */
import { keyText } from '../engine/key-text.ts'
import { SqlRuntimeError } from '../functions/index.ts'
import { interpretExpr } from '../interpreter/expression.ts'
import { aggregate } from '../interpreter/over.ts'
import type { DerivedTable, Expr, Schema, SqlValue, TablePlan } from '../plan.ts'

export type TableRow = readonly SqlValue[]
export type TableRows = readonly TableRow[]

/** Puts the rows of each derived table into `tables`; a table that is not there has no rows. */
export function deriveTables(derived: readonly DerivedTable[], tables: Map<string, TableRows>): void {
  for (const { name, plan } of derived) tables.set(name, evaluateTable(plan, tables))
}

function evaluateTable(plan: TablePlan, tables: ReadonlyMap<string, TableRows>): TableRows {
  switch (plan.kind) {
    case 'table':
      return tables.get(plan.table) ?? []
    case 'values':
      return plan.rows.flatMap((row) => evaluateAll(row, []))
    case 'filter':
      return evaluateTable(plan.input, tables).filter((row) => holds(plan.predicate, row))
    case 'project':
      return evaluateTable(plan.input, tables).flatMap((row) => evaluateAll(plan.exprs, row))
    case 'join':
      return joinRows(plan, evaluateTable(plan.left, tables), evaluateTable(plan.right, tables))
    case 'group':
      return groupRows(plan, evaluateTable(plan.input, tables))
    case 'distinct':
      return unlike(evaluateTable(plan.input, tables), plan.schema)
    case 'set':
      return plan.inputs
        .map((input) => evaluateTable(input, tables))
        .reduce((left, right) => combine(plan, left, right))
  }
}

/** The one row of values, or none if one of them fails. */
function evaluateAll(exprs: readonly Expr[], row: TableRow): TableRow[] {
  try {
    return [exprs.map((expr) => interpretExpr(expr, row, 0))]
  } catch (error) {
    if (error instanceof SqlRuntimeError) return []
    throw error
  }
}

function holds(condition: Expr | undefined, row: TableRow): boolean {
  return condition === undefined || evaluateAll([condition], row)[0]?.[0] === true
}

function joinRows(
  { join, condition, left, right }: Extract<TablePlan, { kind: 'join' }>,
  leftRows: TableRows,
  rightRows: TableRows,
): TableRows {
  const out: TableRow[] = []
  const met = new Set<TableRow>()
  const noRight = right.schema.fields.map(() => null)
  const noLeft = left.schema.fields.map(() => null)
  for (const a of leftRows) {
    let matched = false
    for (const b of rightRows) {
      const pair = [...a, ...b]
      if (!holds(condition, pair)) continue
      out.push(pair)
      met.add(b)
      matched = true
    }
    if (!matched && (join === 'left' || join === 'full')) out.push([...a, ...noRight])
  }
  if (join === 'right' || join === 'full')
    for (const b of rightRows) if (!met.has(b)) out.push([...noLeft, ...b])
  return out
}

function groupRows({ keys, calls }: Extract<TablePlan, { kind: 'group' }>, rows: TableRows): TableRows {
  const groups = new Map<string, { keys: TableRow; rows: TableRow[] }>()
  if (keys.length === 0) groups.set('', { keys: [], rows: [] })
  for (const row of rows) {
    for (const values of evaluateAll(keys, row)) {
      const text = keyText(values, keys)
      const group = groups.get(text) ?? { keys: values, rows: [] }
      groups.set(text, group)
      group.rows.push(row)
    }
  }
  return [...groups.values()].flatMap((group) => {
    try {
      const results = calls.map((call) =>
        aggregate(
          call,
          group.rows.flatMap((row) => evaluateAll(call.args, row)),
        ),
      )
      return [[...group.keys, ...results]]
    } catch (error) {
      if (error instanceof SqlRuntimeError) return []
      throw error
    }
  })
}

function combine(
  { op, all, schema }: Extract<TablePlan, { kind: 'set' }>,
  left: TableRows,
  right: TableRows,
): TableRows {
  if (op === 'UNION') return all ? [...left, ...right] : unlike([...left, ...right], schema)
  const counts = new Map<string, number>()
  for (const row of right) {
    const key = keyText(row, schema.fields)
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const kept = left.filter((row) => {
    const key = keyText(row, schema.fields)
    const count = counts.get(key) ?? 0
    // With ALL each row on the right stands for one on the left.
    if (all && count > 0) counts.set(key, count - 1)
    return op === 'EXCEPT' ? count === 0 : count > 0
  })
  return all ? kept : unlike(kept, schema)
}

function unlike(rows: TableRows, schema: Schema): TableRows {
  const seen = new Map<string, TableRow>()
  for (const row of rows) {
    const key = keyText(row, schema.fields)
    if (!seen.has(key)) seen.set(key, row)
  }
  return [...seen.values()]
}
