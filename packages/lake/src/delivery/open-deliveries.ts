/**
 * Deliveries as the store keeps them: their settings in editions, each of which holds for the records that arrive from its time on.
 *
 * An edition begins one millisecond after the commit that makes it, at the earliest. Times of commits never go back, so which
 * edition a record belongs to was decided before any stage could read it, and is the same in every replay.
 */
import type { Store, StreamDefinition, Transaction } from '@millrace/store'
import type { Clock } from '@millrace/values'
import { LakeError } from '../errors.ts'
import { checkChange, checkDeliveryName, checkSettings } from './check-settings.ts'
import {
  defineDeliveryTables,
  deliveriesTable,
  dropLeftStreams,
  type Edition,
  progressTable,
  readDeliveries,
  readDelivery,
  readLeftStreams,
  recordOf,
  type StoredDelivery,
  writeDelivery,
  writeLeftStreams,
} from './delivery-items.ts'
import {
  directStreamName,
  directStreamOf,
  preparedStreamOf,
  stageNameOf,
  stageRoles,
} from './delivery-names.ts'
import type { DeliveryDirectory } from './delivery-port.ts'
import type { DeliveryRecord, DeliverySettings } from './delivery-settings.ts'

/** Older ones are forgotten: records that wait since so many changes are delivered by the oldest that is left. */
const editionsMax = 50
const noKey = new Uint8Array(0)

export function openDeliveries({
  store,
  clock,
}: {
  readonly store: Store
  readonly clock: Clock
}): DeliveryDirectory {
  defineDeliveryTables(store)
  return new StoredDeliveries(store, clock)
}

/**
 * Settings as a program declares them: makes the delivery, or changes it where the declaration has changed. The newest declaration
 * counts, whatever was set in between.
 */
export function declareDelivery(
  directory: DeliveryDirectory,
  name: string,
  settings: DeliverySettings,
  {
    later,
    nowMs,
  }: {
    readonly later: { readonly from: number; readonly settings: DeliverySettings } | undefined
    readonly nowMs: number
  },
): DeliveryRecord {
  const declared = JSON.stringify(later === undefined ? settings : [settings, later])
  for (;;) {
    const known = directory.get(name)
    if (known !== undefined && known.owner !== 'app') {
      throw new LakeError(
        'DELIVERY_EXISTS',
        `delivery "${name}" was made through the API. Delete it there, or give the app's another name.`,
      )
    }
    // Only declarations write what is beside an app's settings.
    const extra = known?.extra as { readonly declared?: string } | null | undefined
    if (known !== undefined && extra?.declared === declared) return known
    try {
      if (known === undefined) {
        const options = {
          owner: 'app',
          extra: { declared },
          ...(later === undefined ? {} : { later }),
        } as const
        return directory.create(name, settings, options)
      }
      const { version } = known
      const isLater = later !== undefined && later.from <= nowMs
      if (later === undefined || isLater)
        return directory.update(name, isLater ? later.settings : settings, { version, extra: { declared } })
      // Until both steps are made the declaration does not count as known, so that a stop between them repeats them.
      const step = directory.update(name, settings, { version, extra: { declared: null } })
      const { from } = later
      return directory.update(name, later.settings, { version: step.version, extra: { declared }, from })
    } catch (error) {
      // Stages declare in threads of their own: another one was first.
      const { code } = error as { readonly code?: unknown }
      if (code !== 'DELIVERY_VERSION' && (code !== 'DELIVERY_EXISTS' || known !== undefined)) throw error
    }
  }
}

class StoredDeliveries implements DeliveryDirectory {
  readonly #store: Store
  readonly #clock: Clock

  constructor(store: Store, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  list(): DeliveryRecord[] {
    return readDeliveries(this.#store).map((stored) => recordOf(stored, this.#clock.now()))
  }

  get(name: string): DeliveryRecord | undefined {
    const stored = readDelivery(this.#store, name)
    return stored && recordOf(stored, this.#clock.now())
  }

  create(
    name: string,
    settings: DeliverySettings,
    { owner, extra = null, later }: Parameters<DeliveryDirectory['create']>[2],
  ): DeliveryRecord {
    checkDeliveryName(name)
    checkSettings(name, settings)
    // Looked at twice: a stream must not be made for a name that is taken.
    if (readDelivery(this.#store, name) !== undefined) throw exists(name)
    if (later !== undefined) {
      checkSettings(name, later.settings)
      checkChange(name, owner, settings, later.settings)
    }
    const isPrepared = (later?.settings.transform ?? settings.transform) !== undefined
    const own = ownStreamsOf(name, settings, isPrepared)
    // Those of an app are defined with it, before its stages declare the delivery.
    if (owner === 'api') this.#deleteLeft(name)
    for (const { name: stream } of own) this.#mustBeFree(name, stream)
    for (const stream of own) this.#store.defineStream(stream)
    const starts = this.#startsOf(settings)
    return this.#store.commit((transaction) => {
      if (readDelivery(transaction, name) !== undefined) throw exists(name)
      const stored: StoredDelivery = {
        name,
        id: transaction.commit,
        version: later === undefined ? 1 : 2,
        createdAt: transaction.time,
        updatedAt: transaction.time,
        owner,
        extra,
        editions: [
          { version: 1, from: 0, settings, isScheduled: false },
          ...(later === undefined ? [] : [{ version: 2, ...later, isScheduled: true }]),
        ],
        isPrepared,
        ...(starts === undefined ? {} : { starts }),
      }
      writeDelivery(transaction, stored)
      return recordOf(stored, transaction.time)
    })
  }

  update(
    name: string,
    settings: DeliverySettings,
    { version, extra, from }: { readonly version: number; readonly extra?: unknown; readonly from?: number },
  ): DeliveryRecord {
    checkSettings(name, settings)
    const isPrepared = settings.transform !== undefined
    const before = readDelivery(this.#store, name)
    if (isPrepared && before !== undefined) {
      const prepared = preparedStreamOf(name)
      if (!before.isPrepared) this.#mustBeFree(name, prepared.name)
      this.#store.defineStream(prepared)
    }
    return this.#change(name, (stored, { time }) => {
      if (stored.version !== version) {
        throw new LakeError(
          'DELIVERY_VERSION',
          `delivery "${name}" has version ${stored.version}, and the change is of version ${version}. Look at it again, and repeat.`,
        )
      }
      // What was to come is replaced by what is said now.
      const past = stored.editions.filter((edition) => edition.from <= time + 1)
      const last = past.at(-1)!
      checkChange(name, stored.owner, last.settings, settings)
      if (from !== undefined && !(from > time)) {
        throw new LakeError(
          'DELIVERY_INVALID',
          `delivery "${name}": its new settings are to hold from ${timeText(from)}, which has passed. Records that came since were delivered by the old ones; give a time to come.`,
        )
      }
      const edition: Edition = {
        version: version + 1,
        from: Math.ceil(from ?? time + 1),
        settings,
        isScheduled: from !== undefined,
      }
      // One that began at the same moment was never used.
      const kept = past.filter((each) => each.from < edition.from)
      return {
        ...stored,
        version: version + 1,
        updatedAt: time,
        extra: extra === undefined ? stored.extra : extra,
        editions: [...(kept.length === 0 ? [{ ...last, from: 0 }] : kept), edition].slice(-editionsMax),
        isPrepared: stored.isPrepared || isPrepared,
      }
    })
  }

  annotate(name: string, extra: unknown): DeliveryRecord {
    return this.#change(name, (stored) => ({ ...stored, extra }))
  }

  delete(name: string): void {
    const stored = readDelivery(this.#store, name)
    if (stored === undefined) throw missing(name)
    this.#store.commit((transaction) => {
      transaction.deleteItem(deliveriesTable.name, name, undefined)
      for (const role of stageRoles) {
        const stage = stageNameOf(stored, role)
        transaction.dropStage(stage)
        const parts = [...transaction.scan(progressTable.name, { partitionKey: stage })]
        for (const { sortKey } of parts) transaction.deleteItem(progressTable.name, stage, sortKey)
      }
      // Others of such names are not its own: somebody else may have made them before.
      const own = ownStreamsOf(name, stored.editions.at(-1)!.settings, stored.isPrepared)
      writeLeftStreams(
        transaction,
        name,
        own.map((stream) => stream.name),
      )
    })
    this.#deleteLeft(name)
  }

  put(transaction: Transaction, name: string, records: readonly Uint8Array[]): void {
    transaction.append(
      directStreamName(name),
      records.map((data) => ({ key: noKey, data })),
    )
  }

  directStream(name: string): string {
    return directStreamName(name)
  }

  ownStreams(name: string): readonly string[] {
    const stored = readDelivery(this.#store, name)
    if (stored === undefined) return []
    return ownStreamsOf(name, stored.editions.at(-1)!.settings, stored.isPrepared).map(
      (stream) => stream.name,
    )
  }

  #change(
    name: string,
    change: (stored: StoredDelivery, transaction: Transaction) => StoredDelivery,
  ): DeliveryRecord {
    return this.#store.commit((transaction) => {
      const stored = readDelivery(transaction, name)
      if (stored === undefined) throw missing(name)
      const changed = change(stored, transaction)
      writeDelivery(transaction, changed)
      return recordOf(changed, transaction.time)
    })
  }

  /** An empty one may be left of a stop while the delivery was made. Error: DELIVERY_INVALID. */
  #mustBeFree(name: string, stream: string): void {
    const held = this.#store.stream(stream)?.shardInfos.some(({ next }) => next > 0) ?? false
    if (!held) return
    throw new LakeError(
      'DELIVERY_INVALID',
      `delivery "${name}" keeps records in stream "${stream}", which exists and holds others. Choose another name, or delete the stream.`,
    )
  }

  /** The streams of a delivery of the name that was deleted; a stop may have come before they were. */
  #deleteLeft(name: string): void {
    const left = readLeftStreams(this.#store, name)
    if (left === undefined) return
    for (const stream of left) if (this.#store.stream(stream) !== undefined) this.#store.deleteStream(stream)
    this.#store.commit((transaction) => dropLeftStreams(transaction, name))
  }

  #startsOf({ source }: DeliverySettings): readonly number[] | undefined {
    if (source.kind === 'direct' || source.startingPosition === 'TRIM_HORIZON') return undefined
    return (this.#store.stream(source.stream)?.shardInfos ?? []).map(({ next }) => next)
  }
}

function ownStreamsOf(
  name: string,
  { source }: DeliverySettings,
  isPrepared: boolean,
): readonly StreamDefinition[] {
  return [
    ...(source.kind === 'direct' ? [directStreamOf(name)] : []),
    ...(isPrepared ? [preparedStreamOf(name)] : []),
  ]
}

function exists(name: string): LakeError {
  return new LakeError(
    'DELIVERY_EXISTS',
    `there is a delivery "${name}" already. Choose another name, or change that one.`,
  )
}

function missing(name: string): LakeError {
  return new LakeError(
    'DELIVERY_MISSING',
    `there is no delivery "${name}". Check the name, or make it first.`,
  )
}

function timeText(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString() : String(ms)
}
