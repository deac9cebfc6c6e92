/**
 * The store's port: what the runtime sees of the one embedded ACID store. Kept small, because other logs (Kafka,
 * Kinesis) implement the log half of it too.
 *
 * Words: a position is the next sequence to read; sequences of a shard are contiguous integers from 0, so that counts
 * can be checked against positions. `commit` numbers are store-wide and increase by one for each transaction; every
 * record batch carries the number of the transaction that appended it, which gives all shards one total order
 * (commit, stream, shard, sequence) that every reader sees alike, now and in a replay.
 */
import type { HashRange } from '@millrace/values'

export interface StreamDefinition {
  readonly name: string
  /** Shards that the stream begins with; `reshard` adds to them. */
  readonly shards: number
  readonly retentionMs: number
}

export interface KeyDefinition {
  readonly name: string
  readonly type: 'string' | 'number' | 'binary'
}

export interface TableDefinition {
  readonly name: string
  readonly partitionKey: KeyDefinition
  readonly sortKey?: KeyDefinition
}

/** A record to append. `key` routes it (MD5 of the UTF-8 key) unless `hash` or `shard` is given; the shard must be open. */
export interface AppendRecord {
  readonly key: Uint8Array
  readonly data: Uint8Array
  /** An explicit hash key, as four words, most significant first. */
  readonly hash?: Uint32Array
  readonly shard?: number
  /** When the newest source record behind this one entered the system, ms with fraction; the arrival time if absent. */
  readonly originTime?: number
}

/** Records of one shard, appended by one transaction. Views on the store's copy: valid as long as the object lives. */
export interface RecordBatch {
  readonly stream: string
  readonly shard: number
  readonly commit: number
  readonly firstSequence: number
  readonly count: number
  /** One arrival time for the whole batch, ms: stamped inside the transaction, so it never decreases over commits. */
  readonly arrivalTime: number
  /** The bytes that all offsets refer to. */
  readonly bytes: Uint8Array
  /** Record i: key bytes [keyStart[i], keyStart[i + 1]), data bytes [dataStart[i], dataStart[i + 1]). */
  readonly keyStart: Uint32Array
  readonly dataStart: Uint32Array
  originTime(index: number): number
}

/** A stretch of the log whose bytes fail their checksum. Readers step over it; the stage counts its records as dead. */
export interface CorruptBatch {
  readonly stream: string
  readonly shard: number
  readonly firstSequence: number
  /** The sequence after the last one lost. */
  readonly nextSequence: number
  readonly reason: string
}

export interface ReadOptions {
  /** Stop after the batch with which this many records are reached (whole batches are returned). */
  readonly maxRecords: number
  readonly maxBytes: number
}

export interface ReadResult {
  /** In sequence order. The first batch may begin before the asked sequence: skip to it. */
  readonly batches: readonly (RecordBatch | CorruptBatch)[]
  /** True if the read ended at the shard's head, as of the snapshot read. */
  readonly atHead: boolean
}

export interface ShardInfo {
  readonly shard: number
  /** Sequence of the oldest retained record; equals `next` when the shard holds none. */
  readonly oldest: number
  /** Sequence that the next appended record gets. */
  readonly next: number
  /** Bytes of keys and data now retained. */
  readonly bytes: number
  /** Range of the 128-bit hash space, both ends inclusive. */
  readonly range: HashRange
  /** Shards that were closed when this one was made: none for those of the beginning, one after a split, two after a merge. */
  readonly parents: readonly number[]
  /** Time of the commit that made it, ms. */
  readonly createdAt: number
  /** Time of the commit that closed it, ms: no record follows. Undefined while it is open. */
  readonly closedAt: number | undefined
}

export interface StreamInfo extends StreamDefinition {
  /** Time of the commit that made the stream, ms; 0 for streams of older versions. */
  readonly createdAt: number
  /**
   * Drawn at random when the stream was made: tells it from a stream of the same name in another data directory, or made after this
   * one was deleted. Of streams of older versions it is their name and time.
   */
  readonly uid: string
  /** All shards that ever were, by number; shard numbers are never used again. */
  readonly shardInfos: readonly ShardInfo[]
}

/** Which open shards are closed, and which follow them in one commit. Ranges of both must cover the same. */
export interface Reshard {
  readonly close: readonly number[]
  readonly open: readonly { readonly range: HashRange; readonly parents: readonly number[] }[]
}

/** A table as the catalog has it. The object stays the same until the table changes, so it may be the key of a cache. */
export interface TableEntry extends TableDefinition {
  /** What a layer above keeps with the table: any JSON. */
  readonly settings: unknown
  /** Time of the commit that made the table, ms; 0 for tables of older versions. */
  readonly createdAt: number
}

export interface TableInfo extends TableEntry {
  readonly items: number
  /** Of the pages that hold keys and items. */
  readonly bytes: number
}

export type KeyValue = string | number | bigint | Uint8Array

/** How an item's text is written: as plain JSON, or as JSON that names each value's type (DynamoDB's form). */
export type ItemEncoding = 'json' | 'typed-json'

export interface EncodedItem {
  readonly encoding: ItemEncoding
  /** The whole item as UTF-8 JSON text of one object. Owned by the caller. */
  readonly json: Uint8Array
}

export interface StoredItem extends EncodedItem {
  readonly partitionKey: KeyValue
  readonly sortKey: KeyValue | undefined
}

/** Sort keys between two bounds, or of string and binary keys those that begin alike. */
export interface SortRange {
  readonly from?: SortBound
  readonly to?: SortBound
  readonly prefix?: string | Uint8Array
}

export interface SortBound {
  readonly value: KeyValue
  readonly inclusive: boolean
}

export interface ScanOptions {
  /** Items of this partition key alone. */
  readonly partitionKey?: KeyValue
  /** Of that partition only items with such sort keys. */
  readonly sort?: SortRange
  /** From the last item to the first. */
  readonly reverse?: boolean
  /** Continue after this item (exclusive), in the direction of the scan. */
  readonly after?: { readonly partitionKey: KeyValue; readonly sortKey?: KeyValue | undefined }
  readonly limit?: number
}

/** One record batch under construction, for one shard; the hot way to append. Reusable after `reset`. */
export interface RecordBatchBuilder {
  readonly count: number
  readonly byteLength: number
  /** Copies one record in. `originTime` 0 means "the arrival time". */
  add(
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    data: Uint8Array,
    dataStart: number,
    dataEnd: number,
    originTime: number,
  ): void
  reset(): void
}

/** A builder of the store, which also shows what it holds, so that records can be routed anew. */
export interface StoreBatchBuilder extends RecordBatchBuilder {
  /** Key and data of record i: views, valid until the next add or reset. */
  record(index: number): { readonly key: Uint8Array; readonly data: Uint8Array }
}

/**
 * One atomic transaction. Everything said to it becomes visible together or not at all; the work function must be
 * synchronous. Throwing from the work function rolls back.
 */
export interface Transaction {
  /** Number of this commit, store-wide. */
  readonly commit: number
  /** Arrival time given to everything appended here, ms; never below that of an earlier commit. */
  readonly time: number
  /** Whether a shard takes records, as of this transaction. Errors: STORE_UNKNOWN_STREAM, STORE_UNKNOWN_SHARD. */
  isOpen(stream: string, shard: number): boolean
  /** The open shard of a hash, given as four words, most significant first. */
  routeHash(stream: string, hash: Uint32Array): number
  /** Appends one batch per shard touched. Returns the shard and sequence of each record, in order. */
  append(stream: string, records: readonly AppendRecord[]): { shard: number; sequence: number }[]
  /**
   * Appends a built batch; returns its first sequence. An empty builder appends nothing. If the shard was closed since the
   * records were routed to it, they go by their keys to the shards that followed it, and the sequence is that of the first.
   */
  appendBatch(stream: string, shard: number, builder: RecordBatchBuilder): number
  /**
   * Puts (replaces) an item. `json` is the item's whole JSON text, plain unless `encoding` says otherwise, and must contain
   * the key attributes with these values.
   */
  putItem(
    table: string,
    partitionKey: KeyValue,
    sortKey: KeyValue | undefined,
    json: Uint8Array,
    encoding?: ItemEncoding,
  ): void
  deleteItem(table: string, partitionKey: KeyValue, sortKey: KeyValue | undefined): boolean
  /** The item's text alone, for tables whose items are all of one encoding. */
  getItem(table: string, partitionKey: KeyValue, sortKey: KeyValue | undefined): Uint8Array | undefined
  readItem(table: string, partitionKey: KeyValue, sortKey: KeyValue | undefined): EncodedItem | undefined
  /** As the store's scan, with what this transaction wrote. What is written during the scan may be in it or not. */
  scan(table: string, options?: ScanOptions): Iterable<StoredItem>
  /** The table as of this transaction; undefined if there is none. */
  table(name: string): TableEntry | undefined
  /** Replaces the table's settings, for all threads with this commit. Error: STORE_UNKNOWN_TABLE. */
  setTableSettings(name: string, settings: unknown): void
  /** Runs `work` once, when the work of the commit is done and before it ends: for what is collected to be written at once. */
  atEnd(work: () => void): void
  /** Replaces the stage's small record (positions, ledger); the runtime owns its format. */
  setStage(stage: string, value: Uint8Array): void
  /** Forgets the record of a stage that is no more; nothing if there is none. */
  dropStage(stage: string): void
  /** Adds one change blob of an operator. It may be dropped once the stage's time has passed `liveUntil` (null: never). */
  appendState(stage: string, operator: string, blob: Uint8Array, liveUntil: number | null): void
  /** Replaces all of an operator's state by a snapshot in chunks. */
  replaceState(stage: string, operator: string, chunks: readonly Uint8Array[]): void
  /** Drops leading change blobs whose liveUntil is below `time`. Returns how many bytes were freed. */
  trimState(stage: string, operator: string, time: number): number
  dropState(stage: string, operator: string): void
}

/** Points of a commit at which a test may stop the process; `probe` is called at each, in this order. */
export type CommitPoint = 'before-begin' | 'in-transaction' | 'before-commit' | 'after-commit' | 'after-flush'

export interface Store {
  readonly dir: string
  /** Makes the stream or checks that it is as defined. Error STORE_STREAM_CHANGED when the shard count differs. */
  defineStream(definition: StreamDefinition): void
  /**
   * Makes the table with these settings, or checks that its keys are as defined and leaves its settings alone. True if it
   * was made. Errors: STORE_TABLE_CHANGED, STORE_TOO_MANY_TABLES.
   */
  defineTable(definition: TableDefinition, settings?: unknown): boolean
  /**
   * Closes shards and opens others in one commit, so that each record goes to exactly one side. Returns the numbers of the
   * new shards, in the order given. Errors: STORE_UNKNOWN_STREAM, STORE_UNKNOWN_SHARD, STORE_RESHARD_INVALID.
   */
  reshard(stream: string, change: Reshard): number[]
  /** Forgets the stream at once; its records are deleted by enforceRetention, step by step. Error: STORE_UNKNOWN_STREAM. */
  deleteStream(name: string): void
  /**
   * Forgets the tables and their items in one commit, which costs a visit of each of their pages, and with them those of
   * the streams that there are. Error: STORE_UNKNOWN_TABLE.
   */
  deleteTables(names: readonly string[], streams?: readonly string[]): void
  streams(): StreamInfo[]
  tables(): TableInfo[]
  /** All tables without their figures. */
  tableEntries(): TableEntry[]
  stream(name: string): StreamInfo | undefined
  table(name: string): TableInfo | undefined

  /** The open shard that a key routes to: the one whose range holds the MD5 of the bytes. */
  route(stream: string, key: Uint8Array, start: number, end: number): number
  /** The open shard of a hash, given as four words, most significant first (an explicit hash key). */
  routeHash(stream: string, hash: Uint32Array): number
  /** Reads whole batches from the latest committed state, synchronously. */
  read(stream: string, shard: number, fromSequence: number, options: ReadOptions): ReadResult
  shard(stream: string, shard: number): ShardInfo
  /** How many shards the stream has had so far; cheap enough to be asked before each read. */
  shardCount(stream: string): number
  /** How long the stream keeps records now; as cheap. */
  retentionMs(stream: string): number
  /** First sequence whose arrival time is >= time; the next sequence if there is none. */
  sequenceAtTime(stream: string, shard: number, timeMs: number): number

  /** The item's text alone, for tables whose items are all of one encoding. */
  getItem(table: string, partitionKey: KeyValue, sortKey?: KeyValue): Uint8Array | undefined
  readItem(table: string, partitionKey: KeyValue, sortKey?: KeyValue): EncodedItem | undefined
  /** Items in key order. Read in pages: each shows one commit, so a long scan holds no old pages of the store. */
  scan(table: string, options?: ScanOptions): Iterable<StoredItem>
  /** The table without its figures, which is cheaper to ask for. */
  tableEntry(name: string): TableEntry | undefined
  /**
   * Runs reads of one moment: all that `work` reads from this store is of one commit. Synchronous; it may not commit.
   * As long as it runs, pages that other threads free are not used again.
   */
  snapshot<T>(work: (moment: { readonly commit: number; readonly time: number }) => T): T

  getStage(stage: string): Uint8Array | undefined
  /** All state of a stage, by operator: snapshot chunks first, then change blobs in commit order. */
  readState(stage: string): Iterable<{ readonly operator: string; readonly blob: Uint8Array }>

  builder(): StoreBatchBuilder
  /** Runs one atomic transaction. Errors: STORE_DISK_FULL, STORE_READ_ONLY, STORE_RECORD_TOO_LARGE, STORE_UNKNOWN_STREAM. */
  commit<T>(work: (transaction: Transaction) => T): T
  /** Resolves when everything committed so far (by this thread) is on disk. Calls share one sync. */
  flushed(): Promise<void>
  /** Resolves at the next commit of any thread, after `timeoutMs`, or when `signal` aborts; at once if `seen` is old. */
  waitForNews(seen: number, timeoutMs: number, signal?: AbortSignal): Promise<void>
  /** A counter that grows with each commit of any thread; pass it to waitForNews. */
  news(): number
  /** Deletes whole batches older than their stream's retention. Returns the number of records deleted. */
  enforceRetention(nowMs: number): number
  /** Stretches of the log found corrupt and stepped over. */
  quarantine(): readonly CorruptBatch[]
  /** What another thread needs to open the same data directory. */
  share(): StoreShare
  close(): Promise<void>
}

/** Structured-clonable; hand it to a worker thread's openStore. */
export interface StoreShare {
  readonly dir: string
  readonly shared: SharedArrayBuffer
}
