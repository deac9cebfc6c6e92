/** Clients that ask for what others would suffer from, and rights that have to be asked for. */
import { seededRandom } from '@millrace/values'
import { expect, test } from 'vitest'
import { openStoreGateway, type StoreGateway } from '../store-gateway.ts'
import { anyone, type DynamoKit, dynamoKit, makeTable, region } from './testing/dynamodb-kit.ts'

const changes = { StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' } }

test('an index is read with rights to the index', async () => {
  const kit = await dynamoKit()
  await kit.call('CreateTable', {
    TableName: 'orders',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: ['pk', 'color'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byColor',
        KeySchema: [{ AttributeName: 'color', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'ALL' },
      },
    ],
  })
  const table = `arn:aws:dynamodb:${region}:${anyone.account}:table/orders`
  const caller = {
    ...anyone,
    authorize(_: string, resource: string): void {
      if (resource !== table) throw new Error(`denied ${resource}`)
    },
  }
  const query = {
    TableName: 'orders',
    KeyConditionExpression: 'color = :c',
    ExpressionAttributeValues: { ':c': { S: 'red' } },
    IndexName: 'byColor',
  }
  for (const TableName of ['orders', table]) {
    await kit.call('Scan', { TableName }, caller)
    await expect(kit.call('Scan', { TableName, IndexName: 'byColor' }, caller)).rejects.toThrow(
      `denied ${table}/index/byColor`,
    )
    await expect(kit.call('Query', { ...query, TableName }, caller)).rejects.toThrow(
      `denied ${table}/index/byColor`,
    )
  }
})

test('keys full of zero bytes are refused as a fault of the request', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const Key = { pk: { S: '\0'.repeat(2000) } }
  for (const [operation, input] of [
    ['PutItem', { Item: Key }],
    ['GetItem', { Key }],
    ['UpdateItem', { Key }],
    ['DeleteItem', { Key }],
  ] as const) {
    expect(await kit.fault(operation, { TableName: 'orders', ...input })).toMatch(
      /^ValidationException: One or more .* too many bytes/,
    )
  }
  const action = { Put: { TableName: 'orders', Item: Key } }
  const other = { Put: { TableName: 'orders', Item: { pk: { S: 'a' } } } }
  expect(await kit.fault('TransactWriteItems', { TransactItems: [other, action] })).toContain(
    'ValidationException',
  )
  expect((await kit.call('Scan', { TableName: 'orders' })).Count).toBe(0)
})

test.each([
  ['N', ['1', '0.0000001', `1${'0'.repeat(49)}`, '-0.5', '1.2345678901234567890123', `-9${'0'.repeat(120)}`]],
  ['S', ['1e-7', 'a', '', ' b', '1.0', 'ä'].filter((text) => text !== '')],
])('segments of a table with %s keys are read page by page to their end', async (type, keys) => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders', `pk:${type}`)
  for (const key of keys) await kit.call('PutItem', { TableName: 'orders', Item: { pk: { [type]: key } } })
  const found: string[] = []
  for (let Segment = 0; Segment < 3; Segment++) {
    for (let start: object | undefined; ; ) {
      const input = { TableName: 'orders', Segment, TotalSegments: 3, Limit: 1 }
      const page = await kit.call(
        'Scan',
        start === undefined ? input : { ...input, ExclusiveStartKey: start },
      )
      for (const { pk } of page.Items) found.push(pk[type])
      start = page.LastEvaluatedKey
      if (start === undefined) break
    }
  }
  expect(found.sort()).toEqual([...keys].sort())
})

test('a change stream that is switched on again begins with the changes since then', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders', 'pk:S', changes)
  const put = (id: string) => kit.call('PutItem', { TableName: 'orders', Item: { pk: { S: id } } })
  await put('a')
  await kit.clock.advance(1_000)
  await kit.call('UpdateTable', { TableName: 'orders', StreamSpecification: { StreamEnabled: false } })
  await put('b')
  await kit.clock.advance(1_000)
  await kit.call('UpdateTable', { TableName: 'orders', ...changes })
  await put('c')
  const [{ StreamArn }] = (await kit.call('ListStreams', { TableName: 'orders' })).Streams
  const { Shards } = (await kit.call('DescribeStream', { StreamArn })).StreamDescription
  const { ShardIterator } = await kit.call('GetShardIterator', {
    StreamArn,
    ShardId: Shards[0].ShardId,
    ShardIteratorType: 'TRIM_HORIZON',
  })
  const { Records } = await kit.call('GetRecords', { ShardIterator })
  expect(Records.map(({ dynamodb }: { dynamodb: { Keys: object } }) => dynamodb.Keys)).toEqual([
    { pk: { S: 'c' } },
  ])
})

async function withGateway(kit: DynamoKit, work: (gateway: StoreGateway) => Promise<void>): Promise<void> {
  const { store, clock } = kit
  const auth = { mode: 'off' } as const
  const gateway = await openStoreGateway({ store, clock, random: seededRandom(1), port: 0, region, auth })
  try {
    await work(gateway)
  } finally {
    await gateway.close()
  }
}

test('Kinesis clients read the change stream of a table, and neither write to it nor delete it', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders', 'pk:S', changes)
  const StreamName = 'orders.changes'
  await withGateway(kit, async ({ url }) => {
    const ask = async (operation: string, input: object): Promise<string> => {
      const headers = {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `Kinesis_20131202.${operation}`,
      }
      return (await fetch(url, { method: 'POST', headers, body: JSON.stringify(input) })).text()
    }
    const record = { Data: 'eA==', PartitionKey: 'k' }
    expect(await ask('PutRecord', { StreamName, ...record })).toMatch(
      /InvalidArgumentException.*table orders/,
    )
    expect(await ask('PutRecords', { StreamName, Records: [record] })).toMatch(/InvalidArgumentException/)
    expect(await ask('DeleteStream', { StreamName })).toMatch(/InvalidArgumentException.*table orders/)
    const StreamArn = `arn:aws:kinesis:${region}:${anyone.account}:stream/${StreamName}`
    expect(
      await kit.fault('EnableKinesisStreamingDestination', { TableName: 'orders', StreamArn }),
    ).toContain('ValidationException')
    await kit.call('PutItem', { TableName: 'orders', Item: { pk: { S: 'a' } } })
    expect(await ask('DescribeStreamSummary', { StreamName })).toContain('"OpenShardCount":1')
    await kit.call('UpdateTable', { TableName: 'orders', StreamSpecification: { StreamEnabled: false } })
    expect(await ask('DeleteStream', { StreamName })).not.toContain('Exception')
  })
})
