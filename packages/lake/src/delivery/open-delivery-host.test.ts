/** Deliveries that clients make: run, changed, deleted and made again beside whatever else uses the store. */
import { makeLambdaHost, noDeliveryMeter, Warnings } from '@millrace/runtime'
import { openStore, type Store } from '@millrace/store'
import { seededRandom, VirtualClock } from '@millrace/values'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { DeliveryDirectory, DeliveryHost } from './delivery-port.ts'
import { openDeliveries } from './open-deliveries.ts'
import { openDeliveryHost } from './open-delivery-host.ts'
import { MemoryBuckets, settingsOf, startMs, tempDir } from './testing/delivery-kit.ts'

const encoder = new TextEncoder()
let temp: ReturnType<typeof tempDir>
let clock: VirtualClock
let store: Store
let buckets: MemoryBuckets
let directory: DeliveryDirectory
let host: DeliveryHost

beforeEach(async () => {
  temp = tempDir()
  clock = new VirtualClock(startMs)
  buckets = new MemoryBuckets(clock)
  await open()
})
afterEach(async () => {
  await close()
  temp.remove()
})

async function open(): Promise<void> {
  store = await openStore({ dir: temp.dir, clock })
  directory = openDeliveries({ store, clock })
  host = openDeliveryHost({
    store,
    clock,
    random: seededRandom(1),
    warnings: new Warnings(),
    services: { buckets, catalog: undefined, transformer: () => undefined },
    lambdas: makeLambdaHost({
      services: { region: 'us-east-1', account: '000000000000', environment: {} },
      cacheDir: undefined,
    }),
    meter: () => noDeliveryMeter,
  })
  host.refresh()
}

async function close(): Promise<void> {
  await host.close()
  await store.close()
}

function put(name: string, ...records: string[]): void {
  store.commit((transaction) =>
    directory.put(
      transaction,
      name,
      records.map((text) => encoder.encode(text)),
    ),
  )
}

/** Until the bucket has so many objects. */
async function objects(count: number): Promise<string[]> {
  while (Object.keys(buckets.texts()).length < count) await clock.advance(1_000)
  return Object.values(buckets.texts()).sort()
}

describe('a delivery of the API', () => {
  it('delivers what is put, and goes on after a stop', async () => {
    directory.create('made', settingsOf(), { owner: 'api' })
    host.refresh()
    put('made', 'a', 'b')
    expect(await objects(1)).toEqual(['ab'])
    put('made', 'c')
    await close()
    await open()
    expect(await objects(2)).toEqual(['ab', 'c'])
    expect(host.failure('made')).toBeUndefined()
  })

  it('takes changed settings for what comes after the change', async () => {
    const { version } = directory.create('made', settingsOf(), { owner: 'api' })
    host.refresh()
    put('made', 'a')
    directory.update('made', settingsOf({ prefix: 'new/' }), { version })
    await clock.advance(10)
    put('made', 'b')
    await objects(2)
    expect(Object.keys(buckets.texts()).map((key) => key.slice(0, 30))).toEqual([
      '2026/01/01/12/made-1-2026-01-0',
      'new/2026/01/01/12/made-2-2026-',
    ])
  })

  it('is gone with all that it held, and may be made again', async () => {
    directory.create('made', settingsOf(), { owner: 'api' })
    host.refresh()
    put('made', 'lost')
    directory.delete('made')
    directory.create('made', settingsOf(), { owner: 'api' })
    host.refresh()
    put('made', 'kept')
    expect(await objects(1)).toEqual(['kept'])
    await clock.advance(120_000)
    expect(await objects(1)).toEqual(['kept'])
  })

  it('has nothing of one of its name whose deletion was killed in the middle', async () => {
    directory.create('made', settingsOf(), { owner: 'api' })
    put('made', 'lost')
    const dying = new Proxy(store, {
      get: (target, member) => {
        if (member === 'deleteStream') {
          return () => {
            throw new Error('killed')
          }
        }
        const value: unknown = Reflect.get(target, member, target)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    expect(() => openDeliveries({ store: dying, clock }).delete('made')).toThrow('killed')
    expect(directory.get('made')).toBeUndefined()
    await close()
    await open()
    directory.create('made', settingsOf(), { owner: 'api' })
    host.refresh()
    put('made', 'kept')
    expect(await objects(1)).toEqual(['kept'])
  })

  it('tells what keeps it from storing, and stores when that is over', async () => {
    directory.create('made', settingsOf(), { owner: 'api' })
    host.refresh()
    let isDown = true
    buckets.onPutStep = () => {
      if (isDown) throw new Error('the disk is gone')
    }
    put('made', 'a')
    while (host.failure('made') === undefined) await clock.advance(1_000)
    expect(host.failure('made')?.details).toContain('the disk is gone')
    isDown = false
    expect(await objects(1)).toEqual(['a'])
    await clock.advance(1_000)
    expect(host.failure('made')).toBeUndefined()
  })

  it('takes no stream of others for its own, and deletes none', async () => {
    for (const stream of ['made.direct', 'made.prepared']) {
      store.defineStream({ name: stream, shards: 1, retentionMs: 86_400_000 })
      store.commit((transaction) =>
        transaction.append(stream, [{ key: new Uint8Array(0), data: encoder.encode('of others') }]),
      )
    }
    expect(() => directory.create('made', settingsOf(), { owner: 'api' })).toThrow(
      /DELIVERY_INVALID.*"made.direct"/,
    )
    expect(directory.get('made')).toBeUndefined()
    const source = { kind: 'stream', stream: 'made.direct', startingPosition: 'TRIM_HORIZON' } as const
    directory.create('made', settingsOf({}, { source }), { owner: 'api' })
    expect(directory.ownStreams('made')).toEqual([])
    host.refresh()
    expect(await objects(1)).toEqual(['of others'])
    directory.delete('made')
    host.refresh()
    for (const stream of ['made.direct', 'made.prepared'])
      expect(store.stream(stream)?.shardInfos[0]?.next).toBe(1)
  })
})
