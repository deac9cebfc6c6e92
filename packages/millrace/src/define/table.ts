/** A table as app code holds it: the runtime's handle, with the key types that the app declared. */
import {
  type Item,
  makeTableHandle,
  type Page,
  type QueryOptions,
  type ScanOptions,
  type WriteCondition,
} from '@millrace/runtime'
import type { KeyValue, TableDefinition } from '@millrace/store'
import type { ChangeRecord } from '@millrace/tables'
import { MillraceError } from '../error.ts'
import { here } from './names.ts'
import type { StreamHandle } from './stream-handle.ts'
import type { KeyOf, KeySpec } from './table-keys.ts'

/**
 * Inside a function writes are part of its commit: conditions and updates are made again of the items as they are then, and
 * if a condition fails there, the call is repeated. `get` and conditions see what the same call wrote before; `query` and
 * `scan` see what is committed.
 */
export interface Table<P extends KeySpec = KeySpec, S extends KeySpec = never> {
  readonly name: string
  /** The table's changes, for functions and queries to read; `tableChange` reads their records. Needs the setting `changes`. */
  readonly changes: StreamHandle<ChangeRecord>
  /**
   * Puts items, each replacing the one with its key. A StreamRecord whose data is a JSON object is taken as the item
   * without being parsed. Errors: TABLE_KEY_MISSING, TABLE_KEY_TYPE, TABLE_ITEM_INVALID, RECORD_NOT_JSON; with a condition
   * that is false for the item that is there, TABLE_CONDITION_FAILED.
   */
  put(items: object | readonly object[], condition?: WriteCondition): Promise<void>
  get<T extends object = Item>(...key: ItemKey<P, S>): Promise<T | undefined>
  delete(...key: ItemKey<P, S>): Promise<void>
  /** Deletes if the condition holds; else throws TABLE_CONDITION_FAILED. */
  deleteIf(key: KeyArgument<P, S>, condition: WriteCondition): Promise<void>
  /**
   * Changes an item, or makes it, by an update expression:
   * `hits.update('home', 'ADD n :one', { values: { ':one': 1 } })`. Counters lose nothing, however many functions count.
   * Gives the item after the change, by what is known now.
   */
  update<T extends object = Item>(
    key: KeyArgument<P, S>,
    expression: string,
    settings?: WriteCondition,
  ): Promise<T | undefined>
  /** Items of one partition key, of the table or an index, in the order of their sort keys; a page of at most 1 MiB. */
  query<T extends object = Item>(partitionKey: KeyValue, options?: QueryOptions): Promise<Page<T>>
  /** All items, a page of at most 1 MiB. */
  scan<T extends object = Item>(options?: ScanOptions): Promise<Page<T>>
}

/** Partition key, and sort key if the table has one. */
export type ItemKey<P, S> = [S] extends [never]
  ? [partitionKey: KeyOf<P>]
  : [partitionKey: KeyOf<P>, sortKey: KeyOf<S>]

/** A key as one argument: the partition key, or a list of both keys. */
export type KeyArgument<P, S> = [S] extends [never]
  ? KeyOf<P> | readonly [KeyOf<P>]
  : readonly [KeyOf<P>, KeyOf<S>]

export function makeTable<P extends KeySpec, S extends KeySpec>(
  definition: TableDefinition,
  changes: StreamHandle<ChangeRecord> | undefined,
): Table<P, S> {
  const { name } = definition
  const table = {
    ...makeTableHandle(definition),
    get changes(): StreamHandle<ChangeRecord> {
      if (changes !== undefined) return changes
      throw new MillraceError('APP_SETTING_MISSING', `Table "${name}" has no change stream.`, {
        ...here(),
        next: `Declare it with changes: 'NEW_AND_OLD_IMAGES'.`,
      })
    },
  }
  // The same calls; the definition, made from the same key specs, is what the handle checks keys against.
  return Object.freeze(table) as Table<P, S>
}
