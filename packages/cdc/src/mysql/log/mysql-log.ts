/**
 * The log of MySQL and MariaDB as a `LogReader`: a connection that is told to send the log, a decoder, and what happens when the
 * connection is lost. Then another one is opened after a pause that grows up to ten seconds (and a part of it is random, so that many readers
 * do not come back at once), the log is asked for from behind what was decoded, and nothing is given twice.
 *
 * By GTID where the position has them and the server too (then it may be another server of the same family tree), else by file and offset.
 */
import type { Clock, Random } from '@millrace/values'
import type { Connection } from 'mysql2'
import { CdcError } from '../../errors.ts'
import type { LogBatch, LogPosition, LogReader } from '../../log/log-reader.ts'
import { MysqlConnectError } from '../connection/connect-error.ts'
import { cutConnection, isConnectionLost } from '../connection/mysql-session.ts'
import { checkServer, ServerBehindError } from './check-server.ts'
import { DumpConnection } from './dump-connection.ts'
import { dumpError, positionLost, serverIdClash, serverIdTaken } from './dump-error.ts'
import { LogDecoder } from './log-decoder.ts'
import type { MysqlLogOptions } from './mysql-log-options.ts'

const heartbeatMsDefault = 1000
const pauseMsFirst = 100
const pauseMsMax = 10_000
/** By then, about a minute later, the server has given up what it had left of our last connection. */
const refusalsMax = 12
/** By then, some five minutes later, a replica has caught up or never will. */
const behindMax = 40
/** A server that says nothing for so many heartbeats, and at least so long, is taken for lost. */
const silentHeartbeats = 10
const silentMsMin = 30_000

/** Opens nothing yet: the first read connects. Error: CDC_POSITION. */
export function openMysqlLog(options: MysqlLogOptions): LogReader {
  return new MysqlLog(options)
}

class MysqlLog implements LogReader {
  readonly #options: MysqlLogOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #decoder: LogDecoder
  readonly #closing = new AbortController()
  readonly #uuid: string
  #serverId: number
  #dump: DumpConnection | undefined
  #pauseMs = 0
  /** Attempts in a row that ended because another connection has our server id. */
  #refusals = 0
  /** Attempts in a row at which the server lacked what was read already. */
  #behind = 0
  /** What ended reading for good; every later read says so again. */
  #failure: unknown

  constructor(options: MysqlLogOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#random = options.random
    this.#decoder = new LogDecoder(options)
    this.#serverId = options.serverId ?? randomServerId(options.random)
    this.#uuid = randomUuid(options.random)
  }

  async read(maxBytes: number, signal: AbortSignal): Promise<LogBatch> {
    if (this.#failure !== undefined) throw this.#failure
    const ends = AbortSignal.any([signal, this.#closing.signal])
    while (!(await this.#tryFill(maxBytes, ends)));
    return this.#decoder.takeBatch()
  }

  /** The server keeps its log by time and size, not for readers. */
  acknowledge(_position: LogPosition): void {}

  async close(): Promise<void> {
    this.#closing.abort()
    this.#drop()
  }

  /** False: the connection was lost, also that of the tracker; go on. */
  async #tryFill(maxBytes: number, signal: AbortSignal): Promise<boolean> {
    try {
      await this.#fill(maxBytes, signal)
      return true
    } catch (error) {
      // The event that it failed in was decoded in part: it has to come again.
      this.#drop()
      if (signal.aborted) return true
      if (isFinal(error) || !isConnectionLost(error)) {
        this.#failure = error
        throw error
      }
      this.#warnOf(error)
      return false
    }
  }

  /** Decodes until there is something to give, or the signal aborts. */
  async #fill(maxBytes: number, signal: AbortSignal): Promise<void> {
    const decoder = this.#decoder
    while (!signal.aborted && decoder.batchBytes < maxBytes) {
      if (decoder.hasPending) {
        await decoder.decodePending()
        continue
      }
      const event = this.#dump?.shift()
      if (event !== undefined) {
        const waiting = decoder.decode(event)
        if (waiting !== undefined) await waiting
        continue
      }
      if (decoder.hasMoved) return
      if (this.#dump === undefined) await this.#connect(signal)
      else await this.#wait(this.#dump, signal)
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { connect, family, heartbeatMs = heartbeatMsDefault } = this.#options
    if (this.#pauseMs > 0) await this.#clock.sleep(this.#pauseMs * (0.5 + this.#random.next() / 2), signal)
    if (signal.aborted) return
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, pauseMsFirst), pauseMsMax)
    let connection: Connection | undefined
    try {
      connection = await connect(signal)
      const position = this.#decoder.resumeAt
      const { server, isByGtid } = await checkServer(connection, family, position, {
        name: this.#options.name,
        tables: this.#tablesText(),
      })
      const { file, offset, gtids } = position
      this.#dump = await DumpConnection.open(connection, {
        family,
        serverId: this.#serverId,
        uuid: this.#uuid,
        file,
        offset,
        gtids: isByGtid ? gtids : undefined,
        heartbeatMs,
      })
      this.#behind = 0
      this.#decoder.beginAgain(server, this.#dump.hasChecksums)
    } catch (error) {
      if (connection !== undefined) cutConnection(connection)
      if (isFinal(error)) throw error
      if (signal.aborted) return
      this.#behind = error instanceof ServerBehindError ? this.#behind + 1 : 0
      if (this.#behind > behindMax && error instanceof ServerBehindError) {
        throw positionLost(
          this.#options.name,
          this.#decoder.resumeAt,
          error.message,
          this.#tablesText(),
          error,
        )
      }
      this.#warnOf(error)
    }
  }

  /** Until the server says something. */
  async #wait(dump: DumpConnection, signal: AbortSignal): Promise<void> {
    const failure = dump.failure
    if (failure !== undefined) return this.#lost(failure)
    const { heartbeatMs = heartbeatMsDefault } = this.#options
    const { received } = dump
    const done = new AbortController()
    const stop = AbortSignal.any([signal, done.signal])
    await Promise.race([
      new Promise<void>((resolve) => dump.onNews(resolve)),
      this.#clock.sleep(Math.max(silentMsMin, heartbeatMs * silentHeartbeats), stop),
    ])
    dump.onNews(undefined)
    done.abort()
    if (signal.aborted) return
    if (dump.received > received) this.#pauseMs = 0
    else if (dump.failure === undefined) this.#lost(new Error('the server has been silent for too long'))
  }

  #lost(failure: Error): void {
    this.#drop()
    const { name, serverId } = this.#options
    const clash = serverIdClash(failure)
    this.#refusals = clash === 'refused' ? this.#refusals + 1 : 0
    if (clash === undefined) {
      const error = dumpError(failure, this.#decoder.resumeAt, name, this.#tablesText())
      if (error !== undefined) throw error
    } else if (serverId === undefined) {
      this.#serverId = randomServerId(this.#random)
    } else if (clash === 'ended' || this.#refusals > refusalsMax) {
      throw serverIdTaken(name, serverId, failure)
    }
    this.#warnOf(failure)
  }

  #drop(): void {
    this.#dump?.close()
    this.#dump = undefined
  }

  #warnOf(error: unknown): void {
    this.#pauseMs = Math.max(this.#pauseMs, pauseMsFirst)
    const reason = error instanceof Error ? error.message : String(error)
    this.#options.warn?.(
      'CDC_CONNECT',
      `The log of ${this.#options.name} is not being read (${reason}); trying again.`,
    )
  }

  /** Which tables would have to be loaded again. */
  #tablesText(): string {
    const names = [...this.#options.tables.schemas()].map(({ schema, table }) => `${schema}.${table}`)
    const shown = names.slice(0, 20).join(', ')
    return names.length === 0
      ? 'all tables'
      : names.length > 20
        ? `${shown} and ${names.length - 20} more`
        : shown
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof MysqlConnectError ? error.isRefused : error instanceof CdcError
}

/** Far from the small numbers that people give to servers. */
function randomServerId(random: Random): number {
  return 0x4000_0000 + random.below(0xb000_0000)
}

function randomUuid(random: Random): string {
  const hex = Array.from({ length: 32 }, () => random.below(16).toString(16)).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
