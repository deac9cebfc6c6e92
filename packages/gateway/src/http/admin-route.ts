/**
 * Pages of the administration: JSON in, JSON out, for the command line and a console. They show and change what an app holds,
 * so they are stricter than other pages:
 *
 *   verify            the request has to be signed by a key whose policy allows the action (`millrace:...`) on `*`
 *   lenient and off   which the gateway has on loopback only: the Host has to be a name of this machine, so that no name
 *                     server makes a page of elsewhere speak for it
 *   in all of them    a request that comes out of a web page (it has an Origin) has to come out of a page of this gateway, and
 *                     a POST has to be application/json, which no page of elsewhere may send unasked
 *
 * Replies: what the handler gives, as JSON; or `{"error": {"code", "message"}}`.
 */
import { WireError } from '../wire/wire-error.ts'
import type { Caller } from '../wire/wire-service.ts'
import type { Route, RouteReply, RouteRequest, RouteStream } from './routes.ts'

export interface AdminRequest {
  /** Whose signature was checked; undefined where the gateway checks none. */
  readonly caller: Caller | undefined
  readonly query: URLSearchParams
  /** The parsed body of a POST: an object; empty otherwise. */
  readonly body: Readonly<Record<string, unknown>>
  readonly signal: AbortSignal
  /** Of a client that lost an event stream and comes back for the rest. */
  readonly lastEventId?: string
}

export type AdminHandler = (request: AdminRequest) => unknown

/** A fault of the caller, with the status that says so. */
export class AdminProblem extends Error {
  override readonly name = 'AdminProblem'
  readonly code: string
  readonly status: number

  constructor(code: string, message: string, status = 400) {
    super(message)
    this.code = code
    this.status = status
  }
}

const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * What a handler gives to go on: each value is one server-sent event with its JSON as data. A comment is sent where nothing is to
 * be told for a while, since a client that is gone is noticed by what it does not take.
 */
export class AdminEvents {
  readonly events: AsyncIterable<AdminEvent>

  constructor(events: AsyncIterable<AdminEvent>) {
    this.events = events
  }
}

export interface AdminEvent {
  /** Default `message`. Of letters and dashes. */
  readonly event?: string
  /** What a client that comes back sends as Last-Event-ID. One line. */
  readonly id?: string
  /** Undefined: a comment, which clients pass over. */
  readonly data?: unknown
}

/** `action` is what a key's policy has to allow: `millrace:ListDeadLetters`. Errors that are no AdminProblem are faults of ours. */
export function adminRoute(action: string, handler: AdminHandler): Route {
  return async (request) => {
    try {
      const caller = admit(request, action)
      const body = request.method === 'POST' ? bodyOf(request) : {}
      const lastEventId = request.header('last-event-id')
      const answer = await handler({
        caller,
        query: request.query,
        body,
        signal: request.signal,
        ...(lastEventId === undefined ? {} : { lastEventId }),
      })
      return answer instanceof AdminEvents ? eventStream(answer.events) : reply(200, answer)
    } catch (error) {
      if (error instanceof AdminProblem) return problem(error.status, error.code, error.message)
      if (error instanceof WireError) return problem(error.status, error.type, error.message)
      throw error
    }
  }
}

function admit(request: RouteRequest, action: string): Caller | undefined {
  assertTrustedPage(request)
  if (request.authMode !== 'verify') return undefined
  const caller = request.authenticate()
  caller.authorize(action, '*')
  return caller
}

/** No page of elsewhere, and where no signatures are verified no name of elsewhere either. Throws an AdminProblem. */
export function assertTrustedPage(request: RouteRequest): void {
  const host = request.header('host') ?? request.header(':authority') ?? ''
  const origin = request.header('origin')
  if (origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`) {
    throw new AdminProblem('ORIGIN_REFUSED', `A page of ${origin} may not administer this gateway.`, 403)
  }
  if (request.authMode !== 'verify' && !loopbackHost.test(host)) {
    throw new AdminProblem(
      'HOST_REFUSED',
      `The request is for host ${JSON.stringify(host)}. Use localhost or 127.0.0.1, or create access keys and sign it.`,
      403,
    )
  }
}

function bodyOf(request: RouteRequest): Readonly<Record<string, unknown>> {
  if (!/^application\/json\s*(?:;|$)/i.test(request.header('content-type') ?? '')) {
    throw new AdminProblem('CONTENT_TYPE_REFUSED', 'The body has to be application/json.', 415)
  }
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(request.body))
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new AdminProblem('BODY_INVALID', `The body is not JSON: ${reason}.`)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new AdminProblem('BODY_INVALID', 'The body has to be a JSON object.')
  // Just checked; its members are the handler's to check.
  return value as Readonly<Record<string, unknown>>
}

function reply(status: number, value: unknown): RouteReply {
  return { status, contentType: 'application/json', body: `${JSON.stringify(value)}\n` }
}

function eventStream(events: AsyncIterable<AdminEvent>): RouteStream {
  return {
    contentType: 'text/event-stream',
    headers: { 'Cache-Control': 'no-store' },
    pieces: eventTexts(events),
  }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation; JSON has no line breaks. */
async function* eventTexts(events: AsyncIterable<AdminEvent>): AsyncGenerator<string> {
  // The head goes out with the first piece.
  yield ':\n\n'
  for await (const { event, id, data } of events) {
    if (data === undefined) {
      yield ':\n\n'
      continue
    }
    const name = event === undefined ? '' : `event: ${event}\n`
    const mark = id === undefined ? '' : `id: ${id}\n`
    yield `${name}${mark}data: ${JSON.stringify(data)}\n\n`
  }
}

function problem(status: number, code: string, message: string): RouteReply {
  return reply(status, { error: { code, message } })
}
