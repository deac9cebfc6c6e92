/** moto's S3 server as a child process, and a proxy in front of it that fails as networks do. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export interface S3Server {
  readonly url: string
  close(): Promise<void>
}

/** Undefined where the Python that MILLRACE_PYTHON names (python3 unless set) has no moto: `pip install 'moto[s3,server]'`. */
export async function startS3Server(): Promise<S3Server | undefined> {
  const script = fileURLToPath(new URL('./s3-server.py', import.meta.url))
  const child = spawn(process.env.MILLRACE_PYTHON ?? 'python3', [script], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const port = await new Promise<string | undefined>((resolve) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    child.once('close', () => resolve(undefined))
    child.once('error', () => resolve(undefined))
  })
  if (port === undefined) return undefined
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      const ended = once(child, 'close')
      child.stdin.end()
      await ended
    },
  }
}

/** What becomes of a request: it goes through, is refused as if the server were busy, never answered, or done while its answer is lost or cut. */
export type Fate = 'pass' | 'refuse' | 'silence' | 'lose-answer' | 'cut-answer'

/** A proxy before the endpoint, to which a test says each request's fate. */
export async function startFaultProxy(
  endpoint: string,
  fateOf: (request: { readonly method: string; readonly path: string }) => Fate,
): Promise<S3Server> {
  const server: Server = createServer((incoming, answer) => forward(endpoint, fateOf, incoming, answer))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    // A TCP server's address has a port.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function forward(
  endpoint: string,
  fateOf: (request: { method: string; path: string }) => Fate,
  incoming: IncomingMessage,
  answer: ServerResponse,
): void {
  const { method = '', url: path = '', headers } = incoming
  const fate = fateOf({ method, path })
  if (fate === 'refuse') {
    incoming.resume()
    incoming.on('end', () => answer.writeHead(503).end('<Error><Code>SlowDown</Code></Error>'))
    return
  }
  if (fate === 'silence') {
    incoming.resume()
    return
  }
  // The host is part of the signature, which moto does not check.
  const onward = request(`${endpoint}${path}`, { method, headers }, (reply) => {
    if (fate === 'lose-answer') {
      reply.resume()
      reply.on('end', () => incoming.socket.destroy())
      return
    }
    answer.writeHead(reply.statusCode ?? 500, reply.headers)
    if (fate === 'pass') {
      reply.pipe(answer)
      return
    }
    reply.once('data', (chunk: Buffer) => {
      answer.write(chunk.subarray(0, chunk.length >> 1), () => incoming.socket.destroy())
      reply.resume()
    })
  })
  onward.on('error', () => incoming.socket.destroy())
  incoming.pipe(onward)
}
