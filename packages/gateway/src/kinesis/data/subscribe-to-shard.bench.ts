/**
 * What fan-out costs without network, on one thread of this machine. After `npm run build`:
 *
 *   npx jiti packages/gateway/src/kinesis/data/subscribe-to-shard.bench.ts [directory]
 *
 * 1,000 subscriptions (20 consumers of 50 shards), idle, then beside a writer of another stream (and that writer alone); then the time from a put
 * to its event at each of 20 consumers of one shard, with a put every 10 ms. Events are framed as the listener does it.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@millrace/store'
import { seededRandom, systemClock } from '@millrace/values'
import { makeDataPlane } from '../../../dist/kinesis/data/data-plane.js'
import { localLimits } from '../../../dist/kinesis/kinesis-limits.js'
import { openKinesisService } from '../../../dist/kinesis/kinesis-service.js'
import { MetricRegistry } from '../../../dist/metrics/metric-registry.js'
import { encodeBody } from '../../../dist/wire/body-codec.js'
import { encodeEvent } from '../../../dist/wire/event-stream.js'

const CONSUMERS = 20
const SHARDS = 50
const dir = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'millrace-bench-'))
const caller = { keyId: 'bench', account: '000000000000', authorize: () => {} }
const store = await openStore({ dir, clock: systemClock })
const service = openKinesisService({
  store,
  clock: systemClock,
  random: seededRandom(1),
  meter: new MetricRegistry({ clock: systemClock }),
  limits: localLimits,
  region: 'us-east-1',
  data: makeDataPlane,
})

async function call(operation: string, input: object) {
  const body = encodeBody(input, 'json')
  return service.handle({
    operation,
    encoding: 'json',
    body,
    requestId: 'bench',
    signal: new AbortController().signal,
    authenticate: () => caller,
  })
}

let events = 0
let bytes = 0
/** When the put began whose event is awaited. */
let putAt = 0
const latencies: number[] = []

async function subscribe(stream: string, consumer: string, shard: number): Promise<void> {
  const reply = await call('SubscribeToShard', {
    ConsumerARN: consumer,
    ShardId: `shardId-${String(shard).padStart(12, '0')}`,
    StartingPosition: { Type: 'LATEST' },
  })
  if (reply.kind !== 'events') throw new Error('not an event stream')
  const isTimed = stream === 'one'
  void (async () => {
    for await (const event of reply.events) {
      bytes += encodeEvent(event, 'json').length
      events++
      if (isTimed && putAt > 0) latencies.push(systemClock.now() - putAt)
    }
  })()
}

async function consumersOf(stream: string): Promise<string[]> {
  const StreamARN = `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`
  const arns: string[] = []
  for (let i = 0; i < CONSUMERS; i++) {
    const reply = await call('RegisterStreamConsumer', { StreamARN, ConsumerName: `c${i}` })
    if (reply.kind !== 'value') throw new Error('no consumer')
    // The operation's output.
    arns.push((reply.value as { Consumer: { ConsumerARN: string } }).Consumer.ConsumerARN)
  }
  return arns
}

async function share(name: string, ms: number, work: () => Promise<void>): Promise<void> {
  const before = process.cpuUsage()
  const began = systemClock.now()
  events = 0
  bytes = 0
  while (systemClock.now() - began < ms) await work()
  const used = process.cpuUsage(before)
  const passed = systemClock.now() - began
  const percent = (used.user + used.system) / 10 / passed
  console.log(
    `${name.padEnd(34)} ${percent.toFixed(1)} % of a core, ${((events * 1000) / passed).toFixed(0)} events/s, ${(bytes / passed).toFixed(0)} kB/s`,
  )
}

async function put(stream: string): Promise<void> {
  await call('PutRecord', { StreamName: stream, PartitionKey: 'k', Data: 'QUFB' })
}

try {
  await call('CreateStream', { StreamName: 'idle', ShardCount: SHARDS })
  await call('CreateStream', { StreamName: 'other', ShardCount: 1 })
  await call('CreateStream', { StreamName: 'one', ShardCount: 1 })
  const pause = () => systemClock.sleep(100)
  await share('nothing', 5_000, pause)
  const paced = async () => {
    await put('other')
    await systemClock.sleep(10)
  }
  await share('100 puts/s', 5_000, paced)
  for (const consumer of await consumersOf('idle'))
    for (let shard = 0; shard < SHARDS; shard++) await subscribe('idle', consumer, shard)
  await share('1,000 idle subscriptions', 20_000, pause)
  await share('beside 100 puts/s elsewhere', 10_000, paced)
  for (const consumer of await consumersOf('one')) await subscribe('one', consumer, 0)
  await share('20 consumers of a shard, 100 puts/s', 10_000, async () => {
    putAt = systemClock.now()
    await put('one')
    await systemClock.sleep(10)
  })
  latencies.sort((a, b) => a - b)
  const at = (share: number) => latencies[Math.floor(latencies.length * share)]?.toFixed(2)
  console.log(
    `put to event, ${latencies.length} events: p50 ${at(0.5)}, p99 ${at(0.99)}, max ${latencies.at(-1)?.toFixed(2)} ms`,
  )
} finally {
  await service.close()
  await store.close()
  rmSync(dir, { recursive: true, force: true })
}
