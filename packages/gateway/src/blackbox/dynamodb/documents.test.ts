/** Document clients, which hide attribute values: lib-dynamodb of SDK 3, and DocumentClient of SDK 2, still in many handlers. */
import { createRequire } from 'node:module'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../../testing/test-server.ts'
import { keyed } from './cases/table-world.ts'
import { plainTableClient } from './clients/table-clients.ts'

/** What both kinds of clients are used for, by one name each. */
interface Documents {
  call(
    operation: 'put' | 'get' | 'update' | 'query' | 'batchWrite' | 'transactWrite',
    input: object,
  ): Promise<Reply>
}
/** Replies are looked at by tests alone, which know what they asked for. */
type Reply = ReturnType<typeof JSON.parse>

const commands = {
  put: PutCommand,
  get: GetCommand,
  update: UpdateCommand,
  query: QueryCommand,
  batchWrite: BatchWriteCommand,
  transactWrite: TransactWriteCommand,
}

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(async () => {
  await server.close()
  expect(server.failures).toEqual([])
})

function credentials(): { accessKeyId: string; secretAccessKey: string } {
  const { id, secret } = server.credentials.owner
  return { accessKeyId: id, secretAccessKey: secret }
}

function sdk3(): Documents {
  const options = { endpoint: server.url, region: 'us-east-1', credentials: credentials(), maxAttempts: 1 }
  const client = DynamoDBDocumentClient.from(new DynamoDBClient(options))
  return {
    call: (operation, input) => {
      // Each command takes its own input.
      const CommandClass = commands[operation] as unknown as new (given: object) => PutCommand
      return client.send(new CommandClass(input))
    },
  }
}

function sdk2(): Documents {
  // Of this library only the name and the methods of the document client are used.
  const { DynamoDB } = createRequire(import.meta.url)('aws-sdk') as {
    DynamoDB: {
      DocumentClient: new (
        options: object,
      ) => Record<string, (input: object) => { promise(): Promise<Reply> }>
    }
  }
  const client = new DynamoDB.DocumentClient({
    endpoint: server.url,
    region: 'us-east-1',
    ...credentials(),
    maxRetries: 0,
  })
  return { call: (operation, input) => client[operation]!(input).promise() }
}

test.each([
  ['lib-dynamodb', sdk3],
  ['DocumentClient of SDK 2', sdk2],
] as const)('%s writes and reads plain values', async (_name, make) => {
  const TableName = `documents-${make.name}`
  const admin = plainTableClient(server)
  await admin.call('CreateTable', { TableName, ...keyed }, 'owner')
  const documents = make()
  const item = { pk: 'a', sk: 1, name: 'x', tags: ['t', { deep: true }], price: 9.5, none: null }
  await documents.call('put', { TableName, Item: item })
  expect((await documents.call('get', { TableName, Key: { pk: 'a', sk: 1 } })).Item).toEqual(item)
  const update = {
    TableName,
    Key: { pk: 'a', sk: 1 },
    UpdateExpression: 'SET price = price + :more ADD visits :one',
    ExpressionAttributeValues: { ':more': 0.25, ':one': 1 },
    ReturnValues: 'UPDATED_NEW',
  }
  expect((await documents.call('update', update)).Attributes).toEqual({ price: 9.75, visits: 1 })
  const failing = { ...update, ConditionExpression: 'price < :more' }
  // SDK 2 has the name in `code`.
  await expect(documents.call('update', failing)).rejects.toSatisfy(
    (error: { name: string; code?: string }) =>
      [error.name, error.code].includes('ConditionalCheckFailedException'),
  )
  const written = await documents.call('batchWrite', {
    RequestItems: { [TableName]: [2, 3].map((sk) => ({ PutRequest: { Item: { pk: 'a', sk } } })) },
  })
  expect(written.UnprocessedItems).toEqual({})
  await documents.call('transactWrite', {
    TransactItems: [
      { Put: { TableName, Item: { pk: 'a', sk: 4 } } },
      { Delete: { TableName, Key: { pk: 'a', sk: 2 } } },
    ],
  })
  const { Items } = await documents.call('query', {
    TableName,
    KeyConditionExpression: 'pk = :p AND sk > :one',
    ExpressionAttributeValues: { ':p': 'a', ':one': 1 },
  })
  expect(Items).toEqual([
    { pk: 'a', sk: 3 },
    { pk: 'a', sk: 4 },
  ])
  await admin.close()
})
