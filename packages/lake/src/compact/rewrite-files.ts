/** Several Parquet files as one, rows in order, with exactly the columns of the table's version that they were written for. */
import { dirname } from 'node:path'
import type { CatalogTable } from '../catalog/catalog-port.ts'
import { literal, openDuck } from '../duck/open-duck.ts'
import { LakeError } from '../errors.ts'
import { duckName, duckTypeText } from '../schema/duck-type.ts'

export interface RewriteOptions {
  readonly inputs: readonly string[]
  readonly output: string
  readonly columns: CatalogTable['columns']
  readonly compression: string
  readonly memoryBytes: number
}

/** Bytes and rows of the new file. Error: COMPACTION_FAILED. */
export async function rewriteFiles({
  inputs,
  output,
  columns,
  compression,
  memoryBytes,
}: RewriteOptions): Promise<{ bytes: number; rows: number }> {
  const dir = dirname(output)
  const folders = [...new Set([dir, ...inputs.map((path) => dirname(path))])]
  // Of its own, because the files that it may read are known now.
  const duck = await openDuck({ memoryBytes, threads: 1, folders, spillDir: dir })
  try {
    const connection = await duck.connect()
    try {
      const cells = columns.map(
        ({ name, type }) => `${duckName(name)}::${duckTypeText(type)} AS ${duckName(name)}`,
      )
      const files = `read_parquet([${inputs.map(literal).join(', ')}], union_by_name = true, hive_partitioning = false)`
      const answer = await connection.runAndReadAll(
        `COPY (SELECT ${cells.join(', ')} FROM ${files}) TO ${literal(output)} (FORMAT parquet, COMPRESSION ${compression}, RETURN_STATS)`,
      )
      const [stats] = answer.getRowObjectsJson()
      return { bytes: Number(stats?.file_size_bytes), rows: Number(stats?.count) }
    } finally {
      connection.closeSync()
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new LakeError('COMPACTION_FAILED', `${inputs.length} files cannot become one: ${reason}`, { cause })
  } finally {
    duck.close()
  }
}
