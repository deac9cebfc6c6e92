/**
 * The law of enhanced fan-out: whoever subscribes again and again, from the last continuation number, gets every record
 * once and in order; each subscription lasts five minutes, and no client waits longer than its patience for an event.
 * In virtual time; MILLRACE_NIGHTLY=1 adds six minutes of the machine's.
 */
import { KinesisClient, SubscribeToShardCommand } from '@aws-sdk/client-kinesis'
import { type Clock, seededRandom, systemClock, VirtualClock } from '@millrace/values'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { expect, test } from 'vitest'
import { startTestServer, type TestServer } from '../testing/test-server.ts'
import { shardId, text, World } from './cases/world.ts'
import { PlainClient } from './clients/plain-client.ts'
import { jsonCodec } from './clients/plain-codecs.ts'

const seed = 20_261_121
/** Java's client gives up after 10 s of silence. */
const patienceMs = 10_000
const subscriptionMs = 300_000

for (const http of [2, 1] as const) {
  test(`over HTTP/${http}, in twelve virtual minutes`, { timeout: 120_000 }, () => {
    return subscribeFor(12 * 60, { http, clock: new VirtualClock(systemClock.now()), subscriptions: 3 })
  })
  test.skipIf(process.env.MILLRACE_NIGHTLY === undefined)(
    `over HTTP/${http}, in six minutes (nightly)`,
    { timeout: 600_000 },
    () => subscribeFor(6 * 60, { http, clock: systemClock, subscriptions: 2 }),
  )
}

interface Options {
  readonly http: 1 | 2
  readonly clock: Clock
  /** How many have to begin in this time. */
  readonly subscriptions: number
}

interface Seen {
  readonly data: string[]
  /** When events came and subscriptions ended, by the server's clock. */
  readonly eventTimes: number[]
  readonly begins: number[]
  readonly ends: number[]
}

async function subscribeFor(seconds: number, { http, clock, subscriptions }: Options): Promise<void> {
  const server = await startTestServer({ clock, clockSkewMs: 3_600_000 })
  const { url, credentials } = server
  const admin = new PlainClient({ url, credentials, clock, codec: jsonCodec })
  const world = new World(server, admin)
  const client = new KinesisClient({
    endpoint: url,
    region: 'us-east-1',
    credentials: { accessKeyId: credentials.owner.id, secretAccessKey: credentials.owner.secret },
    ...(http === 1 ? { requestHandler: new NodeHttpHandler() } : {}),
  })
  const seen: Seen = { data: [], eventTimes: [], begins: [], ends: [] }
  const stopped = new AbortController()
  const put: string[] = []
  try {
    const stream = await world.stream()
    const reading = read(client, await world.consumer(stream), { seen, clock, signal: stopped.signal })
    reading.catch(() => {})
    const random = seededRandom(seed)
    for (let second = 0; second < seconds; second++) {
      // Now and then nothing comes for half a minute: then only empty events keep the connection alive.
      const isQuiet = Math.floor(second / 30) % 4 === 3
      const count = isQuiet ? 0 : random.below(4)
      for (let i = 0; i < count; i++) {
        put.push(`${put.length}`)
        await world.put(stream, put.at(-1)!)
      }
      await server.pass(1000)
      await caughtUp(server, { seen, put, reading })
    }
    expect(seen.data).toEqual(put)
    expect(seen.begins.length).toBeGreaterThanOrEqual(subscriptions)
    for (const [i, end] of seen.ends.entries()) {
      expect(end - seen.begins[i]!).toBeGreaterThan(subscriptionMs - patienceMs)
      expect(end - seen.begins[i]!).toBeLessThan(subscriptionMs + patienceMs)
    }
    const gaps = seen.eventTimes.slice(1).map((time, i) => time - seen.eventTimes[i]!)
    expect(Math.max(...gaps)).toBeLessThan(patienceMs)
  } finally {
    stopped.abort()
    client.destroy()
    await admin.close()
    await server.close()
  }
  expect(server.failures).toEqual([])
}

/** Subscribes, and again where one subscription has ended. */
async function read(
  client: KinesisClient,
  ConsumerARN: string,
  { seen, clock, signal }: { seen: Seen; clock: Clock; signal: AbortSignal },
): Promise<void> {
  let SequenceNumber: string | undefined
  while (!signal.aborted) {
    const { EventStream } = await client.send(
      new SubscribeToShardCommand({
        ConsumerARN,
        ShardId: shardId(0),
        StartingPosition:
          SequenceNumber === undefined
            ? { Type: 'TRIM_HORIZON' }
            : { Type: 'AFTER_SEQUENCE_NUMBER', SequenceNumber },
      }),
    )
    seen.begins.push(clock.now())
    for await (const { SubscribeToShardEvent: event } of EventStream!) {
      seen.eventTimes.push(clock.now())
      seen.data.push(...event!.Records!.map(({ Data }) => text(Data)))
      SequenceNumber = event!.ContinuationSequenceNumber
    }
    seen.ends.push(clock.now())
  }
}

/** Resolves once the reader has what was put; time stands nearly still meanwhile. */
async function caughtUp(
  server: TestServer,
  { seen, put, reading }: { seen: Seen; put: readonly string[]; reading: Promise<void> },
): Promise<void> {
  for (let i = 0; seen.data.length < put.length || seen.begins.length === seen.ends.length; i++) {
    if (i > 5000) throw new Error(`the reader has ${seen.data.length} of ${put.length} records`)
    await Promise.race([server.pass(1), reading])
  }
}
