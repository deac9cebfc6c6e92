/**
 * The files that a statement needs of its tables, of one moment of the catalog.
 *
 * Conditions are evaluated by DuckDB and the catalog is read in one go, which cannot be at the same time: so first partitions are
 * ruled out, then the catalog is read once for all tables. A partition that came in between was not ruled out, so it is read.
 */
import type { DuckDBConnection } from '@duckdb/node-api'
import type { Catalog, CatalogTable } from '../catalog/catalog-port.ts'
import type { Buckets } from '../objects/object-store.ts'
import { duckTypeText } from '../schema/duck-type.ts'
import { listExternalFiles } from './external-files.ts'
import type { FileShape } from './file-source.ts'
import type { PlannedTable } from './plan-tables.ts'
import { prunePartitions } from './prune-partitions.ts'

export interface TableFile {
  readonly key: string
  readonly bytes: number
  readonly partition: readonly string[]
  /** Changes with the content. */
  readonly stamp: string
  /** Known without a look into it. */
  readonly shape: FileShape | undefined
}

export interface TableFiles {
  readonly table: CatalogTable
  readonly files: readonly TableFile[]
  /** Of the table that are not needed. */
  readonly pruned: number
  readonly warnings: readonly string[]
}

export type CatalogSource = Extract<PlannedTable['source'], { kind: 'catalog' }>
export type PlannedFiles = PlannedTable & { readonly source: CatalogSource }

export interface FilesContext {
  readonly connection: DuckDBConnection
  readonly catalog: Catalog
  readonly buckets: Buckets
}

export async function collectFiles(
  context: FilesContext,
  tables: readonly PlannedFiles[],
): Promise<Map<PlannedFiles, TableFiles>> {
  const found = new Map<PlannedFiles, TableFiles>()
  const ruledOut = new Map<PlannedFiles, ReadonlySet<string>>()
  for (const planned of tables) {
    const { table } = planned.source
    if (table.kind === 'external') found.set(planned, await externalFiles(context, planned))
    else {
      const partitions = context.catalog.partitions(table.database, table.name).map(({ values }) => values)
      ruledOut.set(planned, await withoutNeed(context.connection, planned, partitions))
    }
  }
  context.catalog.moment(() => {
    for (const [planned, without] of ruledOut)
      found.set(planned, managedFiles(context.catalog, planned, without))
  })
  return found
}

/** Texts of the partitions that no reference of the table needs. */
async function withoutNeed(
  connection: DuckDBConnection,
  { source, filters }: PlannedFiles,
  partitions: readonly (readonly string[])[],
): Promise<ReadonlySet<string>> {
  const { partitionKeys } = source.table
  if (partitionKeys.length === 0 || partitions.length === 0) return new Set()
  const kept = await prunePartitions(connection, partitionKeys, partitions, filters)
  return new Set(partitions.filter((_, i) => !kept.has(i)).map((values) => JSON.stringify(values)))
}

async function externalFiles(context: FilesContext, planned: PlannedFiles): Promise<TableFiles> {
  const { table } = planned.source
  const { files, misplaced } = await listExternalFiles(
    context.buckets.open(table.bucket),
    table.location,
    table.partitionKeys,
  )
  const partitions = [
    ...new Map(files.map(({ partition }) => [JSON.stringify(partition), partition])).values(),
  ]
  const without = await withoutNeed(context.connection, planned, partitions)
  const kept = files.filter(({ partition }) => !without.has(JSON.stringify(partition)))
  const warnings = misplaced
    .slice(0, misplacedShown)
    .map((key) => `${nameOf(table)}: ${key} is left out: its folders are not those of the partition keys`)
  if (misplaced.length > misplacedShown)
    warnings.push(
      `${nameOf(table)}: ${misplaced.length - misplacedShown} more files are left out for the same reason`,
    )
  return {
    table,
    files: kept.map((file) => ({ ...file, shape: table.format === 'json' ? jsonShape : undefined })),
    pruned: files.length - kept.length,
    warnings,
  }
}

const misplacedShown = 5
const jsonShape: FileShape = { id: 'json', columns: [] }

function managedFiles(catalog: Catalog, planned: PlannedFiles, without: ReadonlySet<string>): TableFiles {
  const before = planned.source.table
  const table = catalog.table(before.database, before.name)
  if (table === undefined) return { table: before, files: [], pruned: 0, warnings: [] }
  const partitions = catalog.partitions(table.database, table.name)
  // Partition keys that changed meanwhile make the conditions' answers worthless.
  const isSame = JSON.stringify(table.partitionKeys) === JSON.stringify(before.partitionKeys)
  const needed = isSame ? partitions.filter(({ values }) => !without.has(JSON.stringify(values))) : partitions
  const files =
    needed.length === partitions.length
      ? catalog.files(table.database, table.name)
      : needed.flatMap(({ values }) => catalog.files(table.database, table.name, values))
  const shapes = new Map<number, FileShape>()
  const shapeOf = (version: number): FileShape => {
    let shape = shapes.get(version)
    if (shape === undefined) {
      shape = writtenShape(catalog.table(table.database, table.name, version) ?? table)
      shapes.set(version, shape)
    }
    return shape
  }
  return {
    table,
    files: files.map(({ key, bytes, partition, version, addedAt }) => ({
      key,
      bytes,
      partition,
      stamp: `${bytes} ${addedAt}`,
      shape: shapeOf(version),
    })),
    pruned: partitions.reduce((sum, { files: count }) => sum + count, 0) - files.length,
    warnings: [],
  }
}

/** Files of a managed table have the columns of the version that they were written for. */
function writtenShape(table: CatalogTable): FileShape {
  if (table.format === 'json') return jsonShape
  if (table.format === 'csv') {
    const columns = table.columns.map(({ name }) => ({ name, type: 'VARCHAR' }))
    const { delimiter = ',', header = 'false' } = table.parameters
    const csv = { delimiter, header: header === 'true', quote: '"' }
    return { id: JSON.stringify({ columns, csv }), columns, csv }
  }
  const columns = table.columns.map(({ name, type }) => ({ name, type: duckTypeText(type) }))
  return { id: JSON.stringify(columns), columns }
}

export function nameOf(table: CatalogTable): string {
  return `${table.database}.${table.name}`
}
