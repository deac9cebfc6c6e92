/** Operations on items through the service: results, errors, pages, batches, and what they count. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type DynamoKit, dynamoKit, makeTable, type Reply } from './testing/dynamodb-kit.ts'

const put = (kit: DynamoKit, Item: object, more: object = {}): Promise<Reply> =>
  kit.call('PutItem', { TableName: 'orders', Item, ...more })
const get = async (kit: DynamoKit, Key: object): Promise<Reply> =>
  (await kit.call('GetItem', { TableName: 'orders', Key })).Item

test('what is put is got, values of all types, in canonical form', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders', 'pk:S sk:N')
  const Item = {
    pk: { S: 'ä' },
    sk: { N: '1.50' },
    n: { N: '-0.00' },
    b: { B: 'AAE=' },
    t: { BOOL: false },
    z: { NULL: true },
    m: { M: { __proto__: { S: 'x' }, l: { L: [{ N: '1e3' }, { M: {} }] } } },
    ss: { SS: ['a', ''] },
    ns: { NS: ['1', '2.0'] },
    bs: { BS: ['AA==', ''] },
    empty: { S: '' },
  }
  await put(kit, JSON.parse(JSON.stringify(Item)))
  expect(await get(kit, { pk: { S: 'ä' }, sk: { N: '15e-1' } })).toEqual({
    ...JSON.parse(JSON.stringify(Item)),
    sk: { N: '1.5' },
    n: { N: '0' },
    m: { M: { l: { L: [{ N: '1000' }, { M: {} }] } } },
    ns: { NS: ['1', '2'] },
  })
  expect(await get(kit, { pk: { S: 'a' }, sk: { N: '1.5' } })).toBeUndefined()
})

test('an attribute may have the name of anything', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const Item = JSON.parse(
    '{"pk":{"S":"a"},"__proto__":{"S":"p"},"constructor":{"M":{"__proto__":{"N":"1"}}}}',
  )
  await put(kit, Item)
  expect(JSON.stringify(await get(kit, { pk: { S: 'a' } }))).toBe(JSON.stringify(Item))
})

test('32 levels of values are stored, one more is refused, thousands end in an error too', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const nested = (levels: number): object => (levels === 1 ? { S: 'x' } : { L: [nested(levels - 1)] })
  const Item = { pk: { S: 'a' }, deep: nested(32) }
  await put(kit, Item)
  expect(await get(kit, { pk: { S: 'a' } })).toEqual(Item)
  for (const levels of [33, 60, 2000]) {
    expect(
      await kit.fault('PutItem', { TableName: 'orders', Item: { pk: { S: 'b' }, deep: nested(levels) } }),
      `${levels}`,
    ).toContain('Nesting Levels have exceeded supported limits')
  }
})

test('half of a surrogate pair is refused, a pair and a text that looks like one are not', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const bodyOf = (key: string): Promise<unknown> =>
    Promise.resolve(
      kit.services.tables.handle({
        operation: 'PutItem',
        encoding: 'json',
        body: Buffer.from(`{"TableName":"orders","Item":{"pk":{"S":"${key}"}}}`),
        requestId: 'request',
        signal: new AbortController().signal,
        authenticate: () => ({ keyId: 'test', account: '123456789012', authorize: () => {} }),
      }),
    )
  await bodyOf('\\ud83d\\ude00')
  await bodyOf('\\\\ud800')
  for (const half of ['\\ud800', '\\udc00', '\\ud800x\\udc00', '\\uDC00\\uD800']) {
    await expect(async () => bodyOf(half)).rejects.toThrow('half of a surrogate pair')
  }
  expect((await kit.call('Scan', { TableName: 'orders' })).Items).toEqual([
    { pk: { S: '\\ud800' } },
    { pk: { S: '😀' } },
  ])
})

test('conditions decide, and a failed one shows the item if it is asked for', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const isNew = { ConditionExpression: 'attribute_not_exists(pk)' }
  const item = { pk: { S: 'a' }, v: { N: '1' } }
  await put(kit, item, isNew)
  const again = { TableName: 'orders', Item: { ...item, v: { N: '2' } }, ...isNew }
  expect(await kit.fault('PutItem', again)).toBe(
    'ConditionalCheckFailedException: The conditional request failed',
  )
  await expect(
    kit.call('PutItem', { ...again, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
  ).rejects.toMatchObject({ type: 'ConditionalCheckFailedException', members: { Item: item } })
  expect(await get(kit, { pk: { S: 'a' } })).toEqual(item)
  const expected = { v: { ComparisonOperator: 'GT', AttributeValueList: [{ N: '0' }] } }
  expect(await put(kit, again.Item, { Expected: expected, ReturnValues: 'ALL_OLD' })).toEqual({
    Attributes: item,
  })
  // Nothing is there, so nothing is taken away; and it is no item for that.
  expect(
    await kit.fault('UpdateItem', {
      TableName: 'orders',
      Key: { pk: { S: 'none' } },
      UpdateExpression: 'REMOVE v',
      ConditionExpression: 'attribute_exists(pk)',
    }),
  ).toContain('ConditionalCheckFailedException')
  await kit.call('UpdateItem', {
    TableName: 'orders',
    Key: { pk: { S: 'none' } },
    UpdateExpression: 'REMOVE v',
  })
  expect(await get(kit, { pk: { S: 'none' } })).toBeUndefined()
})

test('an update returns what was asked for', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const update = (ReturnValues?: string): Promise<Reply> =>
    kit.call('UpdateItem', {
      TableName: 'orders',
      Key: { pk: { S: 'a' } },
      UpdateExpression: 'ADD n :one SET m.x = :one, z = if_not_exists(z, :one)',
      ExpressionAttributeValues: { ':one': { N: '1' } },
      ReturnValues,
    })
  await put(kit, { pk: { S: 'a' }, m: { M: { y: { S: 'y' } } } })
  const before = { pk: { S: 'a' }, m: { M: { y: { S: 'y' } } } }
  const first = { n: { N: '1' }, m: { M: { y: { S: 'y' }, x: { N: '1' } } }, z: { N: '1' } }
  expect(await update('ALL_OLD')).toEqual({ Attributes: before })
  expect(await update('UPDATED_OLD')).toEqual({
    Attributes: { n: { N: '1' }, m: { M: { x: { N: '1' } } }, z: { N: '1' } },
  })
  expect(await update('UPDATED_NEW')).toEqual({
    Attributes: { n: { N: '3' }, m: { M: { x: { N: '1' } } }, z: { N: '1' } },
  })
  expect(await update('ALL_NEW')).toEqual({ Attributes: { pk: { S: 'a' }, ...first, n: { N: '4' } } })
  expect(await update()).toEqual({})
})

test('pages of any size put together are the whole, forwards, backwards, and by index', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders', 'pk:S sk:N', {
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'N' },
      { AttributeName: 'day', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-day',
        KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  })
  const numbers = [-3, -1.5, 0, 2, 7, 10, 11, 200]
  for (const n of numbers) {
    await put(kit, { pk: { S: 'a' }, sk: { N: String(n) }, day: { S: 'mon' }, rest: { S: 'x' } })
  }
  await put(kit, { pk: { S: 'b' }, sk: { N: '1' } })
  const pages = async (operation: string, input: object): Promise<Reply[]> => {
    const items: Reply[] = []
    let start: object | undefined
    do {
      const page = await kit.call(operation, { TableName: 'orders', ...input, ExclusiveStartKey: start })
      items.push(...page.Items)
      start = page.LastEvaluatedKey
    } while (start !== undefined)
    return items
  }
  const query = { KeyConditionExpression: 'pk = :a', ExpressionAttributeValues: { ':a': { S: 'a' } } }
  const byDay = {
    IndexName: 'by-day',
    KeyConditionExpression: '#d = :m',
    ExpressionAttributeNames: { '#d': 'day' },
    ExpressionAttributeValues: { ':m': { S: 'mon' } },
  }
  const keysOf = (items: Reply[]) => items.map(({ sk }) => Number(sk.N))
  for (const Limit of [1, 2, 3, 100]) {
    expect(keysOf(await pages('Query', { ...query, Limit }))).toEqual(numbers)
    expect(keysOf(await pages('Query', { ...query, Limit, ScanIndexForward: false }))).toEqual(
      [...numbers].reverse(),
    )
    const indexed = await pages('Query', { ...byDay, Limit })
    expect(keysOf(indexed)).toEqual(numbers)
    expect(Object.keys(indexed[0]).sort()).toEqual(['day', 'pk', 'sk'])
    for (const TotalSegments of [1, 3]) {
      const parts: Reply[] = []
      for (let Segment = 0; Segment < TotalSegments; Segment++) {
        parts.push(...(await pages('Scan', { Limit, Segment, TotalSegments })))
      }
      expect(keysOf(parts).sort((a, b) => a - b)).toEqual([...numbers, 1].sort((a, b) => a - b))
    }
  }
  expect(await kit.fault('Query', { TableName: 'orders', ...byDay, Select: 'ALL_ATTRIBUTES' })).toContain(
    'Select type ALL_ATTRIBUTES is not supported for global secondary index by-day',
  )
  expect(
    await kit.fault('Query', { TableName: 'orders', ...byDay, ProjectionExpression: 'pk, rest' }),
  ).toContain('Global secondary index by-day does not project [rest]')
  expect(
    await kit.fault('Query', { TableName: 'orders', ...byDay, FilterExpression: 'attribute_exists(rest)' }),
  ).toContain('Secondary index by-day does not project one or more filter attributes: [rest]')
  const counted = await kit
    .call('Query', {
      TableName: 'orders',
      ...query,
      FilterExpression: 'sk > :a',
      ExpressionAttributeValues: { ':a': { S: 'a' } },
      Select: 'COUNT',
    })
    .catch((error: Error) => error.message)
  expect(counted).toBe(
    'Filter Expression can only contain non-primary key attributes: Primary key attribute: sk',
  )
})

test('a batch is checked as a whole and written as a whole, reads leave nothing out', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  await makeTable(kit, 'other', 'id:N')
  const items = Array.from({ length: 24 }, (_, i) => ({ pk: { S: `k${i}` }, v: { N: String(i) } }))
  const requests = items.map((Item) => ({ PutRequest: { Item } }))
  const other = { other: [{ PutRequest: { Item: { id: { N: '1' } } } }] }
  for (const [bad, text] of [
    [{ PutRequest: { Item: { pk: { N: '1' } } } }, 'The provided key element does not match the schema'],
    [{ PutRequest: { Item: items[3] } }, 'Provided list of item keys contains duplicates'],
    [{ DeleteRequest: { Key: items[3]?.pk } }, ''],
    [{}, 'more than one datatypes set'],
  ] as const) {
    expect(await kit.fault('BatchWriteItem', { RequestItems: { orders: [...requests, bad] } })).toContain(
      text,
    )
    expect((await kit.call('Scan', { TableName: 'orders' })).Count).toBe(0)
  }
  expect(
    await kit.fault('BatchWriteItem', {
      RequestItems: { orders: [...requests, { PutRequest: { Item: { pk: { S: 'z' } } } }], ...other },
    }),
  ).toContain('Too many items requested for the BatchWriteItem call')
  const written = await kit.call('BatchWriteItem', {
    RequestItems: { orders: requests, ...other },
    ReturnConsumedCapacity: 'TOTAL',
  })
  expect(written).toEqual({
    UnprocessedItems: {},
    ConsumedCapacity: [
      { TableName: 'orders', CapacityUnits: 24 },
      { TableName: 'other', CapacityUnits: 1 },
    ],
  })
  await kit.call('BatchWriteItem', {
    RequestItems: { orders: [{ DeleteRequest: { Key: { pk: { S: 'k0' } } } }] },
  })
  const { Responses, UnprocessedKeys } = await kit.call('BatchGetItem', {
    RequestItems: {
      orders: { Keys: items.map(({ pk }) => ({ pk })), ProjectionExpression: 'v' },
      other: { Keys: [{ id: { N: '1.0' } }] },
    },
  })
  expect(UnprocessedKeys).toEqual({})
  expect(Responses.orders).toEqual(items.slice(1).map(({ v }) => ({ v })))
  expect(Responses.other).toEqual([{ id: { N: '1' } }])
})

test('capacity is counted as AWS counts it', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders', 'pk:S', {
    AttributeDefinitions: [
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'day', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-day',
        KeySchema: [{ AttributeName: 'day', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
  })
  const units = async (Item: object) =>
    (await put(kit, Item, { ReturnConsumedCapacity: 'INDEXES' })).ConsumedCapacity
  const big = 'x'.repeat(3000)
  const global = (CapacityUnits: number) => ({ GlobalSecondaryIndexes: { 'by-day': { CapacityUnits } } })
  const total = (CapacityUnits: number, table: number) => ({
    TableName: 'orders',
    CapacityUnits,
    Table: { CapacityUnits: table },
  })
  // 3 KB in the table; the entry of the index is small.
  expect(await units({ pk: { S: 'a' }, day: { S: 'mon' }, big: { S: big } })).toEqual({
    ...total(4, 3),
    ...global(1),
  })
  // The same again, and a change that the index does not show.
  expect(await units({ pk: { S: 'a' }, day: { S: 'mon' }, big: { S: 'y' } })).toEqual(total(3, 3))
  // Another key of the index: one entry goes, one comes.
  expect(await units({ pk: { S: 'a' }, day: { S: 'tue' } })).toEqual({ ...total(3, 1), ...global(2) })
  expect(await units({ pk: { S: 'a' } })).toEqual({ ...total(2, 1), ...global(1) })
  await put(kit, { pk: { S: 'a' }, big: { S: 'x'.repeat(9000) } })
  for (const [ConsistentRead, CapacityUnits] of [
    [true, 3],
    [false, 1.5],
  ] as const) {
    const read = { TableName: 'orders', ConsistentRead, ReturnConsumedCapacity: 'TOTAL' }
    expect(
      (await kit.call('GetItem', { ...read, Key: { pk: { S: 'a' } } })).ConsumedCapacity.CapacityUnits,
    ).toBe(CapacityUnits)
    expect((await kit.call('Scan', read)).ConsumedCapacity.CapacityUnits).toBe(CapacityUnits)
  }
})

test('provisioned capacity is a limit where limits are AWS’s: 300 seconds of it, then what comes in', async () => {
  const kit = await dynamoKit({ tableCapacity: true })
  const ProvisionedThroughput = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 }
  await makeTable(kit, 'orders', 'pk:S', { ProvisionedThroughput })
  await makeTable(kit, 'free')
  const item = { pk: { S: 'a' }, big: { S: 'x'.repeat(99_000) } }
  // 97 units each: three fit into 300, the fourth borrows, the fifth waits.
  for (let i = 0; i < 4; i++) await put(kit, item)
  expect(await kit.fault('PutItem', { TableName: 'orders', Item: item })).toContain(
    'ProvisionedThroughputExceededException',
  )
  const orders = [{ PutRequest: { Item: item } }]
  expect(await kit.fault('BatchWriteItem', { RequestItems: { orders } })).toContain(
    'ProvisionedThroughputExceededException',
  )
  const free = [{ PutRequest: { Item: { pk: { S: 'b' } } } }]
  expect(await kit.call('BatchWriteItem', { RequestItems: { orders, free } })).toEqual({
    UnprocessedItems: { orders },
  })
  expect((await kit.call('Scan', { TableName: 'free' })).Count).toBe(1)
  const owed = 4 * 97 - 300
  await kit.clock.advance(owed * 1000 - 1000)
  expect(await kit.fault('PutItem', { TableName: 'orders', Item: item })).toContain('ProvisionedThroughput')
  await kit.clock.advance(1000)
  await put(kit, item)
  // 24.5 units for each eventually consistent read.
  const read = { RequestItems: { orders: { Keys: [{ pk: { S: 'a' } }] } } }
  let reads = 0
  while ((await kit.fault('BatchGetItem', read)) === 'no error') reads++
  expect(reads).toBe(Math.floor((300 + 0) / 12.5) + 1)
})

test('items and keys that are too large or empty are refused in AWS’s words', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders', 'pk:S sk:B')
  const faultOf = (Item: object) => kit.fault('PutItem', { TableName: 'orders', Item })
  const sk = { B: 'AA==' }
  expect(await faultOf({ pk: { S: 'x' }, sk, a: { S: 'x'.repeat(400 * 1024) } })).toBe(
    'ValidationException: Item size has exceeded the maximum allowed size',
  )
  expect(await faultOf({ pk: { S: 'x'.repeat(2049) }, sk })).toContain('Size of hashkey has exceeded')
  expect(await faultOf({ pk: { S: 'x' }, sk: { B: Buffer.alloc(1025).toString('base64') } })).toContain(
    'Aggregated size of all range keys has exceeded the size limit of 1024 bytes',
  )
  expect(await faultOf({ pk: { S: '' }, sk })).toContain('cannot contain an empty string value. Key: pk')
  expect(await faultOf({ pk: { S: 'x' }, sk: { B: '' } })).toContain('cannot contain an empty binary value')
  expect(await faultOf({ pk: { S: 'x' } })).toContain('Missing the key sk in the item')
  expect(await kit.fault('GetItem', { TableName: 'orders', Key: { pk: { S: 'x' }, sk: { S: 'a' } } })).toBe(
    'ValidationException: The provided key element does not match the schema',
  )
})

/** Whatever is sent, the answer is a WireError or a reply: nothing that is not the client's fault. */
test('requests that make no sense end in errors of the API', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const operations = [
    'PutItem',
    'GetItem',
    'UpdateItem',
    'DeleteItem',
    'Query',
    'Scan',
    'BatchGetItem',
    'BatchWriteItem',
    'TransactWriteItems',
    'TransactGetItems',
    'CreateTable',
    'UpdateTable',
    'TagResource',
  ] as const
  const members = [
    'TableName',
    'Item',
    'Key',
    'Expected',
    'AttributeUpdates',
    'UpdateExpression',
    'KeyConditions',
    'KeyConditionExpression',
    'ExpressionAttributeValues',
    'ExpressionAttributeNames',
    'RequestItems',
    'TransactItems',
    'ExclusiveStartKey',
    'ReturnValues',
    'Limit',
    'KeySchema',
    'AttributeDefinitions',
    'ProvisionedThroughput',
    'GlobalSecondaryIndexes',
    'StreamSpecification',
    'ResourceArn',
    'Tags',
    'ConditionExpression',
    'ScanFilter',
  ] as const
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom(
        'orders',
        '',
        'pk',
        ':a',
        '#a = :a',
        'SET a = :a',
        'HASH',
        'S',
        'AA==',
        '1',
        'arn:aws:x',
      ),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('any'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          'pk',
          'S',
          'N',
          'M',
          'L',
          'SS',
          'orders',
          'PutRequest',
          'Item',
          'Key',
          'Keys',
          'Put',
          'Get',
          'AttributeName',
          'KeyType',
          'AttributeType',
          ':a',
          '#a',
          '__proto__',
        ),
        tie('any'),
        { maxKeys: 3 },
      ),
    ),
  })).any
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...operations),
      fc.dictionary(fc.constantFrom(...members), value, { maxKeys: 5 }),
      async (operation, input) => {
        await kit.fault(operation, { TableName: 'orders', ...input })
      },
    ),
    { numRuns: 3000 },
  )
})
