import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ShardInfo, Store } from './port.ts'
import { openStore } from './store.ts'
import { bytes, isCorrupt, TestClock, testDirectory, text } from './testing/support.ts'

const top = 2n ** 128n - 1n

const acts = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('put' as const),
      keys: fc.array(fc.string({ maxLength: 8 }), { maxLength: 6 }),
    }),
  },
  // Routed before, appended after whatever reshards follow: a writer on another thread.
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constant('route' as const),
      keys: fc.array(fc.string({ maxLength: 8 }), { maxLength: 6 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('append routed' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('split' as const),
      shard: fc.nat(20),
      at: fc.bigInt({ min: 0n, max: top }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('merge' as const), shard: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('reopen' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ act: fc.constant('clock' as const), by: fc.integer({ min: -500, max: 700 }) }),
  },
)

test('open shards tile the hash space, children come after their parents, and each record stands once where its key led', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.array(acts, { maxLength: 40 }),
      async (shards, list) => {
        const dir = testDirectory()
        const clock = new TestClock()
        const open = async (): Promise<Store> => {
          const opened = await openStore({ dir, clock })
          opened.defineStream({ name: 's', shards, retentionMs: Number.POSITIVE_INFINITY })
          return opened
        }
        let store = await open()
        const put: string[] = []
        let routed: { shard: number; key: string }[] = []
        for (const act of list) {
          if (act.act === 'clock') clock.time += act.by
          if (act.act === 'reopen') {
            await store.close()
            store = await open()
            routed = []
          }
          if (act.act === 'put') {
            const records = act.keys.map((key) => ({ key: bytes(key), data: bytes(key) }))
            const places = store.commit((transaction) => transaction.append('s', records))
            const infos = store.stream('s')!.shardInfos
            for (const [i, key] of act.keys.entries()) expect(places[i]!.shard).toBe(ownerOf(infos, key))
            put.push(...act.keys)
          }
          if (act.act === 'route')
            routed.push(
              ...act.keys.map((key) => ({ key, shard: store.route('s', bytes(key), 0, bytes(key).length) })),
            )
          if (act.act === 'append routed') {
            store.commit((transaction) => {
              for (const shard of new Set(routed.map((each) => each.shard))) {
                const builder = store.builder()
                for (const { key } of routed.filter((each) => each.shard === shard))
                  builder.add(bytes(key), 0, bytes(key).length, bytes(key), 0, bytes(key).length, 0)
                transaction.appendBatch('s', shard, builder)
              }
            })
            put.push(...routed.map(({ key }) => key))
            routed = []
          }
          if (act.act === 'split' || act.act === 'merge') reshard(store, act)
          check(store, put)
        }
        await store.close()
      },
    ),
    { numRuns: 60 },
  )
})

function reshard(
  store: Store,
  act: { act: 'split'; shard: number; at: bigint } | { act: 'merge'; shard: number },
): void {
  const open = store
    .stream('s')!
    .shardInfos.filter(({ closedAt }) => closedAt === undefined)
    .sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
  const at = act.shard % open.length
  const { shard, range } = open[at]!
  if (act.act === 'merge') {
    const next = open[at + 1]
    if (next === undefined) return
    const whole = { start: range.start, end: next.range.end }
    store.reshard('s', { close: [shard, next.shard], open: [{ range: whole, parents: [shard, next.shard] }] })
    return
  }
  const size = range.end - range.start
  if (size === 0n) return
  const middle = range.start + 1n + (act.at % size)
  const made = store.reshard('s', {
    close: [shard],
    open: [
      { range: { start: range.start, end: middle - 1n }, parents: [shard] },
      { range: { start: middle, end: range.end }, parents: [shard] },
    ],
  })
  const { shardInfos } = store.stream('s')!
  expect(made).toEqual([shardInfos.length - 2, shardInfos.length - 1])
}

/** The naive owner: MD5 by another implementation, as one big integer, against every open range. */
function ownerOf(infos: readonly ShardInfo[], key: string): number {
  const hash = BigInt(`0x${createHash('md5').update(key).digest('hex')}`)
  return infos.find(
    ({ closedAt, range }) => closedAt === undefined && range.start <= hash && hash <= range.end,
  )!.shard
}

function check(store: Store, put: readonly string[]): void {
  const infos = store.stream('s')!.shardInfos
  let next = 0n
  for (const { range } of infos
    .filter(({ closedAt }) => closedAt === undefined)
    .sort((a, b) => (a.range.start < b.range.start ? -1 : 1))) {
    expect(range.start).toBe(next)
    next = range.end + 1n
  }
  expect(next).toBe(top + 1n)
  const found: string[] = []
  for (const { shard, range, parents, createdAt, closedAt } of infos) {
    for (const parent of parents) {
      expect(parent).toBeLessThan(shard)
      expect(infos[parent]!.closedAt).toBe(createdAt)
    }
    for (const batch of store.read('s', shard, 0, { maxRecords: 1e6, maxBytes: 1e9 }).batches) {
      if (isCorrupt(batch)) throw new Error('corrupt')
      expect(batch.arrivalTime).toBeGreaterThanOrEqual(createdAt)
      if (closedAt !== undefined) expect(batch.arrivalTime).toBeLessThanOrEqual(closedAt)
      for (let i = 0; i < batch.count; i++) {
        const key = text(batch.bytes.subarray(batch.keyStart[i], batch.keyStart[i + 1]))!
        const hash = BigInt(`0x${createHash('md5').update(key).digest('hex')}`)
        expect(range.start <= hash && hash <= range.end).toBe(true)
        found.push(key)
      }
    }
  }
  expect(found.sort()).toEqual([...put].sort())
}

async function small(): Promise<Store> {
  const store = await openStore({ dir: testDirectory(), clock: new TestClock() })
  store.defineStream({ name: 's', shards: 2, retentionMs: 1_000 })
  return store
}

test('a change that does not cover what it closes is refused, and changes nothing', async () => {
  const store = await small()
  const [first, second] = store.stream('s')!.shardInfos
  const half = { start: first!.range.start, end: first!.range.end - 1n }
  const changes = [
    { close: [0], open: [{ range: half, parents: [0] }] },
    { close: [0], open: [{ range: first!.range, parents: [] }] },
    { close: [0], open: [{ range: first!.range, parents: [1] }] },
    { close: [], open: [] },
    { close: [0, 0], open: [{ range: first!.range, parents: [0] }] },
    { close: [0], open: [{ range: { start: 0n, end: second!.range.end }, parents: [0] }] },
  ]
  for (const change of changes)
    expect(() => store.reshard('s', change)).toThrow(
      expect.objectContaining({ code: 'STORE_RESHARD_INVALID' }),
    )
  expect(() => store.reshard('s', { close: [7], open: [] })).toThrow(
    expect.objectContaining({ code: 'STORE_UNKNOWN_SHARD' }),
  )
  expect(() => store.reshard('other', { close: [0], open: [] })).toThrow(
    expect.objectContaining({ code: 'STORE_UNKNOWN_STREAM' }),
  )
  expect(store.stream('s')!.shardInfos).toEqual([first, second])
  await store.close()
})

test('another thread routes and appends by the layout of the latest commit', async () => {
  const store = await small()
  const other = await openStore({ dir: store.dir, clock: new TestClock(), share: store.share() })
  const records = Array.from({ length: 50 }, (_, i) => ({ key: bytes(`${i}`), data: bytes(`${i}`) }))
  other.commit((transaction) => transaction.append('s', records))
  const { range } = store.stream('s')!.shardInfos[0]!
  const middle = (range.start + range.end) / 2n
  store.reshard('s', {
    close: [0],
    open: [
      { range: { start: range.start, end: middle }, parents: [0] },
      { range: { start: middle + 1n, end: range.end }, parents: [0] },
    ],
  })
  const places = other.commit((transaction) => transaction.append('s', records))
  expect(new Set(places.map(({ shard }) => shard))).toEqual(new Set([1, 2, 3]))
  await other.close()
  await store.close()
})

test('a closed shard takes no record that names it', async () => {
  const store = await small()
  const { range } = store.stream('s')!.shardInfos[1]!
  store.reshard('s', { close: [1], open: [{ range, parents: [1] }] })
  const record = { key: bytes('k'), data: bytes('d'), shard: 1 }
  expect(() => store.commit((transaction) => transaction.append('s', [record]))).toThrow(
    expect.objectContaining({ code: 'STORE_SHARD_CLOSED' }),
  )
  await store.close()
})

test('a deleted stream is gone at once, its records with the next retention, and its name begins anew', async () => {
  const store = await small()
  store.defineStream({ name: 'other', shards: 1, retentionMs: Number.POSITIVE_INFINITY })
  const many = Array.from({ length: 300 }, (_, i) => ({ key: bytes(`${i}`), data: bytes('x'.repeat(3_000)) }))
  for (let i = 0; i < 3; i++) store.commit((transaction) => transaction.append('s', many))
  store.commit((transaction) => transaction.append('other', many))
  store.deleteStream('s')
  expect(store.stream('s')).toBeUndefined()
  expect(() => store.read('s', 0, 0, { maxRecords: 1, maxBytes: 1 })).toThrow(
    expect.objectContaining({ code: 'STORE_UNKNOWN_STREAM' }),
  )
  // Made again before its old records are removed: it must not find them.
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  expect(store.stream('s')!.shardInfos.map(({ next }) => next)).toEqual([0])
  store.enforceRetention(0)
  expect(store.stream('s')!.shardInfos.map(({ next }) => next)).toEqual([0])
  expect(store.stream('other')!.shardInfos[0]!.next).toBe(300)
  expect(() => store.deleteStream('nobody')).toThrow(
    expect.objectContaining({ code: 'STORE_UNKNOWN_STREAM' }),
  )
  await store.close()
})

test('a stream made anew within the same millisecond is told from the one before', async () => {
  const store = await small()
  const before = store.stream('s')!.createdAt
  store.deleteStream('s')
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  expect(store.stream('s')!.createdAt).toBeGreaterThan(before)
  await store.close()
})

test('a transaction says which shards are open, and a builder shows its records to route them anew', async () => {
  const store = await openStore({ dir: testDirectory(), clock: new TestClock() })
  store.defineStream({ name: 's', shards: 1, retentionMs: 1_000 })
  const builder = store.builder()
  for (const [key, data] of [
    ['a', 'one'],
    ['bb', ''],
    ['', 'three'],
  ])
    builder.add(bytes(key!), 0, key!.length, bytes(data!), 0, data!.length, 0)
  const half = 2n ** 127n
  store.reshard('s', {
    close: [0],
    open: [
      { range: { start: 0n, end: half - 1n }, parents: [0] },
      { range: { start: half, end: top }, parents: [0] },
    ],
  })
  expect(store.commit((transaction) => [0, 1, 2].map((shard) => transaction.isOpen('s', shard)))).toEqual([
    false,
    true,
    true,
  ])
  expect(() => store.commit((transaction) => transaction.isOpen('s', 3))).toThrow(/shards 0 to 2/)
  const records = [0, 1, 2].map((i) => builder.record(i))
  expect(records.map(({ key, data }) => [text(key), text(data)])).toEqual([
    ['a', 'one'],
    ['bb', ''],
    ['', 'three'],
  ])
  await store.close()
})
