/** What a delivery holds when it stops, and what becomes of it afterwards: plans that wait, switched transforms, little memory. */
import { gzipSync } from 'node:zlib'
import { VirtualClock } from '@millrace/values'
import { afterEach, describe, expect, it } from 'vitest'
import { openCatalog } from '../catalog/open-catalog.ts'
import type { LakeColumn } from '../schema/lake-type.ts'
import type { RecordTransformer } from './delivery-port.ts'
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

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

const upper = upperCaser('arn:f')

/** One data directory and its buckets, over several runs. */
class Place {
  readonly clock = new VirtualClock(startMs)
  readonly buckets = new MemoryBuckets(this.clock)
  readonly dir: string
  kit: DeliveryKit | undefined

  constructor() {
    const temp = tempDir()
    closers.push(
      () => temp.remove(),
      () => this.kit?.close(),
    )
    this.dir = temp.dir
  }

  /** Stops what runs here, and starts again. */
  async start(settings: DeliverySettings, options: Partial<KitOptions> = {}): Promise<DeliveryKit> {
    await this.stop()
    const { dir, clock, buckets } = this
    const transformers = { f: upper }
    this.kit = await DeliveryKit.open({ settings, dir, clock, buckets, transformers, ...options })
    return this.kit
  }

  async stop(): Promise<void> {
    await this.kit?.close()
    this.kit = undefined
  }

  /** The object store takes nothing until it is called with false. */
  away(isAway: boolean): void {
    this.buckets.onPutStep = isAway
      ? () => {
          throw new Error('the store is away')
        }
      : undefined
  }

  lines(): string[] {
    return Object.values(this.buckets.texts()).flatMap((body) => body.split('\n').filter(Boolean))
  }
}

const ofStream = { kind: 'stream', stream: 'in', startingPosition: 'TRIM_HORIZON' } as const
const plain = settingsOf({ format: { kind: 'raw', delimiter: '\n' } }, { source: ofStream })
const transformed: DeliverySettings = {
  ...plain,
  transform: { functionName: 'f', retries: 0, bufferBytes: 1_000, bufferMs: 0 },
}

describe('a delivery that is stopped and started', () => {
  it('makes a plan again that was made after a transform was switched on', async () => {
    const place = new Place()
    const before = await place.start(plain)
    before.put(['a', 'b'])
    await before.advance(60_000)
    // The source's places are retired, since all of it is settled.
    const on = await place.start(transformed)
    await on.advance(1)
    on.put(['c'])
    await on.advance(60_000)
    expect(place.lines()).toEqual(['a', 'b', 'C'])
    place.away(true)
    on.put(['d'])
    await on.advance(61_000)
    place.away(false)
    await place.stop()
    const after = await place.start(transformed)
    after.put(['e'])
    await after.advance(120_000)
    expect(place.lines().sort()).toEqual(['C', 'D', 'E', 'a', 'b'])
    expect(after.app.report()).toMatchObject({ ledgerBalanced: true })
    for (const { inFlight } of after.app.report().stages) expect(inFlight).toBe(0)
  })

  it('reads on where plans that it makes again take more memory than it has', {
    timeout: 60_000,
  }, async () => {
    const place = new Place()
    const buffered = (bytes: number): DeliverySettings =>
      settingsOf(
        { format: { kind: 'raw', delimiter: '\n' }, buffering: { bytes, ms: 60_000 } },
        { source: ofStream },
      )
    place.away(true)
    const before = await place.start(buffered(400_000_000), { shards: 1 })
    const starts: string[] = []
    for (let i = 10; i < 50; i++) {
      starts.push(String(i))
      before.put([`${i}${'x'.repeat(4_200_000)}`])
    }
    await before.advance(60_000)
    await place.stop()
    place.away(false)
    const after = await place.start(buffered(1_000), { shards: 1 })
    await after.advance(120_000)
    expect(place.lines().map((line) => line.slice(0, 2))).toEqual(starts)
    expect(after.app.report()).toMatchObject({ ledgerBalanced: true })
  })

  it('does not write files of all its plans while its store is away', async () => {
    const place = new Place()
    const tried = new Set<string>()
    place.buckets.onPutStep = (_, key) => {
      tried.add(key)
      throw new Error('the store is away')
    }
    const kit = await place.start(settingsOf({ buffering: { bytes: 1, ms: 60_000 } }, { source: ofStream }))
    for (let i = 0; i < 300; i++) kit.put([`${i} `])
    await kit.advance(600_000)
    expect(tried.size).toBeLessThan(100)
    place.away(false)
    await kit.advance(600_000)
    const numbers = Object.values(place.buckets.texts()).map(Number)
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (_, i) => i))
    expect(kit.app.report()).toMatchObject({ ledgerBalanced: true })
  })
})

describe('a delivery that is stopped and started again and again', () => {
  it('stores its records when they are old enough', async () => {
    const place = new Place()
    let kit = await place.start(plain)
    kit.put(['a'])
    for (let i = 0; i < 3; i++) {
      await kit.advance(25_000)
      kit = await place.start(plain)
    }
    await kit.work()
    expect(place.lines()).toEqual(['a'])
    expect(kit.app.report()).toMatchObject({ ledgerBalanced: true })
  })
})

describe('files of a table whose columns have changed since', () => {
  const columns = [{ name: 'id', type: { kind: 'int' } }] as const
  const wider = [{ name: 'first', type: { kind: 'string' } }, ...columns] as const
  const csv = (columns: readonly LakeColumn[]): DeliverySettings =>
    settingsOf(
      { format: { kind: 'csv', columns, header: false }, table: { database: 'default', name: 't' } },
      { source: ofStream },
    )
  const putTable = (kit: DeliveryKit, columns: readonly LakeColumn[]) =>
    openCatalog({ store: kit.store }).write((writer) =>
      writer.putTable({
        database: 'default',
        name: 't',
        format: 'csv',
        bucket: 'lake',
        location: '',
        columns,
        partitionKeys: [],
        kind: 'managed',
        parameters: {},
      }),
    )

  it('are listed with the version that they were written for, also after a stop', async () => {
    const place = new Place()
    const before = await place.start(csv(columns))
    putTable(before, columns)
    place.away(true)
    before.put(['{"id":1}'])
    await before.advance(60_000)
    putTable(before, wider)
    await place.stop()
    place.away(false)
    const after = await place.start(csv(wider))
    await after.advance(60_000)
    after.put(['{"first":"a","id":2}'])
    await after.advance(60_000)
    const files = openCatalog({ store: after.store }).files('default', 't')
    expect(files.map(({ key, version }) => [place.buckets.texts()[key], version]).sort()).toEqual([
      ['1\n', 1],
      ['a,2\n', 2],
    ])
  })
})

describe('a record that becomes too large for the stream of prepared ones', () => {
  const large = 'x'.repeat(12_000_000)

  it('fails, and those beside it are delivered', async () => {
    const place = new Place()
    const f: RecordTransformer = {
      arn: 'arn:f',
      transform: async (rows) =>
        rows.map(({ data }) => ({
          kind: 'ok',
          data: Buffer.from(Buffer.from(data).toString() === 'large' ? large : 'small'),
          keys: undefined,
        })),
      close: async () => {},
    }
    const kit = await place.start(
      { ...transformed, destination: { ...plain.destination, errorPrefix: 'errors/' } as never },
      { transformers: { f } },
    )
    await kit.advance(1)
    kit.put(['large', 'b'])
    await kit.advance(100_000)
    const texts = Object.entries(place.buckets.texts())
    expect(texts.filter(([key]) => !key.startsWith('errors/')).map(([, body]) => body)).toEqual(['small\n'])
    const failed = texts.filter(([key]) => key.startsWith('errors/')).map(([, body]) => JSON.parse(body))
    expect(failed).toMatchObject([{ rawData: Buffer.from('large').toString('base64') }])
    expect(kit.app.report()).toMatchObject({ ledgerBalanced: true })
  })

  it('fails as it came where it was unpacked', async () => {
    const place = new Place()
    const settings = {
      ...transformed,
      unpack: { decompression: 'gzip' as const },
      destination: { ...plain.destination, errorPrefix: 'errors/' } as never,
    }
    const kit = await place.start(settings)
    await kit.advance(1)
    kit.put([gzipSync(large), gzipSync('b')])
    await kit.advance(100_000)
    const texts = Object.entries(place.buckets.texts())
    expect(texts.filter(([key]) => !key.startsWith('errors/')).map(([, body]) => body)).toEqual(['B\n'])
    expect(texts.filter(([key]) => key.startsWith('errors/'))).toHaveLength(1)
    expect(kit.app.report()).toMatchObject({ ledgerBalanced: true })
  })
})
