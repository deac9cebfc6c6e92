/** The Iceberg table that an entry of the catalog is: in a folder of its bucket, or in another catalog that the entry names. */
import type { Clock } from '@millrace/values'
import type { CatalogTable } from '../catalog/catalog-port.ts'
import { FolderCatalog } from '../iceberg/catalog/folder-catalog.ts'
import { catalogOf } from '../iceberg/deliver/destination-catalog.ts'
import { openTable, type Table } from '../iceberg/table/open-table.ts'
import { ManifestCache } from '../iceberg/table/table-files.ts'
import type { TableCatalog, TableName } from '../iceberg/table-catalog.ts'
import type { Buckets } from '../objects/object-store.ts'
import { LakeQueryError } from './query-error.ts'

export interface IcebergEntryServices {
  readonly buckets: Buckets
  readonly clock: Clock
  readonly manifests: Map<string, ManifestCache>
}

/** What is read of manifests is kept in `manifests`, by the table's place. Errors: those of Iceberg tables and their catalogs. */
export async function openIcebergEntry(
  { buckets, clock, manifests }: IcebergEntryServices,
  entry: CatalogTable,
): Promise<Table> {
  const store = buckets.open(entry.bucket)
  const place = `${entry.bucket}/${entry.location}`
  let cache = manifests.get(place)
  if (cache === undefined) {
    cache = new ManifestCache()
    manifests.set(place, cache)
  }
  const url = entry.parameters.catalog
  if (url !== undefined) {
    const catalog = await catalogOf({ catalog: { url } }, store, clock)
    return openTable(catalog, { namespace: [entry.database], name: entry.name }, { store, clock, cache })
  }
  const { catalog, name } = folderOf(entry, (prefix) => new FolderCatalog(store, { prefix, clock }))
  return openTable(catalog, name, { store, clock, cache })
}

/** The last two folders of its location are the table's namespace and name. */
function folderOf(
  { location }: CatalogTable,
  open: (prefix: string) => TableCatalog,
): { readonly catalog: TableCatalog; readonly name: TableName } {
  const folders = location.split('/').filter((folder) => folder !== '')
  const name = folders.pop()
  const namespace = folders.pop()
  if (name === undefined || namespace === undefined)
    throw new LakeQueryError(
      'LAKE_QUERY_INVALID',
      `an Iceberg table lies in a folder of a folder, not at "${location}".`,
    )
  return {
    catalog: open(folders.map((folder) => `${folder}/`).join('')),
    name: { namespace: [namespace], name },
  }
}
