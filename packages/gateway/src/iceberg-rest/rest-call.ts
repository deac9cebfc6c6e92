/** What an operation of the REST catalog protocol is asked, and of which tables. */
import type { TableCatalog, TableMetadata, TableName, TableUpdate } from '@millrace/lake'
import type { RouteRequest } from '../http/routes.ts'

export interface Warehouse {
  readonly catalog: TableCatalog
  /** URL of the folder of a new table. */
  location(table: TableName): string
  /** What a table would be after its first commit. */
  staged(updates: readonly TableUpdate[]): TableMetadata
}

/** What an operation is asked. */
export interface RestCall {
  readonly request: RouteRequest
  readonly warehouse: Warehouse
  /** Throws unless the caller may; the action without `iceberg:`. */
  authorize(action: string, table?: TableName): void
}
