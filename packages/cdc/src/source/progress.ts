/** What a source says of itself: the status of its tables, rates of loads, the lag, and the last warnings. */
import type { Clock } from '@millrace/values'
import type { LogHealth } from '../database/database.ts'
import type { LogBatch } from '../log/log-reader.ts'
import type { CdcStatus, TableStatus } from './cdc-status.ts'
import type { FollowedTable } from './followed-table.ts'

/** A rate is that of about this long. */
const rateMs = 10_000
const warningsMax = 20

interface Rate {
  readonly sinceMs: number
  readonly rows: number
  readonly perSecond: number | undefined
}

export class Progress {
  readonly #clock: Clock
  readonly #rates = new Map<FollowedTable, Rate>()
  #warnings: CdcStatus['warnings'] = []
  health: LogHealth | undefined
  #lagMs: number | undefined
  /** Nothing was written behind the batch that was taken last. */
  #isCaughtUp = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  warned(code: string, message: string): void {
    this.#warnings = [{ atMs: this.#clock.now(), code, message }, ...this.#warnings].slice(0, warningsMax)
  }

  /** A batch was taken. */
  took(batch: Pick<LogBatch, 'sourceTimeUs' | 'isCaughtUp' | 'events'>): void {
    const { sourceTimeUs, events } = batch
    this.#isCaughtUp = batch.isCaughtUp
    if (batch.isCaughtUp && events.length === 0) this.#rest()
    else if (sourceTimeUs !== undefined) this.#lagMs = Math.max(0, this.#clock.now() - sourceTimeUs / 1000)
  }

  status(
    head: Pick<CdcStatus, 'source' | 'database' | 'phase' | 'position'>,
    tables: Iterable<FollowedTable>,
  ): CdcStatus {
    const lagMs = this.#lagMs
    // What the last batch came with is told once; a log that says nothing more may send no other for hours.
    if (this.#isCaughtUp) this.#rest()
    return {
      ...head,
      lagMs,
      tables: Array.from(tables, (table) => this.#table(table)),
      health: this.health,
      warnings: this.#warnings,
    }
  }

  #rest(): void {
    if (this.#lagMs !== undefined) this.#lagMs = 0
  }

  #table(table: FollowedTable): TableStatus {
    const perSecond = table.phase === 'loading' ? this.#rate(table) : undefined
    const { estimatedRows, loadedRows } = table
    return {
      ...table.name,
      phase: table.phase,
      loadedRows,
      estimatedRows,
      changes: table.changes,
      rowsPerSecond: perSecond,
      remainingMs:
        perSecond === undefined || perSecond === 0 || estimatedRows === undefined
          ? undefined
          : (1000 * Math.max(0, estimatedRows - loadedRows)) / perSecond,
      reason: table.reason,
    }
  }

  #rate(table: FollowedTable): number | undefined {
    const now = this.#clock.now()
    const last = this.#rates.get(table)
    if (last === undefined || table.loadedRows < last.rows) {
      this.#rates.set(table, { sinceMs: now, rows: table.loadedRows, perSecond: undefined })
      return undefined
    }
    const elapsed = now - last.sinceMs
    const current = elapsed <= 0 ? undefined : (1000 * (table.loadedRows - last.rows)) / elapsed
    if (elapsed >= rateMs)
      this.#rates.set(table, { sinceMs: now, rows: table.loadedRows, perSecond: current })
    // Right after a sample was taken, the last one says more.
    return elapsed >= rateMs / 5 ? current : (last.perSecond ?? current)
  }
}
