/** Consumers with enhanced fan-out. */
import { expect } from 'vitest'
import type { Members } from '../client.ts'
import type { BlackboxCase } from './case.ts'
import { type ReadRecord, shardId, text } from './world.ts'

export const consumerCases: readonly BlackboxCase[] = [
  {
    operation: 'RegisterStreamConsumer',
    name: 'makes a consumer, with tags',
    input: async (world) => ({
      StreamARN: world.arn(await world.stream()),
      ConsumerName: 'one',
      Tags: { team: 'blue' },
    }),
    async check(output, world, { StreamARN }) {
      const { Consumer } = output as { Consumer: Members }
      expect(Consumer).toMatchObject({
        ConsumerName: 'one',
        ConsumerStatus: expect.stringMatching(/^(CREATING|ACTIVE)$/),
        ConsumerCreationTimestamp: expect.any(Date),
      })
      const created = Math.floor(Number(Consumer.ConsumerCreationTimestamp) / 1000)
      expect(Consumer.ConsumerARN).toBe(`${StreamARN}/consumer/one:${created}`)
      const { Tags } = await world.admin('ListTagsForResource', { ResourceARN: Consumer.ConsumerARN })
      expect(Tags).toEqual([{ Key: 'team', Value: 'blue' }])
    },
  },
  {
    operation: 'RegisterStreamConsumer',
    name: 'for a name that is taken',
    error: 'ResourceInUseException',
    async input(world) {
      const { stream } = await world.shared()
      return { StreamARN: world.arn(stream), ConsumerName: 'reader' }
    },
  },
  {
    operation: 'DescribeStreamConsumer',
    name: 'by ARN',
    input: async (world) => ({ ConsumerARN: (await world.shared()).consumerArn }),
    async check(output, world, { ConsumerARN }) {
      expect(output.ConsumerDescription).toEqual({
        ConsumerName: 'reader',
        ConsumerARN,
        ConsumerStatus: 'ACTIVE',
        ConsumerCreationTimestamp: expect.any(Date),
        StreamARN: world.arn((await world.shared()).stream),
      })
    },
  },
  {
    operation: 'DescribeStreamConsumer',
    name: 'by stream and name',
    input: async (world) => ({ StreamARN: world.arn((await world.shared()).stream), ConsumerName: 'reader' }),
    async check(output, world) {
      expect(output.ConsumerDescription).toMatchObject({ ConsumerARN: (await world.shared()).consumerArn })
    },
  },
  {
    operation: 'DescribeStreamConsumer',
    name: 'for a name that nobody has',
    error: 'ResourceNotFoundException',
    input: async (world) => ({ StreamARN: world.arn((await world.shared()).stream), ConsumerName: 'nobody' }),
  },
  {
    operation: 'DescribeStreamConsumer',
    name: 'with nothing that names one',
    error: 'InvalidArgumentException',
    input: () => ({}),
  },
  {
    operation: 'ListStreamConsumers',
    name: 'gives pages',
    async input(world) {
      const stream = await world.stream()
      for (const name of ['a', 'b', 'c']) await world.consumer(stream, name)
      return { StreamARN: world.arn(stream), MaxResults: 2 }
    },
    async check(output, world, { StreamARN }) {
      expect(output.Consumers).toHaveLength(2)
      const { NextToken } = output
      const rest = await world.admin('ListStreamConsumers', { StreamARN, NextToken })
      expect(rest.NextToken).toBeUndefined()
      // By the API's model.
      const all = [output, rest].flatMap(({ Consumers }) => Consumers as readonly { ConsumerName: string }[])
      expect(all.map(({ ConsumerName }) => ConsumerName).sort()).toEqual(['a', 'b', 'c'])
    },
  },
  {
    operation: 'ListStreamConsumers',
    name: 'with a token that is none',
    error: 'InvalidArgumentException',
    input: async (world) => ({ StreamARN: world.arn((await world.shared()).stream), NextToken: 'made-up' }),
  },
  {
    operation: 'DeregisterStreamConsumer',
    name: 'by ARN',
    input: async (world) => ({ ConsumerARN: await world.consumer(await world.stream()) }),
    async check(output, world, { ConsumerARN }) {
      expect(output).toEqual({})
      await world.until('the consumer is gone', async () => {
        const StreamARN = String(ConsumerARN).split('/consumer/')[0]
        const { Consumers } = await world.admin('ListStreamConsumers', { StreamARN })
        return (Consumers as readonly unknown[]).length === 0
      })
    },
  },
  {
    operation: 'DeregisterStreamConsumer',
    name: 'by stream and name',
    async input(world) {
      const stream = await world.stream()
      await world.consumer(stream)
      return { StreamARN: world.arn(stream), ConsumerName: 'reader' }
    },
    check: (output) => expect(output).toEqual({}),
  },

  {
    operation: 'SubscribeToShard',
    name: 'brings records from the horizon on',
    records: 3,
    async input(world) {
      const stream = await world.stream()
      for (const data of ['a', 'b', 'c']) await world.put(stream, data)
      return { ConsumerARN: await world.consumer(stream), ...from({ Type: 'TRIM_HORIZON' }) }
    },
    check(output) {
      expect(dataOf(output)).toEqual(['a', 'b', 'c'])
      const events = output.Events as readonly Members[]
      const last = events.at(-1)!
      expect(last.MillisBehindLatest).toBeGreaterThanOrEqual(0)
      const records = last.Records as readonly ReadRecord[]
      expect(BigInt(String(last.ContinuationSequenceNumber))).toBeGreaterThanOrEqual(
        BigInt(records.at(-1)!.SequenceNumber),
      )
      expect(records.at(-1)!.ApproximateArrivalTimestamp).toBeInstanceOf(Date)
    },
  },
  {
    operation: 'SubscribeToShard',
    name: 'brings records after a number',
    records: 1,
    async input(world) {
      const stream = await world.stream()
      await world.put(stream, 'a')
      const SequenceNumber = await world.put(stream, 'b')
      await world.put(stream, 'c')
      const ConsumerARN = await world.consumer(stream)
      return { ConsumerARN, ...from({ Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber }) }
    },
    check: (output) => expect(dataOf(output)).toEqual(['c']),
  },
  {
    operation: 'SubscribeToShard',
    name: 'ends at the end of a split shard, naming its children',
    records: Number.MAX_SAFE_INTEGER,
    async input(world) {
      const stream = await world.stream()
      await world.put(stream, 'a')
      const input = { StreamName: stream, ShardToSplit: shardId(0), NewStartingHashKey: '1000' }
      await world.admin('SplitShard', input)
      await world.active(stream)
      return { ConsumerARN: await world.consumer(stream), ...from({ Type: 'TRIM_HORIZON' }) }
    },
    check(output) {
      expect(dataOf(output)).toEqual(['a'])
      const last = (output.Events as readonly Members[]).at(-1)!
      expect(last.ContinuationSequenceNumber).toBeUndefined()
      expect(last.ChildShards).toMatchObject([
        { ShardId: shardId(2), ParentShards: [shardId(0)] },
        { ShardId: shardId(3), ParentShards: [shardId(0)] },
      ])
    },
  },
  {
    operation: 'SubscribeToShard',
    name: 'for a shard that does not exist',
    error: 'ResourceNotFoundException',
    message: /^Shard shardId-000000000077 in stream \S+ under account 000000000000 does not exist/,
    records: 1,
    input: async (world) => ({
      ConsumerARN: (await world.shared()).consumerArn,
      ...from({ Type: 'LATEST' }),
      ShardId: shardId(77),
    }),
  },
  {
    operation: 'SubscribeToShard',
    name: 'at a number that is missing',
    error: 'InvalidArgumentException',
    records: 1,
    input: async (world) => ({
      ConsumerARN: (await world.shared()).consumerArn,
      ...from({ Type: 'AT_SEQUENCE_NUMBER' }),
    }),
  },
  {
    operation: 'SubscribeToShard',
    name: 'at a position of a type that does not exist',
    error: 'ValidationException',
    message: /'startingPosition\.type' failed to satisfy constraint/,
    records: 1,
    input: async (world) => ({
      ConsumerARN: (await world.shared()).consumerArn,
      ...from({ Type: 'SOMEWHERE' }),
    }),
  },
]

function from(StartingPosition: Members): Members {
  return { ShardId: shardId(0), StartingPosition }
}

function dataOf(output: Members): readonly string[] {
  // As the harness hands it over.
  const events = output.Events as readonly { Records: readonly ReadRecord[] }[]
  return events.flatMap(({ Records }) => Records.map(({ Data }) => text(Data)))
}
