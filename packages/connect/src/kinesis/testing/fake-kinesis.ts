/**
 * The far end of an AWS client, in the test's own process: each operation is a function from its input to its output, an
 * error, or events. It stands below the client as a request handler, so that the client's own reading and writing is in
 * the test.
 */
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { crc32 } from 'node:zlib'
import type { VirtualClock } from '@millrace/values'
import type { AwsEndpoint } from '../aws-sdk.ts'

/** JSON of the API: blobs are base64 texts, times are seconds. */
export type Json = { readonly [member: string]: unknown }

export type Answer = Json | Error | AsyncIterable<FakeEvent>

export type FakeEvent = { readonly event: Json } | { readonly exception: string }

export class FakeKinesis {
  readonly calls: { readonly operation: string; readonly input: Json; readonly at: number }[] = []
  readonly #clock: VirtualClock
  readonly #operations: Record<string, (input: Json, call: number) => Answer>

  constructor(clock: VirtualClock, operations: Record<string, (input: Json, call: number) => Answer>) {
    this.#clock = clock
    this.#operations = operations
  }

  /** Options of a stream or a sink that talks to this one. */
  get endpoint(): AwsEndpoint {
    return {
      region: 'eu-central-1',
      endpoint: 'http://fake.invalid',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      client: { requestHandler: this },
    }
  }

  callsOf(operation: string): Json[] {
    return this.calls.filter((call) => call.operation === operation).map((call) => call.input)
  }

  timesOf(operation: string): number[] {
    return this.calls.filter((call) => call.operation === operation).map((call) => call.at)
  }

  /** The client's interface of a request handler. */
  async handle(request: { headers: Record<string, string>; body: Uint8Array | string }) {
    const operation = String(request.headers['x-amz-target']).split('.').at(-1)!
    const { body } = request
    const input = JSON.parse(typeof body === 'string' ? body : new TextDecoder().decode(body))
    this.calls.push({ operation, input, at: this.#clock.now() })
    const work = this.#operations[operation]
    const answer =
      work === undefined ? named('UnknownOperationException') : work(input, this.callsOf(operation).length)
    if (answer instanceof Error) {
      if ('code' in answer) throw answer
      return { response: json(400, { __type: answer.name, message: answer.message }) }
    }
    if (isEvents(answer)) {
      const headers = { 'content-type': 'application/vnd.amazon.eventstream' }
      return {
        response: { statusCode: 200, headers, body: Readable.from(frames(answer), { objectMode: true }) },
      }
    }
    return { response: json(200, answer) }
  }

  destroy(): void {}

  httpHandlerConfigs() {
    return {}
  }

  updateHttpClientConfig(): void {}
}

/** An error of the service. */
export function named(name: string, message = 'said the fake'): Error {
  return Object.assign(new Error(message), { name })
}

/** Waits for the promise; time moves on to the next sleeper whenever nothing else has happened for some turns. */
export async function underTime<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  for (let quiet = 0; !isSettled; quiet++) {
    await turn()
    // The client takes several turns for one call.
    if (quiet > 40 && clock.pending > 0) {
      quiet = 0
      await clock.advance(clock.nextWake - clock.now())
    }
  }
  return promise
}

function isEvents(answer: Json | AsyncIterable<FakeEvent>): answer is AsyncIterable<FakeEvent> {
  return Symbol.asyncIterator in answer
}

function json(statusCode: number, body: Json) {
  return {
    statusCode,
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body: Readable.from([Buffer.from(JSON.stringify(body))]),
  }
}

async function* frames(events: AsyncIterable<FakeEvent>): AsyncGenerator<Buffer> {
  const content = 'application/x-amz-json-1.1'
  yield frame({ ':message-type': 'event', ':event-type': 'initial-response', ':content-type': content }, {})
  for await (const one of events) {
    if ('exception' in one) {
      yield frame(
        { ':message-type': 'exception', ':exception-type': one.exception, ':content-type': content },
        { message: 'said the fake' },
      )
    } else {
      yield frame(
        { ':message-type': 'event', ':event-type': 'SubscribeToShardEvent', ':content-type': content },
        one.event,
      )
    }
  }
}

/** total length u32 | headers length u32 | CRC32 | headers | payload | CRC32, big-endian. */
function frame(headers: Record<string, string>, payload: Json): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const length = Buffer.alloc(2)
      length.writeUInt16BE(value.length)
      return Buffer.concat([
        Buffer.from([name.length]),
        Buffer.from(name),
        Buffer.from([7]),
        length,
        Buffer.from(value),
      ])
    }),
  )
  const body = Buffer.from(JSON.stringify(payload))
  const bytes = Buffer.alloc(16 + head.length + body.length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(head.length, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  head.copy(bytes, 12)
  body.copy(bytes, 12 + head.length)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, bytes.length - 4)), bytes.length - 4)
  return bytes
}
