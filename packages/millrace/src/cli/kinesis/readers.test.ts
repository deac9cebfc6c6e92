/** What readers of an endpoint do when iterators expire, calls are throttled and subscriptions end: against a peer with a script. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { crc32 } from 'node:zlib'
import type { ReplayReader } from '@millrace/connect'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterEach, expect, test } from 'vitest'
import { FanOutReader } from './fan-out-reader.ts'
import { KinesisClient } from './kinesis-client.ts'
import { Patience } from './patience.ts'
import { PollingReader } from './polling-reader.ts'

type Step = (operation: string, input: Record<string, unknown>) => { status?: number; body: Buffer | object }
const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

/** Answers each call with the next step; one call too many is an error that no reader takes for passing. */
async function peer(steps: readonly Step[]) {
  let at = 0
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const operation = String(request.headers['x-amz-target']).replace(/.*\./, '')
    const step = steps[at++] ?? (() => ({ status: 400, body: { __type: 'TooMany', message: operation } }))
    const { status = 200, body } = step(operation, JSON.parse(Buffer.concat(chunks).toString()))
    response.statusCode = status
    response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  // A server that listens on a port has an address with one.
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const clock = new VirtualClock(1_767_225_600_000)
  const client = new KinesisClient({ url, clock, env: {} })
  return { client, clock, patience: new Patience(clock, seededRandom(1)), taken: () => at }
}

const open = {
  shardId: 'shardId-000000000000',
  position: { type: 'time' as const, timeMs: 1_767_225_600_500 },
  slice: 0,
  signal: new AbortController().signal,
}
const record = (n: number) => ({
  SequenceNumber: String(n),
  PartitionKey: 'k',
  Data: Buffer.from(String(n)).toString('base64'),
  ApproximateArrivalTimestamp: 1_767_225_600.123,
})
const child = {
  ShardId: 'shardId-000000000001',
  ParentShards: ['shardId-000000000000'],
  HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' },
}
const refusal = (type: string) => ({
  status: 400,
  body: { __type: `com.amazon#${type}`, message: 'as told' },
})

/** Reads while time passes, so that waits between attempts end. */
async function read(reader: ReplayReader, clock: VirtualClock) {
  let isDone = false
  const reading = reader.read().finally(() => {
    isDone = true
  })
  reading.catch(() => {})
  while (!isDone) await clock.advance(clock.pending > 0 ? 100 : 0)
  return reading
}

test('polling waits for throttles, makes an expired iterator anew after the last record, and finds the end', async () => {
  const iterators: unknown[] = []
  const iterator: Step = (operation, input) => {
    expect(operation).toBe('GetShardIterator')
    iterators.push(input)
    return { body: { ShardIterator: `i${iterators.length}` } }
  }
  const { client, clock, patience, taken } = await peer([
    iterator,
    () => refusal('ProvisionedThroughputExceededException'),
    () => ({ status: 500, body: {} }),
    () => ({ body: { Records: [record(1), record(2)], NextShardIterator: 'n', MillisBehindLatest: 5 } }),
    () => refusal('ExpiredIteratorException'),
    iterator,
    (operation, input) => {
      expect([operation, input.ShardIterator]).toEqual(['GetRecords', 'i2'])
      return { body: { Records: [record(3)], ChildShards: [child], MillisBehindLatest: 0 } }
    },
  ])
  const reader = new PollingReader(client, 's', { patience, clock }, open)
  const first = await read(reader, clock)
  expect(first).toMatchObject({ isCaughtUp: false, children: undefined })
  expect(first.records).toEqual(
    [1, 2].map((n) => ({
      sequenceNumber: String(n),
      partitionKey: 'k',
      data: Buffer.from(String(n)),
      arrivalTimeMs: 1_767_225_600_123,
    })),
  )
  const last = await read(reader, clock)
  expect(last.records.map(({ sequenceNumber }) => sequenceNumber)).toEqual(['3'])
  expect(last.children).toEqual([
    { shardId: child.ShardId, parents: child.ParentShards, range: { start: 0n, end: 9n } },
  ])
  expect(iterators).toMatchObject([
    { ShardIteratorType: 'AT_TIMESTAMP', Timestamp: 1_767_225_600.5 },
    { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', StartingSequenceNumber: '2' },
  ])
  expect(taken()).toBe(7)
})

function frame(headers: Readonly<Record<string, string>>, value: object): Buffer {
  const word = (number: number) => {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(number)
    return bytes
  }
  const head = Buffer.concat(
    Object.entries(headers).map(([name, text]) =>
      Buffer.concat([
        Buffer.of(name.length),
        Buffer.from(name),
        Buffer.of(7, 0, text.length),
        Buffer.from(text),
      ]),
    ),
  )
  const payload = Buffer.from(JSON.stringify(value))
  const prelude = Buffer.concat([word(16 + head.length + payload.length), word(head.length)])
  const body = Buffer.concat([prelude, word(crc32(prelude)), head, payload])
  return Buffer.concat([body, word(crc32(body))])
}
const initial = frame({ ':message-type': 'event', ':event-type': 'initial-response' }, {})
const event = (value: object) =>
  frame({ ':message-type': 'event', ':event-type': 'SubscribeToShardEvent' }, value)

test('fan-out subscribes again where a subscription has ended, waits for one that is still held, and finds the end', async () => {
  const starts: unknown[] = []
  const subscribe =
    (...frames: Buffer[]): Step =>
    (operation, input) => {
      expect([operation, input.ConsumerARN]).toEqual(['SubscribeToShard', 'arn'])
      starts.push(input.StartingPosition)
      return { body: Buffer.concat([initial, ...frames]) }
    }
  const { client, clock, patience, taken } = await peer([
    () => refusal('ResourceInUseException'),
    subscribe(event({ Records: [record(1)], ContinuationSequenceNumber: '1', MillisBehindLatest: 9 })),
    subscribe(event({ Records: [], ContinuationSequenceNumber: '7', MillisBehindLatest: 0 })),
    subscribe(
      frame(
        { ':message-type': 'exception', ':exception-type': 'InternalFailureException' },
        { message: 'x' },
      ),
    ),
    subscribe(event({ Records: [record(8)], ChildShards: [child], MillisBehindLatest: 0 })),
  ])
  const reader = new FanOutReader(client, patience, 'arn', open)
  const reads = [await read(reader, clock), await read(reader, clock), await read(reader, clock)]
  expect(reads.map(({ records }) => records.map(({ sequenceNumber }) => sequenceNumber))).toEqual([
    ['1'],
    [],
    ['8'],
  ])
  expect(reads.map(({ isCaughtUp }) => isCaughtUp)).toEqual([false, true, true])
  expect(reads.map(({ children }) => children?.length)).toEqual([undefined, undefined, 1])
  expect(starts).toEqual([
    { Type: 'AT_TIMESTAMP', Timestamp: 1_767_225_600.5 },
    { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '1' },
    { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '7' },
    { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: '7' },
  ])
  expect(taken()).toBe(5)
  await reader.close()
})

test.each([
  ['a shard that has expired is at its end', 'Shard shardId-000000000000 in stream s does not exist', true],
  ['a stream that is missing is an error', 'Stream s under account 000000000000 not found.', false],
])('%s', async (_, message, isEnd) => {
  const body = { __type: 'ResourceNotFoundException', message }
  const { client, clock, patience } = await peer([() => ({ status: 400, body })])
  const reading = read(new PollingReader(client, 's', { patience, clock }, open), clock)
  if (isEnd) expect(await reading).toEqual({ records: [], isCaughtUp: true, children: [] })
  else
    await expect(reading).rejects.toMatchObject({
      code: 'ENDPOINT_REFUSED',
      type: 'ResourceNotFoundException',
    })
})

test('an endpoint that gives no good answer for a minute is given up', async () => {
  const broken: Step = () => ({ status: 503, body: {} })
  const { client, clock, patience } = await peer(Array.from({ length: 1000 }, () => broken))
  const start = clock.now()
  await expect(read(new PollingReader(client, 's', { patience, clock }, open), clock)).rejects.toMatchObject({
    code: 'ENDPOINT_REFUSED',
  })
  expect(clock.now() - start).toBeGreaterThanOrEqual(60_000)
})
