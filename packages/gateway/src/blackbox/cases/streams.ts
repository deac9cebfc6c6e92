/** Streams as a whole: made, described, listed, changed, deleted. */
import { expect } from 'vitest'
import type { Members } from '../client.ts'
import { type BlackboxCase, byNameAndArn } from './case.ts'
import { shardId, type World } from './world.ts'

const onDemand = { StreamModeDetails: { StreamMode: 'ON_DEMAND' } }

export const streamCases: readonly BlackboxCase[] = [
  {
    operation: 'CreateStream',
    name: 'makes a stream with the shards asked for',
    input: (world) => ({ StreamName: world.name(), ShardCount: 3 }),
    async check(output, world, { StreamName }) {
      expect(output).toEqual({})
      await world.active(String(StreamName))
      const shards = await world.shards(String(StreamName))
      expect(shards.map((shard) => shard.HashKeyRange)).toEqual([
        { StartingHashKey: '0', EndingHashKey: '113427455640312821154458202477256070484' },
        {
          StartingHashKey: '113427455640312821154458202477256070485',
          EndingHashKey: '226854911280625642308916404954512140969',
        },
        {
          StartingHashKey: '226854911280625642308916404954512140970',
          EndingHashKey: '340282366920938463463374607431768211455',
        },
      ])
      expect(shards.map((shard) => shard.ShardId)).toEqual([0, 1, 2].map(shardId))
    },
  },
  {
    operation: 'CreateStream',
    name: 'makes an on-demand stream of four shards, with tags and a record size',
    input: (world) => ({
      StreamName: world.name(),
      ...onDemand,
      Tags: { team: 'blue' },
      MaxRecordSizeInKiB: 2048,
    }),
    async check(_output, world, { StreamName }) {
      await world.active(String(StreamName))
      expect(await world.summary(String(StreamName))).toMatchObject({
        ...onDemand,
        OpenShardCount: 4,
        MaxRecordSizeInKiB: 2048,
      })
      const { Tags } = await world.admin('ListTagsForStream', { StreamName })
      expect(Tags).toEqual([{ Key: 'team', Value: 'blue' }])
    },
  },
  {
    operation: 'CreateStream',
    name: 'for a name that is taken',
    error: 'ResourceInUseException',
    message: /already exists/,
    input: async (world) => ({ StreamName: (await world.shared()).stream, ShardCount: 1 }),
  },
  {
    operation: 'CreateStream',
    name: 'without a shard',
    error: 'ValidationException',
    message: /'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1/,
    input: (world) => ({ StreamName: world.name(), ShardCount: 0 }),
  },
  {
    operation: 'CreateStream',
    name: 'for an on-demand stream with a number of shards',
    error: 'ValidationException',
    input: (world) => ({ StreamName: world.name(), ShardCount: 2, ...onDemand }),
  },

  ...byNameAndArn('DeleteStream', 'removes the stream and frees its name', {
    rest: () => ({}),
    async check(output, world, stream) {
      expect(output).toEqual({})
      await world.gone(stream)
      await world.admin('CreateStream', { StreamName: stream, ShardCount: 1 })
    },
  }),
  {
    operation: 'DeleteStream',
    name: 'while consumers are registered',
    error: 'ResourceInUseException',
    input: async (world) => ({ StreamName: (await world.shared()).stream }),
  },
  {
    operation: 'DeleteStream',
    name: 'removes consumers too where that is asked for',
    async input(world) {
      const StreamName = await world.stream()
      await world.consumer(StreamName)
      return { StreamName, EnforceConsumerDeletion: true }
    },
    check: (_output, world, { StreamName }) => world.gone(String(StreamName)),
  },

  ...byNameAndArn('DescribeStream', 'shows the stream and its shards', {
    rest: () => ({}),
    check(output, world, stream) {
      const { StreamDescription } = output as { StreamDescription: Members }
      expect(StreamDescription).toMatchObject({
        StreamName: stream,
        StreamARN: world.arn(stream),
        StreamStatus: 'ACTIVE',
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
        HasMoreShards: false,
        RetentionPeriodHours: 24,
        EnhancedMonitoring: [{ ShardLevelMetrics: [] }],
        EncryptionType: 'NONE',
        Shards: [
          {
            ShardId: shardId(0),
            HashKeyRange: { StartingHashKey: '0', EndingHashKey: '170141183460469231731687303715884105727' },
            SequenceNumberRange: { StartingSequenceNumber: expect.stringMatching(/^49\d{54}$/) },
          },
          { ShardId: shardId(1) },
        ],
      })
      const created = StreamDescription.StreamCreationTimestamp
      expect(created).toBeInstanceOf(Date)
      expect(Math.abs(Number(created) - world.server.clock.now())).toBeLessThan(60_000)
    },
  }),
  {
    operation: 'DescribeStream',
    name: 'gives shards in pages',
    async input(world) {
      return {
        StreamName: await world.stream({ ShardCount: 3 }),
        Limit: 1,
        ExclusiveStartShardId: shardId(0),
      }
    },
    check(output) {
      expect(output.StreamDescription).toMatchObject({
        HasMoreShards: true,
        Shards: [{ ShardId: shardId(1) }],
      })
    },
  },
  {
    operation: 'DescribeStream',
    name: 'with a page of 10001',
    error: 'ValidationException',
    message: /'limit' failed to satisfy constraint: Member must have value less than or equal to 10000/,
    input: async (world) => ({ StreamName: (await world.shared()).stream, Limit: 10_001 }),
  },

  ...byNameAndArn('DescribeStreamSummary', 'counts open shards and consumers', {
    async rest(world, stream) {
      await world.consumer(stream)
      return {}
    },
    check(output, world, stream) {
      expect(output.StreamDescriptionSummary).toMatchObject({
        StreamName: stream,
        StreamARN: world.arn(stream),
        StreamStatus: 'ACTIVE',
        OpenShardCount: 2,
        ConsumerCount: 1,
        RetentionPeriodHours: 24,
        MaxRecordSizeInKiB: 1024,
        StreamCreationTimestamp: expect.any(Date),
      })
      // Java's client library would go on with it to a host of AWS.
      expect(output.StreamDescriptionSummary).not.toHaveProperty('StreamId')
    },
  }),

  {
    operation: 'DescribeLimits',
    name: 'counts shards and streams',
    async input(world) {
      await world.shared()
      return {}
    },
    check(output) {
      expect(output).toEqual({
        ShardLimit: expect.any(Number),
        OpenShardCount: expect.any(Number),
        OnDemandStreamCount: expect.any(Number),
        OnDemandStreamCountLimit: expect.any(Number),
      })
      expect(output.OpenShardCount).toBeGreaterThanOrEqual(2)
      expect(output.OnDemandStreamCount).toBeGreaterThanOrEqual(1)
      expect(output.ShardLimit).toBeGreaterThanOrEqual(Number(output.OpenShardCount))
    },
  },

  {
    operation: 'ListStreams',
    name: 'gives all names in order',
    async input(world) {
      await world.stream()
      await world.stream()
      return {}
    },
    async check(output) {
      const names = output.StreamNames as readonly string[]
      expect(names.length).toBeGreaterThanOrEqual(2)
      expect(names).toEqual([...names].sort())
      expect(output.HasMoreStreams).toBe(output.NextToken !== undefined)
    },
  },
  {
    operation: 'ListStreams',
    name: 'goes on after a name',
    async input(world) {
      const [ExclusiveStartStreamName] = [await world.stream(), await world.stream()].sort()
      return { ExclusiveStartStreamName, Limit: 1 }
    },
    check(output, _world, { ExclusiveStartStreamName }) {
      const [name] = output.StreamNames as readonly string[]
      expect(name! > String(ExclusiveStartStreamName)).toBe(true)
      expect(output.StreamSummaries).toMatchObject([{ StreamName: name, StreamStatus: 'ACTIVE' }])
    },
  },
  {
    operation: 'ListStreams',
    name: 'goes on from a token',
    async input(world) {
      await world.stream()
      await world.stream()
      const first = await world.admin('ListStreams', { Limit: 1 })
      expect(first).toMatchObject({ HasMoreStreams: true, NextToken: expect.any(String) })
      return { NextToken: first.NextToken, Limit: 1 }
    },
    async check(output, world) {
      const all = await world.admin('ListStreams', { Limit: 2 })
      expect(output.StreamNames).toEqual([(all.StreamNames as readonly string[])[1]])
    },
  },
  {
    operation: 'ListStreams',
    name: 'with a token that is none',
    error: 'InvalidArgumentException',
    input: () => ({ NextToken: 'made-up' }),
  },

  {
    operation: 'UpdateStreamMode',
    name: 'changes the mode and keeps the shards',
    async input(world) {
      return { StreamARN: world.arn(await world.stream()), ...onDemand }
    },
    async check(output, world, { StreamARN }) {
      expect(output).toEqual({})
      const stream = String(StreamARN).split('/')[1]!
      await world.active(stream)
      expect(await world.summary(stream)).toMatchObject({ ...onDemand, OpenShardCount: 2 })
    },
  },
  {
    operation: 'UpdateStreamMode',
    name: 'to a mode that does not exist',
    error: 'ValidationException',
    message: /streamModeDetails\.streamMode/,
    input: async (world) => ({
      StreamARN: world.arn((await world.shared()).stream),
      StreamModeDetails: { StreamMode: 'SOMETIMES' },
    }),
  },

  {
    operation: 'UpdateMaxRecordSize',
    name: 'lets larger records in',
    async input(world) {
      return { StreamARN: world.arn(await world.stream()), MaxRecordSizeInKiB: 2048 }
    },
    async check(output, world, { StreamARN }) {
      expect(output).toEqual({})
      const StreamName = String(StreamARN).split('/')[1]!
      await world.active(StreamName)
      const Data = new Uint8Array(2 * 1024 * 1024 - 1).fill(7)
      await world.admin('PutRecord', { StreamName, PartitionKey: 'k', Data })
    },
  },
  {
    operation: 'UpdateMaxRecordSize',
    name: 'beyond 10 MiB',
    error: 'ValidationException',
    message:
      /'maxRecordSizeInKiB' failed to satisfy constraint: Member must have value less than or equal to 10240/,
    input: async (world) => ({
      StreamARN: world.arn((await world.shared()).stream),
      MaxRecordSizeInKiB: 10_241,
    }),
  },

  ...byNameAndArn('IncreaseStreamRetentionPeriod', 'sets the hours', {
    rest: () => ({ RetentionPeriodHours: 8760 }),
    async check(output, world, stream) {
      expect(output).toEqual({})
      await world.active(stream)
      expect(await world.summary(stream)).toMatchObject({ RetentionPeriodHours: 8760 })
    },
  }),
  {
    operation: 'IncreaseStreamRetentionPeriod',
    name: 'beyond a year',
    error: 'InvalidArgumentException',
    input: async (world) => ({ StreamName: (await world.shared()).stream, RetentionPeriodHours: 8761 }),
  },
  {
    operation: 'IncreaseStreamRetentionPeriod',
    name: 'to fewer hours',
    error: 'InvalidArgumentException',
    input: (world) => longRetention(world, 48, 36),
  },
  ...byNameAndArn('DecreaseStreamRetentionPeriod', 'sets the hours', {
    async rest(world, StreamName) {
      await world.admin('IncreaseStreamRetentionPeriod', { StreamName, RetentionPeriodHours: 48 })
      await world.active(StreamName)
      return { RetentionPeriodHours: 36 }
    },
    async check(output, world, stream) {
      expect(output).toEqual({})
      await world.active(stream)
      expect(await world.summary(stream)).toMatchObject({ RetentionPeriodHours: 36 })
    },
  }),
  {
    operation: 'DecreaseStreamRetentionPeriod',
    name: 'below a day',
    error: 'InvalidArgumentException',
    input: (world) => longRetention(world, 48, 23),
  },
  {
    operation: 'DecreaseStreamRetentionPeriod',
    name: 'to more hours',
    error: 'InvalidArgumentException',
    input: (world) => longRetention(world, 48, 60),
  },

  {
    operation: 'UpdateAccountSettings',
    name: 'takes up the commitment',
    input: () => ({ MinimumThroughputBillingCommitment: { Status: 'ENABLED' } }),
    async check(output, world) {
      expect(output.MinimumThroughputBillingCommitment).toMatchObject({
        Status: 'ENABLED',
        StartedAt: expect.any(Date),
        EarliestAllowedEndAt: expect.any(Date),
      })
      expect(await world.admin('DescribeAccountSettings')).toMatchObject({
        MinimumThroughputBillingCommitment: { Status: 'ENABLED' },
      })
    },
  },
  {
    operation: 'UpdateAccountSettings',
    name: 'with a status that does not exist',
    error: 'ValidationException',
    message: /minimumThroughputBillingCommitment\.status/,
    input: () => ({ MinimumThroughputBillingCommitment: { Status: 'MAYBE' } }),
  },
  {
    operation: 'DescribeAccountSettings',
    name: 'shows the commitment',
    async input(world) {
      await world.admin('UpdateAccountSettings', {
        MinimumThroughputBillingCommitment: { Status: 'ENABLED' },
      })
      return {}
    },
    check(output) {
      expect(output).toMatchObject({ MinimumThroughputBillingCommitment: { Status: 'ENABLED' } })
    },
  },
  ...byNameAndArn('UpdateStreamWarmThroughput', 'warms an on-demand stream', {
    stream: onDemand,
    async rest(world) {
      await world.admin('UpdateAccountSettings', {
        MinimumThroughputBillingCommitment: { Status: 'ENABLED' },
      })
      return { WarmThroughputMiBps: 12 }
    },
    check(output, world, stream) {
      expect(output).toMatchObject({
        StreamName: stream,
        StreamARN: world.arn(stream),
        WarmThroughput: { TargetMiBps: 12 },
      })
    },
  }),
  {
    operation: 'UpdateStreamWarmThroughput',
    name: 'for a provisioned stream',
    error: 'ValidationException',
    input: async (world) => ({ StreamName: (await world.shared()).stream, WarmThroughputMiBps: 12 }),
  },
]

async function longRetention(world: World, from: number, to: number): Promise<Members> {
  const StreamName = await world.stream()
  await world.admin('IncreaseStreamRetentionPeriod', { StreamName, RetentionPeriodHours: from })
  await world.active(StreamName)
  return { StreamName, RetentionPeriodHours: to }
}
