/**
 * One connection that streams the log of a slot: opens it at a place, gives its messages, and tells the server in time what it may forget,
 * also while nobody reads (else the server would take us for dead after wal_sender_timeout).
 */
import type { Clock } from '@millrace/values'
import { CdcError } from '../../errors.ts'
import type { PostgresAddress } from '../connection/postgres-address.ts'
import { connectPostgres } from '../connection/postgres-driver.ts'
import { ConnectionLost } from '../connection/postgres-error.ts'
import { identifier, literal } from '../connection/sql-text.ts'
import { message, WireConnection } from '../connection/wire-connection.ts'
import { lastRow } from '../connection/wire-rows.ts'
import { type Lsn, lsnText } from '../pgoutput/lsn.ts'
import { keepaliveBytes, statusMessage, streamKind, xlogHeaderBytes } from './status-message.ts'

export interface StreamOptions {
  readonly address: PostgresAddress
  readonly slot: string
  readonly publication: string
  readonly connectTimeoutMs: number
  readonly clock: Clock
}

export interface ServerIdentity {
  /** Identifier of the cluster. */
  readonly system: string
  /** Grows by one with each standby that takes over. */
  readonly timeline: number
  /** See `timelineEnd`. */
  timelineHistory(): Promise<string>
}

/** The server is told about us this often, or three times in its patience, if that is shorter. */
const statusMsMax = 10_000
const statusMsMin = 100
/** So many times without a word from the server, though asked for one: it is gone. */
const silencesMax = 3

export class ReplicationStream {
  readonly #wire: WireConnection
  readonly #clock: Clock
  readonly #closed = new AbortController()
  #flushed: Lsn = 0n

  private constructor(wire: WireConnection, clock: Clock) {
    this.#wire = wire
    this.#clock = clock
  }

  /** Errors of the server come with their SQLSTATE as `code`. */
  static async open(
    options: StreamOptions,
    start: (server: ServerIdentity) => Promise<Lsn>,
  ): Promise<ReplicationStream> {
    const client = await connectPostgres(options.address, {
      isReplication: true,
      timeoutMs: options.connectTimeoutMs,
    })
    const wire = new WireConnection(client)
    try {
      const [system = '', timeline] = await lastRow(wire, 'IDENTIFY_SYSTEM')
      const [patience = ''] = await lastRow(wire, 'SHOW wal_sender_timeout')
      const lsn = await start({
        system,
        timeline: Number(timeline),
        timelineHistory: async () => (await lastRow(wire, `TIMELINE_HISTORY ${timeline}`))[1] ?? '',
      })
      const patienceMs = milliseconds(patience)
      const stream = new ReplicationStream(wire, options.clock)
      wire.query(
        `START_REPLICATION SLOT ${identifier(options.slot)} LOGICAL ${lsnText(lsn)} ` +
          `(proto_version '1', publication_names ${literal(identifier(options.publication))})`,
      )
      await stream.#started()
      void stream.#keepTelling(
        patienceMs === 0 ? statusMsMax : Math.max(statusMsMin, Math.min(statusMsMax, patienceMs / 3)),
      )
      return stream
    } catch (error) {
      wire.close()
      throw error
    }
  }

  async #started(): Promise<void> {
    const wire = this.#wire
    for (;;) {
      while (wire.next()) {
        if (wire.type === message.copyBoth) return
        if (wire.type === message.error) throw wire.error()
      }
      await wire.more()
    }
  }

  get bytes(): Buffer {
    return this.#wire.bytes
  }

  /** Of the message of pgoutput that `next` found. */
  get start(): number {
    return this.#wire.start + xlogHeaderBytes
  }

  get end(): number {
    return this.#wire.end
  }

  /**
   * Finds the next message: `change` (of pgoutput), `keepalive` (then `keepaliveEnd`), or undefined: nothing is here yet. Throws the error
   * that the server ended the stream with.
   */
  next(): 'change' | 'keepalive' | undefined {
    const wire = this.#wire
    while (wire.next()) {
      if (wire.type === message.copyData) {
        const kind = wire.bytes[wire.start]
        if (kind === streamKind.xlogData && wire.end - wire.start > xlogHeaderBytes) return 'change'
        if (kind === streamKind.keepalive && wire.end - wire.start === keepaliveBytes) {
          if (wire.bytes[wire.end - 1] === 1) this.#tell({ isReplyWanted: false })
          return 'keepalive'
        }
        throw new CdcError(
          'CDC_LOG_INVALID',
          "The stream of Postgres' log has a message that the protocol does not allow.",
        )
      }
      if (wire.type === message.error) throw wire.error()
      if (wire.type === message.copyDone || wire.type === message.ready) {
        throw new ConnectionLost('the server ended the stream')
      }
    }
    return undefined
  }

  /** Up to where the server has sent everything. */
  get keepaliveEnd(): Lsn {
    return this.#wire.bytes.readBigUInt64BE(this.#wire.start + 1)
  }

  more(until?: AbortSignal): Promise<void> {
    return this.#wire.more(until)
  }

  /** Makes `more` come back. */
  wake(): void {
    this.#wire.wake()
  }

  /** Asks the server how far it is: a keepalive answers. */
  ask(): void {
    this.#tell({ isReplyWanted: true })
  }

  flushed(lsn: Lsn): void {
    if (lsn <= this.#flushed) return
    this.#flushed = lsn
    this.#tell({ isReplyWanted: false })
  }

  #tell(options: { readonly isReplyWanted: boolean }): void {
    this.#wire.copyData(statusMessage(this.#flushed, this.#clock.now(), options))
  }

  async #keepTelling(everyMs: number): Promise<void> {
    const { signal } = this.#closed
    let silences = 0
    let received = this.#wire.receivedBytes
    for (;;) {
      await this.#clock.sleep(everyMs, signal)
      if (signal.aborted || this.#wire.isLost) return
      // While we hold the stream back, silence is our own doing.
      if (this.#wire.receivedBytes !== received || this.#wire.isPaused) silences = 0
      else if (++silences > silencesMax) {
        this.#wire.lose(new ConnectionLost('the server fell silent'))
        return
      }
      received = this.#wire.receivedBytes
      this.#tell({ isReplyWanted: silences > 0 })
    }
  }

  close(): void {
    this.#closed.abort()
    this.#wire.close()
  }
}

/** `1min`, `60s`, `0`. */
function milliseconds(text: string): number {
  const match = /^(\d+)(ms|s|min|h|d)?$/.exec(text)
  const unit = { ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? 'ms']
  return match === null ? statusMsMax : Number(match[1]) * (unit ?? 1)
}
