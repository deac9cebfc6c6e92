/**
 * The laws of per-record functions, under random failures, waits, stops at commit points, restarts with another concurrency,
 * reshards and redrives, all in virtual time: every record takes effect exactly once, records of a key that never died in their
 * order, never two of a key at once; the work of a `once` key exactly once; and the ledger balances at every stop.
 */
import type { CommitPoint, Store } from '@millrace/store'
import { type Random, seededRandom, VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import { DeadLetters } from '../dead-letters/dead-letters.ts'
import { runInProcess } from '../in-process.ts'
import type { InProcessApp } from '../running-app.ts'
import {
  each,
  expectConserved,
  itemTable,
  leftBehind,
  startMs,
  tempDir,
  testApp,
} from '../testing/app-kit.ts'
import type { EachHandler } from './each-api.ts'

const keyCount = 12
const groupCount = 25

class Stopped extends Error {}

interface Fed {
  readonly n: number
  readonly key: string
}

/** What the functions of one run do; those of a stopped run may still be at it, and reach nobody. */
function handlerOf(clock: VirtualClock, random: Random, mayFail: () => boolean): EachHandler {
  const atWork = new Set<string>()
  const failNow = (share: number): void => {
    if (mayFail() && random.next() < share) throw new Error('a failure by chance')
  }
  return async (record, context) => {
    const { n, key } = record.value as Fed
    expect(atWork.has(key), `two records of ${key} at work`).toBe(false)
    atWork.add(key)
    try {
      const table = context.table('items')
      const before = await table.get<{ id: string; done: number[] }>(key)
      failNow(0.1)
      if (random.next() < 0.5) await clock.sleep(random.below(40))
      await table.put({ id: key, done: [...(before?.done ?? []), n] })
      context.emit('out', { n })
      failNow(0.1)
      const group = `group-${n % groupCount}`
      const first = await context.once(group, async () => {
        await clock.sleep(random.below(20))
        const counted = await table.get<{ id: string; runs: number }>(group)
        await table.put({ id: group, runs: (counted?.runs ?? 0) + 1 })
        context.emit('out', { group })
        failNow(0.1)
        return { first: n }
      })
      expect(typeof first.first).toBe('number')
      failNow(0.1)
    } finally {
      atWork.delete(key)
    }
  }
}

function feed(store: Store, random: Random, from: number, count: number): void {
  for (let n = from; n < from + count; ) {
    const to = Math.min(from + count, n + 1 + random.below(20))
    const records = Array.from({ length: to - n }, (_, i) => ({
      n: n + i,
      key: `k${random.below(keyCount)}`,
    }))
    store.commit((transaction) =>
      transaction.append(
        'in',
        records.map((value) => ({ key: Buffer.from(value.key), data: Buffer.from(JSON.stringify(value)) })),
      ),
    )
    n = to
  }
}

function split(store: Store, random: Random): void {
  const open = (store.stream('in')?.shardInfos ?? []).filter(({ closedAt }) => closedAt === undefined)
  if (open.length > 5) return
  const { shard, range } = open[random.below(open.length)]!
  const middle = (range.start + range.end) / 2n
  const halves = [
    { start: range.start, end: middle },
    { start: middle + 1n, end: range.end },
  ]
  store.reshard('in', {
    close: [shard],
    open: halves.map((half) => ({ range: half, parents: [shard] })),
  })
}

test.each([1, 2, 3, 4, 5])('seed %i', { timeout: 60_000 }, async (seed) => {
  const temp = tempDir()
  const random = seededRandom(`each ${seed}`)
  // Apart, since how often the functions of a stopped run ask depends on how long they are let.
  const chance = seededRandom(`chance ${seed}`)
  const clock = new VirtualClock(startMs)
  let failing = true
  let stopAt = Number.POSITIVE_INFINITY
  let passed = 0
  const points: CommitPoint[] = ['in-transaction', 'before-commit', 'after-commit']
  let stopPoint: CommitPoint = 'before-commit'
  const probe = (point: CommitPoint): void => {
    if (point === stopPoint && ++passed > stopAt) throw new Stopped()
  }
  const startRun = (): Promise<InProcessApp> =>
    runInProcess({
      app: testApp({
        records: [],
        shards: 2,
        tables: [itemTable],
        functions: [
          each(
            handlerOf(clock, chance, () => failing),
            {
              maxRetries: 1,
              concurrency: 1 + random.below(10),
              onceMs: 365 * 86_400_000,
            },
          ),
        ],
      }),
      dataDir: temp.dir,
      clock,
      random: seededRandom(`waits ${seed}`),
      limits: { retryDelayMs: 20 },
      probe,
    })
  let fed = 0
  let stops = 0
  let redriven = 0
  for (let round = 0; round < 12; round++) {
    stopAt = Number.POSITIVE_INFINITY
    const app = await startRun()
    passed = 0
    stopPoint = points[random.below(3)]!
    stopAt = random.next() < 0.7 ? 2 + random.below(25) : Number.POSITIVE_INFINITY
    let stopped = false
    try {
      for (let step = 0; step < 4; step++) {
        const count = 10 + random.below(60)
        const before = stopAt
        stopAt = Number.POSITIVE_INFINITY
        feed(app.store, random, fed, count)
        fed += count
        if (random.next() < 0.2) split(app.store, random)
        if (random.next() < 0.4) redriven += (await new DeadLetters(app.store).redrive({})).redriven
        stopAt = before
        await app.advance(random.below(120))
      }
    } catch (error) {
      if (!(error instanceof Stopped)) throw error
      stopped = true
      stops++
    }
    stopAt = Number.POSITIVE_INFINITY
    const report = await app.close()
    if (!stopped) expectConserved(report)
    else expect(report.ledgerBalanced, `seed ${seed} round ${round}`).toBe(true)
  }

  // Everything that died gets another chance, and nothing fails any more.
  failing = false
  const app = await startRun()
  await app.runToEnd()
  const died = new Set<number>()
  for (const { text } of (await new DeadLetters(app.store).list({}, { limit: 10_000 })).letters)
    died.add((JSON.parse(text!) as Fed).n)
  redriven += (await new DeadLetters(app.store).redrive({})).redriven
  await app.runToEnd()
  const { tables, streams } = leftBehind(app.store)
  const keys = new Map<string, number[]>()
  const groups = new Map<string, number>()
  for (const item of tables.items as { id: string; done?: number[]; runs?: number }[]) {
    if (item.done) keys.set(item.id, item.done)
    else groups.set(item.id, item.runs!)
  }
  const all = [...keys.values()].flat()
  expect([...all].sort((a, b) => a - b)).toEqual(Array.from({ length: fed }, (_, n) => n))
  const emitted = streams.out!.map((text) => JSON.parse(text) as { n?: number; group?: string })
  expect(emitted.flatMap(({ n }) => (n === undefined ? [] : [n])).sort((a, b) => a - b)).toEqual(
    Array.from({ length: fed }, (_, n) => n),
  )
  expect(groups.size).toBe(groupCount)
  expect(new Set(groups.values())).toEqual(new Set([1]))
  expect(emitted.filter(({ group }) => group !== undefined)).toHaveLength(groupCount)
  const redrives = new Set(
    streams['save.redrive']?.map((text) => (JSON.parse(text.slice(text.lastIndexOf('{"n":'))) as Fed).n) ??
      [],
  )
  for (const [key, done] of keys) {
    const calm = done.filter((n) => !redrives.has(n))
    expect(calm, key).toEqual([...calm].sort((a, b) => a - b))
  }
  const report = await app.close()
  expectConserved(report)
  expect(report.stages[1]).toMatchObject({ in: fed + redriven, out: fed, dead: redriven, inFlight: 0 })
  expect(died.size).toBeLessThanOrEqual(redriven)
  expect([stops > 1, redriven > 5, fed > 300], `seed ${seed}: ${stops} stops, ${redriven} redriven`).toEqual([
    true,
    true,
    true,
  ])
  temp.remove()
})
