/** What a record does to a table of the target, and how a change of any format becomes that. */
import type { StreamRecord } from '@millrace/runtime'
import { didYouMean } from '@millrace/values'
import { cellOf } from './cell-value.ts'
import type { Change, FieldSchemas } from './change.ts'
import { type JsonMembers, type JsonSlice, sliceAt, sliceOf, typeOf } from './json-slice.ts'
import type { SinkSettings } from './sink-options.ts'
import type { Cell, ColumnSet, TargetColumn, TargetTable } from './target-table.ts'
import { Unfit } from './unfit.ts'

export type TableWrite =
  /** `upsert`, `insert`: by the sink's mode. */
  | {
      readonly kind: 'upsert' | 'insert'
      readonly target: Target
      readonly columns: ColumnSet
      readonly cells: readonly Cell[]
      readonly key: string
    }
  | {
      readonly kind: 'delete'
      readonly target: Target
      readonly cells: readonly Cell[]
      readonly key: string
    }
  | { readonly kind: 'truncate'; readonly target: Target }

/** A table and how the sink writes into it. */
export interface Target {
  readonly table: TargetTable
  /** Columns by which rows are told apart; none in mode 'append'. */
  readonly key: readonly TargetColumn[]
  /** Another unique index could meet a row, so rows are updated by their key, and only then inserted. */
  readonly updatesFirst: boolean
  /** Sets of columns that were met, by their names. */
  readonly sets: Map<string, ColumnSet>
}

/** The table writes of one change, in order. Throws Unfit. */
export function writesOf(
  change: Change,
  record: StreamRecord,
  target: Target,
  settings: SinkSettings,
): readonly TableWrite[] {
  const isAppend = settings.mode === 'append'
  switch (change.kind) {
    case 'truncate':
      if (isAppend || settings.truncate === 'skip') return []
      if (settings.truncate === 'apply') return [{ kind: 'truncate', target }]
      throw new Unfit(
        `The table was emptied at its source. Where the stream has one shard and the function a parallelization of 1, set truncate: 'apply'; else rows of other shards could be deleted that came after it.`,
      )
    case 'delete':
      return isAppend ? [] : [deletion(target, change.row, settings, change.schemas)]
    case 'write': {
      const { columns, cells } = rowOf(change, record, target, settings)
      if (isAppend) return [{ kind: 'insert', target, columns, cells, key: '' }]
      const key = keyOf(target, (column) => cells[columns.columns.indexOf(column)])
      const write: TableWrite = { kind: 'upsert', target, columns, cells, key: keyText(key) }
      if (change.before === undefined) return [write]
      const old = movedFrom(target, change.before, keyText(key), settings, change.schemas)
      return old === undefined ? [write] : [old, write]
    }
  }
}

function rowOf(
  change: Extract<Change, { kind: 'write' }>,
  record: StreamRecord,
  target: Target,
  settings: SinkSettings,
): { columns: ColumnSet; cells: Cell[] } {
  const { table } = target
  const columns: TargetColumn[] = []
  const cells: Cell[] = []
  const add = (column: TargetColumn, value: JsonSlice | Uint8Array, name: string): void => {
    columns.push(column)
    cells.push(
      value instanceof Uint8Array && (column.type.kind === 'bytes' || column.type.kind === 'geometry')
        ? value
        : cellAt(
            column,
            value instanceof Uint8Array ? sliceOf(value) : value,
            settings,
            change.schemas?.get(name),
          ),
    )
  }
  if (settings.columns === undefined) {
    for (const [name, value] of change.row) {
      const column = table.byName.get(name)
      if (column === undefined) {
        if (settings.unknown === 'ignore') continue
        throw new Unfit(unknownColumn(table, name))
      }
      if (!column.isGenerated && !isUnavailable(value, settings)) add(column, value, name)
    }
  } else {
    for (const { column: name, steps, from } of settings.columns) {
      const column = table.byName.get(name)
      if (column === undefined) throw new Unfit(unknownColumn(table, name))
      const value = from === undefined ? sliceOfPath(change, steps ?? []) : sliceOfResult(from(record))
      if (value !== undefined && !column.isGenerated) add(column, value, steps?.[0] ?? name)
    }
  }
  if (settings.missing === 'null') fillMissing(target, settings, columns, cells)
  if (columns.length === 0) throw new Unfit(`The row has no value for any column of ${table.table}.`)
  return { columns: columnSet(target, columns), cells }
}

function sliceOfPath(
  change: Extract<Change, { kind: 'write' }>,
  steps: readonly string[],
): JsonSlice | undefined {
  const [first] = steps
  if (first === undefined) return change.document
  const member = change.row.get(first)
  return member && sliceAt(member, steps.slice(1))
}

function sliceOfResult(value: unknown): JsonSlice | Uint8Array | undefined {
  if (value === undefined || value instanceof Uint8Array) return value
  return sliceOf(value)
}

function cellAt(
  column: TargetColumn,
  value: JsonSlice,
  settings: SinkSettings,
  schema?: Parameters<typeof cellOf>[3],
): Cell {
  try {
    return cellOf(column.type, value, settings, schema)
  } catch (error) {
    if (error instanceof Unfit)
      throw new Unfit(`Column "${column.name}" (${column.type.native}): ${error.message}`)
    throw error
  }
}

/** Debezium's mark of a value that the log did not hold. */
function isUnavailable(value: JsonSlice, { format }: SinkSettings): boolean {
  const mark = '"__debezium_unavailable_value"'
  if (format !== 'debezium' || value.end - value.start !== mark.length || typeOf(value) !== 'string')
    return false
  for (let i = 0; i < mark.length; i++) if (value.bytes[value.start + i] !== mark.charCodeAt(i)) return false
  return true
}

/** What DMS leaves out is null, or where that cannot be, an empty text. */
function fillMissing(
  { table, key }: Target,
  settings: SinkSettings,
  columns: TargetColumn[],
  cells: Cell[],
): void {
  const has = new Set(columns)
  const named = settings.columns && new Set(settings.columns.map(({ column }) => column))
  for (const column of table.columns) {
    if (has.has(column) || column.isGenerated || key.includes(column)) continue
    if (named !== undefined && !named.has(column.name)) continue
    const isText = column.type.kind === 'text' || column.type.kind === 'set'
    if (!column.isNullable && !isText) continue
    columns.push(column)
    cells.push(column.isNullable ? null : '')
  }
}

/** One object for rows with the same columns, so that they are written together. */
export function columnSet(target: Target, columns: readonly TargetColumn[]): ColumnSet {
  const name = columns.map((column) => column.name).join('\0')
  let set = target.sets.get(name)
  if (set === undefined) {
    const has = new Set(columns)
    const missing = target.table.columns.filter((column) => !has.has(column) && !column.isGenerated)
    set = {
      columns,
      lacksRequired: missing.some(({ isNullable, hasDefault }) => !isNullable && !hasDefault),
      isWhole: missing.length === 0,
    }
    // Records could have members in any number of orders and selections.
    if (target.sets.size >= 1000) target.sets.clear()
    target.sets.set(name, set)
  }
  return set
}

function deletion(
  target: Target,
  row: JsonMembers,
  settings: SinkSettings,
  schemas: FieldSchemas | undefined,
): TableWrite {
  const cells = keyOf(target, (column) => oldCell(column, row, settings, schemas))
  return { kind: 'delete', target, cells, key: keyText(cells) }
}

/** The deletion of the row under its key before, if that was another one. */
function movedFrom(
  target: Target,
  before: JsonMembers,
  keyNow: string,
  settings: SinkSettings,
  schemas: FieldSchemas | undefined,
): TableWrite | undefined {
  const old = target.key.map((column) => oldCell(column, before, settings, schemas))
  if (old.some((cell) => cell === undefined || cell === null)) return undefined
  // None of them is undefined.
  const cells = old as readonly Cell[]
  const key = keyText(cells)
  return key === keyNow ? undefined : { kind: 'delete', target, cells, key }
}

function oldCell(
  column: TargetColumn,
  row: JsonMembers,
  settings: SinkSettings,
  schemas: FieldSchemas | undefined,
): Cell | undefined {
  const source = settings.columns?.find((each) => each.column === column.name)
  const [name = column.name, ...rest] = source?.steps ?? [column.name]
  const member = row.get(name)
  const value = member && sliceAt(member, rest)
  return value && cellAt(column, value, settings, schemas?.get(name))
}

function keyOf({ table, key }: Target, cellOf: (column: TargetColumn) => Cell | undefined): readonly Cell[] {
  return key.map((column) => {
    const cell = cellOf(column)
    if (cell !== undefined && cell !== null) return cell
    throw new Unfit(`The row has no value for "${column.name}", which is part of the key of ${table.table}.`)
  })
}

function keyText(cells: readonly Cell[]): string {
  return JSON.stringify(
    cells.map((cell) => (cell instanceof Uint8Array ? Buffer.from(cell).toString('hex') : cell)),
  )
}

function unknownColumn(table: TargetTable, name: string): string {
  const names = table.columns.map((column) => column.name)
  const guess = didYouMean(name, names)
  return `${table.table} has no column "${name}". ${guess}Add the column, choose columns by "columns", or set unknown: 'ignore'.`
}
