/** A stream as app code holds it: a name, and for the compiler the type of its records' JSON. */
import {
  type FunctionContext,
  type PutOptions,
  type PutRecord,
  putToStream,
  type StreamRecord,
} from '@millrace/runtime'

declare const recordType: unique symbol

export interface StreamHandle<T = unknown> {
  readonly name: string
  /**
   * Inside a function: appends records in the commit that moves its position, or, when the handler throws, not at all.
   * Errors: STREAM_OUTSIDE_STAGE, STREAM_UNKNOWN, EMIT_INVALID.
   */
  put(
    records: PutRecord<T | Uint8Array | StreamRecord> | readonly PutRecord<T | Uint8Array | StreamRecord>[],
    options?: PutOptions,
  ): void
  /** Never present: carries the type of the records from `app.stream<T>` to the functions that read the stream. */
  readonly [recordType]?: T
}

/** A record whose `json()` has the type that its stream was declared with. Nothing checks the bytes against it. */
export interface RecordOf<T> extends StreamRecord {
  json<U = T>(): U
}

/**
 * Processes a batch of one shard and lane. Writes made through tables and `context.emit` during the call commit together
 * with the position, or, when it throws or rejects, not at all.
 */
export type HandlerOf<T> = (records: readonly RecordOf<T>[], context: FunctionContext) => unknown

export function makeStream<T>(name: string): StreamHandle<T> {
  return Object.freeze({
    name,
    put(records: PutRecord | readonly PutRecord[], options?: PutOptions) {
      putToStream(name, records, options)
    },
  })
}
