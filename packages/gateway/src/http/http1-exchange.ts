/** A request over HTTP/1.1, on node:http. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { TLSSocket } from 'node:tls'
import { Exchange, type ExchangeHost, type ReplyHeaders } from './exchange.ts'

export class Http1Exchange extends Exchange {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #onDone: (exchange: Exchange) => void

  constructor(
    host: ExchangeHost,
    parts: { request: IncomingMessage; response: ServerResponse; onDone: (exchange: Exchange) => void },
  ) {
    const { request, response, onDone } = parts
    // Both are set on requests of a server.
    super(host, { method: request.method!, url: request.url!, rawHeaders: request.rawHeaders })
    this.#request = request
    this.#response = response
    this.#onDone = onDone
    response.on('close', this.#close)
  }

  get isSecure(): boolean {
    return this.#request.socket instanceof TLSSocket
  }

  header(name: string): string | undefined {
    const value = this.#request.headers[name]
    return typeof value === 'string' ? value : value?.join(', ')
  }

  /** Last reply of its connection. */
  closeAfterReply(): void {
    if (!this.#response.headersSent) this.#response.setHeader('Connection', 'close')
  }

  get wasReadWhole(): boolean {
    return this.#request.complete
  }

  destroy(): void {
    this.#request.socket.destroy()
  }

  protected startReading(): void {
    this.#request.on('data', this.takePiece)
    this.#request.on('end', this.takeEnd)
  }

  protected sendReply(status: number, headers: ReplyHeaders, body: Uint8Array): void {
    this.#response.writeHead(status, headers).end(body)
  }

  protected sendHead(status: number, headers: ReplyHeaders): void {
    this.#response.on('drain', this.takeDrain)
    this.#response.writeHead(status, headers)
  }

  protected sendPiece(piece: Uint8Array): boolean {
    return this.#response.write(piece)
  }

  protected sendEnd(): void {
    this.#response.end()
  }

  readonly #close = (): void => {
    this.finish()
    this.#onDone(this)
  }
}
