/** Cases of the Streams API. */
import { expect } from 'vitest'
import type { Members } from '../../client.ts'
import type { TableCase } from './table-case.ts'
import { fullItem, key, type TableWorld } from './table-world.ts'

const notFound = 'ResourceNotFoundException'

async function iterator(world: TableWorld, ShardIteratorType: string): Promise<Members & { table: string }> {
  const { table, StreamArn, ShardId } = await world.streamed()
  const { ShardIterator } = await world.admin('GetShardIterator', { StreamArn, ShardId, ShardIteratorType })
  return { table, ShardIterator }
}

export const streamCases: readonly TableCase[] = [
  {
    operation: 'ListStreams',
    name: 'lists the stream of a table',
    input: async (world) => ({ TableName: (await world.streamed()).table }),
    check: ({ Streams }, _world, { TableName }) => expect(Streams).toMatchObject([{ TableName }]),
  },
  {
    operation: 'ListStreams',
    name: 'with a page of none',
    error: 'ValidationException',
    message: /Member must have value greater than or equal to 1/,
    input: () => ({ Limit: 0 }),
  },
  {
    operation: 'DescribeStream',
    name: 'describes a stream and its shards',
    input: async (world) => ({ StreamArn: (await world.streamed()).StreamArn }),
    check: ({ StreamDescription }) =>
      expect(StreamDescription).toMatchObject({
        StreamStatus: 'ENABLED',
        StreamViewType: 'NEW_AND_OLD_IMAGES',
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }, { AttributeName: 'sk' }],
        Shards: [{ SequenceNumberRange: { StartingSequenceNumber: expect.any(String) } }],
      }),
  },
  {
    operation: 'DescribeStream',
    name: 'of a stream that is not there',
    error: notFound,
    input: (world) => ({ StreamArn: `${world.arn('none')}/stream/2026-01-01T00:00:00.000` }),
  },
  {
    operation: 'GetShardIterator',
    name: 'gives an iterator',
    async input(world) {
      const { StreamArn, ShardId } = await world.streamed()
      return { StreamArn, ShardId, ShardIteratorType: 'LATEST' }
    },
    check: ({ ShardIterator }) => expect(ShardIterator).toEqual(expect.any(String)),
  },
  {
    operation: 'GetShardIterator',
    name: 'of a shard that is not there',
    error: notFound,
    async input(world) {
      const { StreamArn } = await world.streamed()
      return { StreamArn, ShardId: 'shardId-00000000000000000000-00000009', ShardIteratorType: 'LATEST' }
    },
  },
  {
    operation: 'GetRecords',
    name: 'gives changes with both images',
    async input(world) {
      const { table, ShardIterator } = await iterator(world, 'TRIM_HORIZON')
      await world.put(table, fullItem('a'), key('a'))
      await world.admin('DeleteItem', { TableName: table, Key: key('a') })
      return { ShardIterator }
    },
    check({ Records, NextShardIterator }) {
      expect(NextShardIterator).toEqual(expect.any(String))
      expect(Records).toMatchObject([
        { eventName: 'INSERT', dynamodb: { Keys: key('a'), NewImage: fullItem('a') } },
        { eventName: 'MODIFY', dynamodb: { OldImage: fullItem('a'), NewImage: key('a') } },
        { eventName: 'REMOVE', dynamodb: { OldImage: key('a') }, awsRegion: 'us-east-1' },
      ])
    },
  },
  {
    operation: 'GetRecords',
    name: 'with what is no iterator',
    error: 'ValidationException',
    input: () => ({ ShardIterator: 'nonsense' }),
  },
]
