/**
 * The first law of the runtime: stopped at any commit point of any stage and started again, an app leaves behind what an
 * undisturbed run leaves behind; nothing is lost and nothing is doubled. Every point that the undisturbed run passes is
 * tried.
 */
import type { CommitPoint } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { makeTableHandle } from './table-handle.ts'
import {
  expectConserved,
  itemTable,
  type Left,
  leftBehind,
  passThrough,
  runWhole,
  save,
  start,
  startMs,
  tempDir,
  testApp,
} from './testing/app-kit.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

const items = makeTableHandle(itemTable)

function pipeline() {
  const records = Array.from({ length: 60 }, (_, i) => ({
    key: `k${i % 7}`,
    // Some records are dead in the query, some filtered, some dead in the function (no id).
    value: i % 17 === 3 ? '{"id": tru' : { id: i % 13 === 5 ? null : `i${i}`, n: i % 11 === 0 ? -1 : i },
  }))
  return testApp({
    records,
    perRead: 9,
    tables: [itemTable],
    queries: [passThrough()],
    functions: [
      save(
        async (batch, context) => {
          await items.put(batch)
          for (const record of batch) context.emit('echo', record, { partitionKey: record.partitionKey })
        },
        { from: 'out', batchSize: 4, parallelization: 2 },
      ),
    ],
    moreStreams: ['echo'],
  })
}

/** As multisets: how records of several shards and lanes interleave is no part of the law. */
function comparable(left: Omit<Left, 'report'>): unknown {
  const withoutTime = (text: string): string => text.replace(/"(ERROR_TIME|DATA_ROWTIME)":"[^"]*"/g, '')
  return {
    streams: Object.fromEntries(
      Object.entries(left.streams).map(([name, texts]) => [name, texts.map(withoutTime).sort()]),
    ),
    items: left.tables.items,
    dead: left.tables['dead-letters']!.map((letter) => (letter as { id: string }).id),
  }
}

class Killed extends Error {}

test('stopped at any commit point and restarted, the result equals an undisturbed run', async () => {
  const points: CommitPoint[] = []
  const calm = tempDir()
  const undisturbed = await runWhole(pipeline(), calm.dir, {
    probe: (point: CommitPoint) => points.push(point),
  })
  calm.remove()
  const expected = comparable(undisturbed)
  expect(undisturbed.tables.items!.length).toBeGreaterThan(30)
  expect(undisturbed.tables['dead-letters']!.length).toBeGreaterThan(0)
  expect(points.length).toBeGreaterThan(60)

  for (let target = 0; target < points.length; target++) {
    const own = tempDir()
    let passed = 0
    const probe = (): void => {
      if (passed++ === target) throw new Killed()
    }
    const clock = new VirtualClock(startMs)
    let killed = false
    const running = await start(pipeline(), own.dir, { probe, clock }).catch((error: unknown) => {
      if (!(error instanceof Killed)) throw error
      killed = true
      return undefined
    })
    if (running) {
      try {
        await running.app.runToEnd()
      } catch (error) {
        if (!(error instanceof Killed)) throw error
        killed = true
      }
      await running.app.close()
    }
    const again = await runWhole(pipeline(), own.dir, { clock })
    expect(comparable(again), `point ${target} (${points[target]}), killed: ${killed}`).toEqual(expected)
    expectConserved(again.report)
    own.remove()
  }
})

test('a change of the number of lanes between two runs loses nothing, doubles nothing and keeps the order of each key', async () => {
  const seen: Record<string, number[]> = {}
  const records = Array.from({ length: 200 }, (_, n) => ({ key: `k${n % 10}`, value: { id: `i${n}`, n } }))
  let fails = true
  const app = (parallelization: number) =>
    testApp({
      records,
      tables: [itemTable],
      functions: [
        save(
          async (batch) => {
            // One key fails for ever in the first run, so that its lane stays behind the others.
            if (fails && batch.some((record) => record.partitionKey === 'k3')) throw new Error('not yet')
            await items.put(batch)
            for (const record of batch) {
              seen[record.partitionKey] ??= []
              seen[record.partitionKey]!.push(record.json<{ n: number }>().n)
            }
          },
          { batchSize: 3, parallelization, maxRetries: 10_000 },
        ),
      ],
    })
  const clock = new VirtualClock(startMs)
  const first = await start(app(3), temp.dir, { clock })
  await first.app.advance(1_000)
  const stopped = await first.app.close()
  expect(stopped.stages[1]!.inFlight).toBeGreaterThan(0)
  expectConserved(stopped)
  fails = false
  for (const lanes of [5, 1, 4]) {
    const { report, tables } = await runWhole(app(lanes), temp.dir, { clock })
    expect(report.stages[1]).toMatchObject({ in: 200, out: 200, inFlight: 0 })
    expect(tables.items).toHaveLength(200)
  }
  for (const [key, order] of Object.entries(seen)) {
    expect(order, key).toEqual([...order].sort((a, b) => a - b))
    expect(new Set(order).size, key).toBe(20)
  }
})

test('a stage that failed in the middle leaves the store whole', async () => {
  let passed = 0
  const { app } = await start(pipeline(), temp.dir, {
    probe: () => {
      if (++passed === 33) throw new Killed()
    },
  })
  await expect(app.runToEnd()).rejects.toThrow(Killed)
  expect(leftBehind(app.store).tables.items).toBeDefined()
  expectConserved(await app.close())
})
