/**
 * Which shard a key belongs to: the MD5 of its bytes as a 128-bit number, over ranges of equal size.
 * Shard i of n owns [i * floor(2^128 / n), (i + 1) * floor(2^128 / n)), the last one the remainder too (as Kinesis cuts a
 * new stream). The leading 32 bits decide unless they lie on a border; then all 128 do.
 */
import { md5, md5Words } from './md5.ts'

export function routeKey(key: Uint8Array, start: number, end: number, shards: number): number {
  if (shards === 1) return 0
  md5(key, start, end)
  const low = Math.floor((md5Words[0]! * shards) / 0x1_0000_0000)
  const high = Math.floor(((md5Words[0]! + 1) * shards) / 0x1_0000_0000)
  // The top word bounds the exact quotient from below by `low` and above by `high`; shard sizes are rounded down, which
  // moves borders by less than one part in 2^96, so a doubt exists only where the word touches a border.
  return low === high ? low : exactShard(shards)
}

function exactShard(shards: number): number {
  const value =
    (BigInt(md5Words[0]!) << 96n) |
    (BigInt(md5Words[1]!) << 64n) |
    (BigInt(md5Words[2]!) << 32n) |
    BigInt(md5Words[3]!)
  const range = (1n << 128n) / BigInt(shards)
  const shard = Number(value / range)
  return shard < shards ? shard : shards - 1
}
