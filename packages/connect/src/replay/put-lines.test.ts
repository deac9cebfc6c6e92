/** Putting lines and records: batches, retries, order, rates, aggregates, against a simulated stream. */
import {
  deaggregate,
  initialHashRanges,
  md5Hex,
  seededRandom,
  type UserRecord,
  VirtualClock,
} from '@millrace/values'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { lineChunks } from './line-chunks.ts'
import { atOnce, EventTimePace, type LinePace, ratePace } from './line-pace.ts'
import { noLines, putLines } from './put-lines.ts'
import {
  PassingFailure,
  type PutOutcome,
  type PutPort,
  type PutShard,
  putBytesMax,
  putEntriesMax,
} from './put-port.ts'
import { RecordPutter } from './record-putter.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const text = (data: Uint8Array) => Buffer.from(data).toString()
const never = new AbortController().signal
const ranges = (count: number): PutShard[] =>
  initialHashRanges(count).map((range, i) => ({ shardId: `shardId-00000000000${i}`, range }))

/** A stream in memory. `fault` decides about each call and entry. */
class Peer implements PutPort {
  readonly calls: { readonly at: number; readonly entries: readonly UserRecord[] }[] = []
  readonly accepted: { readonly record: UserRecord; readonly shardId: string; readonly at: number }[] = []
  shards: readonly PutShard[] = ranges(1)
  callFault: () => Error | undefined = () => undefined
  entryFault: (record: UserRecord) => Extract<PutOutcome, { isAccepted: false }> | undefined = () => undefined
  readonly #clock: VirtualClock
  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  async openShards() {
    return this.shards
  }

  async put(entries: readonly UserRecord[]): Promise<readonly PutOutcome[]> {
    expect(entries.length).toBeGreaterThan(0)
    expect(entries.length).toBeLessThanOrEqual(putEntriesMax)
    const size = entries.reduce((sum, { data, partitionKey }) => sum + data.length + partitionKey.length, 0)
    expect(size).toBeLessThanOrEqual(putBytesMax)
    this.calls.push({ at: this.#clock.now(), entries })
    const fault = this.callFault()
    if (fault !== undefined) throw fault
    return entries.map((record): PutOutcome => {
      const refused = this.entryFault(record)
      if (refused !== undefined) return refused
      const hash = BigInt(record.explicitHashKey ?? `0x${md5Hex(bytes(record.partitionKey))}`)
      const { shardId } = this.shards.find(({ range }) => hash >= range.start && hash <= range.end)!
      this.accepted.push({ record, shardId, at: this.#clock.now() })
      return { isAccepted: true, shardId }
    })
  }
}

/** Lets virtual time pass until the work has ended. */
async function settle<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  done.catch(() => {})
  while (!isDone) await clock.advance(clock.pending > 0 ? Math.max(0, clock.nextWake - clock.now()) : 0)
  return done
}

async function* chunksOf(data: string | Uint8Array, sizes: readonly number[] = [1 << 20]) {
  const all = typeof data === 'string' ? bytes(data) : data
  for (let at = 0, i = 0; at < all.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield all.slice(at, at + size)
    at += size
  }
}

const setUp = (options: { aggregateBytes?: number; giveUpMs?: number; seed?: number } = {}) => {
  const clock = new VirtualClock(1_000_000)
  const peer = new Peer(clock)
  const { seed, ...rest } = options
  const putter = new RecordPutter(peer, { clock, random: seededRandom(seed ?? 1), ...rest })
  return { clock, peer, putter }
}

describe('lines', () => {
  test('are those of the text, however it is cut into chunks', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', 'ü', '\r', '"', ' ') })
    await fc.assert(
      fc.asyncProperty(
        fc.array(line),
        fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
        async (lines, sizes) => {
          const whole = bytes(lines.join('\n'))
          const got: string[] = []
          for await (const some of lineChunks(chunksOf(whole, sizes))) got.push(...some.map(text))
          const expected = lines.map((each) => each.replace(/\r$/, ''))
          // A last line without an end is one only if it has bytes.
          if (lines.at(-1) === '') expected.pop()
          expect(got).toEqual(expected)
        },
      ),
    )
  })

  test('begin after a byte order mark', async () => {
    const got: string[] = []
    for await (const some of lineChunks(chunksOf('\u{feff}one\ntwo'))) got.push(...some.map(text))
    expect(got).toEqual(['one', 'two'])
  })

  test('that no record can hold are an error that names them', async () => {
    const long = `${'x'.repeat(10_485_760)}\n`
    const read = async (data: string) => {
      for await (const _ of lineChunks(chunksOf(data))) void _
    }
    await read(`ok\n${long}`)
    await expect(read(`ok\nx${long}`)).rejects.toMatchObject({
      code: 'LINE_TOO_LONG',
      message: expect.stringContaining('line 2 '),
    })
  })

  test('get keys from their path; those without one are named after their place, and counted', async () => {
    const { clock, peer, putter } = setUp()
    const progress = noLines()
    const data = '{"id":7}\n\n{"id":"a\\u0041"}\n{"x":1}\nno json\n'
    const options = { name: 'f.ndjson', putter, pace: atOnce, clock, signal: never, progress }
    await settle(
      clock,
      putLines({ ...options, lines: lineChunks(chunksOf(data)), key: { kind: 'path', path: '$.id' } }),
    )
    expect(peer.accepted.map(({ record }) => [record.partitionKey, text(record.data)])).toEqual([
      ['7', '{"id":7}'],
      ['aA', '{"id":"a\\u0041"}'],
      ['f.ndjson:4', '{"x":1}'],
      ['f.ndjson:5', 'no json'],
    ])
    expect(progress).toEqual({ lines: 5, bytes: data.length, keyless: 2, firstKeyless: 4 })
  })
})

describe('batches', () => {
  test('hold at most 500 records and 10 MiB, and are full when there is enough', async () => {
    const { clock, peer, putter } = setUp()
    for (let i = 0; i < 1200; i++) putter.add({ partitionKey: 'k', data: bytes(String(i)) })
    await settle(clock, putter.flush())
    expect(peer.calls.map(({ entries }) => entries.length)).toEqual([500, 500, 200])
    for (let i = 0; i < 5; i++) putter.add({ partitionKey: 'k', data: new Uint8Array(3 << 20) })
    putter.add({ partitionKey: 'k', data: new Uint8Array(putBytesMax - 1) })
    await settle(clock, putter.flush())
    expect(peer.calls.slice(3).map(({ entries }) => entries.length)).toEqual([3, 2, 1])
    expect(putter.counts).toMatchObject({ records: 1206, entries: 1206, calls: 6, retries: 0, throttles: 0 })
  })

  test('whatever fails, each record is accepted once, and those of a key are sent in their order', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 2 ** 30 }),
        fc.integer({ min: 1, max: 1500 }),
        async (seed, n) => {
          const { clock, peer, putter } = setUp({ seed })
          const random = seededRandom(seed)
          const refusedFrom = new Map<string, number>()
          peer.callFault = () =>
            random.next() < 0.2 ? new PassingFailure('later', { isThrottle: random.next() < 0.5 }) : undefined
          // A hot key is refused for a while, with everything that follows it, as a shard out of its rate does.
          peer.entryFault = ({ partitionKey }) => {
            const until = refusedFrom.get(partitionKey) ?? 0
            if (until <= clock.now() && random.next() < 0.01) refusedFrom.set(partitionKey, clock.now() + 100)
            return (refusedFrom.get(partitionKey) ?? 0) > clock.now()
              ? { isAccepted: false, isThrottle: true, message: 'rate' }
              : undefined
          }
          const put = async () => {
            for (let i = 0; i < n; i++) {
              if (putter.isFull) await putter.room()
              putter.add({ partitionKey: `k${random.below(9)}`, data: bytes(String(i)) })
            }
            await putter.flush()
          }
          await settle(clock, put())
          expect(peer.accepted).toHaveLength(n)
          const byKey = new Map<string, number[]>()
          for (const { record } of peer.accepted)
            byKey.set(record.partitionKey, [
              ...(byKey.get(record.partitionKey) ?? []),
              Number(text(record.data)),
            ])
          for (const list of byKey.values()) expect(list).toEqual([...list].sort((a, b) => a - b))
          expect(putter.counts.records).toBe(n)
          const sent = peer.calls.reduce((sum, { entries }) => sum + entries.length, 0)
          expect(sent).toBe(n + putter.counts.retries)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('only what failed is sent again, before what came later', async () => {
    const { clock, peer, putter } = setUp()
    let left = 1
    peer.entryFault = ({ data }) =>
      text(data) === '1' && left-- > 0
        ? { isAccepted: false, isThrottle: false, message: 'Internal Service Failure.' }
        : undefined
    for (const data of ['0', '1', '2']) putter.add({ partitionKey: 'k', data: bytes(data) })
    await settle(clock, putter.flush())
    expect(peer.calls.map(({ entries }) => entries.map(({ data }) => text(data)))).toEqual([
      ['0', '1', '2'],
      ['1'],
    ])
    expect(putter.counts).toMatchObject({ retries: 1, throttles: 0 })
  })

  test('a stream that accepts nothing for a minute is given up, with its last answer', async () => {
    const { clock, peer, putter } = setUp()
    const started = clock.now()
    peer.entryFault = () => ({ isAccepted: false, isThrottle: true, message: 'Rate exceeded.' })
    putter.add({ partitionKey: 'k', data: bytes('x') })
    await expect(settle(clock, putter.flush())).rejects.toMatchObject({
      code: 'PUT_GIVEN_UP',
      message: expect.stringContaining('Rate exceeded.'),
    })
    expect(clock.now() - started).toBeGreaterThanOrEqual(60_000)
    expect(clock.now() - started).toBeLessThan(65_000)
    expect(() => putter.add({ partitionKey: 'k', data: bytes('y') })).toThrow('PUT_GIVEN_UP')
    await expect(putter.room()).rejects.toThrow('PUT_GIVEN_UP')
  })

  test('an error that waiting does not cure ends it at once, also for a producer that waits', async () => {
    const { clock, peer, putter } = setUp()
    peer.callFault = () => new Error('no such stream')
    const put = async () => {
      for (;;) {
        if (putter.isFull) await putter.room()
        putter.add({ partitionKey: 'k', data: bytes('x') })
      }
    }
    await expect(settle(clock, put())).rejects.toThrow('no such stream')
    expect(peer.calls).toHaveLength(1)
  })
})

describe('aggregates', () => {
  const users = (n: number): UserRecord[] =>
    Array.from({ length: n }, (_, i) => ({ partitionKey: `key-${i % 97}`, data: bytes(String(i)) }))

  test('hold records of their shard only, and all of them in their order per key', async () => {
    const { clock, peer, putter } = setUp({ aggregateBytes: 2000 })
    peer.shards = ranges(5)
    for (const record of users(3000)) putter.add(record)
    await settle(clock, putter.flush())
    const seen: UserRecord[] = []
    for (const { record, shardId } of peer.accepted) {
      const { range } = peer.shards.find((shard) => shard.shardId === shardId)!
      const { outcome, records } = deaggregate(record, range)
      expect(['aggregate', 'plain']).toContain(outcome)
      expect(record.data.length).toBeLessThanOrEqual(2000)
      seen.push(...records)
    }
    for (const key of new Set(seen.map(({ partitionKey }) => partitionKey))) {
      const of = (list: readonly UserRecord[]) =>
        list.filter(({ partitionKey }) => partitionKey === key).map(({ data }) => text(data))
      expect(of(seen)).toEqual(of(users(3000)))
    }
    expect(putter.counts).toMatchObject({ records: 3000, entries: peer.accepted.length })
    expect(peer.accepted.length).toBeLessThan(100)
  })

  test('that a split or merge made foreign are sent again, so that a checking reader meets each record', async () => {
    const { clock, peer, putter } = setUp({ aggregateBytes: 2000 })
    peer.shards = ranges(2)
    // Shards change with every third call; ids are never used again.
    let generation = 0
    peer.callFault = () => {
      if (peer.calls.length % 3 === 0)
        peer.shards = ranges(1 + (++generation % 4)).map((shard) => ({
          ...shard,
          shardId: `${shard.shardId}-${generation}`,
        }))
      return undefined
    }
    const put = async () => {
      for (const record of users(5000)) {
        if (putter.isFull) await putter.room()
        putter.add(record)
        if (Number(text(record.data)) % 400 === 0) await putter.flush()
      }
      await putter.flush()
    }
    const maps: (readonly PutShard[])[] = []
    const accepted: { readonly record: UserRecord; readonly shard: PutShard }[] = []
    const inner = peer.put.bind(peer)
    peer.put = async (entries) => {
      const outcomes = await inner(entries)
      maps.push(peer.shards)
      for (const [i, outcome] of outcomes.entries())
        if (outcome.isAccepted)
          accepted.push({
            record: entries[i]!,
            shard: peer.shards.find(({ shardId }) => shardId === outcome.shardId)!,
          })
      return outcomes
    }
    await settle(clock, put())
    expect(generation).toBeGreaterThan(2)
    const seen = accepted.flatMap(({ record, shard }) => {
      const { outcome, records } = deaggregate(record, shard.range)
      return outcome === 'foreign' ? [] : records
    })
    const foreign = accepted.filter(
      ({ record, shard }) => deaggregate(record, shard.range).outcome === 'foreign',
    )
    expect(foreign.length).toBeGreaterThan(0)
    expect(seen.map(({ data }) => Number(text(data))).sort((a, b) => a - b)).toEqual(
      users(5000).map((_, i) => i),
    )
    expect(putter.counts.records).toBe(5000)
  })
})

describe('pace', () => {
  async function timesOf(data: string, pace: (clock: VirtualClock) => LinePace) {
    const { clock, peer, putter } = setUp()
    const started = clock.now()
    const options = { name: 'f', lines: lineChunks(chunksOf(data)), putter, clock, signal: never }
    await settle(clock, putLines({ ...options, key: { kind: 'fixed', key: 'k' }, pace: pace(clock) }))
    return peer.accepted.map(({ record, at }) => [text(record.data), at - started] as const)
  }

  test('a rate is kept on the whole, and open: n records in n / rate seconds', async () => {
    const lines = Array.from({ length: 301 }, (_, i) => String(i)).join('\n')
    const times = await timesOf(lines, (clock) => ratePace(150, clock))
    expect(times.at(-1)).toEqual(['300', 2000])
    for (const [i, [line, at]] of times.entries()) {
      expect(line).toBe(String(i))
      expect(Math.abs(at - (i * 1000) / 150)).toBeLessThanOrEqual(10)
    }
  })

  const line = (at: string, name: string) => `{"at":"2026-01-01T00:00:${at}Z","name":"${name}"}`
  const file = [line('00', 'a'), line('10', 'b'), '{"name":"c"}', line('05', 'd'), line('30', 'e')].join('\n')
  const nameOf = (each: string) => JSON.parse(each).name

  test('event times set the rhythm, divided by the speed; lines without or with earlier times go with those before', async () => {
    const times = await timesOf(file, (clock) => new EventTimePace({ timePath: '$.at', speed: 10 }, clock))
    expect(times.map(([each, at]) => [nameOf(each), at])).toEqual([
      ['a', 0],
      ['b', 1000],
      ['c', 1000],
      ['d', 1000],
      ['e', 3000],
    ])
  })

  test('a range begins at once with its first line and leaves out what is before it, or at its end and after', async () => {
    let pace: EventTimePace | undefined
    const range = { fromMs: Date.parse('2026-01-01T00:00:05Z'), toMs: Date.parse('2026-01-01T00:00:30Z') }
    const times = await timesOf(file, (clock) => {
      pace = new EventTimePace({ timePath: '$.at', speed: 1, ...range }, clock)
      return pace
    })
    expect(times.map(([each, at]) => [nameOf(each), at])).toEqual([
      ['b', 0],
      ['c', 0],
      ['d', 0],
    ])
    expect(pace).toMatchObject({ left: 2, timeless: 1, time: Date.parse('2026-01-01T00:00:10Z') })
  })

  test('as fast as possible is without a pause', async () => {
    const times = await timesOf(
      file,
      (clock) => new EventTimePace({ timePath: '$.at', speed: Number.POSITIVE_INFINITY }, clock),
    )
    expect(times.map(([, at]) => at)).toEqual([0, 0, 0, 0, 0])
  })

  test('a signal ends the reading, and what was read is accepted', async () => {
    const { clock, peer, putter } = setUp()
    const stop = new AbortController()
    const options = { name: 'f', lines: lineChunks(chunksOf(file)), putter, clock, signal: stop.signal }
    const pace = new EventTimePace({ timePath: '$.at', speed: 1 }, clock)
    const work = putLines({ ...options, key: { kind: 'fixed', key: 'k' }, pace })
    await clock.advance(15_000)
    stop.abort()
    await settle(clock, work)
    expect(peer.accepted.map(({ record }) => nameOf(text(record.data)))).toEqual(['a', 'b', 'c', 'd'])
  })
})
