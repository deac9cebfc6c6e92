/** MurmurHash3, x86, 32 bits, seed 0: what buckets are made of (Apache Iceberg, format/spec.md, appendix B). */

export function murmur3(bytes: Uint8Array): number {
  const size = bytes.length
  const whole = size & ~3
  let hash = 0
  for (let i = 0; i < whole; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24)
    hash ^= mixed(word)
    hash = (hash << 13) | (hash >>> 19)
    hash = (Math.imul(hash, 5) + 0xe6546b64) | 0
  }
  let tail = 0
  for (let i = size - 1; i >= whole; i--) tail = (tail << 8) | bytes[i]!
  if (size !== whole) hash ^= mixed(tail)
  hash ^= size
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function mixed(word: number): number {
  const k = Math.imul(word, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}
