import { Warnings } from '@millrace/runtime'
import { openStore } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import { expect, test } from 'vitest'
import { answer, type LakeKit, lakeKit, lakeTable } from '../query/testing/lake-kit.ts'
import { refreshView } from './refresh-view.ts'
import { type ScheduledTask, ScheduleStage } from './schedule-stage.ts'

const hour = 3_600_000

async function salesAndView(kit: LakeKit): Promise<void> {
  kit.catalog.write((writer) => {
    writer.putTable(lakeTable())
    writer.putView({
      database: 'default',
      name: 'totals',
      sql: 'SELECT count(*) AS n, sum(id) AS ids FROM orders',
      refreshMs: hour,
    })
  })
}

async function addOrder(kit: LakeKit, id: number): Promise<void> {
  const key = `orders/${id}.parquet`
  const bytes = await kit.write(key, `SELECT ${id}::BIGINT AS id, 'x' AS name`)
  kit.catalog.write((writer) =>
    writer.addFiles('default', 'orders', [{ key, bytes, rows: 1, partition: [], version: 1 }]),
  )
}

const totals = async (kit: LakeKit): Promise<unknown> =>
  (await answer(kit.query, 'SELECT * FROM totals')).rows

test('a view is computed until it was refreshed, and then shows what it was', async () => {
  const kit = await lakeKit()
  await salesAndView(kit)
  await addOrder(kit, 1)
  expect(await totals(kit)).toEqual([['1', '1']])
  const view = kit.catalog.view('default', 'totals')
  if (view === undefined) throw new Error('no view')
  expect(await refreshView(kit, view, { tick: 0 })).toEqual({ isNew: true, rows: 1 })
  await addOrder(kit, 2)
  expect(await totals(kit)).toEqual([['1', '1']])
  expect(await refreshView(kit, view, { tick: hour })).toEqual({ isNew: true, rows: 1 })
  expect(await totals(kit)).toEqual([['2', '3']])
  await addOrder(kit, 3)
  expect(await refreshView(kit, view, { tick: hour })).toEqual({ isNew: false, rows: 1 })
  expect(await totals(kit)).toEqual([['2', '3']])
  expect(kit.catalog.files('default', 'totals__kept')).toHaveLength(1)
  await refreshView(kit, view, { tick: 2 * hour })
  expect(await totals(kit)).toEqual([['3', '6']])
  // The last file and the one before it, which a query may still be reading.
  expect((await kit.buckets.open('views').list('')).objects).toHaveLength(2)
  await kit.clock.advance(1_000)
  const changed = kit.catalog.write((writer) =>
    writer.putView({
      database: 'default',
      name: 'totals',
      sql: 'SELECT max(name) AS name FROM orders',
      refreshMs: hour,
    }),
  )
  expect(await refreshView(kit, changed, { tick: 2 * hour })).toEqual({ isNew: true, rows: 1 })
  expect(await totals(kit)).toEqual([['x']])
})

test('two refreshes at the same time, of the stretch and by hand, leave one result and its object', async () => {
  const kit = await lakeKit()
  await salesAndView(kit)
  await addOrder(kit, 1)
  const view = kit.catalog.view('default', 'totals')
  if (view === undefined) throw new Error('no view')
  const bucket = kit.buckets.open('views')
  let other: Promise<unknown> | undefined
  // The later one has stored its object when the earlier one is done.
  const meeting = {
    ...kit,
    buckets: {
      ...kit.buckets,
      open: () =>
        new Proxy(bucket, {
          get: (target, member) => {
            if (member !== 'put') return Reflect.get(target, member, target).bind(target)
            return async (...put: Parameters<typeof bucket.put>) => {
              const stored = await bucket.put(...put)
              other = refreshView(kit, view, { tick: hour })
              await other
              return stored
            }
          },
        }),
    },
  }
  expect(await refreshView(meeting, view, { tick: hour + 1 })).toMatchObject({ isNew: true })
  expect(await other).toMatchObject({ isNew: true })
  expect(kit.catalog.files('default', 'totals__kept')).toHaveLength(1)
  expect(await totals(kit)).toEqual([['1', '1']])
})

test('a refresh that was killed before its commit is made again under the same key, with one result', async () => {
  const kit = await lakeKit()
  await salesAndView(kit)
  await addOrder(kit, 1)
  const view = kit.catalog.view('default', 'totals')
  if (view === undefined) throw new Error('no view')
  const dying = {
    ...kit,
    store: new Proxy(kit.store, {
      get: (target, member) => {
        if (member === 'commit') {
          return () => {
            throw new Error('killed')
          }
        }
        const value: unknown = Reflect.get(target, member, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    }),
  }
  await expect(refreshView(dying, view, { tick: hour })).rejects.toThrow('killed')
  expect(kit.catalog.files('default', 'totals__kept')).toEqual([])
  const [left] = (await kit.buckets.open('views').list('')).objects
  await addOrder(kit, 2)
  expect(await refreshView(kit, view, { tick: hour })).toMatchObject({ isNew: true })
  expect((await kit.buckets.open('views').list('')).objects.map(({ key }) => key)).toEqual([left?.key])
  expect(await totals(kit)).toEqual([['2', '3']])
})

test('tasks run once in each of their stretches, at once at first, and again after a failure', async () => {
  const clock = new VirtualClock(10 * hour + 5)
  const warnings = new Warnings()
  const ran: string[] = []
  const done = new Map<string, number>()
  let fails = 0
  const task = (name: string, everyMs: number): ScheduledTask => ({
    name,
    everyMs,
    last: () => done.get(name),
    async run(tick) {
      if (name === 'b' && fails-- > 0) throw new Error('no disk')
      ran.push(`${name} ${tick / hour}`)
      done.set(name, tick)
    },
  })
  const stopping = new AbortController()
  const stage = new ScheduleStage('schedule', { clock, warnings, stopping: stopping.signal }, () => ({
    tasks: [task('a', hour), task('b', 2 * hour)],
    close: async () => {},
  }))
  await stage.open()
  const settle = async (): Promise<void> => {
    for (;;) {
      await stage.step()
      if (!stage.busy()) return
      await new Promise<void>((resolve) => stage.onReady(resolve))
    }
  }
  const past = async (ms: number): Promise<string[]> => {
    await clock.advance(ms)
    await settle()
    return ran.splice(0)
  }
  expect(await past(0)).toEqual(['a 10', 'b 10'])
  expect(stage.dueInMs()).toBe(hour - 5)
  expect(await past(hour - 6)).toEqual([])
  expect(await past(1)).toEqual(['a 11'])
  fails = 1
  expect(await past(hour)).toEqual(['a 12'])
  expect(warnings.list()).toEqual([
    { code: 'SCHEDULE_FAILED', message: 'b failed and is tried again: no disk' },
  ])
  expect(stage.dueInMs()).toBe(30_000)
  expect(await past(30_000)).toEqual(['b 12'])
  expect(warnings.list()).toEqual([])
  // By hand in the middle of a stretch: the next one begins when it would have.
  done.set('a', 12 * hour + 1)
  expect(stage.dueInMs()).toBe(hour - 30_000)
  // Stretches that were missed are not worked for.
  expect(await past(7 * hour)).toEqual(['a 19', 'b 18'])
  stopping.abort()
  expect(await stage.step()).toBe('done')
})

test('the tick is of the store, so another process finds it', async () => {
  const kit = await lakeKit()
  await salesAndView(kit)
  await addOrder(kit, 1)
  const view = kit.catalog.view('default', 'totals')
  if (view === undefined) throw new Error('no view')
  await refreshView(kit, view, { tick: hour })
  const reader = await openStore({ dir: kit.store.dir, clock: kit.clock, mode: 'reader' })
  const { lastTick } = await import('./ticks.ts')
  expect(lastTick(reader, 'view default.totals', view.updatedAt)).toBe(hour)
  expect(lastTick(reader, 'view default.totals', view.updatedAt + 1)).toBeUndefined()
  await reader.close()
})
