import { seededRandom } from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KinesisShard } from './kinesis-stream-port.ts'
import type { Lease } from './lease.ts'
import { expiredLeases, firstShards, planTaking, shardsWithoutLease, workableLeases } from './lease-plan.ts'
import { leaseOf } from './testing/lease-table-contract.ts'

const shard = (shardId: string, ...parents: string[]): KinesisShard => ({
  shardId,
  parents,
  range: { start: 0n, end: 1n },
})
const done = (key: string, ...parents: string[]) =>
  leaseOf(key, { checkpoint: 'SHARD_END', parentShardId: parents })
const open = (key: string, ...parents: string[]) => leaseOf(key, { checkpoint: '1', parentShardId: parents })
const keys = (found: readonly (KinesisShard | Lease)[]) =>
  found.map((one) => ('shardId' in one ? one.shardId : one.leaseKey))

describe('which shards need a lease', () => {
  // A was split into B and C; B and C were merged into D.
  const family = [shard('A'), shard('B', 'A'), shard('C', 'A'), shard('D', 'B', 'C')]

  test.each<[string, readonly KinesisShard[], readonly Lease[], string[]]>([
    ['none has one: the eldest', family, [], ['A']],
    ['the eldest is at work: none', family, [open('A')], []],
    ['the eldest is done and nothing follows: its children', family, [done('A')], ['B', 'C']],
    ['one child was made: the other', family, [done('A'), open('B', 'A')], ['C']],
    ['one child is done: not the merged one', family, [done('A'), done('B', 'A'), open('C', 'A')], []],
    ['both are done: the merged one', family, [done('A'), done('B', 'A'), done('C', 'A')], ['D']],
    ['the last one has one: none of its ancestors', family, [open('D', 'B', 'C')], []],
    ['parents have expired: the shard', [shard('D', 'B', 'C')], [], ['D']],
    ['a parent expired with its work done: the shard', [shard('B', 'A')], [done('A')], ['B']],
    ['a parent expired, but is being worked on: not yet', [shard('B', 'A')], [open('A')], []],
  ])('%s', (_name, shards, leases, expected) => {
    expect(keys(shardsWithoutLease(shards, leases))).toEqual(expected)
  })

  test('an application that has not begun takes the shards of its position, unless they follow one that it has', () => {
    expect(keys(firstShards([shard('D', 'B', 'C')], family, []))).toEqual(['D'])
    expect(keys(firstShards([shard('D', 'B', 'C')], family, [leaseOf('A')]))).toEqual([])
    expect(keys(firstShards([shard('A'), shard('E')], [...family, shard('E')], [leaseOf('A')]))).toEqual([
      'E',
    ])
  })

  test('leases are deleted when their work is done and their shard has expired', () => {
    const leases = [done('A'), open('B', 'A'), done('C', 'A')]
    expect(keys(expiredLeases([shard('C', 'A')], leases))).toEqual(['A'])
  })

  test('a lease can be worked on when every parent is done or has none', () => {
    const leases = [done('A'), open('B', 'A'), done('C', 'A'), open('D', 'B', 'C'), open('E', 'gone')]
    expect(keys(workableLeases(leases))).toEqual(['B', 'E'])
  })

  test('a stream that was split and merged a hundred times is looked through once, not along every path', () => {
    const line = [shard('0')]
    for (let i = 0; i < 100; i++)
      line.push(shard(`${i}a`, `${i}`), shard(`${i}b`, `${i}`), shard(`${i + 1}`, `${i}a`, `${i}b`))
    expect(keys(firstShards([line.at(-1)!], line, []))).toEqual(['100'])
    expect(keys(firstShards([line.at(-1)!], line, [leaseOf('0')]))).toEqual([])
    expect(keys(shardsWithoutLease(line, []))).toEqual(['0'])
  })
})

describe('which leases a worker takes', () => {
  const owner = fc.constantFrom(undefined, 'a', 'b', 'c', 'me')
  const table = fc
    .array(owner, { maxLength: 30 })
    .map((owners) => owners.map((leaseOwner, i) => leaseOf(`s${i}`, { leaseOwner, checkpoint: '1' })))

  test('workers that take turns come to rest with shares that differ by at most one, and every lease is owned', () => {
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 6 }), fc.nat(), (start, workers, seed) => {
        const random = seededRandom(seed)
        const names = Array.from({ length: workers }, (_, i) => `w${i}`)
        let leases: readonly Lease[] = start
        // The owners of the beginning are dead.
        const silent = new Set(leases.map((lease) => lease.leaseKey))
        for (let round = 0; round < 40; round++) {
          let changes = 0
          for (const workerId of names) {
            const plan = planTaking({
              leases,
              workerId,
              silent,
              abandoned: new Set(),
              leasesMax: Number.POSITIVE_INFINITY,
              stealMax: 1 + random.below(3),
              random,
            })
            const taken = new Set([...plan.take, ...plan.steal].map((lease) => lease.leaseKey))
            changes += taken.size
            for (const key of taken) silent.delete(key)
            leases = leases.map((lease) =>
              taken.has(lease.leaseKey) ? { ...lease, leaseOwner: workerId } : lease,
            )
          }
          if (changes === 0) break
        }
        const counts = names.map((name) => leases.filter((lease) => lease.leaseOwner === name).length)
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(leases.length)
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('nothing is taken that may not be: leases of the living while some are free, own ones, and beyond the limits', () => {
    fc.assert(
      fc.property(
        table,
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 1, max: 4 }),
        fc.nat(),
        (leases, leasesMax, stealMax, seed) => {
          const { take, steal } = planTaking({
            leases,
            workerId: 'me',
            silent: new Set(),
            abandoned: new Set(),
            leasesMax,
            stealMax,
            random: seededRandom(seed),
          })
          const mine = leases.filter((lease) => lease.leaseOwner === 'me').length
          const taken = [...take, ...steal]
          expect(new Set(taken.map((lease) => lease.leaseKey)).size).toBe(taken.length)
          expect(take.every((lease) => lease.leaseOwner === undefined)).toBe(true)
          expect(steal.every((lease) => !['me', undefined].includes(lease.leaseOwner))).toBe(true)
          expect(steal.length).toBeLessThanOrEqual(stealMax)
          if (steal.length > 0) expect(leases.every((lease) => lease.leaseOwner !== undefined)).toBe(true)
          if (taken.length > 0) expect(mine + taken.length).toBeLessThanOrEqual(leasesMax)
        },
      ),
    )
  })
})
