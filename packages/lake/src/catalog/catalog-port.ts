/**
 * The port to the catalog: databases, tables with columns, partition keys, versions and statistics, and which files make up a
 * table now. Names follow Glue's data catalog (Database, Table, StorageDescriptor, Partition), written in our manner.
 *
 * It lives in the store, so that files of a delivery become part of their table in the very transaction that moves the
 * delivery's position: writers take the transaction. Readers see one moment.
 */
import type { Transaction } from '@millrace/store'
import type { LakeColumn } from '../schema/lake-type.ts'

export interface CatalogDatabase {
  readonly name: string
  readonly description?: string
  readonly createdAt: number
}

export type TableFormat = 'parquet' | 'json' | 'csv' | 'iceberg'

/** Of a table in the catalog. Names are lower-case letters, digits and underscores. */
export interface CatalogTable {
  readonly database: string
  readonly name: string
  readonly format: TableFormat
  readonly bucket: string
  /** Prefix of its objects, with a slash at the end; of an Iceberg table the folder that holds `metadata/` and `data/`. */
  readonly location: string
  /** Without the partition keys. */
  readonly columns: readonly LakeColumn[]
  readonly partitionKeys: readonly LakeColumn[]
  /** `managed`: the files are those that the catalog lists. `external`: what lies under the location when a query begins. */
  readonly kind: 'managed' | 'external'
  /** From 1, one more for each change of columns, partition keys or place. */
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
  /** Free text of the owner: format details (`delimiter`, `header`), who made it. */
  readonly parameters: Readonly<Record<string, string>>
}

/** A view: SQL text of the lake's dialect. With `refresh` its rows are kept as a table, and made anew on that schedule. */
export interface CatalogView {
  readonly database: string
  readonly name: string
  readonly sql: string
  readonly refreshMs?: number
  readonly createdAt: number
  readonly updatedAt: number
}

export interface CatalogFile {
  readonly key: string
  readonly bytes: number
  readonly rows: number
  /** Values of the partition keys, in order, as they stand in the key. */
  readonly partition: readonly string[]
  /** Of the table's columns when it was written. */
  readonly version: number
  readonly addedAt: number
}

export interface CatalogPartition {
  readonly values: readonly string[]
  readonly files: number
  readonly rows: number
  readonly bytes: number
  readonly updatedAt: number
}

export interface Catalog {
  databases(): CatalogDatabase[]
  database(name: string): CatalogDatabase | undefined
  tables(database: string): CatalogTable[]
  /** The newest version unless one is named. */
  table(database: string, name: string, version?: number): CatalogTable | undefined
  versions(database: string, name: string): CatalogTable[]
  views(database: string): CatalogView[]
  view(database: string, name: string): CatalogView | undefined
  /** Of a managed table, by partition, all of one moment; `values` may be a leading part of the partition's values. */
  files(database: string, name: string, values?: readonly string[]): readonly CatalogFile[]
  partitions(database: string, name: string): CatalogPartition[]
  /** All that `work` reads here is of one moment. Synchronous; it may not write. */
  moment<T>(work: () => T): T
  /** All that follows happens in the transaction given, or in one of its own. Errors: CATALOG_*. */
  write<T>(work: (writer: CatalogWriter) => T, transaction?: Transaction): T
}

export interface CatalogWriter {
  putDatabase(name: string, settings?: { readonly description?: string }): CatalogDatabase
  /**
   * Makes the table, or a new version of it where something differs; parameters alone make none. Without columns a table of JSON or
   * CSV has those that its files show. Errors: CATALOG_TABLE_INVALID, CATALOG_NAME_INVALID, CATALOG_NAME_TAKEN,
   * CATALOG_DATABASE_MISSING; the database `default` is made with its first table.
   */
  putTable(table: Omit<CatalogTable, 'version' | 'createdAt' | 'updatedAt'>): CatalogTable
  dropTable(database: string, name: string): void
  dropDatabase(name: string): void
  putView(view: Omit<CatalogView, 'createdAt' | 'updatedAt'>): CatalogView
  dropView(database: string, name: string): void
  /** A file that is listed already is replaced, so that a repeat changes nothing. */
  addFiles(database: string, name: string, files: readonly Omit<CatalogFile, 'addedAt'>[]): void
  removeFiles(database: string, name: string, keys: readonly string[]): void
}
