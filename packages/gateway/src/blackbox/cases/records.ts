/** Records: put, and read by polling. */
import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import type { Members } from '../client.ts'
import { type BlackboxCase, byNameAndArn } from './case.ts'
import { bytes, hashKeyMax, type ReadRecord, shardId, text, type World } from './world.ts'

const sequenceNumber = /^49\d{54}$/
const record = { PartitionKey: 'k', Data: bytes('x') }

export const recordCases: readonly BlackboxCase[] = [
  ...byNameAndArn('PutRecord', 'stores the record and says where', {
    rest: () => ({ PartitionKey: 'kéy', Data: bytes('grüße 🌍') }),
    async check(output, world, stream) {
      expect(output).toMatchObject({
        ShardId: shardOf('kéy', 2),
        SequenceNumber: expect.stringMatching(sequenceNumber),
      })
      const [read] = await world.read(stream, Number(String(output.ShardId).slice(-12)))
      expect(read).toMatchObject({ SequenceNumber: output.SequenceNumber, PartitionKey: 'kéy' })
      expect(text(read!.Data)).toBe('grüße 🌍')
    },
  }),
  {
    operation: 'PutRecord',
    name: 'follows the explicit hash key',
    input: async (world) => ({
      StreamName: await world.stream(),
      ...record,
      ExplicitHashKey: String(hashKeyMax),
    }),
    check: (output) => expect(output.ShardId).toBe(shardId(1)),
  },
  {
    operation: 'PutRecord',
    name: 'gives greater numbers for ordered puts',
    async input(world) {
      const StreamName = await world.stream()
      const SequenceNumberForOrdering = await world.put(StreamName, 'first')
      return { StreamName, ...record, ExplicitHashKey: '0', SequenceNumberForOrdering }
    },
    check(output, _world, { SequenceNumberForOrdering }) {
      expect(BigInt(String(output.SequenceNumber))).toBeGreaterThan(BigInt(String(SequenceNumberForOrdering)))
    },
  },
  {
    operation: 'PutRecord',
    name: 'stores a record of no bytes',
    input: async (world) => ({
      StreamName: await world.stream(),
      PartitionKey: 'k',
      Data: new Uint8Array(0),
    }),
    async check(_output, world, { StreamName }) {
      const shard = Number(shardOf('k', 2).slice(-12))
      expect((await world.read(String(StreamName), shard)).map(({ Data }) => Data.length)).toEqual([0])
    },
  },
  {
    operation: 'PutRecord',
    name: 'with a hash key beyond the ring',
    error: 'InvalidArgumentException',
    input: async (world) => ({
      StreamName: (await world.shared()).stream,
      ...record,
      ExplicitHashKey: String(hashKeyMax + 1n),
    }),
  },
  {
    operation: 'PutRecord',
    name: 'with a sequence number for ordering that is none',
    error: 'InvalidArgumentException',
    input: async (world) => ({
      StreamName: (await world.shared()).stream,
      ...record,
      SequenceNumberForOrdering: '12345',
    }),
  },
  {
    operation: 'PutRecord',
    name: 'with a partition key of 257 characters',
    error: 'ValidationException',
    message: /'partitionKey' failed to satisfy constraint: Member must have length less than or equal to 256/,
    input: async (world) => ({
      StreamName: (await world.shared()).stream,
      ...record,
      PartitionKey: 'é'.repeat(257),
    }),
  },
  {
    operation: 'PutRecord',
    name: 'with a record larger than the stream takes',
    error: 'InvalidArgumentException',
    input: async (world) => ({
      StreamName: (await world.shared()).stream,
      PartitionKey: 'k',
      Data: new Uint8Array(1024 * 1024).fill(97),
    }),
  },

  ...byNameAndArn('PutRecords', 'stores records in the order of the call', {
    rest: () => ({
      Records: Array.from({ length: 20 }, (_, i) => ({ PartitionKey: `k${i}`, Data: bytes(`record ${i}`) })),
    }),
    async check(output, world, stream) {
      expect(output.FailedRecordCount).toBe(0)
      // By the API's model.
      const entries = output.Records as readonly { ShardId: string; SequenceNumber: string }[]
      expect(entries.map(({ ShardId }) => ShardId)).toEqual(
        Array.from({ length: 20 }, (_, i) => shardOf(`k${i}`, 2)),
      )
      for (const shard of [0, 1]) {
        const mine = entries.flatMap((entry, i) =>
          entry.ShardId === shardId(shard) ? [{ ...entry, i }] : [],
        )
        const read = await world.read(stream, shard)
        expect(read.map(({ SequenceNumber }) => SequenceNumber)).toEqual(
          mine.map(({ SequenceNumber }) => SequenceNumber),
        )
        expect(read.map(({ Data }) => text(Data))).toEqual(mine.map(({ i }) => `record ${i}`))
      }
    },
  }),
  {
    operation: 'PutRecords',
    name: 'takes 500 records at once',
    input: async (world) => ({
      StreamName: await world.stream({ ShardCount: 1 }),
      Records: Array.from({ length: 500 }, (_, i) => ({ PartitionKey: `${i}`, Data: bytes(`${i}`) })),
    }),
    async check(output, world, { StreamName }) {
      expect(output.FailedRecordCount).toBe(0)
      expect(output.Records).toHaveLength(500)
      const read = await world.read(String(StreamName))
      expect(read.map(({ Data }) => text(Data))).toEqual(Array.from({ length: 500 }, (_, i) => `${i}`))
    },
  },
  {
    operation: 'PutRecords',
    name: 'without a record',
    error: 'ValidationException',
    message: /'records' failed to satisfy constraint: Member must have length greater than or equal to 1/,
    input: async (world) => ({ StreamName: (await world.shared()).stream, Records: [] }),
  },
  {
    operation: 'PutRecords',
    name: 'with 501 records',
    error: 'ValidationException',
    message: /'records' failed to satisfy constraint: Member must have length less than or equal to 500/,
    input: async (world) => ({
      StreamName: (await world.shared()).stream,
      Records: Array.from({ length: 501 }, () => record),
    }),
  },
  {
    operation: 'PutRecords',
    name: 'with one bad hash key, and stores nothing',
    error: 'InvalidArgumentException',
    input: async (world) => ({
      StreamName: await world.stream({ ShardCount: 1 }),
      Records: [record, { ...record, ExplicitHashKey: String(hashKeyMax + 1n) }],
    }),
    async check(_output, world, { StreamName }) {
      expect(await world.read(String(StreamName))).toEqual([])
    },
  },
  {
    operation: 'PutRecords',
    name: 'with more than 10 MiB',
    error: 'InvalidArgumentException',
    input: async (world) => ({
      StreamName: (await world.shared()).stream,
      Records: Array.from({ length: 11 }, () => ({
        PartitionKey: 'k',
        Data: new Uint8Array(1024 * 1024 - 1).fill(97),
      })),
    }),
  },

  ...byNameAndArn('GetShardIterator', 'begins at the horizon', {
    async rest(world, stream) {
      await world.put(stream, 'a')
      return { ShardId: shardId(0), ShardIteratorType: 'TRIM_HORIZON' }
    },
    check: async (output, world) => expect(await dataAt(output, world)).toEqual(['a']),
  }),
  {
    operation: 'GetShardIterator',
    name: 'takes a short shard id',
    async input(world) {
      const StreamName = await world.stream()
      await world.put(StreamName, 'a')
      return { StreamName, ShardId: 'shardId-0', ShardIteratorType: 'TRIM_HORIZON' }
    },
    check: async (output, world) => expect(await dataAt(output, world)).toEqual(['a']),
  },
  {
    operation: 'GetShardIterator',
    name: 'begins after the newest record, and sees later ones',
    input: (world) => threeRecords(world, 'LATEST'),
    async check(output, world, { StreamName }) {
      await world.put(String(StreamName), 'later')
      expect(await dataAt(output, world)).toEqual(['later'])
    },
  },
  {
    operation: 'GetShardIterator',
    name: 'begins at a number',
    input: (world) => threeRecords(world, 'AT_SEQUENCE_NUMBER'),
    check: async (output, world) => expect(await dataAt(output, world)).toEqual(['b', 'c']),
  },
  {
    operation: 'GetShardIterator',
    name: 'begins after a number',
    input: (world) => threeRecords(world, 'AFTER_SEQUENCE_NUMBER'),
    check: async (output, world) => expect(await dataAt(output, world)).toEqual(['c']),
  },
  {
    operation: 'GetShardIterator',
    name: 'begins at a time',
    async input(world) {
      const StreamName = await world.stream()
      await world.put(StreamName, 'a')
      const [first] = await world.read(StreamName)
      await world.until('time has passed', async () => {
        return world.server.clock.now() > first!.ApproximateArrivalTimestamp.getTime() + 1000
      })
      await world.put(StreamName, 'b')
      const Timestamp = new Date(first!.ApproximateArrivalTimestamp.getTime() + 1000)
      return { StreamName, ShardId: shardId(0), ShardIteratorType: 'AT_TIMESTAMP', Timestamp }
    },
    check: async (output, world) => expect(await dataAt(output, world)).toEqual(['b']),
  },
  {
    operation: 'GetShardIterator',
    name: 'for a shard that does not exist',
    error: 'ResourceNotFoundException',
    message: /^Shard shardId-000000000077 in stream \S+ under account 000000000000 does not exist/,
    input: (world) => iterator(world, { ShardId: shardId(77), ShardIteratorType: 'LATEST' }),
  },
  {
    operation: 'GetShardIterator',
    name: 'of a type that does not exist',
    error: 'ValidationException',
    message: /'shardIteratorType' failed to satisfy constraint: Member must satisfy enum value set/,
    input: (world) => iterator(world, { ShardIteratorType: 'SOMEWHERE' }),
  },
  {
    operation: 'GetShardIterator',
    name: 'at a number that is missing',
    error: 'InvalidArgumentException',
    input: (world) => iterator(world, { ShardIteratorType: 'AT_SEQUENCE_NUMBER' }),
  },
  {
    operation: 'GetShardIterator',
    name: 'at a number of another stream',
    error: 'InvalidArgumentException',
    input: (world) =>
      iterator(world, { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: '7' }),
  },
  {
    operation: 'GetShardIterator',
    name: 'at the horizon with a number',
    error: 'InvalidArgumentException',
    async input(world) {
      const StartingSequenceNumber = await world.put((await world.shared()).stream, 'x')
      return iterator(world, { ShardIteratorType: 'TRIM_HORIZON', StartingSequenceNumber })
    },
  },
  {
    operation: 'GetShardIterator',
    name: 'at a time to come',
    error: 'InvalidArgumentException',
    input: (world) =>
      iterator(world, {
        ShardIteratorType: 'AT_TIMESTAMP',
        Timestamp: new Date(world.server.clock.now() + 3_600_000),
      }),
  },

  {
    operation: 'GetRecords',
    name: 'gives records and an iterator that goes on',
    async input(world) {
      const StreamName = await world.stream()
      for (const data of ['a', 'b', 'c']) await world.put(StreamName, data)
      return { ShardIterator: await world.iterator(StreamName), Limit: 2 }
    },
    async check(output, world) {
      const records = output.Records as readonly ReadRecord[]
      expect(records.map(({ Data }) => text(Data))).toEqual(['a', 'b'])
      for (const { ApproximateArrivalTimestamp, PartitionKey, SequenceNumber } of records) {
        expect(PartitionKey).toBe('k')
        expect(SequenceNumber).toMatch(sequenceNumber)
        expect(Math.abs(ApproximateArrivalTimestamp.getTime() - world.server.clock.now())).toBeLessThan(
          60_000,
        )
      }
      expect(output.ChildShards).toBeUndefined()
      const next = await world.admin('GetRecords', { ShardIterator: output.NextShardIterator })
      expect((next.Records as readonly ReadRecord[]).map(({ Data }) => text(Data))).toEqual(['c'])
      expect(next.MillisBehindLatest).toBe(0)
    },
  },
  {
    operation: 'GetRecords',
    name: 'gives nothing, and goes on, where nothing is',
    input: async (world) => ({ ShardIterator: await world.iterator(await world.stream()) }),
    check(output) {
      expect(output).toEqual({ Records: [], MillisBehindLatest: 0, NextShardIterator: expect.any(String) })
    },
  },
  {
    operation: 'GetRecords',
    name: 'names the children at the end of a split shard',
    async input(world) {
      const StreamName = await world.stream()
      await world.put(StreamName, 'a')
      await world.admin('SplitShard', { StreamName, ShardToSplit: shardId(0), NewStartingHashKey: '1000' })
      await world.active(StreamName)
      let ShardIterator = await world.iterator(StreamName)
      await world.until('the end is next', async () => {
        const page = await world.admin('GetRecords', { ShardIterator })
        if (page.NextShardIterator === undefined) return true
        ShardIterator = String(page.NextShardIterator)
        return false
      })
      return { ShardIterator }
    },
    check(output) {
      expect(output.NextShardIterator).toBeUndefined()
      expect(output.ChildShards).toMatchObject([
        {
          ShardId: shardId(2),
          ParentShards: [shardId(0)],
          HashKeyRange: { StartingHashKey: '0', EndingHashKey: '999' },
        },
        { ShardId: shardId(3), ParentShards: [shardId(0)] },
      ])
    },
  },
  {
    operation: 'GetRecords',
    name: 'with an iterator that is none',
    error: 'InvalidArgumentException',
    input: () => ({ ShardIterator: 'made-up' }),
  },
  {
    operation: 'GetRecords',
    name: 'with a limit of 10001',
    error: 'ValidationException',
    message: /'limit' failed to satisfy constraint: Member must have value less than or equal to 10000/,
    input: async (world) => ({ ShardIterator: (await world.shared()).iterator, Limit: 10_001 }),
  },
  {
    operation: 'GetRecords',
    name: 'of a stream that was deleted',
    error: 'ResourceNotFoundException',
    async input(world) {
      const StreamName = await world.stream()
      const ShardIterator = await world.iterator(StreamName)
      await world.admin('DeleteStream', { StreamName })
      await world.gone(StreamName)
      return { ShardIterator }
    },
  },
]

/** Three records, and the input of an iterator that begins at the second one. */
async function threeRecords(world: World, ShardIteratorType: string): Promise<Members> {
  const StreamName = await world.stream()
  await world.put(StreamName, 'a')
  const StartingSequenceNumber = await world.put(StreamName, 'b')
  await world.put(StreamName, 'c')
  const input = { StreamName, ShardId: shardId(0), ShardIteratorType }
  return ShardIteratorType === 'LATEST' ? input : { ...input, StartingSequenceNumber }
}

async function iterator(world: World, input: Members): Promise<Members> {
  return { StreamName: (await world.shared()).stream, ShardId: shardId(0), ...input }
}

async function dataAt({ ShardIterator }: Members, world: World): Promise<readonly string[]> {
  const { Records } = await world.admin('GetRecords', { ShardIterator })
  // By the API's model.
  return (Records as readonly ReadRecord[]).map(({ Data }) => text(Data))
}

/** By the documents: MD5 of the key as a number, in ranges of equal width. */
function shardOf(key: string, shards: number): string {
  const hash = BigInt(`0x${createHash('md5').update(key, 'utf8').digest('hex')}`)
  const width = (hashKeyMax + 1n) / BigInt(shards)
  return shardId(Math.min(Number(hash / width), shards - 1))
}
