/**
 * Bytes that grow at their end. Doubles when full, beginning small: a delivery may have ten thousand of them.
 * Copying is a plain loop up to a few words, where a call to `set` costs more than the bytes do.
 */

const loopBytesMax = 48
const firstBytes = 512

export class ByteBuffer {
  length = 0
  #bytes = new Uint8Array(0)

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

  /** A view, valid until the next add. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length)
  }

  #grow(needed: number): void {
    const to = new Uint8Array(Math.max(needed, firstBytes, this.#bytes.length * 2))
    to.set(this.bytes)
    this.#bytes = to
  }
}
