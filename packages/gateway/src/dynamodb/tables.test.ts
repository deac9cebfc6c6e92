/** Operations on tables: what they leave behind, their statuses over time, and what they refuse. */
import { VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import { account, anyone, dynamoKit, makeTable, region, startTime } from './testing/dynamodb-kit.ts'

const arn = (name: string) => `arn:aws:dynamodb:${region}:${account}:table/${name}`

test('a table is described as it was made', async () => {
  const kit = await dynamoKit()
  const { TableDescription } = await kit.call('CreateTable', {
    TableName: 'orders',
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
      { AttributeName: 'day', AttributeType: 'S' },
      { AttributeName: 'blob', AttributeType: 'B' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
    LocalSecondaryIndexes: [
      {
        IndexName: 'by-day',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'day', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-blob',
        KeySchema: [{ AttributeName: 'blob', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['total'] },
        ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 2 },
      },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    Tags: [{ Key: 'team', Value: 'sales' }],
    DeletionProtectionEnabled: true,
    TableClass: 'STANDARD_INFREQUENT_ACCESS',
    SSESpecification: { Enabled: true },
  })
  expect(TableDescription.TableStatus).toBe('CREATING')
  const { Table } = await kit.call('DescribeTable', { TableName: 'orders' })
  expect(Table).toEqual({
    TableName: 'orders',
    TableStatus: 'ACTIVE',
    TableArn: arn('orders'),
    TableId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
    CreationDateTime: startTime / 1000,
    ItemCount: 0,
    TableSizeBytes: expect.any(Number),
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
      { AttributeName: 'day', AttributeType: 'S' },
      { AttributeName: 'blob', AttributeType: 'B' },
    ],
    KeySchema: [
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ],
    ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6, NumberOfDecreasesToday: 0 },
    LocalSecondaryIndexes: [
      {
        IndexName: 'by-day',
        IndexArn: `${arn('orders')}/index/by-day`,
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'day', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
        ItemCount: 0,
        IndexSizeBytes: 0,
      },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-blob',
        IndexArn: `${arn('orders')}/index/by-blob`,
        IndexStatus: 'ACTIVE',
        KeySchema: [{ AttributeName: 'blob', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['total'] },
        ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 2, NumberOfDecreasesToday: 0 },
        ItemCount: 0,
        IndexSizeBytes: 0,
      },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
    LatestStreamLabel: '2026-01-01T00:00:00.000',
    LatestStreamArn: `${arn('orders')}/stream/2026-01-01T00:00:00.000`,
    SSEDescription: {
      Status: 'ENABLED',
      SSEType: 'KMS',
      KMSMasterKeyArn: `arn:aws:kms:${region}:${account}:alias/aws/dynamodb`,
    },
    TableClassSummary: { TableClass: 'STANDARD_INFREQUENT_ACCESS' },
    DeletionProtectionEnabled: true,
  })
  // An ARN is as good as the name, and a restart changes nothing.
  expect(await kit.call('DescribeTable', { TableName: arn('orders') })).toEqual({ Table })
  await kit.close()
  const again = await dynamoKit({ dir: kit.dir })
  expect((await again.call('DescribeTable', { TableName: 'orders' })).Table).toEqual(Table)
  expect(await again.fault('DeleteTable', { TableName: 'orders' })).toBe(
    'ValidationException: Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.',
  )
})

test('statuses follow the clock, over a restart too', async () => {
  const clock = new VirtualClock(startTime)
  let kit = await dynamoKit({ clock, statusMs: 500 })
  const status = async () => {
    try {
      return (await kit.call('DescribeTable', { TableName: 'orders' })).Table.TableStatus
    } catch {
      return 'none'
    }
  }
  await makeTable(kit, 'orders')
  expect(await status()).toBe('CREATING')
  expect(await kit.fault('PutItem', { TableName: 'orders', Item: { pk: { S: 'a' } } })).toBe(
    'ResourceNotFoundException: Requested resource not found',
  )
  expect(await kit.fault('DeleteTable', { TableName: 'orders' })).toBe(
    'ResourceInUseException: Attempt to change a resource which is still in use: Table is being created: orders',
  )
  await clock.advance(500)
  expect(await status()).toBe('ACTIVE')
  await kit.call('PutItem', { TableName: 'orders', Item: { pk: { S: 'a' } } })
  const update = {
    TableName: 'orders',
    ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 },
    BillingMode: 'PROVISIONED',
  }
  expect((await kit.call('UpdateTable', update)).TableDescription.TableStatus).toBe('UPDATING')
  expect(await status()).toBe('UPDATING')
  expect(await kit.fault('UpdateTable', update)).toBe(
    'ResourceInUseException: Attempt to change a resource which is still in use: Table is being updated: orders',
  )
  // Reads and writes go on.
  await kit.call('PutItem', { TableName: 'orders', Item: { pk: { S: 'b' } } })
  await clock.advance(500)
  expect((await kit.call('DeleteTable', { TableName: 'orders' })).TableDescription.TableStatus).toBe(
    'DELETING',
  )
  expect(await status()).toBe('DELETING')
  expect(await kit.fault('CreateTable', await createInput('orders'))).toBe(
    'ResourceInUseException: Table already exists: orders',
  )
  await kit.close()
  kit = await dynamoKit({ dir: kit.dir, clock, statusMs: 500 })
  expect(await status()).toBe('DELETING')
  await clock.advance(500)
  expect(kit.tables.table('orders')).toBeUndefined()
  expect(await status()).toBe('none')
  expect((await kit.call('ListTables', {})).TableNames).toEqual([])
})

async function createInput(TableName: string) {
  return {
    TableName,
    AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
  }
}

test('indexes come and go with UpdateTable, filled from the items', async () => {
  const kit = await dynamoKit({ statusMs: 100 })
  await makeTable(kit, 'orders')
  await kit.clock.advance(100)
  for (const id of ['a', 'b', 'c']) {
    await kit.call('PutItem', {
      TableName: 'orders',
      Item: { pk: { S: id }, day: { S: id === 'c' ? 'tue' : 'mon' } },
    })
  }
  const create = {
    IndexName: 'by-day',
    KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' }],
    Projection: { ProjectionType: 'ALL' },
  }
  expect(
    await kit.fault('UpdateTable', {
      TableName: 'orders',
      GlobalSecondaryIndexUpdates: [{ Create: create }],
    }),
  ).toContain('Some index key attributes are not defined in AttributeDefinitions. Keys: [day]')
  const input = {
    TableName: 'orders',
    AttributeDefinitions: [{ AttributeName: 'day', AttributeType: 'S' }],
    GlobalSecondaryIndexUpdates: [{ Create: create }],
  }
  await kit.call('UpdateTable', input)
  const indexes = async () =>
    ((await kit.call('DescribeTable', { TableName: 'orders' })).Table.GlobalSecondaryIndexes ?? []).map(
      ({ IndexName, IndexStatus }: { IndexName: string; IndexStatus: string }) =>
        `${IndexName} ${IndexStatus}`,
    )
  expect(await indexes()).toEqual(['by-day CREATING'])
  await kit.clock.advance(100)
  expect(await indexes()).toEqual(['by-day ACTIVE'])
  const query = {
    TableName: 'orders',
    IndexName: 'by-day',
    KeyConditionExpression: '#d = :d',
    ExpressionAttributeNames: { '#d': 'day' },
    ExpressionAttributeValues: { ':d': { S: 'mon' } },
  }
  expect((await kit.call('Query', query)).Items.map((item: { pk: { S: string } }) => item.pk.S)).toEqual([
    'a',
    'b',
  ])
  expect(await kit.fault('UpdateTable', input)).toContain(
    'Attempting to create an index which already exists',
  )
  const remove = { TableName: 'orders', GlobalSecondaryIndexUpdates: [{ Delete: { IndexName: 'by-day' } }] }
  await kit.call('UpdateTable', remove)
  expect(await indexes()).toEqual(['by-day DELETING'])
  expect(await kit.fault('Query', query)).toContain('The table does not have the specified index: by-day')
  await kit.clock.advance(100)
  expect(await indexes()).toEqual([])
  expect(await kit.fault('UpdateTable', remove)).toBe(
    'ResourceNotFoundException: Requested resource not found: No such index: by-day',
  )
})

test('lists come in pages, in the order of names', async () => {
  const kit = await dynamoKit()
  for (const name of ['beta', 'alpha', 'gamma', 'delta']) await makeTable(kit, name)
  const first = await kit.call('ListTables', { Limit: 3 })
  expect(first).toEqual({ TableNames: ['alpha', 'beta', 'delta'], LastEvaluatedTableName: 'delta' })
  expect(await kit.call('ListTables', { ExclusiveStartTableName: 'delta' })).toEqual({
    TableNames: ['gamma'],
  })
})

test('expiry, tags and backups are kept and shown', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const ttl = (Enabled: boolean, AttributeName = 'until') => ({
    TableName: 'orders',
    TimeToLiveSpecification: { Enabled, AttributeName },
  })
  expect(await kit.fault('UpdateTimeToLive', ttl(false))).toBe(
    'ValidationException: TimeToLive is already disabled',
  )
  await kit.call('UpdateTimeToLive', ttl(true))
  expect(await kit.call('DescribeTimeToLive', { TableName: 'orders' })).toEqual({
    TimeToLiveDescription: { TimeToLiveStatus: 'ENABLED', AttributeName: 'until' },
  })
  expect(await kit.fault('UpdateTimeToLive', ttl(true, 'other'))).toContain('current AttributeName is until')
  const until = String(startTime / 1000 + 30)
  await kit.call('PutItem', { TableName: 'orders', Item: { pk: { S: 'a' }, until: { N: until } } })
  await kit.clock.advance(120_000)
  expect((await kit.call('Scan', { TableName: 'orders' })).Count).toBe(0)

  const ResourceArn = arn('orders')
  await kit.call('TagResource', {
    ResourceArn,
    Tags: [
      { Key: 'a', Value: '1' },
      { Key: 'b', Value: '2' },
    ],
  })
  await kit.call('UntagResource', { ResourceArn, TagKeys: ['a'] })
  expect(await kit.call('ListTagsOfResource', { ResourceArn })).toEqual({ Tags: [{ Key: 'b', Value: '2' }] })
  expect(await kit.fault('TagResource', { ResourceArn, Tags: [{ Key: 'aws:x', Value: '' }] })).toContain(
    'aws:',
  )

  const backups = async () =>
    (await kit.call('DescribeContinuousBackups', { TableName: 'orders' })).ContinuousBackupsDescription
      .PointInTimeRecoveryDescription.PointInTimeRecoveryStatus
  expect(await backups()).toBe('DISABLED')
  await kit.call('UpdateContinuousBackups', {
    TableName: 'orders',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  })
  expect(await backups()).toBe('ENABLED')
  expect(await kit.fault('DescribeContinuousBackups', { TableName: 'none' })).toBe(
    'TableNotFoundException: Table not found: none',
  )
})

test('changes are exported to a data stream that is there, one at a time', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  kit.store.defineStream({ name: 'changes', shards: 1, retentionMs: 86_400_000 })
  const StreamArn = `arn:aws:kinesis:${region}:${account}:stream/changes`
  const input = { TableName: 'orders', StreamArn }
  expect(
    await kit.fault('EnableKinesisStreamingDestination', {
      ...input,
      StreamArn: StreamArn.replace('changes', 'none'),
    }),
  ).toContain('ResourceNotFoundException')
  expect((await kit.call('EnableKinesisStreamingDestination', input)).DestinationStatus).toBe('ENABLING')
  expect(await kit.fault('EnableKinesisStreamingDestination', input)).toContain('must be DISABLED')
  await kit.call('PutItem', { TableName: 'orders', Item: { pk: { S: 'a' } } })
  await kit.call('UpdateKinesisStreamingDestination', {
    ...input,
    UpdateKinesisStreamingConfiguration: { ApproximateCreationDateTimePrecision: 'MICROSECOND' },
  })
  expect(
    (await kit.call('DescribeKinesisStreamingDestination', input)).KinesisDataStreamDestinations,
  ).toEqual([{ StreamArn, DestinationStatus: 'ACTIVE', ApproximateCreationDateTimePrecision: 'MICROSECOND' }])
  await kit.call('DisableKinesisStreamingDestination', input)
  await kit.call('PutItem', { TableName: 'orders', Item: { pk: { S: 'b' } } })
  expect(await kit.fault('DisableKinesisStreamingDestination', input)).toContain('must be ACTIVE')
  const { batches } = kit.store.read('changes', 0, 0, { maxRecords: 10, maxBytes: 100_000 })
  expect(batches.reduce((sum, batch) => sum + ('count' in batch ? batch.count : 0), 0)).toBe(1)
})

test('rights are asked for by operation and table, and come before what exists', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const asked: string[] = []
  const caller = {
    ...anyone,
    authorize(action: string, resource: string): void {
      asked.push(`${action} ${resource}`)
      throw new Error('denied')
    },
  }
  const key = { pk: { S: 'a' } }
  for (const [operation, input] of [
    ['DescribeTable', {}],
    ['PutItem', { Item: key }],
    ['GetItem', { Key: key }],
    ['UpdateItem', { Key: key }],
    ['DeleteItem', { Key: key }],
    ['Scan', {}],
  ] as const) {
    for (const TableName of ['orders', 'none']) {
      await expect(kit.call(operation, { TableName, ...input }, caller)).rejects.toThrow('denied')
    }
  }
  expect(new Set(asked)).toEqual(
    new Set(
      ['DescribeTable', 'PutItem', 'GetItem', 'UpdateItem', 'DeleteItem', 'Scan'].flatMap((operation) =>
        ['orders', 'none'].map((name) => `dynamodb:${operation} ${arn(name)}`),
      ),
    ),
  )
})

test('a table that the app uses is not deleted from outside', async () => {
  const kit = await dynamoKit({
    guard: { mayDeleteTable: (name) => (name === 'orders' ? 'the app uses it' : undefined) },
  })
  await makeTable(kit, 'orders')
  await makeTable(kit, 'other')
  expect(await kit.fault('DeleteTable', { TableName: 'orders' })).toBe(
    'ResourceInUseException: the app uses it',
  )
  await kit.call('DeleteTable', { TableName: 'other' })
  expect((await kit.call('ListTables', {})).TableNames).toEqual(['orders'])
})

test('operations that are not here say what to do instead', async () => {
  const kit = await dynamoKit()
  expect(await kit.fault('ExecuteStatement', { Statement: 'SELECT * FROM "a"' })).toContain(
    'UnknownOperationException: PartiQL is not spoken here',
  )
  expect(await kit.fault('NoSuchThing', {})).toBe('UnknownOperationException: ')
})
