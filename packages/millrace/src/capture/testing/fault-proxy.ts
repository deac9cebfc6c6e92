/** A TCP proxy before a server that cuts connections: all at once when it is told to, or each after some bytes of the server's. */

import type { AddressInfo } from 'node:net'
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Random } from '@millrace/values'

export class FaultProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** Connections that were cut. */
  cuts = 0

  private constructor(server: Server) {
    this.#server = server
  }

  /** `bytes`: a connection is cut after so many bytes at most; undefined: only by `cut`. */
  static async start(target: number, random: Random, bytes: () => number | undefined): Promise<FaultProxy> {
    const server = createServer()
    const proxy = new FaultProxy(server)
    server.on('connection', (client) => proxy.#join(client, target, random, bytes()))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port // it listens on a port
  }

  cut(): void {
    this.cuts += this.#sockets.size / 2
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #join(client: Socket, target: number, random: Random, bytesMax: number | undefined): void {
    const server = connect({ host: '127.0.0.1', port: target })
    let left = bytesMax === undefined ? Number.POSITIVE_INFINITY : random.below(bytesMax)
    const end = () => {
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      this.#sockets.add(socket)
      socket.on('error', end)
      socket.on('close', () => {
        this.#sockets.delete(socket)
        end()
      })
    }
    client.pipe(server)
    // In the middle of a packet as a rule.
    server.on('data', (chunk: Buffer) => {
      if (chunk.length < left) {
        left -= chunk.length
        client.write(chunk)
        return
      }
      this.cuts++
      client.write(chunk.subarray(0, left), end)
      left = 0
    })
  }
}
