/**
 * Table items: writes collected during a commit, and reads.
 *
 * Item: encoded key (item-key.ts) -> tag byte, then the item's text: 1 plain JSON, 2 typed JSON.
 * What costs in a B-tree is the number of different pages touched, so the puts of a commit are kept in arenas and go to
 * the tree in key order when the commit ends, or earlier when the same transaction reads or deletes items of the table.
 * Of several puts with one key the last wins. Keys that already come in rising order are not sorted again.
 * A scan reads pages of items; each page is one snapshot, so a long scan holds no old pages of the store.
 */
import type { RangeOptions } from 'lmdb'
import { copySlice } from './batch-builder.ts'
import type { TableRecord } from './catalog.ts'
import { type Environment, plainBytes } from './environment.ts'
import { StoreError } from './errors.ts'
import { ITEM_KEY_ROOM, readItemKey, writeItemKey } from './item-key.ts'
import { BLOB_BYTES_MAX } from './limits.ts'
import type { EncodedItem, ItemEncoding, KeyValue, ScanOptions, StoredItem } from './port.ts'
import { justAfter, scanRange } from './scan-range.ts'

/** The byte before an item's text. */
export const tagOf = (encoding: ItemEncoding): number => (encoding === 'typed-json' ? 2 : 1)

/** A page of a scan ends at this many items or bytes, which is what a scan holds in memory. */
const SCAN_PAGE_ITEMS = 256
const SCAN_PAGE_BYTES = 1 << 20

const keyScratch = new Uint8Array(ITEM_KEY_ROOM)

/** The encoded key of an item; valid until the next call. */
export function itemKey(
  table: TableRecord,
  partitionKey: KeyValue,
  sortKey: KeyValue | undefined,
): Uint8Array {
  return keyScratch.subarray(0, writeItemKey(keyScratch, 0, table.entry, partitionKey, sortKey))
}

export function readItem(table: TableRecord, key: Uint8Array): EncodedItem | undefined {
  const value = table.items.getBinary(key)
  return value === undefined ? undefined : decode(value)
}

function decode(value: Uint8Array): EncodedItem {
  return {
    encoding: value[0] === 2 ? 'typed-json' : 'json',
    json: plainBytes(value).subarray(1),
  }
}

/** What a scan reads from: each call of `current` begins the snapshot of one page, and gives the table as it is then. */
export interface ScanSource {
  readonly environment: Environment
  current(): TableRecord
}

export function* scanItems(source: ScanSource, options: ScanOptions): Generator<StoredItem> {
  const { environment } = source
  const reverse = options.reverse === true
  let left = options.limit ?? Number.POSITIVE_INFINITY
  let table = source.current()
  let { start, end } = scanRange(table.entry, options)
  for (let isFirst = true; left > 0; isFirst = false) {
    if (!isFirst) table = source.current()
    const limit = Math.min(left, SCAN_PAGE_ITEMS)
    const page = environment.read(() => readPage(table, start, end, { reverse, limit }))
    for (const { key, value } of page.items) yield { ...readItemKey(key, table.entry), ...decode(value) }
    const last = page.items[page.items.length - 1]
    if (!page.isCut || last === undefined) return
    left -= page.items.length
    if (reverse) end = last.key
    else start = justAfter(last.key)
  }
}

function readPage(
  table: TableRecord,
  start: Uint8Array | undefined,
  end: Uint8Array | undefined,
  how: { readonly reverse: boolean; readonly limit: number },
): { readonly items: { key: Uint8Array; value: Uint8Array }[]; readonly isCut: boolean } {
  const items: { key: Uint8Array; value: Uint8Array }[] = []
  if (start !== undefined && end !== undefined && Buffer.compare(start, end) >= 0)
    return { items, isCut: false }
  let bytes = 0
  for (const item of table.items.getRange(bounds(start, end, how))) {
    items.push(item)
    bytes += item.value.byteLength
    if (items.length >= how.limit || bytes >= SCAN_PAGE_BYTES) return { items, isCut: true }
  }
  return { items, isCut: false }
}

/** lmdb's form of a range: it begins at `start`, also where it runs backwards. */
function bounds(
  start: Uint8Array | undefined,
  end: Uint8Array | undefined,
  { reverse, limit }: { readonly reverse: boolean; readonly limit: number },
): RangeOptions {
  if (!reverse) {
    return { limit, ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) }
  }
  return {
    limit,
    reverse,
    ...(end === undefined ? {} : { start: end, exclusiveStart: true }),
    ...(start === undefined ? {} : { end: start, inclusiveEnd: true }),
  }
}

/** Puts of one table in one transaction. Reused from commit to commit, so that its arenas settle. */
export class ItemWrites {
  readonly #table: TableRecord
  #keys = new Uint8Array(ITEM_KEY_ROOM * 2)
  #values = new Uint8Array(1 << 16)
  #keyStart = new Uint32Array(257)
  #valueStart = new Uint32Array(257)
  #count = 0
  #rising = true

  constructor(table: TableRecord) {
    this.#table = table
  }

  put(partitionKey: KeyValue, sortKey: KeyValue | undefined, json: Uint8Array, encoding: ItemEncoding): void {
    if (json.length >= BLOB_BYTES_MAX) throw itemTooLarge(this.#table, json.length)
    const index = this.#count
    const keyFrom = this.#keyStart[index]!
    const valueFrom = this.#valueStart[index]!
    if (keyFrom + ITEM_KEY_ROOM > this.#keys.length) this.#keys = grown(this.#keys, keyFrom + ITEM_KEY_ROOM)
    const keyTo = writeItemKey(this.#keys, keyFrom, this.#table.entry, partitionKey, sortKey)
    const valueTo = valueFrom + 1 + json.length
    if (valueTo > this.#values.length) this.#values = grown(this.#values, valueTo)
    if (index + 2 > this.#keyStart.length) {
      this.#keyStart = grownIndex(this.#keyStart)
      this.#valueStart = grownIndex(this.#valueStart)
    }
    this.#values[valueFrom] = tagOf(encoding)
    copySlice(this.#values, valueFrom + 1, json, 0, json.length)
    this.#keyStart[index + 1] = keyTo
    this.#valueStart[index + 1] = valueTo
    this.#count = index + 1
    if (this.#rising && index > 0) this.#rising = this.#compare(index - 1, index) < 0
  }

  /** Hands all puts to the tree, in key order. */
  apply(): void {
    const count = this.#count
    if (count === 0) return
    if (this.#rising) {
      for (let i = 0; i < count; i++) this.#write(i)
    } else {
      const order = new Uint32Array(count)
      for (let i = 0; i < count; i++) order[i] = i
      // Equal keys stay in the order of their puts, so the last of a run is the one that wins.
      order.sort((a, b) => this.#compare(a, b) || a - b)
      for (let i = 0; i < count; i++) {
        if (i + 1 === count || this.#compare(order[i]!, order[i + 1]!) !== 0) this.#write(order[i]!)
      }
    }
    this.reset()
  }

  reset(): void {
    this.#count = 0
    this.#rising = true
  }

  #write(index: number): void {
    const key = this.#keys.subarray(this.#keyStart[index]!, this.#keyStart[index + 1]!)
    const value = this.#values.subarray(this.#valueStart[index]!, this.#valueStart[index + 1]!)
    this.#table.items.put(key, value)
  }

  #compare(a: number, b: number): number {
    const keys = this.#keys
    let i = this.#keyStart[a]!
    let j = this.#keyStart[b]!
    const iEnd = this.#keyStart[a + 1]!
    const jEnd = this.#keyStart[b + 1]!
    for (; i < iEnd && j < jEnd; i++, j++) {
      const difference = keys[i]! - keys[j]!
      if (difference !== 0) return difference
    }
    return iEnd - i - (jEnd - j)
  }
}

function grown(from: Uint8Array, needed: number): Uint8Array<ArrayBuffer> {
  const to = new Uint8Array(Math.max(needed, from.length * 2))
  to.set(from)
  return to
}

function grownIndex(from: Uint32Array): Uint32Array<ArrayBuffer> {
  const to = new Uint32Array(from.length * 2)
  to.set(from)
  return to
}

function itemTooLarge(table: TableRecord, bytes: number): StoreError {
  return new StoreError(
    'STORE_BLOB_TOO_LARGE',
    `table "${table.entry.name}": an item has ${bytes} bytes, allowed are less than ${BLOB_BYTES_MAX}. Split the item.`,
  )
}
