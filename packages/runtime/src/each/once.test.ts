import { VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DeadLetters } from '../dead-letters/dead-letters.ts'
import {
  each,
  expectConserved,
  itemTable,
  type Run,
  runWhole,
  start,
  startMs,
  type TestRecord,
  tempDir,
  testApp,
} from '../testing/app-kit.ts'
import type { EachHandler, EachRecord } from './each-api.ts'
import { onceExpiryTable, onceTable } from './once-results.ts'

let temp: ReturnType<typeof tempDir>
let clock: VirtualClock
beforeEach(() => {
  temp = tempDir()
  clock = new VirtualClock(startMs)
})
afterEach(() => temp.remove())

interface Order {
  readonly order: string
}
const orderOf = (record: EachRecord) => (record.value as Order).order

/** Records of different partition keys, so that nothing but `once` keeps them apart. */
const orders = (...names: readonly string[]): TestRecord[] =>
  names.map((order, n) => ({ key: `p${n}`, value: { order } }))

function app(handler: EachHandler, fed: readonly TestRecord[], settings: Parameters<typeof each>[1] = {}) {
  return testApp({ records: fed, shards: 1, tables: [itemTable], functions: [each(handler, settings)] })
}

async function run(
  handler: EachHandler,
  fed: readonly TestRecord[],
  settings: Parameters<typeof each>[1] = {},
) {
  return runWhole(app(handler, fed, settings), temp.dir, { clock, limits: { retryDelayMs: 10 } })
}

const storedResults = ({ app: { store } }: Run) =>
  [...store.scan(onceTable.name)].map(({ sortKey }) => sortKey)
const expiries = ({ app: { store } }: Run) => [...store.scan(onceExpiryTable.name)].length

describe('the work of a key', () => {
  test('runs once, also for records at work at the same time; all get its result, as JSON has it', async () => {
    let charges = 0
    const results: unknown[] = []
    const { tables, report } = await run(
      async (record, context) => {
        const result = await context.once(orderOf(record), async () => {
          const receipt = ++charges
          await clock.sleep(50)
          await context.table('items').put({ id: orderOf(record), by: record.partitionKey })
          return { receipt, at: new Date(0), nothing: undefined }
        })
        results.push(result)
      },
      orders('a', 'a', 'b', 'a', 'b'),
    )
    expect(charges).toBe(2)
    const [a, b] = [1, 2].map((receipt) => ({ receipt, at: '1970-01-01T00:00:00.000Z' }))
    expect(results).toHaveLength(5)
    expect(results.filter((result) => (result as { receipt: number }).receipt === 1)).toEqual([a, a, a])
    expect(results.filter((result) => (result as { receipt: number }).receipt === 2)).toEqual([b, b])
    expect(tables.items).toEqual([
      { id: 'a', by: 'p0' },
      { id: 'b', by: 'p2' },
    ])
    expect(report.stages[1]).toMatchObject({ out: 5, dead: 0 })
  })

  test('is asked for several times within a call, and gives undefined back as undefined', async () => {
    let runs = 0
    await run(
      async (_, context) => {
        const work = () => {
          runs++
        }
        const all = await Promise.all([
          context.once('k', work),
          context.once('k', work),
          context.once('k', work),
        ])
        expect(all).toEqual([undefined, undefined, undefined])
      },
      orders('a', 'b'),
    )
    expect(runs).toBe(1)
  })

  test('runs again when the work fails, when its call fails later, and writes nothing of those', async () => {
    const runs: string[] = []
    const { tables } = await run(
      async (record, context) => {
        await context.once('k', async () => {
          runs.push(`${record.partitionKey} ${context.attempt}`)
          await context.table('items').put({ id: `${record.partitionKey} ${context.attempt}` })
          await clock.sleep(5)
          if (runs.length === 1) throw new Error('work failed')
        })
        if (runs.length === 2) throw new Error('call failed')
      },
      orders('a', 'b', 'c'),
    )
    expect(runs).toHaveLength(3)
    expect(tables.items).toEqual([{ id: runs[2] }])
  })

  test('is stored in the commit of its record: a stop before it leaves nothing, one after it everything', async () => {
    for (const point of ['in-transaction', 'before-commit', 'after-commit'] as const) {
      const own = tempDir()
      let runs = 0
      let stops = false
      const handler: EachHandler = async (record, context) => {
        await context.once(orderOf(record), async () => {
          runs++
          await context.table('items').put({ id: `run ${runs}` })
        })
        stops = true
      }
      const probe = (at: string) => {
        if (stops && at === point) throw new Error('stopped')
      }
      const first = await start(app(handler, orders('a')), own.dir, { clock, probe })
      await expect(first.app.runToEnd()).rejects.toThrow('stopped')
      stops = false
      await first.app.close()
      const { tables } = await runWhole(app(handler, orders('a')), own.dir, { clock })
      expect(tables.items, point).toEqual([{ id: point === 'after-commit' ? 'run 1' : 'run 2' }])
      own.remove()
    }
  })

  test('is not run for a record that was redriven, nor by one that comes after a restart', async () => {
    let charges = 0
    let fails = true
    const handler: EachHandler = async (record, context) => {
      // The charge is a record of its own, so that it stands though the other step fails.
      if (record.partitionKey !== 'p0') await context.once(orderOf(record), () => ++charges)
      else if (fails) throw new Error('not yet')
      else expect(await context.once(orderOf(record), () => ++charges)).toBe(1)
    }
    const first = await start(app(handler, orders('a', 'a'), { maxRetries: 0 }), temp.dir, { clock })
    await first.app.runToEnd()
    await first.app.close()
    fails = false
    const second = await start(app(handler, orders('a', 'a', 'a')), temp.dir, { clock })
    expect(await new DeadLetters(second.app.store).redrive({ stage: 'save' })).toMatchObject({ redriven: 1 })
    await second.app.runToEnd()
    const report = await second.app.close()
    expect(charges).toBe(1)
    expect(report.stages[1]).toMatchObject({ in: 4, out: 3, dead: 1 })
    expectConserved(report)
  })
})

describe('expiry', () => {
  test('a result counts as long as it was to be kept; expired ones are swept', async () => {
    const runs: number[] = []
    const running = await start(
      app(
        async (record, context) => {
          await context.once('short', () => runs.push(record.sequence))
          await context.once(`own ${record.sequence}`, () => {}, { forSeconds: 3_600 * 2 + 60 })
        },
        [],
        { onceMs: 3_600_000 * 2.5 },
      ),
      temp.dir,
      { clock },
    )
    for (let n = 0; n < 8; n++) {
      await running.app.advance(3_600_000)
      running.app.store.commit((transaction) =>
        transaction.append('in', [{ key: Buffer.from(`p${n}`), data: Buffer.from('{}') }]),
      )
      await running.app.runUntilIdle()
    }
    // Kept 2.5 hours: of records that come each hour, every third runs it.
    expect(runs).toEqual([0, 3, 6])
    // The sweep of the last record's commit: `short` of record 6, and those of its own within two hours.
    expect(storedResults(running)).toEqual(['own 5', 'own 6', 'own 7', 'short'])
    expect(expiries(running)).toBe(4)
    await running.app.close()
  })
})

describe('what cannot work is refused', () => {
  async function codeOf(work: (context: Parameters<EachHandler>[1]) => unknown): Promise<unknown> {
    const own = tempDir()
    let code: unknown
    await runWhole(
      app(async (_, context) => {
        try {
          await work(context)
        } catch (error) {
          code = (error as { code?: unknown }).code
        }
      }, orders('a')),
      own.dir,
      { clock },
    )
    own.remove()
    return code
  }

  test('keys, times and results that cannot be stored', async () => {
    for (const key of ['', 'x'.repeat(1_025), '\ud800', 7 as unknown as string])
      expect(await codeOf((context) => context.once(key, () => 1))).toBe('ONCE_KEY')
    for (const forSeconds of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 4e7])
      expect(await codeOf((context) => context.once('k', () => 1, { forSeconds }))).toBe('ONCE_KEY')
    const ring: { self?: unknown } = {}
    ring.self = ring
    for (const result of [ring, () => 1, Symbol('x'), 1n, 'x'.repeat(1024 * 1024)])
      expect(await codeOf((context) => context.once('k', () => result)), String(typeof result)).toBe(
        'ONCE_RESULT',
      )
    expect(await codeOf((context) => context.once('k'.repeat(1_024), () => ['\u0000', null]))).toBeUndefined()
  })

  test('a work that asks for its own key, at once or later', async () => {
    expect(await codeOf((context) => context.once('k', () => context.once('k', () => 1)))).toBe('ONCE_CYCLE')
    expect(
      await codeOf((context) =>
        context.once('k', async () => {
          await clock.sleep(1)
          return context.once('other', () => context.once('k', () => 1))
        }),
      ),
    ).toBe('ONCE_CYCLE')
  })

  test('a work that goes on after its function has ended leaves nothing, and holds nobody up', async () => {
    let later: unknown
    const runs: string[] = []
    const { tables } = await run(
      async (record, context) => {
        if (record.partitionKey === 'p0') {
          void context.once('k', async () => {
            runs.push('p0')
            await clock.sleep(100)
          })
          void clock.sleep(50).then(() => context.once('k2', () => 1).catch((error) => (later = error)))
          return
        }
        await clock.sleep(20)
        await context.once('k', () => runs.push('p1'))
        await context.table('items').put({ id: 'p1' })
        await clock.sleep(500)
      },
      orders('a', 'b'),
    )
    expect(runs).toEqual(['p0', 'p1'])
    expect(tables.items).toEqual([{ id: 'p1' }])
    expect(tables[onceTable.name]).toMatchObject([{ key: 'k', result: 2 }])
    expect(later).toMatchObject({ code: 'INVOCATION_ENDED' })
  })

  test('calls that wait for each other: one of them fails and is tried again, and all get done', async () => {
    const cycles: unknown[] = []
    const runs: string[] = []
    const { report } = await run(
      async (record, context) => {
        const keys =
          record.partitionKey === 'p0'
            ? ['x', 'y', 'z']
            : record.partitionKey === 'p1'
              ? ['y', 'z']
              : ['z', 'x']
        try {
          for (const key of keys) {
            await context.once(key, () => runs.push(key))
            await clock.sleep(10)
          }
        } catch (error) {
          cycles.push((error as { code?: unknown }).code)
          throw error
        }
      },
      orders('a', 'b', 'c'),
      { maxRetries: 5 },
    )
    expect(cycles.length).toBeGreaterThan(0)
    expect(new Set(cycles)).toEqual(new Set(['ONCE_CYCLE']))
    expect(report.stages[1]).toMatchObject({ out: 3, dead: 0 })
    expect(new Set(runs)).toEqual(new Set(['x', 'y', 'z']))
  })
})
