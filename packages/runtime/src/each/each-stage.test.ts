import { VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DeadLetters } from '../dead-letters/dead-letters.ts'
import { makeTableHandle } from '../table-handle.ts'
import {
  each,
  expectConserved,
  itemTable,
  runWhole,
  save,
  start,
  startMs,
  type TestRecord,
  tempDir,
  testApp,
} from '../testing/app-kit.ts'
import type { EachHandler } from './each-api.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

const items = makeTableHandle(itemTable)
const records = (count: number, keys = 9): TestRecord[] =>
  Array.from({ length: count }, (_, n) => ({ key: `k${n % keys}`, value: { id: `i${n}`, n } }))
const app = (handler: EachHandler, settings: Parameters<typeof each>[1] = {}, fed = records(100)) =>
  testApp({ records: fed, tables: [itemTable], functions: [each(handler, settings)] })
const numberOf = (value: unknown) => (value as { n: number }).n

describe('order', () => {
  test('records of a key go one after the other, those of different keys at once, up to the concurrency', async () => {
    const clock = new VirtualClock(startMs)
    const order: Record<string, number[]> = {}
    const atWork = new Set<string>()
    let most = 0
    const { report } = await runWhole(
      app(
        async (record) => {
          expect(atWork.has(record.partitionKey), record.partitionKey).toBe(false)
          atWork.add(record.partitionKey)
          most = Math.max(most, atWork.size)
          await clock.sleep(1 + (numberOf(record.value) % 7))
          order[record.partitionKey] = [...(order[record.partitionKey] ?? []), numberOf(record.value)]
          atWork.delete(record.partitionKey)
        },
        { concurrency: 5 },
      ),
      temp.dir,
      { clock },
    )
    expect(most).toBe(5)
    expect(Object.keys(order)).toHaveLength(9)
    for (const numbers of Object.values(order)) expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
    expect(report.stages[1]).toMatchObject({ in: 100, out: 100, dead: 0, inFlight: 0 })
  })

  test('a record sees what the one before it of its key has written', async () => {
    const { tables } = await runWhole(
      app(async (record, context) => {
        const table = context.table('items')
        const before = await table.get<{ id: string; seen: number[] }>(record.partitionKey)
        await table.put({ id: record.partitionKey, seen: [...(before?.seen ?? []), numberOf(record.value)] })
      }),
      temp.dir,
    )
    const expected = Array.from({ length: 9 }, (_, k) => ({
      id: `k${k}`,
      seen: Array.from({ length: 100 }, (_, n) => n).filter((n) => n % 9 === k),
    }))
    expect(tables.items).toEqual(expected)
  })
})

describe('items that several records change at the same time', () => {
  test('updates lose nothing, and a condition holds at the commit: a call that came too late is made again', async () => {
    const clock = new VirtualClock(startMs)
    let calls = 0
    const losers = new Set<number>()
    const { tables, report } = await runWhole(
      app(
        async (record, context) => {
          calls++
          const table = context.table('items')
          await clock.sleep(numberOf(record.value) % 3)
          await table.update('hits', 'ADD hits :one', { values: { ':one': 1 } })
          try {
            const won = { id: 'first', by: numberOf(record.value) }
            await table.put(won, { condition: 'attribute_not_exists(id)' })
            context.emit('out', won)
          } catch (error) {
            expect(error).toMatchObject({ code: 'TABLE_CONDITION_FAILED' })
            losers.add(numberOf(record.value))
          }
        },
        { concurrency: 50 },
        records(60, 60),
      ),
      temp.dir,
      { clock },
    )
    expect(tables.items).toEqual([
      { id: 'first', by: expect.any(Number) },
      { id: 'hits', hits: 60 },
    ])
    expect(losers.size).toBe(59)
    expect(calls).toBeGreaterThan(60)
    expect(report.stages[1]).toMatchObject({ out: 60, dead: 0 })
    expect(report.streams.find(({ name }) => name === 'out')?.records).toBe(1)
  })
})

describe('failures', () => {
  test('a record that fails waits by itself; only its key waits with it, then it is dead and the key goes on', async () => {
    const clock = new VirtualClock(startMs)
    const done: number[] = []
    const tries: [number, number][] = []
    const running = await start(
      app(
        async (record, context) => {
          const n = numberOf(record.value)
          await items.put({ id: `i${n}`, n })
          context.emit('out', { n })
          if (n === 4) {
            tries.push([context.attempt, clock.now()])
            throw Object.assign(new Error('no'), { code: 'NO' })
          }
          done.push(n)
        },
        { maxRetries: 2 },
        records(27),
      ),
      temp.dir,
      { clock, limits: { retryDelayMs: 1_000 } },
    )
    await running.app.runUntilIdle()
    // All but the key of record 4, in which 13 and 22 wait.
    expect([...done].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 27 }, (_, n) => n).filter((n) => n % 9 !== 4),
    )
    expect(running.app.report().stages[1]).toMatchObject({ in: 27, out: 24, dead: 0, inFlight: 3 })
    await running.app.runToEnd()
    expect(tries.map(([attempt]) => attempt)).toEqual([1, 2, 3])
    expect(tries[1]![1] - tries[0]![1]).toBeGreaterThanOrEqual(500)
    expect(tries[2]![1] - tries[1]![1]).toBeGreaterThanOrEqual(1_000)
    expect(done.slice(-2)).toEqual([13, 22])
    const [letter] = (await new DeadLetters(running.app.store).list({}, { limit: 5 })).letters
    expect(letter).toMatchObject({
      partitionKey: 'k4',
      attempts: 3,
      error: { code: 'NO' },
      text: '{"id":"i4","n":4}',
    })
    expect(running.app.store.getItem('items', 'i4')).toBeUndefined()
    const report = await running.app.close()
    expect(report.stages[1]).toMatchObject({ in: 27, out: 26, dead: 1, inFlight: 0, emitted: 52 })
    expectConserved(report)
  })

  test('data that cannot be decoded make a dead letter at once; what a record never asks for is never decoded', async () => {
    const fed = [...records(3), { key: 'k1', value: 'no json' }, { key: 'k1', value: { id: 'last', n: 9 } }]
    let calls = 0
    const handler: EachHandler = async (record) => {
      calls++
      await items.put({ id: (record.value as { id: string }).id })
    }
    const { report, tables } = await runWhole(app(handler, { maxRetries: 5 }, fed), temp.dir)
    expect(calls).toBe(5)
    expect(tables.items).toHaveLength(4)
    expect(tables['dead-letters']).toMatchObject([
      { attempts: 1, text: 'no json', error: { code: 'RECORD_NOT_JSON' } },
    ])
    expect(report.stages[1]).toMatchObject({ out: 4, dead: 1 })

    const other = tempDir()
    const texts: unknown[] = []
    const decoded = await runWhole(
      app(
        (record) => {
          texts.push(record.value)
        },
        {
          decode: (record) => {
            if (record.text() === 'no json') throw new Error('odd')
            return record.text().length
          },
        },
        fed,
      ),
      other.dir,
    )
    other.remove()
    expect([...texts].sort()).toEqual([17, 17, 17, 19])
    expect(decoded.tables['dead-letters']).toMatchObject([{ error: { code: 'RECORD_NOT_DECODED' } }])
    const last = tempDir()
    const unasked = await runWhole(
      app(() => {}, {}, [{ key: 'k', value: 'no json' }]),
      last.dir,
    )
    last.remove()
    expect(unasked.tables['dead-letters']).toEqual([])
  })

  test('records that are too old are given up untried, and filtered ones left out', async () => {
    const clock = new VirtualClock(startMs)
    const called: number[] = []
    const { report, tables } = await runWhole(
      app(
        async (record) => {
          called.push(numberOf(record.value))
          await clock.sleep(40_000)
        },
        { maxRecordAgeMs: 60_000, filters: ['{"data":{"n":[{"numeric":["<",6]}]}}'], concurrency: 1 },
        records(8, 1),
      ),
      temp.dir,
      { clock },
    )
    expect(called).toEqual([0, 1])
    expect(tables['dead-letters']).toHaveLength(4)
    expect(tables['dead-letters']).toMatchObject(
      Array.from({ length: 4 }, () => ({ attempts: 0, error: { code: 'RECORD_TOO_OLD' } })),
    )
    expect(report.stages[1]).toMatchObject({ in: 8, out: 2, dead: 4, filtered: 2 })
  })

  test('one key with all its records blocked lets 10,000 of them wait before it holds up the shard', async () => {
    const clock = new VirtualClock(startMs)
    const fed = [
      ...Array.from({ length: 9_000 }, () => ({ key: 'bad', value: {} })),
      ...Array.from({ length: 50 }, (_, n) => ({ key: `good${n}`, value: {} })),
    ]
    let good = 0
    const running = await start(
      testApp({
        records: fed,
        perRead: 3_000,
        shards: 1,
        functions: [
          each(
            (record) => {
              if (record.partitionKey === 'bad') throw new Error('down')
              good++
            },
            { maxRetries: Number.POSITIVE_INFINITY },
          ),
        ],
      }),
      temp.dir,
      { clock },
    )
    await running.app.runUntilIdle()
    expect(good).toBe(50)
    const report = await running.app.close()
    expect(report.stages[1]).toMatchObject({ in: 9_050, out: 50, inFlight: 9_000 })
    expectConserved(report)
  })
})

test('what is emitted goes by the key of its record unless another is given; unknown tables and streams are refused', async () => {
  const codes: unknown[] = []
  const { streams } = await runWhole(
    app(
      (record, context) => {
        context.emit({ name: 'out' }, { from: record.partitionKey })
        context.emit('out', { to: 'x' }, { partitionKey: 'x' })
        for (const wrong of [() => context.table('nothing'), () => context.emit('nothing', 1)]) {
          try {
            wrong()
          } catch (error) {
            codes.push((error as { code: string }).code)
          }
        }
      },
      {},
      records(1),
    ),
    temp.dir,
  )
  expect(streams.out).toHaveLength(2)
  expect(codes).toEqual(['TABLE_UNKNOWN', 'STREAM_UNKNOWN'])
})

test('a redriven record takes its turn among those of its key, and is never at work beside one of them', async () => {
  const clock = new VirtualClock(startMs)
  const atWork = new Set<string>()
  let isBroken = true
  const seen: [string, number][] = []
  const handler: EachHandler = async (record) => {
    expect(atWork.has(record.partitionKey)).toBe(false)
    atWork.add(record.partitionKey)
    try {
      await clock.sleep(10)
      const n = numberOf(record.value)
      if (isBroken && n % 2 === 0) throw new Error('broken')
      seen.push([record.partitionKey, n])
    } finally {
      atWork.delete(record.partitionKey)
    }
  }
  const fed = records(40, 4)
  const running = await start(app(handler, { maxRetries: 0 }, fed), temp.dir, { clock })
  await running.app.advance(200)
  isBroken = false
  const letters = new DeadLetters(running.app.store)
  const waiting = letters.counts()[0]!.letters
  expect(waiting).toBeGreaterThan(2)
  expect(await letters.redrive({ stage: 'save' })).toMatchObject({ redriven: waiting })
  await running.app.runToEnd()
  expect(seen).toHaveLength(40)
  expect(new Set(seen.map(([, n]) => n)).size).toBe(40)
  const report = await running.app.close()
  expect(report.stages[1]).toMatchObject({ in: 40 + waiting, out: 40, dead: waiting })
  expect(report.deadLetters).toEqual([{ stage: 'save', waiting: 0, redriven: waiting, dropped: 0 }])
  expectConserved(report)
})

test('a function may become per-record and back: what was done is not done again, what was open is', async () => {
  const clock = new VirtualClock(startMs)
  const fed = records(60, 6)
  const count = async (key: string, n: number) => {
    const before = await items.get<{ id: string; seen: number[] }>(key)
    await items.put({ id: key, seen: [...(before?.seen ?? []), n] })
  }
  // Even records hang until the app stops; odd keys go on.
  let hangs = true
  const hang = async (n: number) => {
    if (hangs && n % 2 === 0 && n >= 24) throw new Error('hangs')
  }
  const asEach = each(
    async (record) => {
      await hang(numberOf(record.value))
      await count(record.partitionKey, numberOf(record.value))
    },
    { maxRetries: Number.POSITIVE_INFINITY, filters: ['{"data":{"n":[{"anything-but":[33]}]}}'] },
  )
  const asBatch = save(
    async (batch) => {
      for (const record of batch) {
        await hang(numberOf(record.json()))
        await count(record.partitionKey, numberOf(record.json()))
      }
    },
    {
      batchSize: 1,
      maxRetries: Number.POSITIVE_INFINITY,
      filters: ['{"data":{"n":[{"anything-but":[33]}]}}'],
    },
  )
  for (const stage of [asEach, asBatch, asEach, asBatch, asEach]) {
    const run = await start(testApp({ records: fed, tables: [itemTable], functions: [stage] }), temp.dir, {
      clock,
    })
    await run.app.advance(50)
    const report = await run.app.close()
    expect(report.stages[1]!.inFlight).toBeGreaterThan(0)
    expectConserved(report)
  }
  hangs = false
  const { tables, report } = await runWhole(
    testApp({ records: fed, tables: [itemTable], functions: [asEach] }),
    temp.dir,
    { clock },
  )
  expect(tables.items).toEqual(
    Array.from({ length: 6 }, (_, k) => ({
      id: `k${k}`,
      seen: Array.from({ length: 60 }, (_, n) => n).filter((n) => n % 6 === k && n !== 33),
    })),
  )
  expect(report.stages[1]).toMatchObject({ in: 60, out: 59, filtered: 1 })
})
