/**
 * The port to SQL over the lake: what `millrace query`, the console and the Postgres wire ask. Tables are those of the catalog by
 * name (`orders`, `sales.orders`; `"orders@3"` and `"orders@2026-11-21T10:00:00Z"` are the table as it was), views, and the keyed
 * tables of the app under `app.`. The dialect is DuckDB's.
 */
import type { LakeAccess } from './access.ts'

export interface LakeQuery {
  /** Reads one moment of the catalog. Errors: LAKE_QUERY_INVALID (with the place in the text), LAKE_QUERY_LIMIT, LAKE_QUERY_REFUSED. */
  run(sql: string, options?: QueryOptions): Promise<QueryResult>
  /** Columns and parameters without running. */
  describe(sql: string, options?: QueryOptions): Promise<QueryShape>
  /** The result as a local file, which is made or replaced whole. */
  export(sql: string, file: ExportFile, options?: QueryOptions): Promise<ExportResult>
  close(): Promise<void>
}

export interface QueryOptions {
  /** Schema of names without one; `default` unless given. */
  readonly database?: string
  /** All tables as they were at this time, ms. */
  readonly asOf?: number
  /** Values of $1, $2, ...: text as Postgres clients send it, which takes the type that the place asks for. */
  readonly parameters?: readonly (string | null)[]
  /** How values are written: as DuckDB prints them, or each as JSON (numbers, lists and structs as such); `text` unless given. */
  readonly values?: 'text' | 'json'
  /** Of work; the time in which a caller takes no rows does not count. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
  /** What the caller may read, in place of what the query's maker was told. */
  readonly access?: LakeAccess
}

export interface QueryShape {
  readonly columns: readonly QueryColumn[]
  /** DuckDB's type names. */
  readonly parameters: readonly string[]
}

export interface QueryColumn {
  readonly name: string
  /** DuckDB's type as text: `BIGINT`, `DECIMAL(10,2)`, `STRUCT("a" INTEGER)`. */
  readonly type: string
}

export interface QueryResult {
  readonly columns: readonly QueryColumn[]
  /** Exact text of each value as DuckDB prints it, null for NULL; in chunks, as they come. Must be read to the end or returned. */
  readonly rows: AsyncIterable<readonly (readonly (string | null)[])[]>
  readonly tables: readonly string[]
  /** Files that are not what their table says, and what became of them. */
  readonly warnings: readonly string[]
  /** Files of the tables that were opened, at most, and files that the statement's conditions ruled out before. */
  readonly files: { readonly read: number; readonly pruned: number }
}

export interface ExportFile {
  readonly path: string
  readonly format: 'parquet' | 'csv' | 'json'
}

export interface ExportResult extends Omit<QueryResult, 'rows'> {
  readonly rows: number
}
