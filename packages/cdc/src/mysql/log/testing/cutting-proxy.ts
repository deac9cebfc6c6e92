/**
 * A TCP proxy that cuts each connection after a random number of bytes from the server: in the handshake, within an event, anywhere. Small
 * numbers are as likely as large ones, so that what needs many bytes at once comes through in the end.
 */
import { type AddressInfo, createConnection, createServer, type Socket } from 'node:net'
import type { Random } from '@millrace/values'

export class CuttingProxy implements AsyncDisposable {
  readonly port: number
  cuts = 0
  readonly #close: () => Promise<void>

  static async open(
    serverPort: number,
    random: Random,
    { bytesMin, bytesMax }: { readonly bytesMin: number; readonly bytesMax: number },
  ): Promise<CuttingProxy> {
    const sockets = new Set<Socket>()
    const server = createServer((client) => {
      const upstream = createConnection({ host: '127.0.0.1', port: serverPort })
      let left = Math.ceil(bytesMin * (bytesMax / bytesMin) ** random.next())
      const end = () => {
        client.destroy()
        upstream.destroy()
        sockets.delete(client)
      }
      sockets.add(client)
      client
        .on('data', (bytes) => upstream.write(bytes))
        .on('error', end)
        .on('close', end)
      upstream.on('error', end).on('close', end)
      upstream.on('data', (bytes: Buffer) => {
        if (bytes.length < left) {
          left -= bytes.length
          client.write(bytes)
          return
        }
        proxy.cuts++
        upstream.destroy()
        // What came before the cut still arrives.
        client.end(bytes.subarray(0, left))
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    // Of a server that listens on a port.
    const { port } = server.address() as AddressInfo
    const proxy = new CuttingProxy(port, async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    })
    return proxy
  }

  private constructor(port: number, close: () => Promise<void>) {
    this.port = port
    this.#close = close
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#close()
  }
}
