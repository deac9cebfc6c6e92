/** Shards: listed, split, merged, counted anew. */
import { expect } from 'vitest'
import type { Members } from '../client.ts'
import { type BlackboxCase, byNameAndArn } from './case.ts'
import { hashKeyMax, type Shard, shardId, type World } from './world.ts'

const uniform = { ScalingType: 'UNIFORM_SCALING' }
const half = 2n ** 127n

export const shardCases: readonly BlackboxCase[] = [
  ...byNameAndArn('ListShards', 'gives open and closed shards with their lineage', {
    async rest(world, StreamName) {
      await split(world, StreamName)
      return {}
    },
    check(output) {
      // By the API's model.
      const shards = output.Shards as readonly Shard[]
      expect(shards.map((shard) => [shard.ShardId, shard.ParentShardId])).toEqual([
        [shardId(0), undefined],
        [shardId(1), undefined],
        [shardId(2), shardId(0)],
        [shardId(3), shardId(0)],
      ])
      const ends = shards.map((shard) => shard.SequenceNumberRange.EndingSequenceNumber)
      expect(ends.map((end) => end !== undefined)).toEqual([true, false, false, false])
      expect(BigInt(shards[2]!.SequenceNumberRange.StartingSequenceNumber)).toBeGreaterThan(BigInt(ends[0]!))
    },
  }),
  {
    operation: 'ListShards',
    name: 'gives pages',
    input: async (world) => ({ StreamName: await world.stream({ ShardCount: 3 }), MaxResults: 2 }),
    check(output) {
      expect(output).toMatchObject({
        Shards: [{ ShardId: shardId(0) }, { ShardId: shardId(1) }],
        NextToken: expect.any(String),
      })
    },
  },
  {
    operation: 'ListShards',
    name: 'goes on from a token alone',
    async input(world) {
      const StreamName = await world.stream({ ShardCount: 3 })
      const { NextToken } = await world.admin('ListShards', { StreamName, MaxResults: 2 })
      return { NextToken }
    },
    check(output) {
      expect(output).toEqual({ Shards: [expect.objectContaining({ ShardId: shardId(2) })] })
    },
  },
  {
    operation: 'ListShards',
    name: 'gives open shards for AT_LATEST',
    async input(world) {
      const StreamName = await world.stream()
      await split(world, StreamName)
      return { StreamName, ShardFilter: { Type: 'AT_LATEST' } }
    },
    check: (output) => expectShards(output, [1, 2, 3]),
  },
  {
    operation: 'ListShards',
    name: 'gives shards open at the horizon for AT_TRIM_HORIZON',
    async input(world) {
      const StreamName = await world.stream()
      await split(world, StreamName)
      return { StreamName, ShardFilter: { Type: 'AT_TRIM_HORIZON' } }
    },
    check: (output) => expectShards(output, [0, 1]),
  },
  {
    operation: 'ListShards',
    name: 'gives all shards for FROM_TRIM_HORIZON',
    async input(world) {
      const StreamName = await world.stream()
      await split(world, StreamName)
      return { StreamName, ShardFilter: { Type: 'FROM_TRIM_HORIZON' } }
    },
    check: (output) => expectShards(output, [0, 1, 2, 3]),
  },
  {
    operation: 'ListShards',
    name: 'gives shards after one for AFTER_SHARD_ID',
    input: async (world) => ({
      StreamName: await world.stream({ ShardCount: 3 }),
      ShardFilter: { Type: 'AFTER_SHARD_ID', ShardId: shardId(1) },
    }),
    check: (output) => expectShards(output, [2]),
  },
  {
    operation: 'ListShards',
    name: 'gives shards of a time for AT_TIMESTAMP',
    async input(world) {
      const StreamName = await world.stream()
      return {
        StreamName,
        ShardFilter: { Type: 'AT_TIMESTAMP', Timestamp: new Date(world.server.clock.now()) },
      }
    },
    check: (output) => expectShards(output, [0, 1]),
  },
  {
    operation: 'ListShards',
    name: 'with a token and a name',
    error: 'InvalidArgumentException',
    async input(world) {
      const { stream: StreamName } = await world.shared()
      const { NextToken } = await world.admin('ListShards', { StreamName, MaxResults: 1 })
      return { StreamName, NextToken }
    },
  },
  {
    operation: 'ListShards',
    name: 'with a token that is none',
    error: 'InvalidArgumentException',
    input: () => ({ NextToken: 'made-up' }),
  },
  {
    operation: 'ListShards',
    name: 'with a filter that does not exist',
    error: 'ValidationException',
    message: /'shardFilter\.type' failed to satisfy constraint: Member must satisfy enum value set/,
    input: async (world) => ({ StreamName: (await world.shared()).stream, ShardFilter: { Type: 'SOME' } }),
  },

  ...byNameAndArn('SplitShard', 'closes the parent and opens two children', {
    rest: () => ({ ShardToSplit: shardId(0), NewStartingHashKey: '1000' }),
    async check(output, world, stream) {
      expect(output).toEqual({})
      await world.active(stream)
      const [parent, , low, high] = await world.shards(stream)
      expect(parent!.SequenceNumberRange.EndingSequenceNumber).toBeDefined()
      expect(low).toMatchObject({
        ShardId: shardId(2),
        ParentShardId: shardId(0),
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: '999' },
      })
      expect(high).toMatchObject({
        ShardId: shardId(3),
        ParentShardId: shardId(0),
        HashKeyRange: { StartingHashKey: '1000', EndingHashKey: String(half - 1n) },
      })
    },
  }),
  {
    operation: 'SplitShard',
    name: 'at a key outside of the shard',
    error: 'InvalidArgumentException',
    input: async (world) => ({
      StreamName: (await world.shared()).stream,
      ShardToSplit: shardId(0),
      NewStartingHashKey: String(half + 1n),
    }),
  },
  {
    operation: 'SplitShard',
    name: 'for a shard that does not exist',
    error: 'ResourceNotFoundException',
    input: async (world) => ({
      StreamName: (await world.shared()).stream,
      ShardToSplit: shardId(77),
      NewStartingHashKey: '1000',
    }),
  },
  {
    operation: 'SplitShard',
    name: 'for a shard that is closed',
    error: 'InvalidArgumentException',
    async input(world) {
      const StreamName = await world.stream()
      await split(world, StreamName)
      return { StreamName, ShardToSplit: shardId(0), NewStartingHashKey: '2000' }
    },
  },
  {
    operation: 'SplitShard',
    name: 'for an on-demand stream',
    error: 'ValidationException',
    input: async (world) => ({
      StreamName: (await world.shared()).onDemand,
      ShardToSplit: shardId(0),
      NewStartingHashKey: '1000',
    }),
  },

  ...byNameAndArn('MergeShards', 'closes both parents and opens one child', {
    rest: () => ({ ShardToMerge: shardId(0), AdjacentShardToMerge: shardId(1) }),
    async check(output, world, stream) {
      expect(output).toEqual({})
      await world.active(stream)
      const shards = await world.shards(stream)
      expect(shards[2]).toMatchObject({
        ShardId: shardId(2),
        ParentShardId: shardId(0),
        AdjacentParentShardId: shardId(1),
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(hashKeyMax) },
      })
      const isClosed = (shard: Shard) => shard.SequenceNumberRange.EndingSequenceNumber !== undefined
      expect(shards.map(isClosed)).toEqual([true, true, false])
    },
  }),
  {
    operation: 'MergeShards',
    name: 'for shards that are no neighbours',
    error: 'InvalidArgumentException',
    input: async (world) => ({
      StreamName: await world.stream({ ShardCount: 3 }),
      ShardToMerge: shardId(0),
      AdjacentShardToMerge: shardId(2),
    }),
  },
  {
    operation: 'MergeShards',
    name: 'for a shard that does not exist',
    error: 'ResourceNotFoundException',
    input: async (world) => ({
      StreamName: (await world.shared()).stream,
      ShardToMerge: shardId(0),
      AdjacentShardToMerge: shardId(77),
    }),
  },
  {
    operation: 'MergeShards',
    name: 'for an on-demand stream',
    error: 'ValidationException',
    input: async (world) => ({
      StreamName: (await world.shared()).onDemand,
      ShardToMerge: shardId(0),
      AdjacentShardToMerge: shardId(1),
    }),
  },

  ...byNameAndArn('UpdateShardCount', 'ends in as many uniform shards', {
    rest: () => ({ TargetShardCount: 3, ...uniform }),
    async check(output, world, stream) {
      expect(output).toEqual({
        StreamName: stream,
        StreamARN: world.arn(stream),
        CurrentShardCount: 2,
        TargetShardCount: 3,
      })
      await world.active(stream)
      const shards = await world.shards(stream)
      const open = shards.filter((shard) => shard.SequenceNumberRange.EndingSequenceNumber === undefined)
      const starts = open
        .map((shard) => BigInt(shard.HashKeyRange.StartingHashKey))
        .sort((a, b) => (a < b ? -1 : 1))
      const third = (hashKeyMax + 1n) / 3n
      expect(starts).toEqual([0n, third, 2n * third])
    },
  }),
  {
    operation: 'UpdateShardCount',
    name: 'to more than twice as many',
    error: 'InvalidArgumentException',
    input: async (world) => ({ StreamName: (await world.shared()).stream, TargetShardCount: 5, ...uniform }),
  },
  {
    operation: 'UpdateShardCount',
    name: 'to less than half as many',
    error: 'InvalidArgumentException',
    input: async (world) => ({
      StreamName: await world.stream({ ShardCount: 5 }),
      TargetShardCount: 2,
      ...uniform,
    }),
  },
  {
    operation: 'UpdateShardCount',
    name: 'for an on-demand stream',
    error: 'ValidationException',
    input: async (world) => ({
      StreamName: (await world.shared()).onDemand,
      TargetShardCount: 5,
      ...uniform,
    }),
  },
]

async function split(world: World, StreamName: string): Promise<void> {
  await world.admin('SplitShard', { StreamName, ShardToSplit: shardId(0), NewStartingHashKey: '1000' })
  await world.active(StreamName)
}

function expectShards(output: Members, numbers: readonly number[]): void {
  // By the API's model.
  const shards = output.Shards as readonly Shard[]
  expect(shards.map((shard) => shard.ShardId)).toEqual(numbers.map(shardId))
}
