/**
 * Puts the files of a table together: small data files of a partition become one, and rows that delete files name are left out where they
 * are too many. The rows of the table stay the same, and so does what readers of older snapshots see.
 *
 * It may run beside upserts: a commit holds only if the files that it replaces are still there and no new deletes name them; otherwise
 * that partition is looked at again. Each partition is a commit of its own, so a stop in between loses the partition at hand only.
 * Memory stays within DuckDB's limit; a commit writes about `targetBytes` for each new file.
 */
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Clock } from '@millrace/values'
import type { Duck } from '../../duck/duck-port.ts'
import type { ParquetOptions } from '../../parquet/parquet-port.ts'
import { duckName } from '../../schema/duck-type.ts'
import { localPaths, positionDeletesSql, scanFiles } from '../duck/scan-sql.ts'
import { prepareTransforms } from '../duck/transform-sql.ts'
import { FileWriter } from '../duck/write-files.ts'
import { partitionKey } from '../format/partition-by.ts'
import type { ContentFile, IcebergTable, ScanTask } from '../table-port.ts'
import { removalOf } from './removal.ts'

export interface CompactOptions {
  readonly duck: Duck
  readonly scratchDir: string
  readonly clock: Clock
  /** Of a file that is large enough: 128 MiB unless given. */
  readonly targetBytes?: number
  /** So many small files of a partition are worth the work: 5 unless given. */
  readonly filesMin?: number
  /** Share of a file's rows that may be deleted: 0.3 unless given. */
  readonly deletedShareMax?: number
  /** Delete files of a partition that readers may have to look into: 10 unless given. */
  readonly deleteFilesMax?: number
  readonly parquet?: ParquetOptions
  readonly signal?: AbortSignal
}

export interface CompactOutcome {
  /** Commits made. */
  readonly commits: number
  readonly filesBefore: number
  readonly filesAfter: number
  readonly bytesWritten: number
  /** Partitions that others changed each time. */
  readonly skipped: number
}

const attemptsMax = 3
const waitMs = 50
/** Files of less than this part of the target are small. */
const smallShare = 0.5

/** Errors: those of the table but for conflicts, after which a partition is left as it is. */
export async function compactTable(table: IcebergTable, options: CompactOptions): Promise<CompactOutcome> {
  await mkdir(options.scratchDir, { recursive: true })
  const connection = await options.duck.connect()
  try {
    await prepareTransforms(connection)
    await table.refresh()
    const partitions = new Set(
      (await table.plan()).tasks.map(({ file }) => partitionKey(file.specId, file.partition)),
    )
    const outcome = { commits: 0, filesBefore: 0, filesAfter: 0, bytesWritten: 0, skipped: 0 }
    for (const partition of partitions) {
      for (let attempt = 1; options.signal?.aborted !== true; attempt++) {
        try {
          const done = await compactPartition(connection, table, partition, options)
          if (done === undefined) break
          outcome.commits++
          outcome.filesBefore += done.before
          outcome.filesAfter += done.after.length
          for (const { bytes } of done.after) outcome.bytesWritten += bytes
          break
        } catch (error) {
          if (!(error instanceof Error && 'code' in error && error.code === 'COMMIT_CONFLICT')) throw error
          if (attempt === attemptsMax) {
            outcome.skipped++
            break
          }
          await options.clock.sleep(waitMs * attempt)
          await table.refresh()
        }
      }
    }
    return outcome
  } finally {
    connection.closeSync()
  }
}

async function compactPartition(
  connection: DuckDBConnection,
  table: IcebergTable,
  partition: string,
  options: CompactOptions,
): Promise<{ before: number; after: readonly ContentFile[] } | undefined> {
  const plan = await table.plan()
  const { snapshot } = plan
  const own = plan.tasks.filter(({ file }) => partitionKey(file.specId, file.partition) === partition)
  if (snapshot === undefined) return undefined
  const bins = binsOf(await worthIt(connection, table, own, options), options)
  if (bins.length === 0) return undefined
  const writer = new FileWriter({
    connection,
    table,
    scratchDir: options.scratchDir,
    filePrefix: randomUUID(),
    ...(options.parquet === undefined ? {} : { parquet: options.parquet }),
  })
  let mayBeCommitted = false
  try {
    const after: ContentFile[] = []
    const names = table.schema.columns.map(({ name }) => duckName(name)).join(', ')
    for (const [i, tasks] of bins.entries()) {
      const scan = await scanFiles(connection, { table, tasks, columns: table.schema.columns, id: `bin${i}` })
      try {
        after.push(...(await writer.writeData(`(SELECT ${names} FROM ${scan.sql})`)))
      } finally {
        await scan.close()
      }
    }
    const chosen = bins.flat()
    mayBeCommitted = true
    await table.commit({
      add: after,
      remove: removalOf(chosen, plan.tasks),
      rewrite: true,
      base: snapshot['snapshot-id'],
      // Deletes by value that come in between are of later rows, and still apply to these.
      sequenceNumber: snapshot['sequence-number'],
    })
    return { before: chosen.length, after }
  } catch (error) {
    const isConflict = error instanceof Error && 'code' in error && error.code === 'COMMIT_CONFLICT'
    if (!mayBeCommitted || isConflict) await writer.discard().catch(() => {})
    throw error
  }
}

/** Files to be written anew; none if there is too little to gain. */
async function worthIt(
  connection: DuckDBConnection,
  table: IcebergTable,
  tasks: readonly ScanTask[],
  {
    targetBytes = defaultTargetBytes,
    filesMin = 5,
    deletedShareMax = 0.3,
    deleteFilesMax = 10,
  }: CompactOptions,
): Promise<readonly ScanTask[]> {
  const deletes = [...new Set(tasks.flatMap((task) => task.deletes.map(({ path }) => path)))]
  const deleted = await deletedRows(connection, table, deletes)
  const isHollow = (task: ScanTask) =>
    (deleted.get(task.file.path) ?? 0) > task.file.records * deletedShareMax
  const hasTooMany = deletes.length > deleteFilesMax
  const chosen = new Set(
    tasks.filter((task) => isHollow(task) || (hasTooMany && (deleted.get(task.file.path) ?? 0) > 0)),
  )
  const small = tasks.filter(({ file }) => file.bytes < targetBytes * smallShare)
  if (small.length >= filesMin) for (const task of small) chosen.add(task)
  return tasks.filter((task) => chosen.has(task))
}

async function deletedRows(
  connection: DuckDBConnection,
  table: IcebergTable,
  deletes: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (deletes.length === 0) return new Map()
  const result = await connection.runAndReadAll(
    `SELECT file_path, count(DISTINCT pos) FROM ${positionDeletesSql(await localPaths(table, deletes))} GROUP BY file_path`,
  )
  return new Map(result.getRows().map(([path, count]) => [String(path), Number(count)]))
}

/** In order, up to the target each: rows that came together stay together. A single file without deletes would only be copied. */
function binsOf(
  tasks: readonly ScanTask[],
  { targetBytes = defaultTargetBytes }: CompactOptions,
): readonly (readonly ScanTask[])[] {
  const bins: ScanTask[][] = []
  let bytes = 0
  for (const task of tasks) {
    const last = bins.at(-1)
    if (last === undefined || bytes + task.file.bytes > targetBytes) {
      bins.push([task])
      bytes = task.file.bytes
    } else {
      last.push(task)
      bytes += task.file.bytes
    }
  }
  return bins.filter(
    ([first, second]) => second !== undefined || (first !== undefined && first.deletes.length > 0),
  )
}

const defaultTargetBytes = 128 * 1024 * 1024
