/**
 * The wire between the host and a handler's process, both ways alike:
 *
 *   frame    kind u8 | length u32 | payload          integers are little-endian
 *   payload  head length u32 | head (JSON) | body    of frames that have a head
 *
 * Events and answers travel as the body, in the JSON text that they already are, so nothing is encoded twice. A frame beyond
 * the limit is a fault of the peer, and the connection is of no more use.
 */

const frameHeadBytes = 5
/** Events and answers have at most 6 MB; what is left is for base64 and for heads. */
export const frameBytesMax = 64 * 1024 * 1024

/** From the host. */
export const hostFrames = { start: 1, invoke: 2 } as const
/** From the process. `log` is text without a head. */
export const processFrames = { loaded: 1, notLoaded: 2, log: 3, returned: 4, failed: 5 } as const

export function encodeFrame(kind: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + payload.length)
  writeFrameHead(frame, kind, payload.length)
  frame.set(payload, frameHeadBytes)
  return frame
}

/** A frame with a head and a body. `body` is text, encoded straight into the frame. */
export function encodeMessage(kind: number, head: unknown, body = ''): Buffer {
  const headText = JSON.stringify(head)
  const headBytes = Buffer.byteLength(headText)
  const length = 4 + headBytes + Buffer.byteLength(body)
  const frame = Buffer.allocUnsafe(frameHeadBytes + length)
  writeFrameHead(frame, kind, length)
  frame.writeUInt32LE(headBytes, frameHeadBytes)
  frame.write(headText, frameHeadBytes + 4)
  frame.write(body, frameHeadBytes + 4 + headBytes)
  return frame
}

export interface Message {
  readonly head: unknown
  readonly body: string
}

/** Throws if the payload holds no message. */
export function decodeMessage(payload: Buffer): Message {
  const bodyAt = 4 + payload.readUInt32LE(0)
  if (bodyAt > payload.length) throw new Error('the head of a message is longer than the message')
  return { head: JSON.parse(payload.toString('utf8', 4, bodyAt)), body: payload.toString('utf8', bodyAt) }
}

/** Cuts what arrives into frames. */
export class FrameReader {
  readonly #onFrame: (kind: number, payload: Buffer) => void
  #chunks: Buffer[] = []
  #bytes = 0
  /** Bytes that the frame at the front needs; known once its head is here. */
  #needed = frameHeadBytes

  constructor(onFrame: (kind: number, payload: Buffer) => void) {
    this.#onFrame = onFrame
  }

  /** Throws for a frame beyond the limit. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#bytes += chunk.length
    // Chunks of a large frame are joined once, when it is whole.
    while (this.#bytes >= this.#needed) {
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks, this.#bytes)
      const length = all.readUInt32LE(1)
      if (length > frameBytesMax) throw new Error(`a frame of ${length} bytes is beyond the limit`)
      const end = frameHeadBytes + length
      if (all.length < end) {
        this.#chunks = [all]
        this.#needed = end
        return
      }
      this.#chunks = all.length === end ? [] : [all.subarray(end)]
      this.#bytes = all.length - end
      this.#needed = frameHeadBytes
      this.#onFrame(all[0]!, all.subarray(frameHeadBytes, end))
    }
  }
}

function writeFrameHead(frame: Buffer, kind: number, length: number): void {
  frame[0] = kind
  frame.writeUInt32LE(length, 1)
}
