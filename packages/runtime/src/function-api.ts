/** What a function stage gives to user code, and takes from it. */
import type { KeyValue } from '@millrace/store'
import type { TypedItem } from '@millrace/tables'

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
  /**
   * Aborts when the app is to stop. A handler that throws the signal's reason then (`signal.throwIfAborted()`) has not tried its
   * records: they come again when the app is started again, and it is no attempt.
   */
  readonly signal: AbortSignal
  /** Where the records of the call stand in the log; for handlers that keep their progress outside of it. */
  readonly log: LogPlace
  /** Says a warning under a stable code, one at a time for each code of a stage; undefined takes it back. */
  warn(code: string, message: string | undefined): void
  /** Appends to a stream in the same commit as the position. */
  emit(
    stream: string | { readonly name: string },
    value: unknown,
    options: { readonly partitionKey: string },
  ): void
}

/**
 * Where the records of a call stand in the log that they are read from. Within a lane of a shard they come in the order of their
 * sequences, and those of a call that failed come again before later ones, so `stage`, `uid`, `shard`, `lanes` and `lane` with the
 * last sequence say how far a handler has come. What was not committed may come again dealt to another number of lanes: then the
 * lane that a record had before is `laneOf` its key.
 */
export interface LogPlace {
  /** That of redriven dead letters is another one than that of their records. */
  readonly stream: string
  /** Tells the stream from every other one of its name, in other data directories too. */
  readonly uid: string
  readonly shard: number
  readonly lane: number
  /** To how many lanes the records of the shard are dealt. */
  readonly lanes: number
  /** Of each record of the call, in their order. That of a redriven dead letter is not the sequence of its record. */
  readonly sequences: readonly number[]
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

/** What has to hold for a write, in DynamoDB's language of expressions. */
export interface WriteCondition {
  /** For example `attribute_not_exists(id)` or `#seq < :seq`. Else the write throws TABLE_CONDITION_FAILED. */
  readonly condition?: string
  /** `{ '#seq': 'sequence' }` */
  readonly names?: { readonly [reference: string]: string }
  /** `{ ':seq': 5 }` */
  readonly values?: { readonly [reference: string]: unknown }
}

/** Conditions on a sort key. `eq` stands alone; the others may be joined. */
export interface SortKeyCondition {
  readonly eq?: KeyValue
  readonly gt?: KeyValue
  readonly gte?: KeyValue
  readonly lt?: KeyValue
  readonly lte?: KeyValue
  readonly beginsWith?: string | Uint8Array
}

export interface ScanOptions extends Omit<WriteCondition, 'condition'> {
  readonly index?: string
  /** Items looked at, at most. */
  readonly limit?: number
  /** The `next` of the page before. */
  readonly after?: PageKey
  /** An expression; it comes after the limit, so a page may be empty and not the last. */
  readonly filter?: string
}

export interface QueryOptions extends ScanOptions {
  readonly sort?: SortKeyCondition
  /** From the highest sort key to the lowest. */
  readonly reverse?: boolean
}

/** Where a page ended; to be handed on as it is. */
export type PageKey = TypedItem

export interface Page<T> {
  readonly items: readonly T[]
  /** Set when more may follow. */
  readonly next: PageKey | undefined
}

/** A key as one value: the partition key, or a list of partition key and sort key. */
export type KeyArgument = KeyValue | readonly [KeyValue] | readonly [KeyValue, KeyValue]

/**
 * A table as app code sees it. Inside a function stage, writes are part of the invocation's commit: conditions and updates
 * are made again of the items as they are then, and if a condition fails there, the call is repeated. `get` and conditions
 * see what the same call wrote before; `query` and `scan` see what is committed.
 */
export interface TableHandle {
  readonly name: string
  /**
   * Puts items. A StreamRecord whose data is a JSON object is taken as the item without being parsed.
   * Errors: TABLE_KEY_MISSING, TABLE_KEY_TYPE, TABLE_ITEM_INVALID, RECORD_NOT_JSON, TABLE_CONDITION_FAILED.
   */
  put(items: object | readonly object[], condition?: WriteCondition): Promise<void>
  get<T extends object = Item>(partitionKey: KeyValue, sortKey?: KeyValue): Promise<T | undefined>
  delete(partitionKey: KeyValue, sortKey?: KeyValue): Promise<void>
  deleteIf(key: KeyArgument, condition: WriteCondition): Promise<void>
  /**
   * Changes an item, or makes it: `update('a', 'ADD hits :one', { values: { ':one': 1 } })`. Gives the item as it is after
   * the change, by what is known now.
   */
  update<T extends object = Item>(
    key: KeyArgument,
    expression: string,
    settings?: WriteCondition,
  ): Promise<T | undefined>
  query<T extends object = Item>(partitionKey: KeyValue, options?: QueryOptions): Promise<Page<T>>
  scan<T extends object = Item>(options?: ScanOptions): Promise<Page<T>>
}
