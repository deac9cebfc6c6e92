/**
 * A table of MySQL with what later statements need of it beside columns and key: the collation that new columns get, all keys with
 * their names, what is generated or invisible. A `TableSchema` carries it along as its `details`.
 */
import type { Column, ColumnType, TableName, TableSchema } from '../../model/table-schema.ts'

export interface MysqlTable extends TableName {
  /** Of columns that name none; it begins with the name of its character set. */
  readonly collation: string
  readonly columns: readonly MysqlColumn[]
  /** In the server's order: primary key, unique keys without NULL, other unique keys, others; equal ones as they came. */
  readonly keys: readonly MysqlKey[]
}

export interface MysqlColumn extends Column {
  /** Of text, enum and set. */
  readonly collation?: string
  readonly isInvisible?: true
  readonly generated?: 'virtual' | 'stored'
}

export interface MysqlKey {
  /** `PRIMARY` of the primary key. */
  readonly name: string
  readonly isUnique: boolean
  /** Names as in `columns`; empty where a part is an expression. */
  readonly columns: readonly string[]
  /** Some part is a prefix of its column or an expression: values may be equal although rows differ in the rest. */
  readonly isPartial: boolean
}

export const primaryKeyName = 'PRIMARY'

/** Of a `TableSchema` that this adapter made, as JSON. */
interface MysqlDetails {
  readonly collation: string
  readonly keys: readonly MysqlKey[]
  /** By index of the column; null where there is nothing to say. */
  readonly columns: readonly (Omit<MysqlColumn, keyof Column> | null)[]
}

export function toTableSchema(table: MysqlTable): TableSchema {
  const details: MysqlDetails = {
    collation: table.collation,
    keys: table.keys,
    columns: table.columns.map(({ collation, isInvisible, generated }) => {
      const all = {
        ...(collation === undefined ? {} : { collation }),
        ...(isInvisible === undefined ? {} : { isInvisible }),
        ...(generated === undefined ? {} : { generated }),
      }
      return Object.keys(all).length === 0 ? null : all
    }),
  }
  return {
    schema: table.schema,
    table: table.table,
    columns: table.columns.map(({ name, type, isNullable }) => ({ name, type, isNullable })),
    key: rowKey(table)?.columns.map((name) => indexOf(table, name)) ?? [],
    details: { ...details },
  }
}

/** Undefined where the schema has no details of this adapter, such as one that a rule has made. */
export function fromTableSchema(schema: TableSchema): MysqlTable | undefined {
  if (schema.details === undefined) return undefined
  // Details are written by `toTableSchema` alone and come back as they went.
  const { collation, keys, columns } = schema.details as unknown as MysqlDetails
  return {
    schema: schema.schema,
    table: schema.table,
    collation,
    keys,
    columns: schema.columns.map((column, i) => ({ ...column, ...columns[i] })),
  }
}

/** By which rows are told apart: the primary key, else the first unique key without NULL; undefined: the table has none. */
export function rowKey(table: MysqlTable): MysqlKey | undefined {
  const primary = table.keys.find(({ name }) => name === primaryKeyName)
  // A primary key over prefixes still tells rows apart: equal prefixes are refused, so that equal values are too.
  if (primary !== undefined && primary.columns.length > 0) return primary
  return table.keys.find((key) => isRowKey(table, key))
}

/** Sorts keys as the server does after each statement: stable, by class. */
export function sortedKeys(keys: readonly MysqlKey[], columns: readonly MysqlColumn[]): readonly MysqlKey[] {
  const rank = (key: MysqlKey) => {
    if (key.name === primaryKeyName) return 0
    if (!key.isUnique) return 3
    return key.columns.every((name) => findColumn(columns, name)?.isNullable === false) ? 1 : 2
  }
  return [...keys].sort((a, b) => rank(a) - rank(b))
}

export function findColumn<T extends { readonly name: string }>(
  columns: readonly T[],
  name: string,
): T | undefined {
  const folded = foldColumn(name)
  return columns.find((column) => foldColumn(column.name) === folded)
}

/** Names of columns and keys are equal without regard to case. */
export function foldColumn(name: string): string {
  return name.toLowerCase()
}

/** `utf8mb4` of `utf8mb4_uca1400_ai_ci`. */
export function charsetOf(collation: string): string {
  const end = collation.indexOf('_')
  return end === -1 ? collation : collation.slice(0, end)
}

/** Same columns in all that rows depend on, and the same key. */
export function sameShape(a: TableSchema, b: TableSchema): boolean {
  return (
    a.schema === b.schema &&
    a.table === b.table &&
    JSON.stringify(a.key) === JSON.stringify(b.key) &&
    a.columns.length === b.columns.length &&
    a.columns.every((column, i) => sameColumn(column, b.columns[i]!))
  )
}

export function sameColumn(a: Column, b: Column): boolean {
  return a.name === b.name && a.isNullable === b.isNullable && sameType(a.type, b.type)
}

export function sameType(a: ColumnType, b: ColumnType): boolean {
  return (
    a.kind === b.kind &&
    a.native === b.native &&
    a.charset === b.charset &&
    JSON.stringify(a.labels) === JSON.stringify(b.labels)
  )
}

function isRowKey(table: MysqlTable, key: MysqlKey): boolean {
  return (
    key.isUnique &&
    !key.isPartial &&
    key.columns.length > 0 &&
    key.columns.every((name) => {
      const column = findColumn(table.columns, name)
      // Unique keys over whole blobs and texts (MariaDB) are hashes, which no rows can be read in the order of.
      return column !== undefined && !column.isNullable && !/(text|blob)$/.test(column.type.native)
    })
  )
}

function indexOf(table: MysqlTable, name: string): number {
  const folded = foldColumn(name)
  return table.columns.findIndex((column) => foldColumn(column.name) === folded)
}
