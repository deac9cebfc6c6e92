import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore, type Store } from '@millrace/store'
import { aggregate, initialHashRanges, seededRandom, systemClock, VirtualClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { KinesisConsumerOptions, UserRecord } from './consumer-options.ts'
import { KinesisConsumer } from './kinesis-consumer.ts'
import type { LeaseTable } from './lease.ts'
import { localStream } from './local-stream.ts'
import { memoryLeases } from './testing/memory-leases.ts'
import { SimulatedStream } from './testing/simulated-stream.ts'

const start = Date.UTC(2026, 0, 1)
const text = (record: UserRecord) => Buffer.from(record.data).toString()

class Bench {
  readonly clock = new VirtualClock(start)
  readonly stream: SimulatedStream
  readonly leases: LeaseTable = memoryLeases()
  readonly seen: string[] = []
  readonly batches: number[] = []
  readonly problems: string[] = []
  #workers = 0

  constructor(shards = 1) {
    this.stream = new SimulatedStream(this.clock, shards)
  }

  put(...texts: string[]): void {
    for (const one of texts) this.stream.put(this.stream.open[0]!, 'k', Buffer.from(one))
  }

  putAggregate(...texts: string[]): void {
    const [packed] = aggregate(texts.map((one) => ({ partitionKey: one, data: Buffer.from(one) })))
    this.stream.put(this.stream.open[0]!, 'a', packed!.data)
  }

  async start(options: Partial<KinesisConsumerOptions> = {}): Promise<KinesisConsumer> {
    const worker = ++this.#workers
    const consumer = new KinesisConsumer({
      stream: this.stream,
      leases: this.leases,
      workerId: `w${worker}`,
      clock: this.clock,
      random: seededRandom(worker),
      processRecords: (records) => {
        this.batches.push(records.length)
        this.seen.push(...records.map(text))
      },
      onProblem: ({ code }) => this.problems.push(code),
      ...options,
    })
    await consumer.start()
    return consumer
  }

  async stop(consumer: KinesisConsumer): Promise<void> {
    let isStopped = false
    const stopping = consumer.stop().then(() => {
      isStopped = true
    })
    for (let i = 0; i < 100 && !isStopped; i++) await this.clock.advance(100)
    await stopping
  }

  async lease() {
    return (await this.leases.list())[0]!
  }
}

describe('batches and checkpoints', () => {
  test('records come in batches of at most the given size, and a restart goes on after the last batch', async () => {
    const bench = new Bench()
    bench.put('1', '2', '3', '4', '5')
    const first = await bench.start({ batchSize: 2 })
    await bench.clock.advance(1000)
    expect(bench.batches).toEqual([2, 2, 1])
    await bench.stop(first)
    expect((await bench.lease()).leaseOwner).toBeUndefined()
    bench.put('6')
    await bench.start()
    await bench.clock.advance(1000)
    expect(bench.seen).toEqual(['1', '2', '3', '4', '5', '6'])
  })

  test('a batch whose callback fails comes again, whole, until it succeeds', async () => {
    const bench = new Bench()
    bench.put('1', '2')
    const attempts: number[] = []
    await bench.start({
      processRecords: (records, { attempt }) => {
        attempts.push(attempt)
        if (attempt < 4) throw Object.assign(new Error('not yet'), { code: 'NOT_YET' })
        bench.seen.push(...records.map(text))
      },
    })
    await bench.clock.advance(20_000)
    expect(attempts).toEqual([1, 2, 3, 4])
    expect(bench.seen).toEqual(['1', '2'])
    expect(bench.problems).toEqual(['NOT_YET', 'NOT_YET', 'NOT_YET'])
  })

  test('a batch that is given up is handed to batchFailed, and the shard goes on', async () => {
    const bench = new Bench()
    bench.put('bad', 'good')
    const failed: string[] = []
    await bench.start({
      batchSize: 1,
      maxRetries: 1,
      processRecords: (records) => {
        if (text(records[0]!) === 'bad') throw new Error('no')
        bench.seen.push(...records.map(text))
      },
      batchFailed: (records, error, shardId) => failed.push(`${shardId} ${text(records[0]!)} ${error}`),
    })
    await bench.clock.advance(20_000)
    expect(failed).toEqual(['shardId-000000000000 bad Error: no'])
    expect(bench.seen).toEqual(['good'])
  })

  test('user records of aggregates come one by one, and a checkpoint inside of one holds', async () => {
    const bench = new Bench()
    bench.put('plain')
    bench.putAggregate('a0', 'a1', 'a2')
    bench.put('last')
    const first = await bench.start({
      checkpoint: 'manual',
      processRecords: async (records, { checkpoint }) => {
        bench.seen.push(...records.map((record) => `${text(record)}/${record.subSequenceNumber}`))
        await checkpoint(records[2])
      },
    })
    await bench.clock.advance(1000)
    expect(bench.seen).toEqual(['plain/0', 'a0/0', 'a1/1', 'a2/2', 'last/0'])
    expect((await bench.lease()).checkpointSubSequenceNumber).toBe(1)
    await bench.stop(first)
    bench.seen.length = 0
    await bench.start()
    await bench.clock.advance(1000)
    expect(bench.seen).toEqual(['a2', 'last'])
  })

  test('an aggregate that was routed by an old map of the shards is discarded, and said', async () => {
    const bench = new Bench(2)
    const [lower, upper] = initialHashRanges(2)
    const inLower = { partitionKey: 'k', explicitHashKey: String(lower!.end), data: Buffer.from('lower') }
    const inUpper = { partitionKey: 'k', explicitHashKey: String(upper!.start), data: Buffer.from('upper') }
    for (const records of [
      [inLower, inUpper],
      [inLower, inLower],
    ]) {
      bench.stream.put(bench.stream.shards[0]!, 'a', aggregate(records)[0]!.data)
    }
    await bench.start()
    await bench.clock.advance(1000)
    expect(bench.seen).toEqual(['lower', 'lower'])
    expect(bench.problems).toEqual(['AGGREGATE_DISCARDED'])
  })

  test('aggregates stay whole when they are not to be taken apart', async () => {
    const bench = new Bench()
    bench.putAggregate('a0', 'a1')
    await bench.start({ deaggregate: false })
    await bench.clock.advance(1000)
    expect(bench.batches).toEqual([1])
  })

  test('a checkpoint does not go back, and cannot be ahead of the batch', async () => {
    const bench = new Bench()
    bench.put('1', '2', '3')
    const codes: unknown[] = []
    await bench.start({
      batchSize: 2,
      processRecords: async (records, { checkpoint }) => {
        await checkpoint(records.at(-1))
        const stored = (await bench.lease()).checkpoint
        await checkpoint(records[0])
        expect((await bench.lease()).checkpoint).toBe(stored)
        const ahead = { sequenceNumber: '99999', subSequenceNumber: 0 }
        await checkpoint(ahead).catch((error) => codes.push(error.code))
      },
    })
    await bench.clock.advance(1000)
    expect(codes).toEqual(['CHECKPOINT_INVALID', 'CHECKPOINT_INVALID'])
  })
})

describe('where a consumer begins', () => {
  test('trim-horizon: with everything; latest: with what comes after the start, whoever takes the shard', async () => {
    const bench = new Bench()
    bench.put('old')
    const all = await bench.start({ leases: memoryLeases() })
    await bench.clock.advance(1000)
    await bench.stop(all)
    expect(bench.seen.splice(0)).toEqual(['old'])

    // The first worker stops before anything has come; what comes while none is there is not left out.
    const first = await bench.start({ from: 'latest' })
    await bench.clock.advance(1000)
    await bench.stop(first)
    bench.put('between')
    await bench.clock.advance(1000)
    await bench.start({ from: 'latest' })
    await bench.clock.advance(1000)
    expect(bench.seen).toEqual(['between'])
  })

  test('a Date: with the first record that arrived then or later', async () => {
    const bench = new Bench()
    for (const one of ['0', '1', '2', '3']) {
      bench.put(one)
      await bench.clock.advance(1000)
    }
    await bench.start({ from: new Date(start + 2000) })
    await bench.clock.advance(1000)
    expect(bench.seen).toEqual(['2', '3'])
  })

  test('a shard that expired while nobody read is passed over, and those that follow it are read', async () => {
    const bench = new Bench()
    bench.put('1')
    const first = await bench.start()
    await bench.clock.advance(1000)
    await bench.stop(first)
    bench.put('lost')
    const [lower] = bench.stream.split(bench.stream.shards[0]!)
    bench.stream.put(lower!, 'k', Buffer.from('2'))
    const [next] = bench.stream.split(lower!)
    bench.stream.put(next!, 'k', Buffer.from('3'))
    bench.stream.shards[0]!.isExpired = true
    lower!.isExpired = true
    await bench.start()
    // The shards after the second expired one are found when the list of shards is looked through.
    await bench.clock.advance(300_000)
    expect(bench.seen).toEqual(['1', '3'])
    const keys = (await bench.leases.list()).map((lease) => lease.leaseKey)
    expect(keys).not.toContain('shardId-000000000000')
    expect(keys).toContain(next!.shardId)
  })
})

describe('hand-over', () => {
  test('a stop waits for the batch, checkpoints it, and frees the shard at once', async () => {
    const bench = new Bench()
    bench.put('1', '2')
    const first = await bench.start({
      batchSize: 1,
      processRecords: async (records) => {
        await bench.clock.sleep(60_000)
        bench.seen.push(...records.map(text))
      },
    })
    await bench.clock.advance(1000)
    let isStopped = false
    void first.stop().then(() => {
      isStopped = true
    })
    await bench.clock.advance(30_000)
    expect(isStopped).toBe(false)
    // Its heartbeats go on, so nobody takes the shard.
    const second = await bench.start()
    await bench.clock.advance(29_500)
    expect(isStopped).toBe(true)
    expect(bench.seen).toEqual(['1'])
    await bench.clock.advance(10_000)
    expect(bench.seen).toEqual(['1', '2'])
    expect(second.shards).toEqual(['shardId-000000000000'])
  })

  test('the loser of a shard can not checkpoint any more, and its batch comes again', async () => {
    const bench = new Bench()
    bench.put('1')
    const codes: unknown[] = []
    let isAborted = false
    await bench.start({
      processRecords: async (_records, { checkpoint, signal }) => {
        await bench.clock.sleep(30_000)
        isAborted = signal.aborted
        await checkpoint().catch((error) => codes.push(error.code))
      },
    })
    await bench.clock.advance(1000)
    const lease = await bench.lease()
    await bench.leases.update(lease, { leaseOwner: 'thief' })
    await bench.clock.advance(40_000)
    expect(codes).toEqual(['LEASE_LOST'])
    expect(isAborted).toBe(true)
    expect((await bench.lease()).checkpoint).toBe('TRIM_HORIZON')
  })

  test('the leases of a silent worker are taken after the failover time, not before', async () => {
    const bench = new Bench()
    bench.put('1')
    let isDead = false
    const dying: LeaseTable = {
      ...bench.leases,
      update: (seen, change) => (isDead ? new Promise(() => undefined) : bench.leases.update(seen, change)),
    }
    await bench.start({ leases: dying })
    await bench.clock.advance(1000)
    isDead = true
    const second = await bench.start()
    await bench.clock.advance(9_000)
    expect(second.shards).toEqual([])
    await bench.clock.advance(10_000)
    expect(second.shards).toEqual(['shardId-000000000000'])
  })

  test('a worker takes no more shards than it may, and others take what it leaves', async () => {
    const bench = new Bench(8)
    const first = await bench.start({ leasesMax: 3 })
    await bench.clock.advance(60_000)
    expect(first.shards.length).toBe(3)
    const second = await bench.start()
    await bench.clock.advance(60_000)
    expect([first.shards.length, second.shards.length]).toEqual([3, 5])
    await bench.clock.advance(60_000)
    expect([first.shards.length, second.shards.length]).toEqual([3, 5])
  })

  test('shards that follow a finished one are begun at once, after shardEnded', async () => {
    const bench = new Bench()
    bench.put('1')
    const [lower, upper] = bench.stream.split(bench.stream.shards[0]!)
    bench.stream.put(lower!, 'k', Buffer.from('2'))
    bench.stream.put(upper!, 'k', Buffer.from('3'))
    await bench.start({ shardEnded: ({ shardId }) => bench.seen.push(`end of ${shardId}`) })
    await bench.clock.advance(100)
    expect(bench.seen.slice(0, 2)).toEqual(['1', 'end of shardId-000000000000'])
    expect(bench.seen.slice(2).sort()).toEqual(['2', '3'])
  })
})

test('options that cannot be are refused with their code', () => {
  const { stream, leases } = new Bench()
  const make = (options: object) => () =>
    new KinesisConsumer({ stream, leases, processRecords: () => undefined, ...options })
  expect(make({ from: 'beginning' })).toThrow(/^KINESIS_OPTION .*"beginning"/)
  expect(make({ from: new Date(Number.NaN) })).toThrow(/^KINESIS_OPTION /)
  expect(make({ batchSize: 0 })).toThrow(/^KINESIS_OPTION .*"batchSize"/)
  expect(make({ maxRetries: 3 })).toThrow(/^KINESIS_OPTION .*"batchFailed"/)
  expect(make({ maxRetries: -1, batchFailed: () => undefined })).toThrow(/^KINESIS_OPTION .*"maxRetries"/)
})

describe('over a stream of the store', () => {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-consumer-'))
  let store: Store
  beforeAll(async () => {
    store = await openStore({ dir, clock: systemClock })
  })
  afterAll(async () => {
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  })

  const read = async (name: string, options: Partial<KinesisConsumerOptions>, count: number) => {
    const seen: string[] = []
    let done: () => void = () => undefined
    const all = new Promise<void>((resolve) => {
      done = resolve
    })
    const consumer = new KinesisConsumer({
      stream: localStream(store, name),
      leases: memoryLeases(),
      processRecords: (records) => {
        seen.push(...records.map(text))
        if (seen.length >= count) done()
      },
      ...options,
    })
    await consumer.start()
    await all
    await consumer.stop()
    return seen
  }

  const put = (name: string, ...texts: string[]) =>
    store.commit((transaction) =>
      transaction.append(
        name,
        texts.map((one) => ({ key: Buffer.from(one), data: Buffer.from(one) })),
      ),
    )

  test('all records of a stream that is split and merged are read, children after parents', async () => {
    store.defineStream({ name: 's', shards: 1, retentionMs: 86_400_000 })
    const numbers = (from: number) => Array.from({ length: 20 }, (_, i) => String(from + i))
    put('s', ...numbers(0))
    const { range } = store.shard('s', 0)
    const middle = range.end / 2n
    const [lower, upper] = store.reshard('s', {
      close: [0],
      open: [
        { range: { start: 0n, end: middle }, parents: [0] },
        { range: { start: middle + 1n, end: range.end }, parents: [0] },
      ],
    })
    put('s', ...numbers(20))
    store.reshard('s', { close: [lower!, upper!], open: [{ range, parents: [lower!, upper!] }] })
    put('s', ...numbers(40))
    const seen = (await read('s', { batchSize: 7 }, 60)).map(Number)
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i))
    for (const [i, value] of seen.entries()) expect(Math.floor(value / 20)).toBe(Math.floor(i / 20))
  })

  test('a restart goes on after the checkpoint, and a reader is woken by what comes', async () => {
    store.defineStream({ name: 't', shards: 1, retentionMs: 86_400_000 })
    const leases = memoryLeases()
    put('t', '1', '2')
    expect(await read('t', { leases }, 2)).toEqual(['1', '2'])
    const later = read('t', { leases }, 1)
    put('t', '3')
    expect(await later).toEqual(['3'])
  })

  test('a stream that is not there is named', async () => {
    const consumer = new KinesisConsumer({
      stream: localStream(store, 'absent'),
      leases: memoryLeases(),
      processRecords: () => undefined,
    })
    await expect(consumer.start()).rejects.toThrow(/^KINESIS_CALL There is no stream "absent"/)
  })
})
