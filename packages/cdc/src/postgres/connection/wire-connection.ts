/**
 * A logged-in connection of which we read the messages ourselves, straight from the socket's bytes: rows and changes are then decoded
 * in place, without an object, a promise or an event for each. Messages of the server (protocol 3):
 *
 *   type u8 | length i32, of itself and the payload | payload
 *
 * Bytes wait in chunks as the socket gave them; only a message that crosses chunks is copied. The socket is paused while more than
 * `bufferBytesMax` wait, so that the server is slowed down instead of our memory filled.
 */
import type { Duplex } from 'node:stream'
import type { Client } from 'pg'
import { CdcError } from '../../errors.ts'
import { socketOf } from './postgres-driver.ts'
import { ConnectionLost, type ServerError } from './postgres-error.ts'

const bufferBytesMax = 4 * 1024 * 1024
const headerBytes = 5
/** Postgres' own limit of a message is 1 GiB. */
const messageBytesMax = 0x4000_0000 + headerBytes

export const message = {
  copyBoth: 0x57,
  copyData: 0x64,
  copyDone: 0x63,
  commandComplete: 0x43,
  dataRow: 0x44,
  error: 0x45,
  notice: 0x4e,
  ready: 0x5a,
  rowDescription: 0x54,
} as const

export class WireConnection {
  /** The message that `next` found: its type, and where its payload is. Valid until the next call of `next`. */
  type = 0
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0

  receivedBytes = 0
  /** The socket is held back, since enough waits here. */
  isPaused = false

  readonly #socket: Duplex
  /** Behind `bytes`, in order; from #first on. */
  #chunks: Buffer[] = []
  #first = 0
  #waitingBytes = 0
  /** What waited when `next` found nothing last. */
  #bytesLooked = 0
  /** Where in `bytes` the next message begins. */
  #at = 0
  #lost: Error | undefined
  #wake: (() => void) | undefined
  /** `wake` was called while nobody waited. */
  #isWoken = false

  /** Takes the connection from the client, which must have nothing under way and is not to be used any more. */
  constructor(client: Client) {
    this.#socket = socketOf(client)
    this.#socket.removeAllListeners('data')
    this.#socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk)
      this.#waitingBytes += chunk.length
      this.receivedBytes += chunk.length
      if (this.#waitingBytes > bufferBytesMax) {
        this.isPaused = true
        this.#socket.pause()
      }
      this.#wake?.()
    })
    this.#socket.on('error', (error) => this.#lose(error))
    this.#socket.on('close', () => this.#lose(undefined))
  }

  get isLost(): boolean {
    return this.#lost !== undefined
  }

  /** Finds the next message; false: it is not here yet. */
  next(): boolean {
    const left = this.bytes.length - this.#at
    if (left < headerBytes && !this.#join(headerBytes)) return false
    const length = this.bytes.readInt32BE(this.#at + 1)
    if (length < 4 || length > messageBytesMax) {
      throw new CdcError(
        'CDC_LOG_INVALID',
        `The server sent a message of ${length} bytes, which the protocol does not allow.`,
      )
    }
    const whole = length + 1
    if (this.bytes.length - this.#at < whole && !this.#join(whole)) return false
    this.type = this.bytes[this.#at]!
    this.start = this.#at + headerBytes
    this.end = this.#at + whole
    this.#at = this.end
    return true
  }

  /** Makes `bytes` begin at #at and hold `count` bytes at least; false: so many are not here. */
  #join(count: number): boolean {
    const rest = this.bytes.length - this.#at
    let total = rest
    let last = this.#first
    while (total < count && last < this.#chunks.length) total += this.#chunks[last++]!.length
    if (total < count) {
      this.#bytesLooked = this.#waitingBytes
      return false
    }
    const taken = this.#chunks.slice(this.#first, last)
    for (const chunk of taken) this.#waitingBytes -= chunk.length
    this.bytes =
      rest === 0 && taken.length === 1 ? taken[0]! : Buffer.concat([this.bytes.subarray(this.#at), ...taken])
    this.#at = 0
    this.#first = last
    if (this.#first === this.#chunks.length) {
      this.#chunks = []
      this.#first = 0
    }
    return true
  }

  /**
   * Waits until more came, `until` aborts or the connection is lost; lost is thrown once everything that came was read. To be called
   * when `next` found nothing.
   */
  async more(until?: AbortSignal): Promise<void> {
    if (this.#waitingBytes !== this.#bytesLooked || this.#isWoken) {
      this.#isWoken = false
      return
    }
    if (this.#lost !== undefined) throw this.#lost
    if (until?.aborted === true) return
    this.isPaused = false
    this.#socket.resume()
    await new Promise<void>((resolve) => {
      const done = () => {
        until?.removeEventListener('abort', done)
        this.#wake = undefined
        resolve()
      }
      this.#wake = done
      until?.addEventListener('abort', done, { once: true })
    })
  }

  query(text: string): void {
    const body = Buffer.byteLength(text)
    const out = Buffer.allocUnsafe(headerBytes + body + 1)
    out[0] = 0x51
    out.writeInt32BE(4 + body + 1, 1)
    out.write(text, headerBytes)
    out[headerBytes + body] = 0
    this.#send(out)
  }

  copyData(payload: Buffer): void {
    const out = Buffer.allocUnsafe(headerBytes + payload.length)
    out[0] = 0x64
    out.writeInt32BE(4 + payload.length, 1)
    payload.copy(out, headerBytes)
    this.#send(out)
  }

  /**
   * Runs statements in the simple protocol up to the end of all their results. `onRow` is called at each row, which is then the current
   * message. The first error of the server is thrown after the server is ready again.
   */
  async run(text: string, onRow: (wire: WireConnection) => void, until?: AbortSignal): Promise<void> {
    this.query(text)
    let failure: Error | undefined
    for (;;) {
      while (this.next()) {
        if (this.type === message.dataRow) {
          if (failure === undefined) onRow(this)
        } else if (this.type === message.error) failure ??= this.error()
        else if (this.type === message.ready) {
          if (failure !== undefined) throw failure
          return
        }
      }
      await this.more(until)
      if (until?.aborted === true) {
        this.close()
        throw new ConnectionLost('the statement was given up')
      }
    }
  }

  /** The current message as an error. */
  error(): ServerError {
    const fields = new Map<string, string>()
    for (let at = this.start; at < this.end && this.bytes[at] !== 0; ) {
      const zero = this.bytes.indexOf(0, at + 1)
      const end = zero < 0 ? this.end : Math.min(zero, this.end)
      fields.set(String.fromCharCode(this.bytes[at]!), this.bytes.toString('utf8', at + 1, end))
      at = end + 1
    }
    return Object.assign(new Error(fields.get('M') ?? 'an error without a message'), {
      code: fields.get('C') ?? 'XX000',
      detail: fields.get('D') ?? '',
      hint: fields.get('H') ?? '',
    })
  }

  #send(bytes: Buffer): void {
    if (this.#lost === undefined && this.#socket.writable) this.#socket.write(bytes)
  }

  /** Gives the connection up: what waits for it gets this error. */
  lose(error: ConnectionLost): void {
    this.#lost ??= error
    this.#socket.destroy()
    this.#wake?.()
  }

  #lose(cause: Error | undefined): void {
    this.#lost ??= new ConnectionLost('the connection to the server was lost', { cause })
    this.#wake?.()
  }

  /** Makes `more` come back, now or when it is called next. */
  wake(): void {
    if (this.#wake === undefined) this.#isWoken = true
    else this.#wake()
  }

  close(): void {
    if (this.#lost === undefined && this.#socket.writable) {
      // Terminate, so that the server does not log a lost client.
      this.#socket.write(Buffer.from([0x58, 0, 0, 0, 4]), () => this.#socket.destroy())
    } else this.#socket.destroy()
    this.#lose(undefined)
  }
}
