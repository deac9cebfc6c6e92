/**
 * From an exchange to the service that its target names, and back: the rules of the AWS transport (spec: transport and
 * error tables). The order of the checks is method, content type, target; then the service reads the body, authenticates
 * and goes on. A request that is no call of a service in a known encoding is answered in XML, as the real front end does.
 */
import { randomUUID } from 'node:crypto'
import { crc32 } from 'node:zlib'
import type { Clock } from '@millrace/values'
import type { Authenticator } from '../auth/authenticator.ts'
import { isSigned } from '../auth/credential.ts'
import type { BrowserSessions } from '../session/browser-sessions.ts'
import { contentTypes, encodeBody, errorBody } from '../wire/body-codec.ts'
import { eventStreamType } from '../wire/event-stream.ts'
import type { FormReply, FormService } from '../wire/form-service.ts'
import { WireError } from '../wire/wire-error.ts'
import type { Caller, WireCall, WireEncoding, WireReply, WireService } from '../wire/wire-service.ts'
import { sendEvents, sendPieces } from './event-reply.ts'
import type { Exchange, ExchangeHost } from './exchange.ts'
import { foreignError, foreignReply, foreignService } from './foreign-service.ts'
import type { HttpLimits } from './http-limits.ts'
import { addressOf, jsonProtocol, type Protocol, protocolOf } from './protocol.ts'
import { ReplyHeaderWriter } from './reply-headers.ts'
import type { Route, RouteAnswer, Routes, RouteTree } from './routes.ts'
import { safeHeaders } from './safe-headers.ts'

/** A fault of our own: a client hears no more than its request id. */
export interface GatewayFailure {
  readonly requestId: string
  /** Target or path. */
  readonly call: string
  readonly error: unknown
}

export interface DispatcherOptions {
  readonly services: readonly WireService[]
  readonly routes: Routes
  readonly trees: readonly RouteTree[]
  readonly forms: FormService | undefined
  readonly authenticator: Authenticator
  readonly sessions: BrowserSessions
  readonly limits: HttpLimits
  readonly clock: Clock
  readonly onFailure: (failure: GatewayFailure) => void
}

const noBody = new Uint8Array(0)

export class Dispatcher implements ExchangeHost {
  readonly limits: HttpLimits
  readonly clock: Clock
  readonly bodies = { bytes: 0 }
  readonly #services: ReadonlyMap<string, WireService>
  readonly #options: DispatcherOptions
  readonly #headers: ReplyHeaderWriter

  constructor(options: DispatcherOptions) {
    this.#options = options
    this.limits = options.limits
    this.clock = options.clock
    this.#headers = new ReplyHeaderWriter(options.clock)
    this.#services = new Map(options.services.map((service) => [service.targetPrefix, service]))
  }

  begun(exchange: Exchange): void {
    const { method } = exchange
    const isRead = method === 'GET' || method === 'HEAD'
    const page = isRead && !isForService(exchange) ? this.#options.routes.get(exchange.path) : undefined
    const route = page ?? (isRead || method === 'DELETE' ? this.#treeOf(exchange.path) : undefined)
    if (method === 'POST') exchange.readBody()
    else if (method === 'OPTIONS') exchange.reply(200, this.#headers.preflight(exchange, randomUUID()))
    else if (route !== undefined) void this.#answerRoute(exchange, route, noBody)
    else this.#deny(exchange)
  }

  bodyRead(exchange: Exchange, body: Uint8Array): void {
    const route = exchange.url === '/' ? undefined : this.#postRoute(exchange.path)
    if (route !== undefined) {
      void this.#answerRoute(exchange, route, body)
      return
    }
    const address = addressOf(exchange)
    switch (address.kind) {
      case 'operation': {
        const { protocol, prefix, operation } = address
        const service = this.#services.get(prefix)
        if (service === undefined) this.#refuseTarget(exchange, protocol, `${prefix}.${operation}`)
        else this.#call(exchange, service, { operation, protocol, body })
        break
      }
      case 'unnamed':
        this.#refuseTarget(exchange, address.protocol, address.target)
        break
      case 'form': {
        const { forms } = this.#options
        if (this.#refuseForeign(exchange, 'query')) return
        if (forms === undefined) this.#refuseEncoding(exchange, false)
        else this.#answerForm(exchange, forms, body)
        break
      }
      case 'unknown type':
        this.#refuseEncoding(exchange, address.hasTarget)
    }
  }

  #postRoute(path: string): Route | undefined {
    return this.#options.routes.get(`POST ${path}`) ?? this.#treeOf(path)
  }

  #treeOf(path: string): Route | undefined {
    return this.#options.trees.find(({ prefix }) => path.startsWith(prefix))?.route
  }

  bodyRefused(exchange: Exchange, reason: 'too large' | 'no room'): void {
    const error =
      reason === 'too large'
        ? new WireError(
            'RequestEntityTooLargeException',
            `The body has more than ${this.limits.bodyBytesMax} bytes.`,
            { status: 413 },
          )
        : new WireError('ServiceUnavailableException', 'Too many requests are in progress. Try again.', {
            status: 503,
          })
    const protocol = protocolOf(exchange.header('content-type')) ?? jsonProtocol
    this.#sendError(exchange, { protocol, requestId: randomUUID() }, error)
  }

  sendFailed(exchange: Exchange, error: unknown): void {
    this.#options.onFailure({ requestId: '', call: `${exchange.method} ${exchange.path}`, error })
  }

  #call(
    exchange: Exchange,
    service: WireService,
    parts: { operation: string; protocol: Protocol; body: Uint8Array },
  ): void {
    const call = new Call(exchange, { ...parts, service }, this.#options.authenticator)
    try {
      const reply = service.handle(call)
      if (reply instanceof Promise) {
        reply
          .then((settled) => this.#answer(exchange, call, settled))
          .catch((error) => this.#fail(exchange, call, error))
      } else this.#answer(exchange, call, reply)
    } catch (error) {
      this.#fail(exchange, call, error)
    }
  }

  #answer(exchange: Exchange, call: Call, reply: WireReply): void {
    const { encoding, requestId } = call
    switch (reply.kind) {
      case 'bytes':
        this.#send(exchange, call, reply.bytes)
        break
      case 'value':
        this.#send(exchange, call, reply.value === undefined ? undefined : encodeBody(reply.value, encoding))
        break
      case 'events': {
        const headers = this.#headers.headers(exchange, requestId)
        headers['Content-Type'] = eventStreamType
        const explain = (error: unknown) => this.#explain(call, error)
        sendEvents(exchange, { events: reply.events, encoding, headers, explain }).catch((error) => {
          this.#explain(call, error)
          exchange.destroy()
        })
      }
    }
  }

  #refuseEncoding(exchange: Exchange, hasTarget: boolean): void {
    if (hasTarget && this.#options.authenticator.admitsUnsigned(exchange)) {
      this.#sendXml(exchange, {
        status: 404,
        type: 'UnknownOperationException',
        text: '<UnknownOperationException/>\n',
      })
    } else this.#deny(exchange)
  }

  #answerForm(exchange: Exchange, forms: FormService, body: Uint8Array): void {
    const call = new Call(
      exchange,
      { operation: '', protocol: jsonProtocol, body },
      this.#options.authenticator,
    )
    let reply: FormReply
    try {
      reply = forms.handleForm(call)
    } catch (error) {
      this.#fail(exchange, call, error)
      return
    }
    const headers = this.#headers.headers(exchange, call.requestId)
    headers['Content-Type'] = reply.contentType
    exchange.reply(reply.status, headers, Buffer.from(reply.body))
  }

  /** Whether the request was signed for a service that is not here; then it is answered. */
  #refuseForeign(exchange: Exchange, form: 'query' | 'rest'): boolean {
    const service = foreignService(exchange.header('authorization'))
    if (service === undefined) return false
    const { contentType, body } = foreignReply(service, form)
    const headers = this.#headers.headers(exchange, randomUUID())
    headers['x-amzn-ErrorType'] = 'UnknownOperationException'
    headers['Content-Type'] = contentType
    exchange.reply(400, headers, Buffer.from(body))
    return true
  }

  #refuseTarget(exchange: Exchange, protocol: Protocol, target: string): void {
    const service = foreignService(exchange.header('authorization'))
    if (service !== undefined) {
      this.#sendError(exchange, { protocol, requestId: randomUUID() }, foreignError(service))
      return
    }
    const known = [...this.#services.keys()].map((prefix) => `${prefix}.<operation>`).join(' or ')
    const text = `X-Amz-Target "${target}" names no operation. It has to be ${known}.`
    const error = new WireError('UnknownOperationException', text)
    this.#sendError(exchange, { protocol, requestId: randomUUID() }, error)
  }

  #send(exchange: Exchange, { protocol, requestId, service }: Call, body: Uint8Array | undefined): void {
    const headers = this.#headers.headers(exchange, requestId)
    nameProtocol(headers, protocol)
    if (service?.isChecksummed === true) headers['x-amz-crc32'] = crc32(body ?? '')
    exchange.reply(200, headers, body)
  }

  #fail(exchange: Exchange, call: Call, error: unknown): void {
    this.#sendError(exchange, call, this.#explain(call, error))
  }

  #explain(call: Call, error: unknown): WireError {
    if (error instanceof WireError) return error
    this.#options.onFailure({ requestId: call.requestId, call: call.operation, error })
    return internalFailure()
  }

  #sendError(
    exchange: Exchange,
    {
      protocol,
      requestId,
      service,
    }: {
      readonly protocol: Protocol
      readonly requestId: string
      readonly service?: WireService | undefined
    },
    error: WireError,
  ): void {
    const { encoding } = protocol
    const headers = this.#headers.headers(exchange, requestId)
    nameProtocol(headers, protocol)
    headers['x-amzn-ErrorType'] = error.type
    const body = encodeBody(service?.errorBody?.(error) ?? errorBody(error), encoding)
    if (service?.isChecksummed === true) headers['x-amz-crc32'] = crc32(body)
    exchange.reply(error.status, headers, body)
  }

  /** No service and no route: the front end cannot even tell what should be authorized. */
  #deny(exchange: Exchange): void {
    if (this.#refuseForeign(exchange, 'rest')) return
    const [type, text] = this.#options.authenticator.admitsUnsigned(exchange)
      ? ['AccessDeniedException', 'Unable to determine service/operation name to be authorized']
      : ['MissingAuthenticationTokenException', 'Missing Authentication Token']
    this.#sendXml(exchange, {
      status: 403,
      type,
      text: `<${type}>\n  <Message>${text}</Message>\n</${type}>\n`,
    })
  }

  #sendXml(exchange: Exchange, reply: { status: number; type: string; text: string }): void {
    const headers = this.#headers.headers(exchange, randomUUID())
    headers['x-amzn-ErrorType'] = reply.type
    exchange.reply(reply.status, headers, Buffer.from(reply.text))
  }

  async #answerRoute(exchange: Exchange, route: Route, body: Uint8Array): Promise<void> {
    const { authenticator } = this.#options
    const call = new Call(exchange, { operation: '', protocol: jsonProtocol, body }, authenticator)
    const { requestId } = call
    const mark = exchange.url.indexOf('?')
    let reply: RouteAnswer
    try {
      reply = await route({
        method: exchange.method,
        path: exchange.path,
        query: new URLSearchParams(mark < 0 ? '' : exchange.url.slice(mark + 1)),
        body,
        signal: exchange.signal,
        authMode: authenticator.mode,
        isSigned: isSigned(exchange),
        isSecure: exchange.isSecure,
        sessions: this.#options.sessions,
        header: (name) => exchange.header(name),
        authenticate: () => call.authenticate(),
        authenticateToken: () => {
          const token = /^bearer +(\S+)$/i.exec(exchange.header('authorization') ?? '')?.[1]
          const isSignedInstead = token === undefined && isSigned(exchange)
          return isSignedInstead ? call.authenticate() : authenticator.authenticateToken(token)
        },
        issueToken: (proof) => authenticator.issueToken(proof),
      })
    } catch (error) {
      this.#options.onFailure({ requestId, call: exchange.path, error })
      reply = {
        status: 500,
        contentType: 'text/plain; charset=utf-8',
        body: `internal failure ${requestId}\n`,
        headers: safeHeaders,
      }
    }
    const headers = this.#headers.headers(exchange, requestId)
    Object.assign(headers, reply.headers)
    headers['Content-Type'] = reply.contentType
    if (!('pieces' in reply)) {
      exchange.reply(reply.status ?? 200, headers, Buffer.from(reply.body))
      return
    }
    try {
      await sendPieces(exchange, reply.pieces, headers)
    } catch (error) {
      this.#options.onFailure({ requestId, call: exchange.path, error })
      exchange.destroy()
    }
  }
}

/** `GET /` is the front door of services elsewhere (S3 lists buckets by it); a browser that comes to it says that it reads HTML. */
function isForService(exchange: Exchange): boolean {
  return exchange.path === '/' && exchange.header('accept')?.includes('text/html') !== true
}

function nameProtocol(headers: Record<string, string | number>, protocol: Protocol): void {
  headers['Content-Type'] = protocol.contentType ?? contentTypes[protocol.encoding]
  if (protocol.smithyProtocol !== undefined) headers['smithy-protocol'] = protocol.smithyProtocol
}

class Call implements WireCall {
  readonly operation: string
  readonly encoding: WireEncoding
  readonly protocol: Protocol
  readonly body: Uint8Array
  readonly service: WireService | undefined
  readonly requestId = randomUUID()
  readonly #authenticator: Authenticator
  readonly #exchange: Exchange
  #caller: Caller | undefined

  constructor(
    exchange: Exchange,
    parts: { operation: string; protocol: Protocol; body: Uint8Array; service?: WireService },
    authenticator: Authenticator,
  ) {
    this.#exchange = exchange
    this.operation = parts.operation
    this.encoding = parts.protocol.encoding
    this.protocol = parts.protocol
    this.body = parts.body
    this.service = parts.service
    this.#authenticator = authenticator
  }

  /** Made when it is asked for: most calls are over before anybody could abort them. */
  get signal(): AbortSignal {
    return this.#exchange.signal
  }

  authenticate(): Caller {
    const { method, url, rawHeaders } = this.#exchange
    this.#caller ??= this.#authenticator.authenticate({ method, url, rawHeaders, body: this.body })
    return this.#caller
  }
}

function internalFailure(): WireError {
  return new WireError(
    'InternalFailureException',
    'The request processing has failed because of an unknown error, exception or failure.',
    { status: 500 },
  )
}
