/** Random streams for the laws of sequence numbers. */
import fc from 'fast-check'
import type { NumberedShard, NumberedStream } from '../identifiers/sequence-number.ts'

/** About when the shards of a lineage were made, ms. */
export const lineageTime = 1_763_700_000_000

/** A stream whose shards came about by splits and merges at random times, some of them in the same second. */
export const lineages = fc
  .record({
    initial: fc.integer({ min: 1, max: 20 }),
    createdAt: fc.integer({ min: lineageTime, max: lineageTime + 10_000 }),
    changes: fc.array(
      fc.record({
        merge: fc.boolean(),
        pick: fc.nat(1000),
        after: fc.constantFrom(0, 0, 1, 999, 86_400_000),
      }),
      { maxLength: 12 },
    ),
    next: fc.integer({ min: 0, max: 2 ** 40 }),
  })
  .map(({ initial, createdAt, changes, next }): NumberedStream => {
    const shards: { parents: number[]; createdAt: number; closedAt: number | undefined }[] = Array.from(
      { length: initial },
      () => ({ parents: [], createdAt, closedAt: undefined }),
    )
    let now = createdAt
    for (const { merge, pick, after } of changes) {
      now += after
      const open = [...shards.keys()].filter((shard) => shards[shard]!.closedAt === undefined)
      const parents = [open[pick % open.length]!]
      if (merge && open.length > 1) parents.push(open[(pick + 1) % open.length]!)
      for (const parent of parents) shards[parent]!.closedAt = now
      for (let i = parents.length; i < 3; i++) shards.push({ parents, createdAt: now, closedAt: undefined })
    }
    const shardInfos = shards.map(
      (place, shard): NumberedShard => ({
        ...place,
        shard,
        next,
      }),
    )
    return { name: 's', shardInfos }
  })
