/**
 * MD5 (RFC 1321) of a byte slice, for routing record keys to shards: the leading 32 bits, or all of the digest as words.
 * Written out because a call into OpenSSL costs three times as much as hashing a short key here. Not for secrets.
 * Cost: one 64-byte block for keys of up to 55 bytes; no allocation.
 */
const SHIFT = Uint8Array.of(7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21)
const SINE = new Int32Array(64)
for (let i = 0; i < 64; i++) SINE[i] = Math.floor(Math.abs(Math.sin(i + 1)) * 0x1_0000_0000) | 0

const block = new Int32Array(16)
const blockBytes = new Uint8Array(block.buffer)
/** The digest of the last call as four words in digest order, each big-endian as an unsigned number. */
export const md5Words = new Uint32Array(4)
const hash = new Int32Array(4)

/** Hashes source[start, end) into `md5Words`. */
export function md5(source: Uint8Array, start: number, end: number): void {
  hash[0] = 0x6745_2301
  hash[1] = 0xefcd_ab89 | 0
  hash[2] = 0x98ba_dcfe | 0
  hash[3] = 0x1032_5476
  let at = start
  for (; end - at >= 64; at += 64) {
    for (let i = 0; i < 64; i++) blockBytes[i] = source[at + i]!
    hashBlock()
  }
  const rest = end - at
  for (let i = 0; i < rest; i++) blockBytes[i] = source[at + i]!
  blockBytes[rest] = 0x80
  blockBytes.fill(0, rest + 1)
  if (rest > 55) {
    hashBlock()
    blockBytes.fill(0)
  }
  const length = end - start
  block[14] = length << 3
  block[15] = Math.floor(length / 0x2000_0000)
  hashBlock()
  for (let i = 0; i < 4; i++) md5Words[i] = swap(hash[i]!)
}

function hashBlock(): void {
  let a = hash[0]!
  let b = hash[1]!
  let c = hash[2]!
  let d = hash[3]!
  for (let i = 0; i < 64; i++) {
    let mix: number
    let word: number
    if (i < 16) {
      mix = (b & c) | (~b & d)
      word = i
    } else if (i < 32) {
      mix = (d & b) | (~d & c)
      word = (5 * i + 1) & 15
    } else if (i < 48) {
      mix = b ^ c ^ d
      word = (3 * i + 5) & 15
    } else {
      mix = c ^ (b | ~d)
      word = (7 * i) & 15
    }
    const sum = (a + mix + SINE[i]! + block[word]!) | 0
    const shift = SHIFT[((i >>> 4) << 2) | (i & 3)]!
    a = d
    d = c
    c = b
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0
  }
  hash[0] = (hash[0]! + a) | 0
  hash[1] = (hash[1]! + b) | 0
  hash[2] = (hash[2]! + c) | 0
  hash[3] = (hash[3]! + d) | 0
}

const swap = (word: number): number =>
  ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)
