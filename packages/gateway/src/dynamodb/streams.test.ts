/** The Streams API over a table's changes. */
import { expect, test } from 'vitest'
import {
  account,
  type DynamoKit,
  dynamoKit,
  makeTable,
  type Reply,
  region,
  startTime,
} from './testing/dynamodb-kit.ts'

const stream = (StreamViewType: string) => ({ StreamSpecification: { StreamEnabled: true, StreamViewType } })

async function shardOf(kit: DynamoKit): Promise<{ StreamArn: string; ShardId: string }> {
  const { Streams } = await kit.call('ListStreams', { TableName: 'orders' })
  const [{ StreamArn }] = Streams
  const { StreamDescription } = await kit.call('DescribeStream', { StreamArn })
  return { StreamArn, ShardId: StreamDescription.Shards[0].ShardId }
}

async function iterator(kit: DynamoKit, ShardIteratorType: string, more: object = {}): Promise<string> {
  const place = await shardOf(kit)
  return (await kit.call('GetShardIterator', { ...place, ShardIteratorType, ...more })).ShardIterator
}

async function change(kit: DynamoKit): Promise<void> {
  const TableName = 'orders'
  await kit.call('PutItem', { TableName, Item: { pk: { S: 'a' }, n: { N: '1' } } })
  await kit.call('PutItem', { TableName, Item: { pk: { S: 'a' }, n: { N: '2' } } })
  // A write that changes nothing makes no record.
  await kit.call('PutItem', { TableName, Item: { pk: { S: 'a' }, n: { N: '2.0' } } })
  await kit.call('DeleteItem', { TableName, Key: { pk: { S: 'a' } } })
  await kit.call('DeleteItem', { TableName, Key: { pk: { S: 'a' } } })
}

test.each([
  ['KEYS_ONLY', [{}, {}, {}]],
  ['NEW_IMAGE', [{ NewImage: '1' }, { NewImage: '2' }, {}]],
  ['OLD_IMAGE', [{}, { OldImage: '1' }, { OldImage: '2' }]],
  ['NEW_AND_OLD_IMAGES', [{ NewImage: '1' }, { NewImage: '2', OldImage: '1' }, { OldImage: '2' }]],
])('%s: every change once, in order', async (view, images) => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders', 'pk:S', stream(view))
  const ShardIterator = await iterator(kit, 'LATEST')
  await change(kit)
  const { Records, NextShardIterator } = await kit.call('GetRecords', { ShardIterator })
  const image = (n: string) => ({ pk: { S: 'a' }, n: { N: n } })
  expect(Records).toEqual(
    images.map((of, i) => ({
      eventID: expect.stringMatching(/^[0-9a-f]{32}$/),
      eventName: ['INSERT', 'MODIFY', 'REMOVE'][i],
      eventVersion: '1.1',
      eventSource: 'aws:dynamodb',
      awsRegion: region,
      dynamodb: {
        ApproximateCreationDateTime: startTime / 1000,
        Keys: { pk: { S: 'a' } },
        ...Object.fromEntries(Object.entries(of).map(([name, n]) => [name, image(String(n))])),
        SequenceNumber: expect.stringMatching(/^[0-9]{21,40}$/),
        SizeBytes: expect.any(Number),
        StreamViewType: view,
      },
    })),
  )
  expect(new Set(Records.map(({ eventID }: Reply) => eventID)).size).toBe(3)
  expect((await kit.call('GetRecords', { ShardIterator: NextShardIterator })).Records).toEqual([])
  // From the beginning it is the same, in pages too.
  let at: string | undefined = await iterator(kit, 'TRIM_HORIZON')
  const paged: Reply[] = []
  for (let i = 0; i < 4 && at !== undefined; i++) {
    const page: Reply = await kit.call('GetRecords', { ShardIterator: at, Limit: 1 })
    paged.push(...page.Records)
    at = page.NextShardIterator
  }
  expect(paged).toEqual(Records)
  for (const [type, from] of [
    ['AT_SEQUENCE_NUMBER', 1],
    ['AFTER_SEQUENCE_NUMBER', 2],
  ] as const) {
    const SequenceNumber = Records[1].dynamodb.SequenceNumber
    const next = await iterator(kit, type, { SequenceNumber })
    expect((await kit.call('GetRecords', { ShardIterator: next })).Records).toEqual(Records.slice(from))
  }
})

test('items that expire say so', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders', 'pk:S', stream('KEYS_ONLY'))
  await kit.call('UpdateTimeToLive', {
    TableName: 'orders',
    TimeToLiveSpecification: { Enabled: true, AttributeName: 'until' },
  })
  await kit.call('PutItem', {
    TableName: 'orders',
    Item: { pk: { S: 'a' }, until: { N: String(startTime / 1000 + 1) } },
  })
  await kit.clock.advance(120_000)
  const { Records } = await kit.call('GetRecords', { ShardIterator: await iterator(kit, 'TRIM_HORIZON') })
  expect(Records.map(({ eventName, userIdentity }: Reply) => [eventName, userIdentity])).toEqual([
    ['INSERT', undefined],
    ['REMOVE', { PrincipalId: 'dynamodb.amazonaws.com', Type: 'Service' }],
  ])
})

test('streams are listed and described, and go with the table or when they are switched off', async () => {
  const kit = await dynamoKit()
  for (const name of ['beta', 'alpha', 'gamma']) await makeTable(kit, name, 'pk:S', stream('KEYS_ONLY'))
  await makeTable(kit, 'silent')
  const first = await kit.call('ListStreams', { Limit: 2 })
  expect(first.Streams.map(({ TableName }: Reply) => TableName)).toEqual(['alpha', 'beta'])
  const rest = await kit.call('ListStreams', { ExclusiveStartStreamArn: first.LastEvaluatedStreamArn })
  expect(rest).toEqual({
    Streams: [
      {
        TableName: 'gamma',
        StreamLabel: '2026-01-01T00:00:00.000',
        StreamArn: `arn:aws:dynamodb:${region}:${account}:table/gamma/stream/2026-01-01T00:00:00.000`,
      },
    ],
  })
  const [{ StreamArn }] = rest.Streams
  const { StreamDescription } = await kit.call('DescribeStream', { StreamArn })
  expect(StreamDescription).toEqual({
    StreamArn,
    StreamLabel: '2026-01-01T00:00:00.000',
    StreamStatus: 'ENABLED',
    StreamViewType: 'KEYS_ONLY',
    CreationRequestDateTime: startTime / 1000,
    TableName: 'gamma',
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    Shards: [
      {
        ShardId: expect.stringMatching(/^shardId-[0-9]{20}-[0-9a-f]{8}$/),
        SequenceNumberRange: { StartingSequenceNumber: expect.stringMatching(/^[0-9]{21,40}$/) },
      },
    ],
  })
  await kit.call('UpdateTable', { TableName: 'gamma', StreamSpecification: { StreamEnabled: false } })
  expect(await kit.fault('DescribeStream', { StreamArn })).toBe(
    `ResourceNotFoundException: Requested resource not found: Stream: ${StreamArn} not found`,
  )
  await kit.call('DeleteTable', { TableName: 'alpha' })
  expect((await kit.call('ListStreams', {})).Streams.map(({ TableName }: Reply) => TableName)).toEqual([
    'beta',
  ])
  expect(await kit.fault('UpdateTable', { TableName: 'beta', ...stream('NEW_IMAGE') })).toContain(
    'Table already has an enabled stream',
  )
})

test('iterators live for 15 minutes, are sealed, and do not reach behind what was trimmed', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders', 'pk:S', stream('KEYS_ONLY'))
  await kit.call('PutItem', { TableName: 'orders', Item: { pk: { S: 'a' } } })
  const ShardIterator = await iterator(kit, 'TRIM_HORIZON')
  const { Records } = await kit.call('GetRecords', { ShardIterator })
  await kit.clock.advance(15 * 60_000)
  await kit.call('GetRecords', { ShardIterator })
  await kit.clock.advance(1000)
  expect(await kit.fault('GetRecords', { ShardIterator })).toContain('ExpiredIteratorException')
  const middle = ShardIterator.length - 20
  const forged =
    ShardIterator.slice(0, middle) +
    (ShardIterator[middle] === 'A' ? 'B' : 'A') +
    ShardIterator.slice(middle + 1)
  expect(await kit.fault('GetRecords', { ShardIterator: forged })).toBe(
    'ValidationException: Invalid ShardIterator',
  )
  const late = await iterator(kit, 'TRIM_HORIZON')
  await kit.clock.advance(10 * 60_000)
  kit.store.defineStream({ name: 'orders.changes', shards: 1, retentionMs: 60_000 })
  expect(await kit.fault('GetRecords', { ShardIterator: late })).toContain('TrimmedDataAccessException')
  const place = await shardOf(kit)
  const { SequenceNumber } = Records[0].dynamodb
  expect(
    await kit.fault('GetShardIterator', {
      ...place,
      ShardIteratorType: 'AT_SEQUENCE_NUMBER',
      SequenceNumber,
    }),
  ).toContain('TrimmedDataAccessException')
  // After it is where the horizon is now.
  await kit.call('GetShardIterator', { ...place, ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber })
  expect(
    await kit.fault('GetShardIterator', {
      ...place,
      ShardIteratorType: 'AT_SEQUENCE_NUMBER',
      SequenceNumber: '1'.repeat(25),
    }),
  ).toContain('Invalid SequenceNumber')
})
