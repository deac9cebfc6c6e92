/** A request over HTTP/2: one stream of a session, on the core interface of node:http2. */
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { Exchange, type ExchangeHost, type ReplyHeaders } from './exchange.ts'

export class Http2Exchange extends Exchange {
  readonly #stream: ServerHttp2Stream
  readonly #headers: IncomingHttpHeaders
  readonly #onDone: (exchange: Exchange) => void

  constructor(
    host: ExchangeHost,
    parts: {
      stream: ServerHttp2Stream
      headers: IncomingHttpHeaders
      rawHeaders: readonly string[]
      onDone: (exchange: Exchange) => void
    },
  ) {
    const { stream, headers, rawHeaders, onDone } = parts
    super(host, { method: headers[':method'] ?? '', url: headers[':path'] ?? '/', rawHeaders })
    this.#stream = stream
    this.#headers = headers
    this.#onDone = onDone
    stream.on('error', ignore)
    stream.on('close', this.#close)
  }

  get isSecure(): boolean {
    return this.#stream.session?.encrypted === true
  }

  header(name: string): string | undefined {
    const value = this.#headers[name]
    return typeof value === 'string' ? value : value?.join(', ')
  }

  destroy(): void {
    this.#stream.close(constants.NGHTTP2_CANCEL)
    this.#stream.destroy()
  }

  protected startReading(): void {
    if (this.#headers.expect === '100-continue') this.#stream.additionalHeaders({ ':status': 100 })
    this.#stream.on('data', this.takePiece)
    this.#stream.on('end', this.takeEnd)
  }

  protected sendReply(status: number, headers: ReplyHeaders, body: Uint8Array): void {
    if (this.#cannotSend) return
    const endStream = this.method === 'HEAD' || body.length === 0
    this.#stream.respond({ ':status': status, ...headers }, { endStream })
    if (!endStream) this.#stream.end(body)
    // Asks a client that is still sending to stop; what it has sent meanwhile is dropped.
    if (!this.#stream.readableEnded) this.#dropRest()
  }

  protected sendHead(status: number, headers: ReplyHeaders): void {
    if (this.#cannotSend) return
    this.#stream.on('drain', this.takeDrain)
    this.#stream.respond({ ':status': status, ...headers })
  }

  protected sendPiece(piece: Uint8Array): boolean {
    return this.#cannotSend || this.#stream.write(piece)
  }

  protected sendEnd(): void {
    if (!this.#cannotSend) this.#stream.end()
  }

  get #cannotSend(): boolean {
    return this.#stream.closed || this.#stream.destroyed
  }

  #dropRest(): void {
    this.#stream.resume()
    if (!this.#stream.endAfterHeaders) this.#stream.close(constants.NGHTTP2_NO_ERROR)
  }

  readonly #close = (): void => {
    this.finish()
    this.#onDone(this)
  }
}

/** A stream that a client resets is no fault of ours, and 'close' follows. */
function ignore(): void {}
