/** Transactions: all or none, reasons in the order of the actions, and tokens that make them happen once. */
import { expect, test } from 'vitest'
import { WireError } from '../wire/wire-error.ts'
import { type DynamoKit, dynamoKit, makeTable } from './testing/dynamodb-kit.ts'

const names = { ExpressionAttributeNames: { '#n': 'n' } }
const one = { ExpressionAttributeValues: { ':one': { N: '1' } } }
const update = (id: string) => ({
  Update: { TableName: 'orders', Key: { pk: { S: id } }, UpdateExpression: 'ADD #n :one', ...names, ...one },
})
const check = (id: string, ConditionExpression: string) => ({
  ConditionCheck: { TableName: 'orders', Key: { pk: { S: id } }, ConditionExpression },
})

async function numbers(kit: DynamoKit): Promise<Record<string, string>> {
  const { Items } = await kit.call('Scan', { TableName: 'orders' })
  return Object.fromEntries(
    Items.map((item: { pk: { S: string }; n?: { N: string } }) => [item.pk.S, item.n?.N ?? '']),
  )
}

test('all actions are carried out, or none', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  await kit.call('TransactWriteItems', {
    TransactItems: [
      { Put: { TableName: 'orders', Item: { pk: { S: 'a' }, n: { N: '5' } } } },
      update('b'),
      { Delete: { TableName: 'orders', Key: { pk: { S: 'c' } } } },
      check('d', 'attribute_not_exists(pk)'),
    ],
  })
  expect(await numbers(kit)).toEqual({ a: '5', b: '1' })
  const failing = {
    TransactItems: [
      update('a'),
      { ...check('b', 'attribute_not_exists(pk)') },
      { Put: { TableName: 'orders', Item: { pk: { S: 'x' } } } },
      {
        Update: {
          TableName: 'orders',
          Key: { pk: { S: 'y' } },
          UpdateExpression: 'SET #n = z',
          ...names,
        },
      },
      { Delete: { TableName: 'orders', Key: { other: { S: 'y' } } } },
      {
        Delete: {
          TableName: 'orders',
          Key: { pk: { S: 'q' } },
          ConditionExpression: 'attribute_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        },
      },
    ],
  }
  const error = await kit.call('TransactWriteItems', failing).catch((thrown: unknown) => thrown)
  if (!(error instanceof WireError)) throw error
  expect(error.type).toBe('TransactionCanceledException')
  expect(error.message).toBe(
    'Transaction cancelled, please refer cancellation reasons for specific reasons ' +
      '[None, ConditionalCheckFailed, None, ValidationError, ValidationError, ConditionalCheckFailed]',
  )
  const failed = { Code: 'ConditionalCheckFailed', Message: 'The conditional request failed' }
  expect(error.members).toEqual({
    CancellationReasons: [
      { Code: 'None' },
      failed,
      { Code: 'None' },
      {
        Code: 'ValidationError',
        Message: 'The provided expression refers to an attribute that does not exist in the item',
      },
      { Code: 'ValidationError', Message: 'The provided key element does not match the schema' },
      failed,
    ],
  })
  expect(await numbers(kit)).toEqual({ a: '5', b: '1' })
})

test('a failed condition shows its item where that is asked for', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const Item = { pk: { S: 'a' }, n: { N: '5' } }
  await kit.call('PutItem', { TableName: 'orders', Item })
  const Put = { TableName: 'orders', Item, ConditionExpression: 'attribute_not_exists(pk)' }
  await expect(
    kit.call('TransactWriteItems', {
      TransactItems: [{ Put: { ...Put, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } }],
    }),
  ).rejects.toMatchObject({ members: { CancellationReasons: [{ Code: 'ConditionalCheckFailed', Item }] } })
})

test('under one token a transaction happens once, over a restart too, for ten minutes', async () => {
  let kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const input = { TransactItems: [update('a')], ClientRequestToken: 'token-1' }
  await Promise.all([kit.call('TransactWriteItems', input), kit.call('TransactWriteItems', input)])
  expect(await numbers(kit)).toEqual({ a: '1' })
  await kit.close()
  kit = await dynamoKit({ dir: kit.dir, clock: kit.clock })
  await kit.clock.advance(9 * 60_000)
  const again = await kit.call('TransactWriteItems', { ...input, ReturnConsumedCapacity: 'TOTAL' })
  expect(again.ConsumedCapacity).toEqual([{ TableName: 'orders', CapacityUnits: 2, ReadCapacityUnits: 2 }])
  expect(await numbers(kit)).toEqual({ a: '1' })
  expect(await kit.fault('TransactWriteItems', { ...input, TransactItems: [update('b')] })).toContain(
    'IdempotentParameterMismatchException',
  )
  await kit.clock.advance(60_000)
  const anew = await kit.call('TransactWriteItems', { ...input, ReturnConsumedCapacity: 'TOTAL' })
  expect(anew.ConsumedCapacity).toEqual([{ TableName: 'orders', CapacityUnits: 2, WriteCapacityUnits: 2 }])
  expect(await numbers(kit)).toEqual({ a: '2' })
})

test('a transaction that was cancelled leaves no token', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const input = {
    TransactItems: [update('a'), check('b', 'attribute_exists(pk)')],
    ClientRequestToken: 'token-2',
  }
  expect(await kit.fault('TransactWriteItems', input)).toContain('TransactionCanceledException')
  await kit.call('PutItem', { TableName: 'orders', Item: { pk: { S: 'b' } } })
  await kit.call('TransactWriteItems', input)
  expect(await numbers(kit)).toEqual({ a: '1', b: '' })
})

test('tokens whose time has passed are deleted with later transactions', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  for (let i = 0; i < 20; i++) {
    await kit.call('TransactWriteItems', { TransactItems: [update('a')], ClientRequestToken: `old-${i}` })
  }
  await kit.clock.advance(10 * 60_000)
  // Some of them in one commit, which look at the same tokens.
  for (const together of [1, 3, 2]) {
    const calls = Array.from({ length: together }, (_, i) =>
      kit.call('TransactWriteItems', {
        TransactItems: [update('a')],
        ClientRequestToken: `new-${together}-${i}`,
      }),
    )
    await Promise.all(calls)
  }
  for (let i = 0; i < 3; i++) {
    await kit.call('TransactWriteItems', { TransactItems: [update('a')], ClientRequestToken: `new-${i}` })
  }
  expect([...kit.store.scan('system.dynamodb-tokens')].length).toBe(9)
})

test('what is wrong by itself is a ValidationException', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  const faultOf = (TransactItems: object[]) => kit.fault('TransactWriteItems', { TransactItems })
  expect(await faultOf([update('a'), update('a')])).toBe(
    'ValidationException: Transaction request cannot include multiple operations on one item',
  )
  expect(await faultOf([{ ...update('a'), ...check('b', 'attribute_exists(pk)') }])).toContain(
    'TransactItems can only contain one of Check, Put, Update or Delete',
  )
  expect(await faultOf([check('a', 'nonsense(')])).toContain('Invalid ConditionExpression: Syntax error')
  expect(await faultOf(Array.from({ length: 101 }, (_, i) => update(`k${i}`)))).toContain(
    'Member must have length less than or equal to 100',
  )
  expect(await faultOf([{ Put: { TableName: 'none', Item: { pk: { S: 'a' } } } }])).toBe(
    'ResourceNotFoundException: Requested resource not found',
  )
})

test('reads of a transaction are of one moment', async () => {
  const kit = await dynamoKit()
  await makeTable(kit, 'orders')
  await kit.call('TransactWriteItems', { TransactItems: [update('a'), update('b')] })
  const Get = (id: string) => ({
    Get: { TableName: 'orders', Key: { pk: { S: id } }, ProjectionExpression: 'n' },
  })
  expect(
    await kit.call('TransactGetItems', {
      TransactItems: [Get('a'), Get('c'), Get('b')],
      ReturnConsumedCapacity: 'TOTAL',
    }),
  ).toEqual({
    Responses: [{ Item: { n: { N: '1' } } }, {}, { Item: { n: { N: '1' } } }],
    ConsumedCapacity: [{ TableName: 'orders', CapacityUnits: 6, ReadCapacityUnits: 6 }],
  })
})
