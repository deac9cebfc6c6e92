/**
 * A small service for campaigns, in the place of a real one: it keeps endpoints (a user's address and whether he opted out), and its
 * segment counts those that may be written to. A repeated request, known by its idempotency key, is answered as it was.
 *
 *   PUT, DELETE /endpoints/<user>    GET /segment -> {"eligible":5,"endpoints":9}
 */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Endpoint {
  readonly address: string
  readonly optOut: 'NONE' | 'ALL'
}

export interface SegmentService extends AsyncDisposable {
  readonly url: string
  /** Those that did not opt out. */
  readonly eligible: number
  readonly endpoints: ReadonlyMap<string, Endpoint>
  /** Requests that changed something, and those that came again. */
  readonly changes: number
  readonly repeated: number
  /** Answers the next requests so, and changes nothing. */
  failNext(status: number, times: number): void
  /** Resolves when what it says of the endpoints holds, after some request. */
  until(holds: () => boolean): Promise<void>
}

export async function startSegmentService({ port = 0, token = 'try-me' } = {}): Promise<SegmentService> {
  const endpoints = new Map<string, Endpoint>()
  const seen = new Set<string>()
  const watchers = new Set<() => void>()
  let changes = 0
  let repeated = 0
  let failing = { status: 500, times: 0 }
  const eligible = () => [...endpoints.values()].filter(({ optOut }) => optOut === 'NONE').length

  const change = async (request: IncomingMessage, user: string): Promise<number> => {
    if (request.headers.authorization !== `Bearer ${token}`) return 401
    const text = await bodyOf(request)
    if (failing.times > 0) {
      failing.times--
      return failing.status
    }
    const key = String(request.headers['idempotency-key'])
    if (seen.has(key)) {
      repeated++
      return 200
    }
    if (request.method === 'PUT') {
      // Whoever has the token writes endpoints.
      const endpoint = JSON.parse(text) as Endpoint
      if (typeof endpoint.address !== 'string') return 422
      endpoints.set(user, endpoint)
    } else endpoints.delete(user)
    seen.add(key)
    changes++
    return 202
  }

  const server = createServer((request, response) => {
    const [, kind, user] = (request.url ?? '').split('/')
    const answer = (status: number, body: object = {}) => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      for (const look of [...watchers]) look()
    }
    if (request.method === 'GET' && kind === 'segment') {
      answer(200, { eligible: eligible(), endpoints: endpoints.size })
    } else if (kind === 'endpoints' && user !== undefined && /^(PUT|DELETE)$/.test(request.method ?? '')) {
      change(request, decodeURIComponent(user)).then(
        (status) => answer(status),
        () => answer(400, { error: 'the body is no JSON' }),
      )
    } else answer(404)
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  // A server on a port of loopback.
  const { port: bound } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${bound}`,
    endpoints,
    get eligible() {
      return eligible()
    },
    get changes() {
      return changes
    },
    get repeated() {
      return repeated
    },
    failNext: (status, times) => {
      failing = { status, times }
    },
    until: (holds) =>
      new Promise((resolve) => {
        const look = () => {
          if (!holds()) return
          watchers.delete(look)
          resolve()
        }
        watchers.add(look)
        look()
      }),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}
