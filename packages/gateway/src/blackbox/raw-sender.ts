/** Requests with any bytes as body and any headers, well signed where the headers do not say otherwise, over HTTP/1.1 or HTTP/2. */
import { Agent, request } from 'node:http'
import { type ClientHttp2Session, connect } from 'node:http2'
import type { Clock } from '@millrace/values'
import { signRequest } from '../auth/sign-request.ts'
import type { Credentials } from './client.ts'

export interface RawRequest {
  readonly operation: string
  readonly body: Buffer | Uint8Array
  readonly http2: boolean
  readonly cbor?: boolean
  readonly method?: string
  readonly path?: string
  /** In place of those of a good request; null: left out. */
  readonly headers?: Readonly<Record<string, string | null>>
}

export interface RawReply {
  readonly status: number
  /** By the header x-amzn-errortype. */
  readonly type: string | undefined
  readonly body: Buffer
}

export class RawSender {
  readonly #url: URL
  readonly #credentials: Credentials
  readonly #clock: Clock
  readonly #agent = new Agent({ keepAlive: true })
  #session: ClientHttp2Session | undefined

  constructor({ url, credentials, clock }: { url: string; credentials: Credentials; clock: Clock }) {
    this.#url = new URL(url)
    this.#credentials = credentials
    this.#clock = clock
  }

  send(given: RawRequest): Promise<RawReply> {
    const headers = this.#headers(given)
    return given.http2 ? this.#send2(given, headers) : this.#send1(given, headers)
  }

  close(): void {
    this.#agent.destroy()
    this.#session?.destroy()
  }

  #headers({
    operation,
    body,
    cbor = false,
    headers = {},
    method = 'POST',
    path = '/',
  }: RawRequest): Record<string, string> {
    const signed = signRequest(
      {
        method,
        url: path,
        headers: {
          host: this.#url.host,
          'content-type': `application/x-amz-${cbor ? 'cbor' : 'json'}-1.1`,
          'x-amz-target': `Kinesis_20131202.${operation}`,
        },
        body,
      },
      {
        credentials: { keyId: this.#credentials.id, secret: this.#credentials.secret },
        region: 'us-east-1',
        service: 'kinesis',
        time: this.#clock.now(),
      },
    )
    for (const [name, value] of Object.entries(headers)) {
      if (value === null) delete signed[name]
      else signed[name] = value
    }
    return signed
  }

  #send1(
    { body, method = 'POST', path = '/' }: RawRequest,
    headers: Record<string, string>,
  ): Promise<RawReply> {
    const { hostname, port } = this.#url
    return new Promise((resolve, reject) => {
      // Methods that need no body may have one, but then it has to be framed: by itself the library does not.
      const framed = { ...headers, 'content-length': body.length }
      const sent = request({ hostname, port, method, path, headers: framed, agent: this.#agent }, (reply) => {
        const chunks: Buffer[] = []
        // A subscription that a request has begun by chance does not end by itself.
        if (isEventStream(reply.headers['content-type'])) reply.destroy()
        reply.on('data', (chunk: Buffer) => chunks.push(chunk))
        reply.on('close', () => {
          const type = reply.headers['x-amzn-errortype']
          resolve({
            status: reply.statusCode ?? 0,
            type: typeof type === 'string' ? type : undefined,
            body: Buffer.concat(chunks),
          })
        })
      })
      sent.on('error', reject)
      sent.end(body)
    })
  }

  #send2(
    { body, method = 'POST', path = '/' }: RawRequest,
    headers: Record<string, string>,
  ): Promise<RawReply> {
    const { host, ...rest } = headers
    if (this.#session === undefined || this.#session.closed || this.#session.destroyed) {
      this.#session = connect(this.#url.origin)
      this.#session.on('error', () => {})
    }
    const session = this.#session
    return new Promise((resolve, reject) => {
      const stream = session.request(
        { ':method': method, ':path': path, host, ...rest },
        { endStream: false },
      )
      const chunks: Buffer[] = []
      let status = 0
      let type: string | undefined
      stream.on('response', (reply) => {
        status = reply[':status'] ?? 0
        const found = reply['x-amzn-errortype']
        if (typeof found === 'string') type = found
        if (isEventStream(reply['content-type'])) stream.destroy()
      })
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', reject)
      stream.on('close', () => resolve({ status, type, body: Buffer.concat(chunks) }))
      stream.end(body)
    })
  }
}

function isEventStream(type: string | undefined): boolean {
  return type === 'application/vnd.amazon.eventstream'
}
