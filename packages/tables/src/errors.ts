/**
 * Errors of the engine of tables. Those of requests' values and expressions are in values/request-error.ts.
 *
 * A message says what happened, in which table, with which value, what is allowed and what to do next; `reason` is what
 * DynamoDB says on the wire, to the letter, where it has words for it. Recognise an error by its `code`, not by its class.
 */
import { CodedError } from '@millrace/values'
import type { TypedItem } from './attribute-value.ts'

/** Code -> what it means. Codes are never reused for another meaning. */
export const tableErrorCodes = {
  TABLE_EXISTS: 'A table was to be made under a name that another one has.',
  TABLE_NOT_DEFINED: 'There is no table of this name, or it is none that keeps indexes and changes.',
  TABLE_SPEC_INVALID: 'Keys, indexes or settings of a table do not fit together.',
  TABLE_KEY_INVALID:
    'A key attribute of an item or of an index is missing, of another type, empty or too long.',
  TABLE_KEY_CHANGED: 'An update would change the key of its item.',
  TABLE_ITEM_TOO_LARGE: 'An item has more than 400 KB, as DynamoDB counts them.',
  TABLE_CONDITION_FAILED: 'The condition of a write was false for the item; nothing was written.',
  TABLE_INDEX_UNKNOWN: 'The table has no index of this name.',
  TABLE_QUERY_INVALID: 'A range, a start key or a limit does not fit the table or index that is read.',
  TABLE_EXPORT_IMPOSSIBLE:
    'The table as of a time cannot be told: it has no change stream that reaches back so far.',
  TABLE_EXPORT_FAILED: 'The files of an export cannot be written.',
} as const

export type TableErrorCode = keyof typeof tableErrorCodes

export class TableError extends CodedError<TableErrorCode> {
  override readonly name: string = 'TableError'
  /** DynamoDB's message for it. */
  readonly reason: string | undefined

  constructor(code: TableErrorCode, message: string, reason?: string) {
    super(code, message)
    this.reason = reason
  }
}

/** The condition of a write did not hold. */
export class ItemRejected extends TableError {
  override readonly name = 'ItemRejected'
  /** The item as it is; undefined if there is none. */
  readonly item: TypedItem | undefined

  constructor(table: string, item: TypedItem | undefined) {
    super(
      'TABLE_CONDITION_FAILED',
      `table "${table}": the condition of the write is false for ${item === undefined ? 'an item that does not exist' : 'the item as it is'}. ` +
        'Nothing was written. Read the item and decide anew.',
      'The conditional request failed',
    )
    this.item = item
  }
}
