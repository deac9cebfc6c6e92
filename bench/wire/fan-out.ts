/** Subscribers: how long a record takes to reach one, and what many idle ones cost. By the AWS SDK, as it comes. */
import {
  DescribeStreamConsumerCommand,
  KinesisClient,
  PutRecordCommand,
  RegisterStreamConsumerCommand,
  SubscribeToShardCommand,
  type SubscribeToShardEventStream,
} from '@aws-sdk/client-kinesis'
import type { Target } from './raw-client.ts'
import { pause } from './server-process.ts'
import { makeStream, type Server } from './servers.ts'

const everyMs = 20

function clientOf(target: Target): KinesisClient {
  return new KinesisClient({
    region: 'us-east-1',
    endpoint: `http://${target.host}:${target.port}`,
    credentials: { accessKeyId: 'AKIDEXAMPLEAKIDEXAMP', secretAccessKey: 'secret' },
  })
}

async function subscribe(
  client: KinesisClient,
  consumer: string,
  shard: string,
): Promise<AsyncIterable<SubscribeToShardEventStream>> {
  const { EventStream } = await client.send(
    new SubscribeToShardCommand({
      ConsumerARN: consumer,
      ShardId: shard,
      StartingPosition: { Type: 'LATEST' },
    }),
  )
  if (EventStream === undefined) throw new Error('no event stream')
  return EventStream
}

async function register(client: KinesisClient, stream: string, name: string): Promise<string> {
  const arn = `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`
  const { Consumer } = await client.send(
    new RegisterStreamConsumerCommand({ StreamARN: arn, ConsumerName: name }),
  )
  const consumer = Consumer?.ConsumerARN ?? ''
  for (;;) {
    const { ConsumerDescription } = await client.send(
      new DescribeStreamConsumerCommand({ ConsumerARN: consumer }),
    )
    if (ConsumerDescription?.ConsumerStatus === 'ACTIVE') return consumer
    await pause(20)
  }
}

/** Records are put every 20 ms, whatever comes back; each carries the time at which it was due. */
export async function pushLatency(target: Target, seconds: number): Promise<string> {
  const stream = 'bench-push'
  const [shard = ''] = await makeStream(target, stream, 1)
  const [producer, reader] = [clientOf(target), clientOf(target)]
  const events = await subscribe(reader, await register(reader, stream, 'bench'), shard)
  const latencies: number[] = []
  const total = Math.floor((seconds * 1000) / everyMs)
  const reading = (async () => {
    for await (const event of events) {
      for (const { Data } of event.SubscribeToShardEvent?.Records ?? [])
        latencies.push(performance.now() - Number(Buffer.from(Data ?? []).toString()))
      if (latencies.length >= total) return
    }
  })()
  const start = performance.now()
  for (let i = 0; i < total; i++) {
    const due = start + i * everyMs
    await pause(Math.max(0, due - performance.now()))
    void producer.send(
      new PutRecordCommand({ StreamName: stream, PartitionKey: `${i}`, Data: Buffer.from(String(due)) }),
    )
  }
  await reading
  producer.destroy()
  reader.destroy()
  latencies.sort((a, b) => a - b)
  const at = (share: number): string =>
    (latencies[Math.floor(latencies.length * share)] ?? Number.NaN).toFixed(1)
  return `fan-out, put to event, ${total} records every ${everyMs} ms, client included: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(0.9999)} ms`
}

/** 1,000 subscriptions of 20 consumers to 50 shards, nothing put: the share of a core that the server takes. */
export async function idleSubscribers(server: Server): Promise<string> {
  const { target } = server
  const stream = 'bench-idle'
  const shards = await makeStream(target, stream, 50)
  const client = clientOf(target)
  let open = 0
  for (let i = 0; i < 20; i++) {
    const consumer = await register(client, stream, `idle-${i}`)
    // The SDK opens a session for each request; a client for each consumer keeps them apart.
    const own = clientOf(target)
    for (const shard of shards) {
      const events = await subscribe(own, consumer, shard)
      open++
      void (async () => {
        try {
          for await (const _ of events);
        } catch {
          // The server stops while they are open.
        }
      })()
    }
  }
  await pause(3_000)
  const before = server.cpuSeconds()
  const from = performance.now()
  await pause(20_000)
  const share = (server.cpuSeconds() - before) / ((performance.now() - from) / 1000)
  return `idle, ${open} subscriptions open for 20 s: ${(share * 100).toFixed(1)} % of a core`
}
