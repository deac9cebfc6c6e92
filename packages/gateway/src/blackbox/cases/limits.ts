/**
 * What depends on time: throttles, quotas, expiry, and states that last. These cases run on a server with the limits of
 * AWS and a clock that stands still unless a case lets time pass.
 */
import { systemClock, VirtualClock } from '@millrace/values'
import { expect } from 'vitest'
import { awsLimits } from '../../kinesis/kinesis-limits.ts'
import type { TestServerOptions } from '../../testing/test-server.ts'
import type { Members } from '../client.ts'
import type { BlackboxCase } from './case.ts'
import { bytes, shardId, type World } from './world.ts'

/** Client libraries sign with the machine's clock, so the server's begins there and minds no difference. */
export function awsServer(): TestServerOptions {
  return { clock: new VirtualClock(systemClock.now()), limits: awsLimits, clockSkewMs: 365 * 86_400_000 }
}

const lifetimeMs = 300_000
const uniform = { ScalingType: 'UNIFORM_SCALING' }
const kms = { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' }
const position = { ShardId: shardId(0), StartingPosition: { Type: 'TRIM_HORIZON' } }
const full = { PartitionKey: 'k', Data: new Uint8Array(1024 * 1024 - 1).fill(97) }
const small = { PartitionKey: 'k', Data: bytes('x') }

export const limitCases: readonly BlackboxCase[] = [
  {
    operation: 'GetRecords',
    name: 'with an iterator older than five minutes',
    error: 'ExpiredIteratorException',
    message:
      /^Iterator expired\. The iterator was created at time .+ tolerated delay of 300000 milliseconds\.$/,
    async input(world) {
      const ShardIterator = await world.iterator(await world.stream())
      await world.server.pass(lifetimeMs + 1)
      return { ShardIterator }
    },
  },
  {
    operation: 'GetRecords',
    name: 'accepts an iterator of five minutes',
    async input(world) {
      const ShardIterator = await world.iterator(await world.stream())
      await world.server.pass(lifetimeMs - 1000)
      return { ShardIterator }
    },
    check: (output) => expect(output).toMatchObject({ Records: [], NextShardIterator: expect.any(String) }),
  },
  {
    operation: 'GetRecords',
    name: 'a sixth time in a second',
    error: 'ProvisionedThroughputExceededException',
    async input(world) {
      const ShardIterator = await world.iterator(await world.stream())
      for (let i = 0; i < 5; i++) await world.admin('GetRecords', { ShardIterator })
      return { ShardIterator }
    },
  },
  {
    operation: 'GetRecords',
    name: 'while a large reply is paid for',
    error: 'ProvisionedThroughputExceededException',
    async input(world) {
      const StreamName = await world.stream({ ShardCount: 1 })
      for (let i = 0; i < 4; i++) {
        await world.admin('PutRecord', { StreamName, ...full })
        await world.server.pass(1000)
      }
      const ShardIterator = await world.iterator(StreamName)
      const { Records } = await world.admin('GetRecords', { ShardIterator })
      expect(Records).toHaveLength(4)
      await world.server.pass(1500)
      return { ShardIterator }
    },
  },
  {
    operation: 'GetShardIterator',
    name: 'a sixth time in a second',
    error: 'ProvisionedThroughputExceededException',
    async input(world) {
      const StreamName = await world.stream()
      for (let i = 0; i < 5; i++) await world.iterator(StreamName)
      return { StreamName, ShardId: shardId(0), ShardIteratorType: 'LATEST' }
    },
  },
  {
    operation: 'PutRecord',
    name: 'for a shard that has had its megabyte',
    error: 'ProvisionedThroughputExceededException',
    message: /^Rate exceeded for shard shardId-000000000000 in stream \S+ under account 000000000000\.$/,
    async input(world) {
      const StreamName = await world.stream({ ShardCount: 1 })
      await world.admin('PutRecord', { StreamName, ...full })
      return { StreamName, ...small, Data: new Uint8Array(1000) }
    },
  },
  {
    operation: 'PutRecords',
    name: 'says which records of a call were throttled',
    async input(world) {
      const StreamName = await world.stream({ ShardCount: 1 })
      const Records = Array.from({ length: 500 }, () => small)
      await world.admin('PutRecords', { StreamName, Records })
      return { StreamName, Records: [...Records, small].slice(0, 500) }
    },
    async check(output, world, { StreamName }) {
      // 500 of the second's 1000 records were left.
      expect(output.FailedRecordCount).toBe(0)
      const { FailedRecordCount, Records } = await world.admin('PutRecords', {
        StreamName,
        Records: [small, small],
      })
      expect(FailedRecordCount).toBe(2)
      expect(Records).toEqual(
        [0, 1].map(() => ({
          ErrorCode: 'ProvisionedThroughputExceededException',
          ErrorMessage: `Rate exceeded for shard ${shardId(0)} in stream ${StreamName} under account 000000000000.`,
        })),
      )
    },
  },
  {
    operation: 'PutRecords',
    name: 'throttles even all records without failing',
    async input(world) {
      const StreamName = await world.stream({ ShardCount: 1 })
      await world.admin('PutRecord', { StreamName, ...full })
      return { StreamName, Records: [{ ...small, Data: new Uint8Array(5000) }] }
    },
    check(output) {
      expect(output).toMatchObject({
        FailedRecordCount: 1,
        Records: [{ ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: expect.any(String) }],
      })
    },
  },

  ...(['ListShards', 'ListStreams', 'ListStreamConsumers'] as const).map(
    (operation): BlackboxCase => ({
      operation,
      name: 'with a token older than five minutes',
      error: 'ExpiredNextTokenException',
      async input(world) {
        const stream = await world.stream()
        await world.consumer(stream, 'a')
        await world.consumer(stream, 'b')
        await world.stream()
        const first = {
          ListShards: { StreamName: stream, MaxResults: 1 },
          ListStreams: { Limit: 1 },
          ListStreamConsumers: { StreamARN: world.arn(stream), MaxResults: 1 },
        }[operation]
        const { NextToken } = await world.admin(operation, first)
        expect(NextToken).toEqual(expect.any(String))
        await world.server.pass(lifetimeMs + 1)
        return operation === 'ListStreamConsumers'
          ? { StreamARN: world.arn(stream), NextToken }
          : { NextToken }
      },
    }),
  ),

  {
    operation: 'CreateStream',
    name: 'while five are being made',
    error: 'LimitExceededException',
    async input(world) {
      for (let i = 0; i < 5; i++)
        await world.admin('CreateStream', { StreamName: world.name(), ShardCount: 1 })
      return { StreamName: world.name(), ShardCount: 1 }
    },
  },
  {
    operation: 'CreateStream',
    name: 'with more shards than the account may have',
    error: 'LimitExceededException',
    message: /^This request would exceed the shard limit for the account 000000000000 in us-east-1\./,
    input: (world) => ({ StreamName: world.name(), ShardCount: 1001 }),
  },
  {
    operation: 'DescribeLimits',
    name: 'a second time in a second',
    error: 'LimitExceededException',
    message: /^Rate exceeded/,
    async input(world) {
      await world.admin('DescribeLimits')
      return {}
    },
  },
  {
    operation: 'UpdateShardCount',
    name: 'an eleventh time in a day',
    error: 'LimitExceededException',
    async input(world) {
      const StreamName = await world.stream({ ShardCount: 1 })
      for (let i = 0; i < 10; i++) {
        await world.admin('UpdateShardCount', {
          StreamName,
          TargetShardCount: i % 2 === 0 ? 2 : 1,
          ...uniform,
        })
        await world.active(StreamName)
      }
      return { StreamName, TargetShardCount: 2, ...uniform }
    },
  },
  {
    operation: 'UpdateStreamMode',
    name: 'a third time in a day',
    error: 'LimitExceededException',
    async input(world) {
      const stream = await world.stream()
      const to = (StreamMode: string) => ({ StreamARN: world.arn(stream), StreamModeDetails: { StreamMode } })
      for (const mode of ['ON_DEMAND', 'PROVISIONED']) {
        await world.admin('UpdateStreamMode', to(mode))
        await world.active(stream)
      }
      return to('ON_DEMAND')
    },
  },
  {
    operation: 'StartStreamEncryption',
    name: 'a twenty-sixth time in a day',
    error: 'LimitExceededException',
    async input(world) {
      const StreamName = await world.stream()
      for (let i = 0; i < 25; i++) {
        await world.admin('StartStreamEncryption', { StreamName, ...kms, KeyId: `alias/key-${i}` })
        await world.active(StreamName)
      }
      return { StreamName, ...kms }
    },
  },
  {
    operation: 'RegisterStreamConsumer',
    name: 'for a twenty-first one',
    error: 'LimitExceededException',
    async input(world) {
      const stream = await world.stream()
      for (let i = 0; i < 20; i++) await world.consumer(stream, `c${i}`)
      return { StreamARN: world.arn(stream), ConsumerName: 'c20' }
    },
  },

  // What a stream that is being made or changed refuses.
  ...(
    [
      ['SplitShard', { ShardToSplit: shardId(0), NewStartingHashKey: '1000' }],
      ['MergeShards', { ShardToMerge: shardId(0), AdjacentShardToMerge: shardId(1) }],
      ['UpdateShardCount', { TargetShardCount: 3, ...uniform }],
      ['IncreaseStreamRetentionPeriod', { RetentionPeriodHours: 48 }],
      ['DecreaseStreamRetentionPeriod', { RetentionPeriodHours: 24 }],
      ['StartStreamEncryption', kms],
      ['StopStreamEncryption', kms],
    ] as const
  ).map(
    ([operation, rest]): BlackboxCase => ({
      operation,
      name: 'while the stream is being changed',
      error: 'ResourceInUseException',
      async input(world) {
        const StreamName = await updating(world)
        return { StreamName, ...rest }
      },
    }),
  ),
  {
    operation: 'UpdateStreamMode',
    name: 'while the stream is being changed',
    error: 'ResourceInUseException',
    async input(world) {
      const StreamARN = world.arn(await updating(world))
      return { StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } }
    },
  },
  {
    operation: 'UpdateMaxRecordSize',
    name: 'while the stream is being changed',
    error: 'ResourceInUseException',
    input: async (world) => ({ StreamARN: world.arn(await updating(world)), MaxRecordSizeInKiB: 2048 }),
  },
  {
    operation: 'ListShards',
    name: 'while the stream is being made',
    error: 'ResourceInUseException',
    async input(world) {
      const StreamName = world.name()
      await world.admin('CreateStream', { StreamName, ShardCount: 1 })
      return { StreamName }
    },
  },
  {
    operation: 'PutRecord',
    name: 'goes on while the stream is being changed',
    input: async (world) => ({ StreamName: await updating(world), ...small }),
    check: (output) => expect(output.SequenceNumber).toMatch(/^49\d{54}$/),
  },
  {
    operation: 'DeleteStream',
    name: 'shows the stream as DELETING before it is gone',
    input: async (world) => ({ StreamName: await world.stream() }),
    async check(_output, world, { StreamName }) {
      const { StreamDescription } = await world.admin('DescribeStream', { StreamName })
      expect(StreamDescription).toMatchObject({ StreamStatus: 'DELETING' })
      const put = { StreamName, ...small }
      expect(await world.adminFault('PutRecord', put)).toBe('ResourceNotFoundException')
      await world.gone(String(StreamName))
    },
  },

  {
    operation: 'SubscribeToShard',
    name: 'for a consumer that is being made',
    error: 'ResourceInUseException',
    records: 1,
    async input(world) {
      const StreamARN = world.arn(await world.stream())
      const { Consumer } = await world.admin('RegisterStreamConsumer', { StreamARN, ConsumerName: 'c' })
      // By the API's model.
      return { ConsumerARN: (Consumer as { ConsumerARN: string }).ConsumerARN, ...position }
    },
  },
  {
    operation: 'SubscribeToShard',
    name: 'a second time in a second',
    error: 'LimitExceededException',
    records: 1,
    input: (world) => subscribed(world),
  },
  {
    operation: 'SubscribeToShard',
    name: 'a second time in five seconds',
    error: 'ResourceInUseException',
    records: 1,
    async input(world) {
      const input = await subscribed(world)
      await world.server.pass(2000)
      return input
    },
  },
]

/** A stream of two shards that has just begun to change. */
async function updating(world: World): Promise<string> {
  const StreamName = await world.stream()
  await world.admin('IncreaseStreamRetentionPeriod', { StreamName, RetentionPeriodHours: 30 })
  expect(await world.summary(StreamName)).toMatchObject({ StreamStatus: 'UPDATING' })
  return StreamName
}

/** The input of a subscription that has just been made, and has brought a record. */
async function subscribed(world: World): Promise<Members> {
  const stream = await world.stream()
  await world.put(stream, 'x')
  const input = { ConsumerARN: await world.consumer(stream), ...position }
  await world.subscribe(input)
  return input
}
