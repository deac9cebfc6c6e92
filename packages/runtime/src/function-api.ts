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
  /** Set where the function has a tumbling window. */
  readonly window?: FunctionWindow
  readonly signal: AbortSignal
  /** Appends to a stream in the same commit as the position. */
  emit(
    stream: string | { readonly name: string },
    value: unknown,
    options: { readonly partitionKey: string },
  ): void
}

/** The tumbling window that a call belongs to: all its records arrived in it. */
export interface FunctionWindow {
  /** Ms since the epoch, aligned to it; the end is exclusive. */
  readonly startMs: number
  readonly endMs: number
  /** What the call before, of the same shard and window, returned as `state`; `{}` at first. */
  readonly state: Readonly<Record<string, unknown>>
  /** The last call of the window: it has no records, and its state is dropped. */
  readonly isFinal: boolean
  /** The state has grown beyond 1 MiB: records of the window that still come begin with an empty one. */
  readonly isTerminatedEarly: boolean
}

/**
 * Processes a batch of one shard and lane. Writes made through tables and `context.emit` during the call commit
 * together with the position, or, when it throws, not at all.
 *
 * With `reportItemFailures` it may return `{ batchItemFailures: [{ itemIdentifier: String(record.sequence) }] }`: records
 * before the first one named are done, that one and all after it are tried again. What the call wrote is committed then.
 * With a tumbling window it must return `{ state }`, an object that JSON can hold, for the next call of the window.
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
