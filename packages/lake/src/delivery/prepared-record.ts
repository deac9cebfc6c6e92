/**
 * A record that a transform function has seen, as it stands in a delivery's stream of prepared ones:
 *   u32 little-endian: bytes of the header | header, JSON | data
 * The header has the arrival of the record in the source, and either the partition keys that the function gave, or why the record
 * failed; then the data are those from before the function.
 */

import type { ErrorType } from './error-line.ts'

export interface PreparedHeader {
  /** ms, in the source's stream. */
  readonly arrivedAt: number
  readonly keys?: Readonly<Record<string, string>>
  readonly failure?: PreparedFailure
}

export interface PreparedFailure {
  readonly type: ErrorType
  readonly code: string
  readonly message: string
  readonly attempts: number
  readonly endedAt: number
  readonly lambdaArn?: string
}

export interface PreparedRecord extends PreparedHeader {
  /** Where the data begin. */
  readonly dataStart: number
}

const lengthBytes = 4
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function writePrepared(header: PreparedHeader, data: Uint8Array): Uint8Array {
  const json = encoder.encode(JSON.stringify(header))
  const bytes = new Uint8Array(lengthBytes + json.length + data.length)
  new DataView(bytes.buffer).setUint32(0, json.length, true)
  bytes.set(json, lengthBytes)
  bytes.set(data, lengthBytes + json.length)
  return bytes
}

/** Of the record bytes[start, end), which writePrepared wrote: nobody else appends to the stream. */
export function readPrepared(bytes: Uint8Array, start: number): PreparedRecord {
  const headerStart = start + lengthBytes
  const dataStart = headerStart + new DataView(bytes.buffer, bytes.byteOffset).getUint32(start, true)
  const header = JSON.parse(decoder.decode(bytes.subarray(headerStart, dataStart))) as PreparedHeader
  return { ...header, dataStart }
}
