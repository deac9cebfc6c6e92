/**
 * The engine behind the port: tables of a store with their indexes, change streams and expiry.
 *
 * A table is a table of the store whose settings are TableSettings; each of its indexes and its expiry is one more, of a
 * name that begins with "system." (table-plan.ts). Which of them a table has is said by its settings alone, which
 * change in the commit that fills the new ones, so that a table and its indexes agree at every moment, also after a kill.
 * What a stop leaves of a change that did not come to its commit are empty tables, which the next change under that name
 * takes or deletes.
 *
 * A new index is filled in one commit: no writer can come in between and no half index is ever seen, at the price that
 * other writers wait meanwhile (about a second for each 100,000 items).
 *
 * Every thread opens its own over its own handle of the store.
 */
import type { Store, TableInfo as StoreTableInfo, TableEntry, Transaction } from '@millrace/store'
import type { TypedItem } from './attribute-value.ts'
import { CommitGroups } from './commit-groups.ts'
import { TableError } from './errors.ts'
import { expireItems } from './expiry.ts'
import { encodedKey, expiryEntryOf, presentEntryOf } from './index-entry.ts'
import { checkKey } from './item-key.ts'
import { plainJson, typedFromJson, typedItem } from './item-text.ts'
import type {
  ItemKey,
  ItemPage,
  QueryRequest,
  ScanRequest,
  SettingsChange,
  TableInfo,
  TableSettings,
  TableSpec,
  Tables,
  TableWriter,
  UpdatedItem,
} from './port.ts'
import { planIn, queryItems, scanItems } from './read-items.ts'
import { changedSettings, checkSettings, checkSpec, hasSameEntries } from './settings.ts'
import { mustHoldChanges, tableOfChanges } from './table-of-changes.ts'
import { expiryEntries, indexEntries, isKeyedTable, planOf, type TablePlan } from './table-plan.ts'
import { checkPut, checkUpdated, notDefined, TransactionWriter } from './table-writer.ts'
import { ITEM_BYTES_MAX } from './values/item-size.ts'

/** Records of changes are kept as long as DynamoDB keeps them. */
const changeRetentionMs = 24 * 3_600_000

export interface TablesOptions {
  readonly store: Store
  /** Named in exports to data streams. Default us-east-1. */
  readonly region?: string
}

export function openTables(options: TablesOptions): Tables {
  return new KeyedTables(options)
}

class KeyedTables implements Tables {
  readonly #store: Store
  readonly #region: string
  readonly #groups: CommitGroups
  readonly #writers = new WeakMap<Transaction, TransactionWriter>()

  constructor({ store, region = 'us-east-1' }: TablesOptions) {
    this.#store = store
    this.#region = region
    this.#groups = new CommitGroups(store, (transaction) => this.writer(transaction))
  }

  create(spec: TableSpec): TableInfo {
    checkSpec(spec)
    if (this.#store.tableEntry(spec.name) !== undefined) {
      throw new TableError(
        'TABLE_EXISTS',
        `there is a table "${spec.name}" already. Drop it first, or use another name.`,
        `Table already exists: ${spec.name}`,
      )
    }
    this.#make(spec)
    return this.#info(spec.name)
  }

  define(spec: TableSpec): TableInfo {
    checkSpec(spec)
    const { name, partitionKey, sortKey } = spec
    const entry = this.#store.tableEntry(name)
    if (entry === undefined) {
      this.#make(spec)
      return this.#info(name)
    }
    // Refuses other keys.
    this.#store.defineTable({ name, partitionKey, ...(sortKey === undefined ? {} : { sortKey }) })
    const { indexes, changes, ttlAttribute, capacity } = spec.settings
    const before = planOf(entry).settings
    const isSameView = before.changes?.view === changes?.view && before.changes?.stream === changes?.stream
    this.#change(name, {
      indexes,
      // The stream that is there goes on under its label.
      changes: isSameView ? before.changes : changes,
      ttlAttribute,
      capacity,
    })
    return this.#info(name)
  }

  alter(name: string, settings: SettingsChange): TableInfo {
    this.#change(name, settings)
    return this.#info(name)
  }

  drop(name: string): void {
    const { changes } = this.#keyed(name).settings
    // In one commit: a stream that outlived its table would be the next one's, with changes that are none of its own.
    const streams = changes === undefined ? [] : [changes.stream]
    this.#store.deleteTables([name, ...this.#entryTables(name)], streams)
  }

  table(name: string): TableInfo | undefined {
    const entry = this.#store.tableEntry(name)
    return entry === undefined || !isKeyedTable(entry) ? undefined : this.#info(name)
  }

  list(): readonly TableInfo[] {
    return this.#store.tables().filter(isKeyedTable).map(infoOf)
  }

  get(table: string, key: ItemKey): TypedItem | undefined {
    const plan = planIn(this.#store, table)
    checkKey(plan, key)
    const stored = this.#store.readItem(table, key.partitionKey, key.sortKey)
    return stored === undefined ? undefined : typedItem(plan, stored)
  }

  getJson(table: string, key: ItemKey): Uint8Array | undefined {
    const stored = this.#store.readItem(table, key.partitionKey, key.sortKey)
    return stored === undefined ? undefined : plainJson(stored)
  }

  readJson(table: string, key: ItemKey, json: Uint8Array): TypedItem | undefined {
    const plan = planIn(this.#store, table)
    // A text is as long as what it says, but for lists of digits, which count three bytes for two: "1,".
    if (!plan.isObserved && json.length * 1.5 <= ITEM_BYTES_MAX) return undefined
    const item = typedFromJson(plan, json)
    checkPut(plan, key, item)
    return item
  }

  checkUpdate(table: string, key: ItemKey, versions: UpdatedItem): TypedItem {
    return checkUpdated(planIn(this.#store, table), key, versions)
  }

  parseJson(table: string, json: Uint8Array): TypedItem {
    return typedFromJson(planIn(this.#store, table), json)
  }

  query(request: QueryRequest): ItemPage {
    return queryItems(this.#store, request)
  }

  scan(request: ScanRequest): ItemPage {
    return scanItems(this.#store, request)
  }

  writer(transaction: Transaction): TransactionWriter {
    let writer = this.#writers.get(transaction)
    if (writer === undefined) {
      writer = new TransactionWriter(transaction, this.#region)
      this.#writers.set(transaction, writer)
    }
    return writer
  }

  commit<T>(work: (writer: TableWriter) => T): Promise<T> {
    return this.#groups.add(work)
  }

  expire(nowMs: number, itemsMax: number): number {
    const commit = (work: (writer: TableWriter) => void): void =>
      this.#store.commit((transaction) => work(this.writer(transaction)))
    return expireItems(this.#store, commit, nowMs, itemsMax)
  }

  #make({ name, partitionKey, sortKey, settings }: TableSpec): void {
    const left = this.#entryTables(name)
    if (left.length > 0) this.#store.deleteTables(left)
    this.#makeParts(name, settings)
    this.#store.defineTable(
      { name, partitionKey, ...(sortKey === undefined ? {} : { sortKey }) },
      changedSettings(settings, {}),
    )
  }

  #change(name: string, change: SettingsChange): void {
    const store = this.#store
    const entry = store.tableEntry(name)
    if (entry === undefined) throw notDefined(name)
    const before = planOf(entry).settings
    const after = changedSettings(before, change)
    if (isKeyedTable(entry) && JSON.stringify(before) === JSON.stringify(after)) return
    checkSettings(entry, after)
    const kept = before.indexes.filter((index) =>
      after.indexes.some((next) => next.name === index.name && hasSameEntries(index, next)),
    )
    const keptTables = new Set(kept.map((index) => indexEntries(name, index).name))
    const keepsExpiry = before.ttlAttribute !== undefined && before.ttlAttribute === after.ttlAttribute
    if (keepsExpiry) keptTables.add(expiryEntries(name).name)
    // An index that gets other keys under its name begins anew: without it first, since its table has to be made anew.
    const stale = this.#entryTables(name).filter((table) => !keptTables.has(table))
    if (stale.length > 0) {
      const { ttlAttribute, ...rest } = before
      const without = { ...rest, indexes: kept, ...(keepsExpiry ? { ttlAttribute } : {}) }
      store.commit((transaction) => transaction.setTableSettings(name, without))
      store.deleteTables(stale)
    }
    this.#makeParts(name, after)
    store.commit((transaction) => {
      transaction.setTableSettings(name, after)
      const now = transaction.table(name)
      if (now !== undefined) fill(transaction, planOf(now), keptTables)
    })
  }

  /** The store's tables of entries, and the change stream. */
  #makeParts(name: string, { indexes, ttlAttribute, changes }: TableSettings): void {
    for (const index of indexes) this.#store.defineTable(indexEntries(name, index))
    if (ttlAttribute !== undefined) this.#store.defineTable(expiryEntries(name))
    if (changes === undefined) return
    if (this.#store.stream(changes.stream) === undefined)
      this.#store.defineStream({ name: changes.stream, shards: 1, retentionMs: changeRetentionMs })
    else if (tableOfChanges(this.#store, changes.stream) !== name)
      mustHoldChanges(this.#store, name, changes.stream)
  }

  /** All tables of entries under the name, also those that a stop has left. */
  #entryTables(name: string): string[] {
    const prefix = `system.index/${name}/`
    const expiry = expiryEntries(name).name
    return this.#store
      .tableEntries()
      .map((entry) => entry.name)
      .filter(
        (entry) => entry === expiry || (entry.startsWith(prefix) && !entry.includes('/', prefix.length)),
      )
  }

  #keyed(name: string): TablePlan {
    const entry = this.#store.tableEntry(name)
    if (entry === undefined || !isKeyedTable(entry)) throw notDefined(name)
    return planOf(entry)
  }

  #info(name: string): TableInfo {
    const info = this.#store.table(name)
    if (info === undefined) throw notDefined(name)
    return infoOf(info)
  }
}

/** Entries of all items for the indexes and the expiry that are new. */
function fill(transaction: Transaction, plan: TablePlan, kept: ReadonlySet<string>): void {
  const indexes = plan.indexes.filter(({ entries }) => !kept.has(entries.name))
  const expiry = plan.expiry !== undefined && !kept.has(plan.expiry.entries.name) ? plan.expiry : undefined
  if (indexes.length === 0 && expiry === undefined) return
  for (const stored of transaction.scan(plan.name)) {
    const item = typedItem(plan, stored)
    const { partitionKey, sortKey } = stored
    const key = encodedKey(plan, sortKey === undefined ? { partitionKey } : { partitionKey, sortKey })
    for (const index of indexes) {
      const entry = presentEntryOf(plan, index, item, key)
      if (entry !== undefined)
        transaction.putItem(index.entries.name, entry.partition, entry.sort, entry.content)
    }
    if (expiry === undefined) continue
    const entry = expiryEntryOf(plan, expiry, item, key)
    if (entry !== undefined)
      transaction.putItem(expiry.entries.name, entry.partition, entry.sort, entry.content)
  }
}

function infoOf({ items, bytes, ...entry }: StoreTableInfo): TableInfo {
  const { name, partitionKey, sortKey, createdAt }: TableEntry = entry
  return {
    name,
    partitionKey,
    ...(sortKey === undefined ? {} : { sortKey }),
    settings: planOf(entry).settings,
    items,
    bytes,
    createdAt,
  }
}
