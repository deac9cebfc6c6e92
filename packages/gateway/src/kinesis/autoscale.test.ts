import type { Store } from '@millrace/store'
import { initialHashRanges } from '@millrace/values'
import { expect, test } from 'vitest'
import type { ScalingEvent } from './autoscale.ts'
import { defaultSettings } from './kinesis-context.ts'
import { putStored } from './streams/stored-settings.ts'
import { type Kit, openKit, startTime, streamArnOf, testDirectory } from './testing/kinesis-kit.ts'

const MINUTE_MS = 60_000

const openCount = (kit: Kit): number =>
  kit.store.stream('s')!.shardInfos.filter(({ closedAt }) => closedAt === undefined).length

/** For so many minutes, each minute one record of so many bytes to each given shard, or to all open ones. */
async function load(kit: Kit, minutes: number, bytes: number, only?: number): Promise<void> {
  for (let minute = 0; minute < minutes; minute++) {
    const data = Buffer.alloc(Math.max(1, bytes - 1))
    kit.store.commit((transaction) => {
      for (const { shard, closedAt } of kit.store.stream('s')!.shardInfos) {
        if (closedAt !== undefined || (only !== undefined && shard !== only)) continue
        transaction.append('s', [{ key: Buffer.from('k'), data, shard }])
      }
    })
    await kit.clock.advance(MINUTE_MS)
  }
}

const limits = { shardWriteBytesPerSecond: 1000 }
/** Bytes a minute at this share of the limit. */
const use = (share: number): number => Math.round(share * 60 * limits.shardWriteBytesPerSecond)

test('an on-demand stream splits a hot shard within 15 minutes, merges cold ones much later, and keeps four', async () => {
  const events: ScalingEvent[] = []
  const kit = await openKit({ limits, onScaling: (event) => events.push(event) })
  await kit.call('CreateStream', { StreamName: 's' })
  await kit.clock.advance(MINUTE_MS)
  await load(kit, 15, use(0.6), 1)
  expect(events[0]).toEqual({ stream: 's', splits: [1], merges: [], refused: undefined })
  expect(openCount(kit)).toBe(5)
  const { Shards } = await kit.call('ListShards', { StreamName: 's' })
  const [, second] = initialHashRanges(4)
  expect(Shards[4].HashKeyRange.StartingHashKey).toBe(String(second?.start))
  expect(BigInt(Shards[5].HashKeyRange.StartingHashKey)).toBe(2n ** 128n / 4n + 2n ** 128n / 8n)
  await kit.clock.advance(40 * MINUTE_MS)
  expect(openCount(kit)).toBe(5)
  await kit.clock.advance(70 * MINUTE_MS)
  expect(openCount(kit)).toBe(4)
  await kit.clock.advance(300 * MINUTE_MS)
  expect(openCount(kit)).toBe(4)
})

test('a provisioned stream with a target grows under load and shrinks after it; one without stays as it is', async () => {
  const dir = testDirectory()
  const first = await openKit({ dir, limits })
  await first.call('CreateStream', { StreamName: 's', ShardCount: 2 })
  await first.close()
  const autoscale = { s: { target: 0.65, min: 2, max: 6 } }
  let kit = await openKit({ dir, clock: first.clock, limits, autoscale, onScaling: () => {} })
  await kit.clock.advance(MINUTE_MS)
  await load(kit, 3, use(0.7))
  expect(openCount(kit)).toBe(3)
  // What the new shards are given is more than before, so it goes on to the bound.
  await load(kit, 20, use(0.9))
  expect(openCount(kit)).toBe(6)
  await kit.close()
  // The target is stored.
  kit = await openKit({ dir, clock: kit.clock, limits, onScaling: () => {} })
  expect(kit.service.streams.settings('s')?.autoscale).toEqual(autoscale.s)
  await kit.clock.advance(120 * MINUTE_MS)
  expect(openCount(kit)).toBe(2)
  kit.service.streams.setAutoscale('s', undefined)
  await load(kit, 20, use(0.9))
  expect(openCount(kit)).toBe(2)
})

test('bytes that expire meanwhile do not hide what was written', async () => {
  const kit = await openKit({ limits, onScaling: () => {} })
  await kit.call('CreateStream', { StreamName: 's' })
  const { shards } = kit.store.stream('s')!
  kit.store.defineStream({ name: 's', shards, retentionMs: 2.5 * MINUTE_MS })
  await kit.clock.advance(MINUTE_MS)
  for (let i = 0; i < 6; i++) {
    await load(kit, 1, use(0.6), 1)
    kit.store.enforceRetention(kit.clock.now())
  }
  expect(kit.store.shard('s', 1).oldest).toBeGreaterThan(0)
  expect(openCount(kit)).toBe(5)
})

test('what the running app does not allow is not done, and said', async () => {
  const events: ScalingEvent[] = []
  const guard = { mayDelete: () => undefined, mayReshard: () => 'the app reads it in parts' }
  const kit = await openKit({ limits, guard, onScaling: (event) => events.push(event) })
  await kit.call('CreateStream', { StreamName: 's' })
  await kit.clock.advance(MINUTE_MS)
  await load(kit, 4, use(0.6), 1)
  expect(openCount(kit)).toBe(4)
  expect(events[0]).toMatchObject({ splits: [1], refused: 'the app reads it in parts' })
})

test('a stream that cannot be looked at is told of, and the others are scaled all the same', async () => {
  const events: ScalingEvent[] = []
  const failing = (store: Store): Store =>
    new Proxy(store, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (typeof member !== 'function') return member
        return (...args: unknown[]) => {
          if (name === 'stream' && args[0] === 'a') throw new Error('the disk is broken')
          return Reflect.apply(member, target, args)
        }
      },
    })
  const kit = await openKit({ limits, wrap: failing, onScaling: (event) => events.push(event) })
  kit.store.defineStream({ name: 'a', shards: 4, retentionMs: 1e9 })
  kit.store.commit((transaction) => {
    const settings = { ...defaultSettings, mode: 'ON_DEMAND' as const }
    putStored(transaction, 'stream', 'a', { createdAt: startTime, settings })
  })
  await kit.call('CreateStream', { StreamName: 's' })
  await kit.clock.advance(MINUTE_MS)
  await load(kit, 4, use(0.6), 1)
  expect(openCount(kit)).toBe(5)
  expect(events[0]).toEqual({ stream: 'a', splits: [], merges: [], refused: 'Error: the disk is broken' })
})

test('a target given at the start holds for a stream that is made later', async () => {
  const target = { target: 0.5, min: 1, max: 4 }
  const kit = await openKit({ autoscale: { later: target } })
  await kit.call('CreateStream', { StreamName: 'other', ShardCount: 1 })
  expect(kit.service.streams.settings('other')?.autoscale).toBeUndefined()
  await kit.call('CreateStream', { StreamName: 'later', ShardCount: 1 })
  expect(kit.service.streams.settings('later')?.autoscale).toEqual(target)
})

test('a target has to make sense, and name a stream', async () => {
  const kit = await openKit()
  await kit.call('CreateStream', { StreamName: 's', ShardCount: 1 })
  const { streams } = kit.service
  const good = { target: 0.5, min: 1, max: 4 }
  for (const bad of [
    { target: 0 },
    { target: 1 },
    { target: Number.NaN },
    { min: 0 },
    { max: 1.5 },
    { min: 5 },
  ]) {
    expect(() => streams.setAutoscale('s', { ...good, ...bad }), JSON.stringify(bad)).toThrow(
      'GATEWAY_OPTION_INVALID autoscale of stream "s"',
    )
  }
  expect(() => streams.setAutoscale('t', good)).toThrow('which does not exist')
  streams.setAutoscale('s', good)
  await kit.call('UpdateStreamMode', {
    StreamARN: streamArnOf('s'),
    StreamModeDetails: { StreamMode: 'ON_DEMAND' },
  })
  expect(streams.settings('s')?.autoscale).toEqual(good)
})
