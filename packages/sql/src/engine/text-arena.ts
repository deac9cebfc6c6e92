/**
 * Pages for text that an operator computes, as opposed to text it passes on. A page never moves or changes once written,
 * so slices stay valid until `reset`, which starts the pages anew. After `write`, page, start, end and clean describe
 * the slice. Cost: one UTF-8 encoding per value, no object per value.
 */
const pageBytes = 1 << 16

export class TextArena {
  /** The slice of the last `write`. */
  page: Uint8Array = new Uint8Array(0)
  start = 0
  end = 0
  clean = 0

  #pages: Buffer[] = []
  #used = 0
  #offset = 0

  /** All slices handed out so far become invalid. */
  reset(): void {
    // Pages beyond the first few came from an unusual batch; they are given back.
    if (this.#pages.length > 8) this.#pages.length = 8
    this.#used = 0
    this.#offset = pageBytes
  }

  write(text: string): void {
    const bytesMax = text.length * 3
    const page = this.#room(bytesMax)
    this.start = this.#offset
    const written = page.write(text, this.#offset, 'utf8')
    this.end = this.start + written
    this.#offset = this.end
    this.page = page
    this.clean = isClean(page, this.start, this.end) ? 1 : 0
  }

  writeBytes(bytes: Uint8Array): void {
    const page = this.#room(bytes.length)
    page.set(bytes, this.#offset)
    this.start = this.#offset
    this.end = this.start + bytes.length
    this.#offset = this.end
    this.page = page
    this.clean = 0
  }

  #room(bytes: number): Buffer {
    const current = this.#pages[this.#used - 1]
    if (current !== undefined && this.#offset + bytes <= current.length) return current
    let page = this.#pages[this.#used]
    if (page === undefined || page.length < bytes) {
      page = Buffer.allocUnsafeSlow(Math.max(pageBytes, bytes))
      this.#pages[this.#used] = page
    }
    this.#used++
    this.#offset = 0
    return page
  }
}

/** Whether a slice can stand inside a JSON string as it is. */
export function isClean(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte < 0x20 || byte === 0x22 || byte === 0x5c) return false
  }
  return true
}
