/** Replays of random streams with splits and merges, against a plain reading of the log. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as macrotask } from 'node:timers/promises'
import { openStore, type Store } from '@millrace/store'
import { AggregateBuilder, type Clock, type Random, seededRandom, VirtualClock } from '@millrace/values'
import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import type { ReplaySink, SliceSink } from './replay-sink.ts'
import type { ReplayRead, ReplayRecord, ReplaySource } from './replay-source.ts'
import { storeSource } from './store-source.ts'
import { StreamReplay, type StreamReplayOptions } from './stream-replay.ts'

const start = Date.UTC(2026, 0, 1)
const bytes = (text: string) => new TextEncoder().encode(text)
const folders: string[] = []
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

class SetClock implements Clock {
  time = start
  now = () => this.time
  async sleep() {}
}

async function newStore(clock: Clock, shards: number): Promise<Store> {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-replay-'))
  folders.push(dir)
  const store = await openStore({ dir, clock })
  store.defineStream({ name: 's', shards, retentionMs: Number.POSITIVE_INFINITY })
  return store
}

/** Puts, splits, merges and lets time pass in whole units, so that many records have one time: often that of a border. */
class Writer {
  count = 0
  unitMs = 1000
  readonly #store: Store
  readonly #clock: SetClock
  readonly #random: Random
  constructor(store: Store, clock: SetClock, random: Random) {
    this.#store = store
    this.#clock = clock
    this.#random = random
  }

  act(): void {
    const act = this.#random.below(10)
    if (act < 6) {
      const records = Array.from({ length: this.#random.below(5) }, () => {
        const key = bytes(`k${this.#random.below(12)}`)
        return { key, data: bytes(String(this.count++)) }
      })
      this.#store.commit((transaction) => transaction.append('s', records))
    } else if (act < 8) this.#clock.time += this.unitMs * this.#random.below(4)
    else this.#reshard(act === 8)
  }

  #reshard(isSplit: boolean): void {
    const open = this.#store.stream('s')!.shardInfos.filter(({ closedAt }) => closedAt === undefined)
    const sorted = [...open].sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
    const at = this.#random.below(sorted.length)
    const one = sorted[at]!
    const next = sorted[at + 1]
    if (isSplit) {
      if (open.length > 6) return
      const middle = (one.range.start + one.range.end) / 2n
      const lower = { start: one.range.start, end: middle }
      const upper = { start: middle + 1n, end: one.range.end }
      const parents = [one.shard]
      this.#store.reshard('s', { close: parents, open: [lower, upper].map((range) => ({ range, parents })) })
    } else if (next !== undefined) {
      const range = { start: one.range.start, end: next.range.end }
      const parents = [one.shard, next.shard]
      this.#store.reshard('s', { close: parents, open: [{ range, parents }] })
    }
  }
}

interface Seen {
  readonly shardId: string
  readonly sequence: number
  readonly text: string
  readonly time: number
}

/** The log as it stands, shard by shard. */
function readLog(store: Store): Seen[] {
  return store.stream('s')!.shardInfos.flatMap(({ shard, oldest }) =>
    store.read('s', shard, oldest, { maxRecords: 1e9, maxBytes: 1e9 }).batches.flatMap((batch) => {
      if ('reason' in batch) throw new Error(batch.reason)
      return Array.from({ length: batch.count }, (_, i) => ({
        shardId: `shardId-${String(shard).padStart(12, '0')}`,
        sequence: batch.firstSequence + i + 1,
        text: Buffer.from(batch.bytes.subarray(batch.dataStart[i], batch.dataStart[i + 1])).toString(),
        time: batch.arrivalTime,
      }))
    }),
  )
}

class MemorySink implements ReplaySink {
  readonly slices: Seen[][] = []
  readonly lives: Seen[] = []
  state = ''
  onLive = () => {}

  slice(index: number): SliceSink {
    const list: Seen[] = []
    this.slices[index] = list
    return writer(list)
  }
  async complete() {
    this.state = 'complete'
  }
  async discard() {
    this.state = 'discarded'
  }
  live(): SliceSink {
    return writer(this.lives, () => this.onLive())
  }
}

function writer(list: Seen[], onWrite = () => {}): SliceSink {
  return {
    async write(shardId, records) {
      for (const { sequenceNumber, data, arrivalTimeMs } of records) {
        const text = Buffer.from(data).toString()
        list.push({ shardId, sequence: Number(sequenceNumber), text, time: arrivalTimeMs })
      }
      onWrite()
    },
    async end() {},
  }
}

const byPlace = (records: readonly Seen[]) =>
  [...records].sort((a, b) => a.shardId.localeCompare(b.shardId) || a.sequence - b.sequence)

/** A source that calls `beforeRead` before each read, and hides where shards end if only the time should tell. */
function disturbed(source: ReplaySource, isExact: boolean, beforeRead: () => void): ReplaySource {
  return {
    name: source.name,
    prepare: (slices, signal) => source.prepare(slices, signal),
    close: () => source.close(),
    async snapshot() {
      const { timeMs, shards } = await source.snapshot()
      return { timeMs, shards: isExact ? shards : shards.map((shard) => ({ ...shard, last: undefined })) }
    },
    open(options) {
      const reader = source.open(options)
      let later: ReplayRecord[] = []
      let children: ReplayRead['children']
      return {
        // A few records at a time, and sometimes none although there are more.
        async read() {
          beforeRead()
          if (later.length === 0 && children === undefined) {
            const read = await reader.read()
            later = [...read.records]
            children = read.children
            if (later.length === 0) return read
          }
          const records = later.splice(0, options.slice === undefined ? 3 : 2)
          const isCaughtUp = later.length === 0
          return { records, isCaughtUp, children: isCaughtUp ? children : undefined }
        },
        waitForNews: () => reader.waitForNews(),
        close: () => reader.close(),
      }
    },
  }
}

const never = new AbortController().signal
const base = { slices: 1, speed: Number.POSITIVE_INFINITY, deaggregate: false, signal: never }
async function run(options: Partial<StreamReplayOptions> & { source: ReplaySource; clock: Clock }) {
  const sink = new MemorySink()
  const replay = new StreamReplay({ ...base, sink, ...options })
  const result = await replay.backfill()
  return { sink, result, replay }
}

/** Records of a shard in the order of the log, and a shard's after all of its parents'. */
function expectOrder(store: Store, slice: readonly Seen[]): void {
  const ended = new Set<string>()
  const last = new Map<string, number>()
  const parents = new Map(
    store
      .stream('s')!
      .shardInfos.map(({ shard, parents: of }) => [
        `shardId-${String(shard).padStart(12, '0')}`,
        of.map((parent) => `shardId-${String(parent).padStart(12, '0')}`),
      ]),
  )
  for (const { shardId, sequence } of slice) {
    expect(sequence).toBeGreaterThan(last.get(shardId) ?? 0)
    expect(ended.has(shardId)).toBe(false)
    last.set(shardId, sequence)
    const markEnded = (id: string) => {
      for (const parent of parents.get(id) ?? []) {
        ended.add(parent)
        markEnded(parent)
      }
    }
    markEnded(shardId)
  }
}

const seeds = fc.integer({ min: 1, max: 2 ** 30 })

describe('slices', () => {
  test('for any number of them, the union is what the log holds between the two times, each record once', async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        fc.option(fc.integer({ min: -3, max: 20 }), { nil: undefined }),
        fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
        async (seed, slices, isExact, fromOffset, length) => {
          // Slices that only know the time are at least a second long.
          const unitMs = isExact ? 1 : 1000
          const clock = new SetClock()
          const store = await newStore(clock, 1 + (seed % 3))
          const writes = new Writer(store, clock, seededRandom(seed))
          writes.unitMs = unitMs
          for (let i = 0; i < 80; i++) writes.act()
          // What is there at this moment arrived before it.
          clock.time += unitMs
          const now = clock.time
          const fromMs = fromOffset === undefined ? undefined : Math.min(now, start + fromOffset * unitMs)
          const toMs = length === undefined ? undefined : Math.min(now, (fromMs ?? start) + length * unitMs)
          const source = disturbed(storeSource(store, 's', { clock }), isExact, () => {})
          const range = {
            ...(fromMs === undefined ? {} : { fromMs }),
            ...(toMs === undefined ? {} : { toMs }),
          }
          const { sink, result } = await run({ source, clock, slices, ...range })
          const expected = readLog(store).filter(
            ({ time }) => time >= (fromMs ?? 0) && time < (toMs ?? Number.POSITIVE_INFINITY),
          )
          expect(byPlace(sink.slices.flat())).toEqual(byPlace(expected))
          expect(sink.state).toBe('complete')
          expect(result!.slices).toBeLessThanOrEqual(slices)
          for (const slice of sink.slices) expectOrder(store, slice)
          // Slices follow one another in time.
          const ends = sink.slices.map((slice) => slice.map(({ time }) => time))
          for (let i = 1; i < ends.length; i++)
            expect(Math.max(...ends.slice(0, i).flat())).toBeLessThan(Math.min(Number.MAX_VALUE, ...ends[i]!))
          await store.close()
        },
      ),
      { numRuns: 25 },
    )
  })

  test('as many as asked for where the time is long enough, and fewer where it is not', async () => {
    const clock = new SetClock()
    const store = await newStore(clock, 1)
    const put = (text: string) =>
      store.commit((transaction) => transaction.append('s', [{ key: bytes('k'), data: bytes(text) }]))
    put('a')
    clock.time += 3
    const source = storeSource(store, 's', { clock })
    expect((await run({ source, clock, slices: 20 })).sink.slices).toHaveLength(3)
    clock.time += 100_000
    const { sink, result } = await run({ source, clock, slices: 20 })
    expect(sink.slices).toHaveLength(20)
    expect(result).toMatchObject({ fromMs: start, toMs: clock.time, slices: 20, shards: 1 })
    await store.close()
  })
})

describe('while records arrive and shards change', () => {
  test('backfill and live together hold every record once, and the live part begins at the cut-over', async () => {
    await fc.assert(
      fc.asyncProperty(
        seeds,
        fc.integer({ min: 1, max: 20 }),
        fc.boolean(),
        fc.boolean(),
        async (seed, slices, isExact, hasFrom) => {
          const clock = new SetClock()
          const store = await newStore(clock, 2)
          const random = seededRandom(seed)
          const writes = new Writer(store, clock, random)
          for (let i = 0; i < 40; i++) writes.act()
          const fromMs = start + Math.floor((clock.time - start) / 2)
          const atStart = readLog(store)
          let left = 40
          const meanwhile = () => {
            if (left-- > 0) writes.act()
          }
          const source = disturbed(storeSource(store, 's', { clock }), isExact, meanwhile)
          const stop = new AbortController()
          const { sink, result, replay } = await run({
            source,
            clock,
            slices,
            signal: stop.signal,
            ...(hasFrom ? { fromMs } : {}),
          })
          const backfill = sink.slices.flat()
          if (isExact)
            expect(byPlace(backfill)).toEqual(
              byPlace(atStart.filter(({ time }) => !hasFrom || time >= fromMs)),
            )
          const expected = () => readLog(store).filter(({ time }) => !hasFrom || time >= fromMs)
          const look = () => {
            if (left <= 0 && backfill.length + sink.lives.length >= expected().length) stop.abort()
          }
          sink.onLive = look
          const following = replay.follow(result!)
          // Whatever was not written during the reads is written now, with one record that is sure to come last.
          while (left-- > 0) writes.act()
          store.commit((transaction) => transaction.append('s', [{ key: bytes('z'), data: bytes('last') }]))
          await following
          expect(byPlace([...backfill, ...sink.lives])).toEqual(byPlace(expected()))
          expectOrder(store, sink.lives)
          for (const [shardId, position] of Object.entries(result!.cutOver)) {
            if (position.type !== 'after') continue
            const cut = Number(position.sequenceNumber)
            for (const record of backfill.filter((each) => each.shardId === shardId))
              expect(record.sequence).toBeLessThanOrEqual(cut)
            for (const record of sink.lives.filter((each) => each.shardId === shardId))
              expect(record.sequence).toBeGreaterThan(cut)
          }
          await store.close()
        },
      ),
      // A shard without records between shards that go on live: its children came before its parents.
      { numRuns: 25, examples: [[543020690, 1, false, false]] },
    )
  })
})

describe('ends that are not good', () => {
  async function filled() {
    const clock = new SetClock()
    const store = await newStore(clock, 2)
    const writes = new Writer(store, clock, seededRandom(7))
    for (let i = 0; i < 60; i++) writes.act()
    return { clock, store, source: storeSource(store, 's', { clock }) }
  }

  test('a stopped replay discards what it has', async () => {
    const { clock, store, source } = await filled()
    const stop = new AbortController()
    let reads = 0
    const stopping = disturbed(source, true, () => {
      if (++reads === 12) stop.abort()
    })
    const { sink, result } = await run({ source: stopping, clock, slices: 3, signal: stop.signal })
    expect(result).toBeUndefined()
    expect(sink.state).toBe('discarded')
    await store.close()
  })

  test('a slice that fails ends the others, and its error is what comes out', async () => {
    const { clock, store, source } = await filled()
    let reads = 0
    const failing = disturbed(source, true, () => {
      if (++reads === 12) throw new Error('the disk is gone')
    })
    const sink = new MemorySink()
    const replay = new StreamReplay({ ...base, source: failing, sink, clock, slices: 3 })
    await expect(replay.backfill()).rejects.toThrow('the disk is gone')
    expect(sink.state).toBe('discarded')
    await store.close()
  })

  test.each([
    [{ fromMs: start + 1e9 }, /is in the future/],
    [{ fromMs: start + 5, toMs: start + 4 }, /is after the end/],
    [{ toMs: start + 1e9 }, /the end, .* is in the future/],
  ])('times in the wrong order are refused: %j', async (range, message) => {
    const { clock, store, source } = await filled()
    await expect(run({ source, clock, ...range })).rejects.toMatchObject({
      code: 'REPLAY_RANGE',
      message: expect.stringMatching(message),
    })
    await store.close()
  })
})

test('with a speed, records come in the rhythm of their arrival, of all shards at once', async () => {
  const clock = new SetClock()
  const store = await newStore(clock, 4)
  const gaps = [0, 100, 900, 0, 3000]
  for (const [i, gap] of gaps.entries()) {
    clock.time += gap
    store.commit((transaction) => transaction.append('s', [{ key: bytes(`k${i}`), data: bytes(String(i)) }]))
  }
  const virtual = new VirtualClock(clock.time + 1)
  const at: number[] = []
  const sink = new MemorySink()
  sink.slice = () => ({
    async write(_, records) {
      for (const { data } of records)
        at[Number(Buffer.from(data).toString())] = virtual.now() - clock.time - 1
    },
    async end() {},
  })
  const source = storeSource(store, 's', { clock: virtual })
  const replay = new StreamReplay({ ...base, source, sink, clock: virtual, speed: 10 })
  let isDone = false
  const done = replay.backfill().finally(() => {
    isDone = true
  })
  // Time stands while anything is at work, so that each record is met at its own.
  while (!isDone)
    if (virtual.pending === 0) await macrotask()
    else await virtual.advance(virtual.nextWake - virtual.now())
  await done
  expect(at).toEqual([0, 10, 100, 100, 400])
  await store.close()
})

test('aggregates are taken apart if wished, and those of another shard are left out and counted', async () => {
  const clock = new SetClock()
  const store = await newStore(clock, 2)
  const aggregate = (keys: readonly string[]) => {
    const builder = new AggregateBuilder()
    for (const key of keys) builder.add({ partitionKey: key, data: bytes(`of ${key}`) })
    return builder.build()!.data
  }
  const shardOf = (key: string) => store.route('s', bytes(key), 0, key.length)
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  const here = keys.filter((key) => shardOf(key) === 0)
  const there = keys.filter((key) => shardOf(key) === 1)
  store.commit((transaction) =>
    transaction.append('s', [
      { key: bytes('a'), data: aggregate(here), shard: 0 },
      { key: bytes('a'), data: aggregate([here[0]!, there[0]!]), shard: 0 },
      { key: bytes('plain'), data: bytes('plain'), shard: 0 },
    ]),
  )
  clock.time += 1
  const source = storeSource(store, 's', { clock })
  const { sink } = await run({ source, clock, deaggregate: true })
  expect(sink.slices.flat().map(({ text }) => text)).toEqual([...here.map((key) => `of ${key}`), 'plain'])
  const whole = await run({ source, clock })
  expect(whole.sink.slices.flat()).toHaveLength(3)
  await store.close()
})
