/**
 * The port through which Iceberg tables are found and changed, in the form of the REST catalog protocol (Apache Iceberg's
 * open-api/rest-catalog-open-api.yaml): a commit is a list of requirements, which have to hold, and of updates, which are then
 * made at once. Implementers: a folder of metadata files, a REST client; and our REST server stands on the first.
 */
import type { TableMetadata, TableRequirement, TableUpdate } from './metadata.ts'

export interface TableName {
  readonly namespace: readonly string[]
  readonly name: string
}

export interface LoadedTable {
  /** URL of the metadata file. */
  readonly metadataLocation: string
  readonly metadata: TableMetadata
}

export interface TableCatalog {
  listNamespaces(parent?: readonly string[]): Promise<readonly (readonly string[])[]>
  /** Error: NAMESPACE_EXISTS. */
  createNamespace(namespace: readonly string[], properties?: Readonly<Record<string, string>>): Promise<void>
  /** Errors: NAMESPACE_MISSING, NAMESPACE_NOT_EMPTY. */
  dropNamespace(namespace: readonly string[]): Promise<void>
  listTables(namespace: readonly string[]): Promise<readonly TableName[]>
  loadTable(table: TableName): Promise<LoadedTable | undefined>
  /** The metadata's first version. Error: ICEBERG_TABLE_EXISTS. */
  createTable(table: TableName, updates: readonly TableUpdate[]): Promise<LoadedTable>
  /**
   * Resolves once readers see the change. Errors: ICEBERG_TABLE_MISSING; COMMIT_CONFLICT if a requirement does not hold (load again and
   * repeat); COMMIT_UNKNOWN if nobody can say whether it was made (load, and look).
   */
  commitTable(
    table: TableName,
    requirements: readonly TableRequirement[],
    updates: readonly TableUpdate[],
  ): Promise<LoadedTable>
  /** Errors: ICEBERG_TABLE_MISSING. Files stay unless `purge`. */
  dropTable(table: TableName, options?: { readonly purge?: boolean }): Promise<void>
  renameTable(from: TableName, to: TableName): Promise<void>
}
