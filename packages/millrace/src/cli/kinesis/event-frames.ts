/**
 * Frames of an event stream (application/vnd.amazon.eventstream), big-endian:
 *
 *   total length u32 | headers length u32 | CRC-32 of the 8 bytes | headers | payload | CRC-32 of all before
 *   header: name length u8, name, type u8 (7 is text), length u16, value
 *
 * Chunks may be cut anywhere. A frame whose checksum differs, or that is longer than any can be, is an error.
 */
import { crc32 } from 'node:zlib'

export interface EventFrame {
  readonly headers: ReadonlyMap<string, string>
  readonly payload: Buffer
}

const preludeBytes = 12
const crcBytes = 4
const textType = 7
/** A payload is 10 MiB of records as base64 at most, with some room. */
const frameBytesMax = 24 * 1024 * 1024

export class EventFrames {
  /** Chunks not taken yet; joined only when they hold what is waited for, so that a long frame is copied once. */
  #chunks: Uint8Array[] = []
  #bytes = 0
  #needed = preludeBytes

  /** The frames that are complete with this chunk. */
  push(chunk: Uint8Array): EventFrame[] {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    if (this.#bytes < this.#needed) return []
    let rest = Buffer.concat(this.#chunks)
    const frames: EventFrame[] = []
    for (;;) {
      this.#needed = rest.length < preludeBytes ? preludeBytes : frameLength(rest)
      if (rest.length < this.#needed) break
      frames.push(frameOf(rest.subarray(0, this.#needed)))
      rest = rest.subarray(this.#needed)
    }
    this.#chunks = [rest]
    this.#bytes = rest.length
    return frames
  }
}

function frameLength(bytes: Buffer): number {
  const total = bytes.readUInt32BE(0)
  const isGood = crc32(bytes.subarray(0, 8)) === bytes.readUInt32BE(8)
  if (!isGood || total < preludeBytes + crcBytes || total > frameBytesMax) throw damaged()
  return total
}

function frameOf(bytes: Buffer): EventFrame {
  const end = bytes.length - crcBytes
  const headersEnd = preludeBytes + bytes.readUInt32BE(4)
  if (headersEnd > end || crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) throw damaged()
  const headers = new Map<string, string>()
  for (let at = preludeBytes; at < headersEnd; ) {
    const nameEnd = at + 1 + bytes.readUInt8(at)
    if (bytes.readUInt8(nameEnd) !== textType) throw damaged()
    const valueStart = nameEnd + 3
    const valueEnd = valueStart + bytes.readUInt16BE(nameEnd + 1)
    if (valueEnd > headersEnd) throw damaged()
    headers.set(bytes.toString('utf8', at + 1, nameEnd), bytes.toString('utf8', valueStart, valueEnd))
    at = valueEnd
  }
  return { headers, payload: bytes.subarray(headersEnd, end) }
}

function damaged(): Error {
  return new Error('the event stream is damaged')
}
