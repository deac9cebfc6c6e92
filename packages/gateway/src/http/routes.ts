/**
 * Pages beside the services: a path, answered to GET and HEAD (`/metrics`, `/healthz`), or to POST. They ask for no signature of
 * their own accord; those of the administration do (admin-route.ts).
 */
import type { AuthMode } from '../auth/authenticator.ts'
import type { Caller } from '../wire/wire-service.ts'

export interface RouteRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  /** Of a POST, whole and within the limits. */
  readonly body: Uint8Array
  readonly signal: AbortSignal
  readonly authMode: AuthMode
  /** Name in lower case. */
  header(name: string): string | undefined
  /** Checks the signature. Throws the WireError that the outcome calls for. */
  authenticate(): Caller
}

export interface RouteReply {
  /** Default 200. */
  readonly status?: number
  readonly contentType: string
  readonly body: string | Uint8Array
}

export type Route = (request: RouteRequest) => RouteReply | Promise<RouteReply>

/** By path; those of POST by `POST ` and the path. The path `/` belongs to the services. */
export type Routes = ReadonlyMap<string, Route>

/** Says that the gateway takes requests. */
export const healthRoute: Route = () => ({ contentType: 'text/plain; charset=utf-8', body: 'ok\n' })
