/**
 * Event stream messages (application/vnd.amazon.eventstream), big-endian:
 *   total length u32 | headers length u32 | CRC-32 of these 8 bytes | headers | payload | CRC-32 of all before
 *   header: name length u8 | name | type u8 = 7 (string) | value length u16 | value
 * A message counts if both checksums fit. Only string headers are written and read: the services use no others.
 */
import { crc32 } from 'node:zlib'
import { contentTypes, encodeBody } from './body-codec.ts'
import type { WireEncoding, WireEvent } from './wire-service.ts'

export const eventStreamType = 'application/vnd.amazon.eventstream'

const preludeBytes = 12
const trailerBytes = 4
const stringType = 7

export interface EventMessage {
  readonly headers: Readonly<Record<string, string>>
  readonly payload: Uint8Array
}

export function encodeMessage({ headers, payload }: EventMessage): Buffer {
  let headerBytes = 0
  for (const name in headers) headerBytes += 4 + Buffer.byteLength(name) + Buffer.byteLength(headers[name]!)
  const total = preludeBytes + headerBytes + payload.length + trailerBytes
  const frame = Buffer.allocUnsafe(total)
  frame.writeUInt32BE(total, 0)
  frame.writeUInt32BE(headerBytes, 4)
  frame.writeUInt32BE(crc32(frame.subarray(0, 8)), 8)
  let at = preludeBytes
  for (const name in headers) at = writeHeader(frame, at, name, headers[name]!)
  frame.set(payload, at)
  frame.writeUInt32BE(crc32(frame.subarray(0, total - trailerBytes)), total - trailerBytes)
  return frame
}

function writeHeader(frame: Buffer, at: number, name: string, value: string): number {
  const nameBytes = frame.write(name, at + 1)
  frame[at] = nameBytes
  const typeAt = at + 1 + nameBytes
  frame[typeAt] = stringType
  const valueBytes = frame.write(value, typeAt + 3)
  frame.writeUInt16BE(valueBytes, typeAt + 1)
  return typeAt + 3 + valueBytes
}

/** The first frame of every stream; clients wait for it before they give the stream to their caller. */
export function initialResponse(encoding: WireEncoding): Buffer {
  return encodeMessage({
    headers: {
      ':message-type': 'event',
      ':event-type': 'initial-response',
      ':content-type': contentTypes[encoding],
    },
    payload: encodeBody({}, encoding),
  })
}

export function encodeEvent(event: WireEvent, encoding: WireEncoding): Buffer {
  if (event.kind === 'exception') {
    return encodeMessage({
      headers: {
        ':message-type': 'exception',
        ':exception-type': event.error.type,
        ':content-type': contentTypes[encoding],
      },
      payload: encodeBody({ message: event.error.message }, encoding),
    })
  }
  return encodeMessage({
    headers: {
      ':message-type': 'event',
      ':event-type': event.type,
      ':content-type': contentTypes[encoding],
    },
    payload: event.kind === 'event' ? encodeBody(event.value, encoding) : event.bytes,
  })
}

/** The whole messages at the start of the bytes, and how many bytes they take; throws where a checksum does not fit. */
export function decodeMessages(bytes: Uint8Array): {
  readonly messages: EventMessage[]
  readonly used: number
} {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const messages: EventMessage[] = []
  let at = 0
  while (buffer.length - at >= preludeBytes) {
    const total = buffer.readUInt32BE(at)
    const headerBytes = buffer.readUInt32BE(at + 4)
    if (crc32(buffer.subarray(at, at + 8)) !== buffer.readUInt32BE(at + 8)) {
      throw new Error(`event stream: the checksum of the prelude at byte ${at} does not fit`)
    }
    if (total < preludeBytes + headerBytes + trailerBytes) {
      throw new Error(`event stream: the lengths at byte ${at} contradict each other`)
    }
    if (buffer.length - at < total) break
    messages.push(decodeMessage(buffer.subarray(at, at + total), headerBytes))
    at += total
  }
  return { messages, used: at }
}

function decodeMessage(frame: Buffer, headerBytes: number): EventMessage {
  const end = frame.length - trailerBytes
  if (crc32(frame.subarray(0, end)) !== frame.readUInt32BE(end)) {
    throw new Error('event stream: the checksum of a message does not fit')
  }
  const headers: Record<string, string> = {}
  const headersEnd = preludeBytes + headerBytes
  let at = preludeBytes
  while (at < headersEnd) {
    const typeAt = at + 1 + frame[at]!
    if (frame[typeAt] !== stringType) throw new Error('event stream: a header is not a string')
    const valueAt = typeAt + 3
    const valueEnd = valueAt + frame.readUInt16BE(typeAt + 1)
    headers[frame.toString('utf8', at + 1, typeAt)] = frame.toString('utf8', valueAt, valueEnd)
    at = valueEnd
  }
  return { headers, payload: frame.subarray(headersEnd, end) }
}
