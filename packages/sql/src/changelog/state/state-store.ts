/**
 * State that outlives a restart. Operators keep it in the structures below and never think of logs: each structure notes
 * what has changed since the last commit, hands it over as a blob, and takes blobs back.
 *
 * Keys are what `makeKey` gives (key.ts): a string or a number, never NaN. Values are plain data that structured cloning
 * keeps (numbers, strings, bigints, null, booleans, arrays, Maps, bytes, typed arrays); no class instances.
 */
import type { Row } from '../row.ts'

export type Key = string | number

/** One value for each key. The value may be changed in place if `touch` is called after it. */
export interface KeyedState<V> {
  get(key: Key): V | undefined
  has(key: Key): boolean
  set(key: Key, value: V): void
  /** The value of the key was changed in place. */
  touch(key: Key): void
  delete(key: Key): void
  /** In order of first insertion. Deleting the entry at hand while iterating is allowed. */
  entries(): IterableIterator<[Key, V]>
  readonly size: number
}

/**
 * Rows under keys, with how often each is there. Rows that are equal (value.ts) are one entry with a count. `extra` is one
 * number beside each entry that an operator may use (matches of an outer join). Within a key, in order of first insertion.
 */
export interface RowsState {
  /** Adds one; a new entry has extra 0. */
  add(key: Key, row: Row): RowEntry
  /** Takes one away; the entry as it then is (count 0: it has left), or undefined if the row is not there. */
  remove(key: Key, row: Row): RowEntry | undefined
  /** Entries of a key; undefined if there are none. The iteration must be over before the key is changed. */
  get(key: Key): RowGroup | undefined
  setExtra(key: Key, entry: RowEntry, extra: number): void
  delete(key: Key): void
  keys(): IterableIterator<Key>
  /** Entries over all keys. */
  readonly size: number
}
export interface RowEntry {
  readonly row: Row
  readonly count: number
  readonly extra: number
}
export interface RowGroup extends Iterable<RowEntry> {
  readonly size: number
}

/**
 * Rows under keys that only come, in order of arrival, equal ones too; they leave with their key. Much smaller and faster than
 * RowsState, which looks for an equal row each time.
 */
export interface ListState {
  add(key: Key, row: Row): void
  /** The row of a key that has one, or its list; not to be changed. */
  get(key: Key): Row | RowList | undefined
  delete(key: Key): void
  keys(): IterableIterator<Key>
  /** Rows over all keys. */
  readonly size: number
}
/** Two rows or more of one key. A class, so that it is told from a row. */
export class RowList {
  readonly rows: Row[]

  constructor(rows: Row[]) {
    this.rows = rows
  }
}

export interface StateOptions {
  /** ms of processing time after which a key that was neither written nor (with `onRead`) read is forgotten; 0: never. */
  readonly ttl?: number
}

export interface StateStore {
  keyed<V>(name: string, options?: StateOptions): KeyedState<V>
  rows(name: string, options?: StateOptions): RowsState
  lists(name: string, options?: StateOptions): ListState
  /** One value, for watermarks and counters. */
  value<V>(name: string, initial: V): { get(): V; set(value: V): void }
}
