/**
 * The port of a database that is written into. What differs between MySQL and Postgres is behind it: their statements, what their
 * catalogs say of a table, and what their errors mean.
 */
import type { TableName } from '@millrace/cdc'
import type { TargetTable } from './target-table.ts'
import type { Step } from './write-plan.ts'

/** One connection. Statements follow each other; after one that failed because the connection is gone it is over. */
export interface SqlSession {
  readonly isOver: boolean
  /** Of one statement, as far as the server takes it. */
  readonly statementBytesMax: number
  /** Rows of texts. */
  rows(sql: string, values?: readonly SqlText[]): Promise<readonly (readonly (string | null)[])[]>
  /** How many rows it found or changed. */
  run(sql: string, values?: readonly SqlText[]): Promise<number>
  close(): Promise<void>
  /** At once, also in the middle of a statement. */
  destroy(): void
}

export type SqlText = string | null

export interface SqlDialect {
  readonly product: 'MySQL' | 'Postgres'
  /** The address without account and password. */
  readonly name: string
  /** Of tables that are named without one; empty: the session's own. */
  readonly schema: string
  open(signal: AbortSignal): Promise<SqlSession>
  /** Undefined: there is no such table, or the account may not see it. */
  describe(session: SqlSession, table: TableName): Promise<TargetTable | undefined>
  begin(session: SqlSession): Promise<void>
  /** Writes what a step says. Fails with the database's own error. */
  write(session: SqlSession, step: Step): Promise<void>
  failureOf(error: unknown): Failure
  /** `"a"."b"` */
  qualified(table: TableName): string
  identifier(name: string): string
  /** What stands for value `i` of a statement, from 0. */
  placeholder(i: number): string
  /** Makes a table of positions, if it is missing. */
  readonly createPositions: (table: string) => string
  /** `INSERT ... ` that does nothing where the row is there. */
  readonly insertIfMissing: (table: string, columns: readonly string[]) => string
  /** Column types for a table that somebody has to make. */
  readonly typeNames: {
    readonly integer: string
    readonly decimal: string
    readonly float: string
    readonly boolean: string
    readonly time: string
    readonly date: string
    readonly text: string
    readonly keyText: string
    readonly json: string
  }
}

export type FailureKind =
  /** May pass: a lost connection, a deadlock, a server that starts. */
  | 'passing'
  /** A record is to blame. */
  | 'data'
  /** A row that another one refers to is not there (yet). */
  | 'reference'
  /** The table is not as it was described. */
  | 'changed'
  /** Neither: grants, a wrong address, a fault of ours. */
  | 'other'

export interface Failure {
  readonly kind: FailureKind
  /** The database's: `ER_DUP_ENTRY`, `23505`. */
  readonly code: string
  readonly message: string
}
