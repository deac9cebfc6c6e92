/** Pages beside the services: a path, answered to GET and HEAD (`/metrics`, `/healthz`). They ask for no signature. */
export interface RouteRequest {
  readonly path: string
  readonly query: URLSearchParams
  readonly signal: AbortSignal
  /** Name in lower case. */
  header(name: string): string | undefined
}

export interface RouteReply {
  /** Default 200. */
  readonly status?: number
  readonly contentType: string
  readonly body: string | Uint8Array
}

export type Route = (request: RouteRequest) => RouteReply | Promise<RouteReply>

/** By path. */
export type Routes = ReadonlyMap<string, Route>

/** Says that the gateway takes requests. */
export const healthRoute: Route = () => ({ contentType: 'text/plain; charset=utf-8', body: 'ok\n' })
