/** What the footer of a Parquet file says of its columns: types, how many bytes, and the bounds of their values. */
import { dirname } from 'node:path'
import { openDuck } from '../duck/open-duck.ts'
import { pathText } from '../query/path-list.ts'

export interface ParquetColumn {
  /** Path of a leaf: `address, city`. */
  readonly name: string
  /** Physical type of the format: INT64, BYTE_ARRAY. */
  readonly type: string
  readonly values: number
  /** Undefined where some row group does not say it, here and below. */
  readonly nulls?: number
  readonly min?: string
  readonly max?: string
  /** Compressed, in the file. */
  readonly bytes: number
  readonly compression: string
  readonly rowGroups: number
}

const memoryBytes = 64 * 2 ** 20

/** `path`: of a local file. Errors: what DuckDB says of a file that is no Parquet. */
export async function parquetColumns(path: string): Promise<ParquetColumn[]> {
  const duck = await openDuck({ memoryBytes, threads: 1, folders: [dirname(path)] })
  try {
    const connection = await duck.connect()
    try {
      const reader = await connection.runAndReadAll(statement(path))
      return reader.getRowObjectsJson().map((row) => {
        const optional = (name: 'min' | 'max') => (row[name] === null ? {} : { [name]: String(row[name]) })
        return {
          name: String(row.name),
          type: String(row.type),
          values: Number(row.row_values),
          ...(row.nulls === null ? {} : { nulls: Number(row.nulls) }),
          ...optional('min'),
          ...optional('max'),
          bytes: Number(row.bytes),
          compression: String(row.compression),
          rowGroups: Number(row.row_groups),
        }
      })
    } finally {
      connection.closeSync()
    }
  } finally {
    duck.close()
  }
}

/**
 * Bounds are text in the footer's own form, in which numbers have no order: those of several row groups are compared as numbers where
 * all of them are some.
 */
function statement(path: string): string {
  const bound = (pick: 'min' | 'max'): string => {
    const text = `stats_${pick}_value`
    const isNumber = `count(TRY_CAST(${text} AS DOUBLE)) = count(*)`
    return `CASE WHEN count(${text}) < count(*) THEN NULL WHEN ${isNumber} THEN arg_${pick}(${text}, TRY_CAST(${text} AS DOUBLE)) ELSE ${pick}(${text}) END`
  }
  return `
    SELECT path_in_schema AS name, any_value(type) AS type, sum(num_values) AS row_values,
           CASE WHEN count(stats_null_count) < count(*) THEN NULL ELSE sum(stats_null_count) END AS nulls,
           ${bound('min')} AS min, ${bound('max')} AS max,
           sum(total_compressed_size) AS bytes, any_value(compression) AS compression, count(*) AS row_groups
    FROM parquet_metadata(${pathText(path)})
    GROUP BY column_id, path_in_schema ORDER BY column_id`
}
