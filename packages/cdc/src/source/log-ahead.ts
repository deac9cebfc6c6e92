/** The log, read one batch ahead of the loop that takes it, so that the database works while records are committed. */
import type { Database } from '../database/database.ts'
import type { LogBatch, LogPosition, LogReader, LogTables } from '../log/log-reader.ts'

export interface LogAheadOptions {
  readonly database: Database
  readonly tables: LogTables
  /** Asked for at once. */
  readonly bytes: number
  readonly signal: AbortSignal
  /** A batch has come. */
  came(): void
  failed(error: unknown): void
}

export class LogAhead {
  readonly #options: LogAheadOptions
  #reader: LogReader | undefined
  #next: LogBatch | undefined
  #isReading = false

  constructor(options: LogAheadOptions) {
    this.#options = options
  }

  async open(position: LogPosition): Promise<void> {
    const { database, tables } = this.#options
    this.#reader = await database.openLog(position, tables)
  }

  /** The next batch, if it is there; the one after it is asked for. */
  take(): LogBatch | undefined {
    const next = this.#next
    this.#next = undefined
    this.#readAhead()
    return next
  }

  acknowledge(position: LogPosition): void {
    this.#reader?.acknowledge(position)
  }

  /** What was read and not taken is forgotten. */
  async close(): Promise<void> {
    const reader = this.#reader
    this.#reader = undefined
    this.#next = undefined
    await reader?.close()
  }

  #readAhead(): void {
    const { bytes, signal, came, failed } = this.#options
    const reader = this.#reader
    if (this.#isReading || this.#next !== undefined || reader === undefined || signal.aborted) return
    this.#isReading = true
    reader.read(bytes, signal).then(
      (batch) => {
        this.#isReading = false
        if (this.#reader !== reader) return
        this.#next = batch
        came()
      },
      (error: unknown) => {
        this.#isReading = false
        if (this.#reader === reader) failed(error)
      },
    )
  }
}
