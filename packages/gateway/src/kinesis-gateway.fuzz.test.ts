/**
 * Ten thousand requests that no client would send, against a whole gateway: right error, process up, nothing lost.
 *
 * A request is a good one of some operation, damaged: members of other types, huge numbers, cut or flipped bytes, bad UTF-8,
 * bad base64, deep nesting, another content type, another target; in JSON and in CBOR. Whatever comes, the answer is one of the
 * documented faults in the encoding of the request, or a success; and what was put before is there afterwards.
 * MILLRACE_SEED repeats a run.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import { type Random, seededRandom, VirtualClock } from '@millrace/values'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { inputShapes, type OperationName } from './kinesis/input-shapes.ts'
import { type KinesisGateway, openKinesisGateway } from './kinesis-gateway.ts'
import { contentTypes, encodeBody, parseBody } from './wire/body-codec.ts'
import type { WireEncoding } from './wire/wire-service.ts'

const seed = process.env.MILLRACE_SEED ?? '20261121'
const requests = 10_000
const known: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'ExpiredIteratorException',
  'ExpiredNextTokenException',
  'InvalidArgumentException',
  'InvalidSignatureException',
  'LimitExceededException',
  'MissingAuthenticationTokenException',
  'ProvisionedThroughputExceededException',
  'RequestEntityTooLargeException',
  'ResourceInUseException',
  'ResourceNotFoundException',
  'SerializationException',
  'UnknownOperationException',
  'ValidationException',
])

const dir = mkdtempSync(join(tmpdir(), 'millrace-fuzz-'))
const agent = new Agent({ keepAlive: true, maxSockets: 8 })
const failures: unknown[] = []
let store: Store
let gateway: KinesisGateway
beforeAll(async () => {
  const clock = new VirtualClock(Date.UTC(2026, 0, 1))
  store = await openStore({ dir, clock })
  gateway = await openKinesisGateway({
    store,
    clock,
    random: seededRandom(seed),
    port: 0,
    auth: { mode: 'off' },
    onFailure: ({ error }) => failures.push(error),
  })
})
afterAll(async () => {
  agent.destroy()
  await gateway.close()
  await store.close()
  rmSync(dir, { recursive: true, force: true })
})

interface Reply {
  readonly status: number
  readonly contentType: string
  readonly body: Uint8Array
}

function send(headers: Record<string, string>, body: Uint8Array): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const sent = request(gateway.url, { method: 'POST', agent, headers }, (reply) => {
      const chunks: Buffer[] = []
      reply.on('data', (chunk: Buffer) => {
        chunks.push(chunk)
        // A subscription goes on for minutes: that it was granted is all there is to see.
        if (reply.headers['content-type'] === 'application/vnd.amazon.eventstream') sent.destroy()
      })
      const done = (): void => {
        const contentType = reply.headers['content-type'] ?? ''
        resolve({ status: reply.statusCode ?? 0, contentType, body: Buffer.concat(chunks) })
      }
      reply.on('end', done)
      reply.on('error', done)
    })
    sent.on('error', (error) => (sent.destroyed ? undefined : reject(error)))
    sent.end(body)
  })
}

async function call(operation: OperationName, input: object): Promise<Reply & { readonly value: unknown }> {
  const reply = await send(
    { 'content-type': contentTypes.json, 'x-amz-target': `Kinesis_20131202.${operation}` },
    encodeBody(input, 'json'),
  )
  return {
    ...reply,
    value: reply.body.length === 0 ? undefined : JSON.parse(Buffer.from(reply.body).toString()),
  }
}

// The keys of the table are the operations' names.
const operations = Object.keys(inputShapes) as OperationName[]
const members = [
  'StreamName',
  'StreamARN',
  'ShardId',
  'ShardIteratorType',
  'ShardIterator',
  'Limit',
  'Records',
  'Data',
]
  .concat(['PartitionKey', 'ExplicitHashKey', 'ConsumerARN', 'ConsumerName', 'Tags', 'TagKeys', 'NextToken'])
  .concat(['ShardCount', 'TargetShardCount', 'ScalingType', 'Timestamp', 'StartingPosition', 'ShardFilter'])
  .concat(['RetentionPeriodHours', 'ResourceARN', 'Policy', 'KeyId', 'EncryptionType', 'ShardLevelMetrics'])

function pick<T>(random: Random, list: readonly T[]): T {
  return list[random.below(list.length)]!
}

/** A value that a member might have, or could never have. */
function value(random: Random, depth: number): unknown {
  switch (random.below(depth > 4 ? 9 : 12)) {
    case 0:
      return pick(random, [
        'kept',
        'other',
        'shardId-000000000000',
        'TRIM_HORIZON',
        'LATEST',
        'AT_TIMESTAMP',
        'x',
      ])
    case 1:
      return pick(random, [0, 1, -1, 1.5, 24, 8760, 10_000, 2 ** 31, 2 ** 53, 1e308, -1e308])
    case 2:
      return pick(random, [
        '',
        ' ',
        '\u0000',
        '\ud800',
        'a'.repeat(257),
        'x'.repeat(5_000),
        '49',
        '9'.repeat(200),
        '-1',
      ])
    case 3:
      return random.below(2) === 0
    case 4:
      return null
    case 5:
      return 'YWJj'
    case 6:
      return new Uint8Array([random.below(256), random.below(256)])
    case 7:
      return new Date(random.below(2 ** 31))
    case 8:
      return pick(random, ['arn:aws:kinesis:us-east-1:000000000000:stream/kept', 'arn:aws:kinesis:::stream/'])
    case 9:
      return Array.from({ length: random.below(4) }, () => value(random, depth + 1))
    case 10:
      return tree(random, depth + 1)
    default:
      return Array.from({ length: 501 }, () => ({ Data: 'YQ==', PartitionKey: 'k' }))
  }
}

function tree(random: Random, depth: number): object {
  const entries = Array.from({ length: random.below(5) }, () => [pick(random, members), value(random, depth)])
  return Object.fromEntries(entries)
}

/** Bytes that are damaged one time in two. */
function damaged(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(bytes)
  switch (random.below(8)) {
    case 0:
      return copy.subarray(0, random.below(copy.length + 1))
    case 1:
      for (let i = 0; i < 3 && copy.length > 0; i++) copy[random.below(copy.length)] = random.below(256)
      return copy
    case 2:
      return Buffer.concat([copy, Buffer.from([0xff, 0xc0, 0x80])])
    case 3:
      return Buffer.from(`${'{"a":'.repeat(1 + random.below(3_000))}1`)
    default:
      return copy
  }
}

test(`${requests} requests that make no sense get an error that does (seed ${seed})`, {
  timeout: 180_000,
}, async () => {
  const random = seededRandom(seed)
  await call('CreateStream', { StreamName: 'kept', ShardCount: 2 })
  const kept = Array.from({ length: 100 }, (_, i) => ({
    Data: Buffer.from(`kept ${i}`),
    PartitionKey: `k${i}`,
  }))
  expect((await call('PutRecords', { StreamName: 'kept', Records: kept })).value).toMatchObject({
    FailedRecordCount: 0,
  })

  const seen = new Map<string, number>()
  const one = async (): Promise<void> => {
    const operation = pick(random, operations)
    // The stream that must keep its records is not deleted, nor its retention lowered.
    const target = operation === 'DeleteStream' ? 'Delete' : operation
    const encoding: WireEncoding = pick(random, ['json', 'cbor'])
    const body = damaged(random, encodeBody(tree(random, 0), encoding))
    const isOdd = random.below(20) === 0
    const headers = {
      'content-type': isOdd
        ? pick(random, ['text/plain', 'application/json', '', 'application/cbor'])
        : contentTypes[encoding],
      'x-amz-target':
        random.below(20) === 0
          ? pick(random, ['', 'x', 'Kinesis_20131202.', 'DynamoDB.Get'])
          : `Kinesis_20131202.${target}`,
    }
    const reply = await send(headers, body)
    const context = `${operation} ${encoding} ${headers['content-type']} ${Buffer.from(body).toString('base64').slice(0, 400)}`
    if (reply.status === 200) {
      seen.set('success', (seen.get('success') ?? 0) + 1)
      return
    }
    expect([400, 403, 404, 413], context).toContain(reply.status)
    let type: unknown
    if (
      reply.contentType === contentTypes.json ||
      reply.contentType === contentTypes.cbor ||
      reply.contentType === 'application/cbor'
    ) {
      const fault = parseBody(reply.body, reply.contentType === contentTypes.json ? 'json' : 'cbor')
      type = fault.__type
      if (headers['content-type'] === contentTypes[encoding])
        expect(reply.contentType, context).toBe(contentTypes[encoding])
    } else type = /<(\w+Exception)/.exec(Buffer.from(reply.body).toString())?.[1]
    expect(known.has(String(type)), `${context}: ${String(type)}`).toBe(true)
    seen.set(String(type), (seen.get(String(type)) ?? 0) + 1)
  }
  let left = requests
  const sender = async (): Promise<void> => {
    while (left-- > 0) await one()
  }
  await Promise.all(Array.from({ length: 8 }, sender))
  expect(failures).toEqual([])
  // The run is worth something only if it met the faults that matter.
  for (const type of [
    'success',
    'SerializationException',
    'ValidationException',
    'InvalidArgumentException',
    'UnknownOperationException',
  ])
    expect(seen.get(type) ?? 0, type).toBeGreaterThan(20)

  const { value: described } = await call('DescribeStreamSummary', { StreamName: 'kept' })
  expect(described).toMatchObject({ StreamDescriptionSummary: { StreamName: 'kept' } })
  const found = new Set<string>()
  for (const { shard, oldest, next } of store.stream('kept')!.shardInfos) {
    for (const batch of store.read('kept', shard, oldest, { maxRecords: next - oldest + 1, maxBytes: 1e9 })
      .batches) {
      if ('reason' in batch) throw new Error(batch.reason)
      for (let i = 0; i < batch.count; i++)
        found.add(Buffer.from(batch.bytes.subarray(batch.dataStart[i], batch.dataStart[i + 1])).toString())
    }
  }
  for (const { Data } of kept) expect(found.has(Data.toString())).toBe(true)
})
