/** What a delivery does about its source: shards that come and go, damaged and deleted stretches, functions that come and go. */
import { openStore } from '@millrace/store'
import { VirtualClock } from '@millrace/values'
import { afterEach, describe, expect, it } from 'vitest'
import type { DeliverySettings } from './delivery-settings.ts'
import {
  DeliveryKit,
  type KitOptions,
  MemoryBuckets,
  settingsOf,
  startMs,
  tempDir,
  upperCaser,
} from './testing/delivery-kit.ts'

const opened: (() => unknown)[] = []
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close()
})

const upper = upperCaser('upper')
const transform = { functionName: 'upper', retries: 0, bufferBytes: 1_000, bufferMs: 0 }

function streamed(more: Partial<DeliverySettings> = {}): DeliverySettings {
  return settingsOf(
    { format: { kind: 'raw', delimiter: ' ' } },
    { source: { kind: 'stream', stream: 'in', startingPosition: 'TRIM_HORIZON' }, ...more },
  )
}

/** One data directory, clock and bucket over several runs. */
function place(): {
  run(options: Partial<KitOptions>): Promise<DeliveryKit>
  dir: string
  clock: VirtualClock
} {
  const temp = tempDir()
  opened.push(() => temp.remove())
  const clock = new VirtualClock(startMs)
  const buckets = new MemoryBuckets(clock)
  return {
    dir: temp.dir,
    clock,
    async run(options) {
      const kit = await DeliveryKit.open({
        settings: streamed(),
        dir: temp.dir,
        clock,
        buckets,
        shards: 1,
        transformers: { upper },
        ...options,
      })
      opened.push(() => kit.close())
      return kit
    },
  }
}

const words = (kit: DeliveryKit): string[] =>
  Object.values(kit.texts())
    .flatMap((text) => text.split(' ').filter(Boolean))
    .sort()

describe('the source of a delivery', () => {
  it('may begin at its end: what was there before is not delivered, by any of its stages', async () => {
    const { run } = place()
    const backup = {
      bucket: 'raw',
      timeZone: 'UTC',
      buffering: { bytes: 1_000, ms: 1_000 },
      compression: 'UNCOMPRESSED',
    } as const
    const feeding = await run({ settings: streamed(), name: 'other' })
    feeding.put(['before'])
    await feeding.close()
    const settings = streamed({
      source: { kind: 'stream', stream: 'in', startingPosition: 'LATEST' },
      backup,
      transform,
    })
    const kit = await run({ settings })
    kit.put(['after'])
    await kit.advance(60_000)
    expect(words(kit)).toEqual(['AFTER'])
    expect(Object.values(kit.texts('raw'))).toEqual(['after'])
    expect(kit.app.report()).toMatchObject({ ledgerBalanced: true })
  })

  it('keeps the order of a key when its shard is split and merged', async () => {
    const { run } = place()
    const kit = await run({})
    const put = (from: number) =>
      kit.put(
        Array.from({ length: 5 }, (_, i) => `r${from + i}`),
        'key',
      )
    put(0)
    const [first] = kit.store.stream('in')!.shardInfos
    const middle = (first!.range.start + first!.range.end) / 2n
    const [low, high] = kit.store.reshard('in', {
      close: [0],
      open: [
        { range: { start: first!.range.start, end: middle }, parents: [0] },
        { range: { start: middle + 1n, end: first!.range.end }, parents: [0] },
      ],
    })
    put(5)
    kit.store.reshard('in', { close: [low!, high!], open: [{ range: first!.range, parents: [low!, high!] }] })
    put(10)
    await kit.advance(60_000)
    const texts = Object.values(kit.texts())
    expect(texts).toHaveLength(1)
    expect(texts[0]!.trim().split(' ')).toEqual(Array.from({ length: 15 }, (_, i) => `r${i}`))
  })

  it('may have lost records that nobody had read: they count as dead, and the rest is delivered', async () => {
    const { run, dir, clock } = place()
    const feeding = await run({})
    feeding.put(['first'])
    await feeding.advance(60_000)
    feeding.put(['held'])
    await feeding.work()
    await feeding.close()
    // Eight days later retention has taken what was held and what came since.
    const store = await openStore({ dir, clock })
    store.commit((transaction) =>
      transaction.append('in', [{ key: Buffer.from(''), data: Buffer.from('unread') }]),
    )
    await clock.advance(8 * 86_400_000)
    store.enforceRetention(clock.now())
    await store.close()
    const kit = await run({})
    kit.put(['last'])
    await kit.advance(60_000)
    expect(words(kit)).toEqual(['first', 'last'])
    expect(kit.app.report()).toMatchObject({
      ledgerBalanced: true,
      stages: [{ name: 'd', in: 4, out: 2, dead: 2, inFlight: 0 }],
    })
  })
})

describe('a transform function', () => {
  it('that comes takes the source over where it had been read, and what it leaves is taken back', async () => {
    const { run } = place()
    const plain = await run({})
    plain.put(['one'])
    await plain.advance(60_000)
    plain.put(['two'])
    await plain.work()
    await plain.close()

    const changed = await run({ settings: streamed({ transform }) })
    // Settings hold for what arrives after them, and time stands still in a test.
    await changed.advance(1)
    changed.put(['three'])
    await changed.advance(30_000)
    changed.put(['four'])
    await changed.work()
    await changed.close()

    const again = await run({})
    again.put(['five'])
    await again.advance(120_000)
    again.put(['six'])
    await again.advance(120_000)
    expect(words(again)).toEqual(['FOUR', 'THREE', 'five', 'one', 'six', 'two'])
    expect(again.app.report()).toMatchObject({
      ledgerBalanced: true,
      stages: [{ name: 'd', in: 6, out: 6, inFlight: 0 }],
    })
    await again.close()

    const once = await run({ settings: streamed({ transform }) })
    await once.advance(1)
    once.put(['seven'])
    await once.advance(120_000)
    expect(words(once)).toEqual(['FOUR', 'SEVEN', 'THREE', 'five', 'one', 'six', 'two'])
    expect(once.app.report()).toMatchObject({ ledgerBalanced: true })
  })
})
