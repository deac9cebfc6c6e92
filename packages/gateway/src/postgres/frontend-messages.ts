/**
 * Messages of a client, protocol 3.0 (PostgreSQL documentation, "Frontend/Backend Protocol", "Message Formats").
 *
 * Before the session begins: length i32 | code i32 | rest. Then: type u8 | length i32 | rest. Numbers are big-endian, the length
 * counts itself, texts end with a zero byte. A reader keeps what has come and hands out whole messages; one that says it is longer
 * than allowed, or shorter than its own length, ends the connection.
 */

export interface FrontendMessage {
  /** One character; empty for what comes before the session begins. */
  readonly type: string
  readonly body: Buffer
}

export class ProtocolFault extends Error {}

export class MessageReader {
  readonly #bytesMax: number
  #chunks: Buffer[] = []
  #length = 0
  #isStartup = true

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  push(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#length += chunk.length
  }

  /** After a request for TLS the client begins anew, and what it sent before counts for nothing. */
  restart(): void {
    this.#chunks = []
    this.#length = 0
    this.#isStartup = true
  }

  /** Undefined until a whole message has come. Throws ProtocolFault. */
  next(): FrontendMessage | undefined {
    const head = this.#isStartup ? 4 : 5
    if (this.#length < head) return undefined
    const bytes = this.#joined()
    const length = bytes.readInt32BE(head - 4)
    // Startup messages are small whoever sends them, and come before anybody has shown who they are.
    const allowed = this.#isStartup ? Math.min(10_000, this.#bytesMax) : this.#bytesMax
    if (length < 4 || length > allowed)
      throw new ProtocolFault(`invalid message length ${length}: allowed are 4 to ${allowed} bytes`)
    const end = head - 4 + length
    if (bytes.length < end) return undefined
    this.#chunks = end === bytes.length ? [] : [bytes.subarray(end)]
    this.#length = bytes.length - end
    return {
      type: this.#isStartup ? '' : String.fromCharCode(bytes[0] ?? 0),
      body: bytes.subarray(head, end),
    }
  }

  /** From here on messages carry a type. */
  begin(): void {
    this.#isStartup = false
  }

  #joined(): Buffer {
    const [only] = this.#chunks
    if (only !== undefined && this.#chunks.length === 1) return only
    const joined = Buffer.concat(this.#chunks)
    this.#chunks = [joined]
    return joined
  }
}

/** Reads a body from front to back. Throws ProtocolFault where it ends too early. */
export class BodyReader {
  readonly #body: Buffer
  #at = 0

  constructor(body: Buffer) {
    this.#body = body
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#body.length
  }

  int16(): number {
    return this.take(2).readInt16BE(0)
  }

  int32(): number {
    return this.take(4).readInt32BE(0)
  }

  char(): string {
    return String.fromCharCode(this.take(1)[0] ?? 0)
  }

  text(): string {
    const end = this.#body.indexOf(0, this.#at)
    if (end < 0) throw new ProtocolFault('a text without its end')
    const text = this.#body.toString('utf8', this.#at, end)
    this.#at = end + 1
    return text
  }

  take(length: number): Buffer {
    if (length < 0 || this.#at + length > this.#body.length)
      throw new ProtocolFault('a message ends too early')
    const taken = this.#body.subarray(this.#at, this.#at + length)
    this.#at += length
    return taken
  }

  /** `count` values of two bytes each after their number. */
  int16s(): number[] {
    const count = this.int16()
    return Array.from({ length: Math.max(0, count) }, () => this.int16())
  }
}
