/** Comparisons of text as slices of UTF-8, without decoding. The order of bytes is the order of code points. */

/** Whether a slice of UTF-8 holds more than `limit` code points. */
export function longerThan(bytes: Uint8Array, start: number, end: number, limit: number): boolean {
  let points = 0
  for (let i = start; i < end; i++) if ((bytes[i]! & 0xc0) !== 0x80) points++
  return points > limit
}

/** Equality of two slices of equal length. */
export function sameBytes(
  a: Uint8Array,
  start: number,
  end: number,
  b: Uint8Array,
  otherStart: number,
): boolean {
  for (let i = start, j = otherStart; i < end; i++, j++) if (a[i] !== b[j]) return false
  return true
}

/** Byte order of UTF-8, which is the order of code points. */
export function compareBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): number {
  const length = Math.min(aEnd - aStart, bEnd - bStart)
  for (let i = 0; i < length; i++) {
    const order = a[aStart + i]! - b[bStart + i]!
    if (order !== 0) return order
  }
  return aEnd - aStart - (bEnd - bStart)
}
