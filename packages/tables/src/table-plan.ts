/**
 * A table as the engine works with it: keys, settings, and the store's tables behind its indexes and its expiry. Derived
 * from the catalog's entry once and kept as long as that stays the same.
 *
 * Tables that the engine did not make have no settings (the runtime's dead letters, an owner's bookkeeping): they can be
 * read like others, and have neither indexes nor changes.
 */
import type { KeyDefinition, TableDefinition, TableEntry } from '@millrace/store'
import type { ChangeSpec, ExportStream, IndexSpec, TableSettings } from './port.ts'

export interface IndexPlan {
  readonly spec: IndexSpec
  /** The store's table that holds its entries. */
  readonly entries: TableDefinition
}

export interface ExpiryPlan {
  readonly attribute: string
  readonly entries: TableDefinition
}

export interface TablePlan {
  readonly entry: TableEntry
  readonly name: string
  readonly keys: readonly KeyDefinition[]
  readonly settings: TableSettings
  readonly indexes: readonly IndexPlan[]
  readonly expiry: ExpiryPlan | undefined
  readonly changes: ChangeSpec | undefined
  readonly exports: readonly ExportStream[]
  /** Whether a write has to know the item before and after it. */
  readonly isObserved: boolean
  /** Whether plain JSON has binary keys as base64 texts. */
  readonly hasBinaryKey: boolean
}

export const noSettings: TableSettings = { indexes: [], tags: {}, exports: [], isProtected: false }

/** The sort key of entries: see index-entry.ts. */
const entryKey: KeyDefinition = { name: 'entry', type: 'binary' }

export function indexEntries(table: string, index: IndexSpec): TableDefinition {
  return { name: `system.index/${table}/${index.name}`, partitionKey: index.partitionKey, sortKey: entryKey }
}

export function expiryEntries(table: string): TableDefinition {
  return {
    name: `system.expiry/${table}`,
    partitionKey: { name: 'expiry', type: 'number' },
    sortKey: entryKey,
  }
}

/** Whether a table of the store holds entries of another one. */
export function isEntryTable(name: string): boolean {
  return name.startsWith('system.index/') || name.startsWith('system.expiry/')
}

export function isKeyedTable(entry: TableEntry): boolean {
  return settingsOf(entry) !== undefined
}

function settingsOf(entry: TableEntry): TableSettings | undefined {
  // Only the engine gives a table settings, and it gives TableSettings.
  return entry.settings as TableSettings | undefined
}

const plans = new WeakMap<TableEntry, TablePlan>()

export function planOf(entry: TableEntry): TablePlan {
  let plan = plans.get(entry)
  if (plan === undefined) {
    plan = makePlan(entry)
    plans.set(entry, plan)
  }
  return plan
}

function makePlan(entry: TableEntry): TablePlan {
  const { name, partitionKey, sortKey } = entry
  const settings = settingsOf(entry) ?? noSettings
  const keys = sortKey === undefined ? [partitionKey] : [partitionKey, sortKey]
  const indexes = settings.indexes.map((spec) => ({ spec, entries: indexEntries(name, spec) }))
  const { ttlAttribute: attribute, changes } = settings
  const exports = settings.exports.filter(({ status }) => status === 'ACTIVE')
  return {
    entry,
    name,
    keys,
    settings,
    indexes,
    expiry: attribute === undefined ? undefined : { attribute, entries: expiryEntries(name) },
    changes,
    exports,
    isObserved: indexes.length > 0 || attribute !== undefined || changes !== undefined || exports.length > 0,
    hasBinaryKey: keys.some(({ type }) => type === 'binary'),
  }
}
