/**
 * Bodies of requests and replies in either encoding. What `parseBody` gives is a plain tree for a later check of shapes:
 *   JSON   blobs are base64 strings, timestamps are numbers (epoch seconds)
 *   CBOR   blobs are Uint8Array (slices of the body: copy what outlives the call), timestamps are Date (tag 1, in ms)
 * Integers are numbers in both, rounded beyond 2^53. Nulls are kept; the shape check treats them as absent.
 */
import { decodeCbor } from './cbor-decode.ts'
import { encodeCbor } from './cbor-encode.ts'
import { decodeJson, encodeJson } from './json-codec.ts'
import { serializationError } from './serialization-error.ts'
import type { WireError } from './wire-error.ts'
import type { WireEncoding } from './wire-service.ts'

/** The members of a request. Throws SerializationException for everything that is not one whole object. */
export function parseBody(body: Uint8Array, encoding: WireEncoding): Readonly<Record<string, unknown>> {
  if (body.length === 0) throw serializationError('The body is empty; it has to be an object, at least {}.')
  const tree = encoding === 'json' ? decodeJson(body) : decodeCbor(body)
  const isRecord =
    typeof tree === 'object' &&
    tree !== null &&
    !Array.isArray(tree) &&
    !(tree instanceof Uint8Array) &&
    !(tree instanceof Date)
  if (!isRecord) throw serializationError('The body has to be an object.')
  // Of the objects that the decoders make, only records are left.
  return tree as Readonly<Record<string, unknown>>
}

/** The tree as the wire has it; see the port for what a tree may hold. */
export function encodeBody(value: object, encoding: WireEncoding): Buffer {
  return encoding === 'json' ? encodeJson(value) : encodeCbor(value)
}

/** What a client gets for an error. SerializationException spells its text with a capital, all others do not. */
export function errorBody(error: WireError): object {
  if (error.message === '') return { __type: error.type }
  if (error.type === 'SerializationException') return { __type: error.type, Message: error.message }
  return { __type: error.type, message: error.message }
}

export const contentTypes: Readonly<Record<WireEncoding, string>> = {
  json: 'application/x-amz-json-1.1',
  cbor: 'application/x-amz-cbor-1.1',
}

/** The encoding that a Content-Type header names; undefined for every other type. */
export function encodingOf(contentType: string | undefined): WireEncoding | undefined {
  if (contentType === undefined) return undefined
  if (contentType === contentTypes.json) return 'json'
  if (contentType === contentTypes.cbor) return 'cbor'
  const [type] = contentType.split(';', 1)
  const bare = type?.trim().toLowerCase()
  return bare === contentTypes.json ? 'json' : bare === contentTypes.cbor ? 'cbor' : undefined
}
