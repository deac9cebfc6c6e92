/** A client that sends any bytes, and virtual time that runs until something real has happened. */
import { connect, type Socket } from 'node:net'
import type { VirtualClock } from '@millrace/values'

export class RawClient {
  readonly socket: Socket
  readonly #received: Buffer[] = []
  readonly closed: Promise<void>
  #onData: (() => void) | undefined

  constructor(url: string) {
    const { hostname, port } = new URL(url)
    this.socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    this.socket.on('data', (bytes: Buffer) => {
      this.#received.push(bytes)
      this.#onData?.()
    })
    // The server's end is the end here too; a reset is as good a close as any.
    this.socket.on('end', () => this.socket.end())
    this.socket.on('error', () => {})
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        resolve()
        this.#onData?.()
      })
    })
  }

  get text(): string {
    return Buffer.concat(this.#received).toString('latin1')
  }

  send(bytes: string | Uint8Array): this {
    this.socket.write(bytes)
    return this
  }

  /** Resolves once what was received matches; rejects if the connection closes before. */
  async receives(pattern: { test(text: string): boolean }): Promise<string> {
    while (!pattern.test(this.text)) {
      if (this.socket.closed) throw new Error(`closed after ${JSON.stringify(this.text.slice(0, 400))}`)
      await new Promise<void>((resolve) => {
        this.#onData = resolve
      })
    }
    return this.text
  }

  /** Everything that came until the server closed. */
  async untilClosed(): Promise<string> {
    await this.closed
    return this.text
  }
}

const stepsMax = 20_000

/** Lets virtual time run until the promise settles; how much of it that took, in ms. */
export async function runUntil(clock: VirtualClock, promise: Promise<unknown>): Promise<number> {
  const from = clock.now()
  let settled = false
  const note = () => {
    settled = true
  }
  promise.then(note, note)
  for (let step = 0; !settled; step++) {
    if (step === stepsMax) throw new Error(`nothing happened in ${stepsMax} virtual seconds`)
    await clock.advance(1000)
  }
  return clock.now() - from
}

/** A request of HTTP/1.1 as text. */
export function requestText(
  head: string,
  headers: Readonly<Record<string, string | number>>,
  body: string | Uint8Array = '',
): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `${head} HTTP/1.1\r\nHost: localhost\r\n${lines.join('')}\r\n${Buffer.from(body).toString('latin1')}`
}

export function callText(
  operation: string,
  body = '{}',
  headers: Record<string, string | number> = {},
): string {
  return requestText(
    'POST /',
    {
      'Content-Type': 'application/x-amz-json-1.1',
      'X-Amz-Target': `Kinesis_20131202.${operation}`,
      'Content-Length': Buffer.byteLength(body),
      ...headers,
    },
    body,
  )
}
