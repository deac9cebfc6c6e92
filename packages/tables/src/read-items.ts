/**
 * Query and scan: pages of items as DynamoDB gives them. A page ends when `limit` items or `bytes` of items have been
 * examined, and then `lastKey` is set, though nothing may follow; at the end of what is read it is absent. The filter comes
 * after, so a page may be empty and not the last.
 *
 * A page is of one moment: all of it is read in one snapshot of the store. Through an index each entry is followed to its
 * item, except where the index shows nothing but keys; a page through an index that shows little of large items ends early. Cost: O(log n) to begin, then the items examined; a scan of a
 * segment passes the items of the other segments too, without parsing them.
 */
import type { KeyDefinition, KeyValue, ScanOptions, Store, StoredItem } from '@millrace/store'
import { keyPart, successor } from '@millrace/store'
import type { TypedItem } from './attribute-value.ts'
import { TableError } from './errors.ts'
import { encodedKey, entryAt, keyOfEntry, sortOfEntry } from './index-entry.ts'
import { keyAttributes } from './item-key.ts'
import { typedItem } from './item-text.ts'
import type { ItemKey, ItemPage, QueryRequest, ScanRequest, SortRange } from './port.ts'
import { type IndexPlan, planOf, type TablePlan } from './table-plan.ts'
import { notDefined } from './table-writer.ts'
import { attributeOf, setMember } from './values/attribute-type.ts'
import { itemSize } from './values/item-size.ts'
import { attributeOfKey, keyValueOf } from './values/key-value.ts'
import { canonicalNumber } from './values/number-text.ts'

const pageBytesMax = 1024 * 1024
/** Of the items behind an index that shows little of them: a page of these ends early, so that it does not take long. */
const textBytesMax = 16 * 1024 * 1024

export function queryItems(store: Store, request: QueryRequest): ItemPage {
  // The plan is of the moment that is read: another thread may change the table in between.
  return store.snapshot(() => queryNow(store, request))
}

export function scanItems(store: Store, request: ScanRequest): ItemPage {
  return store.snapshot(() => scanNow(store, request))
}

function queryNow(store: Store, request: QueryRequest): ItemPage {
  const plan = planIn(store, request.table)
  const index = indexIn(plan, request.index)
  const reverse = request.forward === false
  const after = positionOf(plan, index, request.after)
  const sort = request.sort === undefined ? undefined : sortRange(plan, index, request.sort)
  return readPage(store, plan, index, request, {
    partitionKey: request.partition,
    reverse,
    ...(sort === undefined ? {} : { sort }),
    ...(after === undefined ? {} : { after }),
  })
}

function scanNow(store: Store, request: ScanRequest): ItemPage {
  const plan = planIn(store, request.table)
  const index = indexIn(plan, request.index)
  const after = positionOf(plan, index, request.after)
  return readPage(store, plan, index, request, after === undefined ? {} : { after })
}

export function planIn(store: Store, table: string): TablePlan {
  const entry = store.tableEntry(table)
  if (entry === undefined) throw notDefined(table)
  return planOf(entry)
}

function readPage(
  store: Store,
  plan: TablePlan,
  index: IndexPlan | undefined,
  request: ScanRequest,
  options: ScanOptions,
): ItemPage {
  const { limit = Number.POSITIVE_INFINITY, bytes: bytesMax = pageBytesMax, filter, segment } = request
  if (!(limit >= 1) || !(bytesMax >= 1)) {
    throw new TableError(
      'TABLE_QUERY_INVALID',
      `table "${plan.name}": limit is ${limit} and bytes is ${bytesMax}, allowed is 1 or more.`,
    )
  }
  const items: TypedItem[] = []
  let examined = 0
  let bytes = 0
  const cost = { textBytes: 0 }
  const source = index === undefined ? plan.name : index.entries.name
  const { type } = (index === undefined ? plan.entry : index.spec).partitionKey
  // The store reads ahead no further than the page can reach, where it is short.
  const ahead = segment === undefined && Number.isFinite(limit) ? { limit } : {}
  for (const stored of store.scan(source, { ...options, ...ahead })) {
    if (segment !== undefined && segmentOf(stored.partitionKey, type, segment.of) !== segment.index) continue
    const item =
      index === undefined
        ? typedItem(plan, stored)
        : itemOfEntry(store, plan, index, stored, { whole: request.whole === true, cost })
    examined++
    bytes += itemSize(item)
    if (filter === undefined || filter(item)) items.push(item)
    if (examined >= limit || bytes >= bytesMax || cost.textBytes >= textBytesMax) {
      return { items, examined, bytes, lastKey: placeOf(plan, index, stored) }
    }
  }
  return { items, examined, bytes, lastKey: undefined }
}

/** The item behind an entry, as much of it as the index shows. */
function itemOfEntry(
  store: Store,
  plan: TablePlan,
  index: IndexPlan,
  stored: StoredItem,
  { whole, cost }: { readonly whole: boolean; readonly cost: { textBytes: number } },
): TypedItem {
  const { projection } = index.spec
  if (projection.kind === 'KEYS_ONLY' && !whole) return placeOf(plan, index, stored)
  const key = keyOfEntry(plan, index, stored)
  const found = store.readItem(plan.name, key.partitionKey, key.sortKey)
  if (found === undefined) {
    throw new Error(`tables invariant: ${index.entries.name} has an entry of an item that does not exist`)
  }
  cost.textBytes += found.json.length
  const item = typedItem(plan, found)
  if (projection.kind !== 'INCLUDE' || whole) return item
  const shown: Record<string, TypedItem[string]> = { ...placeOf(plan, index, stored) }
  for (const name of projection.attributes) {
    const value = attributeOf(item, name)
    if (value !== undefined) setMember(shown, name, value)
  }
  return shown
}

/** The keys of an item in the table and, if it was read through one, in the index. */
function placeOf(plan: TablePlan, index: IndexPlan | undefined, stored: StoredItem): TypedItem {
  if (index === undefined) return keyAttributes(plan, keyOf(stored))
  const { partitionKey, sortKey } = index.spec
  const sort = sortOfEntry(index, stored)
  return {
    [partitionKey.name]: attributeOfKey(stored.partitionKey, partitionKey.type),
    ...(sortKey === undefined || sort === undefined
      ? {}
      : { [sortKey.name]: attributeOfKey(sort, sortKey.type) }),
    ...keyAttributes(plan, keyOfEntry(plan, index, stored)),
  }
}

function keyOf({ partitionKey, sortKey }: StoredItem): ItemKey {
  return sortKey === undefined ? { partitionKey } : { partitionKey, sortKey }
}

/** Where the store goes on after the item with these keys. Error: TABLE_QUERY_INVALID. */
function positionOf(
  plan: TablePlan,
  index: IndexPlan | undefined,
  after: TypedItem | undefined,
): ScanOptions['after'] {
  if (after === undefined) return undefined
  const value = (name: string, type: 'string' | 'number' | 'binary'): KeyValue => {
    const attribute = attributeOf(after, name)
    const key = attribute === undefined ? undefined : keyValueOf(attribute, type)
    if (key !== undefined) return key
    throw new TableError(
      'TABLE_QUERY_INVALID',
      `table "${plan.name}": the start key has no attribute "${name}" that is a ${type}. Give the last key of the page before.`,
      'The provided starting key is invalid',
    )
  }
  const { partitionKey, sortKey } = plan.entry
  const key: ItemKey = {
    partitionKey: value(partitionKey.name, partitionKey.type),
    ...(sortKey === undefined ? {} : { sortKey: value(sortKey.name, sortKey.type) }),
  }
  if (index === undefined) return key
  const { spec, entries } = index
  const sort =
    spec.sortKey === undefined
      ? new Uint8Array()
      : keyPart(entries, spec.sortKey, value(spec.sortKey.name, spec.sortKey.type))
  const partition = value(spec.partitionKey.name, spec.partitionKey.type)
  const entry = entryAt(plan, entries, partition, sort, encodedKey(plan, key))
  return { partitionKey: entry.partition, sortKey: entry.sort }
}

/** The range in the store's table: entries of an index begin with the bytes of its sort key. */
function sortRange(plan: TablePlan, index: IndexPlan | undefined, range: SortRange): SortRange {
  if (index === undefined) return range
  const { spec, entries } = index
  const { sortKey } = spec
  if (sortKey === undefined) {
    throw new TableError(
      'TABLE_QUERY_INVALID',
      `table "${plan.name}": index "${spec.name}" has no sort key, but a range of one was given. Leave it out.`,
    )
  }
  const { from, to, prefix } = range
  if (prefix !== undefined && sortKey.type === 'number') {
    throw new TableError(
      'TABLE_QUERY_INVALID',
      `table "${plan.name}": the sort key of index "${spec.name}" is a number, which has no beginning. Give bounds.`,
    )
  }
  const bytes = (value: KeyValue): Uint8Array => keyPart(entries, sortKey, value)
  const lower = from && (from.inclusive ? bytes(from.value) : successor(bytes(from.value)))
  const upper = to && (to.inclusive ? successor(bytes(to.value)) : bytes(to.value))
  return {
    ...(lower === undefined ? {} : { from: { value: lower, inclusive: true } }),
    ...(upper === undefined ? {} : { to: { value: upper, inclusive: false } }),
    // Without the two bytes that close the part.
    ...(prefix === undefined ? {} : { prefix: bytes(prefix).subarray(0, -2) }),
  }
}

function indexIn(plan: TablePlan, name: string | undefined): IndexPlan | undefined {
  if (name === undefined) return undefined
  const index = plan.indexes.find(({ spec }) => spec.name === name)
  if (index !== undefined) return index
  const names = plan.indexes.map(({ spec }) => spec.name)
  throw new TableError(
    'TABLE_INDEX_UNKNOWN',
    `table "${plan.name}" has no index "${name}". It has ${names.length === 0 ? 'none' : names.join(', ')}.`,
    `The table does not have the specified index: ${name}`,
  )
}

/** FNV-1a over the bytes of the key or its text, of which a number has one. */
export function segmentOf(partitionKey: KeyValue, type: KeyDefinition['type'], segments: number): number {
  let hash = 0x811c9dc5
  const isBytes = partitionKey instanceof Uint8Array
  const text = isBytes ? '' : String(partitionKey)
  const key = isBytes ? partitionKey : type === 'number' ? canonicalNumber(text) : text
  for (let i = 0; i < key.length; i++) {
    hash ^= typeof key === 'string' ? key.charCodeAt(i) : key[i]!
    hash = Math.imul(hash, 0x01000193)
  }
  // FNV's low bits are weak for short keys; the high ones are mixed in.
  return ((hash ^ (hash >>> 15)) >>> 0) % segments
}
