/** Metrics and alarms over HTTP: what is answered is what the registry holds, in any range, under any statistic. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStoreGateway, type StoreGateway, statisticNames } from '@millrace/gateway'
import { openStore, type Store } from '@millrace/store'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type {
  AlarmPointsAnswer,
  AlarmsAnswer,
  MetricListAnswer,
  PointsAnswer,
} from '../../protocol/metrics.ts'
import { seriesAskedMax, seriesId, statistics } from '../../protocol/metrics.ts'
import { metricRoutes } from './metric-routes.ts'

const minuteMs = 60_000
const start = Date.UTC(2026, 10, 21, 10)
const clock = new VirtualClock(start)
const dir = mkdtempSync(join(tmpdir(), 'millrace-metrics-'))
/** Observations of the function `save`, by minute from the start. */
const durations = [[10, 30], [], [5], [7, 8, 9]] as const
let store: Store
let gateway: StoreGateway

beforeAll(async () => {
  store = await openStore({ dir, clock })
  gateway = await openStoreGateway({
    store,
    clock,
    random: seededRandom(1),
    port: 0,
    directory: dir,
    routes: metricRoutes({ clock, gateway: () => gateway }),
    alarms: {
      rules: [
        {
          name: 'slow',
          metric: 'Duration',
          level: 'function',
          statistic: 'Maximum',
          comparison: '>',
          threshold: 20,
          forMinutes: 1,
          missing: 'notBreaching',
          webhook: 'http://127.0.0.1:9/a-secret',
        },
      ],
      onEvent: () => {},
    },
  })
  const { registry } = gateway
  for (const observations of durations) {
    for (const value of observations) registry.metric('Duration', { function: 'save' }).observe(value)
    registry.metric('Errors', { function: 'save' }).observe(0)
    registry.metric('IncomingRecords', { stream: 'orders' }).observe(3)
    if (registry.minute * minuteMs < start + 3 * minuteMs) await clock.advance(minuteMs)
  }
  const id = { namespace: 'Shop %', metric: 'Sold = all', unit: 'None' }
  registry.addFromClient({ ...id, dimensions: [['Till', 'one two']] }, { sum: 6, count: 2, min: 1, max: 5 })
})

afterAll(async () => {
  await gateway.close()
  await store.close()
  rmSync(dir, { recursive: true })
})

async function get<T>(path: string, ...query: readonly (readonly [string, string])[]) {
  const url = new URL(path, gateway.url)
  for (const [name, value] of query) url.searchParams.append(name, value)
  const response = await fetch(url)
  // Whatever it is: the test compares it.
  return { status: response.status, ...((await response.json()) as T & { error?: { code: string } }) }
}

const list = (filter = '') => get<MetricListAnswer>('/admin/metrics', ['filter', filter])
const points = (...query: readonly (readonly [string, string])[]) =>
  get<PointsAnswer>('/admin/metrics/points', ...query)
const save = 'AWS/Lambda Duration FunctionName=save'

describe('the list', () => {
  it('has every series, with what it means, in order', async () => {
    const { series, ...rest } = await list()
    expect(rest).toMatchObject({ status: 200, minutesKept: 180, startedAt: start, more: false, kept: 4 })
    expect(series.map(({ id }) => id)).toEqual([
      'AWS/Kinesis IncomingRecords StreamName=orders',
      save,
      'AWS/Lambda Errors FunctionName=save',
      'Shop%20%25 Sold%20%3D%20all Till=one%20two',
    ])
    expect(series[1]).toMatchObject({
      level: 'function',
      kind: 'duration',
      unit: 'Milliseconds',
      definition: 'time that the function ran',
      last: { at: start + 2 * minuteMs, value: 5 },
    })
    expect(series[3]).toMatchObject({ level: 'client', dimensions: [['Till', 'one two']] })
    expect(series[3]?.kind).toBeUndefined()
  })

  it('is narrowed by words, each of which has to be somewhere', async () => {
    const found = async (filter: string) => (await list(filter)).series.map(({ metric }) => metric)
    expect(await found('lambda save')).toEqual(['Duration', 'Errors'])
    expect(await found('SAVE dur')).toEqual(['Duration'])
    expect(await found('save orders')).toEqual([])
    expect((await list('x'.repeat(201))).error?.code).toBe('VALUE_INVALID')
  })
})

describe('points', () => {
  it('stand at their minutes, under each statistic', async () => {
    const expected = {
      Sum: [40, null, 5, 24],
      Average: [20, null, 5, 8],
      Minimum: [10, null, 5, 7],
      Maximum: [30, null, 5, 9],
      SampleCount: [2, null, 1, 3],
    }
    expect(statistics).toEqual(statisticNames)
    for (const statistic of statistics) {
      const answer = await points(['series', save], ['statistic', statistic], ['minutes', '4'])
      expect(answer.times).toEqual([0, 1, 2, 3].map((minute) => start + minute * minuteMs))
      expect(answer.series).toMatchObject([{ id: save, statistic, values: expected[statistic] }])
    }
  })

  it('take the statistic that answers the metric’s question where none is named', async () => {
    const ids = (await list()).series.map(({ id }) => id)
    const answer = await points(...ids.map((id) => ['series', id] as const), ['minutes', '1'])
    expect(answer.series.map(({ statistic, values }) => [statistic, values])).toEqual([
      ['Sum', [3]],
      ['Average', [8]],
      ['Sum', [0]],
      ['Average', [3]],
    ])
  })

  it('go back as far as is asked for, but not much further than the process', async () => {
    expect((await points(['series', save], ['minutes', '180'])).times).toHaveLength(15)
    expect((await points(['series', save], ['minutes', '2'])).series[0]?.values).toEqual([5, 8])
  })

  it('leave out what is not there any more, and refuse what cannot be meant', async () => {
    expect((await points(['series', 'AWS/Lambda Duration FunctionName=gone'])).series).toEqual([])
    const many = Array.from({ length: seriesAskedMax + 1 }, () => ['series', save] as const)
    for (const query of [
      [],
      many,
      [
        ['series', save],
        ['minutes', '181'],
      ],
      [
        ['series', save],
        ['statistic', 'p99'],
      ],
    ])
      expect((await points(...(query as [string, string][]))).error?.code).toBe('VALUE_INVALID')
  })

  it('know every series by an id of its own', () => {
    const base = { namespace: 'a', metric: 'b', dimensions: [['c', 'd e=f']] } as const
    const ids = [
      base,
      {
        ...base,
        dimensions: [
          ['c', 'd'],
          ['e', 'f'],
        ],
      } as const,
      { ...base, dimensions: [['c=d e', 'f']] } as const,
      { ...base, namespace: 'a b', metric: '' },
      { ...base, dimensions: [['c', 'd%20e=f']] } as const,
    ].map(seriesId)
    expect(new Set(ids).size).toBe(ids.length)
  })
})

describe('alarms', () => {
  it('are listed with their state, since when, and what happened, without the webhook’s address', async () => {
    const answer = await get<AlarmsAnswer>('/admin/metrics/alarms')
    expect(answer.isWatching).toBe(true)
    expect(answer.alarms).toMatchObject([
      { name: 'slow', state: 'OK', since: start + 2 * minuteMs, hasWebhook: true, dimensions: {} },
    ])
    expect(answer.events.map(({ at, from, to }) => [at, from, to])).toEqual([
      [start + 2 * minuteMs, 'ALARM', 'OK'],
      [start + minuteMs, 'INSUFFICIENT_DATA', 'ALARM'],
    ])
    expect(JSON.stringify(answer)).not.toContain('a-secret')
  })

  it('show what their rule looks at, and change when it is breached', async () => {
    gateway.registry.metric('Duration', { function: 'other' }).observe(100)
    const looked = () =>
      get<AlarmPointsAnswer>('/admin/metrics/alarm-points', ['alarm', 'slow'], ['minutes', '4'])
    // Of all functions together.
    expect((await looked()).values).toEqual([30, null, 5, 100])
    await clock.advance(minuteMs)
    const { alarms, events } = await get<AlarmsAnswer>('/admin/metrics/alarms')
    expect(alarms).toMatchObject([{ state: 'ALARM', since: start + 4 * minuteMs }])
    expect(events[0]).toMatchObject({
      alarm: 'slow',
      to: 'ALARM',
      text: 'ALARM slow: Maximum of Duration > 20 ms for 1 minute, last 100 ms (function other)',
    })
    expect((await get('/admin/metrics/alarm-points', ['alarm', 'slo'])).status).toBe(404)
  })
})
