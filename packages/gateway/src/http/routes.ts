/**
 * Pages beside the services: a path, answered to GET and HEAD (`/metrics`, `/healthz`), or to POST. They ask for no signature of
 * their own accord; those of the administration do (admin-route.ts).
 */
import type { AuthMode } from '../auth/authenticator.ts'
import type { BrowserSessions } from '../session/browser-sessions.ts'
import type { Caller } from '../wire/wire-service.ts'

export interface RouteRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Of a POST, whole and within the limits. */
  readonly body: Uint8Array
  readonly signal: AbortSignal
  readonly authMode: AuthMode
  /** It carries a signature, which is not checked yet. */
  readonly isSigned: boolean
  /** It came over TLS. */
  readonly isSecure: boolean
  readonly sessions: BrowserSessions
  /** Name in lower case. */
  header(name: string): string | undefined
  /** Checks the signature. Throws the WireError that the outcome calls for. */
  authenticate(): Caller
  /** Checks the token of `Authorization: Bearer`, or a signature where there is one. Throws like `authenticate`. */
  authenticateToken(): Caller
  /** A token for `<key id>:<secret>` or for a token that still holds; undefined if they are not ours. */
  issueToken(proof: string): { readonly token: string; readonly expiresSeconds: number } | undefined
}

export interface RouteReply {
  /** Default 200; 204 has no body. */
  readonly status?: number
  readonly contentType: string
  readonly body: string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
}

/** A reply that goes on: pieces of text, sent as they come and as fast as the client takes them. It ends with the iteration. */
export interface RouteStream {
  readonly contentType: string
  /** Left when the client goes away or the gateway drains, which the request's signal says as well. */
  readonly pieces: AsyncIterable<string>
  readonly headers?: Readonly<Record<string, string>>
}

export type RouteAnswer = RouteReply | RouteStream

export type Route = (request: RouteRequest) => RouteAnswer | Promise<RouteAnswer>

/** By path; those of POST by `POST ` and the path. The path `/` belongs to the services, but for a browser's GET. */
export type Routes = ReadonlyMap<string, Route>

/** All paths that begin with a prefix (`/iceberg/`), for GET, HEAD, POST and DELETE. Single paths go before trees. */
export interface RouteTree {
  readonly prefix: string
  readonly route: Route
}

/** Says that the gateway takes requests. */
export const healthRoute: Route = () => ({ contentType: 'text/plain; charset=utf-8', body: 'ok\n' })
