/** What tests of deliveries share: an app with one delivery under virtual time, its buckets in memory. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type AppDefinition,
  DeliveryTally,
  type InProcessApp,
  type InProcessOptions,
  type RunLimits,
  runInProcess,
} from '@millrace/runtime'
import type { Store } from '@millrace/store'
import { type Random, seededRandom, VirtualClock } from '@millrace/values'
import { openCatalog } from '../../catalog/open-catalog.ts'
import type { Buckets } from '../../objects/object-store.ts'
import type { OnPutStep } from '../../objects/put-step.ts'
import { MemoryObjectStore } from '../../objects/testing/memory-object-store.ts'
import { directStreamName } from '../delivery-names.ts'
import type { DeliveryServices, RecordTransformer, Transformer } from '../delivery-port.ts'
import type { DeliverySettings, FilesDestination } from '../delivery-settings.ts'
import { declaredStages } from '../delivery-stages.ts'

export const startMs = Date.UTC(2026, 0, 1, 12)
const encoder = new TextEncoder()
const decoder = new TextDecoder()

export function tempDir(): { readonly dir: string; remove(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-delivery-'))
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) }
}

/** Direct puts to text files without delimiters, 1,000 bytes or 60 s, unless told otherwise. */
export function settingsOf(
  destination: Partial<FilesDestination> = {},
  more: Partial<Omit<DeliverySettings, 'destination'>> = {},
): DeliverySettings {
  return {
    source: { kind: 'direct' },
    destination: {
      kind: 'files',
      bucket: 'lake',
      timeZone: 'UTC',
      buffering: { bytes: 1_000, ms: 60_000 },
      format: { kind: 'raw' },
      compression: 'UNCOMPRESSED',
      ...destination,
    },
    ...more,
  }
}

/** A transform function that writes each record in capital letters. */
export function upperCaser(arn: string): RecordTransformer {
  return {
    arn,
    transform: async (rows) =>
      rows.map(({ data }) => ({
        kind: 'ok',
        data: Buffer.from(Buffer.from(data).toString().toUpperCase()),
        keys: undefined,
      })),
    close: async () => {},
  }
}

/** Buckets in memory that outlive the stages that write to them. */
export class MemoryBuckets implements Buckets {
  readonly stores = new Map<string, MemoryObjectStore>()
  onPutStep: OnPutStep | undefined
  private readonly clock: VirtualClock

  constructor(clock: VirtualClock) {
    this.clock = clock
  }

  open(name: string): MemoryObjectStore {
    let store = this.stores.get(name)
    if (store === undefined) {
      store = new MemoryObjectStore({
        name,
        clock: this.clock,
        onPutStep: (step, key) => this.onPutStep?.(step, key),
      })
      this.stores.set(name, store)
    }
    return store
  }

  async close(): Promise<void> {}

  /** Text of each object, by key, in the order of keys. */
  texts(bucket = 'lake'): Record<string, string> {
    const { objects } = this.open(bucket)
    return Object.fromEntries(
      [...objects]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, { bytes }]) => [key, decoder.decode(bytes)]),
    )
  }
}

export interface KitOptions {
  readonly settings: DeliverySettings
  readonly name?: string
  readonly dir: string
  readonly clock?: VirtualClock
  readonly random?: Random
  readonly buckets?: MemoryBuckets
  readonly shards?: number
  readonly limits?: Partial<RunLimits>
  readonly probe?: InProcessOptions['probe']
  readonly transformers?: Readonly<Record<string, Transformer>>
  readonly services?: Partial<DeliveryServices>
}

/** The stream `in` of the app feeds deliveries that name it. */
export class DeliveryKit {
  readonly name: string
  readonly clock: VirtualClock
  readonly buckets: MemoryBuckets
  readonly app: InProcessApp
  /** By the name of the stage. */
  readonly meters: ReadonlyMap<string, DeliveryTally>
  private readonly source: string

  private constructor(init: {
    name: string
    clock: VirtualClock
    buckets: MemoryBuckets
    app: InProcessApp
    meters: ReadonlyMap<string, DeliveryTally>
    source: string
  }) {
    this.name = init.name
    this.clock = init.clock
    this.buckets = init.buckets
    this.app = init.app
    this.meters = init.meters
    this.source = init.source
  }

  static async open(options: KitOptions): Promise<DeliveryKit> {
    const { settings, name = 'd', dir, shards = 2, limits, probe, transformers = {} } = options
    const { clock = new VirtualClock(startMs), random = seededRandom('kit') } = options
    const { buckets = new MemoryBuckets(clock) } = options
    const meters = new Map<string, DeliveryTally>()
    const app: AppDefinition = {
      name: 'test',
      streams: [{ name: 'in', shards, retentionMs: 7 * 86_400_000 }],
      tables: [],
      stages: declaredStages(name, settings, {
        services: ({ store }) => ({
          buckets,
          catalog: openCatalog({ store }),
          transformer: (functionName) => transformers[functionName],
          ...options.services,
        }),
      }),
    }
    const running = await runInProcess({
      app,
      dataDir: dir,
      clock,
      random,
      ...(limits === undefined ? {} : { limits }),
      ...(probe === undefined ? {} : { probe }),
      deliveryMeter: (stage) => {
        const tally = new DeliveryTally()
        meters.set(stage, tally)
        return tally
      },
    })
    const source = settings.source.kind === 'direct' ? directStreamName(name) : settings.source.stream
    return new DeliveryKit({ name, clock, buckets, app: running, meters, source })
  }

  get store(): Store {
    return this.app.store
  }

  /** Puts records in one commit; texts, or bytes; the key is that of the record's place unless given. */
  put(records: readonly (string | Uint8Array)[], key = ''): void {
    this.store.commit((transaction) =>
      transaction.append(
        this.source,
        records.map((data) => ({
          key: encoder.encode(key),
          data: typeof data === 'string' ? encoder.encode(data) : data,
        })),
      ),
    )
  }

  /** Records of the source so far. */
  heads(): number {
    const shards = this.store.stream(this.source)?.shardInfos ?? []
    return shards.reduce((sum, { next }) => sum + next, 0)
  }

  /** Lets the stages work as far as they can without time passing. */
  async work(): Promise<void> {
    await this.app.runUntilIdle()
  }

  async advance(ms: number): Promise<void> {
    await this.app.advance(ms)
  }

  texts(bucket = 'lake'): Record<string, string> {
    return this.buckets.texts(bucket)
  }

  close(): ReturnType<InProcessApp['close']> {
    return this.app.close()
  }
}
