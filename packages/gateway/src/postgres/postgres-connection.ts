/**
 * From a socket to a session: TLS if the client asks for it, the startup message, authentication, then messages one after the other.
 * What a client does wrong ends its own connection only.
 */
import { randomBytes, randomInt } from 'node:crypto'
import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'
import type { Turns } from '@millrace/lake'
import type { Clock } from '@millrace/values'
import * as reply from './backend-messages.ts'
import { BodyReader, type FrontendMessage, MessageReader, ProtocolFault } from './frontend-messages.ts'
import type { PostgresAuth, PostgresLimits, PostgresUser } from './postgres-port.ts'
import { PostgresSession } from './postgres-session.ts'
import { ScramExchange, ScramFault } from './scram.ts'
import type { SessionPlaces } from './session-places.ts'
import { serverVersion } from './system-catalog.ts'

export interface ConnectionServices {
  readonly auth: PostgresAuth
  readonly places: SessionPlaces
  readonly clock: Clock
  readonly limits: PostgresLimits
  readonly tls: SecureContext | undefined
  /** Of questions about the catalog. */
  readonly turns: Turns
  /** What the connection is known by to those who cancel its statement. */
  readonly register: (id: number, secret: number, cancel: () => void) => () => void
  readonly cancel: (id: number, secret: number) => void
}

const sslRequest = 80_877_103
const gssRequest = 80_877_104
const cancelRequest = 80_877_102

class FatalFault extends Error {
  readonly state: string

  constructor(state: string, message: string) {
    super(message)
    this.state = state
  }
}

export class PostgresConnection {
  readonly #services: ConnectionServices
  readonly #reader: MessageReader
  #socket: Socket
  #session: PostgresSession | undefined
  #unregister = (): void => {}
  #wake: (() => void) | undefined
  #isOver = false
  /** Nothing more will come. */
  #isSilent = false
  /** When something was last heard from the client, and whether it is waited for. */
  heardAt: number
  isWorking = false
  /** Since when the client takes nothing of what it is sent; undefined while it does. */
  stalledAt: number | undefined

  constructor(socket: Socket, services: ConnectionServices) {
    this.#services = services
    this.#socket = socket
    this.#reader = new MessageReader(services.limits.messageBytesMax)
    this.heardAt = services.clock.now()
    this.#listen(socket)
  }

  get isStarted(): boolean {
    return this.#session !== undefined
  }

  /** Resolves when the connection is closed. Never rejects. */
  async serve(): Promise<void> {
    try {
      const startup = await this.#startup()
      if (startup !== undefined) await this.#converse(startup)
    } catch (error) {
      await this.#sayFatal(error)
    } finally {
      this.#isOver = true
      this.#unregister()
      await this.#session?.close().catch(() => {})
      // Who does not take the last words is not waited for.
      if (this.#socket.writableNeedDrain) this.#socket.destroy()
      this.#socket.end()
      this.#socket.destroySoon()
    }
  }

  end(state: string, message: string): void {
    if (this.stalledAt !== undefined) {
      this.abandon()
      return
    }
    this.#socket.write(reply.errorResponse({ severity: 'FATAL', state, message }))
    this.#isOver = true
    this.#session?.cancel()
    this.#wake?.()
  }

  /** Without a word, since the client would not take it. */
  abandon(): void {
    this.#isOver = true
    this.#session?.cancel()
    this.#socket.destroy()
    this.#wake?.()
  }

  /** To be called while no message is worked off. */
  closePortals(): void {
    this.#session?.closeIdlePortals().catch(() => {})
  }

  #listen(socket: Socket): void {
    socket.on('data', (chunk: Buffer) => {
      this.heardAt = this.#services.clock.now()
      this.#reader.push(chunk)
      // Messages that come faster than they are worked off wait in the socket.
      if (this.isWorking) socket.pause()
      this.#wake?.()
    })
    const over = (): void => {
      this.#isOver = true
      this.#session?.cancel()
      this.#wake?.()
    }
    socket.on('error', over)
    socket.once('close', over)
    socket.once('end', () => {
      // What it sent before is answered.
      this.#isSilent = true
      this.#wake?.()
    })
  }

  /** Undefined at the end of the connection. */
  async #next(): Promise<FrontendMessage | undefined> {
    for (;;) {
      const message = this.#reader.next()
      if (message !== undefined) return message
      if (this.#isOver || this.#isSilent) return undefined
      this.isWorking = false
      await new Promise<void>((resolve) => {
        this.#wake = resolve
        this.#socket.resume()
      })
      this.#wake = undefined
      this.isWorking = true
    }
  }

  /** Parameters of the startup message; undefined where there is to be no session. */
  async #startup(): Promise<Map<string, string> | undefined> {
    for (let attempt = 0; attempt < 3; attempt++) {
      const message = await this.#next()
      if (message === undefined) return undefined
      const body = new BodyReader(message.body)
      const code = body.int32()
      if (code === cancelRequest) {
        this.#services.cancel(body.int32(), body.int32())
        return undefined
      }
      if (code === sslRequest) await this.#startTls()
      else if (code === gssRequest) await this.#send(Buffer.from('N'))
      else return this.#parameters(code, body)
    }
    throw new FatalFault('08P01', 'no startup message came')
  }

  async #startTls(): Promise<void> {
    const { tls } = this.#services
    if (tls === undefined || this.#socket instanceof TLSSocket) {
      await this.#send(Buffer.from('N'))
      return
    }
    // What came after the request in the clear would be taken for something that came under TLS.
    this.#reader.restart()
    const plain = this.#socket
    plain.removeAllListeners('data')
    await this.#send(Buffer.from('S'))
    const secure = new TLSSocket(plain, { isServer: true, secureContext: tls })
    this.#socket = secure
    this.#listen(secure)
  }

  async #parameters(code: number, body: BodyReader): Promise<Map<string, string>> {
    if (code >> 16 !== 3)
      throw new FatalFault(
        '0A000',
        `unsupported frontend protocol ${code >> 16}.${code & 0xffff}: the server speaks 3.0`,
      )
    const parameters = new Map<string, string>()
    for (;;) {
      const name = body.text()
      if (name === '') break
      parameters.set(name, body.text())
    }
    const unknown = [...parameters.keys()].filter((name) => name.startsWith('_pq_.'))
    if ((code & 0xffff) > 0 || unknown.length > 0) await this.#send(reply.negotiateProtocolVersion(unknown))
    this.#reader.begin()
    return parameters
  }

  async #converse(parameters: Map<string, string>): Promise<void> {
    const { places, register, clock, turns } = this.#services
    const name = parameters.get('user')
    if (name === undefined)
      throw new FatalFault('28000', 'no PostgreSQL user name specified in startup packet')
    const user = await this.#authenticate(name)
    const database = parameters.get('database') ?? name
    const schema = places.schemaOf(database, name)
    if (schema === undefined)
      throw new FatalFault(
        '3D000',
        `database "${database}" does not exist. There are ${places.databases().join(', ')}.`,
      )
    const settings = new Map([
      ['server_version', serverVersion],
      ['server_version_num', '150000'],
      ['server_encoding', 'UTF8'],
      ['client_encoding', 'UTF8'],
      ['application_name', parameters.get('application_name') ?? ''],
      ['is_superuser', 'off'],
      ['session_authorization', name],
      ['DateStyle', 'ISO, MDY'],
      ['IntervalStyle', 'postgres'],
      ['TimeZone', 'UTC'],
      ['integer_datetimes', 'on'],
      ['standard_conforming_strings', 'on'],
    ])
    for (const [setting, value] of settings) await this.#send(reply.parameterStatus(setting, value))
    for (const [setting, value] of [
      ['transaction_isolation', 'repeatable read'],
      ['default_transaction_isolation', 'repeatable read'],
      ['transaction_read_only', 'on'],
      ['default_transaction_read_only', 'on'],
      ['search_path', schema],
      ['max_identifier_length', '63'],
      ['max_index_keys', '32'],
      ['statement_timeout', '0'],
      ['extra_float_digits', '1'],
      ['bytea_output', 'hex'],
      ['lc_collate', 'C'],
      ['row_security', 'on'],
    ] as const)
      settings.set(setting, value)
    const session = new PostgresSession({
      ...places.services,
      access: user.access,
      user: name,
      database,
      schema,
      settings,
      clock,
      turns,
      send: (bytes) => this.#send(bytes),
    })
    this.#session = session
    const [id, secret] = [randomInt(1, 2 ** 31), randomInt(1, 2 ** 31)]
    this.#unregister = register(id, secret, () => session.cancel())
    await this.#send(reply.backendKeyData(id, secret))
    await this.#send(reply.readyForQuery('I'))
    for (;;) {
      const message = await this.#next()
      if (message === undefined || message.type === 'X') return
      await session.handle(message)
    }
  }

  async #authenticate(name: string): Promise<PostgresUser> {
    const { auth } = this.#services
    const asks = auth.user(name)
    if (asks.kind === 'trusted') {
      await this.#send(reply.authenticationOk)
      return asks.user
    }
    await this.#send(reply.authenticationSasl(['SCRAM-SHA-256']))
    const exchange = new ScramExchange(asks.secret, randomBytes(42))
    try {
      const first = new BodyReader(await this.#saslBody())
      const mechanism = first.text()
      if (mechanism !== 'SCRAM-SHA-256') throw new ScramFault(`mechanism "${mechanism}" is not offered`)
      await this.#send(
        reply.authenticationSaslContinue(exchange.begin(first.take(first.int32()).toString('utf8'))),
      )
      const proof = await exchange.finish((await this.#saslBody()).toString('utf8'))
      if (proof === undefined || asks.user === undefined)
        throw new FatalFault(
          '28P01',
          `password authentication failed for user "${name}": the user is the id of an access key, the password its secret`,
        )
      await this.#send(reply.authenticationSaslFinal(proof))
      await this.#send(reply.authenticationOk)
      return asks.user
    } catch (error) {
      if (error instanceof ScramFault) throw new FatalFault('08P01', error.message)
      throw error
    }
  }

  async #saslBody(): Promise<Buffer> {
    const message = await this.#next()
    if (message === undefined) throw new FatalFault('08006', 'the connection ended')
    if (message.type !== 'p') throw new FatalFault('08P01', 'expected a SASL response')
    return message.body
  }

  async #sayFatal(error: unknown): Promise<void> {
    const state =
      error instanceof FatalFault ? error.state : error instanceof ProtocolFault ? '08P01' : 'XX000'
    const message = error instanceof Error ? error.message : String(error)
    await this.#send(reply.errorResponse({ severity: 'FATAL', state, message }))
  }

  /** Waits where the client is slower than the server. */
  async #send(bytes: Buffer): Promise<void> {
    const socket = this.#socket
    if (this.#isOver || socket.destroyed || socket.write(bytes)) return
    this.stalledAt = this.#services.clock.now()
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.stalledAt = undefined
        socket.off('drain', done)
        socket.off('close', done)
        resolve()
      }
      socket.on('drain', done)
      socket.on('close', done)
    })
  }
}
