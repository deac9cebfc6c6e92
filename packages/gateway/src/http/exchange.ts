/**
 * One request and its reply, over either version of HTTP. It collects the body within the limits, knows which phase it is
 * in and since when (so that the connections' sweeper can end what is too slow), and hands replies to the transport.
 *
 *   reading   the body comes in; `host.bodyRead` hears of its end
 *   handling  somebody works on the reply
 *   sending   the reply is on its way
 *   done      answered, or the client has gone
 *
 * Cost: a body that arrives in one piece is passed on as it is, any other is copied once.
 */
import type { Clock } from '@millrace/values'
import type { HttpLimits } from './http-limits.ts'

export type ExchangePhase = 'reading' | 'handling' | 'sending' | 'done'

export type ReplyHeaders = Readonly<Record<string, string | number>>

export interface ExchangeHost {
  readonly limits: HttpLimits
  readonly clock: Clock
  /** Bytes of bodies in progress, of all exchanges: requests until they are answered, replies until they are taken. */
  readonly bodies: { bytes: number }
  /** The headers are there. Answers at once, or has the body read by `readBody`. */
  begun(exchange: Exchange): void
  bodyRead(exchange: Exchange, body: Uint8Array): void
  /** The body is too large, or there is no room for it now; no more of it is kept. */
  bodyRefused(exchange: Exchange, reason: 'too large' | 'no room'): void
  /** The transport would not have the reply, which is a fault of ours; the client is cut off. */
  sendFailed(exchange: Exchange, error: unknown): void
}

const noBody = new Uint8Array(0)

export abstract class Exchange {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** Names and values in turn; over HTTP/2 with the pseudo-headers. */
  readonly rawHeaders: readonly string[]
  protected readonly host: ExchangeHost
  phase: ExchangePhase = 'handling'
  since: number
  /** Bytes of the body so far; of the reply, once it is being sent. */
  bytes = 0
  /** The reply is an event stream; a client that takes nothing is given less time. */
  streaming = false
  #pieces: Uint8Array[] = []
  #keeps = false
  #held = 0
  #abort: AbortController | undefined
  #aborted = false
  #onDrain: (() => void) | undefined

  constructor(host: ExchangeHost, request: { method: string; url: string; rawHeaders: readonly string[] }) {
    this.host = host
    this.method = request.method
    this.url = request.url
    this.rawHeaders = request.rawHeaders
    this.since = host.clock.now()
  }

  /** Over TLS. */
  abstract get isSecure(): boolean
  /** Name in lower case. */
  abstract header(name: string): string | undefined
  /** The whole reply, by one write. The body of a reply to HEAD is left out. */
  protected abstract sendReply(status: number, headers: ReplyHeaders, body: Uint8Array): void
  protected abstract sendHead(status: number, headers: ReplyHeaders): void
  /** False: the client is slower than we are; wait for `drained`. */
  protected abstract sendPiece(piece: Uint8Array): boolean
  protected abstract sendEnd(): void
  protected abstract startReading(): void
  /** Cuts the client off. */
  abstract destroy(): void

  get path(): string {
    const mark = this.url.indexOf('?')
    return mark < 0 ? this.url : this.url.slice(0, mark)
  }

  get isDone(): boolean {
    return this.phase === 'done'
  }

  /** Aborts when the client goes away or the gateway drains. */
  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#aborted) this.#abort.abort()
    return this.#abort.signal
  }

  abort(): void {
    this.#aborted = true
    this.#abort?.abort()
  }

  readBody(): void {
    const { limits } = this.host
    if (Number(this.header('content-length') ?? 0) > limits.bodyBytesMax) {
      this.host.bodyRefused(this, 'too large')
      return
    }
    this.#enter('reading')
    this.#keeps = true
    this.startReading()
  }

  reply(status: number, headers: ReplyHeaders, body: Uint8Array = noBody): void {
    if (this.phase === 'done' || this.phase === 'sending') return
    this.#letGoOfBody()
    this.#enter('sending')
    this.bytes = body.length
    // It is held until the client has taken it: a crowd of slow readers leaves no room for further requests.
    this.#held = body.length
    this.host.bodies.bytes += body.length
    try {
      // RFC 9110, 8.6: no length where there can be no body.
      this.sendReply(status, status === 204 ? headers : { ...headers, 'Content-Length': body.length }, body)
    } catch (error) {
      this.host.sendFailed(this, error)
      this.destroy()
    }
  }

  startStream(headers: ReplyHeaders): void {
    if (this.phase === 'done' || this.phase === 'sending') return
    this.#letGoOfBody()
    this.streaming = true
    this.#enter('handling')
    this.sendHead(200, headers)
  }

  /** Resolves once there is room for more, or the client has gone. */
  writeToStream(piece: Uint8Array): Promise<void> | undefined {
    if (this.phase === 'done') return undefined
    if (this.sendPiece(piece)) return undefined
    this.#enter('sending')
    return new Promise((resolve) => {
      this.#onDrain = resolve
    })
  }

  endStream(): void {
    if (this.phase === 'done') return
    this.#enter('sending')
    this.sendEnd()
  }

  protected readonly takePiece = (piece: Uint8Array): void => {
    if (!this.#keeps) return
    const { limits, bodies } = this.host
    this.bytes += piece.length
    this.#held += piece.length
    bodies.bytes += piece.length
    this.#pieces.push(piece)
    if (this.bytes > limits.bodyBytesMax) this.#refuse('too large')
    else if (bodies.bytes > limits.bodyBytesInFlightMax) this.#refuse('no room')
  }

  protected readonly takeEnd = (): void => {
    if (!this.#keeps) return
    this.#keeps = false
    const pieces = this.#pieces
    this.#pieces = []
    this.#enter('handling')
    const body = pieces.length === 1 ? pieces[0]! : pieces.length === 0 ? noBody : Buffer.concat(pieces)
    this.host.bodyRead(this, body)
  }

  protected readonly takeDrain = (): void => {
    if (this.phase === 'sending' && this.#onDrain !== undefined) this.#enter('handling')
    this.#wake()
  }

  /** The transport has nothing more to do for this exchange. */
  protected finish(): void {
    if (this.phase === 'done') return
    this.#letGoOfBody()
    this.#enter('done')
    this.abort()
    this.#wake()
  }

  #refuse(reason: 'too large' | 'no room'): void {
    this.#letGoOfBody()
    this.host.bodyRefused(this, reason)
  }

  /** What still comes of the body is read and dropped from here on. */
  #letGoOfBody(): void {
    this.#keeps = false
    this.#pieces = []
    this.host.bodies.bytes -= this.#held
    this.#held = 0
  }

  #wake(): void {
    const wake = this.#onDrain
    this.#onDrain = undefined
    wake?.()
  }

  #enter(phase: ExchangePhase): void {
    this.phase = phase
    this.since = this.host.clock.now()
  }
}
