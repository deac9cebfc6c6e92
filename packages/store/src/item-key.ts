/**
 * Keys of table items as bytes whose order is the order of the values: partition key, then sort key if the table has one.
 *
 * string  UTF-8 with 0x00 written as 00 FF, closed by 00 00 (below every continuation). Order: by code points.
 * binary  the bytes, escaped and closed alike. Order: by unsigned bytes, a prefix first.
 * number  number-key.ts.
 * Types are fixed by the table, so no tags are stored. A string with a lone surrogate is refused: UTF-8 cannot hold it,
 * and two such strings would collide.
 * Cost: one pass; ASCII strings are copied without calling an encoder.
 */
import { StoreError } from './errors.ts'
import { ITEM_KEY_BYTES_MAX } from './limits.ts'
import { NUMBER_KEY_BYTES_MAX, readNumberKey, writeNumberKey } from './number-key.ts'
import type { KeyDefinition, KeyValue, TableDefinition } from './port.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder()
/** Room that `writeItemKey` needs in its target: each part may double by escapes before the limit is checked. */
export const ITEM_KEY_ROOM = 2 * (2 * ITEM_KEY_BYTES_MAX + 2) + 2 * NUMBER_KEY_BYTES_MAX

/** Writes the key of an item at `at`, where ITEM_KEY_ROOM bytes are free. Returns the end. */
export function writeItemKey(
  target: Uint8Array,
  at: number,
  table: TableDefinition,
  partitionKey: KeyValue,
  sortKey: KeyValue | undefined,
): number {
  let end = writeKeyPart(target, at, table, table.partitionKey, partitionKey)
  if (table.sortKey !== undefined) {
    end = writeKeyPart(target, end, table, table.sortKey, sortKey)
  } else if (sortKey !== undefined) {
    throw noSortKey(table, 'one')
  }
  if (end - at > ITEM_KEY_BYTES_MAX) throw keyTooLarge(table, end - at)
  return end
}

export function readItemKey(
  source: Uint8Array,
  table: TableDefinition,
): { partitionKey: KeyValue; sortKey: KeyValue | undefined } {
  const first = readKeyPart(source, 0, table.partitionKey)
  const sortKey =
    table.sortKey === undefined ? undefined : readKeyPart(source, first.end, table.sortKey).value
  return { partitionKey: first.value, sortKey }
}

/** Writes one key value at `at`, where ITEM_KEY_ROOM bytes are free. Returns the end. */
export function writeKeyPart(
  target: Uint8Array,
  at: number,
  table: TableDefinition,
  definition: KeyDefinition,
  value: KeyValue | undefined,
): number {
  switch (definition.type) {
    case 'string':
      if (typeof value !== 'string') break
      return writeStringPart(target, at, table, definition, value)
    case 'binary':
      if (!(value instanceof Uint8Array)) break
      return writeEscaped(target, at, table, value)
    case 'number':
      if (typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'string') break
      return writeNumberKey(target, at, value)
  }
  throw keyInvalid(table, definition, value)
}

function writeStringPart(
  target: Uint8Array,
  at: number,
  table: TableDefinition,
  definition: KeyDefinition,
  value: string,
): number {
  const length = value.length
  if (length > ITEM_KEY_BYTES_MAX) throw keyTooLarge(table, length)
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code === 0 || code > 0x7f) return writeEscaped(target, at, table, utf8(table, definition, value))
    target[at + i] = code
  }
  target[at + length] = 0
  target[at + length + 1] = 0
  return at + length + 2
}

function utf8(table: TableDefinition, definition: KeyDefinition, value: string): Uint8Array {
  if (/\p{Surrogate}/u.test(value)) {
    throw new StoreError(
      'STORE_KEY_INVALID',
      `table "${table.name}": key attribute "${definition.name}" holds a lone surrogate, which has no UTF-8 form. ` +
        'Clean the text with toWellFormed() first.',
    )
  }
  return encoder.encode(value)
}

function writeEscaped(target: Uint8Array, at: number, table: TableDefinition, bytes: Uint8Array): number {
  if (bytes.length > ITEM_KEY_BYTES_MAX) throw keyTooLarge(table, bytes.length)
  let to = at
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    target[to++] = byte
    if (byte === 0) target[to++] = 0xff
  }
  target[to++] = 0
  target[to++] = 0
  return to
}

/** Reads one key value at `at`; gives its end as well. */
export function readKeyPart(
  source: Uint8Array,
  at: number,
  definition: KeyDefinition,
): { value: KeyValue; end: number } {
  if (definition.type === 'number') return readNumberKey(source, at)
  const bytes = new Uint8Array(source.length - at)
  let length = 0
  let i = at
  for (; ; i++) {
    const byte = source[i]
    if (byte === undefined) throw new Error('store invariant: an item key ends inside a part')
    if (byte === 0) {
      if (source[i + 1] === 0) break
      i++
    }
    bytes[length++] = byte
  }
  const part = bytes.slice(0, length)
  return { value: definition.type === 'string' ? decoder.decode(part) : part, end: i + 2 }
}

export function keyInvalid(
  table: TableDefinition,
  definition: KeyDefinition,
  value: KeyValue | undefined,
): StoreError {
  return new StoreError(
    'STORE_KEY_INVALID',
    `table "${table.name}": key attribute "${definition.name}" is ${describe(value)}, but must be a ${definition.type}. ` +
      'Give every item a key value of the declared type.',
  )
}

export function noSortKey(table: TableDefinition, given: string): StoreError {
  return new StoreError(
    'STORE_KEY_INVALID',
    `table "${table.name}" has no sort key, but ${given} was given. Leave it out, or define the table with a sort key.`,
  )
}

function describe(value: KeyValue | undefined): string {
  return value === undefined ? 'missing' : value instanceof Uint8Array ? 'binary' : `a ${typeof value}`
}

function keyTooLarge(table: TableDefinition, bytes: number): StoreError {
  return new StoreError(
    'STORE_KEY_TOO_LARGE',
    `table "${table.name}": an item key takes ${bytes} bytes: allowed are ${ITEM_KEY_BYTES_MAX} for partition and sort key ` +
      'together. Shorten the key values.',
  )
}
