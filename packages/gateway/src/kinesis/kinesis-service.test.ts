import fc from 'fast-check'
import { expect, test } from 'vitest'
import { WireError } from '../wire/wire-error.ts'
import { type InputOf, inputShapes, type OperationName } from './input-shapes.ts'
import { anyone, openKit, streamArnOf, wireCall } from './testing/kinesis-kit.ts'

const denied = new WireError('AccessDeniedException', 'no')

test('there are 39 operations', () => {
  expect(Object.keys(inputShapes)).toHaveLength(39)
})

test('checks come in order: operation, body, authentication, types, constraints, rights, existence', async () => {
  const { service } = await openKit()
  const authenticated: string[] = []
  const call = (operation: string, body: string, caller = anyone): string => {
    try {
      service.handle({
        ...wireCall(operation, Buffer.from(body)),
        authenticate: () => {
          authenticated.push(operation)
          return caller
        },
      })
    } catch (error) {
      if (error instanceof WireError) return error.type
      throw error
    }
    return 'no error'
  }
  const refused = {
    ...anyone,
    authorize: () => {
      throw denied
    },
  }
  expect(call('Nothing', '{')).toBe('UnknownOperationException')
  expect(call('toString', '{}')).toBe('UnknownOperationException')
  expect(call('DescribeStream', '{')).toBe('SerializationException')
  expect(call('DescribeStream', '[]')).toBe('SerializationException')
  expect(authenticated).toEqual([])
  expect(call('DescribeStream', '{"StreamName":1}')).toBe('SerializationException')
  expect(authenticated).toEqual(['DescribeStream'])
  expect(call('DescribeStream', '{"StreamName":"a b"}', refused)).toBe('ValidationException')
  expect(call('DescribeStream', '{"StreamName":"ab"}', refused)).toBe('AccessDeniedException')
  expect(call('DescribeStream', '{"StreamName":"ab"}')).toBe('ResourceNotFoundException')
})

/** An input for each operation that passes its shape, on a stream `s` with a consumer `c`. */
export function sampleInputs(consumerArn: string): { [N in OperationName]: InputOf<N> } {
  const StreamName = 's'
  const StreamARN = streamArnOf('s')
  const ResourceARN = StreamARN
  return {
    AddTagsToStream: { StreamName, Tags: { a: 'b' } },
    CreateStream: { StreamName, ShardCount: 1 },
    DecreaseStreamRetentionPeriod: { StreamName, RetentionPeriodHours: 24 },
    DeleteResourcePolicy: { ResourceARN },
    DeleteStream: { StreamName },
    DeregisterStreamConsumer: { ConsumerARN: consumerArn },
    DescribeAccountSettings: {},
    DescribeLimits: {},
    DescribeStream: { StreamName },
    DescribeStreamConsumer: { ConsumerARN: consumerArn },
    DescribeStreamSummary: { StreamName },
    DisableEnhancedMonitoring: { StreamName, ShardLevelMetrics: ['ALL'] },
    EnableEnhancedMonitoring: { StreamName, ShardLevelMetrics: ['ALL'] },
    GetRecords: { ShardIterator: 'x' },
    GetResourcePolicy: { ResourceARN },
    GetShardIterator: { StreamName, ShardId: 'shardId-000000000000', ShardIteratorType: 'LATEST' },
    IncreaseStreamRetentionPeriod: { StreamName, RetentionPeriodHours: 24 },
    ListShards: { StreamName },
    ListStreamConsumers: { StreamARN },
    ListStreams: {},
    ListTagsForResource: { ResourceARN },
    ListTagsForStream: { StreamName },
    MergeShards: { StreamName, ShardToMerge: 'shardId-0', AdjacentShardToMerge: 'shardId-1' },
    PutRecord: { StreamName, Data: new Uint8Array(1), PartitionKey: 'k' },
    PutRecords: { StreamName, Records: [{ Data: new Uint8Array(1), PartitionKey: 'k' }] },
    PutResourcePolicy: { ResourceARN, Policy: '{"Statement":[]}' },
    RegisterStreamConsumer: { StreamARN, ConsumerName: 'c' },
    RemoveTagsFromStream: { StreamName, TagKeys: ['a'] },
    SplitShard: { StreamName, ShardToSplit: 'shardId-0', NewStartingHashKey: '1000' },
    StartStreamEncryption: { StreamName, EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
    StopStreamEncryption: { StreamName, EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
    SubscribeToShard: {
      ConsumerARN: consumerArn,
      ShardId: 'shardId-000000000000',
      StartingPosition: { Type: 'LATEST' },
    },
    TagResource: { ResourceARN, Tags: { a: 'b' } },
    UntagResource: { ResourceARN, TagKeys: ['a'] },
    UpdateAccountSettings: { MinimumThroughputBillingCommitment: { Status: 'ENABLED' } },
    UpdateMaxRecordSize: { StreamARN, MaxRecordSizeInKiB: 2048 },
    UpdateShardCount: { StreamName, TargetShardCount: 2, ScalingType: 'UNIFORM_SCALING' },
    UpdateStreamMode: { StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } },
    UpdateStreamWarmThroughput: { StreamName, WarmThroughputMiBps: 1 },
  }
}

const dataOperations = ['PutRecord', 'PutRecords', 'GetShardIterator', 'GetRecords', 'SubscribeToShard']
const accountOperations = [
  'DescribeAccountSettings',
  'UpdateAccountSettings',
  'DescribeLimits',
  'ListStreams',
]

test('a caller without rights is refused by every operation before it learns whether there is a stream', async () => {
  const kit = await openKit()
  const asked: string[] = []
  const caller = {
    ...anyone,
    authorize: (action: string) => {
      asked.push(action)
      throw denied
    },
  }
  for (const [name, input] of Object.entries(sampleInputs(`${streamArnOf('s')}/consumer/c:1`))) {
    if (dataOperations.includes(name)) continue
    const operation = name as OperationName
    expect(await kit.fault(operation, input, caller), name).toBe('AccessDeniedException: no')
    expect(asked.at(-1)).toBe(`kinesis:${name}`)
  }
})

test('every operation that names a stream says when there is none, and none touches a stream of another account or region', async () => {
  const kit = await openKit()
  const consumerArn = `${streamArnOf('s')}/consumer/c:1`
  for (const [name, input] of Object.entries(sampleInputs(consumerArn))) {
    if ([...dataOperations, ...accountOperations, 'CreateStream'].includes(name)) continue
    expect(await kit.fault(name as OperationName, input), name).toContain('ResourceNotFoundException')
  }
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 1 })
  expect(await kit.fault('DescribeStream', { StreamARN: streamArnOf('s') })).toBe('no error')
  for (const arn of [
    'arn:aws:kinesis:eu-central-1:999999999999:stream/s',
    'arn:aws:kinesis:us-east-1:123456789012:stream/s',
  ]) {
    expect(await kit.fault('DescribeStream', { StreamARN: arn })).toContain('ResourceNotFoundException')
  }
})

test('a stream is named by name, by ARN, or by both if they agree', async () => {
  const kit = await openKit()
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 1 })
  const StreamARN = streamArnOf('s')
  for (const input of [{ StreamName: 's' }, { StreamARN }, { StreamName: 's', StreamARN }]) {
    const { StreamDescription } = await kit.call('DescribeStream', input)
    expect(StreamDescription.StreamARN).toBe(StreamARN)
  }
  expect(await kit.fault('DescribeStream', {})).toContain('InvalidArgumentException')
  expect(await kit.fault('DescribeStream', { StreamName: 't', StreamARN })).toContain(
    'InvalidArgumentException',
  )
  expect(await kit.fault('DescribeStream', { StreamARN: `${StreamARN}/more` })).toContain('InvalidArgument')
})

test('whatever a body holds, an operation answers or gives an error of the wire', async () => {
  const names = Object.values(inputShapes).flatMap((shape) => shape.members.map(({ name }) => name))
  const leaf = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom(
      's',
      streamArnOf('s'),
      `${streamArnOf('s')}/consumer/c:1700000000`,
      'shardId-0',
      'KMS',
      1e300,
    ),
    fc.constantFrom({ StreamMode: 'ON_DEMAND' }, { Type: 'AT_LATEST' }, ['ALL'], { a: 'b' }, -0, 2 ** 53),
  )
  const body = fc.dictionary(fc.constantFrom(...names), leaf, { maxKeys: 6 })
  const kit = await openKit()
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 1 })
  await kit.call('RegisterStreamConsumer', { StreamARN: streamArnOf('s'), ConsumerName: 'c' })
  const operations = Object.keys(inputShapes).filter((name) => !dataOperations.includes(name))
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...operations), body, async (name, input) => {
      const text = Buffer.from(JSON.stringify(input))
      try {
        await kit.service.handle(wireCall(name, text))
      } catch (error) {
        if (!(error instanceof WireError)) throw error
      }
    }),
    { numRuns: 2000 },
  )
})
