/**
 * The port of keyed tables: what app code, function stages and the DynamoDB wire see of a table. Behind it every write
 * keeps the table's secondary indexes and its change stream in the same store transaction, whoever makes it.
 *
 * Conditions, updates and filters come in as functions of an item, so that this port knows nothing of expressions; those
 * (expression/) compile to such functions.
 */
import type { KeyDefinition, KeyValue, SortRange, Transaction } from '@millrace/store'
import type { TypedItem } from './attribute-value.ts'

export type { SortRange } from '@millrace/store'

export interface TableSpec {
  readonly name: string
  readonly partitionKey: KeyDefinition
  readonly sortKey?: KeyDefinition
  readonly settings: TableSettings
}

/** All of a table that can change after it was made. */
export interface TableSettings {
  readonly indexes: readonly IndexSpec[]
  readonly changes?: ChangeSpec
  /** Name of the attribute that holds the expiry, epoch seconds. */
  readonly ttlAttribute?: string
  /** Units per second that the wire enforces; undefined: no limit (on demand). */
  readonly capacity?: Capacity
  readonly tags: Readonly<Record<string, string>>
  /** Streams that get each change in the form of an export to a data stream. */
  readonly exports: readonly ExportStream[]
  readonly isProtected: boolean
}

/** A setting that is named is replaced; one that is named and undefined is taken away. */
export type SettingsChange = { readonly [K in keyof TableSettings]?: TableSettings[K] | undefined }

export interface Capacity {
  readonly readUnits: number
  readonly writeUnits: number
}

export interface IndexSpec {
  readonly name: string
  readonly kind: 'global' | 'local'
  readonly partitionKey: KeyDefinition
  readonly sortKey?: KeyDefinition
  readonly projection: Projection
  readonly capacity?: Capacity
}

export type Projection =
  | { readonly kind: 'ALL' | 'KEYS_ONLY' }
  | { readonly kind: 'INCLUDE'; readonly attributes: readonly string[] }

export type ChangeView = 'KEYS_ONLY' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'NEW_AND_OLD_IMAGES'

export interface ChangeSpec {
  readonly view: ChangeView
  /** Name of the stream in the store: see changeStreamName. */
  readonly stream: string
  /** Last part of the stream's ARN: the ISO time at which it was switched on. */
  readonly label: string
}

export interface ExportStream {
  readonly stream: string
  readonly status: 'ACTIVE' | 'DISABLED'
  readonly precision: 'MILLISECOND' | 'MICROSECOND'
}

export interface TableInfo extends TableSpec {
  readonly items: number
  /** Of keys and items, as stored. */
  readonly bytes: number
  /** Of the commit that made it, ms. */
  readonly createdAt: number
}

export interface ItemKey {
  readonly partitionKey: KeyValue
  readonly sortKey?: KeyValue
}

export interface PutJsonOptions {
  /** What `readJson` gave for the text. */
  readonly parsed?: TypedItem | undefined
  readonly when?: ItemTest | undefined
}

/** Who makes a change: expiry marks its REMOVE records with `userIdentity`. */
export type ChangeOrigin = 'user' | 'expiry'

/** Undefined: there is no such item. */
export type ItemTest = (item: TypedItem | undefined) => boolean
export type ItemChange = (before: TypedItem | undefined) => TypedItem | undefined

export interface ItemVersions {
  readonly before: TypedItem | undefined
  readonly after: TypedItem | undefined
}

/** What an update made of an item. */
export interface UpdatedItem {
  readonly before: TypedItem | undefined
  readonly after: TypedItem
}

/**
 * Writes of one transaction. Each call first reads what it needs and checks, then writes; one that throws has written
 * nothing, so a caller may go on with others. Errors: TableError; ItemRejected where `when` is false.
 */
export interface TableWriter {
  readonly transaction: Transaction
  get(table: string, key: ItemKey): TypedItem | undefined
  /** Replaces the item with this key. Gives the item before, which costs a read; `replace` does not. */
  put(table: string, item: TypedItem, when?: ItemTest): TypedItem | undefined
  /** As `put` for those that need no item before: costs no read where the table has neither indexes nor readers of changes. */
  replace(table: string, item: TypedItem): void
  /**
   * The hot way of app code: the item as plain JSON text of one object, whose key attributes have these values. Costs no
   * parsing where the table has neither indexes nor readers of changes.
   */
  putJson(table: string, key: ItemKey, json: Uint8Array, options?: PutJsonOptions): void
  /** Replaces the item by `change(before)`, undefined leaving it as it is, or missing; keys must stay. */
  update(table: string, key: ItemKey, change: ItemChange, when?: ItemTest): ItemVersions
  /** As `delete` for those that need no item before, at the same saving as `replace`. False if there was none. */
  remove(table: string, key: ItemKey): boolean
  delete(table: string, key: ItemKey, when?: ItemTest, origin?: ChangeOrigin): TypedItem | undefined
}

export interface QueryRequest {
  readonly table: string
  /** Of the table itself if absent. */
  readonly index?: string
  readonly partition: KeyValue
  readonly sort?: SortRange
  /** Default true. */
  readonly forward?: boolean
  /** Items examined at most. */
  readonly limit?: number
  /** Bytes examined at most; default 1 MiB. */
  readonly bytes?: number
  /** Key of the item examined last: its attributes as in `lastKey`. */
  readonly after?: TypedItem
  /** Whole items, though the index shows less of them. */
  readonly whole?: boolean
  /** Applied after limits, as DynamoDB's filters are. */
  readonly filter?: (item: TypedItem) => boolean
}

export interface ScanRequest
  extends Pick<QueryRequest, 'table' | 'index' | 'limit' | 'bytes' | 'after' | 'filter' | 'whole'> {
  /** A part of the key space, 0 to of - 1: hash of the partition key modulo `of`. */
  readonly segment?: { readonly index: number; readonly of: number }
}

export interface ItemPage {
  /** Whole items of the table, or what the index projects. */
  readonly items: readonly TypedItem[]
  readonly examined: number
  /** Item sizes as DynamoDB counts them, of all that was examined. */
  readonly bytes: number
  /** Set when more may follow: key attributes of table and index of the item examined last. */
  readonly lastKey: TypedItem | undefined
}

export interface Tables {
  /** Makes the table. Errors: TABLE_EXISTS, TABLE_SPEC_INVALID. */
  create(spec: TableSpec): TableInfo
  /** As an app declares it: makes it, or changes settings to these (indexes are filled, dropped); keys must agree. */
  define(spec: TableSpec): TableInfo
  /** Error: TABLE_NOT_DEFINED. New indexes are filled from the items before it returns. */
  alter(name: string, settings: SettingsChange): TableInfo
  /** Deletes the table with its items, indexes and change stream. Error: TABLE_NOT_DEFINED. */
  drop(name: string): void
  table(name: string): TableInfo | undefined
  /** Tables of users, by name; none of the system's. */
  list(): readonly TableInfo[]

  get(table: string, key: ItemKey): TypedItem | undefined
  /** As plain JSON text, for app code. */
  getJson(table: string, key: ItemKey): Uint8Array | undefined
  /**
   * Checks what is to be put with `putJson`, and gives it typed; undefined where neither its size nor the table ask for a
   * look into it. Error: TableError, TableRequestError.
   */
  readJson(table: string, key: ItemKey, json: Uint8Array): TypedItem | undefined
  /** Checks what an update made of an item, as the write will; gives it with its key. Error: TableError. */
  checkUpdate(table: string, key: ItemKey, versions: UpdatedItem): TypedItem
  query(request: QueryRequest): ItemPage
  scan(request: ScanRequest): ItemPage

  /** The item that a plain JSON text says. Error: TableRequestError. */
  parseJson(table: string, json: Uint8Array): TypedItem
  /** A writer on a transaction that the caller commits. */
  writer(transaction: Transaction): TableWriter
  /**
   * Runs the work in a commit that it may share with others of this turn; resolves when it is durable. Work that throws is
   * rejected alone and leaves nothing, also if it had written; the others run again then, so a work has no effects but its
   * writes and its result. If the commit fails, all of its works are rejected.
   */
  commit<T>(work: (writer: TableWriter) => T): Promise<T>
  /** Deletes items whose expiry has passed, some at a time. Returns how many. */
  expire(nowMs: number, itemsMax: number): number
}

/** The stream in the store that takes a table's changes. */
export function changeStreamName(table: string): string {
  return `${table}.changes`
}
