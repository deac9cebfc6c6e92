import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadPackage } from './aws-sdk.ts'
import { dynamoLeases } from './dynamo-leases.ts'
import { directoryLeases, storeLeases } from './store-leases.ts'
import { describeLeaseTable } from './testing/lease-table-contract.ts'
import { memoryLeases } from './testing/memory-leases.ts'

// Plain JavaScript without types; what is used of it is this.
const dynalite = createRequire(import.meta.url)('dynalite') as (options: { createTableMs: number }) => Server

const directory = mkdtempSync(join(tmpdir(), 'millrace-leases-'))
let store: Store
let server: Server
beforeAll(async () => {
  store = await openStore({ dir: directory, clock: systemClock })
  server = dynalite({ createTableMs: 20 })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  await store.close()
  await new Promise((resolve) => server.close(resolve))
  rmSync(directory, { recursive: true, force: true })
})

const atDynalite = () => ({
  region: 'us-east-1',
  // Listening on a TCP port, so the address has one.
  endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})

describeLeaseTable('a table of the store', async (name) => storeLeases(store, name))
describeLeaseTable('a directory', async () => directoryLeases(join(directory, 'own')))
describeLeaseTable('a DynamoDB table', async (tableName) => dynamoLeases({ ...atDynalite(), tableName }))
describeLeaseTable('the simulated table', async () => memoryLeases())

describe('leases elsewhere', () => {
  test('attributes of other libraries stay, and absent ones have defaults', async () => {
    const sdk = await import('@aws-sdk/client-dynamodb')
    const client = new sdk.DynamoDBClient(atDynalite())
    const table = dynamoLeases({ ...atDynalite(), tableName: 'shared' })
    await table.open()
    await client.send(
      new sdk.PutItemCommand({
        TableName: 'shared',
        Item: {
          leaseKey: { S: 'shardId-000000000000' },
          checkpoint: { S: 'TRIM_HORIZON' },
          leaseCounter: { N: '7' },
          throughputKBps: { N: '3.5' },
          pendingCheckpoint: { S: '12' },
        },
      }),
    )
    const [lease] = await table.list()
    expect(lease).toMatchObject({ leaseCounter: 7, checkpointSubSequenceNumber: 0, parentShardId: [] })
    await table.update(lease!, { leaseOwner: 'w', checkpoint: '12', checkpointSubSequenceNumber: 3 })
    const { Item } = await client.send(
      new sdk.GetItemCommand({ TableName: 'shared', Key: { leaseKey: { S: 'shardId-000000000000' } } }),
    )
    expect(Item).toEqual({
      leaseKey: { S: 'shardId-000000000000' },
      checkpoint: { S: '12' },
      checkpointSubSequenceNumber: { N: '3' },
      leaseCounter: { N: '8' },
      leaseOwner: { S: 'w' },
      throughputKBps: { N: '3.5' },
      pendingCheckpoint: { S: '12' },
    })
    await table.close()
    client.destroy()
  })

  test('a change whose answer was lost counts as made when it is tried again', async () => {
    const table = dynamoLeases({ ...atDynalite(), tableName: 'lossy' })
    await table.open()
    const lossy = dynamoLeases({
      ...atDynalite(),
      tableName: 'lossy',
      client: { requestHandler: await losingHandler('UpdateItem') },
    })
    const created = { ...(await newLease(table)) }
    const taken = await lossy.update(created, { leaseOwner: 'me' })
    expect(taken).toMatchObject({ leaseOwner: 'me', leaseCounter: 1 })
    expect(await table.get(created.leaseKey)).toEqual(taken)
    expect(await table.update(created, { leaseOwner: 'you' })).toBeUndefined()
    await table.close()
    await lossy.close()
  })

  test('a directory keeps its leases, and is free again when it is closed', async () => {
    const { leaseOf } = await import('./testing/lease-table-contract.ts')
    for (const expected of [0, 1]) {
      const table = directoryLeases(join(directory, 'kept'))
      await expect(table.list()).rejects.toThrow(/^LEASE_TABLE leases in .*not open/)
      await table.open()
      expect((await table.list()).length).toBe(expected)
      await table.create(leaseOf('a'))
      await table.close()
    }
  })

  test('an item that is no lease is named with its table', async () => {
    store.defineTable({ name: 'foreign', partitionKey: { name: 'leaseKey', type: 'string' } })
    store.commit((transaction) =>
      transaction.putItem('foreign', 'x', undefined, Buffer.from('{"leaseKey":"x"}')),
    )
    await expect(storeLeases(store, 'foreign').list()).rejects.toThrow(/^LEASE_TABLE table "foreign": .*"x"/)
  })

  test('a missing AWS package is named with the command that installs it', async () => {
    const missing = '@aws-sdk/client-that-is-not-there'
    await expect(loadPackage(missing, 'A lease table', () => import(missing))).rejects.toThrow(
      /^AWS_SDK_MISSING A lease table needs .* npm install @aws-sdk\/client-that-is-not-there$/,
    )
    await expect(
      loadPackage(missing, 'A lease table', () => Promise.reject(new Error('broken'))),
    ).rejects.toThrow(/^broken$/)
  })
})

async function newLease(table: ReturnType<typeof dynamoLeases>) {
  const { leaseOf } = await import('./testing/lease-table-contract.ts')
  const lease = leaseOf('shardId-000000000001')
  await table.create(lease)
  return lease
}

/** Sends every request, and loses the first answer to the operation. */
async function losingHandler(operation: string) {
  const { NodeHttpHandler } = await import('@smithy/node-http-handler')
  const handler = new NodeHttpHandler()
  const send = handler.handle.bind(handler)
  let isLost = false
  handler.handle = async (request, options) => {
    const response = await send(request, options)
    if (isLost || !String(request.headers['x-amz-target']).endsWith(operation)) return response
    isLost = true
    throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })
  }
  return handler
}
