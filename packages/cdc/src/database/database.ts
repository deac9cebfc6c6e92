/**
 * The port of a database that changes are captured from. MySQL, MariaDB and Postgres stand behind it, and a simulated database in
 * tests. Everything that differs between them is on the other side; what is common (merging loads with the log, policies,
 * envelopes, progress) knows only this.
 */
import type { Clock } from '@millrace/values'
import type { LogPosition, LogReader, LogTables } from '../log/log-reader.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'
import type { TableReader } from '../snapshot/table-reader.ts'

export type DatabaseKind = 'mysql' | 'mariadb' | 'postgres'

export interface Database {
  readonly kind: DatabaseKind
  /** For messages and envelopes: `mysql://host:3306`, without account and password. */
  readonly name: string
  /** Version as the server says it: `10.11.19-MariaDB`, `15.14`. Known after `open`. */
  readonly version: string
  /** Name of the database that the connection is in (Postgres); of MySQL, where a schema is a database, empty. */
  readonly database: string

  /** Everything that following these tables needs and the server lacks, and what will hurt later. Changes nothing. */
  check(tables: readonly TableName[]): Promise<readonly Finding[]>
  /** All tables that the account may see, without the server's own. */
  tables(): Promise<readonly TableListing[]>
  /** Columns and key as they are now. Tables that do not exist (any more) are left out. */
  schemas(tables: readonly TableName[]): Promise<readonly TableSchema[]>
  /** What must exist in the server for following (slot and publication of Postgres): made, or checked, for these tables. */
  prepare(tables: readonly TableName[]): Promise<void>
  /** Where the log ends now. What was committed before is visible to reads of tables that begin a quarter of a second later. */
  currentPosition(): Promise<LogPosition>
  /** The first position whose transactions were committed at this time or later; undefined where the log cannot tell. */
  positionAtTime(timeMs: number): Promise<LogPosition | undefined>
  /** Reads a position as people write it: `mysql-bin.000024:373`, a GTID set, an LSN. Throws CDC_POSITION. */
  parsePosition(text: string): LogPosition
  positionText(position: LogPosition): string
  /** Negative: `a` is before `b`. Undefined where they have no order (GTID sets of servers that parted). */
  comparePositions(a: LogPosition, b: LogPosition): number | undefined
  openLog(start: LogPosition, tables: LogTables): Promise<LogReader>
  openTable(schema: TableSchema): Promise<TableReader & AsyncDisposable>
  /** How near the log is to being dropped before it was read: asked every few seconds. */
  health(position: LogPosition): Promise<LogHealth>
  /** Makes the log move where nothing else does, so that the position stays fresh; where the account may not, it does nothing. */
  heartbeat(): Promise<void>
  close(): Promise<void>
}

export interface TableListing extends TableName {
  readonly type: 'table' | 'view'
}

export interface DatabaseContext {
  readonly clock: Clock
  readonly signal: AbortSignal
  warn(code: string, message: string): void
}

export interface Finding {
  /** `error`: following will not work. `warning`: it will, with a danger that the message names. */
  readonly level: 'error' | 'warning'
  readonly code: string
  readonly message: string
  /** The statement or setting that mends it. */
  readonly next: string
}

export interface LogHealth {
  /** Bytes of log that the server keeps for us, or that lie between the position and the end. */
  readonly behindBytes: number | undefined
  /** Bytes that may be kept before the server gives up on us (max_slot_wal_keep_size); undefined: no bound. */
  readonly keptBytesMax: number | undefined
  /** Ms until the log at the position is purged by age, if nothing is read; undefined: it is not by age. */
  readonly expiresInMs: number | undefined
  /** Of Postgres: `wal_status` of the slot (`reserved`, `extended`, `unreserved`, `lost`). */
  readonly slotStatus: string | undefined
}
