/** A mapping whose settings change between runs: what is in flight then is neither lost nor processed twice. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openStore } from '@millrace/store'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readCounts } from '../dead-letters/letter-counts.ts'
import { RuntimeError } from '../errors.ts'
import { type FunctionRecord, readStageRecordOf } from '../stage-record.ts'
import type { BatchRecord } from '../stream-record.ts'
import type { MappingSettings } from './mapping-settings.ts'
import { StageHost } from './testing/stage-host.ts'

const hourMs = 3_600_000
const encoder = new TextEncoder()
let dir: string
let clock: VirtualClock
/** Texts of the records that were processed. */
let done: string[]
/** Of calls that were done: begin of the window, and times of the records. */
let windows: (readonly [startMs: number, records: string])[]
/** Keys whose records fail. */
let failing: string[]

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-changed-'))
  clock = new VirtualClock(0)
  done = []
  windows = []
  failing = []
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

async function run(
  mapping: Partial<MappingSettings>,
  work: (host: StageHost) => unknown,
): Promise<FunctionRecord> {
  const host = await StageHost.open({
    dir,
    clock,
    random: seededRandom(1),
    streams: [{ name: 'in', shards: 1, retentionMs: hourMs }],
    mapping,
    call: async (call) => {
      if (call.records.some(({ partitionKey }) => failing.includes(partitionKey)))
        return { kind: 'failed', error: new Error('not now') }
      const blamed = call.records.filter(({ partitionKey }) => partitionKey === 'bad')
      if (blamed.length > 0) return { kind: 'failed', error: blame(blamed) }
      done.push(...call.records.map((record) => record.text()))
      const { window } = call
      if (window !== undefined)
        windows.push([
          window.start,
          window.isFinal ? 'final' : call.records.map((r) => r.arrivalTimeMs).join(),
        ])
      return { kind: 'returned', value: { state: {} }, writes: [] }
    },
  })
  await work(host)
  await host.settle()
  const record = readStageRecordOf('function', 'f', host.store.getStage('f'))
  await host.stop()
  return record!
}

/** Records of a key with these numbers. */
function put(host: StageHost, key: string, ...numbers: number[]): void {
  const records = numbers.map((n) => ({ key: encoder.encode(key), data: encoder.encode(`{"n":${n}}`) }))
  host.store.commit((transaction) => transaction.append('in', records))
}

const only = (...numbers: number[]) => [`{"data":{"n":${JSON.stringify(numbers)}}}`]
const lanes = { parallelization: 10, batchSize: 1 }

test('records in flight keep the fate that the filters of their time gave them, over any number of restarts', async () => {
  failing = ['slow']
  await run({ ...lanes, filters: only(1, 2) }, (host) => put(host, 'slow', 1, 3, 2))
  await run({ ...lanes, filters: only(3, 13) }, (host) => put(host, 'other', 13))
  await run({ ...lanes, filters: only(3, 13) }, (host) => put(host, 'other', 14, 13))
  failing = []
  const { ledger, shards } = await run({ ...lanes, filters: [] }, (host) => host.runTo(60_000))
  expect(done.sort()).toEqual(['{"n":13}', '{"n":13}', '{"n":1}', '{"n":2}'])
  expect(ledger).toMatchObject({ out: 4, filtered: 2, dead: 0 })
  // Nothing of the old filters is in flight, so positions are short again.
  expect(shards[0]).toEqual({ start: 0, read: 6, lanes: Array(10).fill(6), inFlight: 0 })
})

test('a count of records that were lost in flight replaces no dead letter, and no other count', async () => {
  failing = ['slow', 'slower']
  let kept: Record<string, unknown>[] = []
  const look = (host: StageHost) => {
    kept = host.items('dead-letters')
  }
  await run(lanes, async (host) => {
    put(host, 'slow', 1)
    await host.runTo(0.5 * hourMs)
    put(host, 'slower', 2)
    put(host, 'bad', 3)
    await host.settle()
    look(host)
  })
  expect(kept).toMatchObject([{ sequence: 2, text: '{"n":3}' }])
  for (const [untilHour, lost] of [
    [1.2, 1],
    [1.8, 2],
  ] as const) {
    await forget(untilHour * hourMs)
    const { ledger } = await run(lanes, async (host) => {
      await host.settle()
      look(host)
      expect(readCounts(host.store)).toMatchObject([{ letters: 1 + lost, records: 1 + lost }])
    })
    expect(ledger).toMatchObject({ out: 0, dead: 1 + lost })
    expect(kept[0]).toMatchObject({ sequence: 2, text: '{"n":3}' })
  }
})

test('records of lanes that are to be windows now are in their windows, one after the other', async () => {
  const keys = Array.from({ length: 20 }, (_, n) => `k${n}`)
  failing = keys
  const times: number[] = []
  await run(lanes, async (host) => {
    for (const [n, key] of keys.entries()) {
      put(host, key, n)
      times.push(clock.now())
      await host.runTo(clock.now() + 4_000)
    }
    // What is done makes the stage commit its position.
    put(host, 'done', 0)
  })
  failing = []
  await run({ tumblingWindowMs: 30_000 }, (host) => host.runTo(200_000))
  // Lanes take turns within a window; its final call is the last of its calls.
  const found = windows.map(([start]) => start)
  expect(found).toEqual([...found].sort((a, b) => a - b))
  for (const start of [0, 30_000, 60_000]) {
    const calls = windows.filter((call) => call[0] === start).map(([, records]) => records)
    expect(calls.pop()).toBe('final')
    const inWindow = calls.flatMap((records) => records.split(',').map(Number)).sort((a, b) => a - b)
    expect(inWindow).toEqual(times.filter((time) => time >= start && time < start + 30_000))
  }
})

/** Time passes while nothing runs, and the retention takes what is too old. */
async function forget(untilMs: number): Promise<void> {
  await clock.advance(untilMs - clock.now())
  const store = await openStore({ dir, clock })
  store.enforceRetention(clock.now())
  await store.close()
}

function blame(records: readonly BatchRecord[]): RuntimeError {
  return new RuntimeError('RECORD_NOT_JSON', { place: 'here', what: 'no', next: 'mend it', records })
}
