/**
 * Leases in a DynamoDB table, in the form of the consumer library of Kinesis: its applications can take the table over,
 * and this consumer theirs. Every change is one conditional update; attributes that this consumer does not know stay.
 *
 * An update whose answer was lost may have been made, and its repetition then fails on its own counter. So a refused
 * repetition looks at the item: counter one higher and everything as it wanted means that it was made, since the only
 * worker that writes this owner is the one that asks.
 */
import { isDeepStrictEqual } from 'node:util'
import type { AttributeValue, DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { type Clock, type Random, seededRandom, systemClock } from '@millrace/values'
import { ConnectError } from '../errors.ts'
import {
  type AwsEndpoint,
  awsErrorName,
  clientSettings,
  type DynamoSdk,
  isPassing,
  loadDynamoSdk,
} from './aws-sdk.ts'
import { Backoff } from './backoff.ts'
import type { Lease, LeaseChange, LeaseTable } from './lease.ts'

export interface DynamoLeasesOptions extends AwsEndpoint {
  /** By convention the application's name. Made, billed by request, where there is none. */
  readonly tableName: string
  readonly clock?: Clock
  readonly random?: Random
}

/** Attempts of one call, when the table is throttled or cannot be reached. */
const attemptsMax = 5
const tableLookMs = 1000
const tableLooksMax = 120

type Item = Record<string, AttributeValue>

/** Errors of its calls: AWS_SDK_MISSING, LEASE_TABLE. */
export function dynamoLeases(options: DynamoLeasesOptions): LeaseTable {
  return new DynamoLeases(options)
}

class DynamoLeases implements LeaseTable {
  readonly name: string
  readonly #options: DynamoLeasesOptions
  readonly #clock: Clock
  readonly #random: Random
  readonly #closing = new AbortController()
  #sdk: DynamoSdk | undefined
  #client: DynamoDBClient | undefined

  constructor(options: DynamoLeasesOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#random = options.random ?? seededRandom(this.#clock.now())
    this.name = `DynamoDB table "${options.tableName}"`
  }

  async open(): Promise<void> {
    if ((await this.#status()) === undefined) {
      await this.#call(async (sdk, client) => {
        try {
          await client.send(
            new sdk.CreateTableCommand({
              TableName: this.#options.tableName,
              AttributeDefinitions: [{ AttributeName: 'leaseKey', AttributeType: 'S' }],
              KeySchema: [{ AttributeName: 'leaseKey', KeyType: 'HASH' }],
              BillingMode: 'PAY_PER_REQUEST',
            }),
          )
        } catch (error) {
          // Another worker was faster.
          if (awsErrorName(error) !== 'ResourceInUseException') throw error
        }
      })
    }
    for (let looks = 0; looks < tableLooksMax; looks++) {
      if ((await this.#status()) === 'ACTIVE') return
      await this.#clock.sleep(tableLookMs, this.#closing.signal)
    }
    throw new ConnectError(
      'LEASE_TABLE',
      `${this.name} did not become active in ${(tableLookMs * tableLooksMax) / 1000} s. Look at it, and start again.`,
    )
  }

  async list(): Promise<readonly Lease[]> {
    const leases: Lease[] = []
    let from: Item | undefined
    do {
      const page = await this.#call((sdk, client) =>
        client.send(
          new sdk.ScanCommand({
            TableName: this.#options.tableName,
            ConsistentRead: true,
            ...(from === undefined ? {} : { ExclusiveStartKey: from }),
          }),
        ),
      )
      for (const item of page.Items ?? []) leases.push(this.#parse(item))
      from = page.LastEvaluatedKey
    } while (from !== undefined)
    return leases
  }

  async get(leaseKey: string): Promise<Lease | undefined> {
    const { Item } = await this.#call((sdk, client) =>
      client.send(
        new sdk.GetItemCommand({
          TableName: this.#options.tableName,
          Key: { leaseKey: { S: leaseKey } },
          ConsistentRead: true,
        }),
      ),
    )
    return Item === undefined ? undefined : this.#parse(Item)
  }

  create(lease: Lease): Promise<boolean> {
    return this.#call(async (sdk, client) => {
      try {
        await client.send(
          new sdk.PutItemCommand({
            TableName: this.#options.tableName,
            Item: itemOf(lease),
            ConditionExpression: 'attribute_not_exists(leaseKey)',
          }),
        )
        return true
      } catch (error) {
        if (awsErrorName(error) === 'ConditionalCheckFailedException') return false
        throw error
      }
    })
  }

  async update(seen: Lease, change: LeaseChange): Promise<Lease | undefined> {
    const wanted: Lease = { ...seen, ...change, leaseCounter: seen.leaseCounter + 1 }
    const item = itemOf(wanted)
    const set: string[] = ['leaseCounter = :leaseCounter']
    const remove: string[] = []
    const values: Item = { ':leaseCounter': item.leaseCounter!, ':seen': { N: String(seen.leaseCounter) } }
    for (const name of Object.keys(change)) {
      const value = item[name]
      if (value === undefined) remove.push(name)
      else {
        set.push(`${name} = :${name}`)
        values[`:${name}`] = value
      }
    }
    const owner =
      seen.leaseOwner === undefined ? 'attribute_not_exists(leaseOwner)' : 'leaseOwner = :seenOwner'
    if (seen.leaseOwner !== undefined) values[':seenOwner'] = { S: seen.leaseOwner }
    let attempts = 0
    try {
      const { Attributes } = await this.#call((sdk, client) => {
        attempts++
        return client.send(
          new sdk.UpdateItemCommand({
            TableName: this.#options.tableName,
            Key: { leaseKey: { S: seen.leaseKey } },
            UpdateExpression: `SET ${set.join(', ')}${remove.length > 0 ? ` REMOVE ${remove.join(', ')}` : ''}`,
            ConditionExpression: `leaseCounter = :seen AND ${owner}`,
            ExpressionAttributeValues: values,
            ReturnValues: 'ALL_NEW',
          }),
        )
      })
      return this.#parse(Attributes ?? item)
    } catch (error) {
      if (awsErrorName(error) !== 'ConditionalCheckFailedException') throw error
      if (attempts === 1) return undefined
      const found = await this.get(seen.leaseKey)
      return isDeepStrictEqual(found, this.#parse(item)) ? found : undefined
    }
  }

  async delete(leaseKey: string): Promise<void> {
    await this.#call((sdk, client) =>
      client.send(
        new sdk.DeleteItemCommand({
          TableName: this.#options.tableName,
          Key: { leaseKey: { S: leaseKey } },
        }),
      ),
    )
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#client?.destroy()
  }

  async #status(): Promise<string | undefined> {
    return this.#call(async (sdk, client) => {
      try {
        const { Table } = await client.send(
          new sdk.DescribeTableCommand({ TableName: this.#options.tableName }),
        )
        return Table?.TableStatus
      } catch (error) {
        if (awsErrorName(error) === 'ResourceNotFoundException') return undefined
        throw error
      }
    })
  }

  async #call<T>(work: (sdk: DynamoSdk, client: DynamoDBClient) => Promise<T>): Promise<T> {
    this.#sdk ??= await loadDynamoSdk()
    this.#client ??= new this.#sdk.DynamoDBClient(clientSettings(this.#options))
    const backoff = new Backoff(this.#clock, this.#random, { firstMs: 50, mostMs: 1000 })
    for (;;) {
      try {
        return await work(this.#sdk, this.#client)
      } catch (error) {
        if (!isPassing(error) || backoff.failures + 1 >= attemptsMax) throw error
        await backoff.wait(this.#closing.signal)
      }
    }
  }

  #parse(item: Item): Lease {
    const leaseKey = item.leaseKey?.S
    const checkpoint = item.checkpoint?.S
    const leaseCounter = Number(item.leaseCounter?.N)
    if (leaseKey === undefined || checkpoint === undefined || !Number.isSafeInteger(leaseCounter)) {
      throw new ConnectError(
        'LEASE_TABLE',
        `${this.name}: an item is no lease: ${JSON.stringify(item).slice(0, 80)}. Give the consumer a table of its own.`,
      )
    }
    return {
      leaseKey,
      checkpoint,
      checkpointSubSequenceNumber: Number(item.checkpointSubSequenceNumber?.N ?? 0),
      leaseCounter,
      leaseOwner: item.leaseOwner?.S,
      ownerSwitchesSinceCheckpoint: Number(item.ownerSwitchesSinceCheckpoint?.N ?? 0),
      parentShardId: (item.parentShardId?.SS ?? []).toSorted(),
      childShardIds: (item.childShardIds?.SS ?? []).toSorted(),
      startingHashKey: item.startingHashKey?.S,
      endingHashKey: item.endingHashKey?.S,
      startTimeMs: item.startTimeMs?.N === undefined ? undefined : Number(item.startTimeMs.N),
    }
  }
}

/** Absent and empty attributes are left out: DynamoDB has no empty sets. */
function itemOf(lease: Lease): Item {
  const item: Item = {
    leaseKey: { S: lease.leaseKey },
    checkpoint: { S: lease.checkpoint },
    checkpointSubSequenceNumber: { N: String(lease.checkpointSubSequenceNumber) },
    leaseCounter: { N: String(lease.leaseCounter) },
    ownerSwitchesSinceCheckpoint: { N: String(lease.ownerSwitchesSinceCheckpoint) },
  }
  if (lease.leaseOwner !== undefined) item.leaseOwner = { S: lease.leaseOwner }
  if (lease.parentShardId.length > 0) item.parentShardId = { SS: [...lease.parentShardId] }
  if (lease.childShardIds.length > 0) item.childShardIds = { SS: [...lease.childShardIds] }
  if (lease.startingHashKey !== undefined) item.startingHashKey = { S: lease.startingHashKey }
  if (lease.endingHashKey !== undefined) item.endingHashKey = { S: lease.endingHashKey }
  if (lease.startTimeMs !== undefined) item.startTimeMs = { N: String(lease.startTimeMs) }
  return item
}
