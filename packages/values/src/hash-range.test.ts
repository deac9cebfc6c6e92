import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bigIntToHash, hashToBigInt, initialHashRanges, shardOfHash, shardOfKey } from './hash-range.ts'
import { md5Hex, md5Words } from './md5.ts'

const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')

test('MD5 is node:crypto’s for every length around the block borders, at any offset', () => {
  for (let size = 0; size <= 200; size++) {
    const bytes = Uint8Array.from({ length: size + 7 }, (_, i) => (i * 167 + size * 31) & 255)
    const out = new Uint32Array(4)
    for (const start of [0, 3]) {
      md5Words(bytes, start, start + size, out)
      expect(hashToBigInt(out)).toBe(BigInt(`0x${md5(bytes.subarray(start, start + size))}`))
    }
  }
})

test('MD5 is node:crypto’s for random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1000 }), (bytes) => void expect(md5Hex(bytes)).toBe(md5(bytes))),
  )
})

test('the initial ranges of a stream are those of Kinesis: floor(2^128 / n) wide, without gap', () => {
  expect(initialHashRanges(3)).toEqual([
    { start: 0n, end: 113427455640312821154458202477256070484n },
    { start: 113427455640312821154458202477256070485n, end: 226854911280625642308916404954512140969n },
    { start: 226854911280625642308916404954512140970n, end: 340282366920938463463374607431768211455n },
  ])
  expect(() => initialHashRanges(0)).toThrow(/^VAL1201 /)
  expect(() => initialHashRanges(4097)).toThrow(/^VAL1201 /)
})

function shardByDefinition(hash: bigint, shards: number): number {
  const width = 2n ** 128n / BigInt(shards)
  const index = hash / width
  return index >= BigInt(shards) ? shards - 1 : Number(index)
}

const shardCount = fc.oneof(fc.integer({ min: 1, max: 4096 }), fc.constantFrom(1, 2, 3, 7, 4095, 4096))

test('a hash is routed to the shard whose range holds it', () => {
  const out = new Uint32Array(4)
  fc.assert(
    fc.property(shardCount, fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), (shards, hash) => {
      bigIntToHash(hash, out)
      expect(hashToBigInt(out)).toBe(hash)
      expect(shardOfHash(out, shards)).toBe(shardByDefinition(hash, shards))
    }),
  )
})

test('both ends of every range and the hashes beside them are routed right', () => {
  const out = new Uint32Array(4)
  for (const shards of [1, 2, 3, 5, 6, 64, 100, 1023, 4093, 4096]) {
    for (const [i, { start, end }] of initialHashRanges(shards).entries()) {
      bigIntToHash(start, out)
      expect(shardOfHash(out, shards)).toBe(i)
      bigIntToHash(end, out)
      expect(shardOfHash(out, shards)).toBe(i)
    }
  }
})

test('a key is routed by the MD5 of its bytes', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), shardCount, (key, shards) => {
      const bytes = Buffer.from(key, 'utf8')
      expect(shardOfKey(bytes, 0, bytes.length, shards)).toBe(
        shardByDefinition(BigInt(`0x${md5(bytes)}`), shards),
      )
    }),
  )
})
