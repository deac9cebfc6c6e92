/**
 * Writes of one transaction: item, entries of indexes and of the expiry, change record. Each call reads and checks first,
 * then writes; what a check refuses has written nothing.
 *
 * A write that leaves the item as it was writes nothing at all. Where nobody looks (no index, no expiry, no reader of
 * changes), a put costs no read: `replace` and `putJson` hand the text to the store.
 */
import type { ItemEncoding, Transaction } from '@millrace/store'
import type { TypedItem } from './attribute-value.ts'
import { ChangeLog } from './change-log.ts'
import { ItemRejected, TableError } from './errors.ts'
import {
  encodedKey,
  entryOf,
  expiryEntryOf,
  type IndexEntry,
  isSameEntry,
  presentEntryOf,
} from './index-entry.ts'
import { checkKey, keyAttributes, keyOfItem } from './item-key.ts'
import { typedFromJson, typedItem, typedText } from './item-text.ts'
import type {
  ChangeOrigin,
  ItemChange,
  ItemKey,
  ItemTest,
  ItemVersions,
  PutJsonOptions,
  TableWriter,
  UpdatedItem,
} from './port.ts'
import { isKeyedTable, planOf, type TablePlan } from './table-plan.ts'
import { attributeOf } from './values/attribute-type.ts'
import { equalItems, equalValues } from './values/compare.ts'
import { ITEM_BYTES_MAX, itemSize } from './values/item-size.ts'

/**
 * Of an item's text. A number with an exponent of 125 counts as two bytes and is written with 126 digits, so texts may be many
 * times as long as items are large; two of them, before and after, have to fit into one record of changes.
 */
const textBytesMax = 4 * 1024 * 1024
/** A member {"N":"1000..."} with 126 digits takes the most: 136 bytes for two. */
const textPerByteMax = 68

/** What a write does to the tables of entries. */
interface EntryWrite {
  readonly table: string
  readonly before: IndexEntry | undefined
  readonly after: IndexEntry | undefined
}

/** An item in the making: the text to store, where there is one already. */
interface Put {
  readonly key: ItemKey
  readonly after: TypedItem
  readonly text?: { readonly encoding: ItemEncoding; readonly json: Uint8Array }
}

export class TransactionWriter implements TableWriter {
  readonly transaction: Transaction
  /** Calls that have written. */
  writes = 0
  readonly #changes: ChangeLog

  constructor(transaction: Transaction, region: string) {
    this.transaction = transaction
    this.#changes = new ChangeLog(transaction, region)
    transaction.atEnd(() => this.#changes.flush())
  }

  get(table: string, key: ItemKey): TypedItem | undefined {
    const plan = this.#plan(table)
    checkKey(plan, key)
    return this.#read(plan, key)
  }

  put(table: string, item: TypedItem, when?: ItemTest): TypedItem | undefined {
    const plan = this.#plan(table)
    const key = keyOfItem(plan, item)
    checkItemSize(plan, item, 'Item size has exceeded the maximum allowed size')
    const before = this.#read(plan, key)
    checkTest(plan, before, when)
    this.#put(plan, before, { key, after: item })
    return before
  }

  replace(table: string, item: TypedItem): void {
    const plan = this.#plan(table)
    if (plan.isObserved) {
      this.put(table, item)
      return
    }
    const { partitionKey, sortKey } = keyOfItem(plan, item)
    checkItemSize(plan, item, 'Item size has exceeded the maximum allowed size')
    this.transaction.putItem(table, partitionKey, sortKey, checkedText(plan, item), 'typed-json')
    this.writes++
  }

  putJson(table: string, key: ItemKey, json: Uint8Array, options?: PutJsonOptions): void {
    const plan = this.#plan(table)
    if (!plan.isObserved && options?.when === undefined) {
      this.transaction.putItem(table, key.partitionKey, key.sortKey, json)
      this.writes++
      return
    }
    const after = options?.parsed ?? typedFromJson(plan, json)
    const before = this.#read(plan, key)
    checkTest(plan, before, options?.when)
    this.#put(plan, before, { key, after, text: { encoding: 'json', json } })
  }

  update(table: string, key: ItemKey, change: ItemChange, when?: ItemTest): ItemVersions {
    const plan = this.#plan(table)
    checkKey(plan, key)
    const before = this.#read(plan, key)
    checkTest(plan, before, when)
    const changed = change(before)
    if (changed === undefined) return { before, after: before }
    const after = withKey(plan, key, changed)
    checkItemSize(plan, after, 'Item size to update has exceeded the maximum allowed size')
    this.#put(plan, before, { key, after })
    return { before, after }
  }

  remove(table: string, key: ItemKey): boolean {
    const plan = this.#plan(table)
    if (plan.isObserved) return this.delete(table, key) !== undefined
    checkKey(plan, key)
    const isThere = this.transaction.deleteItem(table, key.partitionKey, key.sortKey)
    if (isThere) this.writes++
    return isThere
  }

  delete(table: string, key: ItemKey, when?: ItemTest, origin: ChangeOrigin = 'user'): TypedItem | undefined {
    const plan = this.#plan(table)
    checkKey(plan, key)
    const { partitionKey, sortKey } = key
    const before = this.#read(plan, key)
    checkTest(plan, before, when)
    if (before === undefined) return undefined
    const entries = plan.isObserved ? entryWrites(plan, key, before, undefined) : []
    const records = this.#changes.recordsOf(plan, { key, before, after: undefined, origin })
    this.transaction.deleteItem(table, partitionKey, sortKey)
    this.writes++
    this.#writeEntries(entries)
    this.#changes.add(records)
    return before
  }

  #put(plan: TablePlan, before: TypedItem | undefined, { key, after, text }: Put): void {
    if (before !== undefined && equalItems(before, after)) return
    const entries = plan.isObserved ? entryWrites(plan, key, before, after) : []
    const { json, encoding } = text ?? { json: checkedText(plan, after), encoding: 'typed-json' }
    const records = this.#changes.recordsOf(plan, { key, before, after, origin: 'user' })
    this.transaction.putItem(plan.name, key.partitionKey, key.sortKey, json, encoding)
    this.writes++
    this.#writeEntries(entries)
    this.#changes.add(records)
  }

  #writeEntries(entries: readonly EntryWrite[]): void {
    for (const { table, before, after } of entries) {
      if (before !== undefined) this.transaction.deleteItem(table, before.partition, before.sort)
      if (after !== undefined) this.transaction.putItem(table, after.partition, after.sort, after.content)
    }
  }

  #read(plan: TablePlan, { partitionKey, sortKey }: ItemKey): TypedItem | undefined {
    const stored = this.transaction.readItem(plan.name, partitionKey, sortKey)
    return stored === undefined ? undefined : typedItem(plan, stored)
  }

  #plan(table: string): TablePlan {
    const entry = this.transaction.table(table)
    if (entry === undefined || !isKeyedTable(entry)) throw notDefined(table)
    return planOf(entry)
  }
}

export function notDefined(table: string): TableError {
  return new TableError(
    'TABLE_NOT_DEFINED',
    `there is no table "${table}" that items can be written to. Make it first, or correct the name.`,
    'Requested resource not found',
  )
}

/** What a put of the item would be refused for. Errors: TABLE_KEY_INVALID, TABLE_ITEM_TOO_LARGE. */
export function checkPut(plan: TablePlan, key: ItemKey, item: TypedItem): void {
  checkItemSize(plan, item, 'Item size has exceeded the maximum allowed size')
  checkTextSize(plan, item)
  entryWrites(plan, key, undefined, item)
}

/** The item after an update, whole; what the update would be refused for. Error: TableError. */
export function checkUpdated(plan: TablePlan, key: ItemKey, { before, after }: UpdatedItem): TypedItem {
  const item = withKey(plan, key, after)
  checkItemSize(plan, item, 'Item size to update has exceeded the maximum allowed size')
  checkTextSize(plan, item)
  entryWrites(plan, key, before, item)
  return item
}

function checkTextSize(plan: TablePlan, item: TypedItem): void {
  if (itemSize(item) * textPerByteMax > textBytesMax) checkedText(plan, item)
}

/** Changes of entries; none where the item's entry stays. Error: TABLE_KEY_INVALID. */
function entryWrites(
  plan: TablePlan,
  key: ItemKey,
  before: TypedItem | undefined,
  after: TypedItem | undefined,
): EntryWrite[] {
  if (plan.indexes.length === 0 && plan.expiry === undefined) return []
  const bytes = encodedKey(plan, key)
  const writes: EntryWrite[] = []
  for (const index of plan.indexes) {
    if (before !== undefined && after !== undefined && isSameEntry(index, before, after)) continue
    writes.push({
      table: index.entries.name,
      after: after === undefined ? undefined : entryOf(plan, index, after, bytes),
      before: before === undefined ? undefined : presentEntryOf(plan, index, before, bytes),
    })
  }
  const { expiry } = plan
  if (expiry !== undefined) {
    const old = before === undefined ? undefined : expiryEntryOf(plan, expiry, before, bytes)
    const next = after === undefined ? undefined : expiryEntryOf(plan, expiry, after, bytes)
    if (old?.partition !== next?.partition)
      writes.push({ table: expiry.entries.name, before: old, after: next })
  }
  return writes
}

export function checkTest(plan: TablePlan, before: TypedItem | undefined, when: ItemTest | undefined): void {
  if (when !== undefined && !when(before)) throw new ItemRejected(plan.name, before)
}

export function checkItemSize(plan: TablePlan, item: TypedItem, reason: string): void {
  const bytes = itemSize(item)
  if (bytes <= ITEM_BYTES_MAX) return
  throw new TableError(
    'TABLE_ITEM_TOO_LARGE',
    `table "${plan.name}": the item has ${bytes} bytes, names included, allowed are ${ITEM_BYTES_MAX}. Split it, or keep large ` +
      'parts elsewhere.',
    reason,
  )
}

/** The text to store. Error: TABLE_ITEM_TOO_LARGE. */
function checkedText(plan: TablePlan, item: TypedItem): Uint8Array {
  const text = typedText(item)
  if (text.length <= textBytesMax) return text
  throw new TableError(
    'TABLE_ITEM_TOO_LARGE',
    `table "${plan.name}": the item takes ${text.length} bytes of text, allowed are ${textBytesMax}. Split it, or store its ` +
      'long numbers and control characters in another way.',
    'Item size has exceeded the maximum allowed size',
  )
}

/** The item with the key that it is updated under. */
export function withKey(plan: TablePlan, key: ItemKey, item: TypedItem): TypedItem {
  const keys = keyAttributes(plan, key)
  let isWhole = true
  for (const name in keys) {
    const value = attributeOf(item, name)
    if (value === undefined) isWhole = false
    else if (!equalValues(value, keys[name]!)) {
      throw new TableError(
        'TABLE_KEY_CHANGED',
        `table "${plan.name}": the update would change attribute "${name}", which is part of the item's key. Delete the item and ` +
          'put another one.',
        `One or more parameter values were invalid: Cannot update attribute ${name}. This attribute is part of the key`,
      )
    }
  }
  return isWhole ? item : { ...keys, ...item }
}
