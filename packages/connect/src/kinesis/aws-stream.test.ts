import { seededRandom, VirtualClock } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import { awsStream } from './aws-stream.ts'
import type { ShardPosition, ShardRead } from './kinesis-stream-port.ts'
import {
  type Answer,
  type FakeEvent,
  FakeKinesis,
  type Json,
  named,
  underTime,
} from './testing/fake-kinesis.ts'

const start = Date.UTC(2026, 0, 1)
const shardId = 'shardId-000000000000'
const horizon: ShardPosition = { type: 'TRIM_HORIZON' }

const record = (sequence: number) => ({
  SequenceNumber: String(sequence),
  PartitionKey: 'k',
  Data: Buffer.from(`data ${sequence}`).toString('base64'),
  ApproximateArrivalTimestamp: start / 1000 + 0.25,
})

function open(
  operations: Record<string, (input: Json, call: number) => Answer>,
  { mode, position = horizon }: { mode?: 'polling' | 'fan-out'; position?: ShardPosition } = {},
) {
  const clock = new VirtualClock(start)
  const fake = new FakeKinesis(clock, operations)
  const stream = awsStream({
    ...fake.endpoint,
    stream: 'orders',
    mode: mode ?? 'polling',
    consumerName: 'app',
    clock,
    random: seededRandom(1),
  })
  const abort = new AbortController()
  const reader = stream.openReader({ shardId, position, recordsMax: 100, signal: abort.signal })
  const read = () => underTime(clock, reader.read())
  return { clock, fake, stream, abort, reader, read }
}

const sequences = (read: ShardRead) => read.records.map((one) => Number(one.sequenceNumber))

describe('polling', () => {
  const iterator = (input: Json) => ({
    ShardIterator: `${input.ShardIteratorType}:${input.StartingSequenceNumber ?? ''}`,
  })

  test('an answer becomes a read, and the next one goes on with its iterator', async () => {
    const { read, fake } = open({
      GetShardIterator: iterator,
      GetRecords: (_input, call) => ({
        Records: call === 1 ? [record(1), record(2)] : [],
        NextShardIterator: `next ${call}`,
        MillisBehindLatest: call === 1 ? 1234 : 0,
      }),
    })
    expect(await read()).toEqual({
      records: [1, 2].map((sequence) => ({
        sequenceNumber: String(sequence),
        partitionKey: 'k',
        data: Uint8Array.from(Buffer.from(`data ${sequence}`)),
        arrivalTimeMs: start + 250,
      })),
      millisBehindLatest: 1234,
      ended: undefined,
    })
    expect((await read()).records).toEqual([])
    expect(fake.callsOf('GetShardIterator')).toEqual([
      { StreamName: 'orders', ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' },
    ])
    expect(fake.callsOf('GetRecords')).toEqual([
      { ShardIterator: 'TRIM_HORIZON:', Limit: 100 },
      { ShardIterator: 'next 1', Limit: 100 },
    ])
  })

  test('calls keep their distance: 200 ms after records, a second after an empty answer', async () => {
    const { read, fake } = open({
      GetShardIterator: iterator,
      GetRecords: (_input, call) => ({
        Records: call < 3 ? [record(call)] : [],
        NextShardIterator: 'next',
        MillisBehindLatest: 0,
      }),
    })
    for (let i = 0; i < 5; i++) await read()
    expect(fake.timesOf('GetRecords').map((time) => time - start)).toEqual([0, 200, 400, 1400, 2400])
  })

  test('throttles, faults of the server and lost connections are asked again, more and more seldom', async () => {
    const faults = [
      named('ProvisionedThroughputExceededException'),
      named('InternalFailureException'),
      Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
      named('LimitExceededException'),
    ]
    const { read, fake } = open({
      GetShardIterator: iterator,
      GetRecords: () =>
        faults.shift() ?? { Records: [record(1)], NextShardIterator: 'n', MillisBehindLatest: 0 },
    })
    expect(sequences(await read())).toEqual([1])
    const times = fake.timesOf('GetRecords')
    const waits = times.slice(1).map((time, i) => time - times[i]!)
    for (const [i, wait] of waits.entries()) {
      expect(wait).toBeGreaterThanOrEqual(100 * 2 ** i)
      expect(wait).toBeLessThanOrEqual(200 * 2 ** i + 200)
    }
  })

  test('an expired iterator is replaced by one after the last record', async () => {
    const { read, fake } = open({
      GetShardIterator: iterator,
      GetRecords: (_input, call) =>
        call === 2
          ? named('ExpiredIteratorException')
          : { Records: [record(call)], NextShardIterator: 'n', MillisBehindLatest: 0 },
    })
    expect(sequences(await read())).toEqual([1])
    expect(sequences(await read())).toEqual([3])
    expect(fake.callsOf('GetShardIterator')[1]).toMatchObject({
      ShardIteratorType: 'AFTER_SEQUENCE_NUMBER',
      StartingSequenceNumber: '1',
    })
  })

  test('one that began at the newest record and expired before any came goes on at its time, and leaves nothing out', async () => {
    const { read, fake } = open(
      {
        GetShardIterator: iterator,
        GetRecords: (_input, call) =>
          call === 2
            ? named('ExpiredIteratorException')
            : { Records: call === 1 ? [] : [record(1)], NextShardIterator: 'n', MillisBehindLatest: 0 },
      },
      { position: { type: 'LATEST' } },
    )
    await read()
    expect(sequences(await read())).toEqual([1])
    expect(fake.callsOf('GetShardIterator').map((call) => call.ShardIteratorType)).toEqual([
      'LATEST',
      'AT_TIMESTAMP',
    ])
    expect(fake.callsOf('GetShardIterator')[1]!.Timestamp).toBe(start / 1000)
  })

  test('the end of a shard names those that follow it, also where the endpoint does not', async () => {
    const children = [
      {
        ShardId: 'b',
        ParentShards: ['x', shardId],
        HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' },
      },
    ]
    const end = { Records: [record(1)], MillisBehindLatest: 0 }
    const told = open({ GetShardIterator: iterator, GetRecords: () => ({ ...end, ChildShards: children }) })
    const expected = [{ shardId: 'b', parents: ['x', shardId], range: { start: 0n, end: 9n } }]
    expect((await told.read()).ended).toEqual({ children: expected })
    const untold = open({
      GetShardIterator: iterator,
      GetRecords: () => end,
      ListShards: () => ({
        Shards: [
          { ShardId: 'a', HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' } },
          {
            ShardId: 'b',
            ParentShardId: 'x',
            AdjacentParentShardId: shardId,
            HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' },
          },
        ],
      }),
    })
    const read = await untold.read()
    expect(sequences(read)).toEqual([1])
    expect(read.ended).toEqual({ children: expected })
  })

  test('what waiting does not cure is an error with its cause', async () => {
    const denied = open({ GetShardIterator: () => named('AccessDeniedException', 'not you') })
    await expect(denied.read()).rejects.toThrow(
      /^KINESIS_CALL stream "orders": reading shardId-000000000000 failed: AccessDeniedException: not you/,
    )
    const gone = open({ GetShardIterator: () => named('ResourceNotFoundException') })
    await expect(gone.read()).rejects.toThrow(/^KINESIS_SHARD_GONE /)
  })

  test('an abort ends the waiting with an empty read', async () => {
    const { read, reader, abort, clock } = open({
      GetShardIterator: () => named('ProvisionedThroughputExceededException'),
    })
    const waiting = reader.read()
    await clock.advance(50)
    abort.abort()
    // Time stands still from here on.
    expect((await waiting).records).toEqual([])
    expect((await read()).records).toEqual([])
  })
})

describe('the list of shards', () => {
  test('comes in pages; the token alone names the next one', async () => {
    const shard = (id: string) => ({
      ShardId: id,
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: '1' },
    })
    const { stream, fake, clock } = open({
      ListShards: (input) =>
        input.NextToken === undefined
          ? { Shards: [shard('a')], NextToken: 'more' }
          : { Shards: [shard('b')] },
    })
    const listed = await underTime(clock, stream.listShards({ type: 'AT_TIMESTAMP', timeMs: start }))
    expect(listed.map((one) => one.shardId)).toEqual(['a', 'b'])
    expect(fake.callsOf('ListShards')).toEqual([
      {
        StreamName: 'orders',
        MaxResults: 1000,
        ShardFilter: { Type: 'AT_TIMESTAMP', Timestamp: start / 1000 },
      },
      { NextToken: 'more' },
    ])
  })

  test('is asked for again while the stream is being changed, but not for ever', async () => {
    let fails = 3
    const { stream, clock } = open({
      ListShards: () => (fails-- > 0 ? named('ResourceInUseException') : { Shards: [] }),
    })
    expect(await underTime(clock, stream.listShards())).toEqual([])
    fails = 1000
    await expect(underTime(clock, stream.listShards())).rejects.toThrow(/^KINESIS_CALL .*ResourceInUse/)
  })
})

describe('fan-out', () => {
  const arn = 'arn:aws:kinesis:eu-central-1:000000000000:stream/orders'
  const consumer = (status: string) => ({ ConsumerARN: `${arn}/consumer/app:1`, ConsumerStatus: status })
  const registered = {
    DescribeStreamSummary: () => ({ StreamDescriptionSummary: { StreamARN: arn } }),
    DescribeStreamConsumer: () => ({ ConsumerDescription: consumer('ACTIVE') }),
  }
  const event = (sequence: number, more: Json = {}): FakeEvent => ({
    event: {
      Records: sequence === 0 ? [] : [record(sequence)],
      ContinuationSequenceNumber: String(sequence),
      MillisBehindLatest: 7,
      ...more,
    },
  })

  async function* events(list: readonly FakeEvent[], then: 'end' | 'silence' = 'silence') {
    yield* list
    if (then === 'silence') await new Promise(() => undefined)
  }

  test('a consumer is registered where there is none, and used once it is active', async () => {
    const { read, fake } = open(
      {
        ...registered,
        DescribeStreamConsumer: (_input, call) =>
          call === 1
            ? named('ResourceNotFoundException')
            : { ConsumerDescription: consumer(call < 4 ? 'CREATING' : 'ACTIVE') },
        RegisterStreamConsumer: () => ({ Consumer: consumer('CREATING') }),
        SubscribeToShard: () => events([event(1)]),
      },
      { mode: 'fan-out' },
    )
    expect(sequences(await read())).toEqual([1])
    expect(fake.callsOf('RegisterStreamConsumer')).toEqual([{ StreamARN: arn, ConsumerName: 'app' }])
    expect(fake.callsOf('SubscribeToShard')).toEqual([
      { ConsumerARN: `${arn}/consumer/app:1`, ShardId: shardId, StartingPosition: { Type: 'TRIM_HORIZON' } },
    ])
  })

  test('a subscription that ends is followed by one after its last event, empty events included', async () => {
    const { read, fake } = open(
      {
        ...registered,
        SubscribeToShard: (_input, call) =>
          call === 1
            ? events([event(1), event(0, { ContinuationSequenceNumber: '5' })], 'end')
            : events([event(6)]),
      },
      { mode: 'fan-out' },
    )
    const first = await read()
    expect(first).toMatchObject({ millisBehindLatest: 7, ended: undefined })
    expect(sequences(await read())).toEqual([])
    expect(sequences(await read())).toEqual([6])
    expect(fake.callsOf('SubscribeToShard')[1]!.StartingPosition).toEqual({
      Type: 'AFTER_SEQUENCE_NUMBER',
      SequenceNumber: '5',
    })
  })

  test('a subscription that is taken over, refused, or falls silent is made anew', async () => {
    const { read, fake } = open(
      {
        ...registered,
        SubscribeToShard: (_input, call) => {
          if (call === 1) return events([event(1), { exception: 'ResourceInUseException' }])
          if (call === 2) return named('ResourceInUseException')
          if (call === 3) return events([])
          return events([event(2)])
        },
      },
      { mode: 'fan-out' },
    )
    expect(sequences(await read())).toEqual([1])
    expect(sequences(await read())).toEqual([2])
    const times = fake.timesOf('SubscribeToShard')
    expect(times.length).toBe(4)
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(100)
    expect(times[3]! - times[2]!).toBe(30_000)
  })

  test('the last event of a shard names those that follow it', async () => {
    const child = {
      ShardId: 'b',
      ParentShards: [shardId],
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' },
    }
    const { read } = open(
      {
        ...registered,
        SubscribeToShard: () =>
          events([{ event: { Records: [record(1)], MillisBehindLatest: 0, ChildShards: [child] } }], 'end'),
      },
      { mode: 'fan-out' },
    )
    const last = await read()
    expect(sequences(last)).toEqual([1])
    expect(last.ended?.children.map((one) => one.shardId)).toEqual(['b'])
  })

  test('an abort ends the waiting for an event', async () => {
    const { reader, abort, clock, fake } = open(
      { ...registered, SubscribeToShard: () => events([]) },
      { mode: 'fan-out' },
    )
    const waiting = reader.read()
    await underTime(
      clock,
      (async () => {
        while (fake.callsOf('SubscribeToShard').length === 0) await clock.sleep(1)
      })(),
    )
    abort.abort()
    expect((await waiting).records).toEqual([])
    await reader.close()
  })

  test('what waiting does not cure is an error', async () => {
    const denied = open(
      { ...registered, SubscribeToShard: () => named('AccessDeniedException') },
      { mode: 'fan-out' },
    )
    await expect(denied.read()).rejects.toThrow(
      /^KINESIS_CALL stream "orders": subscribing to shardId-0+ failed/,
    )
    const unregistered = open(
      { ...registered, DescribeStreamConsumer: () => named('AccessDeniedException') },
      { mode: 'fan-out' },
    )
    await expect(unregistered.read()).rejects.toThrow(
      /^KINESIS_CALL stream "orders": registering consumer "app" failed/,
    )
  })
})

test('options that cannot be are refused with their code', () => {
  expect(() => awsStream({ region: 'x' })).toThrow(/^KINESIS_OPTION .*"stream"/)
  expect(() => awsStream({ stream: 'a', arn: 'b', region: 'x' })).toThrow(/^KINESIS_OPTION /)
  expect(() => awsStream({ stream: 'a', region: '' })).toThrow(/^KINESIS_OPTION .*"region"/)
  expect(() => awsStream({ stream: 'a', region: 'x', mode: 'fan-out' })).toThrow(
    /^KINESIS_OPTION .*"consumerName"/,
  )
})
