/**
 * Frames of an event stream, taken apart by AWS's own codec (with both checksums), which is not the one that wrote them.
 * Cost: one copy of what has not made a whole frame yet.
 */
import { EventStreamCodec } from '@smithy/core/event-streams'

export interface ReceivedEvent {
  readonly headers: ReadonlyMap<string, unknown>
  readonly payload: Uint8Array
}

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8')),
  (text) => Buffer.from(text, 'utf8'),
)

/** Ends with the body; a frame that is not whole then is an error. */
export async function* decodeEvents(body: AsyncIterable<Buffer>): AsyncGenerator<ReceivedEvent> {
  let pending = Buffer.alloc(0)
  for await (const chunk of body) {
    pending = Buffer.concat([pending, chunk])
    while (pending.length >= 4 && pending.length >= pending.readUInt32BE(0)) {
      const length = pending.readUInt32BE(0)
      const { headers, body: payload } = codec.decode(pending.subarray(0, length))
      pending = pending.subarray(length)
      yield {
        headers: new Map(Object.entries(headers).map(([name, { value }]) => [name, value])),
        payload,
      }
    }
  }
  if (pending.length > 0)
    throw new Error(`the stream ended inside a frame, after ${pending.length} bytes of it`)
}
