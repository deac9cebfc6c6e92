/**
 * Requests as they stand on the wire, without a library between: for inputs that libraries refuse to send, and for CBOR,
 * which AWS's libraries for JavaScript and Python do not speak with Kinesis. The encoder is given, so that another one
 * than the server's own can check it.
 */
import { Agent, type IncomingMessage, request } from 'node:http'
import type { Clock } from '@millrace/values'
import { signRequest } from '../../auth/sign-request.ts'
import { type BlackboxClient, ClientFault, type Credentials, type Members, type Signer } from '../client.ts'
import { decodeEvents } from './decode-events.ts'

export interface PlainCodec {
  readonly title: string
  readonly contentType: string
  encode(input: Members): Uint8Array
  decode(bytes: Uint8Array): unknown
}

export interface PlainClientOptions {
  readonly url: string
  readonly credentials: Readonly<Record<Signer, Credentials>>
  readonly codec: PlainCodec
  /** The server's. */
  readonly clock: Clock
  /** In front of the operation. Default: that of Kinesis. */
  readonly targetOf?: (operation: string) => string
  /** That requests are signed for. Default kinesis. */
  readonly service?: string
  /** The type of an error from the one in its body. Default: the same. */
  readonly typeOf?: (type: string) => string
}

export class PlainClient implements BlackboxClient {
  readonly title: string
  readonly kind = 'plain'
  readonly #options: PlainClientOptions
  readonly #agent = new Agent({ keepAlive: true })

  constructor(options: PlainClientOptions) {
    this.#options = options
    this.title = options.codec.title
  }

  lacks(): undefined {
    return undefined
  }

  async call(operation: string, input: Members, signer: Signer): Promise<Members> {
    const reply = await this.#send(operation, input, signer)
    const body = await wholeBody(reply)
    if (reply.statusCode !== 200) throw this.#fault(reply, body)
    // Replies are records of members.
    return body.length === 0 ? {} : (this.#decode(reply, body) as Members)
  }

  async subscribe(input: Members, signer: Signer, records: number): Promise<readonly Members[]> {
    const reply = await this.#send('SubscribeToShard', input, signer)
    if (reply.statusCode !== 200) throw this.#fault(reply, await wholeBody(reply))
    const { codec } = this.#options
    const events: Members[] = []
    let seen = 0
    for await (const { headers, payload } of decodeEvents(reply)) {
      if (headers.get(':content-type') !== codec.contentType) throw new Error('an event in another encoding')
      // As in call.
      const event = codec.decode(payload) as Members
      if (headers.get(':message-type') === 'exception') {
        throw new ClientFault(String(headers.get(':exception-type')), String(event.message), {
          status: 200,
          isModelled: true,
        })
      }
      if (headers.get(':event-type') === 'initial-response') continue
      events.push(event)
      seen += Array.isArray(event.Records) ? event.Records.length : 0
      if (seen >= records) break
    }
    reply.destroy()
    return events
  }

  async close(): Promise<void> {
    this.#agent.destroy()
  }

  #send(operation: string, input: Members, signer: Signer): Promise<IncomingMessage> {
    const { url, credentials, codec, clock, service = 'kinesis' } = this.#options
    const { targetOf = (name: string) => `Kinesis_20131202.${name}` } = this.#options
    const { host, hostname, port } = new URL(url)
    const body = codec.encode(input)
    const unsigned = {
      host,
      'content-type': codec.contentType,
      'x-amz-target': targetOf(operation),
    }
    const { id, secret } = credentials[signer]
    const headers =
      signer === 'nobody'
        ? unsigned
        : signRequest(
            { method: 'POST', url: '/', headers: unsigned, body },
            {
              credentials: { keyId: id, secret },
              region: 'us-east-1',
              service,
              time: clock.now(),
            },
          )
    return new Promise((resolve, reject) => {
      const sent = request(
        { hostname, port, method: 'POST', path: '/', headers, agent: this.#agent },
        resolve,
      )
      sent.on('error', reject)
      sent.end(body)
    })
  }

  #fault(reply: IncomingMessage, body: Buffer): ClientFault {
    // The error form of the service: one map of texts.
    const fault = this.#decode(reply, body) as Readonly<Record<string, string | undefined>>
    const { typeOf = (type: string) => type } = this.#options
    const type = typeOf(fault.__type ?? '')
    if (reply.headers['x-amzn-errortype'] !== type) {
      throw new Error(`header says ${reply.headers['x-amzn-errortype']}, body says ${type}`)
    }
    const message = fault.message ?? fault.Message ?? ''
    return new ClientFault(type, message, { status: reply.statusCode ?? 0, isModelled: true })
  }

  #decode(reply: IncomingMessage, body: Buffer): unknown {
    const { codec } = this.#options
    const type = reply.headers['content-type']
    if (type !== codec.contentType)
      throw new Error(`the reply is ${type}, the request was ${codec.contentType}`)
    return codec.decode(body)
  }
}

async function wholeBody(reply: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of reply) chunks.push(chunk)
  return Buffer.concat(chunks)
}
