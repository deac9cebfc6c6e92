/** Records of a table's change stream as plain objects. */
import type { Item, StreamRecord } from '@millrace/runtime'
import { type ChangeRecord, itemToJson, type TypedItem } from '@millrace/tables'

export interface TableChange<T extends object = Item> {
  readonly kind: 'insert' | 'modify' | 'remove'
  readonly table: string
  /** The key attributes of the item. */
  readonly keys: Item
  /** Undefined for inserts, and where the stream's view leaves it out. */
  readonly before: T | undefined
  /** Undefined for removals, and where the stream's view leaves it out. */
  readonly after: T | undefined
  /** It was deleted because its time had passed. */
  readonly isExpiry: boolean
  /** Whole seconds since the epoch, of the commit that made the change. */
  readonly second: number
}

const kinds = { INSERT: 'insert', MODIFY: 'modify', REMOVE: 'remove' } as const

/**
 * What a record of `table.changes` says. Items look as `table.get` gives them: sets are lists, binaries are base64 text.
 * Takes the record, or the JSON that it holds.
 */
export function tableChange<T extends object = Item>(record: StreamRecord | ChangeRecord): TableChange<T> {
  const { eventName, tableName, dynamodb, userIdentity } =
    'dynamodb' in record ? record : record.json<ChangeRecord>()
  return {
    kind: kinds[eventName],
    table: tableName,
    keys: plain(dynamodb.Keys),
    before: dynamodb.OldImage && plain<T>(dynamodb.OldImage),
    after: dynamodb.NewImage && plain<T>(dynamodb.NewImage),
    isExpiry: userIdentity !== undefined,
    second: dynamodb.ApproximateCreationDateTime,
  }
}

function plain<T extends object>(item: TypedItem): T {
  // The caller names the type that it expects; the item is what was put.
  return JSON.parse(itemToJson(item)) as T
}
