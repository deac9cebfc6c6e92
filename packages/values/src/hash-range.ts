/**
 * Hash ranges: how the 128-bit hash space is divided among the shards a stream starts with. For n shards each range is
 * floor(2^128 / n) wide and the last one ends at 2^128 - 1 (the rule of Kinesis' CreateStream).
 *
 * Routing needs no big integers: the top 32 bits of the hash give the shard or the one before it, because the start of
 * range k lies at most k below k * 2^128 / n, and one comparison of four words with the start of the next range decides.
 */
import { md5Words } from './md5.ts'
import { ValueError } from './value-error.ts'

export const shardsMax = 4096

export interface HashRange {
  readonly start: bigint
  /** Inclusive. */
  readonly end: bigint
}

export function initialHashRanges(shards: number): HashRange[] {
  checkShards(shards)
  const width = 2n ** 128n / BigInt(shards)
  return Array.from({ length: shards }, (_, i) => ({
    start: width * BigInt(i),
    end: i === shards - 1 ? 2n ** 128n - 1n : width * BigInt(i + 1) - 1n,
  }))
}

/** The shard, 0 to shards - 1, whose initial range holds the hash given as four words, most significant first. */
export function shardOfHash(words: Uint32Array, shards: number): number {
  if (shards === 1) return 0
  const starts = shards === lastShards ? lastStarts : startsOf(shards)
  const first = words[0]!
  const candidate = Math.floor((first * shards) / 0x1_0000_0000)
  const next = candidate + 1
  if (next >= shards) return candidate
  const at = next * 4
  for (let i = 0; i < 4; i++) {
    const word = words[i]!
    const start = starts[at + i]!
    if (word !== start) return word > start ? next : candidate
  }
  return next
}

const keyHash = new Uint32Array(4)

/** The shard of a partition key, given as UTF-8 bytes[start, end). */
export function shardOfKey(bytes: Uint8Array, start: number, end: number, shards: number): number {
  if (shards === 1) return 0
  md5Words(bytes, start, end, keyHash)
  return shardOfHash(keyHash, shards)
}

/** The hash as one integer, as APIs print it. */
export function hashToBigInt(words: Uint32Array): bigint {
  let value = 0n
  for (let i = 0; i < 4; i++) value = (value << 32n) | BigInt(words[i]!)
  return value
}

/** Splits an integer in 0 .. 2^128 - 1 (an explicit hash key) into four words. */
export function bigIntToHash(value: bigint, out: Uint32Array): void {
  for (let i = 0; i < 4; i++) out[i] = Number((value >> BigInt(96 - 32 * i)) & 0xffff_ffffn)
}

// Starts of the ranges as words, for the shard counts in use. Streams seldom differ in many counts at once.
const startsByShards = new Map<number, Uint32Array<ArrayBuffer>>()
let lastShards = 0
let lastStarts = new Uint32Array(0)

function startsOf(shards: number): Uint32Array {
  let starts = startsByShards.get(shards)
  if (starts === undefined) {
    starts = new Uint32Array(shards * 4)
    for (const [i, range] of initialHashRanges(shards).entries())
      bigIntToHash(range.start, starts.subarray(i * 4))
    startsByShards.set(shards, starts)
  }
  lastShards = shards
  lastStarts = starts
  return starts
}

function checkShards(shards: number): void {
  if (!Number.isInteger(shards) || shards < 1 || shards > shardsMax) {
    throw new ValueError('VAL1201', `${shards} shards cannot be made. A stream has 1 to ${shardsMax} shards.`)
  }
}
