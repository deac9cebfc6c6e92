import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { md5, md5Words } from './md5.ts'
import { routeKey } from './route.ts'

function digest(bytes: Uint8Array): bigint {
  return BigInt(`0x${createHash('md5').update(bytes).digest('hex')}`)
}

describe('routing', () => {
  test('the digest is the one of OpenSSL, at every length around a block', () => {
    for (let length = 0; length < 200; length++) {
      const bytes = Uint8Array.from({ length: length + 2 }, (_, i) => i * 7 + length)
      md5(bytes, 1, length + 1)
      const actual = md5Words.reduce((sum, word) => (sum << 32n) | BigInt(word), 0n)
      expect(actual, `length ${length}`).toBe(digest(bytes.subarray(1, length + 1)))
    }
  })

  test('a key goes to the shard whose range holds its digest, for any shard count', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 65_536 }), (key, shards) => {
        const exact = Number(digest(key) / ((1n << 128n) / BigInt(shards)))
        expect(routeKey(key, 0, key.length, shards)).toBe(Math.min(exact, shards - 1))
      }),
      { numRuns: 2_000 },
    )
  })
})
