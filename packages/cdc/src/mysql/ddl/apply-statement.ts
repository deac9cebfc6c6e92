/**
 * What CREATE TABLE and ALTER TABLE make of a table, by the server's own order of work: columns that were there are dropped, renamed and
 * changed in place; then new ones and those with a place are put in, in the order of the statement; then keys.
 */

import type { TableName } from '../../model/table-schema.ts'
import {
  charsetOf,
  findColumn,
  foldColumn,
  type MysqlColumn,
  type MysqlKey,
  type MysqlTable,
  primaryKeyName,
  sortedKeys,
} from '../schema/mysql-table.ts'
import type { AlterAction, CharsetChoice, ColumnPlace, WrittenColumn, WrittenKey } from './ddl-statement.ts'
import { chosenCollation, convertedColumn, declaredColumn, type TypeFacts } from './declared-column.ts'

export interface WrittenTable extends CharsetChoice {
  readonly columns: readonly WrittenColumn[]
  readonly keys: readonly WrittenKey[]
}

export function createdTable(
  name: TableName,
  written: WrittenTable,
  schemaCollation: string,
  facts: TypeFacts,
): MysqlTable {
  const collation = chosenCollation(written, facts, charsetOf(schemaCollation)) ?? schemaCollation
  const columns = written.columns.map((column) => declaredColumn(column, collation, facts))
  return withKeys({ ...name, collation, columns, keys: [] }, [
    ...written.columns.flatMap(columnKeys),
    ...written.keys,
  ])
}

/** The table after the actions; a new name is not among what is done here. */
export function alteredTable(
  table: MysqlTable,
  actions: readonly AlterAction[],
  facts: TypeFacts,
): MysqlTable {
  const collation = newCollation(table, actions, facts)
  const convert = convertedTo(table, actions, facts)
  const before =
    convert === undefined
      ? table.columns
      : table.columns.map((column) => convertedColumn(column, convert, facts))
  const place = new ColumnPlaces(before, actions, (column) =>
    // CONVERT TO CHARACTER SET holds also for what the same statement declares otherwise.
    declaredColumn(convert === undefined ? column : withCollation(column, convert), collation, facts),
  )
  const columns = place.columns()
  const kept = keptKeys(table.keys, actions, place.names)
  const added: WrittenKey[] = []
  for (const action of actions) {
    // Keys of a column that IF NOT EXISTS passes over are added all the same.
    if (action.kind === 'add-column' || action.kind === 'change-column')
      added.push(...columnKeys(action.column))
    else if (action.kind === 'add-key') {
      const isKnown = kept.some(({ name }) => foldColumn(name) === foldColumn(action.key.name ?? ''))
      if (!action.ifNotExists || !isKnown) added.push(action.key)
    }
  }
  return withKeys({ ...table, collation, columns, keys: kept }, added)
}

/** Columns of a table while it is changed. `names`: new names of old columns; undefined: dropped. */
class ColumnPlaces {
  readonly names = new Map<string, string | undefined>()
  readonly #columns: MysqlColumn[] = []

  constructor(
    before: readonly MysqlColumn[],
    actions: readonly AlterAction[],
    declare: (column: WrittenColumn) => MysqlColumn,
  ) {
    const later: { column: MysqlColumn; place: ColumnPlace }[] = []
    for (const column of before) this.#take(column, actions, declare)
    for (const action of actions) {
      if (action.kind === 'add-column') {
        if (action.ifNotExists && findColumn(before, action.column.name) !== undefined) continue
        later.push({ column: declare(action.column), place: action.place })
      } else if (action.kind === 'change-column') {
        const isOld = findColumn(before, action.name) !== undefined
        // One that this statement has added is replaced (MariaDB); one that is nowhere is passed over (IF EXISTS).
        const isNew =
          !isOld && later.some(({ column }) => foldColumn(column.name) === foldColumn(action.name))
        if (isNew || (isOld && action.place !== undefined)) {
          later.push({ column: declare(action.column), place: action.place })
        }
      }
    }
    for (const { column, place } of later) this.#put(column, place)
  }

  columns(): readonly MysqlColumn[] {
    return this.#columns
  }

  #take(
    column: MysqlColumn,
    actions: readonly AlterAction[],
    declare: (column: WrittenColumn) => MysqlColumn,
  ): void {
    const name = foldColumn(column.name)
    let taken: MysqlColumn | undefined = column
    for (const action of actions) {
      if (!('name' in action) || foldColumn(action.name) !== name) continue
      if (action.kind === 'drop-column') {
        this.names.set(name, undefined)
        return
      }
      if (action.kind === 'rename-column') taken = { ...taken, name: action.to }
      else if (action.kind === 'set-visible') taken = withVisibility(taken, action.isInvisible)
      else if (action.kind === 'change-column') {
        this.names.set(name, action.column.name)
        if (action.place !== undefined) return
        taken = declare(action.column)
      }
    }
    this.names.set(name, taken.name)
    this.#columns.push(taken)
  }

  #put(column: MysqlColumn, place: ColumnPlace): void {
    const earlier = this.#columns.findIndex(({ name }) => foldColumn(name) === foldColumn(column.name))
    if (earlier !== -1) this.#columns.splice(earlier, 1)
    if (place === undefined) this.#columns.push(column)
    else if (place === 'first') this.#columns.unshift(column)
    else {
      const after = this.#columns.findIndex(({ name }) => foldColumn(name) === foldColumn(place.after))
      this.#columns.splice(after === -1 ? this.#columns.length : after + 1, 0, column)
    }
  }
}

function withVisibility(column: MysqlColumn, isInvisible: boolean): MysqlColumn {
  const { isInvisible: _, ...rest } = column
  return isInvisible ? { ...rest, isInvisible: true } : rest
}

function newCollation(table: MysqlTable, actions: readonly AlterAction[], facts: TypeFacts): string {
  let { collation } = table
  for (const action of actions) {
    if (action.kind === 'convert' || action.kind === 'default-charset') {
      collation = chosenCollation(action, facts, charsetOf(collation)) ?? collation
    }
  }
  return collation
}

/** The collation of CONVERT TO CHARACTER SET; undefined: the statement has none. */
function convertedTo(
  table: MysqlTable,
  actions: readonly AlterAction[],
  facts: TypeFacts,
): string | undefined {
  const convert = actions.find((action) => action.kind === 'convert')
  return convert === undefined ? undefined : newCollation(table, [convert], facts)
}

function withCollation(column: WrittenColumn, collation: string): WrittenColumn {
  // Bytes stay bytes.
  if (column.type.charset === 'binary' || column.type.collation === 'binary') return column
  return { ...column, type: { ...column.type, charset: undefined, collation, isBinaryCollation: false } }
}

/** Keys that were there: without those that are dropped, and without columns that are. */
function keptKeys(
  keys: readonly MysqlKey[],
  actions: readonly AlterAction[],
  names: ReadonlyMap<string, string | undefined>,
): readonly MysqlKey[] {
  return keys.flatMap((key) => {
    const itsName = foldColumn(key.name)
    if (actions.some((action) => action.kind === 'drop-key' && foldColumn(action.name) === itsName)) return []
    const renamed = actions.find(
      (action) => action.kind === 'rename-key' && foldColumn(action.name) === itsName,
    )
    const columns = key.columns.flatMap((column) => names.get(foldColumn(column)) ?? [])
    // A key over an expression has no columns to lose.
    if (columns.length === 0 && key.columns.length > 0) return []
    return [{ ...key, name: renamed?.kind === 'rename-key' ? renamed.to : key.name, columns }]
  })
}

function columnKeys({ name, isPrimary, isUnique }: WrittenColumn): readonly WrittenKey[] {
  const key = { name: undefined, columns: [name], isPartial: false }
  return [
    ...(isPrimary ? [{ kind: 'primary' as const, ...key }] : []),
    ...(isUnique ? [{ kind: 'unique' as const, ...key }] : []),
  ]
}

function withKeys(table: MysqlTable, added: readonly WrittenKey[]): MysqlTable {
  const keys = [...table.keys]
  for (const { kind, name, columns, isPartial } of added) {
    const itsColumns = columns.map((column) => findColumn(table.columns, column)?.name ?? column)
    const itsName = kind === 'primary' ? primaryKeyName : (name ?? freeName(keys, added, itsColumns[0]))
    keys.push({
      name: itsName,
      isUnique: kind !== 'other',
      columns: isPartial && columns.length === 0 ? [] : itsColumns,
      isPartial,
    })
  }
  const primary = keys.find(({ name }) => name === primaryKeyName)
  const isOfPrimary = new Set(primary?.columns.map(foldColumn))
  const columns = table.columns.map((column) =>
    isOfPrimary.has(foldColumn(column.name)) ? { ...column, isNullable: false } : column,
  )
  return { ...table, columns, keys: sortedKeys(keys, columns) }
}

/** Of a key without a name: its first column's, with a number where that is taken. */
function freeName(
  keys: readonly MysqlKey[],
  added: readonly WrittenKey[],
  column = 'functional_index',
): string {
  const taken = new Set(
    [...keys.map(({ name }) => name), ...added.map(({ name }) => name ?? '')].map(foldColumn),
  )
  if (!taken.has(foldColumn(column)) && foldColumn(column) !== 'primary') return column
  for (let i = 2; ; i++) if (!taken.has(foldColumn(`${column}_${i}`))) return `${column}_${i}`
}
