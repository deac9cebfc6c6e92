/**
 * Every error that the store throws for a caller to act on: one table of codes, one class.
 *
 * A message says what happened, where (directory, stream, table, shard), with which value, what is allowed and what to
 * do next. Recognise an error by its `code`, not by its class: classes differ between threads and package copies.
 * A broken invariant of the store itself is a plain Error that starts with "store invariant".
 */
import { CodedError } from '@millrace/values'

/** Code -> what it means. Codes are never reused for another meaning. */
export const storeErrorCodes = {
  STORE_LOCKED: 'another process owns the data directory',
  STORE_FORMAT_NEWER: 'the data directory was written by a newer version',
  STORE_NOT_A_STORE: 'the directory holds files of something else',
  STORE_DAMAGED: 'a file of the store cannot be read as what it should be',
  STORE_OPEN_FAILED: 'the operating system refused to open or make the data directory',
  STORE_CLOSED: 'the store was used after close',
  STORE_READ_ONLY: 'a write was tried on a store opened as reader',
  STORE_DISK_FULL: 'the disk (or the file size limit) left no room for a commit',
  STORE_FLUSH_FAILED: 'the disk reported an error while a commit was made durable',
  STORE_WRITE_FAILED: 'the storage engine refused a commit for another reason',
  STORE_RECORD_TOO_LARGE: 'a record is over the size limit',
  STORE_BLOB_TOO_LARGE: 'a state blob, stage value or item is over the size limit',
  STORE_UNKNOWN_STREAM: 'the stream was not defined',
  STORE_UNKNOWN_SHARD: 'the stream has no shard of this number',
  STORE_SHARD_CLOSED: 'a record was to be appended to a shard that was closed',
  STORE_RESHARD_INVALID: 'shards cannot be closed and opened as asked',
  STORE_STREAM_CHANGED: 'a stream was defined again with another shard count',
  STORE_UNKNOWN_TABLE: 'the table was not defined',
  STORE_TABLE_CHANGED: 'a table was defined again with other keys',
  STORE_TOO_MANY_TABLES: 'more tables than the store has room for',
  STORE_KEY_INVALID: 'a key value does not fit the key attribute it is for',
  STORE_KEY_TOO_LARGE: 'a key is over the size limit',
  STORE_NAME_INVALID: 'a name is empty, too long or not well formed',
  STORE_OPTION_INVALID: 'an argument is outside its allowed range',
  STORE_WORK_ASYNC: 'the work of a commit was asynchronous',
  STORE_COMMIT_NESTED: 'a commit was started inside a commit',
  STORE_TRANSACTION_OVER: 'a transaction object was used after its commit ended',
} as const

export type StoreErrorCode = keyof typeof storeErrorCodes

export class StoreError extends CodedError<StoreErrorCode> {
  override readonly name = 'StoreError'
}
