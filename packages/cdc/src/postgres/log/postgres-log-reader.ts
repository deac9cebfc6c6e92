/**
 * Reads the log of a Postgres through a logical replication slot: transactions whole and in order of their commits, as pgoutput tells
 * them. The server decodes; a transaction that is larger than its logical_decoding_work_mem waits on its disk, and what we have not
 * read yet is held back by TCP, so that memory here is one batch and a few MiB of the socket.
 *
 * After a lost connection reading begins again at the start of the open transaction, and what was given before is passed over by count
 * (see `ChangeAssembler`). The server forgets only what `acknowledge` named.
 */
import type { DatabaseContext } from '../../database/database.ts'
import { CdcError } from '../../errors.ts'
import type { LogBatch, LogPosition, LogReader, LogTables } from '../../log/log-reader.ts'
import { isPassing, serverText, sqlState } from '../connection/postgres-error.ts'
import type { Lsn } from '../pgoutput/lsn.ts'
import type { Catalog } from '../schema/catalog-table.ts'
import { oidOf } from '../schema/schema-details.ts'
import { type CatalogLook, type LogEnd, logEnd, lookAtCatalog } from './catalog-look.ts'
import { ChangeAssembler } from './change-assembler.ts'
import { EventBuffer } from './event-buffer.ts'
import { checkServer, checkStart, refusedStream } from './lost-position.ts'
import { type LogOrigin, positionFromJson, positionToJson } from './postgres-position.ts'
import { ReplicationStream, type StreamOptions } from './replication-stream.ts'
import { TableTracker } from './table-tracker.ts'

export interface LogReaderOptions {
  readonly stream: StreamOptions
  readonly catalog: Catalog
  readonly context: DatabaseContext
  readonly tables: LogTables
  /** Time between looks at the catalog. */
  readonly catalogMs: number
}

/** Pauses before connecting again. */
const pauseMsMin = 100
const pauseMsMax = 10_000
/** While nothing comes, the end of the log is asked for so often. */
const askMs = 1000
/** Longer than a server usually takes to notice that a connection is gone (wal_sender_timeout is a minute). */
const heldMsMax = 90_000
/** A pause between looks at the catalog is at least so many times as long as a look. */
const lookShare = 20
/** Errors that we know no name for end reading when they come back so often without any progress. */
const refusalsMax = 3

export async function openPostgresLog(start: LogPosition, options: LogReaderOptions): Promise<LogReader> {
  const reader = new PostgresLogReader(start, options)
  await reader.open()
  return reader
}

class PostgresLogReader implements LogReader {
  readonly #options: LogReaderOptions
  readonly #assembler: ChangeAssembler
  readonly #tracker: TableTracker
  readonly #closed = new AbortController()
  /** Of the server that was read last. */
  #origin: LogOrigin
  #stream: ReplicationStream | undefined
  #acknowledged: Lsn = 0n
  #signals: { readonly of: AbortSignal; readonly any: AbortSignal } | undefined
  #pauseMs = 0
  /** Since when another reader holds the slot. */
  #heldSinceMs: number | undefined
  #refusals = 0
  /** A look at the catalog whose place the log has not reached, and what was known before it. */
  #look: { readonly result: CatalogLook; readonly since: number } | undefined
  /** The end of the log when it was asked for last, and when that was by our clock. */
  #end: LogEnd | undefined
  #endAskedAt = Number.NEGATIVE_INFINITY
  #isAsking = false
  #sourceTimeUs: number | undefined
  #wasCaughtUp = false

  constructor(start: LogPosition, options: LogReaderOptions) {
    const position = positionFromJson(start)
    this.#options = options
    this.#origin = { system: position.system, timeline: position.timeline }
    this.#tracker = new TableTracker(options.catalog, options.tables)
    this.#assembler = new ChangeAssembler(position, (change) => this.#tracker.apply(change))
  }

  async open(): Promise<void> {
    await this.#tracker.open()
    void this.#keepLooking()
  }

  async read(maxBytes: number, signal: AbortSignal): Promise<LogBatch> {
    const until = this.#until(signal)
    const out = new EventBuffer()
    const before = this.#assembler.start
    while (!until.aborted) {
      try {
        this.#stream ??= await this.#connect()
        await this.#fill(this.#stream, out, maxBytes, until, before)
        break
      } catch (error) {
        await this.#recover(error, out.events.length > 0, until)
        if (out.events.length > 0) break
      }
    }
    return this.#batch(out)
  }

  /** The caller's signal or our end; made once for each signal, since signals keep what is made of them. */
  #until(signal: AbortSignal): AbortSignal {
    if (this.#signals?.of !== signal) {
      this.#signals = { of: signal, any: AbortSignal.any([signal, this.#closed.signal]) }
    }
    return this.#signals.any
  }

  /** Reads until there is something to give: what is here without waiting, but not much beyond `maxBytes`. */
  async #fill(
    stream: ReplicationStream,
    out: EventBuffer,
    maxBytes: number,
    until: AbortSignal,
    before: Lsn,
  ): Promise<void> {
    const assembler = this.#assembler
    for (;;) {
      while (out.bytes < maxBytes) {
        if (
          this.#look !== undefined &&
          assembler.isBetweenTransactions &&
          assembler.start >= this.#look.result.lsn
        ) {
          await this.#takeLook(this.#look, out)
        }
        const kind = stream.next()
        if (kind === undefined) break
        if (kind === 'keepalive') {
          assembler.moveTo(stream.keepaliveEnd)
          continue
        }
        for (;;) {
          const unknown = assembler.take(stream.bytes, stream.start, stream.end, out)
          if (unknown === undefined) break
          await this.#tracker.resolve(unknown)
        }
        out.bytes += stream.end - stream.start
      }
      const isCaughtUp = this.#isCaughtUp()
      if (
        out.events.length > 0 ||
        assembler.start !== before ||
        until.aborted ||
        (isCaughtUp && !this.#wasCaughtUp)
      ) {
        if (out.events.length > 0 || assembler.start !== before) {
          this.#pauseMs = 0
          this.#refusals = 0
        }
        this.#askEnd(stream)
        return
      }
      // Passed changes fill no batch.
      if (out.bytes >= maxBytes) {
        out.bytes = 0
        continue
      }
      this.#askEnd(stream)
      await stream.more(until)
    }
  }

  async #takeLook(
    look: { readonly result: CatalogLook; readonly since: number },
    out: EventBuffer,
  ): Promise<void> {
    this.#look = undefined
    for (;;) {
      const changes = await this.#tracker.lookChanges(look.result, look.since)
      if (changes.length === 0) return
      for (const change of changes) {
        out.addBetween(
          { kind: 'schema', ...change, statement: undefined, transaction: undefined, order: 0 },
          this.#assembler.start,
        )
        this.#tracker.apply(change)
        const oid = change.after === undefined ? undefined : oidOf(change.after)
        if (oid !== undefined) this.#assembler.forgetRelation(oid)
      }
    }
  }

  #isCaughtUp(): boolean {
    const end = this.#end
    return end !== undefined && this.#assembler.isBetweenTransactions && this.#assembler.start >= end.flushed
  }

  /** Looks how far the server's log is, now and then, and makes the server tell how far it has decoded. */
  #askEnd(stream: ReplicationStream): void {
    const now = this.#options.context.clock.now()
    if (this.#isAsking || now - this.#endAskedAt < (this.#isCaughtUp() ? askMs : askMs / 4)) return
    this.#isAsking = true
    this.#endAskedAt = now
    logEnd(this.#options.catalog.sql)
      .then((end) => {
        this.#end = end
        if (this.#isCaughtUp()) this.#sourceTimeUs = Math.max(this.#sourceTimeUs ?? 0, end.timeUs)
        else stream.ask()
        stream.wake()
      })
      // The connection of statements comes back by itself.
      .catch(() => {})
      .finally(() => {
        this.#isAsking = false
      })
  }

  #batch(out: EventBuffer): LogBatch {
    const origin = this.#origin
    const last = out.events.at(-1)?.transaction
    if (last !== undefined) this.#sourceTimeUs = Math.max(this.#sourceTimeUs ?? 0, last.commitTimeUs)
    const isCaughtUp = this.#isCaughtUp()
    if (isCaughtUp && this.#end !== undefined) {
      this.#sourceTimeUs = Math.max(this.#sourceTimeUs ?? 0, this.#end.timeUs)
    }
    this.#wasCaughtUp = isCaughtUp
    return {
      events: out.events,
      positionAfter: (index) => positionToJson(out.positionAfter(index, origin)),
      position: positionToJson(this.#assembler.position(origin)),
      sourceTimeUs: this.#sourceTimeUs,
      isCaughtUp,
    }
  }

  async #connect(): Promise<ReplicationStream> {
    const { stream, catalog, tables } = this.#options
    this.#assembler.restart()
    await checkStart(catalog.sql, stream.slot, this.#assembler.start, tables)
    const opened = await ReplicationStream.open(stream, async (server) => {
      const here = this.#assembler.position(this.#origin)
      await checkServer(server, here, { name: stream.address.name, tables })
      this.#origin = { system: server.system, timeline: server.timeline }
      return here.lsn
    })
    opened.flushed(this.#acknowledged)
    return opened
  }

  /** After an error: a pause where trying again may help; else the error is thrown. */
  async #recover(error: unknown, hasEvents: boolean, until: AbortSignal): Promise<void> {
    const { context, stream, tables } = this.#options
    this.#stream?.close()
    this.#stream = undefined
    const cause = error instanceof CdcError && error.code === 'CDC_CONNECT' ? error.cause : error
    if (cause instanceof CdcError) throw cause
    if (sqlState(cause) === '55006') this.#slotIsHeld(cause)
    else this.#heldSinceMs = undefined
    if (!isPassing(cause)) {
      const refused = refusedStream(cause, { slot: stream.slot, publication: stream.publication, tables })
      if (refused !== undefined) throw refused
      if (error instanceof CdcError) throw error
      if (++this.#refusals > refusalsMax) {
        throw new CdcError(
          'CDC_LOG_UNSUPPORTED',
          `${stream.address.name} cannot give its log: ${serverText(cause)}.`,
          {
            cause,
          },
        )
      }
    }
    if (this.#pauseMs === 0) {
      const isHeld = sqlState(cause) === '55006'
      const next = isHeld
        ? 'It is asked for again; where another source or process reads it, give this one a slot of its own by the option slot.'
        : 'It is opened again.'
      context.warn(
        'CDC_CONNECT',
        `The log of ${stream.address.name} broke off: ${serverText(cause)}. ${next}`,
      )
    }
    this.#pauseMs = Math.min(pauseMsMax, Math.max(pauseMsMin, this.#pauseMs * 2))
    if (!hasEvents) await context.clock.sleep(this.#pauseMs, until)
  }

  /** Our own last connection may hold the slot until the server notices that it is gone; whoever holds it longer is another. */
  #slotIsHeld(cause: unknown): void {
    const { context, stream } = this.#options
    const now = context.clock.now()
    this.#heldSinceMs ??= now
    if (now - this.#heldSinceMs < heldMsMax) return
    throw new CdcError(
      'CDC_PREREQUISITE',
      `Slot ${stream.slot} is read by another: ${serverText(cause)}. Stop that one, or give this source a slot of its own by the option slot.`,
      { cause },
    )
  }

  async #keepLooking(): Promise<void> {
    const { catalog, catalogMs, context } = this.#options
    const { signal } = this.#closed
    while (!signal.aborted) {
      const startMs = context.clock.now()
      try {
        const since = this.#tracker.applied
        this.#tracker.adopt()
        const result = await lookAtCatalog(catalog, [...this.#tracker.known])
        this.#look = { result, since }
        this.#stream?.wake()
      } catch (error) {
        if (!isPassing(error) && !(error instanceof CdcError) && !signal.aborted) {
          context.warn('CDC_CONNECT', `The catalog could not be looked at: ${serverText(error)}.`)
        }
      }
      // Of many thousand tables a look takes a while: it must not be what the server does all day.
      const tookMs = context.clock.now() - startMs
      await context.clock.sleep(Math.max(catalogMs, lookShare * tookMs), signal)
    }
  }

  acknowledge(position: LogPosition): void {
    const { lsn } = positionFromJson(position)
    if (lsn <= this.#acknowledged) return
    this.#acknowledged = lsn
    this.#stream?.flushed(lsn)
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#stream?.close()
    this.#stream = undefined
  }
}
