/**
 * The connections of a gateway, from the accepted socket to the exchange. One plaintext port serves HTTP/1.1 and, to
 * clients that know it beforehand, HTTP/2: the first bytes tell (`PRI * HTTP/2.0`). On a TLS port ALPN tells. In both
 * cases the socket goes on to one server of node:http or node:http2, which never listen themselves.
 *
 * Nothing here has a timer of its own: one sweep each second ends what was too slow. That costs nothing per request and
 * runs under virtual time.
 */
import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  createServer as createHttp2Server,
  type Http2Session,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Exchange, ExchangeHost } from './exchange.ts'
import { Http1Exchange } from './http1-exchange.ts'
import { Http2Exchange } from './http2-exchange.ts'

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
const sweepEveryMs = 1000
/** Large enough that one body of 10 MiB over HTTP/2 does not wait for a window update every 64 KiB. */
const windowBytes = 1024 * 1024
/** For replies that wait in one session, in MB; the default of 10 is one large GetRecords. */
const sessionMemoryMb = 256

interface Connection {
  readonly socket: Socket
  protocol: 'unknown' | 'http1' | 'http2'
  session: ServerHttp2Session | undefined
  readonly exchanges: Set<Exchange>
  /** It has had a request: headers may take their time from now on as long as it may idle. */
  served: boolean
  /** Since when it is without a request. */
  idleSince: number
}

export class Connections {
  readonly #host: ExchangeHost
  /** As accepted, below TLS. */
  readonly #sockets = new Set<Socket>()
  readonly #connections = new Map<Socket, Connection>()
  readonly #sessions = new WeakMap<Http2Session, Connection>()
  /** While a session is made of a socket: a session gives out no more than a proxy of its socket. */
  #starting: Connection | undefined
  readonly #http1
  readonly #http2
  readonly #stop = new AbortController()
  #draining = false
  #onEmpty: (() => void) | undefined

  constructor(host: ExchangeHost) {
    this.#host = host
    const { limits } = host
    this.#http1 = createHttp1Server(
      { maxHeaderSize: limits.headerBytesMax, keepAliveTimeout: 0 },
      this.#serve1,
    )
    this.#http1.on('checkContinue', this.#serve1AfterExpect)
    this.#http1.timeout = 0
    this.#http2 = createHttp2Server({
      maxSessionMemory: sessionMemoryMb,
      settings: {
        maxConcurrentStreams: limits.streamsPerConnectionMax,
        initialWindowSize: windowBytes,
        maxHeaderListSize: limits.headerBytesMax,
      },
    })
    this.#http2.on('session', (session) => this.#welcome(session))
    this.#http2.on('stream', this.#serve2)
    void this.#sweepUntilClosed()
  }

  /** A socket was accepted. False: there are too many, and it was closed. */
  admit(socket: Socket): boolean {
    if (this.#draining || this.#sockets.size >= this.#host.limits.connectionsMax) {
      socket.destroy()
      return false
    }
    this.#sockets.add(socket)
    socket.on('error', ignore)
    socket.once('close', () => {
      this.#sockets.delete(socket)
    })
    return true
  }

  /** A plaintext connection: its first bytes tell the protocol. */
  servePlain(socket: Socket): void {
    const connection = this.#open(socket)
    let seen: Buffer = Buffer.alloc(0)
    const look = () => {
      // Null: nothing new, or the end.
      const bytes: Buffer | null = socket.read()
      if (bytes === null) return
      seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes])
      const known = Math.min(seen.length, preface.length)
      const mayBeHttp2 = seen.compare(preface, 0, known, 0, known) === 0
      if (mayBeHttp2 && known < preface.length) return
      socket.removeListener('readable', look)
      socket.removeListener('end', leave)
      socket.unshift(seen)
      if (mayBeHttp2) this.#startHttp2(connection)
      else this.#startHttp1(connection)
    }
    const leave = () => socket.destroy()
    socket.on('readable', look)
    socket.on('end', leave)
  }

  /** A TLS connection after its handshake. */
  serveTls(socket: TLSSocket): void {
    const connection = this.#open(socket)
    if (socket.alpnProtocol === 'h2') this.#startHttp2(connection)
    else this.#startHttp1(connection)
  }

  /**
   * Ends what is idle, tells HTTP/2 clients to go elsewhere, ends event streams, and lets the calls in progress finish;
   * after `boundMs` all that is left is cut off.
   */
  async drain(boundMs: number): Promise<void> {
    this.#draining = true
    for (const connection of this.#connections.values()) {
      connection.session?.close()
      if (connection.exchanges.size === 0) this.#endIdle(connection)
      for (const exchange of connection.exchanges) {
        if (exchange instanceof Http1Exchange) exchange.closeAfterReply()
        exchange.abort()
      }
    }
    // Sockets in a TLS handshake are no connections yet; nothing is lost with them.
    if (this.#connections.size > 0) {
      const emptied = new AbortController()
      this.#onEmpty = () => emptied.abort()
      await this.#host.clock.sleep(boundMs, emptied.signal)
    }
    this.#stop.abort()
    for (const socket of this.#sockets) socket.destroy()
  }

  #open(socket: Socket): Connection {
    const connection: Connection = {
      socket,
      protocol: 'unknown',
      session: undefined,
      exchanges: new Set(),
      served: false,
      idleSince: this.#host.clock.now(),
    }
    this.#connections.set(socket, connection)
    socket.on('error', ignore)
    socket.once('close', () => {
      this.#connections.delete(socket)
      if (this.#connections.size === 0) this.#onEmpty?.()
    })
    return connection
  }

  #startHttp1(connection: Connection): void {
    connection.protocol = 'http1'
    this.#http1.emit('connection', connection.socket)
  }

  #startHttp2(connection: Connection): void {
    connection.protocol = 'http2'
    // Accepted half-open for HTTP/1.1, where a client may end its side before it has read the reply.
    connection.socket.allowHalfOpen = false
    this.#starting = connection
    this.#http2.emit('connection', connection.socket)
    this.#starting = undefined
  }

  #welcome(session: ServerHttp2Session): void {
    session.setLocalWindowSize(4 * windowBytes)
    session.on('error', ignore)
    if (this.#starting === undefined) return
    this.#starting.session = session
    this.#sessions.set(session, this.#starting)
  }

  readonly #serve1 = (request: IncomingMessage, response: ServerResponse): void => {
    const connection = this.#connections.get(request.socket)
    if (connection === undefined) return
    const onDone = (done: Exchange) => this.#ended(connection, done)
    const exchange = new Http1Exchange(this.#host, { request, response, onDone })
    if (this.#draining) exchange.closeAfterReply()
    this.#begin(connection, exchange)
  }

  readonly #serve1AfterExpect = (request: IncomingMessage, response: ServerResponse): void => {
    // A body that is refused by its stated length need not be sent at all.
    const length = Number(request.headers['content-length'] ?? 0)
    if (length <= this.#host.limits.bodyBytesMax) response.writeContinue()
    this.#serve1(request, response)
  }

  readonly #serve2 = (
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    _flags: number,
    rawHeaders: readonly string[] = [],
  ): void => {
    const connection = stream.session === undefined ? undefined : this.#sessions.get(stream.session)
    if (connection === undefined) {
      stream.destroy()
      return
    }
    const onDone = (done: Exchange) => this.#ended(connection, done)
    this.#begin(connection, new Http2Exchange(this.#host, { stream, headers, rawHeaders, onDone }))
  }

  #begin(connection: Connection, exchange: Exchange): void {
    connection.exchanges.add(exchange)
    connection.served = true
    this.#host.begun(exchange)
  }

  #ended(connection: Connection, exchange: Exchange): void {
    connection.exchanges.delete(exchange)
    if (connection.exchanges.size > 0) return
    connection.idleSince = this.#host.clock.now()
    // What still comes of a refused body is dropped, but not for ever: it counts as the beginning of a next request.
    if (exchange instanceof Http1Exchange && !exchange.wasReadWhole) connection.served = false
    if (this.#draining) this.#endIdle(connection)
  }

  #endIdle({ protocol, session, socket }: Connection): void {
    // A session that is closing ends its socket itself, after it has said so to the client.
    if (session !== undefined) session.close()
    else if (protocol === 'http1') socket.destroySoon()
    else socket.destroy()
  }

  async #sweepUntilClosed(): Promise<void> {
    const { clock } = this.#host
    while (!this.#stop.signal.aborted) {
      await clock.sleep(sweepEveryMs, this.#stop.signal)
      this.#sweep(clock.now())
    }
  }

  #sweep(now: number): void {
    const { limits } = this.#host
    for (const connection of this.#connections.values()) {
      if (connection.exchanges.size === 0) {
        const allowedMs = connection.served ? limits.idleTimeoutMs : limits.headerTimeoutMs
        if (now - connection.idleSince <= allowedMs) continue
        // The first time a session says goodbye; where that does not end it, the socket goes.
        if (connection.session !== undefined && !connection.session.closed) connection.session.close()
        else connection.socket.destroy()
      } else {
        for (const exchange of connection.exchanges) if (this.#isTooSlow(exchange, now)) exchange.destroy()
      }
    }
  }

  #isTooSlow(exchange: Exchange, now: number): boolean {
    const { graceMs, bytesPerSecondMin, stallTimeoutMs } = this.#host.limits
    const elapsedMs = now - exchange.since
    if (exchange.phase === 'reading') {
      return elapsedMs > graceMs && exchange.bytes < (elapsedMs / 1000) * bytesPerSecondMin
    }
    if (exchange.phase !== 'sending') return false
    if (exchange.streaming) return elapsedMs > stallTimeoutMs
    return elapsedMs > graceMs && exchange.bytes < (elapsedMs / 1000) * bytesPerSecondMin
  }
}

/** A socket that a client breaks is no fault of ours, and 'close' follows. */
function ignore(): void {}
