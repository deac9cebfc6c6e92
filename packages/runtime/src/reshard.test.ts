/** Streams that are split and merged under a running app: nothing lost, nothing doubled, order kept per key. */
import { openStore, type ShardInfo, type Store } from '@millrace/store'
import { seededRandom } from '@millrace/values'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppDefinition, FlinkQueryStage, StageDefinition } from './app-model.ts'
import { expectConserved, passThrough, type Run, save, start, tempDir } from './testing/app-kit.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
const forever = Number.POSITIVE_INFINITY
let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

function appOf(stages: readonly StageDefinition[], shards = 2): AppDefinition {
  const streams = ['in', 'out'].map((name) => ({ name, shards, retentionMs: forever }))
  return { name: 'test', streams, tables: [], stages }
}

function put(store: Store, key: string, value: unknown): void {
  const data = encoder.encode(JSON.stringify(value))
  store.commit((transaction) => transaction.append('in', [{ key: encoder.encode(key), data }]))
}

/** Splits a shard in the middle or merges two neighbours, by chance. */
function reshard(store: Store, stream: string, random: { below(bound: number): number }): void {
  const open = store
    .stream(stream)!
    .shardInfos.filter(({ closedAt }) => closedAt === undefined)
    .sort((a, b) => (a.range.start < b.range.start ? -1 : 1))
  const at = random.below(open.length)
  const { shard, range } = open[at]!
  const next = open[at + 1]
  if (next !== undefined && random.below(2) === 0) {
    const whole = { start: range.start, end: next.range.end }
    store.reshard(stream, {
      close: [shard, next.shard],
      open: [{ range: whole, parents: [shard, next.shard] }],
    })
    return
  }
  const middle = (range.start + range.end) / 2n
  store.reshard(stream, {
    close: [shard],
    open: [
      { range: { start: range.start, end: middle }, parents: [shard] },
      { range: { start: middle + 1n, end: range.end }, parents: [shard] },
    ],
  })
}

/** Data of all records in the order of their commits. */
function inOrder(store: Store, stream: string): { id: string; n: number }[] {
  const found: { commit: number; value: { id: string; n: number } }[] = []
  for (const { shard, oldest } of store.stream(stream)!.shardInfos) {
    for (const batch of store.read(stream, shard, oldest, { maxRecords: 1e6, maxBytes: 1e9 }).batches) {
      if (!('count' in batch)) throw new Error(batch.reason)
      for (let i = 0; i < batch.count; i++) {
        const text = decoder.decode(batch.bytes.subarray(batch.dataStart[i], batch.dataStart[i + 1]))
        found.push({ commit: batch.commit, value: JSON.parse(text) })
      }
    }
  }
  return found.sort((a, b) => a.commit - b.commit).map(({ value }) => value)
}

function byKey(records: readonly { readonly id: string; readonly n: number }[]): Record<string, number[]> {
  const lists: Record<string, number[]> = {}
  for (const { id, n } of records) {
    lists[id] ??= []
    lists[id].push(n)
  }
  return lists
}

const seeds = [1, 2, 3, 4, 5, 6]

describe.each(seeds)('with seed %i', (seed) => {
  /** Puts, reshards, lets the stages work and restarts them, by chance. Returns what was put. */
  async function live(
    app: AppDefinition,
    resharded: readonly string[],
  ): Promise<{ run: Run; sent: { id: string; n: number }[] }> {
    const random = seededRandom(seed)
    let run = await start(app, temp.dir)
    const sent: { id: string; n: number }[] = []
    for (let step = 0; step < 120; step++) {
      const dice = random.below(10)
      if (dice < 7) {
        const record = { id: `k${random.below(5)}`, n: step }
        sent.push(record)
        put(run.app.store, record.id, record)
      } else if (dice === 7) {
        reshard(run.app.store, resharded[random.below(resharded.length)]!, random)
      } else if (dice === 8) {
        await run.app.runUntilIdle()
      } else if (random.below(3) === 0) {
        const { clock } = run
        expectConserved(await run.app.close())
        run = await start(app, temp.dir, { clock })
      }
    }
    await run.app.runUntilIdle()
    return { run, sent }
  }

  test('a function sees each record once, and those of a key in order', async () => {
    const seen: { id: string; n: number }[] = []
    const handler = save((records) => {
      for (const record of records) seen.push(record.json())
    })
    const { run, sent } = await live(appOf([handler]), ['in'])
    expectConserved(await run.app.close())
    expect(byKey(seen)).toEqual(byKey(sent))
  })

  test('a KDA query puts out what came in, in order, though both its streams are resharded', async () => {
    const { run, sent } = await live(appOf([passThrough()]), ['in', 'out'])
    const left = inOrder(run.app.store, 'out')
    expectConserved(await run.app.close())
    expect(left).toHaveLength(sent.length)
    expect(byKey(left)).toEqual(byKey(sent))
  })
})

const hourMs = 3_600_000

describe.each(seeds.slice(0, 3))('retention with seed %i', (seed) => {
  test.each([
    ['function', 'save', () => save(() => {})],
    ['KDA query', 'pass', () => passThrough()],
    ['Flink query', 'q', () => plain],
  ] as const)(
    'a %s counts each record once, those dead that expired before it read them',
    async (_, name, stage) => {
      const random = seededRandom(seed)
      const app: AppDefinition = {
        ...appOf([stage()], 1 + random.below(2)),
        streams: [
          { name: 'in', shards: 2, retentionMs: 2 * hourMs },
          { name: 'out', shards: 1, retentionMs: forever },
        ],
      }
      let run = await start(app, temp.dir)
      // It has run: from now on no shard may vanish unread.
      put(run.app.store, 'first', { id: 'first', n: 0 })
      await run.app.runUntilIdle()
      let sent = 1
      for (let step = 0; step < 100; step++) {
        const dice = random.below(12)
        if (dice < 6) {
          put(run.app.store, `k${random.below(9)}`, { id: 'k', n: step })
          sent++
        } else if (dice < 8) reshard(run.app.store, 'in', random)
        else if (dice === 8) await run.app.runUntilIdle()
        else {
          // Time passes and records expire while nothing runs.
          const { clock } = run
          expectConserved(await run.app.close())
          await clock.advance(random.below(3 * hourMs))
          const store = await openStore({ dir: temp.dir, clock })
          for (let i = random.below(4); i > 0; i--) reshard(store, 'in', random)
          store.enforceRetention(clock.now())
          await store.close()
          run = await start(app, temp.dir, { clock })
        }
      }
      await run.app.runUntilIdle()
      const report = await run.app.close()
      expectConserved(report)
      const { in: met, out, dead } = report.stages.find((each) => each.name === name)!
      expect(met).toBe(sent)
      expect(out + dead).toBe(sent)
      expect(Math.min(out, dead)).toBeGreaterThan(0)
    },
  )
})

/** Rows as they come, so that every record has one fate. */
const plain: FlinkQueryStage = {
  kind: 'query',
  name: 'q',
  dialect: 'flink',
  text: `CREATE TABLE clicks (id STRING, n INT) WITH ('connector' = 'stream');
    CREATE TABLE copies (id STRING, n INT) WITH ('connector' = 'stream');
    INSERT INTO copies SELECT id, n FROM clicks;`,
  fileName: 'q.sql',
  inputs: [{ table: 'clicks', stream: 'in' }],
  outputs: [{ from: 'copies', stream: 'out', partitionKey: undefined, format: undefined }],
  lookups: [],
  functions: [],
}

const windows: FlinkQueryStage = {
  kind: 'query',
  name: 'q',
  dialect: 'flink',
  text: `CREATE TABLE clicks (id STRING, n INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
      WITH ('connector' = 'stream');
    CREATE TABLE sums (ends TIMESTAMP(3), id STRING, n BIGINT) WITH ('connector' = 'stream');
    INSERT INTO sums SELECT window_end, id, SUM(n)
      FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, id;`,
  fileName: 'q.sql',
  inputs: [{ table: 'clicks', stream: 'in' }],
  outputs: [{ from: 'sums', stream: 'out', partitionKey: undefined, format: undefined }],
  lookups: [],
  functions: [],
}
const at = (second: number): string =>
  new Date(Date.UTC(2026, 0, 1) + second * 1_000).toISOString().slice(0, 23).replace('T', ' ')

describe.each(seeds)('event time with seed %i', (seed) => {
  test('closed shards do not hold windows back, and no row is late', async () => {
    const random = seededRandom(seed)
    const app = appOf([windows], 1 + random.below(3))
    let run = await start(app, temp.dir)
    const sums = new Map<string, number>()
    for (let step = 0; step < 100; step++) {
      const id = `k${random.below(4)}`
      put(run.app.store, id, { id, n: step, ts: at(step) })
      const window = `${10 * (Math.floor(step / 10) + 1)} ${id}`
      sums.set(window, (sums.get(window) ?? 0) + step)
      if (random.below(6) === 0) reshard(run.app.store, 'in', random)
      if (random.below(4) === 0) await run.app.runUntilIdle()
      if (random.below(12) === 0) {
        const { clock } = run
        expectConserved(await run.app.close())
        run = await start(app, temp.dir, { clock })
      }
    }
    // Time goes on in every shard that is open, which closes all windows.
    const { store } = run.app
    for (const { shard, closedAt } of store.stream('in')!.shardInfos) {
      if (closedAt !== undefined) continue
      const data = encoder.encode(JSON.stringify({ id: 'end', n: 0, ts: at(1_000) }))
      store.commit((transaction) => transaction.append('in', [{ key: encoder.encode('end'), data, shard }]))
    }
    await run.app.runUntilIdle()
    const found = new Map(
      inOrder(store, 'out').map((row) => {
        const { ends, id, n } = row as unknown as { ends: string; id: string; n: number } // Rows of `sums`.
        const second = (Date.parse(`${ends.replace(' ', 'T')}Z`) - Date.UTC(2026, 0, 1)) / 1_000
        return [`${second} ${id}`, n]
      }),
    )
    const report = await run.app.close()
    expectConserved(report)
    expect(report.stages.find(({ name }) => name === 'q')).toMatchObject({ late: 0, dead: 0 })
    expect(found).toEqual(sums)
  })
})

test('a stream that was deleted and made again does not pass for the one that was read', async () => {
  const run = await start(appOf([save(() => {})]), temp.dir)
  for (let i = 0; i < 20; i++) put(run.app.store, `k${i}`, { id: `k${i}`, n: i })
  await run.app.runUntilIdle()
  run.app.store.deleteStream('in')
  await run.app.close()
  await expect(start(appOf([save(() => {})]), temp.dir)).rejects.toMatchObject({ code: 'STREAM_REPLACED' })
})

test.each([
  ['function', () => save(() => {})],
  ['KDA query', () => passThrough()],
  ['Flink query', () => plain],
] as const)('nor does one that has as many records again, for a %s', async (_, stage) => {
  const run = await start(appOf([stage()]), temp.dir)
  const { store } = run.app
  for (let i = 0; i < 20; i++) put(store, `k${i}`, { id: `k${i}`, n: i })
  await run.app.runUntilIdle()
  store.deleteStream('in')
  store.defineStream({ name: 'in', shards: 2, retentionMs: forever })
  for (let i = 0; i < 40; i++) put(store, `k${i % 20}`, { id: `k${i}`, n: i })
  await run.app.close()
  await expect(start(appOf([stage()]), temp.dir)).rejects.toMatchObject({ code: 'STREAM_REPLACED' })
})

test('a query begins at once on a stream that was split and merged again and again', async () => {
  const app = appOf([windows], 1)
  const before = await start(appOf([], 1), temp.dir)
  for (let i = 0; i < 40; i++) {
    const { store } = before.app
    const [{ shard, range }] = open(store) as [ShardInfo]
    const middle = (range.start + range.end) / 2n
    const halves = [
      { start: range.start, end: middle },
      { start: middle + 1n, end: range.end },
    ]
    const parts = store.reshard('in', {
      close: [shard],
      open: halves.map((half) => ({ range: half, parents: [shard] })),
    })
    store.reshard('in', { close: parts, open: [{ range, parents: parts }] })
  }
  await before.app.close()
  const run = await start(app, temp.dir)
  put(run.app.store, 'k', { id: 'k', n: 1, ts: at(0) })
  put(run.app.store, 'k', { id: 'k', n: 1, ts: at(100) })
  await run.app.runUntilIdle()
  expect(inOrder(run.app.store, 'out')).toHaveLength(1)
  expectConserved(await run.app.close())
})

function open(store: Store): ShardInfo[] {
  return store.stream('in')!.shardInfos.filter(({ closedAt }) => closedAt === undefined)
}
