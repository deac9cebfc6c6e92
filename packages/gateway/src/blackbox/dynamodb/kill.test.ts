/**
 * The laws of tables over kills: once it runs again, a server that was killed at any moment has every write that it has
 * acknowledged and whole transactions only, each once, also where its answer was lost and the client has asked again under
 * the same token. The index has what the table has, and the change stream played from its beginning gives the table.
 *
 * Five kills; MILLRACE_NIGHTLY=1 makes fifty. The seed is printed on failure; MILLRACE_SEED sets it. The moments are counted
 * in acknowledgements, so that the seed decides how far writers are, though not between which instructions.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Random, seededRandom, systemClock } from '@millrace/values'
import { afterAll, expect, test } from 'vitest'
import { ServerProcess } from '../../testing/server-process.ts'
import { type BlackboxClient, ClientFault, type Members } from '../client.ts'
import { plainTableClient } from './clients/table-clients.ts'

const kills = process.env.MILLRACE_NIGHTLY === undefined ? 5 : 50
const seed = Number(process.env.MILLRACE_SEED ?? 20_261_121)
const writers = 4
const accounts = 6
const opening = 1000
const TableName = 'killed'

const directory = mkdtempSync(join(tmpdir(), 'millrace-tables-kill-'))
afterAll(() => rmSync(directory, { recursive: true, force: true }))

/** A call in the making: it is made again until it is answered. */
interface Work {
  readonly operation: 'BatchWriteItem' | 'TransactWriteItems'
  readonly input: Members
  /** Keys that it makes. */
  readonly ids: readonly string[]
}

type Item = Readonly<Record<string, { readonly S?: string; readonly N?: string }>>

test(`acknowledged writes are there, whole and once, after ${kills} kills (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(seed)
  const acknowledged = new Set<string>()
  const sent = new Set<string>()
  const pending = new Map<number, Work>()
  let works = 0

  for (let round = 0; round <= kills; round++) {
    const server = await ServerProcess.start(join(directory, 'data'))
    const client = clientOf(server.url)
    if (round === 0) await prepare(client)
    let left = 5 + random.below(60)
    let killed: Promise<void> | undefined

    const write = async (writer: number): Promise<void> => {
      while (left > 0) {
        const work = pending.get(writer) ?? newWork(random, works++)
        pending.set(writer, work)
        for (const id of work.ids) sent.add(id)
        if (!(await answered(client, work))) return
        pending.delete(writer)
        for (const id of work.ids) acknowledged.add(id)
        if (--left === 0) killed = server.kill()
      }
    }
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)))
    await killed
    await client.close()

    const again = await ServerProcess.start(join(directory, 'data'))
    const reader = clientOf(again.url)
    await expectLaws(reader, { acknowledged, sent })
    await reader.close()
    await again.kill()
  }
  expect(acknowledged.size).toBeGreaterThan(kills * 5)
})

async function expectLaws(
  client: BlackboxClient,
  { acknowledged, sent }: { acknowledged: ReadonlySet<string>; sent: ReadonlySet<string> },
): Promise<void> {
  const items = await readAll(client, 'Scan', { TableName, ConsistentRead: true })
  const byId = new Map(items.map((item) => [String(item.id?.S), item]))
  for (const id of acknowledged) expect(byId.has(id), `${id} was acknowledged`).toBe(true)
  let sum = 0
  const moved = new Map<string, number>()
  for (const [id, item] of byId) {
    const [kind] = id.split('-')
    if (kind === 'account') sum += Number(item.balance?.N)
    else expect(sent.has(id), `nobody has sent ${id}`).toBe(true)
    if (kind !== 'move') continue
    for (const [account, amount] of [[item.from?.S, -1] as const, [item.to?.S, 1] as const]) {
      moved.set(String(account), (moved.get(String(account)) ?? 0) + amount * Number(item.amount?.N))
    }
  }
  // Whole transactions: the notes of what was moved explain every balance, and nothing was moved twice.
  expect(sum).toBe(accounts * opening)
  for (let i = 0; i < accounts; i++) {
    const account = `account-${i}`
    expect(Number(byId.get(account)?.balance?.N), account).toBe(opening + (moved.get(account) ?? 0))
  }
  // Batches come whole too, since they are one commit.
  const batches = new Map<string, number>()
  for (const id of byId.keys()) {
    const [kind, batch = ''] = id.split('-')
    if (kind === 'batch') batches.set(batch, (batches.get(batch) ?? 0) + 1)
  }
  for (const [batch, count] of batches) expect(count, `batch ${batch}`).toBe(batchSize(Number(batch)))
  const indexed = await readAll(client, 'Scan', { TableName, IndexName: 'by-kind' })
  expect(new Set(indexed.map(({ id }) => id?.S))).toEqual(
    new Set(items.filter(({ kind }) => kind !== undefined).map(({ id }) => id?.S)),
  )
  expect(await played(client)).toEqual(byId)
}

/** What the changes from the beginning add up to. */
async function played(client: BlackboxClient): Promise<Map<string, Item>> {
  const { Table } = await client.call('DescribeTable', { TableName }, 'owner')
  // By the API's model.
  const StreamArn = (Table as { LatestStreamArn: string }).LatestStreamArn
  const { StreamDescription } = await client.call('DescribeStream', { StreamArn }, 'owner')
  const [{ ShardId }] = (StreamDescription as { Shards: [{ ShardId: string }] }).Shards
  const input = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }
  let { ShardIterator } = await client.call('GetShardIterator', input, 'owner')
  const state = new Map<string, Item>()
  for (;;) {
    const { Records, NextShardIterator } = await client.call('GetRecords', { ShardIterator }, 'owner')
    // By the API's model.
    const changes = Records as readonly { dynamodb: { Keys: Item; OldImage?: Item; NewImage?: Item } }[]
    if (changes.length === 0) return state
    for (const { dynamodb } of changes) {
      const id = String(dynamodb.Keys.id?.S)
      expect(dynamodb.OldImage, `the image of ${id} before`).toEqual(state.get(id))
      if (dynamodb.NewImage === undefined) state.delete(id)
      else state.set(id, dynamodb.NewImage)
    }
    ShardIterator = NextShardIterator
  }
}

async function readAll(client: BlackboxClient, operation: string, input: Members): Promise<Item[]> {
  const items: Item[] = []
  let ExclusiveStartKey: unknown
  do {
    const page = await client.call(operation, { ...input, Limit: 50, ExclusiveStartKey }, 'owner')
    // By the API's model.
    items.push(...(page.Items as Item[]))
    ExclusiveStartKey = page.LastEvaluatedKey
  } while (ExclusiveStartKey !== undefined)
  return items
}

async function prepare(client: BlackboxClient): Promise<void> {
  const create = {
    TableName,
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'kind', AttributeType: 'S' },
    ],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'by-kind',
        KeySchema: [{ AttributeName: 'kind', KeyType: 'HASH' }],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ],
    StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' },
    BillingMode: 'PAY_PER_REQUEST',
  }
  await client.call('CreateTable', create, 'owner')
  for (let i = 0; i < accounts; i++) {
    const Item = { id: { S: `account-${i}` }, balance: { N: String(opening) } }
    await client.call('PutItem', { TableName, Item }, 'owner')
  }
}

function batchSize(number: number): number {
  return 1 + (number % 25)
}

function newWork(random: Random, number: number): Work {
  if (random.below(2) === 0) {
    const ids = Array.from({ length: batchSize(number) }, (_, i) => `batch-${number}-${i}`)
    const puts = ids.map((id) => ({ PutRequest: { Item: { id: { S: id }, kind: { S: 'batch' } } } }))
    return { operation: 'BatchWriteItem', input: { RequestItems: { [TableName]: puts } }, ids }
  }
  const from = random.below(accounts)
  const to = (from + 1 + random.below(accounts - 1)) % accounts
  const amount = 1 + random.below(9)
  const id = `move-${number}`
  const change = (account: number, by: number): Members => ({
    Update: {
      TableName,
      Key: { id: { S: `account-${account}` } },
      UpdateExpression: 'SET balance = balance + :by',
      ExpressionAttributeValues: { ':by': { N: String(by) } },
    },
  })
  const note = {
    id: { S: id },
    kind: { S: 'move' },
    from: { S: `account-${from}` },
    to: { S: `account-${to}` },
    amount: { N: String(amount) },
  }
  return {
    operation: 'TransactWriteItems',
    input: {
      ClientRequestToken: id,
      TransactItems: [{ Put: { TableName, Item: note } }, change(from, -amount), change(to, amount)],
    },
    ids: [id],
  }
}

/** False: the server is gone, and nobody knows whether it was done. */
async function answered(client: BlackboxClient, { operation, input }: Work): Promise<boolean> {
  try {
    await client.call(operation, input, 'owner')
    return true
  } catch (error) {
    if (error instanceof ClientFault) throw error
    return false
  }
}

function clientOf(url: string): BlackboxClient {
  const someone = { id: 'TEST', secret: 'test' }
  return plainTableClient({
    url,
    clock: systemClock,
    credentials: { owner: someone, denied: someone, unknown: someone, wrong: someone, nobody: someone },
  })
}
