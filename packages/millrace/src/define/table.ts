/** A table as app code holds it: the runtime's handle, with the key types that the app declared. */
import { type Item, makeTableHandle, type StreamRecord } from '@millrace/runtime'
import type { TableDefinition } from '@millrace/store'
import type { KeyOf, KeySpec } from './table-keys.ts'

export interface Table<P extends KeySpec = KeySpec, S extends KeySpec = never> {
  readonly name: string
  /**
   * Puts items, each replacing the one with its key. A StreamRecord whose data is a JSON object is taken as the item
   * without being parsed. Inside a function, writes commit with the position.
   * Errors: TABLE_KEY_MISSING, TABLE_KEY_TYPE, RECORD_NOT_JSON.
   */
  put(items: Item | StreamRecord | readonly (Item | StreamRecord)[]): Promise<void>
  get<T extends Item = Item>(...key: ItemKey<P, S>): Promise<T | undefined>
  delete(...key: ItemKey<P, S>): Promise<void>
}

/** Partition key, and sort key if the table has one. */
export type ItemKey<P, S> = [S] extends [never]
  ? [partitionKey: KeyOf<P>]
  : [partitionKey: KeyOf<P>, sortKey: KeyOf<S>]

export function makeTable<P extends KeySpec, S extends KeySpec>(definition: TableDefinition): Table<P, S> {
  // The same calls; the definition, made from the same key specs, is what the handle checks keys against.
  return makeTableHandle(definition) as Table<P, S>
}
