import { seededRandom, VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DeadLetters } from '../dead-letters/dead-letters.ts'
import type { LogPlace } from '../function-api.ts'
import { expectConserved, save, start, startMs, tempDir, testApp } from '../testing/app-kit.ts'
import { laneOf } from './lanes.ts'
import { StageHost } from './testing/stage-host.ts'

let temp: ReturnType<typeof tempDir>
beforeEach(() => {
  temp = tempDir()
})
afterEach(() => temp.remove())

const records = Array.from({ length: 60 }, (_, n) => ({ key: `k${n % 9}`, value: { n } }))

test('a handler is told where its records stand: lane and sequences are those of the log, and stay so over restarts', async () => {
  const seen = new Map<string, LogPlace['lane']>()
  const uids = new Set<string>()
  const last = new Map<string, number>()
  const app = testApp({
    records,
    functions: [
      save((batch, { log, shard }) => {
        expect([log.stream, log.shard, log.lanes]).toEqual(['in', shard, 3])
        uids.add(log.uid)
        expect(log.sequences).toEqual(batch.map(({ sequence }) => sequence))
        for (const { partitionKey, sequence } of batch) {
          const key = Buffer.from(partitionKey)
          expect(log.lane).toBe(laneOf(key, 0, key.length, 3))
          const lane = `${shard}/${log.lane}`
          expect(sequence).toBeGreaterThan(last.get(lane) ?? -1)
          last.set(lane, sequence)
          seen.set(`${shard}/${sequence}`, log.lane)
        }
      }),
    ],
  })
  for (const ms of [5, 1_000]) {
    const { app: running } = await start(app, temp.dir)
    await running.advance(ms)
    expectConserved(await running.close())
  }
  expect(seen.size).toBe(records.length)
  expect(uids.size).toBe(1)
  const other = tempDir()
  const { app: running } = await start(app, other.dir)
  last.clear()
  await running.runToEnd()
  await running.close()
  other.remove()
  expect(uids.size).toBe(2)
})

test('a redriven dead letter has its place in the stream of redriven ones', async () => {
  let isBroken = true
  const places: (LogPlace & { readonly own: readonly number[] })[] = []
  const clock = new VirtualClock(startMs)
  const app = testApp({
    records,
    shards: 1,
    functions: [
      save(
        (batch, { log }) => {
          places.push({ ...log, own: batch.map(({ sequence }) => sequence) })
          if (isBroken && batch.some(({ sequence }) => sequence === 40)) throw new Error('not now')
        },
        { parallelization: 1, batchSize: 1, maxRetries: 0 },
      ),
    ],
  })
  const first = await start(app, temp.dir, { clock })
  await first.app.runToEnd()
  isBroken = false
  places.length = 0
  const letters = new DeadLetters(first.app.store)
  await letters.redrive({ stage: 'save' })
  await first.app.advance(1_000)
  await first.app.close()
  expect(places).toEqual([
    expect.objectContaining({ stream: 'save.redrive', shard: 0, lane: 0, sequences: [0], own: [40] }),
  ])
})

test('what throws because the app stops has not been tried, and comes again', async () => {
  const calls: number[] = []
  const clock = new VirtualClock(startMs)
  const open = () =>
    StageHost.open({
      dir: temp.dir,
      clock,
      random: seededRandom(1),
      streams: [{ name: 'in', shards: 1, retentionMs: 86_400_000 }],
      mapping: { maxRetries: 0 },
      handler: async (_, { signal, attempt }) => {
        calls.push(attempt)
        if (calls.length > 1) return
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()))
        signal.throwIfAborted()
      },
    })
  const first = await open()
  first.store.commit((transaction) => {
    transaction.append('in', [{ key: Buffer.from('k'), data: Buffer.from('1') }])
  })
  await first.settle()
  expect(calls).toEqual([1])
  await first.stop()
  const second = await open()
  await second.settle()
  expect(second.items('dead-letters')).toEqual([])
  await second.stop()
  expect(calls).toEqual([1, 1])
})

test('a warning of a handler is in the report until it is taken back', async () => {
  const app = testApp({
    records,
    functions: [
      save((batch, { warn }) => {
        warn('STAYS', 'one')
        warn('GOES', `at ${batch[0]!.sequence}`)
        warn('GOES', undefined)
      }),
    ],
  })
  const { app: running } = await start(app, temp.dir)
  await running.runToEnd()
  const { warnings } = await running.close()
  expect(warnings).toEqual([{ code: 'STAYS', message: 'one' }])
})
