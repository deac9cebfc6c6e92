/**
 * Base64 between byte arrays, for records in replies and requests. Short runs go through tables, longer ones through
 * Node's own coder, whose calls cost more than a hundred bytes do (measured on Node 20).
 */
const ALPHABET = Buffer.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const PAD = 61
/** Up to here the loops win. */
const LOOP_BYTES_MAX = 96
const LOOP_CHARACTERS_MAX = 128

/** Two characters for each 12 bits, the first in the low byte. */
const PAIRS = new Uint16Array(4096)
/** The 12 bits of two characters; -1 where one is not of the alphabet. */
const BITS = new Int16Array(65_536).fill(-1)
for (let bits = 0; bits < 4096; bits++) {
  const first = ALPHABET[bits >> 6]!
  const second = ALPHABET[bits & 63]!
  PAIRS[bits] = first | (second << 8)
  BITS[(first << 8) | second] = bits
}

export function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4
}

/** Writes source[start, end) as base64 at `at`; returns where it ends. There has to be room. */
export function writeBase64(
  source: Uint8Array,
  start: number,
  end: number,
  target: Buffer,
  at: number,
): number {
  if (end - start > LOOP_BYTES_MAX) {
    const buffer = Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    return at + target.write(buffer.toString('base64', start, end), at, 'latin1')
  }
  const rest = (end - start) % 3
  const whole = end - rest
  let to = at
  for (let i = start; i < whole; i += 3, to += 4) {
    const bits = (source[i]! << 16) | (source[i + 1]! << 8) | source[i + 2]!
    const high = PAIRS[bits >>> 12]!
    const low = PAIRS[bits & 4095]!
    target[to] = high
    target[to + 1] = high >>> 8
    target[to + 2] = low
    target[to + 3] = low >>> 8
  }
  if (rest === 0) return to
  const last = rest === 1 ? source[whole]! << 4 : (source[whole]! << 10) | (source[whole + 1]! << 2)
  if (rest === 1) {
    target[to] = ALPHABET[last >> 6]!
    target[to + 1] = ALPHABET[last & 63]!
    target[to + 2] = PAD
  } else {
    target[to] = ALPHABET[last >> 12]!
    target[to + 1] = ALPHABET[(last >> 6) & 63]!
    target[to + 2] = ALPHABET[last & 63]!
  }
  target[to + 3] = PAD
  return to + 4
}

/**
 * Decodes source[start, end) to `at`; returns where it ends, or -1 unless the text is base64 in its one canonical form
 * (alphabet with + and /, padded, bits that belong to no byte zero). There has to be room; on -1 it may be written to.
 */
export function readBase64(source: Buffer, start: number, end: number, target: Buffer, at: number): number {
  const length = end - start
  if (length === 0) return at
  if (length % 4 !== 0) return -1
  const lastQuad = end - 4
  let to = at
  if (length > LOOP_CHARACTERS_MAX) {
    const text = source.toString('latin1', start, lastQuad)
    // Node skips what is not base64, which shows in the length, but takes these two for + and /.
    if (text.includes('-') || text.includes('_')) return -1
    const bytes = ((length - 4) / 4) * 3
    if (target.write(text, at, 'base64') !== bytes) return -1
    to += bytes
  } else {
    let bad = 0
    for (let i = start; i < lastQuad; i += 4, to += 3) {
      const high = BITS[(source[i]! << 8) | source[i + 1]!]!
      const low = BITS[(source[i + 2]! << 8) | source[i + 3]!]!
      bad |= high | low
      target[to] = high >> 4
      target[to + 1] = (high << 4) | (low >> 8)
      target[to + 2] = low
    }
    if (bad < 0) return -1
  }
  return readLastQuad(source, lastQuad, target, to)
}

function readLastQuad(source: Buffer, quad: number, target: Buffer, to: number): number {
  const a = source[quad]!
  const b = source[quad + 1]!
  const c = source[quad + 2]!
  const d = source[quad + 3]!
  const high = BITS[(a << 8) | b]!
  if (high < 0) return -1
  target[to] = high >> 4
  if (d !== PAD) {
    const low = BITS[(c << 8) | d]!
    if (low < 0) return -1
    target[to + 1] = (high << 4) | (low >> 8)
    target[to + 2] = low
    return to + 3
  }
  if (c === PAD) return (high & 15) === 0 ? to + 1 : -1
  // As if an A followed: its bits are zero.
  const low = BITS[(c << 8) | 65]!
  if (low < 0 || (low & 0xff) !== 0) return -1
  target[to + 1] = (high << 4) | (low >> 8)
  return to + 2
}
