import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppDefinition } from './app-model.ts'
import { Latency } from './latency.ts'
import { flowPlaceOf, type StageFlows, stageFlows } from './stage-flows.ts'
import { makeTableHandle } from './table-handle.ts'
import { each, itemTable, passThrough, save, start, tempDir, testApp } from './testing/app-kit.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

const items = makeTableHandle(itemTable)
const others = { ...itemTable, name: 'others' }
const other = makeTableHandle(others)
const records = Array.from({ length: 40 }, (_, n) => ({ key: `k${n % 5}`, value: { id: `i${n}`, n } }))

async function flowsOf(app: AppDefinition): Promise<Map<string, StageFlows>> {
  const run = await start(app, temp.dir)
  await run.app.runUntilIdle()
  // Retries wait.
  await run.app.advance(5_000)
  const { store } = run.app
  const streams = new Map(store.streams().map((stream) => [stream.name, stream]))
  const flows = new Map(
    app.stages.map((stage) => [stage.name, stageFlows(flowPlaceOf(stage), store, streams)]),
  )
  await run.app.close()
  return flows
}

describe('what a stage wrote, place by place', () => {
  test('adds up to what it emitted; of functions it is what their calls wrote, and a call that failed wrote nothing', async () => {
    let failures = 0
    const app = testApp({
      records,
      tables: [itemTable, others],
      queries: [passThrough()],
      functions: [
        save(
          async (batch, context) => {
            await items.put(batch)
            if (context.attempt === 1 && failures++ < 3) throw new Error('once more')
            for (const record of batch)
              if (record.json<{ n: number }>().n % 2 === 0) await other.put(record.json<{ id: string }>())
          },
          { name: 'batches', from: 'out' },
        ),
        each(
          async (record, context) => {
            if (record.json<{ n: number }>().n < 10)
              context.emit('more', { seen: true }, { partitionKey: 'k' })
          },
          { name: 'singles', from: 'in' },
        ),
      ],
      moreStreams: ['more'],
    })
    const flows = await flowsOf(app)
    const wrote = Object.fromEntries([...flows].map(([name, { ledger }]) => [name, ledger.wrote]))
    expect(wrote).toEqual({
      feed: { 'stream:in': 40 },
      pass: { 'stream:out': 40 },
      batches: { 'table:items': 40, 'table:others': 20 },
      singles: { 'stream:more': 10 },
    })
    for (const { ledger } of flows.values())
      expect(Object.values(ledger.wrote ?? {}).reduce((a, b) => a + b, 0)).toBe(ledger.emitted)
    expect(failures).toBeGreaterThan(0)
  })

  test('goes on counting after a restart', async () => {
    const app = (count: number) =>
      testApp({
        records: records.slice(0, count),
        tables: [itemTable],
        functions: [save((batch) => items.put(batch))],
      })
    await flowsOf(app(15))
    const flows = await flowsOf(app(40))
    expect(flows.get('save')?.ledger.wrote).toEqual({ 'table:items': 40 })
  })
})

test('what a stage took in and what it still lacks is all that its stream holds', async () => {
  let open = true
  const app = testApp({
    records,
    tables: [itemTable],
    functions: [
      save(
        (batch) => {
          if (!open) throw new Error('closed')
          open = false
          return items.put(batch)
        },
        { batchSize: 7, parallelization: 1, maxRetries: Number.POSITIVE_INFINITY },
      ),
    ],
  })
  const flow = (await flowsOf(app)).get('save')
  const [input] = flow?.inputs ?? []
  expect(input?.stream).toBe('in')
  const done = flow?.ledger.out ?? 0
  expect(done).toBeGreaterThan(0)
  expect(input?.lag).toBe(40 - done)
  // In flight is what was read and is not done.
  expect(input?.taken).toBe(done + (flow?.inFlight ?? 0))
  expect(input?.oldest.length).toBeGreaterThan(0)
})

test('latency since an earlier look is that of what was recorded after it', () => {
  const all = new Latency()
  const copy = () => {
    const latency = new Latency()
    latency.addAll(all)
    return latency
  }
  for (let ms = 100; ms <= 200; ms++) all.record(ms)
  const before = copy()
  const later = new Latency()
  for (let ms = 1; ms <= 50; ms++) {
    all.record(ms)
    later.record(ms)
  }
  const since = all.since(before)
  const alone = later.summary()
  expect(since.count).toBe(50)
  for (const name of ['p50', 'p90', 'p99', 'max'] as const) {
    expect(since[name]).toBeGreaterThan(alone[name] * 0.99)
    expect(since[name]).toBeLessThan(alone[name] * 1.01)
  }
  expect(all.since(copy())).toMatchObject({ count: 0 })
  // Of another run: nothing can be taken off.
  expect(later.since(all)).toEqual(later.summary())
})
