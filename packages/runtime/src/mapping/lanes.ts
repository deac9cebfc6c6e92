/**
 * Lanes of a function stage: records of one shard are dealt to `count` lanes by a hash of their partition key, so that
 * records of one key stay in one lane and in order. The hash is part of the meaning of stored lane positions: FNV-1a over
 * the key's bytes with the final mix of MurmurHash3. Changing it needs a new version of the stage record.
 *
 * It is not the MD5 that routes keys to shards: within one shard those hashes share their leading bits, and MD5 costs ten
 * times as much.
 */
export function laneOf(bytes: Uint8Array, start: number, end: number, count: number): number {
  if (count === 1) return 0
  let hash = 0x811c9dc5
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193)
  // FNV alone leaves its low bits poor for keys that differ in the last byte only.
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  hash ^= hash >>> 16
  return (hash >>> 0) % count
}
