/** What a function stage gives to user code, and takes from it. */
import type { KeyValue } from '@millrace/store'

/** One record of a stream, decoded on demand. */
export interface StreamRecord {
  /** Name of the stream that the record is read from. */
  readonly stream: string
  readonly partitionKey: string
  readonly shard: number
  readonly sequence: number
  readonly arrivalTimeMs: number
  /** The record's bytes: a view, valid until the invocation has ended. */
  readonly data: Uint8Array
  text(): string
  /** The parsed JSON. Throws an error with code RECORD_NOT_JSON that names shard, sequence and place. */
  json<T = unknown>(): T
}

export interface FunctionContext {
  readonly stage: string
  readonly shard: number
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly signal: AbortSignal
  /** Appends to a stream in the same commit as the position. */
  emit(
    stream: string | { readonly name: string },
    value: unknown,
    options: { readonly partitionKey: string },
  ): void
}

/**
 * Processes a batch of one shard and lane. Writes made through tables and `context.emit` during the call commit
 * together with the position, or, when it throws, not at all.
 */
export type FunctionHandler = (records: readonly StreamRecord[], context: FunctionContext) => unknown

export type Item = { readonly [attribute: string]: unknown }

/** A table as app code sees it. Inside a function stage, writes are part of the invocation's commit. */
export interface TableHandle {
  readonly name: string
  /**
   * Puts items. A StreamRecord whose data is a JSON object is taken as the item without being parsed.
   * Errors: TABLE_KEY_MISSING, TABLE_KEY_TYPE, RECORD_NOT_JSON.
   */
  put(items: Item | StreamRecord | readonly (Item | StreamRecord)[]): Promise<void>
  get<T extends Item = Item>(partitionKey: KeyValue, sortKey?: KeyValue): Promise<T | undefined>
  delete(partitionKey: KeyValue, sortKey?: KeyValue): Promise<void>
}
