/**
 * The port between the log and what is known of tables at the place where the log is read: which schema rows have, and what a
 * statement of the log makes of it. One tracker belongs to one log reader and moves on with it, forwards only: it begins with
 * `LogTables.schemas()` and is told every statement and every table in the order of the log, none of them twice, also over reconnects.
 */
import type { SchemaChange } from '../../model/log-event.ts'
import type { TableSchema } from '../../model/table-schema.ts'
import type { LoggedTable } from '../binlog/logged-table.ts'

export interface SchemaTracker {
  /**
   * The schema of a selected table whose rows come next: the columns that the log has, in its order (hidden ones at the end may be left
   * out: hashes that MariaDB keeps for long unique keys), each of a type that its values
   * can be read with (see `ColumnType.charset`, `labels`, `isUnsigned`, `scale`, and `native` for MariaDB's uuid, inet6 and inet4, which
   * the log shows as bytes). Asked when a table map is seen first or differs from the last one of its table; the same object is
   * given as long as the table stays the same.
   *
   * Where the log is complete, it is right and what was known gives way to it. Where it is not, what is known must fit; a table that was
   * not known is asked of the database, and must fit too. Else CDC_SCHEMA_UNKNOWN with the table, the place and what differs.
   */
  resolve(table: LoggedTable, place: string): Promise<Resolution>
  /**
   * What a statement did to selected tables, in order; empty for everything else. Told every statement of the log except for
   * BEGIN, COMMIT, ROLLBACK, SAVEPOINT and XA.
   * A statement with several effects may have been taken in part before a restart: then the schemas of the beginning contain the first
   * `statement.taken` of its effects already. They are given again all the same (the reader leaves them out, so their content does not
   * matter, their number does).
   * A statement that changes rows of a selected table (binlog_format MIXED or STATEMENT): CDC_PREREQUISITE.
   */
  apply(statement: LoggedStatement, place: string): Promise<readonly SchemaEffect[]>
}

export interface Resolution {
  /** Undefined: it is no table (a sequence), and its rows are left out. */
  readonly schema: TableSchema | undefined
  /** Emitted before the rows: how the table differs from what was known, where no statement told it. */
  readonly effects: readonly SchemaEffect[]
}

export type SchemaEffect =
  | Omit<SchemaChange, 'transaction' | 'order'>
  | { readonly kind: 'truncate'; readonly table: TableSchema }

export interface LoggedStatement {
  readonly text: string
  /** What names without a schema belong to; empty: none was chosen. */
  readonly schema: string
  /** Of the session's sql_mode, since they decide how the text is read. */
  readonly hasAnsiQuotes: boolean
  readonly hasNoBackslashEscapes: boolean
  /** Numbers of collations: what a new schema gets, and what a new table of `schema` gets; undefined: the log does not say. */
  readonly serverCollation: number | undefined
  readonly schemaCollation: number | undefined
  /** 0, or why the server refused it; it may have done a part of its work all the same (CREATE OR REPLACE has dropped the old table). */
  readonly errorCode: number
  /** How many of its effects were taken before the log was opened; 0 but for the first statement after a start. */
  readonly taken: number
}
