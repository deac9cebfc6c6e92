/**
 * The load generator for tables, a process of its own: `jiti bench/functions/table-load.ts '{...}'` prints one line of JSON.
 * Closed loop: each connection sends its next call when the reply to the one before is there. Items have 1 KB.
 *
 *   put     PutItem, keys of their own
 *   get     GetItem of an item that is there
 *   update  UpdateItem of a counter, ten to a connection
 *   batch   BatchWriteItem, 25 items of one partition
 *   spread  BatchWriteItem, 25 items of 25 partitions
 *   query   Query, 25 items of a partition in order
 */

import { dynamodbApi, RawConnection, requestBytes, type Target } from '../wire/raw-client.ts'
import {
  type BenchKey,
  batchItems,
  benchItem,
  benchKey,
  pageStart,
  readItems,
  scatteredKey,
} from './bench-item.ts'

export interface TableJob {
  readonly kind: 'put' | 'get' | 'update' | 'batch' | 'spread' | 'query'
  readonly target: Target
  readonly table: string
  readonly connections: number
  readonly seconds: number
}

export interface TableLoad {
  /** Written or read. */
  readonly items: number
  readonly calls: number
  readonly failed: number
  readonly seconds: number
  readonly p50: number
  readonly p99: number
}

/** Prepared for each connection; then the keys come again. */
const bodies = 64

const job = JSON.parse(process.argv[2] ?? '') as TableJob // Written by bench/functions.ts.
const operations = {
  put: 'PutItem',
  get: 'GetItem',
  batch: 'BatchWriteItem',
  spread: 'BatchWriteItem',
  query: 'Query',
  update: 'UpdateItem',
} as const
const itemsPerCall = ['batch', 'spread', 'query'].includes(job.kind) ? batchItems : 1
/** What each good reply holds: without it a call counts as failed. */
const proof = {
  put: '{}',
  get: '"Item":',
  batch: '"UnprocessedItems":{}',
  spread: '"UnprocessedItems":{}',
  query: `"Count":${batchItems}`,
  update: '{}',
}[job.kind]

if (job.kind === 'get' || job.kind === 'query') await fill()
const latencies: number[] = []
let failed = 0
const start = performance.now()
const end = start + job.seconds * 1000
await Promise.all(Array.from({ length: job.connections }, (_, i) => load(i)))
const seconds = (performance.now() - start) / 1000
latencies.sort((a, b) => a - b)
const at = (share: number): number =>
  latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
const result: TableLoad = {
  items: (latencies.length - failed) * itemsPerCall,
  calls: latencies.length,
  failed,
  seconds,
  p50: at(0.5),
  p99: at(0.99),
}
process.stdout.write(`${JSON.stringify(result)}\n`)

async function load(connectionIndex: number): Promise<void> {
  const connection = new RawConnection(job.target)
  const requests = Array.from({ length: bodies }, (_, i) =>
    request(operations[job.kind], inputOf(connectionIndex, i)),
  )
  for (let i = 0; performance.now() < end; i++) {
    const sent = performance.now()
    const reply = await connection.call(requests[i % bodies]!)
    latencies.push(performance.now() - sent)
    if (reply.indexOf(proof) < 0) failed++
  }
  connection.close()
}

function inputOf(connection: number, index: number): object {
  const TableName = job.table
  const number = connection * bodies + index
  switch (job.kind) {
    case 'put':
      return { TableName, Item: benchItem(benchKey(number)) }
    case 'get':
      return { TableName, Key: benchKey((number * 7) % readItems) }
    case 'batch':
    case 'spread': {
      const keyOf = job.kind === 'batch' ? benchKey : scatteredKey
      return batchOf(number * batchItems, keyOf)
    }
    case 'query':
      return {
        TableName,
        KeyConditionExpression: 'pk = :p AND sk >= :s',
        ExpressionAttributeValues: {
          ':p': benchKey(number * batchItems).pk,
          ':s': { N: String(pageStart(number)) },
        },
        Limit: batchItems,
      }
    case 'update':
      return {
        TableName,
        Key: benchKey(connection * 10 + (index % 10)),
        UpdateExpression: 'ADD #n :one',
        ExpressionAttributeNames: { '#n': 'count' },
        ExpressionAttributeValues: { ':one': { N: '1' } },
      }
  }
}

/** Items for those who read. */
async function fill(): Promise<void> {
  const connection = new RawConnection(job.target)
  for (let first = 0; first < readItems; first += batchItems)
    await connection.call(request('BatchWriteItem', batchOf(first, benchKey)))
  connection.close()
}

function batchOf(first: number, keyOf: (number: number) => BenchKey): object {
  const requests = Array.from({ length: batchItems }, (_, i) => ({
    PutRequest: { Item: benchItem(keyOf(first + i)) },
  }))
  return { RequestItems: { [job.table]: requests } }
}

function request(operation: string, input: object): Buffer {
  return requestBytes(job.target, operation, JSON.stringify(input), dynamodbApi)
}
