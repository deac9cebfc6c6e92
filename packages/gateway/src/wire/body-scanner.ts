/**
 * What scanners of JSON bodies are made of: single bytes, names of members, texts and base64, read from the bytes without
 * strings. A scanner takes only bodies that the general way (parseBody and a shape) is sure to take as well; each of these
 * steps says false, or undefined, at the first byte that is not plain, and the general way then reads the body again.
 * Cost: one pass over the bytes, no allocation. Data are decoded into an arena, one after the other.
 */
import { readBase64 } from '@millrace/values'

/** Arenas above this size are given back after the call. */
const ARENA_KEPT_BYTES = 4 * 1024 * 1024
const ARENA_FIRST_BYTES = 1 << 18

export const QUOTE = 34
export const COMMA = 44
const COLON = 58
export const OPEN = 123
export const CLOSE = 125
export const OPEN_LIST = 91
export const CLOSE_LIST = 93

export class BodyScanner {
  body: Buffer = Buffer.alloc(0)
  arena: Buffer = Buffer.alloc(ARENA_FIRST_BYTES)
  /** Where the scan is in the body. */
  protected at = 0
  protected arenaAt = 0

  /** Gives memory back that only a large call needed; what was scanned is gone then. */
  release(): void {
    this.body = Buffer.alloc(0)
    if (this.arena.length > ARENA_KEPT_BYTES) this.arena = Buffer.alloc(ARENA_FIRST_BYTES)
  }

  protected begin(body: Uint8Array): void {
    this.body = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
    this.at = 0
    this.arenaAt = 0
    if (this.arena.length < body.length) this.arena = Buffer.allocUnsafeSlow(body.length)
  }

  /** Canonical base64 between quotes, decoded to the end of what is in the arena. */
  protected takeBase64(): boolean {
    if (!this.take(QUOTE)) return false
    const end = this.body.indexOf(QUOTE, this.at)
    if (end < 0) return false
    const arenaEnd = readBase64(this.body, this.at, end, this.arena, this.arenaAt)
    if (arenaEnd < 0) return false
    this.arenaAt = arenaEnd
    this.at = end + 1
    return true
  }

  /** The pattern allows ASCII alone, without quotes and backslashes. */
  protected takeText(pattern: RegExp): string | undefined {
    if (!this.take(QUOTE)) return undefined
    const end = this.body.indexOf(QUOTE, this.at)
    if (end < 0) return undefined
    const text = this.body.toString('latin1', this.at, end)
    this.at = end + 1
    return pattern.test(text) ? text : undefined
  }

  /** A member's name, with its quotes, and the colon. */
  protected takeName(name: Uint8Array): boolean {
    const { at, body } = this
    const { length } = name
    for (let i = 0; i < length; i++) if (body[at + i] !== name[i]) return false
    this.at = at + length
    return this.take(COLON)
  }

  protected take(byte: number): boolean {
    const { at } = this
    if (this.body[at] === byte) {
      this.at = at + 1
      return true
    }
    if (this.body[this.skipSpace()] !== byte) return false
    this.at++
    return true
  }

  protected skipSpace(): number {
    const { body } = this
    let { at } = this
    for (;;) {
      const byte = body[at]
      if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) break
      at++
    }
    this.at = at
    return at
  }
}
