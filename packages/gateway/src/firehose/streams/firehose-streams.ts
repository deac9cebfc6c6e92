/**
 * Deliveries as the API sees them: found by name for a caller with rights, with the status that follows from their times and the
 * clock, changed in the directory that apps use too. What the API alone knows is kept as notes beside the settings.
 *
 * A delivery that an app declared is described and takes records like any other; its destination and its life are the app's.
 * Deleting takes `statusMs`; a stop meanwhile is made good at the next start, and by the next call that looks at it.
 */
import type { DeliveryRecord, DeliverySettings } from '@millrace/lake'
import type { Store } from '@millrace/store'
import type { Clock } from '@millrace/values'
import { firehoseArn } from '@millrace/values'
import type { Caller } from '../../wire/wire-service.ts'
import { deliveryNotFound, inUse } from '../faults.ts'
import type {
  Deliveries,
  DeliveryNotes,
  DeliveryStatus,
  FirehoseLimits,
  FoundDelivery,
} from '../found-delivery.ts'

/** Deliveries above this number are read anew each time; it bounds the memory of the cache. */
const CACHED_MAX = 10_000

export interface FirehoseStreamsOptions {
  readonly store: Pick<Store, 'news'>
  readonly deliveries: Deliveries
  readonly clock: Clock
  readonly limits: FirehoseLimits
  readonly region: string
}

export class FirehoseStreams {
  readonly #store: Pick<Store, 'news'>
  readonly #deliveries: Deliveries
  /** Records as of a commit: the puts of one turn, which are one commit, read theirs once. */
  readonly #cached = new Map<string, { readonly seen: number; readonly record: DeliveryRecord | undefined }>()
  readonly #clock: Clock
  readonly #limits: FirehoseLimits
  readonly #region: string
  readonly #closing = new AbortController()

  /** Finishes what a stop has left half done. */
  constructor({ store, deliveries, clock, limits, region }: FirehoseStreamsOptions) {
    this.#store = store
    this.#deliveries = deliveries
    this.#clock = clock
    this.#limits = limits
    this.#region = region
    for (const record of deliveries.directory.list()) {
      const { deletingUntil } = notesOf(record)
      if (deletingUntil !== undefined) this.#deleteAt(record.name, deletingUntil)
    }
  }

  close(): void {
    this.#closing.abort()
  }

  arn(name: string, { account }: { readonly account: string }): string {
    return firehoseArn({ region: this.#region, account }, name)
  }

  /** The delivery, in whatever state, after the caller was found to be allowed the action. Error: ResourceNotFoundException. */
  find(name: string, caller: Caller, action: string): FoundDelivery {
    const arn = this.arn(name, caller)
    caller.authorize(`firehose:${action}`, arn)
    const found = this.#named(name, caller.account)
    if (found === undefined) throw deliveryNotFound(name, caller.account)
    return found
  }

  /** One that takes records. Error: ResourceNotFoundException. */
  active(name: string, caller: Caller, action: string): FoundDelivery {
    const found = this.find(name, caller, action)
    if (found.status !== 'ACTIVE') throw deliveryNotFound(name, caller.account)
    return found
  }

  /** One whose settings may change. Errors: ResourceNotFoundException, ResourceInUseException. */
  changeable(name: string, caller: Caller, action: string): FoundDelivery {
    const found = this.find(name, caller, action)
    if (found.status === 'ACTIVE') return found
    throw inUse(
      `Firehose ${name} under account ${caller.account} is not ACTIVE, but in state ${found.status}.`,
    )
  }

  exists(name: string): boolean {
    return this.#named(name, '') !== undefined
  }

  /** In order of their names. */
  list(account: string): FoundDelivery[] {
    return this.#deliveries.directory
      .list()
      .flatMap(({ name }) => this.#named(name, account) ?? [])
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  create(name: string, settings: DeliverySettings, notes: DeliveryNotes): void {
    this.#deliveries.directory.create(name, settings, { owner: 'api', extra: { firehose: notes } })
    this.#deliveries.host.refresh()
  }

  update({ name, record }: FoundDelivery, settings: DeliverySettings, notes: DeliveryNotes): void {
    this.#deliveries.directory.update(name, settings, {
      version: record.version,
      extra: withNotes(record, notes),
    })
    this.#deliveries.host.refresh()
  }

  annotate({ name, record }: FoundDelivery, notes: DeliveryNotes): void {
    this.#deliveries.directory.annotate(name, withNotes(record, notes))
  }

  /** Begins to delete it. */
  remove(found: FoundDelivery): void {
    const { statusMs } = this.#limits
    if (statusMs === 0) {
      this.#delete(found.name)
      return
    }
    const deletingUntil = this.#clock.now() + statusMs
    this.annotate(found, { ...found.notes, deletingUntil })
    this.#deleteAt(found.name, deletingUntil)
  }

  /** Error: ResourceInUseException for what an app declares, which would be made again as the app says. */
  mustBeOfClients({ name, record }: FoundDelivery, what: string): void {
    if (record.owner === 'api') return
    throw inUse(
      `Firehose ${name} is declared by an app, which alone can have it ${what}: change or remove its app.delivery("${name}").`,
    )
  }

  failure(name: string): { readonly type: string; readonly details: string } | undefined {
    return this.#deliveries.host.failure(name)
  }

  /** The stream that takes its records until they are delivered. */
  directStream(name: string): string {
    return this.#deliveries.directory.directStream(name)
  }

  #named(name: string, account: string): FoundDelivery | undefined {
    const record = this.#read(name)
    if (record === undefined) return undefined
    const notes = notesOf(record)
    if (notes.deletingUntil !== undefined && this.#clock.now() >= notes.deletingUntil) {
      this.#delete(name)
      return undefined
    }
    return {
      name,
      arn: this.arn(name, { account }),
      account,
      status: this.#statusOf(record, notes),
      record,
      notes,
    }
  }

  #read(name: string): DeliveryRecord | undefined {
    const seen = this.#store.news()
    const known = this.#cached.get(name)
    if (known?.seen === seen) return known.record
    const record = this.#deliveries.directory.get(name)
    if (this.#cached.size >= CACHED_MAX) this.#cached.clear()
    this.#cached.set(name, { seen, record })
    return record
  }

  #statusOf({ owner, createdAt }: DeliveryRecord, { deletingUntil }: DeliveryNotes): DeliveryStatus {
    if (deletingUntil !== undefined) return 'DELETING'
    const isNew = owner === 'api' && this.#clock.now() < createdAt + this.#limits.statusMs
    return isNew ? 'CREATING' : 'ACTIVE'
  }

  #delete(name: string): void {
    this.#deliveries.directory.delete(name)
    this.#deliveries.host.refresh()
  }

  #deleteAt(name: string, time: number): void {
    const { signal } = this.#closing
    void this.#clock.sleep(time - this.#clock.now(), signal).then(() => {
      if (signal.aborted) return
      try {
        this.#named(name, '')
      } catch {
        // A full disk, for example: the notes still say what is to be done, and the next call that looks at it does it.
      }
    })
  }
}

/** Only this file writes them, so what is there is of the type. */
function notesOf({ extra }: DeliveryRecord): DeliveryNotes {
  return (extra as { readonly firehose?: DeliveryNotes } | undefined | null)?.firehose ?? {}
}

function withNotes({ extra }: DeliveryRecord, firehose: DeliveryNotes): unknown {
  return typeof extra === 'object' ? { ...extra, firehose } : { firehose }
}
