/** What a client may cost the gateway before it is cut off. */
export interface HttpLimits {
  /** Body of a request. */
  readonly bodyBytesMax: number
  /** Bodies of all requests in progress, together; beyond it requests are answered 503. */
  readonly bodyBytesInFlightMax: number
  readonly headerBytesMax: number
  readonly connectionsMax: number
  /** HTTP/2 streams open at once on one connection. */
  readonly streamsPerConnectionMax: number
  /** From the connection to the end of the first request's headers. */
  readonly headerTimeoutMs: number
  /** A connection without a request in progress is closed after this time. */
  readonly idleTimeoutMs: number
  /**
   * A body has to come, and a reply be taken, at this average rate, measured once the grace time has passed: about half
   * an hour for the largest body.
   */
  readonly bytesPerSecondMin: number
  readonly graceMs: number
  /** An event stream whose client takes nothing for this time is ended. */
  readonly stallTimeoutMs: number
}

const mebibyte = 1024 * 1024

export const defaultHttpLimits: HttpLimits = {
  // A PutRecords of 10 MiB grows to 13.4 MiB as base64, and 500 partition keys of 256 escaped characters add 0.8 MiB.
  bodyBytesMax: 16 * mebibyte,
  bodyBytesInFlightMax: 512 * mebibyte,
  headerBytesMax: 16 * 1024,
  connectionsMax: 10_000,
  streamsPerConnectionMax: 1000,
  headerTimeoutMs: 20_000,
  idleTimeoutMs: 300_000,
  bytesPerSecondMin: 8 * 1024,
  graceMs: 20_000,
  stallTimeoutMs: 60_000,
}
