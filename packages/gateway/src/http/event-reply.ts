/**
 * Sends an event stream: the initial response at once, then each event as one frame, as fast as the client takes them. The
 * source is not asked for the next event before there is room for it. It ends when the source ends, after an exception
 * event, or when the client has gone (the call's signal tells the source).
 */
import { encodeEvent, initialResponse } from '../wire/event-stream.ts'
import type { WireError } from '../wire/wire-error.ts'
import type { WireEncoding, WireEvent } from '../wire/wire-service.ts'
import type { Exchange, ReplyHeaders } from './exchange.ts'

export interface EventReply {
  readonly events: AsyncIterable<WireEvent>
  readonly encoding: WireEncoding
  readonly headers: ReplyHeaders
  /** Turns what a source has thrown into what the client may know of it. */
  readonly explain: (error: unknown) => WireError
}

export async function sendEvents(exchange: Exchange, reply: EventReply): Promise<void> {
  const { events, encoding, headers, explain } = reply
  exchange.startStream(headers)
  await exchange.writeToStream(initialResponse(encoding))
  try {
    for await (const event of events) {
      if (exchange.isDone) return
      await exchange.writeToStream(encodeEvent(event, encoding))
      if (event.kind === 'exception') break
    }
  } catch (error) {
    const { type, message } = explain(error)
    await exchange.writeToStream(encodeEvent({ kind: 'exception', error: { type, message } }, encoding))
  }
  exchange.endStream()
}

/** Sends pieces of text likewise; what the source throws is the caller's. */
export async function sendPieces(
  exchange: Exchange,
  pieces: AsyncIterable<string>,
  headers: ReplyHeaders,
): Promise<void> {
  exchange.startStream(headers)
  for await (const piece of pieces) {
    if (exchange.isDone) return
    await exchange.writeToStream(Buffer.from(piece))
  }
  exchange.endStream()
}
