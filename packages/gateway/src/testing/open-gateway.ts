/** A gateway over a toy service with virtual time, and clients for it; `closeAll` ends what a test has opened. */
import { rmSync } from 'node:fs'
import { connect as connectHttp2, type IncomingHttpHeaders } from 'node:http2'
import { VirtualClock } from '@millrace/values'
import { type Gateway, type GatewayOptions, startGateway } from '../gateway.ts'
import type { GatewayFailure } from '../http/dispatcher.ts'
import { RawClient } from './raw-client.ts'
import { ToyService } from './toy-service.ts'

export const start = Date.parse('2026-11-21T10:30:00Z')
export const gateways: Gateway[] = []
const clients: RawClient[] = []
export const directories: string[] = []

export async function closeAll(): Promise<void> {
  for (const client of clients.splice(0)) client.socket.destroy()
  for (const gateway of gateways.splice(0)) await gateway.close()
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true })
}

export async function open(options: Partial<GatewayOptions> = {}) {
  const service = new ToyService()
  const failures: GatewayFailure[] = []
  const clock = new VirtualClock(start)
  const gateway = await startGateway({
    services: [service],
    port: 0,
    auth: { mode: 'off' },
    clock,
    onFailure: (failure) => failures.push(failure),
    ...options,
  })
  gateways.push(gateway)
  return { service, failures, clock, gateway }
}

export function client(gateway: Gateway): RawClient {
  const made = new RawClient(gateway.url)
  clients.push(made)
  return made
}

/** One request, on a connection of its own. */
export function ask(gateway: Gateway, text: string): Promise<string> {
  return client(gateway).send(text.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n')).untilClosed()
}

export function bodyOf(reply: string): string {
  return reply.slice(reply.indexOf('\r\n\r\n') + 4)
}

export interface Http2Reply {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export async function askHttp2(
  gateway: Gateway,
  headers: Record<string, string | number>,
  body?: string | Buffer,
): Promise<Http2Reply> {
  const session = connectHttp2(gateway.url)
  try {
    return await new Promise<Http2Reply>((resolve, reject) => {
      session.on('error', reject)
      const stream = session.request(headers, { endStream: body === undefined })
      let received: IncomingHttpHeaders = {}
      let text = ''
      stream.on('response', (found) => {
        received = found
      })
      stream.setEncoding('utf8')
      stream.on('data', (piece: string) => {
        text += piece
      })
      stream.on('error', reject)
      stream.on('end', () => resolve({ headers: received, body: text }))
      if (body !== undefined) stream.end(body)
    })
  } finally {
    session.destroy()
  }
}
