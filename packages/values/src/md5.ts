/**
 * MD5 (RFC 1321) of partition keys, in generated straight-line code: no objects, no native call per key, which is what
 * makes hashing a key about ten times as fast as node:crypto. The 64 steps are unrolled over the 16 words of a block.
 * Keys up to 55 bytes are one block; longer ones take the same code once per 64 bytes. Not for security.
 *
 * The result is the digest as an unsigned big-endian 128-bit integer in four words, most significant first, the form
 * in which hash ranges are compared.
 */
type Block = (words: Uint32Array, state: Uint32Array) => void

const compress: Block = compileBlock()
const blockWords = new Uint32Array(16)
const state = new Uint32Array(4)

/** Hashes bytes[start, end) into the first four words of `out`. */
export function md5Words(bytes: Uint8Array, start: number, end: number, out: Uint32Array): void {
  state[0] = 0x67452301
  state[1] = 0xefcdab89
  state[2] = 0x98badcfe
  state[3] = 0x10325476
  const size = end - start
  let at = start
  for (; end - at >= 64; at += 64) {
    for (let i = 0; i < 16; i++) blockWords[i] = wordAt(bytes, at + i * 4)
    compress(blockWords, state)
  }
  const rest = end - at
  let word = 0
  for (; end - at >= 4; at += 4) blockWords[word++] = wordAt(bytes, at)
  let last = 0x80
  for (let i = end - 1; i >= at; i--) last = (last << 8) | bytes[i]!
  blockWords[word++] = last
  if (rest >= 56) {
    while (word < 16) blockWords[word++] = 0
    compress(blockWords, state)
    word = 0
  }
  while (word < 14) blockWords[word++] = 0
  // Length in bits, 64 bits little-endian; sizes stay below 2^50 bytes, so both halves are exact.
  blockWords[14] = (size << 3) >>> 0
  blockWords[15] = Math.floor(size / 0x2000_0000)
  compress(blockWords, state)
  for (let i = 0; i < 4; i++) out[i] = swapped(state[i]!)
}

/** The digest as 32 hex digits, lower case. */
export function md5Hex(bytes: Uint8Array): string {
  const out = new Uint32Array(4)
  md5Words(bytes, 0, bytes.length, out)
  let text = ''
  for (const word of out) text += word.toString(16).padStart(8, '0')
  return text
}

function wordAt(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}

function swapped(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0
}

function compileBlock(): Block {
  const shifts = [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]
  const lines: string[] = ['let a = s[0] | 0, b = s[1] | 0, c = s[2] | 0, d = s[3] | 0']
  for (let i = 0; i < 16; i++) lines.push(`const w${i} = w[${i}] | 0`)
  const names = ['a', 'b', 'c', 'd']
  for (let step = 0; step < 64; step++) {
    const round = step >> 4
    // Each step updates one register from the other three; which one rotates, so no values need to be moved.
    const [a, b, c, d] = [0, 1, 2, 3].map((i) => names[(i - step + 64) % 4]!)
    const mixed = [
      `(${b} & ${c} | ~${b} & ${d})`,
      `(${d} & ${b} | ~${d} & ${c})`,
      `(${b} ^ ${c} ^ ${d})`,
      `(${c} ^ (${b} | ~${d}))`,
    ][round]
    const index = [step, 5 * step + 1, 3 * step + 5, 7 * step][round]! % 16
    const constant = Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32) | 0
    const shift = shifts[round * 4 + (step % 4)]!
    lines.push(`${a} = ${a} + ${mixed} + w${index} + ${constant} | 0`)
    lines.push(`${a} = (${a} << ${shift} | ${a} >>> ${32 - shift}) + ${b} | 0`)
  }
  lines.push('s[0] = s[0] + a; s[1] = s[1] + b; s[2] = s[2] + c; s[3] = s[3] + d')
  // Generated from the constants above only: nothing from outside reaches the text.
  return new Function('w', 's', lines.join('\n')) as Block
}
