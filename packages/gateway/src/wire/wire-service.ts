/**
 * The port between the listener and the services behind it. The listener owns connections, limits, request ids and the
 * encoding of replies; a service owns the meaning of its operations.
 *
 * Values on their way out are plain trees that do not depend on the encoding: strings, finite numbers, booleans, arrays,
 * objects (members that are undefined are left out), Uint8Array for blobs and Date for timestamps. The listener writes
 * them as JSON 1.1 (base64, epoch seconds with fraction) or CBOR (byte string, tag 1 with epoch milliseconds).
 *
 * Duties of a service: read the body first (a fault there is a SerializationException), then call `authenticate`, then
 * check members, existence and state, in this order: an unauthenticated caller must not learn whether a stream exists.
 */
import type { WireError } from './wire-error.ts'

export type WireEncoding = 'json' | 'cbor'

/** Who calls, as the signature has shown. */
export interface Caller {
  /** Id of the access key; 'anonymous' when authentication is off and the request carries none. */
  readonly keyId: string
  /** Twelve digits. */
  readonly account: string
  /** Throws AccessDeniedException unless the key's policy allows the action (`kinesis:PutRecords`) on the resource. */
  authorize(action: string, resourceArn: string): void
}

export interface WireCall {
  /** The part of X-Amz-Target after the dot. */
  readonly operation: string
  readonly encoding: WireEncoding
  /** Whole and within the limits. Owned by the service until it has answered. */
  readonly body: Uint8Array
  readonly requestId: string
  /** Aborts when the client goes away or the gateway drains. */
  readonly signal: AbortSignal
  /** Checks the signature. Throws the WireError that the outcome calls for. */
  authenticate(): Caller
}

export type WireReply =
  /** Undefined: an empty body. */
  | { readonly kind: 'value'; readonly value: object | undefined }
  /** A body that the service has encoded itself, in the call's encoding. */
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** An event stream (application/vnd.amazon.eventstream); the listener frames it and sends the initial response at once. */
  | { readonly kind: 'events'; readonly events: AsyncIterable<WireEvent> }

export type WireEvent =
  | { readonly kind: 'event'; readonly type: string; readonly value: object }
  /** A payload that the service has encoded itself, in the call's encoding. */
  | { readonly kind: 'encoded-event'; readonly type: string; readonly bytes: Uint8Array }
  /** Ends the stream. */
  | { readonly kind: 'exception'; readonly error: { readonly type: string; readonly message: string } }

export interface WireService {
  /** The part of X-Amz-Target before the dot, for example `Kinesis_20131202`. */
  readonly targetPrefix: string
  /** Rejects or throws with a WireError; any other error becomes InternalFailureException. */
  handle(call: WireCall): WireReply | Promise<WireReply>
  /** The body of an error in the service's own form; absent: that of errorBody. */
  errorBody?(error: WireError): object
  /** Replies carry the CRC32 of their body: the service's clients check it. */
  readonly isChecksummed?: boolean
}
