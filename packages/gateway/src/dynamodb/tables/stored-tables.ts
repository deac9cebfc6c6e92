/**
 * What the wire keeps of a table beside the engine's settings: statuses on their way, and what is only shown (class,
 * encryption, backups). Items of a table in the same store: { "name", "value" }, key name.
 *
 * An item belongs to the table that was made at its `createdAt`: one left behind by a table of the same name does not
 * count. A table without an item (an app made it) has the defaults. Reading is one lookup, and a parse where the item's
 * bytes have changed; the bytes are compared after a commit of anybody.
 */
import type { Store, TableDefinition } from '@millrace/store'
import type { Capacity, IndexSpec } from '@millrace/tables'

export const dynamoTable: TableDefinition = {
  name: 'system.dynamodb',
  partitionKey: { name: 'name', type: 'string' },
}

/** A status that is over at its time, ms; the status follows from it and the clock. */
export interface StatusChange {
  readonly status: 'CREATING' | 'UPDATING' | 'DELETING'
  readonly until: number
}

/** Changes of provisioned capacity; times in ms, of when each is over. */
export interface CapacityHistory {
  /** Shown until the last change is over, as is the time at which it began. */
  readonly before?: Capacity
  readonly begunAt?: number
  readonly increasedAt?: number
  readonly decreasedAt?: readonly number[]
}

export interface StoredIndex {
  readonly change?: StatusChange
  readonly capacity?: CapacityHistory
  readonly onDemand?: OnDemandThroughput
  readonly warm?: WarmThroughput
  /** An index that is gone and shown as DELETING for a while. */
  readonly removed?: IndexSpec
}

export interface OnDemandThroughput {
  readonly MaxReadRequestUnits?: number | undefined
  readonly MaxWriteRequestUnits?: number | undefined
}

export interface WarmThroughput {
  readonly ReadUnitsPerSecond?: number | undefined
  readonly WriteUnitsPerSecond?: number | undefined
}

export interface StoredTable {
  /** The table's own. */
  readonly createdAt: number
  readonly change?: StatusChange | undefined
  /** Where the billing mode was named or has changed since. */
  readonly billing?: { readonly onDemandSince?: number }
  readonly capacity?: CapacityHistory
  readonly indexes?: Readonly<Record<string, StoredIndex>>
  readonly tableClass?: string
  readonly encryption?: { readonly keyId?: string | undefined }
  readonly onDemand?: OnDemandThroughput
  readonly warm?: WarmThroughput
  readonly pointInTime?: { readonly since: number; readonly days: number }
  readonly policy?: string
}

/** Tables above this number are read anew each time; it bounds the memory of the cache. */
const CACHED_MAX = 10_000

export class StoredTables {
  readonly #store: Store
  readonly #cached = new Map<
    string,
    { seen: number; json: Uint8Array | undefined; value: StoredTable | undefined }
  >()

  constructor(store: Store) {
    this.#store = store
    store.defineTable(dynamoTable)
  }

  get(name: string): StoredTable | undefined {
    const seen = this.#store.news()
    const cached = this.#cached.get(name)
    if (cached?.seen === seen) return cached.value
    const json = this.#store.getItem(dynamoTable.name, name)
    if (cached !== undefined && isSame(cached.json, json)) {
      cached.seen = seen
      return cached.value
    }
    const value = json === undefined ? undefined : parse(json).value
    if (this.#cached.size >= CACHED_MAX) this.#cached.clear()
    this.#cached.set(name, { seen, json, value })
    return value
  }

  all(): { readonly name: string; readonly value: StoredTable }[] {
    return [...this.#store.scan(dynamoTable.name)].map(({ json }) => parse(json))
  }

  put(name: string, value: StoredTable): void {
    const json = Buffer.from(JSON.stringify({ name, value }))
    this.#store.commit((transaction) => transaction.putItem(dynamoTable.name, name, undefined, json))
  }

  delete(name: string): void {
    this.#store.commit((transaction) => transaction.deleteItem(dynamoTable.name, name, undefined))
  }
}

/** Only `put` writes these items. */
function parse(json: Uint8Array): { name: string; value: StoredTable } {
  return JSON.parse(Buffer.from(json).toString('utf8')) as { name: string; value: StoredTable }
}

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && Buffer.compare(a, b) === 0)
}
