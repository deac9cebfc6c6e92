/** What the page and the API say to each other about the lake (/admin/catalog, /admin/query, /admin/lake). Times are ms since 1970. */
import type { ColumnShape } from './notebook.ts'

export interface CatalogAnswer {
  readonly databases: readonly DatabaseEntry[]
}
export interface DatabaseEntry {
  readonly name: string
  readonly description?: string
  readonly tables: readonly TableEntry[]
  readonly views: readonly ViewEntry[]
}
export interface TableEntry extends Partial<TableFigures> {
  readonly database: string
  readonly name: string
  readonly format: 'parquet' | 'json' | 'csv' | 'iceberg'
  readonly kind: 'managed' | 'external'
  readonly bucket: string
  readonly location: string
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
  readonly parameters: Readonly<Record<string, string>>
}
/** Of managed tables; of others the catalog has none, and they are 0. */
export interface TableFigures {
  readonly partitions: number
  readonly files: number
  readonly rows: number
  readonly bytes: number
}
export interface ViewEntry {
  readonly database: string
  readonly name: string
  readonly sql: string
  readonly refreshMs?: number
  readonly createdAt: number
  readonly updatedAt: number
}

/** GET /admin/catalog/table?database=&name= */
export interface TableAnswer {
  readonly table?: TableEntry
  readonly view?: ViewEntry
  readonly partitions?: number
  readonly files?: number
  readonly rows?: number
  readonly bytes?: number
  readonly columns?: readonly TableColumn[]
  readonly versions?: readonly { readonly version: number; readonly updatedAt: number }[]
  /** Deliveries that write it. */
  readonly deliveries?: readonly string[]
  /** Of a view that is kept: the table with its rows, and when they were computed. */
  readonly kept?: { readonly name: string; readonly rows: number; readonly refreshedAt: number }
  /** Of an Iceberg table: what its newest snapshot says. */
  readonly iceberg?: IcebergFigures
  /** Why an Iceberg table could not be read. */
  readonly problem?: string
}
export interface IcebergFigures {
  readonly snapshots: number
  readonly files: number
  readonly deleteFiles: number
  readonly rows: number
  readonly bytes: number
}
export interface TableColumn extends ColumnShape {
  readonly comment?: string
  readonly isPartitionKey: boolean
}

/** GET /admin/catalog/partitions?database=&name=&after=&limit= : in the order of their values. */
export interface PartitionsAnswer {
  readonly keys: readonly string[]
  readonly partitions: readonly PartitionEntry[]
  readonly next: string | null
}
export interface PartitionEntry extends Omit<TableFigures, 'partitions'> {
  readonly values: readonly string[]
  readonly updatedAt: number
}

/** GET /admin/catalog/files?database=&name=&partition=&after=&limit= : in the order of their keys. */
export interface FilesAnswer {
  readonly files: readonly FileEntry[]
  /** What `after` has to be for more; null at the end. */
  readonly next: string | null
}
export interface FileEntry {
  readonly key: string
  readonly bytes: number
  /** Not known of external tables. */
  readonly rows?: number
  readonly partition: readonly string[]
  /** When it became part of the table; of external tables when the object was stored. Not known of Iceberg files whose snapshot has expired. */
  readonly createdAt?: number
  /** Of the table's columns. */
  readonly version?: number
  /** Of Iceberg tables. */
  readonly content?: 'data' | 'position-deletes' | 'equality-deletes'
}

/** GET /admin/catalog/file?database=&name=&key= : what its footer says. */
export interface FileAnswer {
  readonly key: string
  readonly bytes: number
  readonly modifiedAt: number
  /** Empty where the format keeps none: JSON, CSV. */
  readonly columns: readonly FileColumn[]
}
export interface FileColumn {
  readonly name: string
  readonly type: string
  readonly values: number
  readonly nulls?: number
  readonly min?: string
  readonly max?: string
  readonly bytes: number
  readonly compression: string
}

/** GET /admin/catalog/snapshots?database=&name= : of an Iceberg table, the newest first. */
export interface SnapshotsAnswer {
  readonly snapshots: readonly SnapshotEntry[]
  /** All there are; the list has at most 1,000. */
  readonly total: number
  /** Columns of every schema that the table had, the newest first. */
  readonly schemas: readonly { readonly id: number; readonly columns: readonly string[] }[]
  /** Fields by which newer files are partitioned: `day(at)`. */
  readonly partitionedBy: readonly string[]
}
export interface SnapshotEntry {
  /** Its place in the history: what `"orders@3"` names. */
  readonly number: number
  readonly id: string
  readonly committedAt: number
  readonly operation: string
  readonly isCurrent: boolean
  /** Branches and tags. */
  readonly refs: readonly string[]
  readonly summary: Readonly<Record<string, string>>
}

/** POST /admin/query */
export interface QueryRequest {
  readonly sql: string
  readonly database?: string
  readonly parameters?: readonly (string | null)[]
  readonly asOf?: number
  readonly timeoutMs?: number
  /** Rows: 1 to 100,000, default 1,000. */
  readonly limit?: number
  /** false: not in the history. For previews, and charts that ask again and again. */
  readonly record?: boolean
  /** Under which it can be canceled while it runs: 8 to 64 letters, digits and dashes. */
  readonly id?: string
}
export interface QueryAnswer {
  readonly columns: readonly ColumnShape[]
  /** Texts as DuckDB prints them. */
  readonly rows: readonly (readonly (string | null)[])[]
  /** There are more than these. */
  readonly more: boolean
  readonly tables: readonly string[]
  readonly warnings: readonly string[]
  readonly files: { readonly read: number; readonly pruned: number }
  readonly ms: number
  /** When it was answered. */
  readonly at: number
}

/** GET /admin/query/running; POST /admin/query/cancel { id }. */
export interface RunningQueriesAnswer {
  readonly queries: readonly {
    readonly id: string
    readonly sql: string
    readonly database: string
    readonly startedAt: number
    /** Answered so far; 0 until the first row is there. */
    readonly rows: number
  }[]
}

/** GET /admin/query/history */
export interface HistoryAnswer {
  readonly queries: readonly {
    readonly at: number
    readonly sql: string
    readonly database: string
    readonly ms: number
    readonly rows: number
    readonly tables: readonly string[]
    readonly error?: string
  }[]
}
/** GET /admin/query/saved */
export interface SavedAnswer {
  readonly queries: readonly { readonly name: string; readonly sql: string }[]
}

/** GET /admin/lake/buckets */
export interface BucketsAnswer {
  readonly buckets: readonly BucketEntry[]
}
export interface BucketEntry {
  readonly name: string
  /** file:///data/buckets/lake, s3://lake */
  readonly url: string
  readonly tables: readonly string[]
  readonly deliveries: readonly string[]
}

/** GET /admin/lake/objects?bucket=&prefix=&after=&limit= : what lies directly below the prefix, as a folder shows it. */
export interface ObjectsAnswer {
  /** Prefixes, each with a slash at its end. */
  readonly folders: readonly string[]
  readonly objects: readonly ObjectEntry[]
  readonly next: string | null
}
export interface ObjectEntry {
  readonly key: string
  readonly bytes: number
  readonly modifiedAt: number
}

/** GET /admin/lake/object?bucket=&key= : an object with the beginning of its text. */
export interface ObjectAnswer extends ObjectEntry {
  readonly etag: string
  /** How its bytes were read: `gzip`, `zstd` or as they are; undefined text: they are no text. */
  readonly encoding: 'plain' | 'gzip' | 'zstd'
  readonly text?: string
  /** The text goes on. */
  readonly isCut: boolean
  /** Of a Parquet object: its columns. */
  readonly columns?: readonly FileColumn[]
}

/** GET /admin/lake/deliveries */
export interface DeliveriesAnswer {
  readonly deliveries: readonly DeliveryEntry[]
}
export interface DeliveryEntry {
  readonly name: string
  readonly owner: 'app' | 'api'
  readonly version: number
  /** Undefined: clients put records directly. */
  readonly stream?: string
  readonly bucket: string
  readonly prefix: string
  readonly errorPrefix?: string
  readonly format: string
  readonly compression?: string
  readonly table?: string
  readonly buffer: { readonly bytes: number; readonly ms: number }
  /** See DeliveryProgress of @millrace/lake. */
  readonly unread: number
  readonly buffered: number
  readonly taken: number
  readonly errors: number
  readonly storing: number
}

/** GET /admin/lake/delivery?name= : with its newest objects, and those of errors. */
export interface DeliveryAnswer {
  readonly delivery: DeliveryEntry
  readonly objects: NewestObjects
  readonly errorObjects: NewestObjects
}
export interface NewestObjects {
  /** The newest first, 20 at most. */
  readonly newest: readonly ObjectEntry[]
  /** Objects that were looked at. */
  readonly seen: number
  /** There are more below the prefix than were looked at: newer ones may be among them. */
  readonly more: boolean
}
