/** A way to a server that breaks: each connection is cut after a random number of bytes from the server, while cutting is on. */
import { connect, createServer, type Server, type Socket } from 'node:net'
import type { Random } from '@millrace/values'

export class CuttingProxy implements AsyncDisposable {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly port: number
  /** Connections are cut after at most so many bytes; 0: never. */
  bytesMax = 0
  cuts = 0

  private constructor(server: Server, port: number) {
    this.#server = server
    this.port = port
  }

  static async start(targetPort: number, random: Random): Promise<CuttingProxy> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
    const proxy = new CuttingProxy(server, address.port)
    server.on('connection', (client) => {
      const target = connect(targetPort, '127.0.0.1')
      // Each lives longer than the last one may, or a transaction that is larger than that would never be passed.
      let left =
        proxy.bytesMax === 0 ? Number.POSITIVE_INFINITY : random.below(proxy.bytesMax * (1 + proxy.cuts / 4))
      const end = () => {
        client.destroy()
        target.destroy()
      }
      for (const socket of [client, target]) {
        proxy.#sockets.add(socket)
        socket.on('error', end).on('close', () => {
          proxy.#sockets.delete(socket)
          end()
        })
      }
      client.on('data', (bytes) => target.write(bytes))
      target.on('data', (bytes) => {
        if (bytes.length <= left) {
          left -= bytes.length
          // Held back by the reader, as a socket is.
          if (!client.write(bytes)) {
            target.pause()
            client.once('drain', () => target.resume())
          }
          return
        }
        proxy.cuts++
        client.write(bytes.subarray(0, left), end)
      })
    })
    return proxy
  }

  cutAll(): void {
    this.cuts++
    for (const socket of this.#sockets) socket.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutAll()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}
