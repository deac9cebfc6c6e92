/** A table or view of the catalog as a page shows it: columns with their kinds, figures, who writes it. */
import { AdminProblem } from '@millrace/gateway'
import {
  type Buckets,
  type Catalog,
  type CatalogTable,
  formatHiveType,
  type IcebergEntryServices,
  keptTableName,
  type LakeColumn,
  openDeliveries,
  openIcebergEntry,
  type Table,
} from '@millrace/lake'
import type { Store } from '@millrace/store'
import { type Clock, codeOf, messageOf } from '@millrace/values'
import type { IcebergFigures, SnapshotsAnswer, TableAnswer, TableColumn } from '../../protocol/lake.ts'
import { figures, type listing } from './catalog-listing.ts'

const snapshotsMax = 1_000
const numberKinds: ReadonlySet<string> = new Set(['int', 'long', 'float', 'double', 'decimal'])
const timeKinds: ReadonlySet<string> = new Set(['date', 'timestamp', 'timestamptz'])

export interface TableServices {
  readonly catalog: Catalog
  readonly buckets: Buckets
  readonly clock: Clock
  readonly store: Store
  readonly manifests: IcebergEntryServices['manifests']
}

/** Error: AdminProblem CATALOG_UNKNOWN. */
export function needTable(catalog: Catalog, database: string, name: string): CatalogTable {
  const table = catalog.table(database, name)
  if (table === undefined)
    throw new AdminProblem('CATALOG_UNKNOWN', `There is no table "${database}.${name}".`, 404)
  return table
}

/** Error: AdminProblem CATALOG_UNKNOWN. */
export async function describeTable(
  services: TableServices,
  database: string,
  name: string,
): Promise<TableAnswer & { readonly table?: CatalogTable }> {
  const { catalog, store, clock } = services
  const table = catalog.table(database, name)
  const view = catalog.view(database, name)
  if (table === undefined && view === undefined)
    throw new AdminProblem('CATALOG_UNKNOWN', `There is no table or view "${database}.${name}".`, 404)
  if (table === undefined)
    return { ...(view === undefined ? {} : { view }), ...keptOf(catalog, database, name) }
  const deliveries = openDeliveries({ store, clock }).list()
  return {
    table,
    ...figures(catalog, table),
    versions: catalog.versions(database, name),
    columns: [
      ...table.columns.map((column) => columnOf(column, false)),
      ...table.partitionKeys.map((column) => columnOf(column, true)),
    ],
    deliveries: deliveries
      .filter(({ settings: { destination } }) => {
        const target = destination.table
        return target?.database === database && target.name === name
      })
      .map((delivery) => delivery.name),
    ...(table.format === 'iceberg' ? await icebergOf(services, table) : {}),
  }
}

/** Tables whose metadata is read for the list. */
const listedMax = 50

/** Of the first Iceberg tables what their newest snapshots say; those that cannot be read stay as they are. */
export async function withIcebergFigures(
  services: TableServices,
  { databases }: ReturnType<typeof listing>,
): Promise<ReturnType<typeof listing>> {
  const entries = databases.flatMap(({ tables }) => tables).filter(({ format }) => format === 'iceberg')
  const known = new Map(
    await Promise.all(
      entries.slice(0, listedMax).map(async (entry) => [entry, await icebergOf(services, entry)] as const),
    ),
  )
  return {
    databases: databases.map((database) => ({
      ...database,
      tables: database.tables.map((table) => {
        const found = known.get(table)
        if (found === undefined || !('iceberg' in found)) return table
        const { files, rows, bytes } = found.iceberg
        return { ...table, files, rows, bytes }
      }),
    })),
  }
}

function keptOf(catalog: Catalog, database: string, name: string): Pick<TableAnswer, 'kept'> {
  const kept = catalog.table(database, keptTableName(name))
  if (kept === undefined) return {}
  const refreshedAt = catalog.files(database, kept.name)[0]?.addedAt ?? kept.updatedAt
  return { kept: { name: kept.name, rows: figures(catalog, kept).rows, refreshedAt } }
}

function columnOf(column: LakeColumn, isPartitionKey: boolean): TableColumn {
  const { name, type, comment } = column
  return {
    name,
    type: formatHiveType(type),
    isNumber: numberKinds.has(type.kind),
    isTime: timeKinds.has(type.kind),
    isPartitionKey,
    ...(comment === undefined ? {} : { comment }),
  }
}

/** What its newest snapshot says; a table that cannot be read still has an entry, and the reason. */
async function icebergOf(
  services: TableServices,
  entry: CatalogTable,
): Promise<{ readonly iceberg: IcebergFigures } | { readonly problem: string }> {
  try {
    const table = await openIcebergEntry(services, entry)
    return { iceberg: icebergFigures(table) }
  } catch (error) {
    if (codeOf(error) === undefined) throw error
    return { problem: `${codeOf(error)}: ${messageOf(error)}` }
  }
}

function icebergFigures(table: Table): IcebergFigures {
  const summary = table.snapshot()?.summary ?? {}
  const count = (name: string): number => Number(summary[name] ?? 0)
  return {
    snapshots: table.metadata.snapshots.length,
    files: count('total-data-files'),
    deleteFiles: count('total-delete-files'),
    // Position deletes take rows away one by one.
    rows: count('total-records') - count('total-position-deletes'),
    bytes: count('total-files-size'),
  }
}

/** Of an Iceberg table, the newest first. Errors: CATALOG_UNKNOWN, those of Iceberg tables. */
export async function tableSnapshots(services: TableServices, entry: CatalogTable): Promise<SnapshotsAnswer> {
  if (entry.format !== 'iceberg')
    throw new AdminProblem(
      'SNAPSHOTS_NONE',
      `"${entry.database}.${entry.name}" is a table of ${entry.format}: only Iceberg tables keep snapshots.`,
    )
  const { metadata, spec } = await openIcebergEntry(services, entry)
  const refs = new Map<number, string[]>()
  for (const [name, ref] of Object.entries(metadata.refs))
    refs.set(ref['snapshot-id'], [...(refs.get(ref['snapshot-id']) ?? []), name])
  const newest = [...metadata.snapshots].sort((a, b) => b['sequence-number'] - a['sequence-number'])
  const fields = metadata.schemas.flatMap((schema) => schema.fields)
  return {
    total: newest.length,
    snapshots: newest.slice(0, snapshotsMax).map((snapshot) => {
      const { operation = '', ...summary } = snapshot.summary
      return {
        number: snapshot['sequence-number'],
        id: String(snapshot['snapshot-id']),
        committedAt: snapshot['timestamp-ms'],
        operation,
        isCurrent: snapshot['snapshot-id'] === metadata['current-snapshot-id'],
        refs: refs.get(snapshot['snapshot-id']) ?? [],
        summary,
      }
    }),
    schemas: [...metadata.schemas]
      .sort((a, b) => b['schema-id'] - a['schema-id'])
      .map((schema) => ({ id: schema['schema-id'], columns: schema.fields.map(({ name }) => name) })),
    partitionedBy: spec.fields.map(({ transform, ...field }) => {
      const column = fields.find(({ id }) => id === field['source-id'])?.name ?? field.name
      return transform === 'identity' ? column : `${transform}(${column})`
    }),
  }
}
