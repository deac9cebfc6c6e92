/**
 * What the listener mounts as GET routes beside the wire: plain functions from a request to a reply. They never throw for
 * what a client sends.
 */
export interface MetricsRequest {
  readonly query: URLSearchParams
}

export interface MetricsReply {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export type MetricsHandler = (request: MetricsRequest) => MetricsReply
