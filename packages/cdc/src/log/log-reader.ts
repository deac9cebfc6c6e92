/**
 * The port of a database's change log: committed transactions in commit order, from a position on. A reader belongs to one
 * connection at a time; when that is lost it reconnects by itself, with growing pauses by the clock, and goes on without repeating
 * an event. Only what no reconnecting mends is thrown: CDC_POSITION_LOST, CDC_PREREQUISITE, CDC_LOG_INVALID, CDC_LOG_UNSUPPORTED,
 * CDC_SCHEMA_UNKNOWN, and CDC_CONNECT where the account is refused.
 *
 * Memory: about what one `read` gives, however large a transaction is; the server is slowed down instead (back-pressure).
 */
import type { LogEvent } from '../model/log-event.ts'
import type { TableName, TableSchema } from '../model/table-schema.ts'

/** JSON of the database's own. Also one inside of a transaction: then reading begins with its next event. */
export type LogPosition = { readonly [member: string]: unknown }

export interface LogBatch {
  readonly events: readonly LogEvent[]
  /** Where reading goes on after event i of the batch; asked for the last one taken only, so it may cost something. */
  positionAfter(index: number): LogPosition
  /** Where reading goes on after the whole batch, also when it has no events. */
  readonly position: LogPosition
  /** The newest time of the source that is known to be behind us, microseconds since 1970; undefined: none yet. */
  readonly sourceTimeUs: number | undefined
  /** Everything that the source had written when it was asked last is in this batch or before it. */
  readonly isCaughtUp: boolean
}

export interface LogReader {
  /**
   * The next events, about `maxBytes` of log at most (one event may be larger). Waits until something came, the position moved, or
   * the signal aborts; then the batch is empty.
   */
  read(maxBytes: number, signal: AbortSignal): Promise<LogBatch>
  /** Everything up to this position is on disk here: the server may forget it. */
  acknowledge(position: LogPosition): void
  close(): Promise<void>
}

/** What a log reader needs to know of tables, for logs that do not say it themselves. */
export interface LogTables {
  /** Whether events of this table are wanted. Asked once for each table and schema; renames ask again. */
  isSelected(table: TableName): boolean
  /** The schema that was in force at the position where reading begins, of tables that were known there. */
  schemas(): Iterable<TableSchema>
}
