/** What the processes of a measurement are told, and what they say. Times are microseconds since 1970. */
export type Kind = 'mariadb' | 'mysql' | 'postgres'

/** One process that follows the table. */
export interface FollowJob {
  readonly kind: Kind
  readonly url: string
  /** Data directory, or the peer's files: kept from the start before to go on from there. */
  readonly dir: string
  readonly envelope: 'dms' | 'debezium' | 'flat'
  /** What it does at its first start. */
  readonly start: 'load' | 'now'
  /** It ends when so many changes are on disk since this start. */
  readonly changes: number
  /** Of them, the first ones do not count for the lag. Default 0. */
  readonly skipped?: number
}

export interface Followed {
  readonly changes: number
  /** In the first batch that was on disk. */
  readonly firstChanges: number
  readonly firstUs: number
  readonly lastUs: number
  readonly cpuMs: number
  readonly peakMb: number
  /** From the moment a change was sent to the database until its record could be read. */
  readonly p50Us: number
  readonly p99Us: number
  readonly maxUs: number
}

/** One process that writes to the table: transactions at fixed times, whatever the database does. */
export interface LoadJob {
  readonly kind: Kind
  readonly url: string
  readonly changesPerSecond: number
  readonly seconds: number
  /** Of the first new row. */
  readonly firstId: number
}

export const changesOfTransaction = 10

/** Where records go. */
export const stream = 'changes'

export function nowUs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1000)
}

export function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0
}
