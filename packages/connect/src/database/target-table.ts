/** A table that is written into, as its database describes it. It never changes: after a change of the table there is another one. */
import type { ColumnType, TableName } from '@millrace/cdc'

export interface TargetColumn {
  readonly name: string
  readonly type: ColumnType
  readonly isNullable: boolean
  /** The database fills it where a row does not have it. */
  readonly hasDefault: boolean
  /** Computed by the database: never written. */
  readonly isGenerated: boolean
  /** Of Postgres: its type without length and precision, for casts that cut nothing off. */
  readonly cast: string
}

export interface TargetTable extends TableName {
  readonly columns: readonly TargetColumn[]
  readonly byName: ReadonlyMap<string, TargetColumn>
  /** Names of the primary key's columns; none: it has no primary key. */
  readonly primaryKey: readonly string[]
  /** Columns of each unique index without conditions, the primary key's too. */
  readonly uniques: readonly (readonly string[])[]
  /** Writes can be taken back. Not so of MySQL's MyISAM and its like. */
  readonly isTransactional: boolean
  /** Writes touch other rows or tables (triggers, foreign keys that cascade), so that their order must be kept in all. */
  readonly hasSideEffects: boolean
  /** Constraints on it that wait for the commit unless told otherwise, as statements name them (Postgres). */
  readonly deferred: readonly string[]
  /** It has columns that take values only if told so (Postgres: GENERATED ALWAYS AS IDENTITY). */
  readonly hasStrictIdentity: boolean
}

/** A value for a column, in the text that its database reads; bytes for binary columns. */
export type Cell = null | string | Uint8Array

/** Which columns a row has: rows with the same ones are written together. */
export interface ColumnSet {
  readonly columns: readonly TargetColumn[]
  /** A row with these alone cannot be inserted: one that must have a value, and has no default, is missing. */
  readonly lacksRequired: boolean
  /** A row with these has a value for everything that can be written. */
  readonly isWhole: boolean
}
