/**
 * A folder in which Parquet files are written before they go to their bucket, with a DuckDB of its own that knows no other folder. DuckDB
 * is loaded when the first file is written. What an earlier run has left in the folder is removed then: files here are of no use to
 * anybody after a stop.
 */
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duck } from '../duck/duck-port.ts'
import { openDuck } from '../duck/open-duck.ts'
import { makeParquetRows, openParquetWriter, type ParquetWriter } from './open-parquet-writer.ts'

export interface ParquetWorkshop extends ParquetWriter {
  /** Of a new file here. */
  path(): string
}

export interface ParquetWorkshopOptions {
  /** Made when it is needed. Of one workshop at a time: a stage has its own. */
  readonly dir: string
  /** Of DuckDB: a row group is held until it is written. 512 MB unless given. */
  readonly memoryBytes?: number
  /** Of DuckDB; 1 unless given, since files are many. */
  readonly threads?: number
}

const memoryDefault = 512 * 1024 * 1024

/** Nothing happens before the first write, whose error may also be one of opening. */
export function openParquetWorkshop({
  dir,
  memoryBytes = memoryDefault,
  threads = 1,
}: ParquetWorkshopOptions): ParquetWorkshop {
  let opened: Promise<{ readonly duck: Duck; readonly writer: ParquetWriter }> | undefined
  let files = 0
  const open = async () => {
    await mkdir(dir, { recursive: true })
    for (const name of await readdir(dir))
      if (name.endsWith(suffix)) await rm(join(dir, name), { force: true })
    const duck = await openDuck({ memoryBytes, threads, folders: [dir] })
    return { duck, writer: await openParquetWriter({ duck }) }
  }
  const workshop: ParquetWorkshop = {
    path: () => join(dir, `${files++}${suffix}`),
    rows: (schema) => makeParquetRows(schema, workshop.write),
    async write(blocks, path, options) {
      opened ??= open()
      try {
        await opened
      } catch (error) {
        // The next write tries again.
        opened = undefined
        throw error
      }
      const { writer } = await opened
      return writer.write(blocks, path, options)
    },
    close() {
      const closing = opened
      opened = undefined
      void closing?.then(
        ({ duck, writer }) => {
          writer.close()
          duck.close()
        },
        () => {},
      )
    },
  }
  return workshop
}

const suffix = '.parquet'
