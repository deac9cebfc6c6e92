/**
 * Bytes that grow at their end. Doubles when full, beginning small: a delivery may have ten thousand of them. Where one follows the
 * other, a pool passes the memory of the last one on, which saves the growing and the pages.
 * Copying is a plain loop up to a few words, where a call to `set` costs more than the bytes do.
 */

const loopBytesMax = 48
const firstBytes = 512
/** Smaller ones are not worth keeping. */
const pooledBytesMin = 1024 * 1024

/** Keeps the memory of one large buffer for the next. */
export class BytePool {
  #spare: Uint8Array | undefined

  take(): Uint8Array {
    const spare = this.#spare ?? empty
    this.#spare = undefined
    return spare
  }

  give(bytes: Uint8Array): void {
    if (bytes.length >= pooledBytesMin && bytes.length > (this.#spare?.length ?? 0)) this.#spare = bytes
  }
}

const empty = new Uint8Array(0)

export class ByteBuffer {
  length = 0
  #bytes: Uint8Array
  readonly #pool: BytePool | undefined

  constructor(pool?: BytePool) {
    this.#bytes = pool?.take() ?? empty
    this.#pool = pool
  }

  /** Memory held. */
  get capacity(): number {
    return this.#bytes.length
  }

  add(source: Uint8Array, start: number, end: number): void {
    const at = this.length
    const to = at + end - start
    if (to > this.#bytes.length) this.#grow(to)
    const bytes = this.#bytes
    if (end - start <= loopBytesMax) for (let i = start, k = at; i < end; i++, k++) bytes[k] = source[i]!
    else bytes.set(start === 0 && end === source.length ? source : source.subarray(start, end), at)
    this.length = to
  }

  /** A view, valid until the next add or release. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  /** Nobody needs the bytes any more. */
  release(): void {
    this.#pool?.give(this.#bytes)
    this.#bytes = empty
    this.length = 0
  }

  #grow(needed: number): void {
    // Written before it is read, so it need not be zeroed.
    const to = Buffer.allocUnsafeSlow(Math.max(needed, firstBytes, this.#bytes.length * 2))
    to.set(this.bytes)
    this.#bytes = to
  }
}
