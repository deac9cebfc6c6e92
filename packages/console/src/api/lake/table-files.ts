/**
 * Partitions and files of a table, in pages: of a managed table as the catalog lists them, of an Iceberg table as its newest snapshot
 * says, of an external one the objects below its place.
 *
 * Cost: a page of a managed or Iceberg table reads the list of all files (100,000 take some tens of milliseconds) and hands out a
 * part of it; a page of an external one asks its bucket for that page alone.
 */
import { AdminProblem } from '@millrace/gateway'
import {
  type Catalog,
  type CatalogTable,
  type ObjectStore,
  openIcebergEntry,
  parquetColumns,
  type Table,
} from '@millrace/lake'
import type {
  FileAnswer,
  FileColumn,
  FileEntry,
  FilesAnswer,
  PartitionEntry,
  PartitionsAnswer,
} from '../../protocol/lake.ts'
import type { TableServices } from './describe-table.ts'

export interface FilePage {
  readonly after: string
  readonly limit: number
  /** A leading part of the partition's values. */
  readonly partition: readonly string[]
}

/** Objects of external tables whose names begin so are no files of theirs. */
const hiddenName = /(?:^|\/)[_.][^/]*$/
/** A footer is read through a copy of the object where it lies elsewhere: no larger ones. */
const inspectedBytesMax = 256 * 2 ** 20

export async function tableFiles(
  services: TableServices,
  table: CatalogTable,
  page: FilePage,
): Promise<FilesAnswer> {
  if (table.format === 'iceberg') return pageOf(await icebergFiles(services, table), page)
  if (table.kind === 'external') return externalFiles(services.buckets.open(table.bucket), table, page)
  const files = services.catalog.files(table.database, table.name, page.partition)
  return pageOf(
    files.map(({ key, bytes, rows, partition, version, addedAt }) => ({
      key,
      bytes,
      rows,
      partition,
      version,
      createdAt: addedAt,
    })),
    page,
  )
}

function pageOf(files: FileEntry[], { after, limit, partition }: FilePage): FilesAnswer {
  const found = files
    .filter((file) => file.key > after && partition.every((value, i) => file.partition[i] === value))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const shown = found.slice(0, limit)
  return { files: shown, next: found.length > limit ? (shown.at(-1)?.key ?? null) : null }
}

async function icebergFiles(services: TableServices, entry: CatalogTable): Promise<FileEntry[]> {
  const table = await openIcebergEntry(services, entry)
  const committedAt = new Map(
    table.metadata.snapshots.map((snapshot) => [snapshot['snapshot-id'], snapshot['timestamp-ms']]),
  )
  const { tasks } = await table.plan()
  const files = new Map(
    tasks.flatMap(({ file, deletes }) => [file, ...deletes]).map((file) => [file.path, file]),
  )
  return [...files.values()].map(({ path, content, records, bytes, partition, snapshotId }) => {
    const createdAt = committedAt.get(snapshotId)
    return {
      key: keyOf(table, path),
      bytes,
      rows: records,
      content,
      partition: partition.map((value) => (value === null ? 'null' : String(value))),
      ...(createdAt === undefined ? {} : { createdAt }),
    }
  })
}

/** A file may lie in another place than its table, where it was imported. */
function keyOf(table: Table, path: string): string {
  try {
    return table.keyOf(path)
  } catch {
    return path
  }
}

async function externalFiles(
  store: ObjectStore,
  { location, partitionKeys }: CatalogTable,
  { after, limit, partition }: FilePage,
): Promise<FilesAnswer> {
  const { objects, more } = await store.list(location, { after, limit })
  const files = objects
    .filter(({ key, bytes }) => bytes > 0 && !hiddenName.test(key))
    .map(({ key, bytes, modifiedAt }) => {
      const folders = key.slice(location.length).split('/').slice(0, partitionKeys.length)
      const values = folders.map((folder) => folder.replace(/^[^=]*=/, ''))
      return { key, bytes, createdAt: modifiedAt, partition: values }
    })
    .filter((file) => partition.every((value, i) => file.partition[i] === value))
  return { files, next: more ? (objects.at(-1)?.key ?? null) : null }
}

/** In the order of their values, so that a page goes on where the one before has ended. */
export function tablePartitions(
  catalog: Catalog,
  { database, name, partitionKeys }: CatalogTable,
  { after, limit }: { readonly after: readonly string[]; readonly limit: number },
): PartitionsAnswer {
  const found: PartitionEntry[] = catalog
    .partitions(database, name)
    .filter(({ values }) => after.length === 0 || compareValues(values, after) > 0)
    .sort((a, b) => compareValues(a.values, b.values))
  const partitions = found.slice(0, limit)
  const last = partitions.at(-1)
  return {
    keys: partitionKeys.map((key) => key.name),
    partitions,
    next: found.length > limit && last !== undefined ? JSON.stringify(last.values) : null,
  }
}

function compareValues(a: readonly string[], b: readonly string[]): number {
  for (const [i, value] of a.entries()) {
    const other = b[i]
    if (other === undefined) return 1
    if (value !== other) return value < other ? -1 : 1
  }
  return a.length - b.length
}

/** What the footer of a file says. Error: AdminProblem FILE_UNKNOWN. */
export async function fileStatistics(store: ObjectStore, key: string): Promise<FileAnswer> {
  const head = await store.head(key)
  if (head === undefined)
    throw new AdminProblem(
      'FILE_UNKNOWN',
      `There is no object ${JSON.stringify(key)} in bucket "${store.name}".`,
      404,
    )
  const { bytes, modifiedAt } = head
  return { key, bytes, modifiedAt, columns: await footerColumns(store, key, bytes) }
}

/** Nothing of a file that is no Parquet, or too large to be looked at. */
export async function footerColumns(store: ObjectStore, key: string, bytes: number): Promise<FileColumn[]> {
  if (bytes > inspectedBytesMax || !/\.parquet$/i.test(key)) return []
  try {
    const columns = await parquetColumns(await store.localFile(key))
    return columns.map(({ rowGroups, ...column }) => column)
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    throw new AdminProblem(
      'FILE_UNREADABLE',
      `${key} is no Parquet file that can be read: ${withoutPath(reason, key)}`,
    )
  }
}

/** Callers see keys, not where the machine keeps them. */
function withoutPath(text: string, key: string): string {
  return text.replace(/'[^']*\/[^']*'|"[^"]*\/[^"]*"|\S*\/\S+/g, key)
}
