/** Any sequence of puts, splits, merges, failed commits, restarts and passing time reads like lists in memory. */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommitPoint } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Reply, type ServiceKit, START_MS, serviceKit } from './testing/service-kit.ts'

const DAY_MS = 86_400_000
const HASHES = 2n ** 128n

interface ModelRecord {
  readonly number: bigint
  readonly arrival: number
  readonly text: string
}

interface ModelShard {
  readonly start: bigint
  readonly end: bigint
  readonly parents: readonly number[]
  closedAt: number | undefined
  readonly records: ModelRecord[]
}

interface IteratorInput {
  StreamName: string
  ShardId: string
  ShardIteratorType: string
  StartingSequenceNumber?: string
  Timestamp?: Date | number
}

const keys = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'k'.repeat(256), 'é', '"\\\n'),
  fc.string({ minLength: 1, maxLength: 5 }),
)
const puts = fc.array(
  fc.record({
    key: keys,
    hash: fc.option(fc.bigInt({ min: 0n, max: HASHES - 1n }), { freq: 3, nil: undefined }),
    // Now and then a record of which three fill a batch of the store.
    bytes: fc.oneof({ weight: 20, arbitrary: fc.nat(60) }, { weight: 1, arbitrary: fc.constant(100_000) }),
  }),
  { minLength: 1, maxLength: 12 },
)
const places = fc.oneof(
  fc.constantFrom({ type: 'TRIM_HORIZON' as const }, { type: 'LATEST' as const }),
  fc.record({
    type: fc.constantFrom('AT_SEQUENCE_NUMBER' as const, 'AFTER_SEQUENCE_NUMBER' as const),
    pick: fc.nat(1_000),
  }),
  fc.record({
    type: fc.constant('AT_TIMESTAMP' as const),
    pick: fc.nat(1_000),
    off: fc.constantFrom(-1, 0, 1),
  }),
)
const acts = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant('put' as const),
      calls: fc.array(puts, { minLength: 1, maxLength: 3 }),
      single: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant('read' as const),
      shard: fc.nat(50),
      place: places,
      limit: fc.constantFrom(1, 2, 7, 10_000),
      encoding: fc.constantFrom('json' as const, 'cbor' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('split' as const), shard: fc.nat(50), at: fc.nat(1_000) }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('merge' as const), shard: fc.nat(50) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('time' as const),
      ms: fc.constantFrom(1, 20, 999, 1_000, 60_000, DAY_MS / 2, DAY_MS),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('retention' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reopen' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('fail' as const),
      calls: fc.array(puts, { minLength: 1, maxLength: 2 }),
      at: fc.constantFrom('before-begin' as const, 'in-transaction' as const, 'before-commit' as const),
    }),
  },
)
type Act = typeof acts extends fc.Arbitrary<infer T> ? T : never
type Puts = typeof puts extends fc.Arbitrary<infer T> ? T : never

it('the data plane answers like lists in memory', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(acts, { maxLength: 30 }),
      async (shards, list) => {
        const run = await Run.open(shards)
        try {
          for (const act of list) await run.apply(act)
          await run.compareAll()
        } finally {
          await run.close()
        }
      },
    ),
    { numRuns: 60 },
  )
})

class Run {
  readonly #dir: string
  readonly #clock = new VirtualClock(START_MS)
  readonly #shards: ModelShard[]
  #kit: ServiceKit
  #failAt: CommitPoint | undefined
  #count = 0

  static async open(shards: number): Promise<Run> {
    const dir = mkdtempSync(join(tmpdir(), 'millrace-model-'))
    const run = new Run(dir, shards)
    await run.#open()
    await run.#kit.call('CreateStream', { StreamName: 's', ShardCount: shards })
    return run
  }

  private constructor(dir: string, shards: number) {
    this.#dir = dir
    // Set by `open`, which alone makes a Run, before anything else is called.
    this.#kit = undefined as unknown as ServiceKit
    const width = HASHES / BigInt(shards)
    this.#shards = Array.from({ length: shards }, (_, i) => ({
      start: width * BigInt(i),
      end: i === shards - 1 ? HASHES - 1n : width * BigInt(i + 1) - 1n,
      parents: [],
      closedAt: undefined,
      records: [],
    }))
  }

  async #open(): Promise<void> {
    const probe = (point: CommitPoint): void => {
      if (point === this.#failAt) throw new Error(`stopped ${point}`)
    }
    this.#kit = await serviceKit({ dir: this.#dir, clock: this.#clock, probe })
  }

  async close(): Promise<void> {
    await this.#kit.close()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  async apply(act: Act): Promise<void> {
    switch (act.act) {
      case 'put':
        return act.single ? this.#putSingle(act.calls.flat()) : this.#put(act.calls)
      case 'fail':
        return this.#fail(act.calls, act.at)
      case 'read':
        return this.#read(act)
      case 'split':
        return this.#split(act.shard, act.at)
      case 'merge':
        return this.#merge(act.shard)
      case 'time':
        return this.#clock.advance(act.ms)
      case 'retention':
        this.#kit.store.enforceRetention(this.#clock.now())
        return
      case 'reopen':
        await this.#kit.close()
        return this.#open()
    }
  }

  /** All calls of one turn; their order is that of the calls. */
  async #put(calls: readonly Puts[]): Promise<void> {
    const inputs = calls.map((list) => list.map((record) => this.#entry(record)))
    const replies = await Promise.all(
      inputs.map((list) =>
        this.#kit.call('PutRecords', { StreamName: 's', Records: list.map(({ wire }) => wire) }),
      ),
    )
    for (const [i, reply] of replies.entries()) {
      expect(reply.FailedRecordCount).toBe(0)
      expect(reply.Records).toHaveLength(inputs[i]!.length)
      for (const [k, { shard, text }] of inputs[i]!.entries()) this.#store(shard, text, reply.Records[k])
    }
  }

  async #putSingle(list: Puts): Promise<void> {
    const entries = list.map((record) => this.#entry(record))
    const replies = await Promise.all(
      entries.map(({ wire }) => this.#kit.call('PutRecord', { StreamName: 's', ...wire }, 'json')),
    )
    for (const [i, { shard, text }] of entries.entries()) this.#store(shard, text, replies[i])
  }

  #entry({ key, hash, bytes }: Puts[number]): { wire: object; shard: number; text: string } {
    const value = hash ?? BigInt(`0x${createHash('md5').update(key).digest('hex')}`)
    const shard = this.#shards.findIndex(
      ({ start, end, closedAt }) => closedAt === undefined && start <= value && value <= end,
    )
    const data = Buffer.from(`${this.#count++} `.padEnd(bytes, '.'))
    const wire = { Data: data, PartitionKey: key, ExplicitHashKey: hash?.toString() }
    return { wire: { ...wire, Data: data }, shard, text: `${key} ${data}` }
  }

  #store(shard: number, text: string, { ShardId, SequenceNumber }: Reply): void {
    expect(ShardId).toBe(idOf(shard))
    const { records } = this.#shards[shard]!
    const number = BigInt(SequenceNumber)
    expect(number > (records.at(-1)?.number ?? 0n)).toBe(true)
    records.push({ number, arrival: this.#clock.now(), text })
  }

  /** What was not acknowledged is not there; the process goes on. */
  async #fail(calls: readonly Puts[], at: CommitPoint): Promise<void> {
    this.#failAt = at
    const replies = await Promise.all(
      calls.map((list) =>
        this.#kit.call('PutRecords', {
          StreamName: 's',
          Records: list.map((record) => this.#entry(record).wire),
        }),
      ),
    )
    this.#failAt = undefined
    for (const [i, { FailedRecordCount, Records }] of replies.entries()) {
      expect(FailedRecordCount).toBe(calls[i]!.length)
      for (const record of Records)
        expect(record).toEqual({ ErrorCode: 'InternalFailure', ErrorMessage: 'Internal Service Failure.' })
    }
  }

  async #split(pick: number, at: number): Promise<void> {
    const shard = this.#openShard(pick)
    const { start, end } = this.#shards[shard]!
    const middle = start + 2n + ((end - start - 3n) * BigInt(at)) / 1_000n
    if (middle <= start + 1n || middle >= end) return
    await this.#kit.call('SplitShard', {
      StreamName: 's',
      ShardToSplit: idOf(shard),
      NewStartingHashKey: String(middle),
    })
    this.#replace(
      [shard],
      [
        [start, middle - 1n],
        [middle, end],
      ],
    )
  }

  async #merge(pick: number): Promise<void> {
    const shard = this.#openShard(pick)
    const { start, end } = this.#shards[shard]!
    const other = this.#shards.findIndex((next) => next.closedAt === undefined && next.start === end + 1n)
    if (other < 0) return
    await this.#kit.call('MergeShards', {
      StreamName: 's',
      ShardToMerge: idOf(shard),
      AdjacentShardToMerge: idOf(other),
    })
    this.#replace([shard, other], [[start, this.#shards[other]!.end]])
  }

  #openShard(pick: number): number {
    const open = [...this.#shards.keys()].filter((shard) => this.#shards[shard]!.closedAt === undefined)
    return open[pick % open.length]!
  }

  #replace(parents: readonly number[], ranges: readonly (readonly [bigint, bigint])[]): void {
    for (const parent of parents) this.#shards[parent]!.closedAt = this.#clock.now()
    for (const [start, end] of ranges)
      this.#shards.push({ start, end, parents, closedAt: undefined, records: [] })
  }

  async #read({ shard: pick, place, limit, encoding }: Extract<Act, { act: 'read' }>): Promise<void> {
    const shard = pick % this.#shards.length
    const { records, closedAt } = this.#shards[shard]!
    const horizon = this.#clock.now() - DAY_MS
    const input: IteratorInput = {
      StreamName: 's',
      ShardId: idOf(shard),
      ShardIteratorType: place.type,
    }
    let expected: ModelRecord[]
    const picked = 'pick' in place ? records[place.pick % Math.max(1, records.length)] : undefined
    if (place.type === 'AT_TIMESTAMP') {
      const time = (picked?.arrival ?? START_MS) + place.off
      if (time > this.#clock.now()) return
      input.Timestamp = encoding === 'cbor' ? new Date(time) : time / 1000
      expected = records.filter(({ arrival }) => arrival >= time)
    } else if (place.type === 'TRIM_HORIZON') expected = records
    else if (place.type === 'LATEST') expected = []
    else {
      if (picked === undefined) return
      input.StartingSequenceNumber = String(picked.number)
      const isAfter = place.type === 'AFTER_SEQUENCE_NUMBER'
      expected = records.filter(({ number }) => (isAfter ? number > picked.number : number >= picked.number))
    }
    expected = expected.filter(({ arrival }) => arrival >= horizon)
    if (closedAt !== undefined && closedAt < horizon) {
      expect(await this.#kit.fault('GetShardIterator', jsonInput(input))).toBe('ResourceNotFoundException')
      return
    }
    const { ShardIterator } = await this.#kit.call('GetShardIterator', input, encoding)
    await this.#readFrom(ShardIterator, { shard, expected, limit, encoding })
  }

  async #readFrom(
    iterator: string,
    how: { shard: number; expected: readonly ModelRecord[]; limit: number; encoding: 'json' | 'cbor' },
  ): Promise<void> {
    const { shard, expected, limit, encoding } = how
    const found: ModelRecord[] = []
    for (let next: string | undefined = iterator; next !== undefined; ) {
      const reply: Reply = await this.#kit.call('GetRecords', { ShardIterator: next, Limit: limit }, encoding)
      expect(reply.Records.length).toBeLessThanOrEqual(limit)
      for (const record of reply.Records) {
        const data =
          typeof record.Data === 'string' ? Buffer.from(record.Data, 'base64') : Buffer.from(record.Data)
        const time = record.ApproximateArrivalTimestamp
        found.push({
          number: BigInt(record.SequenceNumber),
          arrival: time instanceof Date ? time.getTime() : Math.round(time * 1000),
          text: `${record.PartitionKey} ${data}`,
        })
      }
      expect((reply.NextShardIterator === undefined) !== (reply.ChildShards === undefined)).toBe(true)
      const isLeft = found.length < expected.length
      const behind = isLeft ? this.#clock.now() - found.at(-1)!.arrival : 0
      expect(reply.MillisBehindLatest).toBe(behind)
      if (!isLeft && this.#shards[shard]!.closedAt !== undefined) {
        const children = [...this.#shards.entries()].filter(([, child]) => child.parents.includes(shard))
        expect(reply.ChildShards.map((child: Reply) => child.ShardId)).toEqual(
          children.map(([child]) => idOf(child)),
        )
      }
      if (reply.Records.length === 0 && reply.NextShardIterator !== undefined) break
      next = reply.NextShardIterator
    }
    expect(found).toEqual(expected)
  }

  /** Everything that is kept, and how the shards hang together. */
  async compareAll(): Promise<void> {
    for (const shard of this.#shards.keys()) {
      await this.#read({
        act: 'read',
        shard,
        place: { type: 'TRIM_HORIZON' },
        limit: 10_000,
        encoding: 'json',
      })
    }
    const { Shards } = await this.#kit.call('ListShards', { StreamName: 's' })
    for (const { ShardId, SequenceNumberRange } of Shards) {
      const { parents, records } = this.#shards[Number(ShardId.slice(8))]!
      const start = BigInt(SequenceNumberRange.StartingSequenceNumber)
      for (const parent of parents)
        for (const { number } of this.#shards[parent]!.records) expect(number < start).toBe(true)
      const end = SequenceNumberRange.EndingSequenceNumber
      for (const { number } of records) {
        expect(number > start).toBe(true)
        if (end !== undefined) expect(number < BigInt(end)).toBe(true)
      }
    }
  }
}

function idOf(shard: number): string {
  return `shardId-${String(shard).padStart(12, '0')}`
}

function jsonInput(input: IteratorInput): object {
  const time = input.Timestamp
  return time instanceof Date ? { ...input, Timestamp: time.getTime() / 1000 } : input
}
