/** The port to the Parquet writer: rows in, one file out, and of the file what a catalog and a table format want to know. */
import type { LakeSchema } from '../schema/lake-type.ts'

export interface ParquetOptions {
  readonly compression: 'SNAPPY' | 'GZIP' | 'ZSTD' | 'UNCOMPRESSED'
  /** Rows of a row group at most; 122,880 unless given. */
  readonly rowGroupRows?: number
  /** Bytes of a row group, about. */
  readonly rowGroupBytes?: number
  /** Of no effect today: DuckDB writes a column of a row group as one page. */
  readonly pageBytes?: number
  readonly dictionary?: boolean
  /** Of its encodings; V1 unless given. Schemas with lists, maps or structs are always written as V1. */
  readonly version?: 'V1' | 'V2'
}

export interface ParquetFile {
  /** Where it was written. */
  readonly path: string
  readonly rows: number
  readonly bytes: number
  /** By the path of names (`address.city`; elements of lists are `tags.element`) of each leaf. */
  readonly columns: ReadonlyMap<string, ColumnStatistics>
}

export interface ColumnStatistics {
  readonly nulls: number
  /**
   * Undefined if there is none: all null (in one row group is enough), a NaN among them, or longer than the writer keeps. Text as DuckDB prints the value; binary in
   * hex, upper case.
   */
  readonly min: string | undefined
  readonly max: string | undefined
  /** Compressed, in the file. */
  readonly bytes: number
}

/**
 * Collects rows and writes them. Values are plain: boolean; number (int, long within 2^53, float, double); bigint; string (also for
 * decimals, exact); Uint8Array for binary; days since 1970 for date; bigint or number of microseconds for times and timestamps;
 * arrays, [key, value][] for maps, and arrays of field values in order for structs. null is null.
 */
export interface ParquetRows {
  readonly schema: LakeSchema
  readonly count: number
  /** Memory held, about. */
  readonly bytes: number
  /** One value for each column, in order. The array is not kept. Error: PARQUET_VALUE_INVALID, and the row is not there. */
  add(row: readonly unknown[]): void
  /**
   * Writes all rows to a new file at the path and forgets them; if that fails they stay. No row may be added meanwhile. Field ids of
   * the schema are written where they are. Error: PARQUET_WRITE_FAILED.
   */
  write(path: string, options: ParquetOptions): Promise<ParquetFile>
  close(): void
}
