/**
 * Parquet files written by DuckDB from rows that we hold as columns. DuckDB asks for them, block by block, through a table function,
 * while it writes: nothing is stored twice, and the file's rows are in the order in which they were added. The work is done off the
 * main thread but for the filling of vectors.
 *
 * The caller owns the DuckDB instance and has opened it for the folders that files go to. A path that fails to be written is removed.
 */
import { rm } from 'node:fs/promises'
import type { Duck } from '../duck/duck-port.ts'
import { literal } from '../duck/open-duck.ts'
import { LakeError } from '../errors.ts'
import { checkSchema } from '../schema/check-schema.ts'
import type { LakeSchema } from '../schema/lake-type.ts'
import { type AppendValue, compileAppendValue } from './append-value.ts'
import { copyOptions } from './copy-options.ts'
import { duckType } from './duck-types.ts'
import type { ParquetFile, ParquetOptions, ParquetRows } from './parquet-port.ts'
import { type CopyAnswer, readStatistics } from './parquet-statistics.ts'
import { type RowBlock, RowBlocks } from './row-blocks.ts'

export interface ParquetWriter {
  /** An empty collection of rows. Error: LAKE_SCHEMA_INVALID. */
  rows(schema: LakeSchema): ParquetRows
  /** Writes rows that are kept as columns already; they stay. Error: PARQUET_WRITE_FAILED. */
  write(blocks: RowBlocks, path: string, options: ParquetOptions): Promise<ParquetFile>
  close(): void
}

const functionName = 'millrace_rows'

/** What one COPY reads. */
interface Feed {
  readonly schema: LakeSchema
  readonly blocks: readonly RowBlock[]
  next: number
}

export async function openParquetWriter({ duck }: { readonly duck: Duck }): Promise<ParquetWriter> {
  const api = await import('@duckdb/node-api')
  const { default: bindings } = await import('@duckdb/node-bindings')
  const { fillVector } = await import('./fill-vector.ts')
  const feeds = new Map<number, Feed>()
  let feedCount = 0
  const feedOf = (id: unknown): Feed => {
    const feed = feeds.get(Number(id))
    if (feed === undefined) throw new Error(`there are no rows ${String(id)}`)
    return feed
  }
  const registered = await duck.connect()
  registered.registerTableFunction(
    api.DuckDBTableFunction.create({
      name: functionName,
      parameterTypes: [api.BIGINT],
      bindFunction(info) {
        const feed = feedOf(info.getParameter(0))
        for (const { name, type } of feed.schema.columns) info.addResultColumn(name, duckType(api, type))
        info.setBindData(feed)
      },
      initFunction(info) {
        // Blocks come in order.
        info.setMaxThreads(1)
      },
      mainFunction(info, chunk) {
        // What the bind function has set.
        const feed = info.getBindData() as Feed
        const block = feed.blocks[feed.next++]
        chunk.rowCount = block?.rows ?? 0
        if (block === undefined) return
        for (const [i, column] of block.columns.entries())
          fillVector(bindings.data_chunk_get_vector(chunk.chunk, i), column)
      },
    }),
  )

  const copyBlocks = async (
    schema: LakeSchema,
    blocks: readonly RowBlock[],
    path: string,
    settings: string,
  ): Promise<ParquetFile> => {
    const id = feedCount++
    feeds.set(id, { schema, blocks, next: 0 })
    const connection = await duck.connect()
    try {
      const result = await connection.runAndReadAll(
        `COPY (SELECT * FROM ${functionName}(${id})) TO ${literal(path)} (${settings})`,
      )
      // RETURN_STATS answers one row of this shape for each file, and there is one.
      const answer = result.getRowObjectsJson()[0] as unknown as CopyAnswer
      return {
        path,
        rows: Number(answer.count),
        bytes: Number(answer.file_size_bytes),
        columns: readStatistics(schema, answer),
      }
    } catch (cause) {
      await rm(path, { force: true })
      throw new LakeError('PARQUET_WRITE_FAILED', `${path} could not be written: ${messageOf(cause)}`, {
        cause,
      })
    } finally {
      feeds.delete(id)
      connection.closeSync()
    }
  }
  const write = (rows: RowBlocks, path: string, options: ParquetOptions): Promise<ParquetFile> => {
    const { schema, bytes, rows: count } = rows
    const settings = copyOptions(schema, options, { count, bytes })
    return rows.reading((blocks) => copyBlocks(schema, blocks, path, settings))
  }

  return {
    rows: (schema) => makeParquetRows(schema, write),
    write,
    close: () => registered.closeSync(),
  }
}

/** Rows whose `write` is that of a writer. Error: LAKE_SCHEMA_INVALID. */
export function makeParquetRows(schema: LakeSchema, write: ParquetWriter['write']): ParquetRows {
  checkSchema(schema, 'a Parquet file')
  const blocks = new RowBlocks(schema)
  const appends: readonly AppendValue[] = schema.columns.map((column, i) => {
    const builder = blocks.columns[i]
    if (builder === undefined) throw new Error('a column is missing')
    return compileAppendValue(column.type, builder, column.name)
  })
  return {
    schema,
    get count() {
      return blocks.rows
    },
    get bytes() {
      return blocks.bytes
    },
    add(row) {
      if (row.length !== appends.length) {
        throw new LakeError(
          'PARQUET_VALUE_INVALID',
          `A row has ${row.length} values, but there are ${appends.length} columns; give one value for each, null for none.`,
        )
      }
      try {
        for (let i = 0; i < appends.length; i++) appends[i]!(row[i])
      } catch (error) {
        blocks.undoRow()
        throw error
      }
      blocks.endRow()
    },
    async write(path, options) {
      const file = await write(blocks, path, options)
      blocks.clear()
      return file
    },
    close: () => blocks.clear(),
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
