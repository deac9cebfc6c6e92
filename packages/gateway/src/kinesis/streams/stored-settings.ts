/**
 * What the wire keeps of streams, consumers and the account: items of a table in the same store as the records.
 *
 * Item: { "kind", "id", "value" }, key (kind, id):
 *   stream    name                what StoredStream says
 *   consumer  stream/name         what StoredConsumer says
 *   account   settings            what StoredAccount says
 * An item belongs to the stream that was made at its `createdAt`: one that was left behind by a stream of the same name
 * does not count. Members that an older version did not write get their defaults.
 *
 * Reading is cached by the store's news counter: after a commit of anybody an item's bytes are fetched and compared, and
 * parsed only if they changed, so looking at settings for every put costs one lookup in the store at most.
 */
import type { Store, TableDefinition, Transaction } from '@millrace/store'
import { defaultSettings, type StreamSettings } from '../kinesis-context.ts'

export const kinesisTable: TableDefinition = {
  name: 'system.kinesis',
  partitionKey: { name: 'kind', type: 'string' },
  sortKey: { name: 'id', type: 'string' },
}

export type StreamChange =
  /** `shards` and `createdAt` of the stream are unknown to the item until the store has made it. */
  | { readonly status: 'CREATING'; readonly until: number; readonly shards: number }
  /** `targetShards`: a change of the shard count that takes several commits and is not done yet. */
  | { readonly status: 'UPDATING'; readonly until: number; readonly targetShards?: number }
  | { readonly status: 'DELETING'; readonly until: number }

export interface StoredStream {
  /** The stream's own; undefined while it is being made. */
  readonly createdAt: number | undefined
  readonly settings: StreamSettings
  /** The last change of status; over when its time has come. */
  readonly change?: StreamChange | undefined
  readonly policy?: string | undefined
  /** Times, ms, of what is limited by day. */
  readonly shardCountUpdates?: readonly number[]
  readonly modeSwitches?: readonly number[]
  readonly encryptionStarts?: readonly number[]
}

export interface StoredConsumer {
  readonly stream: string
  /** Of the stream. */
  readonly streamCreatedAt: number
  readonly name: string
  readonly createdAt: number
  readonly creatingUntil: number
  /** Set once it was deregistered; at this time it is gone. */
  readonly deletingUntil?: number
  readonly tags: Readonly<Record<string, string>>
  readonly policy?: string | undefined
}

export interface StoredAccount {
  readonly startedAt?: number
  /** When the commitment ends or has ended. */
  readonly endsAt?: number
}

interface Kinds {
  stream: StoredStream
  consumer: StoredConsumer
  account: StoredAccount
}

/** Streams above this number are read anew each time; it bounds the memory of the cache. */
const CACHED_MAX = 10_000

export const ACCOUNT_ID = 'settings'

export function consumerId(stream: string, name: string): string {
  return `${stream}/${name}`
}

export class StoredSettings {
  readonly #store: Store
  readonly #streams = new Map<
    string,
    { seen: number; json: Uint8Array | undefined; value: StoredStream | undefined }
  >()

  constructor(store: Store) {
    this.#store = store
    store.defineTable(kinesisTable)
  }

  stream(name: string): StoredStream | undefined {
    const seen = this.#store.news()
    const cached = this.#streams.get(name)
    if (cached?.seen === seen) return cached.value
    const json = this.#store.getItem(kinesisTable.name, 'stream', name)
    if (cached !== undefined && isSame(cached.json, json)) {
      cached.seen = seen
      return cached.value
    }
    const value = json === undefined ? undefined : withDefaults(parse<'stream'>(json))
    if (this.#streams.size >= CACHED_MAX) this.#streams.clear()
    this.#streams.set(name, { seen, json, value })
    return value
  }

  consumer(stream: string, name: string): StoredConsumer | undefined {
    const json = this.#store.getItem(kinesisTable.name, 'consumer', consumerId(stream, name))
    return json === undefined ? undefined : parse<'consumer'>(json)
  }

  account(): StoredAccount {
    const json = this.#store.getItem(kinesisTable.name, 'account', ACCOUNT_ID)
    return json === undefined ? {} : parse<'account'>(json)
  }

  streams(): { readonly name: string; readonly value: StoredStream }[] {
    return this.#scan('stream', '').map(({ id, value }) => ({ name: id, value: withDefaults(value) }))
  }

  /** In order of their names. */
  consumers(stream: string): StoredConsumer[] {
    return this.#scan('consumer', `${stream}/`).map(({ value }) => value)
  }

  allConsumers(): StoredConsumer[] {
    return this.#scan('consumer', '').map(({ value }) => value)
  }

  #scan<K extends keyof Kinds>(kind: K, prefix: string): { id: string; value: Kinds[K] }[] {
    const found: { id: string; value: Kinds[K] }[] = []
    const after = { partitionKey: kind, sortKey: prefix }
    for (const { partitionKey, sortKey, json } of this.#store.scan(kinesisTable.name, { after })) {
      if (partitionKey !== kind || typeof sortKey !== 'string' || !sortKey.startsWith(prefix)) break
      found.push({ id: sortKey, value: parse<K>(json) })
    }
    return found
  }
}

export function putStored<K extends keyof Kinds>(
  transaction: Transaction,
  kind: K,
  id: string,
  value: Kinds[K],
): void {
  transaction.putItem(kinesisTable.name, kind, id, Buffer.from(JSON.stringify({ kind, id, value })))
}

export function deleteStored(transaction: Transaction, kind: keyof Kinds, id: string): void {
  transaction.deleteItem(kinesisTable.name, kind, id)
}

/** Only putStored writes these items, so the value is of its kind. */
function parse<K extends keyof Kinds>(json: Uint8Array): Kinds[K] {
  return (JSON.parse(Buffer.from(json).toString('utf8')) as { value: Kinds[K] }).value
}

function withDefaults(stored: StoredStream): StoredStream {
  return { ...stored, settings: { ...defaultSettings, ...stored.settings } }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0)
}
