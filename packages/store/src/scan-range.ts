/**
 * The range of stored keys that a scan asks for.
 *
 * No encoded part is the beginning of another one (item-key.ts), so the keys of a partition are those that begin with its
 * bytes, and they alone lie between these bytes and the next that are no continuation of them. Cost: some small arrays.
 */
import { StoreError } from './errors.ts'
import { ITEM_KEY_ROOM, keyInvalid, noSortKey, writeItemKey, writeKeyPart } from './item-key.ts'
import type { KeyDefinition, KeyValue, ScanOptions, TableDefinition } from './port.ts'

const scratch = new Uint8Array(ITEM_KEY_ROOM)

/** Keys of a scan: from `start` (inclusive) to `end` (exclusive); undefined where there is no bound. */
export interface KeyRange {
  readonly start: Uint8Array | undefined
  readonly end: Uint8Array | undefined
}

export function scanRange(table: TableDefinition, options: ScanOptions): KeyRange {
  const { partitionKey, sort, after, reverse } = options
  let start: Uint8Array | undefined
  let end: Uint8Array | undefined
  const from = (key: Uint8Array): void => {
    if (start === undefined || Buffer.compare(start, key) < 0) start = key
  }
  const to = (key: Uint8Array | undefined): void => {
    if (key !== undefined && (end === undefined || Buffer.compare(key, end) < 0)) end = key
  }
  if (partitionKey !== undefined) {
    const partition = keyPart(table, table.partitionKey, partitionKey)
    from(partition)
    to(successor(partition))
    if (sort !== undefined) {
      const { sortKey } = table
      if (sortKey === undefined) throw noSortKey(table, 'a range of sort keys')
      const key = (value: KeyValue): Uint8Array => Buffer.concat([partition, keyPart(table, sortKey, value)])
      if (sort.from !== undefined)
        from(sort.from.inclusive ? key(sort.from.value) : justAfter(key(sort.from.value)))
      if (sort.to !== undefined) to(sort.to.inclusive ? justAfter(key(sort.to.value)) : key(sort.to.value))
      if (sort.prefix !== undefined) {
        if (sortKey.type === 'number') throw keyInvalid(table, sortKey, sort.prefix)
        // Without the two bytes that close the part.
        const prefix = key(sort.prefix).subarray(0, -2)
        from(prefix)
        to(successor(prefix))
      }
    }
  } else if (sort !== undefined) {
    throw new StoreError(
      'STORE_OPTION_INVALID',
      `scan of table "${table.name}": a range of sort keys was given without a partition key. Give both.`,
    )
  }
  if (after !== undefined) {
    const last = scratch.slice(0, writeItemKey(scratch, 0, table, after.partitionKey, after.sortKey))
    if (reverse) to(last)
    else from(justAfter(last))
  }
  return { start, end }
}

/** The bytes of one key value as they stand in a key. */
export function keyPart(table: TableDefinition, definition: KeyDefinition, value: KeyValue): Uint8Array {
  return scratch.slice(0, writeKeyPart(scratch, 0, table, definition, value))
}

/** The first key that comes after this one. */
export function justAfter(key: Uint8Array): Uint8Array {
  const next = new Uint8Array(key.length + 1)
  next.set(key)
  return next
}

/** The first bytes that come after all that begin with these; undefined if there are none. */
export function successor(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length
  while (length > 0 && prefix[length - 1] === 0xff) length--
  if (length === 0) return undefined
  // A copy, also of a Buffer, whose `slice` is none.
  const next = new Uint8Array(prefix.subarray(0, length))
  next[length - 1]! += 1
  return next
}
