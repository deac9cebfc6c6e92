/** The contract of lease tables, as a suite that runs for every implementation. */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Lease, LeaseChange, LeaseTable } from '../lease.ts'

export function leaseOf(leaseKey: string, more: Partial<Lease> = {}): Lease {
  return {
    leaseKey,
    checkpoint: 'TRIM_HORIZON',
    checkpointSubSequenceNumber: 0,
    leaseCounter: 0,
    leaseOwner: undefined,
    ownerSwitchesSinceCheckpoint: 0,
    parentShardId: [],
    childShardIds: [],
    startingHashKey: undefined,
    endingHashKey: undefined,
    startTimeMs: undefined,
    ...more,
  }
}

const byKey = (leases: readonly Lease[]) => leases.toSorted((a, b) => (a.leaseKey < b.leaseKey ? -1 : 1))

export function describeLeaseTable(name: string, open: (table: string) => Promise<LeaseTable>): void {
  describe(`${name} keeps the contract of lease tables`, () => {
    let table: LeaseTable
    let count = 0
    beforeAll(async () => {
      table = await open('leases')
      await table.open()
    })
    afterAll(() => table.close())
    const freshKey = () => `shardId-${String(++count).padStart(12, '0')}`

    test('opening again changes nothing', async () => {
      const lease = leaseOf(freshKey())
      await table.create(lease)
      await table.open()
      expect(await table.get(lease.leaseKey)).toEqual(lease)
    })

    test('every attribute comes back as it was written', async () => {
      const lease = leaseOf(freshKey(), {
        checkpoint: '49590338271490256608559692538361571095921575989136588898',
        checkpointSubSequenceNumber: 17,
        leaseCounter: 4,
        leaseOwner: 'worker-1',
        ownerSwitchesSinceCheckpoint: 2,
        parentShardId: ['shardId-a', 'shardId-b'],
        childShardIds: ['shardId-c'],
        startingHashKey: '0',
        endingHashKey: String(2n ** 128n - 1n),
        startTimeMs: 1_700_000_000_000,
      })
      expect(await table.create(lease)).toBe(true)
      expect(await table.get(lease.leaseKey)).toEqual(lease)
      expect((await table.list()).find((one) => one.leaseKey === lease.leaseKey)).toEqual(lease)
    })

    test('a lease is created once, and absent ones are absent', async () => {
      const key = freshKey()
      expect(await table.get(key)).toBeUndefined()
      expect(await table.create(leaseOf(key))).toBe(true)
      expect(await table.create(leaseOf(key, { leaseOwner: 'other' }))).toBe(false)
      expect(await table.get(key)).toEqual(leaseOf(key))
      await table.delete(key)
      await table.delete(key)
      expect(await table.get(key)).toBeUndefined()
      expect(await table.update(leaseOf(key), {})).toBeUndefined()
      expect(await table.get(key)).toBeUndefined()
    })

    test('a change is made only over the counter and the owner that were seen', async () => {
      const key = freshKey()
      await table.create(leaseOf(key))
      const taken = await table.update(leaseOf(key), { leaseOwner: 'a' })
      expect(taken).toEqual(leaseOf(key, { leaseCounter: 1, leaseOwner: 'a' }))
      // Seen before: another counter. Same counter, another owner.
      expect(await table.update(leaseOf(key), { leaseOwner: 'b' })).toBeUndefined()
      expect(await table.update(leaseOf(key, { leaseCounter: 1 }), {})).toBeUndefined()
      expect(
        await table.update(leaseOf(key, { leaseCounter: 1, leaseOwner: 'b' }), { checkpoint: '9' }),
      ).toBeUndefined()
      const released = await table.update(taken!, { leaseOwner: undefined })
      expect(released).toEqual(leaseOf(key, { leaseCounter: 2 }))
      expect(await table.get(key)).toEqual(released)
    })

    test('of changes made at the same time over one sight, one is made', async () => {
      const key = freshKey()
      await table.create(leaseOf(key))
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, i) => table.update(leaseOf(key), { leaseOwner: `worker-${i}` })),
      )
      const made = results.filter((one) => one !== undefined)
      expect(made.length).toBe(1)
      expect(await table.get(key)).toEqual(made[0])
    })

    test('random changes end as in a model', async () => {
      const change: fc.Arbitrary<LeaseChange> = fc.record(
        {
          checkpoint: fc.constantFrom('1', '22', 'SHARD_END'),
          checkpointSubSequenceNumber: fc.nat(9),
          leaseOwner: fc.constantFrom(undefined, 'a', 'b'),
          ownerSwitchesSinceCheckpoint: fc.nat(3),
          childShardIds: fc.constantFrom([], ['x'], ['x', 'y']),
        },
        { requiredKeys: [] },
      )
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ change, staleBy: fc.constantFrom(0, 0, 0, 1) }), { maxLength: 12 }),
          async (steps) => {
            const history = [leaseOf(freshKey())]
            await table.create(history[0]!)
            for (const { change, staleBy } of steps) {
              const now = history.at(-1)!
              const seen = history[Math.max(0, history.length - 1 - staleBy)]!
              const result = await table.update(seen, change)
              if (seen === now) history.push({ ...now, ...change, leaseCounter: now.leaseCounter + 1 })
              expect(result).toEqual(seen === now ? history.at(-1) : undefined)
            }
            expect(await table.get(history[0]!.leaseKey)).toEqual(history.at(-1))
          },
        ),
        { numRuns: 20 },
      )
    })

    test('a list holds all of many leases', async () => {
      const own = Array.from({ length: 60 }, () => leaseOf(freshKey(), { endingHashKey: '9'.repeat(39) }))
      for (const lease of own) await table.create(lease)
      const keys = new Set(own.map((lease) => lease.leaseKey))
      const listed = (await table.list()).filter((lease) => keys.has(lease.leaseKey))
      expect(byKey(listed)).toEqual(byKey(own))
    })
  })
}
