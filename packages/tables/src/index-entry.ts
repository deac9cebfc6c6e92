/**
 * Entries of indexes and of the expiry, each a table of the store of its own:
 *   partition key  the index's partition key (the expiry: its second)
 *   sort key       bytes: the index's sort key as the store encodes keys, if there is one, then the item's key encoded alike
 *   item           empty
 * So entries come in the order of the index, and of equal ones in the order of the table. An item's key of over 200 bytes is
 * represented by its SHA-256 there, and the entry's item is the key: the store's keys have a bound.
 *
 * Nothing of the item is copied into its entries. Items are a page in memory away, in the same process; a copy would make
 * each write of an item as dear as one more item for each index. And a projection can change without a rewrite.
 */
import { createHash } from 'node:crypto'
import { type KeyValue, keyPart, readKeyPart, type StoredItem, type TableDefinition } from '@millrace/store'
import type { TypedItem } from './attribute-value.ts'
import { TableError } from './errors.ts'
import { indexKeyValue } from './item-key.ts'
import type { ItemKey } from './port.ts'
import type { ExpiryPlan, IndexPlan, TablePlan } from './table-plan.ts'
import { attributeOf } from './values/attribute-type.ts'

const keyBytesInlineMax = 200
/** What the store takes as a key. */
const entryBytesMax = 3_584
const noBytes = new Uint8Array()

export interface IndexEntry {
  readonly partition: KeyValue
  readonly sort: Uint8Array
  readonly content: Uint8Array
}

/** The item's key as the store encodes it. */
export function encodedKey(plan: TablePlan, key: ItemKey): Uint8Array {
  const { partitionKey, sortKey } = plan.entry
  const partition = keyPart(plan.entry, partitionKey, key.partitionKey)
  if (sortKey === undefined || key.sortKey === undefined) return partition
  return Buffer.concat([partition, keyPart(plan.entry, sortKey, key.sortKey)])
}

/** The entry of an item; undefined if it lacks a key of the index. Error: TABLE_KEY_INVALID. */
export function entryOf(
  plan: TablePlan,
  { spec, entries }: IndexPlan,
  item: TypedItem,
  key: Uint8Array,
): IndexEntry | undefined {
  const partition = indexKeyValue(plan, spec.name, spec.partitionKey, item, 'partition')
  if (partition === undefined) return undefined
  if (spec.sortKey === undefined) return entryAt(plan, entries, partition, noBytes, key)
  const sort = indexKeyValue(plan, spec.name, spec.sortKey, item, 'sort')
  if (sort === undefined) return undefined
  return entryAt(plan, entries, partition, keyPart(entries, spec.sortKey, sort), key)
}

/** The entry that an item in the table has: one with an attribute that cannot be a key of an index made later has none. */
export function presentEntryOf(
  plan: TablePlan,
  index: IndexPlan,
  item: TypedItem,
  key: Uint8Array,
): IndexEntry | undefined {
  try {
    return entryOf(plan, index, item, key)
  } catch (error) {
    if (error instanceof TableError) return undefined
    throw error
  }
}

/** Whether two versions of an item have one and the same entry. */
export function isSameEntry({ spec }: IndexPlan, before: TypedItem, after: TypedItem): boolean {
  const { partitionKey, sortKey } = spec
  return (
    isSameScalar(before, after, partitionKey.name) &&
    (sortKey === undefined || isSameScalar(before, after, sortKey.name))
  )
}

/** The entry of an item's expiry; undefined if it has none. Fractions of a second do not count. */
export function expiryEntryOf(
  plan: TablePlan,
  { attribute, entries }: ExpiryPlan,
  item: TypedItem,
  key: Uint8Array,
): IndexEntry | undefined {
  const second = expirySecond(item, attribute)
  return second === undefined ? undefined : entryAt(plan, entries, second, noBytes, key)
}

export function expirySecond(item: TypedItem, attribute: string): number | undefined {
  const value = attributeOf(item, attribute)
  if (value === undefined || !('N' in value)) return undefined
  const second = Math.floor(Number(value.N))
  return Number.isSafeInteger(second) && second >= 0 ? second : undefined
}

/** The key of the item that an entry stands for. */
export function keyOfEntry(plan: TablePlan, index: IndexPlan | undefined, stored: StoredItem): ItemKey {
  // The sort key of entries is binary.
  const sort = stored.sortKey as Uint8Array
  const sortKey = index?.spec.sortKey
  const isInline = stored.json.length === 0
  const source = isInline ? sort : stored.json
  const at = isInline && sortKey !== undefined ? readKeyPart(sort, 0, sortKey).end : 0
  const partition = readKeyPart(source, at, plan.entry.partitionKey)
  if (plan.entry.sortKey === undefined) return { partitionKey: partition.value }
  return {
    partitionKey: partition.value,
    sortKey: readKeyPart(source, partition.end, plan.entry.sortKey).value,
  }
}

/** What the entries' sort key says of the index's sort key. */
export function sortOfEntry(index: IndexPlan, stored: StoredItem): KeyValue | undefined {
  const { sortKey } = index.spec
  return sortKey === undefined ? undefined : readKeyPart(stored.sortKey as Uint8Array, 0, sortKey).value
}

/** The place of an item in an index, whether it has an entry or not: entries after it come later in the index. */
export function entryAt(
  plan: TablePlan,
  entries: TableDefinition,
  partition: KeyValue,
  sort: Uint8Array,
  key: Uint8Array,
): IndexEntry {
  const isInline = key.length <= keyBytesInlineMax
  const tail = isInline ? key : createHash('sha256').update(key).digest()
  const entry = {
    partition,
    sort: sort.length === 0 ? tail : Buffer.concat([sort, tail]),
    content: isInline ? noBytes : key,
  }
  const partitionLength =
    typeof partition === 'string' || partition instanceof Uint8Array ? partition.length : 0
  if (partitionLength + sort.length + tail.length > 512) mustFit(plan, entries, entry)
  return entry
}

/** Zero bytes are escaped in the store's keys, so that keys of many of them do not fit though they are not too long. */
function mustFit(plan: TablePlan, entries: TableDefinition, { partition, sort }: IndexEntry): void {
  let bytes = keyPart(entries, entries.partitionKey, partition).length + sort.length + 2
  for (const byte of sort) if (byte === 0) bytes++
  if (bytes <= entryBytesMax) return
  throw new TableError(
    'TABLE_KEY_INVALID',
    `table "${plan.name}": the item's keys take ${bytes} bytes in ${entries.name}, allowed are ${entryBytesMax}, where a zero ` +
      'byte counts twice or more. Use shorter keys, or keys without zero bytes.',
  )
}

function isSameScalar(before: TypedItem, after: TypedItem, name: string): boolean {
  const a = attributeOf(before, name)
  const b = attributeOf(after, name)
  if (a === undefined || b === undefined) return a === b
  // Key types have one text for each value; other types end in an error where they are new.
  if ('S' in a) return 'S' in b && a.S === b.S
  if ('N' in a) return 'N' in b && a.N === b.N
  return 'B' in a && 'B' in b && a.B === b.B
}
