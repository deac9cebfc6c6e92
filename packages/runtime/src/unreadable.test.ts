/** What cannot be read any more, and what must wait: retention, corruption as seen by stages, back-pressure. */
import { openStore } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AppDefinition } from './app-model.ts'
import { makeTableHandle } from './table-handle.ts'
import {
  expectConserved,
  itemTable,
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
const records = Array.from({ length: 80 }, (_, n) => ({ key: `k${n % 9}`, value: { id: `i${n}`, n } }))

function only(app: AppDefinition, ...names: string[]): AppDefinition {
  return { ...app, stages: app.stages.filter((stage) => names.includes(stage.name)) }
}

test('records that retention deleted before they were read count as dead, with a warning and a dead letter', async () => {
  const clock = new VirtualClock(startMs)
  const app = testApp({
    records,
    tables: [itemTable],
    queries: [passThrough()],
    functions: [save((batch) => items.put(batch))],
  })
  // A short first run sets where the readers begin; then the source goes on alone, and its records age.
  const few = {
    ...app,
    stages: testApp({
      records: records.slice(0, 10),
      tables: [itemTable],
      queries: [passThrough()],
      functions: [save((batch) => items.put(batch))],
    }).stages,
  }
  await runWhole(few, temp.dir, { clock })
  await runWhole(only(app, 'feed'), temp.dir, { clock })
  await clock.advance(8 * 86_400_000)
  const store = await openStore({ dir: temp.dir, clock })
  while (store.enforceRetention(clock.now()) > 0);
  await store.close()
  const { report, tables } = await runWhole(app, temp.dir, { clock })
  const [, pass, saved] = report.stages
  expect(pass).toMatchObject({ in: 80, out: 10, dead: 70 })
  expect(saved).toMatchObject({ in: 80, out: 10, dead: 70 })
  expect(new Set(report.warnings.map((warning) => warning.code))).toEqual(new Set(['RECORDS_LOST']))
  const letters = tables['dead-letters'] as { stage: string; records: number; error: { code: string } }[]
  for (const stage of ['pass', 'save']) {
    const own = letters.filter((letter) => letter.stage === stage)
    expect(own.reduce((sum, letter) => sum + letter.records, 0)).toBe(70)
    expect(new Set(own.map((letter) => letter.error.code))).toEqual(new Set(['RECORDS_LOST']))
  }
})

test('a source pauses while its slowest reader is more than the bound behind, and goes on when it has caught up', async () => {
  let open = false
  const app = testApp({
    records,
    perRead: 1,
    functions: [
      save(
        async () => {
          if (!open) throw new Error('closed')
        },
        { maxRetries: 10_000 },
      ),
    ],
  })
  const { app: running, clock } = await start(app, temp.dir, { limits: { unreadBytesMax: 300 } })
  await running.advance(3_000)
  const paused = running.report().stages[0]!.out
  expect(paused).toBeGreaterThan(5)
  expect(paused).toBeLessThan(60)
  await running.advance(3_000)
  expect(running.report().stages[0]!.out).toBe(paused)
  open = true
  const report = await running.runToEnd()
  expect(report.stages[1]).toMatchObject({ in: 80, out: 80 })
  expect(clock.now()).toBeGreaterThan(startMs)
  expectConserved(await running.close())
})

test('a query pauses while the readers of its output are behind', async () => {
  let open = false
  const app = testApp({
    records,
    perRead: 5,
    queries: [passThrough()],
    functions: [
      save(
        async () => {
          if (!open) throw new Error('closed')
        },
        { maxRetries: 10_000, from: 'out' },
      ),
    ],
  })
  const limits = { unreadBytesMax: 300, batchRecords: 4, batchRecordsMax: 4 }
  const { app: running } = await start(app, temp.dir, { limits })
  await running.advance(3_000)
  expect(running.report().stages[1]!.out).toBeLessThan(60)
  open = true
  const report = await running.runToEnd()
  expect(report.stages[2]).toMatchObject({ in: 80, out: 80 })
  expectConserved(await running.close())
})

test('a source may set records aside: they are dead letters with its reason, and count as dead', async () => {
  const app: AppDefinition = {
    name: 'test',
    streams: [{ name: 'in', shards: 1, retentionMs: 1_000_000 }],
    tables: [],
    stages: [
      {
        kind: 'source',
        name: 'feed',
        into: 'in',
        open: () => ({
          read: async () => ({
            position: 2,
            taken: 2,
            dead: [1, 2].map((n) => ({
              data: Uint8Array.of(0xff, n),
              code: 'TOO_LARGE',
              message: 'over the limit',
              place: `line ${n}`,
            })),
            done: true,
          }),
          close: async () => {},
        }),
      },
    ],
  }
  const { report, tables } = await runWhole(app, temp.dir)
  expect(report.stages[0]).toMatchObject({ in: 2, out: 0, dead: 2 })
  expect(tables['dead-letters']).toMatchObject([
    { stage: 'feed', data: '/wE=', error: { code: 'TOO_LARGE', message: 'over the limit' }, place: 'line 1' },
    { data: '/wI=', place: 'line 2' },
  ])
  expect(tables['dead-letters']![0]).not.toHaveProperty('text')
})
