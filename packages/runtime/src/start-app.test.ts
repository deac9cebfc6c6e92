import { openStore, type Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AppDefinition } from './app-model.ts'
import type { RunLimits } from './run-limits.ts'
import type { RunningApp } from './running-app.ts'
import { startApp } from './start-app.ts'
import { expectConserved, tempDir } from './testing/app-kit.ts'

const module = new URL('./testing/threaded-app.mjs', import.meta.url).href
let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

interface Spec {
  readonly records: number
  readonly failAt?: number
  readonly openEnd?: boolean
  readonly crashAt?: number
  readonly badProgram?: string
  readonly holdSave?: boolean
}

async function start(spec: Spec, untilIdle = true, limits: Partial<RunLimits> = {}): Promise<RunningApp> {
  const loaded = (await import(module)) as { loadApp(spec: Spec): AppDefinition }
  return startApp({
    app: loaded.loadApp(spec),
    dataDir: temp.dir,
    loader: { module, spec },
    untilIdle,
    limits,
  })
}

async function itemCount(): Promise<number> {
  const store = await openStore({ dir: temp.dir, clock: systemClock, mode: 'reader' })
  const count = store.table('items')?.items ?? 0
  await store.close()
  return count
}

test('in threads, until idle: everything that the source fed is in the table, and the ledger balances', async () => {
  const report = await (await start({ records: 2_000 })).finished
  expectConserved(report)
  expect(report.stages.map((stage) => [stage.name, stage.in, stage.out])).toEqual([
    ['feed', 2_000, 2_000],
    ['pass', 2_000, 2_000],
    ['save', 2_000, 2_000],
  ])
  expect(report.latencyMs.count).toBe(2_000)
  expect(report.latencyMs.p50).toBeLessThanOrEqual(report.latencyMs.max)
  expect(await itemCount()).toBe(2_000)
})

test('an app that is stopped in the middle continues where it stopped, and nothing is doubled', async () => {
  const first = await start({ records: 3_000, openEnd: true }, false)
  const stopped = await first.stop()
  expectConserved(stopped)
  const report = await (await start({ records: 3_000 })).finished
  expectConserved(report)
  expect(report.stages.map((stage) => stage.in)).toEqual([3_000, 3_000, 3_000])
  expect(await itemCount()).toBe(3_000)
})

test('a paced record is picked up by waiting stages, and a snapshot tells of it', async () => {
  const app = await start({ records: 10, openEnd: true }, false)
  while (app.snapshot().stages[2]!.out < 10 && app.snapshot().live.every((stage) => stage.state !== 'failed'))
    await new Promise((resolve) => setImmediate(resolve))
  const { live } = app.snapshot()
  expect(live.map((stage) => [stage.name, stage.state, stage.lagRecords])).toEqual([
    ['feed', 'running', 0],
    ['pass', 'running', 0],
    ['save', 'running', 0],
  ])
  expectConserved(await app.stop())
})

test('counts say who waits for whom', async () => {
  const app = await start({ records: 3_000, openEnd: true, holdSave: true }, false, { unreadBytesMax: 2_000 })
  const waitsFor = () => app.counts().now.map((stage) => stage.waitsFor?.stream)
  // The function holds its first batch, so the query fills `out`, and then the source fills `in`.
  while (waitsFor()[1] === undefined && app.counts().now.every(({ state }) => state !== 'failed'))
    await new Promise((resolve) => setImmediate(resolve))
  expect(waitsFor()[1]).toBe('out')
  const { now } = app.counts()
  expect(now[1]?.waitsFor).toMatchObject({ stream: 'out', bytesMax: 2_000 })
  expect(now[1]?.waitsFor?.unreadBytes).toBeGreaterThan(2_000)
  expect(now[2]?.waitsFor).toBeUndefined()
  await app.stop()
})

test('a source that fails stops the app with its error, after what it had fed is committed', async () => {
  const app = await start({ records: 1_000, failAt: 500 })
  await expect(app.finished).rejects.toMatchObject({ code: 'STAGE_FAILED' })
  await expect(app.finished).rejects.toThrow(/source "feed".*the outside is gone/)
  const again = await (await start({ records: 1_000 })).finished
  expectConserved(again)
  expect(await itemCount()).toBe(1_000)
})

test('a crash of a worker is reported with its place, and the next start loses nothing', async () => {
  const app = await start({ records: 1_000, crashAt: 300 })
  await expect(app.finished).rejects.toThrow(
    /stage "save".*nobody catches this \(\/.*threaded-app\.mjs:\d+\)\. Write await before/,
  )
  const again = await (await start({ records: 1_000 })).finished
  expectConserved(again)
  expect(await itemCount()).toBe(1_000)
})

test('a program that is refused is refused at the start, with its place', async () => {
  await expect(
    start({ records: 1, badProgram: 'CREATE OR REPLACE STREAM "D" (x INTEGER; ' }),
  ).rejects.toMatchObject({
    code: 'QUERY_INVALID',
    message: expect.stringContaining('pass.sql:1:'),
  })
})

test('a companion puts and reshards beside the stages, and is closed before the store', async () => {
  const loaded = (await import(module)) as { loadApp(spec: Spec): AppDefinition }
  const spec = { records: 50 }
  const put = (store: Store, from: number, to: number): void => {
    const records = Array.from({ length: to - from }, (_, i) => ({
      key: Buffer.from(`c${from + i}`),
      data: Buffer.from(JSON.stringify({ id: `c${from + i}`, n: from + i })),
    }))
    store.commit((transaction) => transaction.append('in', records))
  }
  let closed = false
  const app = await startApp({
    app: loaded.loadApp(spec),
    dataDir: temp.dir,
    loader: { module, spec },
    companion: async (store) => {
      put(store, 0, 100)
      const [first] = store.stream('in')!.shardInfos
      const middle = (first!.range.start + first!.range.end) / 2n
      store.reshard('in', {
        close: [0],
        open: [
          { range: { start: first!.range.start, end: middle }, parents: [0] },
          { range: { start: middle + 1n, end: first!.range.end }, parents: [0] },
        ],
      })
      put(store, 100, 200)
      return {
        close: async () => {
          // Still open: what was accepted can be committed.
          put(store, 200, 201)
          closed = true
        },
      }
    },
  })
  while (app.snapshot().stages[2]!.out < 250) await new Promise((resolve) => setImmediate(resolve))
  const report = await app.stop()
  expect(closed).toBe(true)
  expectConserved(report)
  expect(await itemCount()).toBeGreaterThanOrEqual(250)
})
