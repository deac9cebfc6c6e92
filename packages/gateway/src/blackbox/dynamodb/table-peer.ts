/**
 * A server of the DynamoDB and DynamoDB Streams APIs as tests call it: one JSON request, one reply, whatever it says.
 * HTTP/1.1, one connection.
 */
import { Agent, request } from 'node:http'
import type { Clock } from '@millrace/values'
import { signRequest } from '../../auth/sign-request.ts'
import type { Credentials } from '../client.ts'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }
export type JsonObject = { readonly [name: string]: Json }

export interface PeerReply {
  readonly status: number
  readonly body: JsonObject
}

export interface Peer {
  readonly name: string
  call(operation: string, input: Json): Promise<PeerReply>
}

/** More than the slowest of them ever takes. */
const replyMsMax = 10_000

/** The server has ended, or does not answer. */
export class PeerLost extends Error {
  readonly peer: string

  constructor(peer: string, request: string, cause: unknown) {
    super(`${peer} gives no reply to ${request}`, { cause })
    this.peer = peer
  }
}

const ofStreams = new Set(['ListStreams', 'DescribeStream', 'GetShardIterator', 'GetRecords'])

export class TablePeer implements Peer {
  readonly name: string
  readonly url: string
  readonly #target: URL
  readonly #credentials: Credentials
  readonly #clock: Clock
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  readonly #stop: () => Promise<void>

  constructor(options: {
    readonly name: string
    readonly url: string
    readonly clock: Clock
    /** Default: those that no peer checks. */
    readonly credentials?: Credentials
    readonly stop: () => Promise<void>
  }) {
    const { name, url, clock, credentials = { id: 'AKIAIOSFODNN7EXAMPLE', secret: 'secret' }, stop } = options
    this.name = name
    this.url = url
    this.#target = new URL(url)
    this.#credentials = credentials
    this.#clock = clock
    this.#stop = stop
  }

  async call(operation: string, input: Json): Promise<PeerReply> {
    const body = JSON.stringify(input)
    const headers = signRequest(
      {
        method: 'POST',
        url: '/',
        headers: {
          host: this.#target.host,
          'content-type': 'application/x-amz-json-1.0',
          'x-amz-target': `DynamoDB${ofStreams.has(operation) ? 'Streams' : ''}_20120810.${operation}`,
        },
        body,
      },
      {
        credentials: { keyId: this.#credentials.id, secret: this.#credentials.secret },
        region: 'us-east-1',
        service: 'dynamodb',
        time: this.#clock.now(),
      },
    )
    const { status, text } = await this.#send(headers, body).catch((error: unknown) => {
      throw new PeerLost(this.name, `${operation} ${body}`, error)
    })
    try {
      // A reply of this API is an object; a peer that answers otherwise fails at the first use of a member.
      return { status, body: JSON.parse(text) as JsonObject }
    } catch {
      throw new Error(
        `${this.name} answers ${operation} with status ${status} and no JSON: ${text.slice(0, 500)}`,
      )
    }
  }

  async close(): Promise<void> {
    this.#agent.destroy()
    await this.#stop()
  }

  #send(
    headers: Readonly<Record<string, string>>,
    body: string,
  ): Promise<{ readonly status: number; readonly text: string }> {
    return new Promise((resolve, reject) => {
      const options = { method: 'POST', headers, agent: this.#agent, timeout: replyMsMax }
      const sent = request(this.#target, options, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        )
        response.on('error', reject)
      })
      sent.on('error', reject)
      sent.on('timeout', () => sent.destroy(new Error('timeout')))
      sent.end(body)
    })
  }
}

/** A member that has to be an object. */
export function memberObject(object: JsonObject, name: string): JsonObject {
  const member = object[name]
  if (typeof member === 'object' && member !== null && !Array.isArray(member)) return member as JsonObject // What is left.
  throw new Error(`${name} of ${JSON.stringify(object)} is no object`)
}
