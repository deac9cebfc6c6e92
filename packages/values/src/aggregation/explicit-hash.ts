/**
 * Explicit hash keys: decimal text for a hash in 0 .. 2^128 - 1, used for routing in place of the MD5 of the partition
 * key. Read from bytes without big integers, since a reader does it for each record of an aggregate.
 */

/** How a text stands to the 128-bit space: above it, or no decimal number at all. */
export type HashText = 'hash' | 'above' | 'not-decimal'

/** Reads bytes[start, end) into the first four words of `out`, most significant first. */
export function readExplicitHash(bytes: Uint8Array, start: number, end: number, out: Uint32Array): HashText {
  out[0] = out[1] = out[2] = out[3] = 0
  if (start === end) return 'not-decimal'
  let isAbove = false
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) return 'not-decimal'
    if (isAbove) continue
    let carry = digit
    for (let i = 3; i >= 0; i--) {
      // Below 2^32 * 10 + 2^32, so exact.
      const product = out[i]! * 10 + carry
      out[i] = product
      carry = Math.floor(product / 0x1_0000_0000)
    }
    isAbove = carry > 0
  }
  return isAbove ? 'above' : 'hash'
}
