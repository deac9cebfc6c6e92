/** The port to DuckDB as the lake uses it: locked down, bounded, loaded when first used. */
import type { DuckDBConnection } from '@duckdb/node-api'

export interface DuckOptions {
  /** Bytes that queries may use together. */
  readonly memoryBytes: number
  readonly threads: number
  /** Folders whose files may be read and written; nothing else, and no network. */
  readonly folders: readonly string[]
  /** Where results larger than memory may spill; nowhere if undefined. */
  readonly spillDir?: string
}

export interface Duck {
  connect(): Promise<DuckDBConnection>
  close(): void
}
