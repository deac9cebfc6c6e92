/**
 * Looks after the log while nobody does: a heartbeat moves it where nothing is written, and its health is asked for, so that somebody
 * is told while there is still time. Alarms are said when they begin, and again when they have been over.
 */
import type { Clock } from '@millrace/values'
import type { Database, LogHealth } from '../database/database.ts'
import type { LogPosition } from '../log/log-reader.ts'
import type { CdcSettings } from './cdc-settings.ts'

export interface GuardsHost {
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly settings: CdcSettings
  /** Undefined: none is known at the moment. */
  readonly database: Database | undefined
  /** What is on disk here; undefined: nothing yet. */
  readonly position: LogPosition | undefined
  warn(code: string, message: string): void
  healthCame(health: LogHealth): void
}

const healthEveryMs = 10_000

export class Guards {
  readonly #host: GuardsHost
  readonly #closing = new AbortController()
  /** Alarms that are on. */
  readonly #on = new Set<string>()
  #running: Promise<unknown> = Promise.resolve()

  constructor(host: GuardsHost) {
    this.#host = host
  }

  start(): void {
    const { heartbeatMs } = this.#host.settings
    this.#running = Promise.all([
      this.#every(healthEveryMs, (database) => this.#askHealth(database)),
      heartbeatMs > 0 ? this.#every(heartbeatMs, (database) => database.heartbeat()) : undefined,
    ])
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#running
  }

  async #every(ms: number, act: (database: Database) => Promise<void>): Promise<void> {
    const { clock, signal } = this.#host
    const either = AbortSignal.any([signal, this.#closing.signal])
    while (!either.aborted) {
      await clock.sleep(ms, either)
      const { database } = this.#host
      // A database that is away is reported by those who read from it.
      if (!either.aborted && database !== undefined) await act(database).then(undefined, () => {})
    }
  }

  async #askHealth(database: Database): Promise<void> {
    const { position, settings } = this.#host
    if (position === undefined) return
    const health = await database.health(position)
    this.#host.healthCame(health)
    const { behindBytes, keptBytesMax, expiresInMs, slotStatus } = health
    const bound = Math.min(settings.alarmBehindBytes, (keptBytesMax ?? Number.POSITIVE_INFINITY) / 2)
    const isLate = slotStatus === 'unreserved' || slotStatus === 'extended'
    this.#alarm(
      'CDC_LOG_BEHIND',
      (behindBytes !== undefined && behindBytes > bound) || isLate,
      () =>
        `${database.name} keeps ${sizeText(behindBytes)} of its log for this source` +
        (keptBytesMax === undefined
          ? ' without a bound: its disk fills up'
          : `, and gives up on it at ${sizeText(keptBytesMax)}: then the tables have to be loaded again`) +
        `${slotStatus === undefined ? '' : ` (slot: ${slotStatus})`}. Look whether readers of the stream are slow, or the source is.`,
    )
    this.#alarm(
      'CDC_LOG_EXPIRES',
      expiresInMs !== undefined && expiresInMs < settings.alarmExpiresInMs,
      () =>
        `${database.name} drops the log at the place that this source has reached in ${hoursText(expiresInMs ?? 0)}: then the ` +
        'tables have to be loaded again. Let the source catch up, or keep the log longer (binlog_expire_logs_seconds).',
    )
  }

  #alarm(code: string, isOn: boolean, message: () => string): void {
    if (!isOn) this.#on.delete(code)
    else if (!this.#on.has(code)) {
      this.#on.add(code)
      this.#host.warn(code, message())
    }
  }
}

function sizeText(bytes: number | undefined): string {
  return bytes === undefined
    ? 'part'
    : `${(bytes / 2 ** 20).toLocaleString('en-US', { maximumFractionDigits: 1 })} MiB`
}

function hoursText(ms: number): string {
  const hours = ms / 3_600_000
  return hours >= 1 ? `${hours.toFixed(1)} hours` : `${Math.max(0, Math.round(ms / 60_000))} minutes`
}
