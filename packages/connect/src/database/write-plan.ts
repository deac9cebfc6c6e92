/**
 * Puts the writes of many records together into steps of equal writes, which become statements of many rows.
 *
 * Of the writes of one row only the newest one counts: an upsert of all columns, a deletion and the emptying of the table make what
 * came before them pointless; an upsert of some columns is merged into the one before. Then writes of one kind and one set of columns
 * are put together, each table by itself, which changes the order of writes of different rows and tables. Where that meets a
 * constraint (a unique value that goes from one row to another, a foreign key), the statement fails and the caller tries smaller
 * pieces, in the limit one record after the other as they came. Where it would not fail but do something else (triggers, cascading
 * foreign keys), tables are not taken apart.
 */
import { columnSet, type TableWrite, type Target } from './row-write.ts'
import type { Cell, ColumnSet } from './target-table.ts'

export type Step =
  | {
      readonly kind: 'upsert' | 'insert'
      readonly target: Target
      readonly columns: ColumnSet
      readonly rows: (readonly Cell[])[]
    }
  /** Row by row: updated, and inserted where there is none. */
  | {
      readonly kind: 'update'
      readonly target: Target
      readonly columns: ColumnSet
      readonly rows: (readonly Cell[])[]
    }
  | { readonly kind: 'delete'; readonly target: Target; readonly rows: (readonly Cell[])[] }
  | { readonly kind: 'truncate'; readonly target: Target }

export function planWrites(writes: readonly TableWrite[]): Step[] {
  const newest = newestWrites(writes)
  const tables = new Map<Target, TableWrite[]>()
  let isApart = true
  for (const write of newest) {
    if (write.target.table.hasSideEffects) isApart = false
    const own = tables.get(write.target)
    if (own === undefined) tables.set(write.target, [write])
    else own.push(write)
  }
  return isApart ? [...tables.values()].flatMap(steps) : steps(newest)
}

/** Equal neighbours together. */
function steps(writes: readonly TableWrite[]): Step[] {
  const made: Step[] = []
  for (const write of writes) {
    const last = made.at(-1)
    if (write.kind === 'truncate') {
      made.push({ kind: 'truncate', target: write.target })
      continue
    }
    const { target, cells } = write
    if (write.kind === 'delete') {
      if (last?.kind === 'delete' && last.target === target) last.rows.push(cells)
      else made.push({ kind: 'delete', target, rows: [cells] })
      continue
    }
    const { columns } = write
    const isUpdate = write.kind === 'upsert' && (target.updatesFirst || columns.lacksRequired)
    const kind = isUpdate ? 'update' : write.kind
    if (last?.kind === kind && last.target === target && last.columns === columns) last.rows.push(cells)
    else made.push({ kind, target, columns, rows: [cells] })
  }
  return made
}

/** In the order of the newest write of each row. */
function newestWrites(writes: readonly TableWrite[]): TableWrite[] {
  const kept: (TableWrite | undefined)[] = []
  /** By table and key: where in `kept` the last write of the row is. */
  const places = new Map<Target, Map<string, number>>()
  for (const write of writes) {
    const { target } = write
    if (write.kind === 'insert') {
      kept.push(write)
      continue
    }
    if (write.kind === 'truncate') {
      for (const place of places.get(target)?.values() ?? []) kept[place] = undefined
      places.delete(target)
      for (let i = 0; i < kept.length; i++) if (kept[i]?.target === target) kept[i] = undefined
      kept.push(write)
      continue
    }
    let own = places.get(target)
    if (own === undefined) {
      own = new Map()
      places.set(target, own)
    }
    const place = own.get(write.key)
    const before = place === undefined ? undefined : kept[place]
    let now = write
    if (before !== undefined && place !== undefined) {
      if (write.kind === 'upsert' && !write.columns.isWhole) {
        // A row that was deleted begins anew, with defaults where it has no values: the deletion stays.
        if (before.kind === 'upsert') {
          now = merged(before, write)
          kept[place] = undefined
        }
      } else kept[place] = undefined
    }
    own.set(write.key, kept.length)
    kept.push(now)
  }
  return kept.filter((write) => write !== undefined)
}

type Upsert = Extract<TableWrite, { readonly kind: 'upsert' | 'insert' }>

/** The row before with the values of the one after. */
function merged(before: Upsert, after: Upsert): Upsert {
  if (before.columns === after.columns) return after
  const columns = [...before.columns.columns]
  const cells = [...before.cells]
  for (const [i, column] of after.columns.columns.entries()) {
    const at = columns.indexOf(column)
    if (at < 0) {
      columns.push(column)
      cells.push(after.cells[i]!)
    } else cells[at] = after.cells[i]!
  }
  const { target } = after
  return { kind: 'upsert', target, columns: columnSet(target, columns), cells, key: after.key }
}
