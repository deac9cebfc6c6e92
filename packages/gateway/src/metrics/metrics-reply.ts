/**
 * What the listener mounts as GET routes beside the wire: plain functions from query parameters to a reply. They never
 * throw for what a client sends.
 */
export interface MetricsReply {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

export type MetricsHandler = (query: URLSearchParams) => MetricsReply
