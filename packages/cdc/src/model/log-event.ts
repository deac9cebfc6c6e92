/**
 * What a log says, in the order of the log: changes of rows, tables emptied, tables changed. Everything else (heartbeats,
 * statements without effect on a selected table) only moves the position.
 */
import type { Row } from './column-value.ts'
import type { TableName, TableSchema } from './table-schema.ts'

/** A transaction of the source. One object for all its events. */
export interface Transaction {
  /** As the database names it: `3e11fa47-71ca-11e1-9e33-c80aa9429562:23`, `0-1-100`, Postgres' `771`. Without GTIDs: file and position. */
  readonly id: string
  /** For envelopes that want a number: the GTID's last part, Postgres' xid, else the position in the file. */
  readonly number: number
  /** When it was committed, microseconds since 1970 by the clock of the source; MySQL 5.7 and MariaDB know seconds only. */
  readonly commitTimeUs: number
  /** Where it is, in the database's words: `mysql-bin.000024:373`, Postgres' commit record `0/16B3748`. */
  readonly place: string
}

export type RowOperation = 'load' | 'insert' | 'update' | 'delete'

export interface RowChange {
  readonly kind: 'row'
  readonly operation: RowOperation
  readonly table: TableSchema
  /** Update: the values before, as far as known (at least the key if it changed). Delete: the values, at least the key. */
  readonly before: Row | undefined
  /** Load, insert and update. Unchanged TOASTed columns are undefined where the values before are not known either. */
  readonly after: Row | undefined
  /** Undefined for `load`. */
  readonly transaction: Transaction | undefined
  /** Which change of its transaction this is, from 0; counted before any selection, so that it is the same in every reading. */
  readonly order: number
}

export interface TruncateChange {
  readonly kind: 'truncate'
  readonly table: TableSchema
  readonly transaction: Transaction | undefined
  readonly order: number
}

/** As AWS DMS names them. */
export type SchemaOperation =
  | 'create-table'
  | 'rename-table'
  | 'drop-table'
  | 'add-column'
  | 'drop-column'
  | 'rename-column'
  | 'column-type-change'
  /** Several kinds at once, keys or order of columns. */
  | 'change-columns'

export interface SchemaChange {
  readonly kind: 'schema'
  readonly operation: SchemaOperation
  /** The name that the table had before it, and has after it where it still exists. */
  readonly table: TableName
  readonly before: TableSchema | undefined
  readonly after: TableSchema | undefined
  /** The statement, where the log has it. */
  readonly statement: string | undefined
  readonly transaction: Transaction | undefined
  readonly order: number
}

export type LogEvent = RowChange | TruncateChange | SchemaChange
