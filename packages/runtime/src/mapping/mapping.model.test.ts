/**
 * Laws of mappings over random settings, records and behaviours of the function. Every failure prints its seed.
 *
 *   1. Calls, in their order, and fates of records are those of a naive model of one lane, without time, commits or shards.
 *   2. However often the process is stopped, at whatever commit: each record has exactly one fate, those of a key come out in
 *      order, windows count each of their records once, and the ledger is what happened.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { laneOf } from './lanes.ts'
import type { MappingSettings } from './mapping-settings.ts'
import {
  type Behaviour,
  type LeftOver,
  leftOver,
  openBench,
  ScriptedFunction,
} from './testing/mapping-bench.ts'

const startMs = Date.UTC(2026, 0, 1)
const encoder = new TextEncoder()

const settings = fc.record({
  batchSize: fc.integer({ min: 1, max: 6 }),
  parallelization: fc.integer({ min: 1, max: 3 }),
  maxRetries: fc.integer({ min: 0, max: 3 }),
  bisect: fc.boolean(),
  reportItemFailures: fc.boolean(),
})

const behaviour: fc.Arbitrary<Behaviour> = fc.record({
  failures: fc.oneof(
    { weight: 5, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 4 }) },
    { weight: 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
  ),
  throttles: fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: 2 }) },
  ),
})

const keys = ['a', 'b', 'c', 'd', 'e'] as const
const records = fc.array(fc.record({ key: fc.constantFrom(...keys), behaviour }), {
  minLength: 1,
  maxLength: 24,
})

test('calls and fates are those of a naive model of one lane', async () => {
  await fc.assert(
    fc.asyncProperty(settings, records, async (mapping, given) => {
      const behaviours = given.map((record) => record.behaviour)
      await inTempDir(async (dir) => {
        const clock = new VirtualClock(startMs)
        const { host, script } = await openBench({ dir, clock, shards: 1, mapping, behaviours })
        put(
          host.store,
          0,
          given.map(({ key }, number) => ({ key, number })),
        )
        await host.runTo(startMs + 3_600_000)
        const left = leftOver(host)
        await host.stop()

        const lanes = lanesOf(
          given.map(({ key }) => key),
          mapping.parallelization,
        )
        const expectedOut: number[] = []
        const expectedDead: number[] = []
        for (const [lane, numbers] of lanes.entries()) {
          const model = new ScriptedFunction(behaviours, mapping.reportItemFailures)
          const fates = modelOfLane(numbers, mapping, model)
          expectedOut.push(...fates.out)
          expectedDead.push(...fates.dead)
          const calls = script.calls.filter(([first]) => numbers.includes(first!))
          expect(calls, `calls of lane ${lane}`).toEqual(model.calls)
          const out = left.out.filter(({ number }) => numbers.includes(number))
          expect(
            out.map(({ number }) => number),
            `order of lane ${lane}`,
          ).toEqual(fates.out)
        }
        expect([...left.dead].sort(byNumber)).toEqual(expectedDead.sort(byNumber))
        checkConserved(
          left,
          given.map(({ key }) => key),
        )
      })
    }),
    { numRuns: 80 },
  )
}, 60_000)

const scenario = fc.record({
  mapping: settings,
  shards: fc.integer({ min: 1, max: 2 }),
  windowMs: fc.constantFrom(0, 0, 1_000),
  filters: fc.boolean(),
  given: fc.array(
    fc.record({
      key: fc.constantFrom(...keys),
      behaviour,
      shard: fc.nat(1),
      /** Since the record before; those of one moment share a commit. */
      afterMs: fc.constantFrom(0, 0, 0, 50, 400, 1_500),
    }),
    { minLength: 1, maxLength: 20 },
  ),
  /** Commit points passed until the process is killed, one for each start. */
  kills: fc.array(fc.integer({ min: 0, max: 25 }), { maxLength: 6 }),
})

class Killed extends Error {}

test('killed at any commits, each record has one fate, keys keep their order, and windows count each record once', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ mapping, shards, windowMs, filters, given, kills }) => {
      const behaviours = given.map((record) => record.behaviour)
      const used: Partial<MappingSettings> = {
        ...mapping,
        // Of windows every record has to count; what is given up does not.
        ...(windowMs === 0 ? {} : { tumblingWindowMs: windowMs, maxRetries: Number.POSITIVE_INFINITY }),
        filters: filters ? ['{"partitionKey":[{"anything-but":["c"]}]}'] : [],
      }
      const patient =
        windowMs === 0
          ? behaviours
          : behaviours.map(({ failures, throttles }) => ({ failures: Math.min(failures, 3), throttles }))
      await inTempDir(async (dir) => {
        const clock = new VirtualClock(startMs)
        let fed = 0
        let feedAt = startMs
        const arrivals: number[] = []
        for (let run = 0; ; run++) {
          const kill = kills[run]
          let passed = 0
          let armed = false
          const probe = (): void => {
            if (armed && kill !== undefined && passed++ >= kill) throw new Killed()
          }
          const { host } = await openBench({ dir, clock, shards, mapping: used, behaviours: patient, probe })
          try {
            while (fed < given.length) {
              feedAt = Math.max(feedAt, clock.now())
              const group = [given[fed]!]
              while (given[fed + group.length]?.afterMs === 0) group.push(given[fed + group.length]!)
              const dueMs = feedAt + group[0]!.afterMs
              armed = true
              await host.runTo(dueMs)
              armed = false
              for (const shard of [0, 1]) {
                const own = group.flatMap(({ key, shard: wanted }, i) =>
                  Math.min(wanted, shards - 1) === shard ? [{ key, number: fed + i }] : [],
                )
                if (own.length > 0) put(host.store, shard, own)
              }
              for (let i = 0; i < group.length; i++) arrivals.push(clock.now())
              fed += group.length
            }
            armed = true
            await host.runTo(clock.now() + 600_000)
            armed = false
            const left = leftOver(host)
            await host.stop()
            checkConserved(
              left,
              given.map(({ key, shard }) => `${key}${Math.min(shard, shards - 1)}`),
              filters ? 'c' : undefined,
            )
            if (windowMs > 0)
              checkWindows(left, arrivals, given, { windowMs, without: filters ? 'c' : undefined })
            return
          } catch (error) {
            if (!(error instanceof Killed)) throw error
            armed = false
            await host.close()
          }
        }
      })
    }),
    { numRuns: 80 },
  )
}, 120_000)

interface Fates {
  readonly out: number[]
  readonly dead: number[]
}

/** Lambda's rules for one lane whose records are all there. */
function modelOfLane(
  numbers: readonly number[],
  mapping: Pick<MappingSettings, 'batchSize' | 'maxRetries' | 'bisect'>,
  script: ScriptedFunction,
): Fates {
  const fates: Fates = { out: [], dead: [] }
  const work = (records: readonly number[]): void => {
    let batch = records
    for (let tries = 1; ; ) {
      const answer = script.call(batch)
      if (answer === 'throttled') continue
      if (answer === 'threw' && mapping.bisect && batch.length > 1) {
        const half = Math.ceil(batch.length / 2)
        work(batch.slice(0, half))
        work(batch.slice(half))
        return
      }
      if (answer !== 'threw') {
        fates.out.push(...batch.slice(0, answer.done))
        if (answer.done === batch.length) return
        batch = batch.slice(answer.done)
        if (answer.done > 0) tries = 1
      }
      if (tries > mapping.maxRetries) {
        fates.dead.push(...batch)
        return
      }
      tries++
    }
  }
  for (let at = 0; at < numbers.length; at += mapping.batchSize)
    work(numbers.slice(at, at + mapping.batchSize))
  return fates
}

function lanesOf(keysOfRecords: readonly string[], count: number): number[][] {
  const lanes = Array.from({ length: count }, (): number[] => [])
  for (const [number, key] of keysOfRecords.entries()) {
    const bytes = encoder.encode(key)
    lanes[laneOf(bytes, 0, bytes.length, count)]!.push(number)
  }
  return lanes
}

/** `streamKeys`: which records have to stay in order among themselves. */
function checkConserved(
  { out, dead, record }: LeftOver,
  streamKeys: readonly string[],
  without?: string,
): void {
  const all = streamKeys.map((_, number) => number)
  const filtered = all.filter((number) => streamKeys[number]![0] === without)
  const seen = [...out.map(({ number }) => number), ...dead, ...filtered].sort(byNumber)
  expect(seen, 'each record has one fate').toEqual(all)
  const last = new Map<string, number>()
  for (const { number } of out) {
    const key = streamKeys[number]!
    expect(number, `order of key ${key}`).toBeGreaterThan(last.get(key) ?? -1)
    last.set(key, number)
  }
  expect(record.ledger).toMatchObject({
    out: out.length,
    dead: dead.length,
    filtered: filtered.length,
    late: 0,
  })
  for (const shard of record.shards) expect(shard.inFlight).toBe(0)
}

function checkWindows(
  { windows }: LeftOver,
  arrivals: readonly number[],
  given: readonly { readonly key: string }[],
  { windowMs, without }: { readonly windowMs: number; readonly without: string | undefined },
): void {
  const expected = new Map<number, number>()
  for (const [number, at] of arrivals.entries()) {
    if (given[number]!.key === without) continue
    const start = Math.floor(at / windowMs) * windowMs
    expected.set(start, (expected.get(start) ?? 0) + 1)
  }
  const counted = new Map<number, number>()
  for (const { start, count } of windows) counted.set(start, (counted.get(start) ?? 0) + count)
  expect(counted).toEqual(expected)
}

function put(
  store: Store,
  shard: number,
  given: readonly { readonly key: string; readonly number: number }[],
): void {
  const appended = given.map(({ key, number }) => ({
    key: encoder.encode(key),
    data: encoder.encode(String(number)),
    shard,
  }))
  store.commit((transaction) => transaction.append('in', appended))
}

async function inTempDir(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-mapping-'))
  try {
    await work(dir)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function byNumber(a: number, b: number): number {
  return a - b
}
