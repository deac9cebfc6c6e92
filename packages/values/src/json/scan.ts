/**
 * The strict JSON scanner over bytes (RFC 8259): no value is built, it finds where values end and refuses everything
 * that is not JSON. Besides the grammar it refuses bad UTF-8, lone surrogate escapes, and nesting deeper than 64.
 *
 * Each `skip` function takes the offset of a value's first byte and returns the offset after it, or -1 when it has noted
 * the problem in `problemAt` and `problemReason` (module state instead of a result object: the callers are hot). Nothing
 * at or after `end` is accepted, though bytes there may be looked at, because records share a page.
 */
export interface JsonProblem {
  /** Byte offset in the record. */
  readonly offset: number
  readonly reason: string
}

/** Objects and arrays may be nested this deep. */
export const jsonDepthMax = 64

let problemAt = 0
let problemReason = ''
let lastStringEscaped = false
let lastNumberWhole = false

/** Whether the string that was skipped last has an escape. */
export function stringHadEscape(): boolean {
  return lastStringEscaped
}

/** Whether the number that was skipped last is an integer without fraction and exponent. */
export function numberWasWhole(): boolean {
  return lastNumberWhole
}

/** The problem of the last function here that returned -1; `start` is where the record begins. */
export function lastProblem(start: number): JsonProblem {
  return { offset: problemAt - start, reason: problemReason }
}

/** Notes a problem and returns -1. */
export function refuse(at: number, reason: string): -1 {
  problemAt = at
  problemReason = reason
  return -1
}

/** Checks that bytes[start, end) is exactly one JSON document, with white space around it. */
export function scanJson(bytes: Uint8Array, start = 0, end = bytes.length): JsonProblem | null {
  const at = skipValue(bytes, skipSpace(bytes, start, end), end, 0)
  if (at < 0 || expectEnd(bytes, at, end) < 0) return lastProblem(start)
  return null
}

/** 1 for bytes that need a closer look inside a string: quote, backslash, control characters, non-ASCII. */
export const stringStops: Uint8Array = Uint8Array.from({ length: 256 }, (_, c) =>
  c < 32 || c === 34 || c === 92 || c >= 128 ? 1 : 0,
)

export function skipSpace(b: Uint8Array, at: number, end: number): number {
  let p = at
  while (p < end) {
    const c = b[p]!
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) break
    p++
  }
  return p
}

/** After the document: only white space up to the end. */
export function expectEnd(b: Uint8Array, at: number, end: number): number {
  const p = skipSpace(b, at, end)
  return p === end ? p : refuse(p, `text after the end of the document, ${shown(b, p, end)}`)
}

export function skipValue(b: Uint8Array, at: number, end: number, depth: number): number {
  if (at >= end) return refuse(end, 'the text ends where a value should be')
  const c = b[at]!
  if (c === 34) return skipString(b, at, end)
  if (c === 45 || (c >= 48 && c <= 57)) return skipNumber(b, at, end)
  if (c === 123) return skipObject(b, at, end, depth)
  if (c === 91) return skipArray(b, at, end, depth)
  return skipWord(b, at, end)
}

/** true, false or null. */
export function skipWord(b: Uint8Array, at: number, end: number): number {
  const c = b[at]
  const size = c === 102 ? 5 : 4
  if (at + size <= end) {
    if (c === 116 && b[at + 1] === 114 && b[at + 2] === 117 && b[at + 3] === 101) return at + 4
    if (c === 110 && b[at + 1] === 117 && b[at + 2] === 108 && b[at + 3] === 108) return at + 4
    if (c === 102 && b[at + 1] === 97 && b[at + 2] === 108 && b[at + 3] === 115 && b[at + 4] === 101)
      return at + 5
  }
  if (at >= end) return refuse(end, 'the text ends where a value should be')
  if (c === 0xef && b[at + 1] === 0xbb) return refuse(at, 'a byte order mark is not part of JSON')
  return refuse(at, `a value should be here, not ${shown(b, at, end)}`)
}

function skipObject(b: Uint8Array, at: number, end: number, depth: number): number {
  if (depth >= jsonDepthMax) return tooDeep(at)
  let p = skipSpace(b, at + 1, end)
  if (p < end && b[p] === 125) return p + 1
  for (;;) {
    p = skipKey(b, p, end)
    if (p < 0) return -1
    p = skipValue(b, p, end, depth + 1)
    if (p < 0) return -1
    p = skipSpace(b, p, end)
    const c = p < end ? b[p] : -1
    if (c === 125) return p + 1
    if (c !== 44) return refuse(p, `"," or "}" should be here, not ${shown(b, p, end)}`)
    p = skipSpace(b, p + 1, end)
  }
}

export function skipArray(b: Uint8Array, at: number, end: number, depth: number): number {
  if (depth >= jsonDepthMax) return tooDeep(at)
  let p = skipSpace(b, at + 1, end)
  if (p < end && b[p] === 93) return p + 1
  for (;;) {
    p = skipValue(b, p, end, depth + 1)
    if (p < 0) return -1
    p = afterElement(b, p, end)
    if (p < 0) return -1
    if (b[p - 1] === 93) return p
    p = skipSpace(b, p, end)
  }
}

/** Steps over the ',' or ']' after an array's element. */
export function afterElement(b: Uint8Array, at: number, end: number): number {
  const p = skipSpace(b, at, end)
  const c = p < end ? b[p] : -1
  return c === 44 || c === 93 ? p + 1 : refuse(p, `"," or "]" should be here, not ${shown(b, p, end)}`)
}

export function tooDeep(at: number): -1 {
  return refuse(at, `objects and arrays are nested deeper than ${jsonDepthMax}`)
}

/** A member's name with its colon; returns the offset of the value. */
export function skipKey(b: Uint8Array, at: number, end: number): number {
  if (at >= end || b[at] !== 34)
    return refuse(at, `a quoted member name should be here, not ${shown(b, at, end)}`)
  const p = skipString(b, at, end)
  return p < 0 ? -1 : skipColon(b, p, end)
}

export function skipColon(b: Uint8Array, at: number, end: number): number {
  const p = skipSpace(b, at, end)
  if (p >= end || b[p] !== 58) return refuse(p, `":" should be here, not ${shown(b, p, end)}`)
  return skipSpace(b, p + 1, end)
}

/** `at` is the opening quote. */
export function skipString(b: Uint8Array, at: number, end: number): number {
  let p = at + 1
  let escaped = false
  for (;;) {
    while (p < end && stringStops[b[p]!] === 0) p++
    if (p >= end) return refuse(at, 'this string is not closed')
    const c = b[p]!
    if (c === 34) {
      lastStringEscaped = escaped
      return p + 1
    }
    if (c === 92) {
      escaped = true
      p = skipEscape(b, p, end)
    } else if (c < 32) {
      return refuse(
        p,
        `a control character (0x${c.toString(16).padStart(2, '0')}) must be escaped in a string`,
      )
    } else p = skipMultibyte(b, p, end)
    if (p < 0) return -1
  }
}

function skipEscape(b: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return refuse(at, 'the text ends in an escape')
  switch (b[at + 1]) {
    case 34: // "
    case 92: // \
    case 47: // /
    case 98: // b
    case 102: // f
    case 110: // n
    case 114: // r
    case 116: // t
      return at + 2
    case 117: {
      const unit = hexAt(b, at + 2, end)
      if (unit < 0) return refuse(at, '\\u needs four hexadecimal digits')
      if (unit < 0xd800 || unit > 0xdfff) return at + 6
      const low = unit < 0xdc00 && b[at + 6] === 92 && b[at + 7] === 117 ? hexAt(b, at + 8, end) : -1
      if (low < 0xdc00 || low > 0xdfff) return refuse(at, 'half of a surrogate pair stands alone')
      return at + 12
    }
    default:
      return refuse(at, `"\\${String.fromCharCode(b[at + 1]!)}" is not an escape`)
  }
}

/** The value of four hexadecimal digits, -1 if they are none. */
export function hexAt(b: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1
  let value = 0
  for (let i = at; i < at + 4; i++) {
    const c = b[i]!
    const digit = c >= 48 && c <= 57 ? c - 48 : (c | 32) >= 97 && (c | 32) <= 102 ? (c | 32) - 87 : -1
    if (digit < 0) return -1
    value = value * 16 + digit
  }
  return value
}

/** One UTF-8 sequence of two to four bytes, in its shortest form and no surrogate (Unicode table 3-7). */
function skipMultibyte(b: Uint8Array, at: number, end: number): number {
  const c = b[at]!
  const size = c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0
  if (size === 0 || at + size > end) return refuse(at, 'bytes that are not UTF-8')
  const second = b[at + 1]!
  const low = c === 0xe0 ? 0xa0 : c === 0xf0 ? 0x90 : 0x80
  const high = c === 0xed ? 0x9f : c === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return refuse(at, 'bytes that are not UTF-8')
  for (let i = at + 2; i < at + size; i++) {
    if ((b[i]! & 0xc0) !== 0x80) return refuse(at, 'bytes that are not UTF-8')
  }
  return at + size
}

/** `at` is a digit or '-'. */
export function skipNumber(b: Uint8Array, at: number, end: number): number {
  let p = b[at] === 45 ? at + 1 : at
  let c = p < end ? b[p]! : 0
  if (c === 48) p++
  else if (c >= 49 && c <= 57) p = skipDigits(b, p, end)
  else return refuse(at, 'a digit must follow "-"')
  lastNumberWhole = true
  c = p < end ? b[p]! : 0
  if (c === 46) {
    lastNumberWhole = false
    const from = p + 1
    p = skipDigits(b, from, end)
    if (p === from) return refuse(p, 'a digit must follow the decimal point')
    c = p < end ? b[p]! : 0
  }
  if (c === 101 || c === 69) {
    lastNumberWhole = false
    p++
    if (p < end && (b[p] === 43 || b[p] === 45)) p++
    const from = p
    p = skipDigits(b, from, end)
    if (p === from) return refuse(p, 'a digit must follow the exponent sign')
    c = p < end ? b[p]! : 0
  }
  if (c >= 48 && c <= 57) return refuse(at, 'a number must not begin with a superfluous 0')
  return p
}

function skipDigits(b: Uint8Array, at: number, end: number): number {
  let p = at
  while (p < end && b[p]! >= 48 && b[p]! <= 57) p++
  return p
}

function shown(b: Uint8Array, at: number, end: number): string {
  if (at >= end) return 'the end of the text'
  const c = b[at]!
  return c > 32 && c < 127 ? `"${String.fromCharCode(c)}"` : `byte 0x${c.toString(16).padStart(2, '0')}`
}
