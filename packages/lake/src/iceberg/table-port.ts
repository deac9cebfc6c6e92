/**
 * The port to one Iceberg table: planning what a reader has to read, and committing what a writer has written. Data and delete
 * files are written by others (Parquet, with field ids) and become part of the table by a commit only; a file that no commit names
 * is an orphan and harmless.
 */
import type { ObjectStore } from '../objects/object-store.ts'
import type { LakeColumn, LakeSchema } from '../schema/lake-type.ts'
import type { IcebergSchema, PartitionSpec, Snapshot, TableMetadata } from './metadata.ts'
import type { LoadedTable, TableCatalog, TableName } from './table-catalog.ts'

/**
 * A value of a partition or a bound. By type: boolean; number for int, float, double and date (days since 1970); bigint for long, time
 * and timestamps (microseconds) and for decimals (unscaled); string; Uint8Array for binary.
 */
export type SingleValue = boolean | number | bigint | string | Uint8Array

/** One value for each field of the partition spec, in order. */
export type PartitionTuple = readonly (SingleValue | null)[]

/** What a manifest says of a file. */
export interface ContentFile {
  readonly content: 'data' | 'position-deletes' | 'equality-deletes'
  /** URL, exactly as position deletes name it. */
  readonly path: string
  readonly specId: number
  readonly partition: PartitionTuple
  readonly records: number
  readonly bytes: number
  readonly metrics: FileMetrics
  /** Of position deletes: the one data file that all of them are of. */
  readonly referencedDataFile?: string
  /** Of equality deletes. */
  readonly equalityIds?: readonly number[]
  readonly splitOffsets?: readonly number[]
  readonly sortOrderId?: number
}

/** By field id. Bounds are single values in the format's binary form; long text is cut, upper bounds rounded up. */
export interface FileMetrics {
  readonly columnBytes: ReadonlyMap<number, number>
  /** With nulls. */
  readonly values: ReadonlyMap<number, number>
  readonly nulls: ReadonlyMap<number, number>
  readonly nans: ReadonlyMap<number, number>
  readonly lower: ReadonlyMap<number, Uint8Array>
  readonly upper: ReadonlyMap<number, Uint8Array>
}

/** A file as a snapshot has it. */
export interface LiveFile extends ContentFile {
  /** Data sequence number: its age, which decides what deletes apply. */
  readonly sequenceNumber: number
  readonly fileSequenceNumber: number
  /** That added it. */
  readonly snapshotId: number
}

/** Which state of the table: now, a snapshot, a branch or tag, or what was current at a time (ms). */
export type SnapshotAt =
  | { readonly snapshotId: number }
  | { readonly ref: string }
  | { readonly asOf: number }

export interface ScanOptions {
  /** The current snapshot of main unless given. Error: ICEBERG_SNAPSHOT_MISSING. */
  readonly at?: SnapshotAt
  /** Files without such rows are left out, as far as partitions and bounds tell; rows are not filtered. */
  readonly where?: ScanPredicate
}

/**
 * Columns by name in the scan's schema, fields of structs as `address.city`. Comparisons are never true of null. A column that the
 * table has not is an error: ICEBERG_PREDICATE_INVALID.
 */
export type ScanPredicate =
  | { readonly kind: 'and'; readonly terms: readonly ScanPredicate[] }
  | { readonly kind: 'or'; readonly terms: readonly ScanPredicate[] }
  | {
      readonly kind: 'compare'
      readonly column: string
      readonly operator: '=' | '!=' | '<' | '<=' | '>' | '>='
      readonly value: SingleValue
    }
  | { readonly kind: 'in'; readonly column: string; readonly values: readonly SingleValue[] }
  | { readonly kind: 'null'; readonly column: string }
  | { readonly kind: 'not-null'; readonly column: string }

export interface ScanPlan {
  /** Undefined: the table is empty, and so are `tasks`. */
  readonly snapshot: Snapshot | undefined
  /** The current one; of a snapshot by id, time or tag that which it had. Columns are found in files by field id. */
  readonly schema: IcebergSchema
  readonly tasks: readonly ScanTask[]
  /** Live data files that the predicate left out. */
  readonly skipped: number
}

/** A data file, and the delete files that apply to it: position deletes by path and position, equality deletes by values. */
export interface ScanTask {
  readonly file: LiveFile
  readonly deletes: readonly LiveFile[]
}

/**
 * A change of the table's rows, one snapshot. The operation follows: only `add` of data is an append, only removals and deletes a
 * delete, `rewrite` a replace, anything else an overwrite.
 */
export interface RowChange {
  /** Data and delete files, written whole and stored already. */
  readonly add?: readonly ContentFile[]
  /** Data and delete files that are of the table no more, by path. A commit fails if one is not there (any more): COMMIT_CONFLICT. */
  readonly remove?: readonly string[]
  /** The rows stay the same: files are only put together anew. */
  readonly rewrite?: boolean
  /**
   * The snapshot that the change was worked out from; needed where it removes data files or adds position deletes. If others have
   * committed since, the commit is made on top of theirs, provided that every file removed or named by a position delete is still there
   * and that no removed data file has got new deletes; else COMMIT_CONFLICT. null: the table was empty.
   */
  readonly base?: number | null
  /** Nothing may have been committed since `base`: COMMIT_CONFLICT. What upserts need, which looked for keys in all rows. */
  readonly exclusive?: boolean
  /**
   * Data sequence number of added data files: of a rewrite that of the snapshot it read, so that newer equality deletes still apply.
   * The commit's own unless given.
   */
  readonly sequenceNumber?: number
  /** Into the snapshot's summary, beside the counts. */
  readonly summary?: Readonly<Record<string, string>>
  /** Table properties to set in the same commit. */
  readonly properties?: Readonly<Record<string, string>>
  /** Asked of the newest metadata before each attempt: true means that this very change was committed before, and nothing is done. */
  readonly isDone?: (metadata: TableMetadata) => boolean
  /** `main` unless given; it must exist. */
  readonly branch?: string
}

export interface CommitOutcome {
  /** Undefined: `isDone` said that it was committed before, or there were no files and only properties were set. */
  readonly snapshot: Snapshot | undefined
  /** `isDone` said so. */
  readonly isRepeat: boolean
  readonly attempts: number
}

/** Changes of columns, made in order; each names a column by its path (`address.city`). Errors: ICEBERG_SCHEMA_INVALID. */
export type SchemaChange =
  /** At the end, or after or before another, or `first`. Always optional; ids are assigned. */
  | {
      readonly kind: 'add'
      readonly parent?: string
      readonly column: LakeColumn
      readonly at?: ColumnPlace
    }
  | { readonly kind: 'drop'; readonly column: string }
  | { readonly kind: 'rename'; readonly column: string; readonly name: string }
  | { readonly kind: 'move'; readonly column: string; readonly at: ColumnPlace }
  /** int to long, float to double, decimal to more digits of the same scale. */
  | { readonly kind: 'widen'; readonly column: string; readonly type: LakeColumn['type'] }
  | { readonly kind: 'make-optional'; readonly column: string }
  | { readonly kind: 'comment'; readonly column: string; readonly comment: string | undefined }

export type ColumnPlace = 'first' | { readonly after: string } | { readonly before: string }

/** A part of a partition spec by names: `{ column: 'at', transform: 'day' }`. */
export interface PartitionBy {
  readonly column: string
  /** `identity`, `bucket[16]`, `truncate[10]`, `year`, `month`, `day`, `hour`, `void`. */
  readonly transform: string
  /** `at_day` and the like unless given. */
  readonly name?: string
}

export interface IcebergTable {
  readonly name: TableName
  readonly catalog: TableCatalog
  readonly store: ObjectStore
  /** As of the last refresh or commit of this handle. */
  readonly loaded: LoadedTable
  readonly metadata: TableMetadata
  /** The current one. */
  readonly schema: LakeSchema
  /** That new files are written by. */
  readonly spec: PartitionSpec
  /** Reads the newest metadata. Errors: ICEBERG_TABLE_MISSING, ICEBERG_METADATA_INVALID. */
  refresh(): Promise<TableMetadata>
  /** Error: ICEBERG_SNAPSHOT_MISSING; undefined only for the present state of an empty table. */
  snapshot(at?: SnapshotAt): Snapshot | undefined
  /** Of the state that this handle has loaded. */
  plan(options?: ScanOptions): Promise<ScanPlan>
  /** Tried again on conflicts as far as the change allows. Errors: COMMIT_CONFLICT, COMMIT_UNKNOWN, COMMIT_INVALID. */
  commit(change: RowChange): Promise<CommitOutcome>
  /** One new schema, if something differs. */
  evolveSchema(changes: readonly SchemaChange[]): Promise<LakeSchema>
  /** The spec for files from now on; older files keep theirs. */
  evolvePartitions(fields: readonly PartitionBy[]): Promise<PartitionSpec>
  /** null removes. */
  setProperties(properties: Readonly<Record<string, string | null>>): Promise<void>
  /** A branch or tag at a snapshot; undefined removes it. */
  setRef(
    name: string,
    ref: { readonly type: 'branch' | 'tag'; readonly snapshotId: number } | undefined,
  ): Promise<void>
  /** Key in `store` of the object at a URL of this table. Error: ICEBERG_LOCATION_FOREIGN. */
  keyOf(url: string): string
  urlOf(key: string): string
  /** Key for a new data or delete file in the partition's folder below `data/`; the name must be new. */
  dataKey(spec: PartitionSpec, partition: PartitionTuple, fileName: string): string
}
