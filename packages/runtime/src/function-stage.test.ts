import { VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DeadLetters } from './dead-letters/dead-letters.ts'
import { makeTableHandle } from './table-handle.ts'
import {
  expectConserved,
  itemTable,
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
const many = Array.from({ length: 100 }, (_, n) => ({ key: `k${n % 9}`, value: { id: `i${n}`, n } }))

describe('lanes', () => {
  test('each invocation has one shard and one lane, at most batchSize records, and keys keep their order', async () => {
    const order: Record<string, number[]> = {}
    const lanesOfKey: Record<string, Set<number>> = {}
    let inFlight = 0
    let inFlightMax = 0
    const app = testApp({
      records: many,
      functions: [
        save(async (records) => {
          inFlight++
          inFlightMax = Math.max(inFlightMax, inFlight)
          await new Promise((resolve) => setImmediate(resolve))
          expect(records.length).toBeLessThanOrEqual(7)
          expect(new Set(records.map((record) => record.shard)).size).toBe(1)
          for (const record of records) {
            order[record.partitionKey] ??= []
            order[record.partitionKey]!.push(record.json<{ n: number }>().n)
            lanesOfKey[record.partitionKey] ??= new Set()
            lanesOfKey[record.partitionKey]!.add(record.shard)
          }
          inFlight--
        }),
      ],
    })
    const { report } = await runWhole(app, temp.dir)
    expect(report.stages[1]).toMatchObject({ in: 100, out: 100, dead: 0 })
    for (const numbers of Object.values(order)) expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    for (const lanes of Object.values(lanesOfKey)) expect(lanes.size).toBe(1)
    expect(inFlightMax).toBeGreaterThan(1)
    expect(inFlightMax).toBeLessThanOrEqual(6)
  })
})

describe('retries', () => {
  test('a failing batch is tried 1 + maxRetries times with growing waits, then each record is a dead letter, whole', async () => {
    const times: number[] = []
    const clock = new VirtualClock(startMs)
    const app = testApp({
      records: [
        { key: 'k', value: { id: 'a', n: 1 } },
        { key: 'k', value: '\u0000 not json' },
      ],
      functions: [
        save((_, context) => {
          times.push(clock.now())
          expect(context.attempt).toBe(times.length)
          throw Object.assign(new Error('table is down'), { code: 'DOWN' })
        }),
      ],
    })
    const { tables, report } = await runWhole(app, temp.dir, { clock, limits: { retryDelayMs: 100 } })
    expect(times).toHaveLength(3)
    const waits = [times[1]! - times[0]!, times[2]! - times[1]!]
    expect(waits[0]).toBeGreaterThanOrEqual(50)
    expect(waits[0]).toBeLessThanOrEqual(100)
    expect(waits[1]).toBeGreaterThanOrEqual(100)
    expect(waits[1]).toBeLessThanOrEqual(200)
    expect(report.stages[1]).toMatchObject({ in: 2, out: 0, dead: 2 })
    const letters = tables['dead-letters'] as Record<string, unknown>[]
    expect(letters).toHaveLength(2)
    expect(letters[0]).toMatchObject({
      stage: 'save',
      attempts: 3,
      stream: 'in',
      sequence: 0,
      partitionKey: 'k',
      text: '{"id":"a","n":1}',
      error: { code: 'DOWN', name: 'Error', message: 'table is down' },
      firstTime: new Date(times[0]!).toISOString(),
      lastTime: new Date(times[2]!).toISOString(),
    })
    expect(Buffer.from(String(letters[1]!.data), 'base64').toString()).toBe('\u0000 not json')
    expect(letters[0]!.codeVersion).toMatch(/^[0-9a-f]{16}$/)
  })

  test('a lane that retries blocks neither the other lanes nor the shard', async () => {
    const done = new Set<string>()
    const clock = new VirtualClock(startMs)
    const app = testApp({
      records: many,
      functions: [
        save(
          (records) => {
            if (records.some((record) => record.partitionKey === 'k0')) throw new Error('never')
            for (const record of records) done.add(record.partitionKey)
          },
          { maxRetries: 10_000, parallelization: 10 },
        ),
      ],
    })
    const { app: running } = await start(app, temp.dir, { clock })
    await running.advance(5_000)
    expect(done.size).toBeGreaterThan(4)
    expectConserved(await running.close())
  })

  test('what a failed attempt wrote is thrown away', async () => {
    const app = testApp({
      records: [{ key: 'k', value: { id: 'a', n: 1 } }],
      tables: [itemTable],
      moreStreams: ['echo'],
      functions: [
        save(async (_, context) => {
          await items.put({ id: `attempt-${context.attempt}` })
          context.emit('echo', { attempt: context.attempt }, { partitionKey: 'e' })
          expect(await items.get('attempt-1')).toEqual(
            context.attempt === 1 ? { id: 'attempt-1' } : undefined,
          )
          if (context.attempt < 3) throw new Error('again')
        }),
      ],
    })
    const { tables, streams } = await runWhole(app, temp.dir)
    expect(tables.items).toEqual([{ id: 'attempt-3' }])
    expect(streams.echo).toEqual(['{"attempt":3}'])
  })
})

describe('records that are bad by themselves', () => {
  test('only they become dead letters; their neighbours are put, without using up retries', async () => {
    const records = [
      ...many.slice(0, 20),
      { key: 'k1', value: '{"id": "x", "n": ' },
      { key: 'k1', value: { n: 5 } },
      { key: 'k1', value: { id: 7 } },
      { key: 'k1', value: { id: null } },
      { key: 'k1', value: { id: '' } },
      { key: 'k1', value: { id: 'y'.repeat(3_000) } },
      { key: 'k1', value: '["id"]' },
      { key: 'k1', value: { id: '\u0000nul' } },
      ...many.slice(20, 40),
    ]
    const app = testApp({
      records,
      tables: [itemTable],
      functions: [save((batch) => items.put(batch), { maxRetries: 0, batchSize: 500, parallelization: 1 })],
    })
    const { tables, report } = await runWhole(app, temp.dir)
    expect(tables.items).toHaveLength(41)
    expect(tables.items).toContainEqual({ id: '\u0000nul' })
    const codes = (tables['dead-letters'] as { error: { code: string } }[]).map((letter) => letter.error.code)
    expect(codes).toHaveLength(7)
    expect(report.stages[1]).toMatchObject({ in: 48, out: 41, dead: 7 })
  })

  test('a record whose json() throws is set aside; the others go on', async () => {
    const app = testApp({
      records: [{ key: 'a', value: '{' }, ...many.slice(0, 5)],
      tables: [itemTable],
      functions: [
        save((batch) => items.put(batch.map((record) => record.json<{ id: string }>())), { maxRetries: 0 }),
      ],
    })
    const { tables, report } = await runWhole(app, temp.dir)
    expect(tables.items).toHaveLength(5)
    expect(report.stages[1]).toMatchObject({ out: 5, dead: 1 })
    expect(tables['dead-letters']).toMatchObject([{ error: { code: 'RECORD_NOT_JSON' } }])
  })
})

test('what a handler does after its end, or outside its app, is refused with a code', async () => {
  const codes: unknown[] = []
  const caught = (error: { code?: unknown }): number => codes.push(error.code)
  const other = makeTableHandle({ ...itemTable, name: 'other' })
  let late: () => Promise<unknown> = async () => {}
  const app = testApp({
    records: many.slice(0, 1),
    tables: [itemTable],
    functions: [
      save(async (batch, context) => {
        await other.put({ id: 'a' }).catch(caught)
        try {
          context.emit('nowhere', 1, { partitionKey: 'k' })
        } catch (error) {
          caught(error as { code?: unknown })
        }
        late = async () => items.put(batch)
      }),
    ],
  })
  await items.put({ id: 'a' }).catch(caught)
  await runWhole(app, temp.dir)
  await late().catch(caught)
  expect(codes).toEqual(['TABLE_OUTSIDE_STAGE', 'TABLE_UNKNOWN', 'STREAM_UNKNOWN', 'TABLE_OUTSIDE_STAGE'])
})

test('a handler that waits for something real is waited for', async () => {
  const app = testApp({
    records: many.slice(0, 10),
    tables: [itemTable],
    functions: [
      save(async (batch) => {
        await new Promise((resolve) => setTimeout(resolve, 5))
        await items.put(batch)
      }),
    ],
  })
  const { tables } = await runWhole(app, temp.dir)
  expect(tables.items).toHaveLength(10)
})

test('a redriven record is never at work beside another one of its key', async () => {
  const clock = new VirtualClock(startMs)
  const atWork = new Set<string>()
  let isBroken = true
  let done = 0
  const app = testApp({
    records: Array.from({ length: 400 }, (_, n) => ({ key: `k${n % 4}`, value: { n } })),
    perRead: 400,
    functions: [
      save(
        async (batch) => {
          const keys = new Set(batch.map(({ partitionKey }) => partitionKey))
          for (const key of keys) expect(atWork.has(key), key).toBe(false)
          for (const key of keys) atWork.add(key)
          await clock.sleep(10)
          for (const key of keys) atWork.delete(key)
          if (isBroken) throw new Error('broken')
          done += batch.length
        },
        { batchSize: 3, parallelization: 2, maxRetries: 0 },
      ),
    ],
  })
  const running = await start(app, temp.dir, { clock })
  await running.app.advance(100)
  isBroken = false
  const letters = new DeadLetters(running.app.store)
  const { redriven } = await letters.redrive({ stage: 'save' })
  expect(redriven).toBeGreaterThan(20)
  await running.app.runToEnd()
  expect(done).toBe(400)
  const report = await running.app.close()
  expect(report.stages[1]).toMatchObject({ in: 400 + redriven, out: 400, inFlight: 0 })
  expectConserved(report)
})
