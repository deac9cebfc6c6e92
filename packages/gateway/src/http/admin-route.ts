/**
 * Pages of the administration: JSON in, JSON out, for the command line and the console. Who may have them, admit-request.ts says. A
 * POST has to be application/json, which no page of elsewhere may send unasked.
 *
 * Replies: what the handler gives, as JSON; or `{"error": {"code", "message"}}`. Browsers keep none of them.
 */
import { WireError } from '../wire/wire-error.ts'
import type { Caller } from '../wire/wire-service.ts'
import { AdminProblem } from './admin-problem.ts'
import { type Admission, admitRequest, assertTrustedPage } from './admit-request.ts'
import type { Route, RouteAnswer, RouteReply, RouteRequest, RouteStream } from './routes.ts'
import { safeHeaders } from './safe-headers.ts'

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

/** A page that says which action a key's policy has to allow. */
export interface AdminRoute extends Route {
  readonly action: string
}

/** `action`: `millrace:ListDeadLetters`, for example. Errors that are no AdminProblem are faults of ours. */
export function adminRoute(action: string, handler: AdminHandler): AdminRoute {
  const route: Route = (request) =>
    answer(async () => {
      const { caller, stillHolds } = admitRequest(request, action)
      const body = bodyOf(request)
      const lastEventId = request.header('last-event-id')
      const value = await handler({
        caller,
        query: request.query,
        body,
        signal: request.signal,
        ...(lastEventId === undefined ? {} : { lastEventId }),
      })
      return value instanceof AdminEvents ? eventStream(value.events, stillHolds) : reply(200, value)
    })
  return Object.assign(route, { action })
}

/** A page of another form, under the same rules: `/metrics.json`, for example. */
export function guardedRoute(action: string, inner: Route): AdminRoute {
  const route: Route = (request) =>
    answer(async () => {
      admitRequest(request, action)
      const given = await inner(request)
      return { ...given, headers: { ...safeHeaders, ...given.headers } }
    })
  return Object.assign(route, { action })
}

/** What the handler of a page for everybody gives: a value, and headers beside those that every page has. */
export interface OpenAnswer {
  readonly value: unknown
  readonly headers?: Readonly<Record<string, string>>
}

/** A page that asks for nobody's name, but that no page of elsewhere calls. */
export function openAdminRoute(
  handler: (request: RouteRequest, body: AdminRequest['body']) => OpenAnswer | Promise<OpenAnswer>,
): Route {
  return (request) =>
    answer(async () => {
      assertTrustedPage(request)
      const { value, headers } = await handler(request, bodyOf(request))
      return reply(200, value, headers)
    })
}

/** Paths below /admin/ that are no page. */
export const noSuchPage: Route = ({ method, path }) =>
  problem(404, 'PAGE_UNKNOWN', `There is no ${method} ${path}. docs/console-api.md lists the pages.`)

async function answer(work: () => Promise<RouteAnswer>): Promise<RouteAnswer> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AdminProblem) return problem(error.status, error.code, error.message)
    if (error instanceof WireError) return problem(error.status, error.type, error.message)
    throw error
  }
}

function bodyOf(request: RouteRequest): Readonly<Record<string, unknown>> {
  if (request.method !== 'POST') return {}
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

function reply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): RouteReply {
  return {
    status,
    contentType: 'application/json',
    body: `${JSON.stringify(value)}\n`,
    headers: { ...safeHeaders, ...headers },
  }
}

function eventStream(events: AsyncIterable<AdminEvent>, stillHolds: Admission['stillHolds']): RouteStream {
  return { contentType: 'text/event-stream', headers: safeHeaders, pieces: eventTexts(events, stillHolds) }
}

/** https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation; JSON has no line breaks. */
async function* eventTexts(
  events: AsyncIterable<AdminEvent>,
  stillHolds: Admission['stillHolds'],
): AsyncGenerator<string> {
  // The head goes out with the first piece.
  yield ':\n\n'
  for await (const { event, id, data } of events) {
    if (!stillHolds()) return
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
