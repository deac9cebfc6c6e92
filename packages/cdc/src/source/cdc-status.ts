/** What a database source says of itself: for the command line, the console and metrics. Plain JSON. */
import type { LogHealth } from '../database/database.ts'

export type TablePhase = 'waiting' | 'loading' | 'following' | 'quarantined' | 'dropped'

export interface TableStatus {
  readonly schema: string
  readonly table: string
  readonly phase: TablePhase
  readonly loadedRows: number
  /** Of the database's statistics; undefined: not known. */
  readonly estimatedRows: number | undefined
  readonly changes: number
  /** Rows loaded per second of late, and about how long the load still takes; while loading. */
  readonly rowsPerSecond: number | undefined
  readonly remainingMs: number | undefined
  /** Why it is quarantined. */
  readonly reason: string | undefined
}

export interface CdcStatus {
  readonly source: string
  /** `mariadb://127.0.0.1:3306 10.11.19` */
  readonly database: string
  readonly phase: 'connecting' | 'loading' | 'following' | 'done' | 'stopped'
  readonly position: string
  /** How far the newest change taken is behind the source's clock, ms; undefined: nothing came yet. */
  readonly lagMs: number | undefined
  readonly tables: readonly TableStatus[]
  readonly health: LogHealth | undefined
  /** The newest ones first, 20 at most. */
  readonly warnings: readonly { readonly atMs: number; readonly code: string; readonly message: string }[]
}
