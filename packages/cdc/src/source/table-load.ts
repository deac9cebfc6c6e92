/** The port between the source's loop and the load of one table, and what both kinds of loads (with and without a key) need. */
import type { Clock } from '@millrace/values'
import type { Database } from '../database/database.ts'
import type { LogPosition } from '../log/log-reader.ts'
import type { LogEvent, RowChange } from '../model/log-event.ts'
import type { Emission } from './emissions.ts'
import type { FollowedTable } from './followed-table.ts'
import type { KnownTransaction, RecentTransactions } from './recent-transactions.ts'
import type { RecordOutput } from './record-output.ts'

export interface LoadHost {
  readonly database: Database
  readonly clock: Clock
  readonly recent: RecentTransactions
  readonly held: HeldBytes
  readonly chunkRows: number
  readonly chunkBytes: number
  /** Something has come: the loop looks again. */
  wake(): void
  /** The source cannot go on. */
  fail(error: unknown): void
  warn(code: string, message: string): void
  /** Writes a row of the table as `load`, or a change of it. */
  write(out: RecordOutput, event: LogEvent, table: FollowedTable): void
  /** Something about the table is to be kept. */
  changed(table: FollowedTable): void
  /** The table has other columns than the log has told so far. */
  adopt(table: FollowedTable, schema: FollowedTable['schema']): void
}

export interface TableLoad {
  readonly table: FollowedTable
  /** The log is not to be read on until this load has gone further. */
  readonly isHoldingLog: boolean
  /** Rows wait for the log to come past what they contain. */
  readonly isWaitingForLog: boolean
  /** Before changes of a batch come: asks the database what has to be known of their keys. */
  prepare(events: readonly LogEvent[], signal: AbortSignal): Promise<void>
  /** A change of the table, in the order of the log: given to `emit`, held, or left to the load. */
  change(event: RowChange, known: () => KnownTransaction | undefined, emit: (event: RowChange) => void): void
  /** The table was emptied or has changed: what was read does not count, reading begins again after the last loaded row. */
  restart(): void
  /** All of the log up to `position` was told. What can be written now; undefined: nothing yet. */
  settle(position: LogPosition, signal: AbortSignal): Promise<Emission | undefined>
  close(): Promise<void>
}

/** Memory of held changes, of all loads together. */
export class HeldBytes {
  readonly max: number
  bytes = 0

  constructor(max: number) {
    this.max = max
  }

  get isOver(): boolean {
    return this.bytes > this.max
  }
}
