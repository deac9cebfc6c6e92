/**
 * Lines on standard output at any size: waits while the reader is slow, and ends the process quietly when the reader is
 * gone (`| head`), as every tool of the shell does.
 */
import { once } from 'node:events'

/** Lines are collected to about this many bytes before they are written. */
const chunkBytes = 64 * 1024

export class LineOutput {
  readonly #stream: NodeJS.WriteStream
  #chunks: Uint8Array[] = []
  #bytes = 0

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream
    stream.on('error', endQuietly)
  }

  /** Adds one line, without its end. The bytes must stay as they are until `flush` has resolved. */
  async line(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(bytes, lineEnd)
    this.#bytes += bytes.length + 1
    if (this.#bytes >= chunkBytes) await this.flush()
  }

  /** Bytes that hold their own line ends. They must stay as they are until `flush` has resolved. */
  async bytes(bytes: Uint8Array): Promise<void> {
    this.#chunks.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes >= chunkBytes) await this.flush()
  }

  async flush(): Promise<void> {
    if (this.#bytes === 0) return
    const chunk = Buffer.concat(this.#chunks, this.#bytes)
    this.#chunks = []
    this.#bytes = 0
    if (!this.#stream.write(chunk)) await once(this.#stream, 'drain')
  }
}

const lineEnd = new Uint8Array([10])

/** For what is not written through LineOutput: a reader that is gone is no error. */
export function quietOnClosedPipe(): void {
  process.stdout.on('error', endQuietly)
}

function endQuietly(error: NodeJS.ErrnoException): void {
  // At once: whoever is still writing would only collect bytes that nobody reads.
  if (error.code === 'EPIPE') process.exit(0)
  throw error
}
