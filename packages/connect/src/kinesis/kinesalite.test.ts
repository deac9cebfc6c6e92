/** Consumer, source and sink against a Kinesis of other people, over real connections. */
import type { Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import * as sdk from '@aws-sdk/client-kinesis'
import { KinesisClient } from '@aws-sdk/client-kinesis'
import type { StreamRecord } from '@millrace/runtime'
import { systemClock } from '@millrace/values'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { SourceRun } from '../source-contract.ts'
import { testContext } from '../testing/function-context.ts'
import { awsStream } from './aws-stream.ts'
import { KinesisConsumer } from './kinesis-consumer.ts'
import { kinesisSink } from './kinesis-sink.ts'
import { kinesis } from './kinesis-source.ts'
import { memoryLeases } from './testing/memory-leases.ts'

// Plain JavaScript without types; what is used of it is this.
const kinesalite = createRequire(import.meta.url)('kinesalite') as (options: {
  createStreamMs: number
  updateStreamMs: number
}) => Server

const server = kinesalite({ createStreamMs: 5, updateStreamMs: 5 })
let where: {
  region: string
  endpoint: string
  credentials: typeof credentials
  client: Record<string, unknown>
}
let client: KinesisClient
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // Listening on a TCP port, so the address has one.
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  // It speaks HTTP/1.1 only.
  where = { region: 'us-east-1', endpoint, credentials, client: { requestHandler: new NodeHttpHandler() } }
  client = new KinesisClient({ ...where, ...where.client })
})
afterAll(async () => {
  client.destroy()
  await new Promise((resolve) => server.close(resolve))
})

async function active(StreamName: string): Promise<void> {
  for (;;) {
    const { StreamDescription } = await client.send(new sdk.DescribeStreamCommand({ StreamName }))
    if (StreamDescription?.StreamStatus === 'ACTIVE') return
    await turn()
  }
}

const keys = 20
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
const numbers = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i)

/** Each number once, and those of a key in order. */
function expectAll(seen: readonly number[], count: number): void {
  expect(seen.toSorted((a, b) => a - b)).toEqual(numbers(0, count))
  for (let key = 0; key < keys; key++) {
    const own = seen.filter((value) => value % keys === key)
    expect(own).toEqual(own.toSorted((a, b) => a - b))
  }
}

test('what the sink puts, one by one and aggregated, over a split, a consumer and a source read, in order', async () => {
  const stream = 'orders'
  await client.send(new sdk.CreateStreamCommand({ StreamName: stream, ShardCount: 2 }))
  await active(stream)
  const put = async (aggregate: boolean, from: number, count: number) => {
    const context = testContext()
    await kinesisSink({ ...where, stream, aggregate })(numbers(from, count).map(record), context)
  }
  await put(false, 0, 100)
  await put(true, 100, 100)
  await client.send(
    new sdk.SplitShardCommand({
      StreamName: stream,
      ShardToSplit: 'shardId-000000000000',
      NewStartingHashKey: String(2n ** 126n),
    }),
  )
  await active(stream)
  await put(false, 200, 100)
  await put(true, 300, 100)

  const seen: number[] = []
  let done: () => void = () => undefined
  const all = new Promise<void>((resolve) => {
    done = resolve
  })
  const consumer = new KinesisConsumer({
    stream: awsStream({ ...where, stream, emptyReadMs: 20 }),
    leases: memoryLeases(),
    batchSize: 30,
    failoverMs: 1000,
    clock: systemClock,
    processRecords: (records) => {
      for (const { data } of records) seen.push(Number(Buffer.from(data).toString()))
      if (seen.length >= 400) done()
    },
  })
  await consumer.start()
  await all
  await consumer.stop()
  expectAll(seen, 400)

  const taken: number[] = []
  let position: unknown
  while (taken.length < 400) {
    const run = await new SourceRun(kinesis({ ...where, stream }), position).open()
    // The clock is virtual and the connection is real: time moves only while the source waits.
    await run.read(150)
    taken.push(
      ...run
        .shards()
        .flat()
        .map(({ data }) => Number(data)),
    )
    position = run.position
    await run.close()
  }
  expect(taken.toSorted((a, b) => a - b)).toEqual(numbers(0, 400))
}, 60_000)
