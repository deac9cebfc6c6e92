/**
 * JSON strings and characters as bytes: undoing escapes, writing them, decoding to JavaScript strings, and cutting UTF-8
 * text to a number of characters. Callers pass text that the scanner has accepted.
 */
import { hexAt } from './scan.ts'

/**
 * Writes the text of the string literal b[start, end) (without quotes) as UTF-8 to `out` at `at`; returns the offset
 * after it. The text is never longer than the literal.
 */
export function unescapeInto(b: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let o = at
  for (let p = start; p < end; ) {
    const c = b[p]!
    if (c !== 92) {
      out[o++] = c
      p++
      continue
    }
    const letter = b[p + 1]!
    if (letter !== 117) {
      out[o++] = plainEscape(letter)
      p += 2
      continue
    }
    let point = hexAt(b, p + 2, end)
    p += 6
    if (point >= 0xd800 && point <= 0xdbff) {
      point = 0x10000 + ((point - 0xd800) << 10) + (hexAt(b, p + 2, end) - 0xdc00)
      p += 6
    }
    if (point < 0x80) out[o++] = point
    else if (point < 0x800) {
      out[o++] = 0xc0 | (point >> 6)
      out[o++] = 0x80 | (point & 63)
    } else if (point < 0x10000) {
      out[o++] = 0xe0 | (point >> 12)
      out[o++] = 0x80 | ((point >> 6) & 63)
      out[o++] = 0x80 | (point & 63)
    } else {
      out[o++] = 0xf0 | (point >> 18)
      out[o++] = 0x80 | ((point >> 12) & 63)
      out[o++] = 0x80 | ((point >> 6) & 63)
      out[o++] = 0x80 | (point & 63)
    }
  }
  return o
}

function plainEscape(letter: number): number {
  switch (letter) {
    case 98:
      return 8
    case 102:
      return 12
    case 110:
      return 10
    case 114:
      return 13
    case 116:
      return 9
    default:
      return letter
  }
}

/** Bytes that one byte can become in `escapeInto`: \u00XX. */
export const escapedBytesMax = 6

/** Writes b[start, end) as the inside of a JSON string; `out` must have room for escapedBytesMax times the bytes. */
export function escapeInto(b: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  let o = at
  for (let p = start; p < end; p++) {
    const c = b[p]!
    if (c >= 32 && c !== 34 && c !== 92) {
      out[o++] = c
      continue
    }
    out[o++] = 92
    const letter = shortEscapes[c]!
    if (letter !== 0) out[o++] = letter
    else {
      out[o++] = 117
      out[o++] = 48
      out[o++] = 48
      out[o++] = 48 + (c >> 4)
      out[o++] = hexDigits[c & 15]!
    }
  }
  return o
}

const hexDigits = Buffer.from('0123456789abcdef')
const shortEscapes = new Uint8Array(256)
for (const [c, letter] of [
  [8, 98],
  [9, 116],
  [10, 110],
  [12, 102],
  [13, 114],
  [34, 34],
  [92, 92],
] as const) {
  shortEscapes[c] = letter
}

/** The string of a literal's inside. */
export function stringFromJson(b: Uint8Array, start: number, end: number, escaped: boolean): string {
  if (!escaped) return Buffer.from(b.buffer, b.byteOffset + start, end - start).toString('utf8')
  const text = Buffer.allocUnsafe(end - start)
  return text.toString('utf8', 0, unescapeInto(b, start, end, text, 0))
}

/** The string of a literal without escapes; short ASCII, as most are, without a call into native code. */
export function plainString(b: Uint8Array, start: number, end: number): string {
  if (end - start > 24) return stringFromJson(b, start, end, false)
  let text = ''
  for (let p = start; p < end; p++) {
    const c = b[p]!
    if (c >= 128) return stringFromJson(b, start, end, false)
    text += asciiCharacters[c]!
  }
  return text
}

const asciiCharacters: readonly string[] = Array.from({ length: 128 }, (_, c) => String.fromCharCode(c))

/** Whether `text` is the ASCII text b[start, end). */
export function isAscii(text: string, b: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = 0; i < text.length; i++) {
    const c = b[start + i]!
    if (c >= 128 || text.charCodeAt(i) !== c) return false
  }
  return true
}

/** Where UTF-8 text b[start, end) must end to have at most `length` characters (Unicode code points). */
export function cutText(b: Uint8Array, start: number, end: number, length: number): number {
  if (end - start <= length) return end
  let characters = 0
  for (let p = start; p < end; p++) {
    // Every byte but a continuation byte begins a character.
    if ((b[p]! & 0xc0) !== 0x80 && ++characters > length) return p
  }
  return end
}

/** Number of characters (code points) of UTF-8 text. */
export function countCharacters(b: Uint8Array, start: number, end: number): number {
  let characters = 0
  for (let p = start; p < end; p++) if ((b[p]! & 0xc0) !== 0x80) characters++
  return characters
}
