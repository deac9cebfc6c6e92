/**
 * Leases as items of a table of the store: one commit for each change, so that a check and its write are one. For
 * workers of one process, or of threads that share a data directory.
 */
import { openStore, type Store } from '@millrace/store'
import { systemClock } from '@millrace/values'
import { ConnectError } from '../errors.ts'
import type { Lease, LeaseChange, LeaseTable } from './lease.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Makes `table` (partition key `leaseKey`) where there is none. Error: LEASE_TABLE when an item of it is no lease. */
export function storeLeases(store: Store, table: string): LeaseTable {
  return new StoreLeases(store, table)
}

/**
 * Leases in a directory of their own, for the workers of one process: a store that `open` opens and `close` closes.
 * Another process that opens the directory meanwhile is refused. Errors: those of opening a store.
 */
export function directoryLeases(dir: string): LeaseTable {
  return new DirectoryLeases(dir)
}

const directoryTable = 'leases'

class DirectoryLeases implements LeaseTable {
  readonly name: string
  readonly #dir: string
  #store: Promise<Store> | undefined

  constructor(dir: string) {
    this.#dir = dir
    this.name = `leases in ${dir}`
  }

  async open(): Promise<void> {
    // Workers of the process may share this table; a failed opening is tried again by the next one.
    this.#store ??= openStore({ dir: this.#dir, clock: systemClock })
    const opening = this.#store
    await opening.catch((error) => {
      if (this.#store === opening) this.#store = undefined
      throw error
    })
    await (await this.#table()).open()
  }

  async list(): Promise<readonly Lease[]> {
    return (await this.#table()).list()
  }

  async get(leaseKey: string): Promise<Lease | undefined> {
    return (await this.#table()).get(leaseKey)
  }

  async create(lease: Lease): Promise<boolean> {
    return (await this.#table()).create(lease)
  }

  async update(seen: Lease, change: LeaseChange): Promise<Lease | undefined> {
    return (await this.#table()).update(seen, change)
  }

  async delete(leaseKey: string): Promise<void> {
    return (await this.#table()).delete(leaseKey)
  }

  async close(): Promise<void> {
    const store = this.#store
    this.#store = undefined
    await (await store)?.close()
  }

  async #table(): Promise<LeaseTable> {
    if (this.#store === undefined)
      throw new ConnectError('LEASE_TABLE', `${this.name}: the table is not open.`)
    return new StoreLeases(await this.#store, directoryTable)
  }
}

class StoreLeases implements LeaseTable {
  readonly name: string
  readonly #store: Store
  readonly #table: string

  constructor(store: Store, table: string) {
    this.#store = store
    this.#table = table
    this.name = `table "${table}"`
  }

  async open(): Promise<void> {
    this.#store.defineTable({ name: this.#table, partitionKey: { name: 'leaseKey', type: 'string' } })
  }

  async list(): Promise<readonly Lease[]> {
    return Array.from(this.#store.scan(this.#table), ({ json }) => this.#parse(json))
  }

  async get(leaseKey: string): Promise<Lease | undefined> {
    const json = this.#store.getItem(this.#table, leaseKey)
    return json === undefined ? undefined : this.#parse(json)
  }

  async create(lease: Lease): Promise<boolean> {
    return this.#store.commit((transaction) => {
      if (transaction.getItem(this.#table, lease.leaseKey, undefined) !== undefined) return false
      transaction.putItem(this.#table, lease.leaseKey, undefined, written(lease))
      return true
    })
  }

  async update(seen: Lease, change: LeaseChange): Promise<Lease | undefined> {
    return this.#store.commit((transaction) => {
      const json = transaction.getItem(this.#table, seen.leaseKey, undefined)
      const lease = json === undefined ? undefined : this.#parse(json)
      if (lease?.leaseCounter !== seen.leaseCounter || lease.leaseOwner !== seen.leaseOwner) return undefined
      const changed: Lease = { ...lease, ...change, leaseCounter: lease.leaseCounter + 1 }
      transaction.putItem(this.#table, seen.leaseKey, undefined, written(changed))
      return changed
    })
  }

  async delete(leaseKey: string): Promise<void> {
    this.#store.commit((transaction) => transaction.deleteItem(this.#table, leaseKey, undefined))
  }

  async close(): Promise<void> {}

  #parse(json: Uint8Array): Lease {
    // Checked below, as far as ownership and positions depend on it.
    const item = JSON.parse(decoder.decode(json)) as Partial<Lease>
    const { leaseKey, checkpoint, leaseCounter } = item
    if (
      typeof leaseKey !== 'string' ||
      typeof checkpoint !== 'string' ||
      !Number.isSafeInteger(leaseCounter)
    ) {
      throw new ConnectError(
        'LEASE_TABLE',
        `${this.name}: an item is no lease: ${decoder.decode(json).slice(0, 80)}. Give the consumer a table of its own.`,
      )
    }
    return {
      leaseKey,
      checkpoint,
      checkpointSubSequenceNumber: item.checkpointSubSequenceNumber ?? 0,
      leaseCounter: leaseCounter as number,
      leaseOwner: item.leaseOwner,
      ownerSwitchesSinceCheckpoint: item.ownerSwitchesSinceCheckpoint ?? 0,
      parentShardId: item.parentShardId ?? [],
      childShardIds: item.childShardIds ?? [],
      startingHashKey: item.startingHashKey,
      endingHashKey: item.endingHashKey,
      startTimeMs: item.startTimeMs,
    }
  }
}

/** Absent attributes are left out, as JSON does it with undefined. */
function written(lease: Lease): Uint8Array {
  return encoder.encode(JSON.stringify(lease))
}
