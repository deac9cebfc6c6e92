/** The consumer library, the source and the sink of `connect` as clients of our own gateway, over real connections. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  awsStream,
  dynamoLeases,
  KinesisConsumer,
  type KinesisConsumerOptions,
  type KinesisStreamPort,
  kinesis,
  kinesisSink,
  localStream,
  storeLeases,
} from '@millrace/connect'
import type { StreamRecord } from '@millrace/runtime'
import { openStore, type RecordBatchBuilder, type Store } from '@millrace/store'
import { openTables } from '@millrace/tables'
import { seededRandom, systemClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kinesisSequences } from './kinesis/data/local-sequences.ts'
import { openStoreGateway, type StoreGateway } from './store-gateway.ts'

const directory = mkdtempSync(join(tmpdir(), 'millrace-consumers-'))
let store: Store
let gateway: StoreGateway
beforeAll(async () => {
  store = await openStore({ dir: directory, clock: systemClock })
  gateway = await openStoreGateway({
    store,
    clock: systemClock,
    random: seededRandom(1),
    port: 0,
    auth: { mode: 'off' },
  })
})
afterAll(async () => {
  await gateway.close()
  await store.close()
  rmSync(directory, { recursive: true, force: true })
})

const where = () => ({
  region: 'us-east-1',
  endpoint: gateway.url,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
})
const keys = 20
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)
const record = (sequence: number): StreamRecord => ({
  stream: 'near',
  shard: 0,
  sequence,
  partitionKey: `key-${sequence % keys}`,
  arrivalTimeMs: 0,
  data: Buffer.from(String(sequence)),
  text: () => String(sequence),
  json: () => JSON.parse(String(sequence)),
})

async function put(stream: string, from: number, count: number, aggregate: boolean): Promise<void> {
  const { signal } = new AbortController()
  const context = {
    stage: 's',
    shard: 0,
    attempt: 1,
    signal,
    log: { stream: 's', uid: 's', shard: 0, lane: 0, lanes: 1, sequences: [] },
    warn: () => undefined,
    emit: () => undefined,
  }
  await kinesisSink({ ...where(), stream, aggregate })(numbers(from, count).map(record), context)
}

/** 400 records, half of them aggregated, half of them behind a split. */
async function fill(stream: string): Promise<void> {
  store.defineStream({ name: stream, shards: 2, retentionMs: 86_400_000 })
  await put(stream, 0, 100, false)
  await put(stream, 100, 100, true)
  const { range } = store.shard(stream, 0)
  const middle = range.end / 3n
  store.reshard(stream, {
    close: [0],
    open: [
      { range: { start: range.start, end: middle }, parents: [0] },
      { range: { start: middle + 1n, end: range.end }, parents: [0] },
    ],
  })
  await put(stream, 200, 100, false)
  await put(stream, 300, 100, true)
}

/** Works until so many records were processed; the numbers in order. */
async function consume(
  stream: KinesisStreamPort,
  leases: string,
  count: number,
  options: Partial<KinesisConsumerOptions> = {},
): Promise<number[]> {
  const seen: number[] = []
  let done: () => void = () => undefined
  const all = new Promise<void>((resolve) => {
    done = resolve
  })
  const problems: string[] = []
  const consumer = new KinesisConsumer({
    stream,
    leases: storeLeases(store, leases),
    failoverMs: 1000,
    processRecords: (records) => {
      for (const { data } of records) seen.push(Number(Buffer.from(data).toString()))
      if (seen.length >= count) done()
    },
    onProblem: ({ code, message }) => problems.push(`${code} ${message}`),
    ...options,
  })
  await consumer.start()
  await all
  await consumer.stop()
  await stream.close()
  expect(problems).toEqual([])
  return seen
}

function expectAll(seen: readonly number[], count: number): void {
  expect(seen.toSorted((a, b) => a - b)).toEqual(numbers(0, count))
  for (let key = 0; key < keys; key++) {
    const own = seen.filter((value) => value % keys === key)
    expect(own).toEqual(own.toSorted((a, b) => a - b))
  }
}

describe('a consumer', () => {
  const streams: Record<string, (stream: string) => KinesisStreamPort> = {
    'by polling': (stream) => awsStream({ ...where(), stream, emptyReadMs: 20 }),
    'by fan-out': (stream) => awsStream({ ...where(), stream, mode: 'fan-out', consumerName: 'app' }),
    'straight over the store': (stream) => localStream(store, stream, { sequences: kinesisSequences }),
  }

  test.each(Object.keys(streams))('%s reads everything, in order of each key, over a split', async (way) => {
    const name = `reads-${way.replaceAll(' ', '-')}`
    await fill(name)
    expectAll(await consume(streams[way]!(name), `leases-${name}`, 400, { batchSize: 30 }), 400)
  })

  test('goes on from a checkpoint that another way of reading has written', async () => {
    await fill('ways')
    const all: number[] = []
    const ways = ['by polling', 'straight over the store', 'by fan-out', 'straight over the store']
    for (const [i, way] of ways.entries()) {
      // Stopped anywhere: the batches that were begun are finished, and nothing comes twice.
      const seen = await consume(streams[way]!('ways'), 'leases-ways', i === 3 ? 400 - all.length : 60, {
        batchSize: 7,
      })
      all.push(...seen)
    }
    expectAll(all, 400)
  })
})

/** Everything that a consumer library needs is at one address: the stream, and the table of leases. */
test('two workers share a stream by leases in a DynamoDB table of the same endpoint', async () => {
  await fill('leased')
  const seen: number[] = []
  let done: () => void = () => undefined
  const all = new Promise<void>((resolve) => {
    done = resolve
  })
  const problems: string[] = []
  const workers = ['one', 'other'].map((workerId) => {
    const stream = awsStream({ ...where(), stream: 'leased', emptyReadMs: 20 })
    const consumer = new KinesisConsumer({
      stream,
      leases: dynamoLeases({ ...where(), tableName: 'leased-app' }),
      workerId,
      failoverMs: 1000,
      batchSize: 20,
      processRecords: (records) => {
        for (const { data } of records) seen.push(Number(Buffer.from(data).toString()))
        if (new Set(seen).size >= 400) done()
      },
      onProblem: ({ code, message }) => problems.push(`${code} ${message}`),
    })
    return { stream, consumer }
  })
  for (const { consumer } of workers) await consumer.start()
  await all
  for (const { stream, consumer } of workers) {
    await consumer.stop()
    await stream.close()
  }
  expect(problems).toEqual([])
  expect(new Set(seen)).toEqual(new Set(numbers(0, 400)))
  const { items } = openTables({ store }).scan({ table: 'leased-app' })
  const closed = items.filter(({ checkpoint }) => JSON.stringify(checkpoint) === '{"S":"SHARD_END"}')
  expect(items.map(({ leaseKey }) => leaseKey)).toContainEqual({ S: 'shardId-000000000003' })
  expect(closed.length).toBeLessThanOrEqual(1)
  for (const item of items) expect(item.leaseCounter).toHaveProperty('N')
})

test.each(['polling', 'fan-out'] as const)(
  'the source reads everything once by %s, also when it is stopped in between',
  async (mode) => {
    const stream = `source-${mode}`
    await fill(stream)
    const taken: number[] = []
    let position: unknown
    while (taken.length < 400) {
      const stop = new AbortController()
      const source = await kinesis({ ...where(), stream, mode, consumerName: 'source' })({
        position,
        clock: systemClock,
        signal: stop.signal,
        route: () => 0,
        warn: (code, message) => expect.fail(`${code} ${message}`),
        kept: new Map(),
        name: 'source',
        report: () => {},
        directory: '',
      })
      const builder = store.builder()
      const read = await source.read([builder], 300)
      // Through JSON, as the runtime stores it.
      position = JSON.parse(JSON.stringify(read.position))
      taken.push(...recordsOf(builder))
      stop.abort()
      await source.close()
    }
    expectAll(taken, 400)
  },
)

/** What a builder holds, read back through a stream. */
let builds = 0
function recordsOf(builder: RecordBatchBuilder): number[] {
  const name = `built-${builds++}`
  store.defineStream({ name, shards: 1, retentionMs: 86_400_000 })
  store.commit((transaction) => transaction.appendBatch(name, 0, builder))
  const { batches } = store.read(name, 0, 0, { maxRecords: 10_000, maxBytes: 1 << 24 })
  return batches.flatMap((batch) => {
    if ('reason' in batch) throw new Error(batch.reason)
    return Array.from({ length: batch.count }, (_, i) =>
      Number(Buffer.from(batch.bytes.subarray(batch.dataStart[i], batch.dataStart[i + 1])).toString()),
    )
  })
}
