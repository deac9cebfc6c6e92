import type { StreamRecord } from '@millrace/runtime'
import { deaggregate, initialHashRanges, type Random, seededRandom, VirtualClock } from '@millrace/values'
import { describe, expect, test } from 'vitest'
import type { SinkError } from '../sink-error.ts'
import { testContext } from '../testing/function-context.ts'
import { type KinesisSinkOptions, kinesisSink } from './kinesis-sink.ts'
import { hashOf } from './shard-map.ts'
import { FakeKinesis, type Json, named, underTime } from './testing/fake-kinesis.ts'

const start = Date.UTC(2026, 0, 1)

interface PutEntry {
  readonly Data: string
  readonly PartitionKey: string
  readonly ExplicitHashKey?: string
}

/** A stream that takes records, fails entries and calls as it is told, and can be split. */
class FarStream {
  readonly clock = new VirtualClock(start)
  readonly fake: FakeKinesis
  readonly shards = initialHashRanges(2).map((range, i) => ({ id: `shard-${i}`, range, isOpen: true }))
  /** What readers of each shard see: user records, with whole aggregates discarded where one record is of another shard. */
  readonly log: { readonly shard: string; readonly key: string; readonly data: string }[] = []
  discarded = 0
  /** Says what becomes of an entry. */
  fate: (entry: PutEntry, call: number) => string | undefined = () => undefined
  /** Says what becomes of a call: refused, or its answer lost. */
  callFate: (entries: readonly PutEntry[], call: number) => Error | 'lost' | undefined = () => undefined

  constructor() {
    this.fake = new FakeKinesis(this.clock, {
      PutRecords: (input, call) => this.#put(input, call),
      ListShards: () => ({
        Shards: this.shards
          .filter((shard) => shard.isOpen)
          .map(({ id, range }) => ({
            ShardId: id,
            HashKeyRange: { StartingHashKey: String(range.start), EndingHashKey: String(range.end) },
          })),
      }),
    })
  }

  sink(options: Partial<KinesisSinkOptions> = {}) {
    return kinesisSink({
      ...this.fake.endpoint,
      stream: 'far',
      clock: this.clock,
      random: seededRandom(1),
      ...options,
    })
  }

  split(index: number): void {
    const shard = this.shards[index]!
    shard.isOpen = false
    const { start, end } = shard.range
    const middle = (start + end) / 2n
    for (const range of [
      { start, end: middle },
      { start: middle + 1n, end },
    ]) {
      this.shards.push({ id: `shard-${this.shards.length}`, range, isOpen: true })
    }
  }

  keys(): Map<string, string[]> {
    const keys = new Map<string, string[]>()
    for (const { key, data } of this.log) keys.set(key, [...(keys.get(key) ?? []), data])
    return keys
  }

  #put(input: Json, call: number): Json | Error {
    // Written by the client under test from what the sink gave it.
    const entries = input.Records as readonly PutEntry[]
    const fate = this.callFate(entries, call)
    if (fate instanceof Error) return fate
    const Records = entries.map((entry) => {
      const ErrorCode = this.fate(entry, call)
      if (ErrorCode !== undefined) return { ErrorCode, ErrorMessage: 'said the far stream' }
      return this.#take(entry)
    })
    if (fate === 'lost') return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    return { Records, FailedRecordCount: Records.filter((one) => 'ErrorCode' in one).length }
  }

  #take(entry: PutEntry): Json {
    const hash =
      entry.ExplicitHashKey === undefined ? hashOf(entry.PartitionKey) : BigInt(entry.ExplicitHashKey)
    const shard = this.shards.find(({ range, isOpen }) => isOpen && hash >= range.start && hash <= range.end)!
    const record = { partitionKey: entry.PartitionKey, data: Buffer.from(entry.Data, 'base64') }
    const { outcome, records } = deaggregate(record, shard.range)
    if (outcome === 'foreign') this.discarded++
    for (const { partitionKey, data } of records) {
      this.log.push({ shard: shard.id, key: partitionKey, data: Buffer.from(data).toString() })
    }
    return { SequenceNumber: String(this.log.length + 1), ShardId: shard.id }
  }
}

const record = (sequence: number, partitionKey: string, data = `${sequence}`): StreamRecord => ({
  stream: 'near',
  shard: 0,
  sequence,
  partitionKey,
  arrivalTimeMs: start,
  data: Buffer.from(data),
  text: () => data,
  json: () => JSON.parse(data),
})

const context = (signal?: AbortSignal) => testContext(signal === undefined ? {} : { signal })

const randomRecords = (random: Random, count: number, keys: number) =>
  Array.from({ length: count }, (_, i) => record(i, `key-${random.below(keys)}`))

function expectedKeys(records: readonly StreamRecord[]): Map<string, string[]> {
  const keys = new Map<string, string[]>()
  for (const { partitionKey, sequence } of records) {
    keys.set(partitionKey, [...(keys.get(partitionKey) ?? []), String(sequence)])
  }
  return keys
}

describe.each([
  { name: 'one by one', aggregate: false },
  { name: 'aggregated', aggregate: { bytesMax: 200 } },
])('$name', ({ aggregate }) => {
  test('under random partial failures every record arrives once, and those of a key in order', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const far = new FarStream()
      const random = seededRandom(seed)
      const records = randomRecords(random, 1 + random.below(300), 1 + random.below(80))
      far.fate = () => {
        const draw = random.next()
        if (draw < 0.2) return 'ProvisionedThroughputExceededException'
        return draw < 0.3 ? 'InternalFailure' : undefined
      }
      far.callFate = (_entries, call) => (call % 5 === 2 ? named('LimitExceededException') : undefined)
      await underTime(far.clock, Promise.resolve(far.sink({ aggregate })(records, context())))
      expect(far.keys(), `seed ${seed}`).toEqual(expectedKeys(records))
    }
  })

  test('lost answers bring records again, but none is left out and the order of a key holds', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const far = new FarStream()
      const random = seededRandom(seed)
      const records = randomRecords(random, 200, 30)
      far.callFate = () => (random.next() < 0.3 ? 'lost' : undefined)
      await underTime(far.clock, Promise.resolve(far.sink({ aggregate })(records, context())))
      for (const [key, texts] of expectedKeys(records)) {
        const arrived = far.keys().get(key)!.map(Number)
        expect([...new Set(arrived)], `seed ${seed}`).toEqual(texts.map(Number))
        // An aggregate that comes again repeats several records of a key, in their order.
        if (aggregate === false) expect(arrived).toEqual(arrived.toSorted((a, b) => a - b))
      }
    }
  })

  test('while shards are split, every record arrives, and those of a key in order', async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const far = new FarStream()
      const random = seededRandom(seed)
      const sink = far.sink({ aggregate })
      const all: StreamRecord[] = []
      for (let batch = 0; batch < 6; batch++) {
        const records = Array.from({ length: 50 }, (_, i) =>
          record(batch * 50 + i, `key-${random.below(40)}`),
        )
        all.push(...records)
        await underTime(far.clock, Promise.resolve(sink(records, context())))
        const open = far.shards.flatMap((shard, i) => (shard.isOpen ? [i] : []))
        far.split(open[random.below(open.length)]!)
      }
      expect(far.keys(), `seed ${seed}`).toEqual(expectedKeys(all))
    }
  })
})

test('the old map of the shards was used, noticed, and mended', async () => {
  const far = new FarStream()
  const sink = far.sink({ aggregate: true })
  const records = (from: number) => Array.from({ length: 40 }, (_, i) => record(from + i, `key-${i}`))
  await underTime(far.clock, Promise.resolve(sink(records(0), context())))
  expect(far.fake.callsOf('PutRecords').length).toBe(1)
  expect(far.discarded).toBe(0)
  far.split(0)
  await underTime(far.clock, Promise.resolve(sink(records(40), context())))
  expect(far.discarded).toBe(1)
  expect(far.fake.callsOf('ListShards').length).toBe(2)
  expect(far.log.length).toBe(80)
})

describe('calls', () => {
  const sizesOf = (far: FarStream) =>
    far.fake.callsOf('PutRecords').map((call) => (call.Records as Json[]).length)

  test('hold at most 500 records and 10 MiB, each key once; without order, as many as fit', async () => {
    const far = new FarStream()
    const many = Array.from({ length: 1200 }, (_, i) => record(i, `key-${i}`))
    await underTime(far.clock, Promise.resolve(far.sink()(many, context())))
    expect(sizesOf(far)).toEqual([500, 500, 200])

    const hot = new FarStream()
    const same = Array.from({ length: 3 }, (_, i) => record(i, 'hot'))
    await underTime(hot.clock, Promise.resolve(hot.sink()(same, context())))
    expect(sizesOf(hot)).toEqual([1, 1, 1])

    const free = new FarStream()
    await underTime(free.clock, Promise.resolve(free.sink({ order: 'none' })(same, context())))
    expect(sizesOf(free)).toEqual([3])

    const large = new FarStream()
    const wide = Array.from({ length: 5 }, (_, i) => record(i, `key-${i}`, 'x'.repeat(4 << 20)))
    await underTime(large.clock, Promise.resolve(large.sink()(wide, context())))
    expect(sizesOf(large)).toEqual([2, 2, 1])
  })

  test('only what failed is sent again, after a wait that grows', async () => {
    const far = new FarStream()
    far.fate = (entry, call) =>
      entry.PartitionKey === 'key-1' && call < 4 ? 'ProvisionedThroughputExceededException' : undefined
    const records = Array.from({ length: 5 }, (_, i) => record(i, `key-${i}`))
    await underTime(far.clock, Promise.resolve(far.sink()(records, context())))
    expect(sizesOf(far)).toEqual([5, 1, 1, 1])
    const times = far.fake.timesOf('PutRecords')
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(100)
    expect(times[3]! - times[2]!).toBeGreaterThanOrEqual(200)
  })

  test('an own partition key replaces that of the record', async () => {
    const far = new FarStream()
    const sink = far.sink({ partitionKey: (one) => `own-${one.sequence % 2}` })
    await underTime(
      far.clock,
      Promise.resolve(sink([record(0, 'a'), record(1, 'a'), record(2, 'a')], context())),
    )
    expect(far.keys()).toEqual(
      new Map([
        ['own-0', ['0', '2']],
        ['own-1', ['1']],
      ]),
    )
  })
})

describe('failures', () => {
  const failureOf = async (far: FarStream, work: unknown): Promise<SinkError> => {
    // The sink's only failures, as the tests below expect them.
    return underTime(far.clock, Promise.resolve(work)).then(
      () => Promise.reject(new Error('it should have failed')),
      (error) => error as SinkError,
    )
  }

  test('a record that the service refuses is found, named and blamed; the others arrive once', async () => {
    const far = new FarStream()
    far.callFate = (entries) =>
      entries.some((entry) => entry.PartitionKey === 'bad')
        ? named('ValidationException', 'too large')
        : undefined
    const records = Array.from({ length: 20 }, (_, i) => record(i, i === 13 ? 'bad' : `key-${i}`))
    const sink = far.sink()
    const error = await failureOf(far, sink(records, context()))
    expect(error.message).toMatch(
      /^SINK_ITEMS_FAILED stream "far" refuses 1 records: near\/0\/13: ValidationException too large/,
    )
    expect(error.records).toEqual([{ stream: 'near', shard: 0, sequence: 13 }])
    // The stage sets it aside and calls again with the others: nothing is left to do.
    await underTime(
      far.clock,
      Promise.resolve(
        sink(
          records.filter((one) => one.sequence !== 13),
          context(),
        ),
      ),
    )
    expect(far.log.length).toBe(19)
  })

  test('a key that no service takes is refused without a call', async () => {
    const far = new FarStream()
    const error = await failureOf(far, far.sink()([record(0, ''), record(1, 'k'.repeat(257))], context()))
    expect(error.records.map((one) => one.sequence)).toEqual([0, 1])
    expect(far.fake.calls).toEqual([])
    // 256 characters may be more code units and bytes.
    await underTime(far.clock, Promise.resolve(far.sink()([record(2, '🚀'.repeat(256))], context())))
    expect(far.log.length).toBe(1)
  })

  test('after enough attempts the batch fails without blame, and its retry sends only what is missing', async () => {
    const far = new FarStream()
    const fate = (entry: PutEntry) =>
      entry.PartitionKey === 'slow' ? 'ProvisionedThroughputExceededException' : undefined
    far.fate = fate
    const records = [record(0, 'a'), record(1, 'slow'), record(2, 'b')]
    const sink = far.sink({ attemptsMax: 3 })
    const error = await failureOf(far, sink(records, context()))
    expect(error.code).toBe('SINK_ITEMS_FAILED')
    expect(error.records).toEqual([])
    expect(error.failures).toEqual([
      {
        stream: 'near',
        shard: 0,
        sequence: 1,
        code: 'ProvisionedThroughputExceededException',
        message: 'said the far stream',
      },
    ])
    far.fate = () => undefined
    await underTime(far.clock, Promise.resolve(sink(records, context())))
    expect(far.log.map((one) => one.data)).toEqual(['0', '2', '1'])
  })

  test('what is no fault of a record fails at once', async () => {
    const far = new FarStream()
    far.callFate = () => named('AccessDeniedException', 'not you')
    const error = await failureOf(far, far.sink()([record(0, 'a')], context()))
    expect(error.message).toMatch(
      /^KINESIS_CALL stream "far": putting records failed: AccessDeniedException: not you/,
    )
    expect(far.fake.calls.length).toBe(1)
  })

  test('a stop ends the waiting', async () => {
    const far = new FarStream()
    far.fate = () => 'ProvisionedThroughputExceededException'
    const abort = new AbortController()
    const work = failureOf(far, far.sink({ attemptsMax: 1000 })([record(0, 'a')], context(abort.signal)))
    await underTime(
      far.clock,
      (async () => {
        while (far.fake.calls.length < 3) await far.clock.sleep(10)
      })(),
    )
    abort.abort()
    expect((await work).code).toBe('SINK_ITEMS_FAILED')
  })

  test('options that cannot be are refused where the sink is made', () => {
    expect(() => kinesisSink({ region: 'x' })).toThrow(/^KINESIS_OPTION /)
    expect(() => kinesisSink({ stream: 's', region: 'x', aggregate: { bytesMax: 0 } })).toThrow(
      /^KINESIS_OPTION .*bytesMax/,
    )
    expect(() => kinesisSink({ stream: 's', region: 'x', attemptsMax: 0 })).toThrow(
      /^KINESIS_OPTION .*attemptsMax/,
    )
  })
})
