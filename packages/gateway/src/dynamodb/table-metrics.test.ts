/** What calls on tables are told of, under AWS's names. */
import { expect, test } from 'vitest'
import { type DynamoKit, dynamoKit, makeTable } from './testing/dynamodb-kit.ts'

/** Sum of each metric, by name and operation. */
function sums(kit: DynamoKit, table: string): Record<string, number> {
  return Object.fromEntries(
    kit.registry.find({ table }).map((series) => {
      const operation = series.id.dimensions.find(([name]) => name === 'Operation')?.[1]
      const name = operation === undefined ? series.id.metric : `${series.id.metric} ${operation}`
      return [name, series.id.metric === 'SuccessfulRequestLatency' ? series.total.count : series.total.sum]
    }),
  )
}

test('calls are counted by table, and by operation where the service does so', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  await makeTable(kit, 'other')
  const Item = { pk: { S: 'a' }, big: { S: 'x'.repeat(2500) } }
  const TableName = 'orders'
  await kit.call('PutItem', { TableName, Item })
  await kit.call('BatchWriteItem', {
    RequestItems: {
      orders: [{ PutRequest: { Item: { pk: { S: 'b' } } } }],
      other: [{ PutRequest: { Item: { pk: { S: 'c' } } } }],
    },
  })
  await kit.call('GetItem', { TableName, Key: { pk: { S: 'a' } }, ConsistentRead: true })
  await kit.call('Scan', { TableName, Select: 'COUNT' })
  await kit.fault('PutItem', { TableName, Item, ConditionExpression: 'attribute_not_exists(pk)' })
  await kit.fault('GetItem', { TableName, Key: { wrong: { S: 'a' } } })
  await kit.fault('Query', { TableName, KeyConditionExpression: 'nonsense' })
  await kit.fault('Query', { TableName: 'none', KeyConditionExpression: 'nonsense' })
  expect(sums(kit, 'orders')).toEqual({
    'SuccessfulRequestLatency CreateTable': 1,
    'SuccessfulRequestLatency PutItem': 1,
    'SuccessfulRequestLatency BatchWriteItem': 1,
    'SuccessfulRequestLatency GetItem': 1,
    'SuccessfulRequestLatency Scan': 1,
    ConsumedWriteCapacityUnits: 3 + 1,
    ConsumedReadCapacityUnits: 1 + 0.5,
    'ReturnedItemCount Scan': 2,
    ConditionalCheckFailedRequests: 1,
    UserErrors: 2,
  })
  expect(sums(kit, 'other')).toEqual({
    'SuccessfulRequestLatency CreateTable': 1,
    'SuccessfulRequestLatency BatchWriteItem': 1,
    ConsumedWriteCapacityUnits: 1,
  })
  expect(sums(kit, 'none')).toEqual({})
})

test('throttles are counted', async () => {
  const kit = await dynamoKit({ tableCapacity: true })
  const ProvisionedThroughput = { ReadCapacityUnits: 1, WriteCapacityUnits: 1 }
  await makeTable(kit, 'orders', 'pk:S', { ProvisionedThroughput })
  const put = { TableName: 'orders', Item: { pk: { S: 'a' }, big: { S: 'x'.repeat(350_000) } } }
  await kit.call('PutItem', put)
  for (let i = 0; i < 3; i++) await kit.fault('PutItem', put)
  expect(sums(kit, 'orders')).toMatchObject({
    'ThrottledRequests PutItem': 3,
    ConsumedWriteCapacityUnits: 342,
  })
})
