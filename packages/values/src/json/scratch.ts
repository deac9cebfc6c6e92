/**
 * Memory for texts that no record page holds as they are: decoded escapes, padding, constants. Bytes are only ever
 * added behind those in use and a full chunk is left to whoever refers to it, so a slice handed out never changes.
 */
const chunkBytesMin = 4096
const chunkBytesMax = 65_536

export class Scratch {
  chunk: Uint8Array = new Uint8Array(0)
  used = 0
  #nextBytes = chunkBytesMin

  /** Makes sure that `n` bytes can be written to `chunk` from `used` on; advance `used` by what was written. */
  ensure(n: number): void {
    if (this.used + n <= this.chunk.length) return
    this.chunk = new Uint8Array(Math.max(n, this.#nextBytes))
    this.used = 0
    this.#nextBytes = Math.min(this.#nextBytes * 2, chunkBytesMax)
  }
}
